/** Served entities compared by their metrics: always the newer with the older, whatever their traffic. Pure. */
import type { ServedEntity } from '../rest/endpoints.ts';
import { timeText } from '../text/time.ts';
import type { Digest } from './metrics.ts';

/** With fewer requests, a difference between two entities is not significant. */
const ENOUGH_REQUESTS = 30;

/** What the comparison reads of an entity. */
export interface Candidate {
  served: Pick<ServedEntity, 'name' | 'entity_name' | 'entity_version' | 'creation_timestamp'>;
  digest: Digest;
}

/** The newer entity (`entity`) measured against the older one. Ratios and points are new to old, so more is worse. */
export interface Comparison {
  entity: string;
  against: string;
  /** Why the first counts as the newer one, or that nothing says which one is. */
  order: string;
  p95_ratio?: number;
  /** In place of the number, where the percentile of one lies above the last bound of its histogram: what is known of the ratio. */
  p95_ratio_is?: string;
  error_5xx_points?: number;
  error_4xx_points?: number;
  /** Kinds of errors (`5xx`, `4xx`) whose difference chance alone explains at these numbers. */
  within_chance?: string[];
  caution?: string;
}

/** The newer of two entities and the reason: versions of one model by number, others by creation. Undefined when neither says. */
function newerOf(a: Candidate, b: Candidate): { newer: Candidate; why: string } | undefined {
  const [left, right] = [Number(a.served.entity_version), Number(b.served.entity_version)];
  const sameModel = a.served.entity_name !== undefined && a.served.entity_name === b.served.entity_name;
  if (sameModel && left !== right && Number.isFinite(left) && Number.isFinite(right))
    return {
      newer: left > right ? a : b,
      why: `version ${Math.max(left, right)} after ${Math.min(left, right)}`,
    };
  const [made, other] = [a.served.creation_timestamp, b.served.creation_timestamp];
  if (made === undefined || other === undefined || made === other) return undefined;
  const why = `created ${timeText(Math.max(made, other))}, the other ${timeText(Math.min(made, other))}`;
  return { newer: made > other ? a : b, why };
}

/** The entities that had requests, each newer one against the oldest. Empty with fewer than two. */
export function compare(candidates: readonly Candidate[]): Comparison[] {
  const used = candidates.filter(({ digest }) => (digest.requests ?? 0) > 0);
  const newerThan = (one: Candidate) => used.filter((other) => newerOf(one, other)?.newer === one).length;
  const oldest = used.reduce<Candidate | undefined>(
    (least, each) => (least && newerThan(least) <= newerThan(each) ? least : each),
    undefined,
  );
  if (!oldest) return [];
  return used.filter((each) => each !== oldest).map((each) => pair(each, oldest));
}

function pair(one: Candidate, other: Candidate): Comparison {
  const known = newerOf(one, other);
  const [fresh, old] = known?.newer === other ? [other, one] : [one, other];
  const chance = (['error_5xx_percent', 'error_4xx_percent'] as const).filter((share) => isChance(fresh, old, share));
  return {
    entity: fresh.served.name,
    against: old.served.name,
    order: known?.why ?? 'unknown: neither versions nor creation times say which is newer',
    ...ratioOf(fresh.digest, old.digest),
    error_5xx_points: points(fresh.digest.error_5xx_percent, old.digest.error_5xx_percent),
    error_4xx_points: points(fresh.digest.error_4xx_percent, old.digest.error_4xx_percent),
    ...(chance.length > 0
      ? { within_chance: chance.map((share) => share.slice('error_'.length, -'_percent'.length)) }
      : {}),
    caution: caution([fresh, old]),
  };
}

/** Standard errors. A difference of less is found in one of twenty comparisons of equal entities. */
const SURE = 2;

/** Whether two shares of errors differ by no more than equal entities often do, by the test for two proportions. */
function isChance(a: Candidate, b: Candidate, share: 'error_5xx_percent' | 'error_4xx_percent'): boolean {
  const [left, right] = [a.digest[share], b.digest[share]];
  const [m = 0, n = 0] = [a.digest.requests, b.digest.requests];
  if (left === undefined || right === undefined || left === right) return false;
  const pooled = (left * m + right * n) / (m + n) / 100;
  const error = 100 * Math.sqrt(pooled * (1 - pooled) * (1 / m + 1 / n));
  return Math.abs(left - right) < SURE * error;
}

/** Both sides of a comparison need requests: a busy newcomer says little next to an old entity that has hardly any. */
function caution(sides: readonly Candidate[]): string | undefined {
  const few = sides.filter(({ digest }) => (digest.requests ?? 0) < ENOUGH_REQUESTS);
  if (few.length === 0) return undefined;
  return `only ${few.map(({ served, digest }) => `${digest.requests} requests of ${served.name}`).join(' and ')}: too few to judge`;
}

/** A percentile that is only a minimum gives a bound of the ratio, and two give none. */
function ratioOf(fresh: Digest, old: Digest): Pick<Comparison, 'p95_ratio' | 'p95_ratio_is'> {
  const p95_ratio = ratio(fresh.p95_ms, old.p95_ms);
  const [above, below] = [fresh, old].map(({ at_least }) => at_least?.includes('p95_ms') === true);
  if (p95_ratio === undefined || (!above && !below)) return { p95_ratio };
  return {
    p95_ratio_is: above && below ? 'unknown: both are above the last bound' : `${above ? '≥' : '≤'} ${p95_ratio}`,
  };
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || b === 0 ? undefined : Number((a / b).toFixed(2));
}

function points(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Number((a - b).toFixed(2));
}
