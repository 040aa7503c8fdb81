/** Numbers that JSON cannot carry to a client: those that are none, and integers beyond 2^53. Pure. */
import { type ExactNumber, isExact, showExact } from '../rest/exact-json.ts';

/** Places that are named. */
const MAX_PLACES = 10;
/** Characters of a place. */
const MAX_PLACE = 80;

/** Shows such numbers as text, and remembers where they are. */
export class OddNumbers {
  readonly #places: string[] = [];
  readonly #digits: string[] = [];
  #counts = { places: 0, digits: 0 };

  /** The value with texts in the place of such numbers. @param path where the reader sees it. */
  show(value: unknown, path: string): unknown {
    return hasOdd(value) ? this.#show(value, path) : value;
  }

  /** Which values are not numbers, and which are text to keep their digits. Empty when there are none. */
  notes(): { not_numbers?: string[]; numbers_as_text?: string[] } {
    return {
      ...(this.#counts.places > 0 ? { not_numbers: listed(this.#places, this.#counts.places) } : {}),
      ...(this.#counts.digits > 0 ? { numbers_as_text: listed(this.#digits, this.#counts.digits) } : {}),
    };
  }

  #show(value: unknown, path: string): unknown {
    if (isExact(value)) return this.#exact(value, path);
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.#counts.places++;
      if (this.#places.length < MAX_PLACES) this.#places.push(`${short(path)} is ${value}`);
      return String(value);
    }
    if (Array.isArray(value)) return value.map((inner, at) => this.#show(inner, `${path}.${at}`));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.#show(inner, `${path}.${key}`)]));
  }

  #exact(exact: ExactNumber, path: string): number | string {
    const shown = showExact(exact);
    if (typeof shown === 'string') {
      this.#counts.digits++;
      if (this.#digits.length < MAX_PLACES) this.#digits.push(short(path));
    }
    return shown;
  }
}

function hasOdd(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return false;
  return isExact(value) || (Array.isArray(value) ? value : Object.values(value)).some(hasOdd);
}

const short = (path: string) => (path.length > MAX_PLACE ? `${path.slice(0, MAX_PLACE)}…` : path);

function listed(places: string[], count: number): string[] {
  return count > places.length ? [...places, `and ${count - places.length} more`] : places;
}
