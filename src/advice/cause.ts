/** Finds the row that explains a refusal: the one with the longest matching words. Pure. */
import type { Refusal, Row } from './row.ts';

/**
 * The row whose words match, or undefined. The longest match decides. If two are equally long, the one with a condition wins. A code without words
 * counts as its own length.
 */
export function causeOf(refusal: Refusal, rows: readonly Row[]): Row | undefined {
  const texts = refusal.layers.map(toText);
  let best: { row: Row; weight: number } | undefined;
  for (const row of rows) {
    const length = lengthOf(row, refusal, texts);
    if (length === undefined || row.when?.(refusal) === false) continue;
    const weight = length + (row.when ? 0.5 : 0) + ORDER[row.order ?? 'middle'];
    if (best === undefined || weight > best.weight) best = { row, weight };
  }
  return best?.row;
}

/** More than the length of any words. */
const ORDER = { first: 10_000, middle: 0, last: -10_000 };

/** A text in small letters, with single blanks. */
interface Text {
  text: string;
  /** Computed for texts in which words are found. */
  outside: (index: number) => boolean;
}

function toText(raw: string): Text {
  const text = raw.replace(/\s+/g, ' ').toLowerCase();
  let outside: Text['outside'] | undefined;
  return {
    text,
    outside(index) {
      outside ??= outsideQuotes(text);
      return outside(index);
    },
  };
}

/** The length of the longest words or code that match. A row with neither has the length 0. */
function lengthOf(
  { words, codes, atStart, firstIn400 }: Row,
  refusal: Refusal,
  texts: readonly Text[],
): number | undefined {
  const before = atStart ? FEW_WORDS : firstIn400 && refusal.status === 400 ? NO_COLON : undefined;
  const found = (codes ?? []).filter((code) => refusal.codes.includes(code)).map((code) => code.length);
  for (const each of words) if (texts.some((text) => says(text, each, before))) found.push(each.length);
  if (found.length > 0) return Math.max(...found);
  return words.length === 0 && codes === undefined ? 0 : undefined;
}

/** A few words may come before those that must be at the start. A sign between them begins a text of others. */
const FEW_WORDS = /^[\w ,]{0,40}$/;
const NO_COLON = /^[^:;]*$/;

/** @param before what may precede the words. Default: anything. */
function says({ text, outside }: Text, words: string, before?: RegExp): boolean {
  const [first = '', ...others] = words.toLowerCase().split('…');
  for (let at = text.indexOf(first); at >= 0; at = text.indexOf(first, at + 1))
    if (follow(text, at + first.length, others) && outside(at) && (before?.test(text.slice(0, at)) ?? true))
      return true;
  return false;
}

/** Characters of a name between two parts of the words. */
const MAX_NAME = 200;

function follow(text: string, from: number, [next, ...others]: readonly string[]): boolean {
  if (next === undefined) return true;
  const at = text.indexOf(next, from);
  return at >= 0 && at - from <= MAX_NAME && follow(text, at + next.length, others);
}

/**
 * Whether a place in a text is outside quotation marks. Services quote the caller's own text, and a name may be any word. A mark within a word is an
 * apostrophe.
 */
export function outsideQuotes(text: string): (index: number) => boolean {
  const quoted: [from: number, to: number][] = [];
  const marks = /(?<![\w\\])(["'`])(?=[^\s])[\s\S]*?(?<!\\)\1(?!\w)/g;
  for (const mark of text.matchAll(marks)) quoted.push([mark.index, mark.index + mark[0].length - 1]);
  return (index) => !quoted.some(([from, to]) => index > from && index < to);
}
