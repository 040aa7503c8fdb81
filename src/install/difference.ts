/** The change of a configuration file as a person reads it before it happens. Pure. */
import { structuredPatch } from 'diff';
import { redact } from '../text/redact.ts';
import { stripControls } from '../text/sanitize.ts';
import type { Client } from './clients.ts';
import { entriesIn } from './entries.ts';
import { masked, maskedValue } from './masked.ts';
import type { Own } from './own-program.ts';
import { HIDDEN, shownOf } from './shown.ts';

/** Lines around a change. */
const CONTEXT = 3;
/** A file in one line is no help: then the entry alone is shown. */
const LONGEST_LINE = 300;
/** The entry of this server has fewer. What a person added may have more. */
const MOST_LINES = 200;

/** Which entry changes, and how this server is known in it. */
export interface Subject {
  client: Client;
  path: string;
  name: string;
  own: Own;
}

/** A unified difference. Only the entry of this server is shown with its values. @param before undefined for a new file. @param after undefined for one that goes. */
export function difference(subject: Subject, before: string | undefined, after: string | undefined): string {
  const { path } = subject;
  const [old, changed] = [lineEnds(before ?? ''), lineEnds(after ?? '')];
  const hunks = hunksOf(old, changed);
  const oldLines = shownLines(
    subject,
    old,
    hunks.map(({ oldStart, oldLines }) => [oldStart, oldLines]),
  );
  const newLines = shownLines(
    subject,
    changed,
    hunks.map(({ newStart, newLines }) => [newStart, newLines]),
  );
  const lines = hunks.flatMap(({ oldStart, oldLines: count, newStart, newLines: newCount, lines: marks }) => {
    let [at, newAt] = [oldStart, newStart];
    return [
      `@@ -${part(oldStart, count)} +${part(newStart, newCount)} @@`,
      ...marks.flatMap(([mark = '']) => {
        // The last line of a file without a line end has a remark after it.
        if (mark === '\\') return [];
        const line = mark === '+' ? newLines.get(newAt) : oldLines.get(at);
        if (mark !== '+') at++;
        if (mark !== '-') newAt++;
        return [mark + (line ?? '')];
      }),
    ];
  });
  const long = lines.some((line) => line.length > LONGEST_LINE && /^[-+]/.test(line));
  const picture = (long ? entryLines(subject, before ?? '', after ?? '') : lines).map(short);
  const more = picture.length - MOST_LINES;
  const shown = more > 0 ? [...picture.slice(0, MOST_LINES), `${HIDDEN} (${more} more lines)`] : picture;
  return [
    `--- ${before === undefined ? '/dev/null' : path}`,
    `+++ ${after === undefined ? '/dev/null' : path}`,
    redact(shown.map(stripControls).join('\n')),
  ].join('\n');
}

/** The changed parts. Only the lines from the first change to the last one are compared, because a file may have a million. */
function hunksOf(old: string, changed: string) {
  const shorter = Math.min(old.length, changed.length);
  let same = 0;
  while (same < shorter && old.charCodeAt(same) === changed.charCodeAt(same)) same++;
  let tail = 0;
  while (
    tail < shorter - same &&
    old.charCodeAt(old.length - 1 - tail) === changed.charCodeAt(changed.length - 1 - tail)
  )
    tail++;
  let from = same;
  for (let line = 0; line <= CONTEXT && from > 0; line++) from = old.lastIndexOf('\n', from - 2) + 1;
  let until = old.length - tail;
  for (let line = 0; line <= CONTEXT && until < old.length; line++) until = old.indexOf('\n', until) + 1 || old.length;
  const [first, second] = [old.slice(from, until), changed.slice(from, changed.length - (old.length - until))];
  let skipped = 0;
  for (let at = old.indexOf('\n'); at >= 0 && at < from; at = old.indexOf('\n', at + 1)) skipped++;
  return structuredPatch('', '', first, second, '', '', { context: CONTEXT }).hunks.map((hunk) => ({
    ...hunk,
    oldStart: hunk.oldStart + skipped,
    newStart: hunk.newStart + skipped,
  }));
}

/** Where a part begins, and its lines. A part without lines comes after the line of its number. */
const part = (start: number, count: number) => `${count === 0 ? start - 1 : start},${count}`;

const short = (line: string) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}${HIDDEN}` : line);

/** Line ends are kept in the file and would only disturb the picture. */
const lineEnds = (text: string) => text.replace('\uFEFF', '').replaceAll('\r\n', '\n');

/** The lines of the given parts, by their number from 1, without what is hidden. */
function shownLines(
  { client, name, own }: Subject,
  text: string,
  parts: readonly (readonly [first: number, count: number])[],
): Map<number, string> {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const startOf = (line: number) => starts[line - 1] ?? text.length;
  const lines = masked(
    client,
    text,
    shownOf(client, name, entriesIn(client, text).get(name), own),
    parts.map(([first, count]) => [startOf(first), startOf(first + count)]),
  ).split('\n');
  return new Map(
    parts.flatMap(([first, count]) =>
      Array.from({ length: count }, (_, index): [number, string] => [first + index, lines[first + index - 1] ?? '']),
    ),
  );
}

function entryLines({ client, name, own }: Subject, before: string, after: string): string[] {
  const side = (text: string, sign: string) => {
    const entry = entriesIn(client, text).get(name);
    if (entry === undefined) return [];
    const value = maskedValue(shownOf(client, name, entry, own), entry, [client.rootKey, name]);
    return JSON.stringify({ [name]: value }, undefined, 2)
      .split('\n')
      .map((line) => sign + line);
  };
  return [`@@ ${client.rootKey} @@`, ...side(before, '-'), ...side(after, '+')];
}
