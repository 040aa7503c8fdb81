/** The answers of both versions to the same requests, compared. Pure. */

/** The answer of one version: its body, or why there is none. */
export type ProbeAnswer = { body: unknown } | { failure: string };

/** What one request showed. */
export interface ProbeResult {
  /** The new version answers as the old one does, or the old one does not answer either. */
  alike: boolean;
  /** Both versions answered. Otherwise nothing was compared, and it proves nothing. */
  compared: boolean;
  /** The first thing that differs, in words of this program. */
  differs?: string;
  /** The largest relative difference of two numbers at the same place. */
  largest: number;
}

/** All requests of one step. */
export interface ProbeReport {
  sent: number;
  alike: number;
  /** Requests that both versions answered. Absent when they answered all of them. */
  compared?: number;
  /** The largest relative difference of two numbers, in percent. */
  largest_difference_percent: number;
  /** What differs, one sentence for each request that does. */
  differences?: string[];
}

/** Fields that differ in any two answers. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'created',
  'created_at',
  'usage',
  'databricks_output',
  'system_fingerprint',
  'served-model-name',
  'metadata',
]);

/**
 * Compares two answers: the same fields and types, nulls at the same places, and numbers within a tolerance. The texts of a language model differ from
 * answer to answer, so only their presence counts.
 * @param tolerance the relative difference of two numbers that counts as none: 0.05 is 5 %.
 */
export function compareAnswers(canary: ProbeAnswer, baseline: ProbeAnswer, tolerance: number): ProbeResult {
  if ('failure' in canary && !('failure' in baseline))
    return { alike: false, compared: false, differs: `the new version did not answer: ${canary.failure}`, largest: 0 };
  if ('failure' in canary || 'failure' in baseline) return { alike: true, compared: false, largest: 0 };
  const found: Found = { largest: 0 };
  walk(canary.body, baseline.body, '', found);
  if (found.differs === undefined && found.largest > tolerance)
    found.differs = `${found.place ?? 'a number'} differs by ${(100 * found.largest).toFixed(1)} %, and ${100 * tolerance} % are allowed`;
  return {
    alike: found.differs === undefined,
    compared: true,
    ...(found.differs === undefined ? {} : { differs: found.differs }),
    largest: found.largest,
  };
}

interface Found {
  differs?: string;
  largest: number;
  place?: string;
}

function walk(canary: unknown, baseline: unknown, path: string, found: Found): void {
  if (found.differs !== undefined) return;
  const place = path === '' ? 'the answer' : path;
  const [type, usual] = [typeOf(canary), typeOf(baseline)];
  if (type !== usual) {
    found.differs = `${place} is ${type}, and ${usual} in the old version`;
    return;
  }
  if (typeof canary === 'number' && typeof baseline === 'number') {
    const size = Math.max(Math.abs(canary), Math.abs(baseline));
    const difference = size === 0 ? 0 : Math.abs(canary - baseline) / size;
    if (difference > found.largest) Object.assign(found, { largest: difference, place });
    return;
  }
  if (Array.isArray(canary) && Array.isArray(baseline)) {
    if (canary.length !== baseline.length) {
      found.differs = `${place} has ${canary.length} entries, and ${baseline.length} in the old version`;
      return;
    }
    for (const [at, each] of canary.entries()) walk(each, baseline[at], `${path}[${at}]`, found);
    return;
  }
  if (type === 'an object') walkObject(canary as Fields, baseline as Fields, path, found); // both are objects
}

type Fields = Record<string, unknown>;

function walkObject(canary: Fields, baseline: Fields, path: string, found: Found): void {
  const keys = (fields: Fields) => Object.keys(fields).filter((key) => !OWN_FIELDS.has(key));
  const [own, usual] = [keys(canary), keys(baseline)];
  const lacks = usual.find((key) => !(key in canary));
  const adds = own.find((key) => !(key in baseline));
  if (lacks !== undefined || adds !== undefined) {
    const field = JSON.stringify((lacks ?? adds ?? '').slice(0, 60));
    found.differs = lacks === undefined ? `the field ${field} is new` : `the field ${field} is missing`;
    return;
  }
  for (const key of own)
    walk(canary[key], baseline[key], path === '' ? key.slice(0, 60) : `${path}.${key.slice(0, 60)}`, found);
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'number') return 'a number';
  return typeof value === 'boolean' ? 'true or false' : 'a text';
}

/** The results of all requests of a step. */
export function probeReport(results: readonly ProbeResult[]): ProbeReport {
  const differences = results.flatMap(({ differs }, at) =>
    differs === undefined ? [] : [`request ${at + 1}: ${differs}`],
  );
  const compared = results.filter((each) => each.compared).length;
  return {
    sent: results.length,
    alike: results.filter(({ alike }) => alike).length,
    ...(compared < results.length ? { compared } : {}),
    largest_difference_percent: Number((100 * Math.max(0, ...results.map(({ largest }) => largest))).toFixed(2)),
    ...(differences.length > 0 ? { differences: differences.slice(0, 5) } : {}),
  };
}
