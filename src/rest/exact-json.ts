/**
 * JSON whose numbers keep their digits. JavaScript's own parser rounds integers beyond 2^53, and ids of 64 bits are longer. A number that a double
 * does not hold is an {@link ExactNumber}, every other one a plain number. Pure.
 */
import { isLosslessNumber, LosslessNumber, parse, stringify } from 'lossless-json';

/** A number as it was written. */
export type ExactNumber = LosslessNumber;

export const isExact = isLosslessNumber;

/** @param literal a number in the syntax of JSON. */
export function exactNumber(literal: string): ExactNumber {
  return new LosslessNumber(literal);
}

/** Whether a number may be the rounded form of an integer of 64 bits. Larger ones are no ids, and smaller ones are exact. */
export function maybeRounded(value: unknown): value is number {
  return (
    typeof value === 'number' && Number.isInteger(value) && Math.abs(value) > MAX_SAFE && Math.abs(value) < 2 ** 64
  );
}

const MAX_SAFE = Number.MAX_SAFE_INTEGER;

/**
 * The number that a double holds, where it is as good: no digit that a model can have computed is lost. Otherwise its digits as text, because no
 * JavaScript client could read them as a number.
 */
export function showExact(exact: ExactNumber): number | string {
  const literal = exact.toString();
  const digits = literal.replace(/[eE].*$|[^\d]/g, '').replace(/^0+|0+$/g, '');
  const isFloat = /[.eE]/.test(literal) && digits.length <= MAX_FLOAT_DIGITS && Number.isFinite(Number(literal));
  return isFloat ? Number(literal) : literal;
}

/** Significant digits that tell every double from its neighbors. */
const MAX_FLOAT_DIGITS = 17;

/** @throws SyntaxError for a text that is not JSON. */
export function parseExact(text: string): unknown {
  return mayLoseDigits(text)
    ? unlessTooDeep(text, () => parse(text, undefined, { parseNumber, onDuplicateKey: last }))
    : JSON.parse(text);
}

/** The same as `JSON.stringify`, with the digits of exact numbers. */
export function stringifyExact(value: unknown): string {
  // The library is slower, and most values have no exact number.
  return (hasExact(value) ? stringify(value) : JSON.stringify(value)) ?? 'null';
}

/** Whether there is an {@link ExactNumber} in a value. */
export function hasExact(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return isExact(value) || (Array.isArray(value) ? value : Object.values(value)).some(hasExact);
}

/** The value with plain numbers, which may be rounded. */
export function withPlainNumbers(value: unknown): unknown {
  return hasExact(value) ? plain(value) : value;
}

function plain(value: unknown): unknown {
  if (isExact(value)) return Number(value.toString());
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** A value read from JSON of a model. */
export interface ModelJson {
  value: unknown;
  /** Keys that an object has twice with different values, and the earlier values. JSON readers keep the last one. */
  repeated: { key: string; earlier: unknown }[];
}

/**
 * JSON as models write it, with `NaN`, `Infinity` and `-Infinity` (fact Q21). They become the numbers that they are.
 * @throws SyntaxError for any other text.
 */
export function parseModelJson(text: string): ModelJson {
  const repeated: ModelJson['repeated'] = [];
  const json = /NaN|Infinity/i.test(text) ? asNumbers(text) : text;
  const value = unlessTooDeep(json, () =>
    parse(json, undefined, {
      parseNumber,
      onDuplicateKey({ key, oldValue, newValue }) {
        if (repeated.length < MAX_REPEATED) repeated.push({ key, earlier: oldValue });
        return newValue;
      },
    }),
  );
  return { value, repeated };
}

/** Keys that are reported. */
const MAX_REPEATED = 20;

/** Numbers of JSON in place of those that are none. No model writes them in this form, and a double reads the last two as infinite. */
const STAND_INS = { nan: '0e99999', infinity: '1e99999', '-infinity': '-1e99999' };

function parseNumber(literal: string): unknown {
  if (literal === STAND_INS.nan) return Number.NaN;
  if (literal === STAND_INS.infinity || literal === STAND_INS['-infinity']) return Number(literal);
  const value = Number(literal);
  // A fraction is a double to every model, so only whole numbers can lose a digit that matters.
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))
    ? value
    : exactNumber(literal);
}

const last = ({ newValue }: { newValue: unknown }) => newValue;

/** Whether a text may have a number beyond 2^53: with enough digits before any decimal point, or with a large exponent. */
function mayLoseDigits(text: string): boolean {
  return /(?<![.\d])\d{16}|\d[eE]\+?(?:1\d|[2-9]\d|\d{3})/.test(text);
}

/** The library calls itself for each level. A deep value is clipped later, so its digits do not matter. */
function unlessTooDeep(text: string, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

function asNumbers(text: string): string {
  return outsideStrings(text, (part) =>
    part.replace(/(?<![\w.])(-?)(nan|infinity)(?![\w.])/gi, (_whole, sign: string, word: string) => {
      const kind = word.toLowerCase() === 'nan' ? 'nan' : sign === '-' ? '-infinity' : 'infinity';
      return STAND_INS[kind];
    }),
  );
}

/** A JSON text with its parts outside of strings replaced. A pattern for strings needs memory for each character, and an answer has millions. */
function outsideStrings(json: string, replace: (part: string) => string): string {
  const parts: string[] = [];
  for (let at = 0; at < json.length; ) {
    const open = json.indexOf('"', at);
    parts.push(replace(json.slice(at, open < 0 ? json.length : open)));
    if (open < 0) break;
    let close = open + 1;
    while (close < json.length && json[close] !== '"') close += json[close] === '\\' ? 2 : 1;
    parts.push(json.slice(open, close + 1));
    at = close + 1;
  }
  return parts.join('');
}
