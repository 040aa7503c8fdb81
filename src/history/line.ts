/** A reading as one line of JSON, and back. Pure. */
import * as z from 'zod';
import { isTooDeep } from '../depth.ts';
import type { Sample } from '../digest/exposition.ts';
import { isRead } from '../digest/metrics.ts';
import type { Reading } from '../digest/readings.ts';
import { sanitize } from '../text/sanitize.ts';

/** Maximum length of a line in bytes, below the 512 KiB that Node writes in one piece. An endpoint with ten entities needs 10 KB. */
export const MAX_LINE = 256 * 1024;

/** Every line of this format starts like this. Another number is another format. */
export const FORMAT = '{"readings":1,"host":';

/** An endpoint of a workspace. */
export interface Measured {
  host: string;
  endpoint: string;
}

/** How every line about an endpoint begins. */
export function beginning({ host, endpoint }: Measured): string {
  return `${FORMAT}${JSON.stringify(host)},"endpoint":${JSON.stringify(endpoint)},"at":`;
}

/** The samples with the same labels and the same time. */
interface Group {
  labels: Record<string, string>;
  /** Where it is not the time of the reading. */
  at?: number | undefined;
  values: [name: string, value: number][];
  /** By name: counts at their bounds. */
  buckets: Record<string, [bound: string, count: number][]>;
}

/** Made at the first line that is read, because a schema takes time to make. */
function groupsSchema() {
  return z.array(
    z.object({
      labels: z.record(z.string(), z.string()),
      at: z.number().optional(),
      values: z.array(z.tuple([z.string(), z.number()])),
      buckets: z.record(z.string(), z.array(z.tuple([z.string(), z.number()]))),
    }),
  );
}

let known: ReturnType<typeof groupsSchema> | undefined;

/** The series that answers use, as a line without secrets. Undefined when it would be too long. */
export function lineOf(measured: Measured, { at, samples }: Reading): string | undefined {
  const groups = new Map<string, Group>();
  // JSON has no infinite numbers, and no answer can use one. Without it, a sum of the others would be too small.
  const infinite = new Set(samples.flatMap(({ name, value }) => (Number.isFinite(value) ? [] : [name])));
  for (const { name, labels, value, at: own } of samples) {
    if (!isRead(name) || infinite.has(name)) continue;
    const { le, ...rest } = labels;
    const others = isBucket(name) ? rest : labels;
    const key = JSON.stringify([own === at ? undefined : own, others]);
    const group: Group = groups.get(key) ?? {
      labels: withoutSecrets(others),
      at: own === at ? undefined : own,
      values: [],
      buckets: {},
    };
    groups.set(key, group);
    if (le === undefined || !isBucket(name)) {
      group.values.push([name, value]);
      continue;
    }
    const counts = group.buckets[name] ?? [];
    counts.push([le, value]);
    group.buckets[name] = counts;
  }
  const line = `${beginning(measured)}${at},"series":${JSON.stringify([...groups.values()])}}`;
  return Buffer.byteLength(line) > MAX_LINE ? undefined : line;
}

/** A bound is the label of a bucket alone. */
function isBucket(name: string): boolean {
  return name.endsWith('_bucket');
}

function withoutSecrets(labels: Record<string, string>): Record<string, string> {
  return sanitize(labels) as Record<string, string>; // an object of texts stays one
}

/** When the reading of a line was taken, without reading the rest. Undefined for any other line. */
export function timeOf(line: string, measured: Measured): number | undefined {
  const start = beginning(measured);
  if (!line.startsWith(start)) return undefined;
  const at = Number(/^\d{1,16}(?:\.\d{1,6})?(?=,)/.exec(line.slice(start.length, start.length + 24))?.[0]);
  return Number.isFinite(at) ? at : undefined;
}

/** The reading of a line. Undefined for a line that is cut or has another form. */
export function readingOf(line: string, measured: Measured): Reading | undefined {
  const at = timeOf(line, measured);
  if (at === undefined) return undefined;
  try {
    const record: { series?: unknown } = JSON.parse(line);
    known ??= groupsSchema();
    const groups = isTooDeep(record) ? undefined : known.safeParse(record.series).data;
    return groups && { at, samples: groups.flatMap((group) => samplesOf(group, at)) };
  } catch {
    return undefined;
  }
}

function samplesOf({ labels, at: own, values, buckets }: Group, at: number): Sample[] {
  const time = own ?? at;
  return [
    ...values.map(([name, value]) => ({ name, labels, value, at: time })),
    ...Object.entries(buckets).flatMap(([name, counts]) =>
      counts.map(([le, value]) => ({ name, labels: { ...labels, le }, value, at: time })),
    ),
  ];
}
