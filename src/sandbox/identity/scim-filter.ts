import { isObject, type JsonObject } from '../json.ts';

/** One comparison of a filter. `pr` has no text. */
interface Test {
  field: string;
  operator: string;
  text: string;
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[^\s"]+)/y;
const OPERATORS = ['eq', 'ne', 'co', 'sw', 'pr'];

/**
 * Reads a SCIM filter: comparisons with `eq`, `ne`, `co`, `sw` or `pr`, joined by `and` and `or`. Undefined when it is none, such as one
 * with brackets. evidence: scim-filter
 */
export function readFilter(filter: string): ((row: JsonObject) => boolean) | undefined {
  const words = wordsOf(filter);
  const anyOf: Test[][] = [[]];
  for (let at = 0; at < words.length; at += 1) {
    const test = testAt(words, at);
    if (!test) return undefined;
    anyOf.at(-1)?.push(test);
    at += test.operator === 'pr' ? 2 : 3;
    const joint = words[at]?.toLowerCase();
    if (joint === 'or') anyOf.push([]);
    else if (joint !== undefined && joint !== 'and') return undefined;
    // A joint needs something after it.
    if (joint !== undefined && at === words.length - 1) return undefined;
  }
  if (anyOf.some((tests) => tests.length === 0)) return undefined;
  return (row) => anyOf.some((tests) => tests.every((test) => passes(row, test)));
}

function wordsOf(filter: string): string[] {
  const words: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(filter); match; match = TOKEN.exec(filter)) words.push(match[1] ?? '');
  return words;
}

function testAt(words: readonly string[], at: number): Test | undefined {
  const [field = '', operator = '', value] = words.slice(at, at + 3);
  const known = OPERATORS.find((each) => each === operator.toLowerCase());
  if (!/^[A-Za-z][\w.$:]*$/.test(field) || known === undefined) return undefined;
  if (known === 'pr') return { field, operator: known, text: '' };
  return value === undefined ? undefined : { field, operator: known, text: unquoted(value) };
}

/** Quotes are those of JSON. Official examples also leave them out. */
function unquoted(word: string): string {
  if (!word.startsWith('"')) return word;
  try {
    return String(JSON.parse(word));
  } catch {
    return word.slice(1, -1);
  }
}

function passes(row: JsonObject, { field, operator, text }: Test): boolean {
  const values = valuesAt(row, field.split('.')).map((value) => String(value).toLowerCase());
  const wanted = text.toLowerCase();
  switch (operator) {
    case 'pr':
      return values.length > 0;
    case 'ne':
      return !values.includes(wanted);
    case 'co':
      return values.some((value) => value.includes(wanted));
    case 'sw':
      return values.some((value) => value.startsWith(wanted));
    default:
      return values.includes(wanted);
  }
}

/** The plain values at a path such as `emails.value`. Attribute names have no case, and lists count by their items. */
export function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  const [first, ...rest] = path;
  if (first === undefined) return isObject(value) ? valuesAt(value.value, []) : value === undefined ? [] : [value];
  if (!isObject(value)) return [];
  const key = Object.keys(value).find((each) => each.toLowerCase() === first.toLowerCase());
  return key === undefined ? [] : valuesAt(value[key], rest);
}
