/** Whether a state that was read has everything that a request asked for. What the service adds does not count. Pure. */
import { isObject } from './json.ts';

/** Keys in plain text are never returned (fact X2), so they cannot be compared. */
const isSecret = (field: string) => field.endsWith('_plaintext');

/** Compares field by field. The order of a list does not count (fact E10), and an absent field is as good as one that is empty or off. */
export function hasAll(there: unknown, asked: unknown): boolean {
  if (asked === undefined || (there === undefined && isOff(asked))) return true;
  if (isObject(asked)) {
    const found = isObject(there) ? there : {};
    return Object.entries(asked).every(([field, value]) => isSecret(field) || hasAll(found[field], value));
  }
  if (Array.isArray(asked)) {
    const found = Array.isArray(there) ? there : [];
    return asked.every((value) => found.some((each) => hasAll(each, value)));
  }
  return there === asked;
}

function isOff(value: unknown): boolean {
  return value === false || value === '' || value === null || (Array.isArray(value) && value.length === 0);
}
