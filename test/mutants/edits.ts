/** The edits of a mutant, applied to the texts of the sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './list.ts';

/** The unchanged sources, by path from the root of a tree. */
export function readSources(folder: string): Map<string, string> {
  const paths = ['src', 'tools'].flatMap((part) =>
    readdirSync(join(folder, part), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(part, file)),
  );
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

/** The edited files of a mutant, or why an edit does not apply. */
export function edited(mutant: Mutant, sources: ReadonlyMap<string, string>): Map<string, string> | string {
  const changed = new Map<string, string>();
  for (const [find, replace] of mutant.edits) {
    const hits = [...sources].filter(([path, text]) => (changed.get(path) ?? text).includes(find));
    const [hit] = hits;
    const text = hit && (changed.get(hit[0]) ?? hit[1]);
    if (!hit || text === undefined || hits.length > 1 || text.split(find).length !== 2)
      return `found ${hits.length === 0 ? 'nowhere' : `more than once (${hits.map(([path]) => path)})`}: ${find.trim().slice(0, 80)}`;
    changed.set(
      hit[0],
      text.replace(find, () => replace),
    );
  }
  return changed;
}
