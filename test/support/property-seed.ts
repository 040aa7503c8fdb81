/**
 * The seed of every property, set before each test file. A fixed seed makes a run repeatable. `PROPERTY_SEED=random` explores other inputs, and
 * `PROPERTY_SEED=<number>` repeats a failure by the seed that fast-check reported.
 */
import * as fc from 'fast-check';

const FIXED = 1_847_203_911;

function seed(given = process.env.PROPERTY_SEED): number | undefined {
  if (given === 'random') return undefined;
  const number = given === undefined || given === '' ? FIXED : Number(given);
  if (!Number.isInteger(number)) throw new Error(`PROPERTY_SEED must be an integer or "random", not "${given}"`);
  return number;
}

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: seed() });
