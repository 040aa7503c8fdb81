/** A guard that was rewritten must not drop out of `npm run test:mutants` unseen. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { edited, readSources } from './edits.ts';
import { MUTANTS } from './list.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const sources = readSources(ROOT);

it.each(MUTANTS.map((mutant) => [mutant.guard, mutant] as const))('%s: can still be taken away', (_guard, mutant) => {
  const changed = edited(mutant, sources);
  expect(typeof changed === 'string' ? changed : 'applies').toBe('applies');
  for (const file of mutant.files) expect(existsSync(join(ROOT, file)), file).toBe(true);
});

it('no guard is listed twice', () => {
  const guards = MUTANTS.map((mutant) => mutant.guard);
  expect(guards.filter((guard, index) => guards.indexOf(guard) !== index)).toEqual([]);
});
