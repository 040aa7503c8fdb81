/** Ways to spoil an answer: hostile texts in every field, and forms that no tool of this version gives. */

type Change = (value: unknown, isRoot: boolean) => unknown;

/** Marks, tags and control characters that do something wherever they are not mere text. `ran` tells whether one of them ran. */
export const HOSTILE = [
  '<img src=x onerror="globalThis.ran=1">',
  '</script><script>globalThis.ran=1</script>',
  '"><svg onload=globalThis.ran=1>',
  'javascript:globalThis.ran=1',
  '\u202egnp.exe\u2066\u200f',
  '\u001b[31mred\u001b]8;;https://evil.example\u0007',
  '👩‍👩‍👧‍👦 e\u0301\u0323\u0323\u0323',
  '\u0000\ufeff&lt;b&gt; {{x}} %s constructor __proto__',
].join(' ');

let count = 0;
/** Each is another one, as names are. A megabyte of them would only test the patience of the browser. */
const longName = () => `${'n'.repeat(count % 4 === 0 ? 10_000 : 400)}${count++}`;
const isTime = (text: string) => /^\d{4}-\d\d-\d\dT/.test(text);

/** Changes every value of an answer, from the inside out. */
function everywhere(value: unknown, change: Change, isRoot = true): unknown {
  const inside = Array.isArray(value)
    ? value.map((each) => everywhere(each, change, false))
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, everywhere(each, change, false)]))
      : value;
  return change(inside, isRoot);
}

const texts =
  (to: (text: string) => unknown): Change =>
  (value) =>
    typeof value === 'string' ? to(value) : value;
const numbers =
  (to: (number: number) => unknown): Change =>
  (value) =>
    typeof value === 'number' ? to(value) : value;
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

const CHANGES: Record<string, Change> = {
  'hostile words after every text': texts((text) => (isTime(text) ? text : `${text} ${HOSTILE}`)),
  'hostile words instead of every text, also of times': texts(() => HOSTILE),
  'names of 10,000 characters': texts((text) => (isTime(text) ? text : longName())),
  'numbers as texts': numbers(String),
  'texts that are no numbers': numbers(() => '-'),
  'the largest numbers': numbers((number) => (number % 2 === 0 ? Number.MAX_VALUE : -Number.MAX_VALUE)),
  'numbers with many digits': numbers((number) => number + 0.123456789012345),
  'nothing instead of every number': numbers(() => null),
  'nothing in every field': (value) => (typeof value === 'object' ? value : null),
  'objects instead of lists': (value) => (Array.isArray(value) ? { ...value } : value),
  'lists instead of objects': (value, isRoot) => (isObject(value) && !isRoot ? [value] : value),
  'texts instead of objects': (value, isRoot) => (isObject(value) && !isRoot ? 'a newer form' : value),
  'objects instead of texts': texts((text) => ({ newer: text })),
  'lists of mixed things': (value) => (Array.isArray(value) ? [null, 7, 'a text', [], true, ...value, {}] : value),
  'empty lists': (value) => (Array.isArray(value) ? [] : value),
  'lists five times as long': (value) =>
    Array.isArray(value) && value.length > 0 && value.length < 20 ? Array(5).fill(value).flat() : value,
  'times of other ages': texts((text) => (isTime(text) ? '0001-01-01T00:00:00Z' : text)),
};

/** Each way to spoil an answer, with its name. */
export function spoilt(): [string, (other: unknown) => unknown][] {
  const changed = Object.entries(CHANGES).map(([name, change]): [string, (other: unknown) => unknown] => [
    name,
    (other) => everywhere(other, change),
  ]);
  const without = (kept: number) => (other: unknown) =>
    isObject(other) ? Object.fromEntries(Object.entries(other as object).filter((_, at) => at % 2 === kept)) : other;
  return [
    ...changed,
    ['without every second field', without(0)],
    ['without the others', without(1)],
    ['no field at all', () => ({})],
    ['a list instead of an answer', () => [1, 2]],
  ];
}
