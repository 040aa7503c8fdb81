/** Reads fields of answers, which may be absent, cut short, or of a newer form. Pure. */
import { isObject } from '../../rest/json.ts';
import type { Data } from '../host/host.ts';

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A text, or a number or a boolean as text: for fields whose form may change. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : textOf(value);
}

/** No count, time or cost is larger, and no scale could show it. */
const LARGEST = 1e15;

/** A number that a scale can show. A number as text is none: nothing is guessed. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) <= LARGEST ? value : undefined;
}

/** The objects of a list, without what is no object. */
export function rowsOf(value: unknown): Data[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** How many items of a list {@link rowsOf} leaves out. One for a value that is no list. */
export function unreadIn(value: unknown): number {
  if (value === undefined || value === null) return 0;
  return Array.isArray(value) ? value.length - rowsOf(value).length : 1;
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.flatMap((each) => textOf(each) ?? []) : [];
}

/** Milliseconds since 1970 of a time in ISO form. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
