/** Whether an undo is the exact inverse of its change, or would overwrite a later one. Pure. */
import type { Telemetry } from '../rest/endpoints.ts';
import { isObject } from '../rest/json.ts';
import { REDACTED } from '../text/redact.ts';
import { sanitize } from '../text/sanitize.ts';
import type { FieldDiff } from './diff.ts';
import { sameTelemetry, type TelemetryInput } from './telemetry.ts';

/** Values that the service fills in where a request has none. */
const DEFAULTS: Record<string, unknown> = { workload_type: 'CPU', workload_size: 'Small' };

/**
 * The fields of an undo that no longer have the value that the change gave them, so that someone changed them later.
 * @param made the differences of the change, as recorded.
 * @param inverse the differences that the undo would make now.
 * @param profile the telemetry profile that the change made.
 * @param whole whether all of the change took effect.
 */
export function laterChanges(
  made: readonly FieldDiff[],
  inverse: readonly FieldDiff[],
  { profile, whole = true }: { profile?: string | undefined; whole?: boolean } = {},
): FieldDiff[] {
  const known = new Map(redacted(made).map((change) => [change.field, change]));
  return redacted(inverse).filter(({ field, from, to }) => {
    const change = known.get(field);
    if (!change) return whole || !endsMove({ field, from, to }, made);
    if (field === 'telemetry') return !sameTelemetry(from as Telemetry, change.to as TelemetryInput, profile); // both are telemetry
    // A field that the service never returns is given again as the change set it.
    if (from === undefined && sameSetting(to, change.to)) return false;
    return !sameSetting(from, change.to) || !restores(to, change.from);
  });
}

/**
 * Whether an undo switches an inference table on again that a move had switched off. A move that stops half-way leaves it off, and its record names
 * only the fields that differ in the end (fact G3).
 */
function endsMove({ field, from, to }: FieldDiff, made: readonly FieldDiff[]): boolean {
  const table = 'inference_table_config.';
  return (
    field === `${table}enabled` && from === false && to === true && made.some((each) => each.field.startsWith(table))
  );
}

/** Whether a field has a recorded value now. */
export function isAsRecorded(field: string, now: unknown, recorded: unknown): boolean {
  const [seen] = redacted([{ field, to: now }]);
  return sameSetting(seen?.to, recorded);
}

/** Recorded values are redacted, also by the names of their fields. So the others are redacted in the same way before they are compared. */
function redacted(changes: readonly FieldDiff[]): FieldDiff[] {
  return sanitize(changes) as FieldDiff[]; // the same shape
}

/** Whether an undo sets the recorded value again. A redacted part of it is unknown, so the undo leaves that part as it is. */
function restores(to: unknown, recorded: unknown): boolean {
  if (!isObject(to) || !isObject(recorded)) return sameSetting(to, recorded);
  const known = (value: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(value).filter(([key]) => !isRedacted(recorded[key])));
  const keys = [...new Set([...Object.keys(known(to)), ...Object.keys(known(recorded))])];
  return keys.every((key) => restores(to[key] ?? DEFAULTS[key], recorded[key] ?? DEFAULTS[key]));
}

function isRedacted(value: unknown): boolean {
  return typeof value === 'string' && value.includes(REDACTED);
}

/** Whether two values set the same: the order of keys, empty lists and the service's defaults do not count. */
function sameSetting(a: unknown, b: unknown): boolean {
  if (isObject(a) && isObject(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.every((key) => sameSetting(a[key] ?? DEFAULTS[key], b[key] ?? DEFAULTS[key]));
  }
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((each, index) => sameSetting(each, b[index]));
  return Object.is(filled(a), filled(b));
}

/** The service stores a list or an object that was never set as an empty one. */
function filled(value: unknown): unknown {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0 ? undefined : value;
}
