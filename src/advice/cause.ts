/** Finds the row that explains a refusal: the one with the longest matching words. Pure. */
import type { Refusal, Row } from './row.ts';

/**
 * The row whose words match, or undefined. The longest match decides. If two are equally long, the one with a condition wins. A code without words
 * counts as its own length.
 */
export function causeOf(refusal: Refusal, rows: readonly Row[]): Row | undefined {
  const unquoted = refusal.layers.map((text) => ({ text, outside: outsideQuotes(text) }));
  let best: { row: Row; weight: number } | undefined;
  for (const row of rows) {
    const length = lengthOf(row, refusal, unquoted);
    if (length === undefined || row.when?.(refusal) === false) continue;
    const weight = length + (row.when ? 0.5 : 0) + ORDER[row.order ?? 'middle'];
    if (best === undefined || weight > best.weight) best = { row, weight };
  }
  return best?.row;
}

/** More than the length of any words. */
const ORDER = { first: 10_000, middle: 0, last: -10_000 };

interface Text {
  text: string;
  outside: (index: number) => boolean;
}

/** The length of the longest words or code that match. A row with neither has the length 0. */
function lengthOf({ words, codes, atStart }: Row, refusal: Refusal, texts: readonly Text[]): number | undefined {
  const found = (codes ?? []).filter((code) => refusal.codes.includes(code)).map((code) => code.length);
  for (const each of words) if (texts.some((text) => says(text, each, atStart))) found.push(each.length);
  if (found.length > 0) return Math.max(...found);
  return words.length === 0 && codes === undefined ? 0 : undefined;
}

const patterns = new Map<string, RegExp>();

function patternOf(words: string): RegExp {
  let pattern = patterns.get(words);
  if (!pattern) {
    const parts = words.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
    pattern = new RegExp(parts.join('.{0,200}?'), 'gi');
    patterns.set(words, pattern);
  }
  return pattern;
}

/** A few words may come before those that must be at the start. A sign between them begins a text of others. */
const BEFORE = /^[\w ,]{0,40}$/;

function says({ text, outside }: Text, words: string, atStart: true | undefined): boolean {
  for (const { index } of text.matchAll(patternOf(words)))
    if (outside(index) && (!atStart || BEFORE.test(text.slice(0, index)))) return true;
  return false;
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
