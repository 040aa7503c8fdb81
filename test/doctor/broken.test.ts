/** What the doctor says of every broken set-up: the cause, the remedy, and what is not checked because of it. */
import { afterAll, describe, test } from 'vitest';
import { closeSetUps, expectNamed, NEEDS_PROGRAM, ROWS } from './broken-set-ups.ts';
import { examineHere, removeHomes } from './run-doctor.ts';

afterAll(removeHomes);
afterAll(closeSetUps);

describe.concurrent('the doctor names the cause and the remedy', () => {
  test.each(ROWS.filter(([broken]) => !NEEDS_PROGRAM.has(broken)))('of %s', async (...row) => {
    expectNamed(row, await examineHere(await row[1]()));
  });
});
