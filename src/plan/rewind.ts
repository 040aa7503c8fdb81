/** Takes recorded changes of a config back, or finds out that someone else changed the same fields since. Pure. */
import { isObject } from '../rest/json.ts';
import { REDACTED } from '../text/redact.ts';
import type { FieldDiff } from './diff.ts';
import { isAsRecorded } from './inverse.ts';
import { ROLLOUT_TAG } from './rollout-tag.ts';
import { isStart } from './stopped.ts';

/** A config by the names of its entities and routes, as `configView` gives it. */
type View = Record<string, unknown>;

const ALIAS = 'alias ';

export const isAlias = ({ field }: FieldDiff) => field.startsWith(ALIAS);

/** The name of the alias that a change moves. */
export function aliasNameOf({ field }: FieldDiff): string {
  return field.slice(ALIAS.length);
}

/** Whether a change is a part of a config: entities or traffic. */
export function isConfig({ field }: FieldDiff): boolean {
  return field.startsWith('served_entities.') || field.startsWith('traffic.');
}

/** Whether a change only marks a guarded rollout. */
function isMark({ field }: FieldDiff): boolean {
  return field === `tags.${ROLLOUT_TAG}`;
}

/** Whether the record alone suffices to take the changes back: it has all of their earlier values. */
export function isRewindable(changes: readonly FieldDiff[]): boolean {
  const incidental = (change: FieldDiff) => isStart(change) || isMark(change);
  return (
    changes.every((change) => isConfig(change) || isAlias(change) || incidental(change)) &&
    !changes.every(incidental) &&
    !JSON.stringify(changes.map(({ from }) => from)).includes(REDACTED)
  );
}

/** Whether two changes concern the same setting: the same field, or a field and a part of it. */
export function overlaps(a: FieldDiff, b: FieldDiff): boolean {
  return a.field === b.field || a.field.startsWith(`${b.field}.`) || b.field.startsWith(`${a.field}.`);
}

/** A field that has another value than the recorded changes left there. */
export interface Foreign {
  field: string;
  /** The value that the last recorded change set. */
  was_set_to: unknown;
  now: unknown;
}

/**
 * The config before the changes. Each change must still be in effect, so that nothing of someone else is overwritten.
 * @param changes the oldest first.
 * @returns the fields that someone else changed, if there are any.
 */
export function rewind(view: View, changes: readonly FieldDiff[]): { view: View } | { foreign: Foreign[] } {
  return replay(
    view,
    [...changes].reverse().map(({ field, from, to }) => ({ field, from: to, to: from })),
  );
}

/** Whether the config is as it was before the changes, so that they are taken back already. */
export function isRewound(view: View, changes: readonly FieldDiff[]): boolean {
  return 'view' in replay(view, changes);
}

/** Makes changes one after the other. Each must find the value that it starts from. */
function replay(view: View, changes: readonly FieldDiff[]): { view: View } | { foreign: Foreign[] } {
  const result = structuredClone(view);
  const foreign: Foreign[] = [];
  for (const { field, from, to } of changes) {
    const [parent, key] = placeOf(result, field);
    if (!isAsRecorded(field, parent[key], from)) foreign.push({ field, was_set_to: from, now: parent[key] });
    if (to === undefined) delete parent[key];
    else parent[key] = structuredClone(to);
  }
  return foreign.length > 0 ? { foreign } : { view: result };
}

/** The object that holds a field, and its key there. A key may contain dots itself. */
function placeOf(object: Record<string, unknown>, field: string): [Record<string, unknown>, string] {
  if (field in object) return [object, field];
  for (const [key, inner] of Object.entries(object))
    if (field.startsWith(`${key}.`) && isObject(inner)) return placeOf(inner, field.slice(key.length + 1));
  return [object, field];
}
