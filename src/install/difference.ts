/** The change of a configuration file as a person reads it before it happens. Pure. */
import { structuredPatch } from 'diff';
import { redact } from '../text/redact.ts';
import { stripControls } from '../text/sanitize.ts';
import type { Client } from './clients.ts';
import { entriesIn } from './entries.ts';
import { masked, maskedValue } from './masked.ts';

/** Lines around a change. */
const CONTEXT = 3;
/** A file in one line is no help: then the entry alone is shown. */
const LONGEST_LINE = 300;

/** A unified difference. Secrets are hidden, in the entry, too: a person may have added some. */
export function difference(client: Client, path: string, name: string, before: string, after: string): string {
  const [old, changed] = [lineEnds(before), lineEnds(after)];
  const { hunks } = structuredPatch(path, path, old, changed, '', '', { context: CONTEXT });
  const oldLines = shownLines(
    client,
    name,
    old,
    hunks.map(({ oldStart, oldLines }) => [oldStart, oldLines]),
  );
  const newLines = shownLines(
    client,
    name,
    changed,
    hunks.map(({ newStart, newLines }) => [newStart, newLines]),
  );
  const lines = hunks.flatMap(({ oldStart, oldLines: count, newStart, newLines: newCount, lines: marks }) => {
    let [at, newAt] = [oldStart, newStart];
    return [
      `@@ -${oldStart},${count} +${newStart},${newCount} @@`,
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
  const picture = long ? entryLines(client, name, before, after) : lines;
  return [`--- ${path}`, `+++ ${path}`, redact(picture.map(stripControls).join('\n'))].join('\n');
}

/** Line ends are kept in the file and would only disturb the picture. */
const lineEnds = (text: string) => text.replace('\uFEFF', '').replaceAll('\r\n', '\n');

/** The lines of the given parts, by their number from 1, without secrets. */
function shownLines(
  client: Client,
  name: string,
  text: string,
  parts: readonly (readonly [first: number, count: number])[],
): Map<number, string> {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const startOf = (line: number) => starts[line - 1] ?? text.length;
  const shown = masked(
    client,
    text,
    name,
    parts.map(([first, count]) => [startOf(first), startOf(first + count)]),
  ).split('\n');
  return new Map(
    parts.flatMap(([first, count]) =>
      Array.from({ length: count }, (_, index): [number, string] => [first + index, shown[first + index - 1] ?? '']),
    ),
  );
}

function entryLines(client: Client, name: string, before: string, after: string): string[] {
  const side = (text: string, sign: string) => {
    const entry = entriesIn(client, text).get(name);
    if (entry === undefined) return [];
    const value = maskedValue(client, name, entry, [client.rootKey, name]);
    return JSON.stringify({ [name]: value }, undefined, 2)
      .split('\n')
      .map((line) => sign + line);
  };
  return [`@@ ${client.rootKey} @@`, ...side(before, '-'), ...side(after, '+')];
}
