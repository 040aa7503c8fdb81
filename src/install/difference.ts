/** The change of a configuration file as a person reads it before it happens. Pure. */
import { structuredPatch } from 'diff';
import { stripControls } from '../text/sanitize.ts';
import type { Client } from './clients.ts';
import { entriesIn } from './entries.ts';
import { masked } from './masked.ts';

/** Lines around a change. */
const CONTEXT = 3;
/** A file in one line is no help: then the entry alone is shown. */
const LONGEST_LINE = 300;

/** A unified difference. Secrets are hidden, in the entry, too: a person may have added some. */
export function difference(client: Client, path: string, name: string, before: string, after: string): string {
  const [old, changed] = [masked(client, before, name), masked(client, after, name)].map(lineEnds);
  if (old === undefined || changed === undefined) return '';
  const { hunks } = structuredPatch(path, path, old, changed, '', '', { context: CONTEXT });
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines,
  ]);
  const long = lines.some((line) => line.length > LONGEST_LINE && /^[-+]/.test(line));
  return [`--- ${path}`, `+++ ${path}`, ...(long ? entryLines(client, name, old, changed) : lines)]
    .map(stripControls)
    .join('\n');
}

/** Line ends are kept in the file and would only disturb the picture. */
const lineEnds = (text: string) => text.replace('\uFEFF', '').replaceAll('\r\n', '\n');

function entryLines(client: Client, name: string, before: string, after: string): string[] {
  const side = (text: string, sign: string) => {
    const entry = entriesIn(client, text).get(name);
    if (entry === undefined) return [];
    return JSON.stringify({ [name]: entry }, undefined, 2)
      .split('\n')
      .map((line) => sign + line);
  };
  return [`@@ ${client.rootKey} @@`, ...side(before, '-'), ...side(after, '+')];
}
