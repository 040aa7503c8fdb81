/**
 * Removals by name, such as `guardrails.input.pii`. A caller names what to remove, because a null may only mean "not given". Inside a plan, null
 * removes. Pure.
 */
import { isObject } from '../rest/json.ts';
import { closest } from '../text/did-you-mean.ts';

type Fields = Record<string, unknown>;

/** The wish with a null at each path to remove. A part that is removed whole stays removed, whatever else the call removes inside it. */
export function withRemovals(set: Fields, remove: readonly string[]): Fields {
  const merged = (value: Fields, [name = '', ...rest]: string[]): Fields => {
    const inner = value[name];
    if (inner === null) return value;
    return { ...value, [name]: rest.length === 0 ? null : merged(isObject(inner) ? inner : {}, rest) };
  };
  return remove.reduce((wish, path) => merged(wish, path.split('.')), set);
}

/** The paths that a call both sets and removes. */
export function removedAndSet(set: Fields, remove: readonly string[]): string[] {
  const isSet = (value: unknown, [name, ...rest]: string[]): boolean =>
    name === undefined ? value !== undefined : isObject(value) && isSet(value[name], rest);
  return remove.filter((path) => isSet(set, path.split('.')));
}

/** Separates a wish into its values and the paths to remove. Objects that would be empty are left out. */
export function splitRemovals(wish: Fields, path = ''): { set: Fields; remove: string[] } {
  const set: [string, unknown][] = [];
  const remove: string[] = [];
  for (const [name, value] of Object.entries(wish)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (value === null) remove.push(at);
    else if (!isObject(value)) set.push([name, value]);
    else {
      const inner = splitRemovals(value, at);
      if (Object.keys(inner.set).length > 0 || inner.remove.length === 0) set.push([name, inner.set]);
      remove.push(...inner.remove);
    }
  }
  return { set: Object.fromEntries(set), remove };
}

/** Names to remove that are not there, each with the one that it may mean. Their removal is done already, or they are misspelled. */
export function notThere(field: string, before: Fields, remove: readonly string[] = []): string[] {
  return remove
    .filter((name) => !Object.hasOwn(before, name))
    .map((name) => {
      const near = closest(name, Object.keys(before));
      return `${field}.${name}${near === undefined ? '' : ` (did you mean ${near}?)`}`;
    });
}
