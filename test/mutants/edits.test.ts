/** A rewritten guard or a renamed test must not silently drop out of `npm run test:mutants`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { edited, readSources } from './edits.ts';
import { MUTANTS } from './list.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const sources = readSources(ROOT);

it.each(MUTANTS.map((mutant) => [mutant.guard, mutant] as const))('%s: can still be removed', (_guard, mutant) => {
  const changed = edited(mutant, sources);
  expect(typeof changed === 'string' ? changed : 'applies').toBe('applies');
  for (const file of mutant.files) expect(existsSync(join(ROOT, file)), file).toBe(true);
});

/** Every text in quotes. The names of tests are among them, and so are the rows that complete a name with `%s`. */
function quoted(file: string): string[] {
  const texts = readFileSync(join(ROOT, file), 'utf8').matchAll(
    /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g,
  );
  return [...texts].map(([, single, double, template]) => single ?? double ?? template ?? '');
}

it.each(MUTANTS.map((mutant) => [mutant.guard, mutant] as const))('%s: names a test that exists', (_guard, mutant) => {
  const named = new RegExp(mutant.named);
  expect(mutant.files.flatMap(quoted).filter((text) => named.test(text)).length).toBeGreaterThan(0);
});

it('no guard is listed twice', () => {
  const guards = MUTANTS.map((mutant) => mutant.guard);
  expect(guards.filter((guard, index) => guards.indexOf(guard) !== index)).toEqual([]);
});
