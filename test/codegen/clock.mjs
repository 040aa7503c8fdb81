// Imported before a generated program. Its time is in a file, and a sleep advances that time instead of waiting.
import { readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import promises from 'node:timers/promises';

const file = process.env.CLOCK_FILE;
Date.now = () => Number(readFileSync(file, 'utf8'));
promises.setTimeout = async (ms, value) => {
  writeFileSync(file, String(Date.now() + ms));
  return value;
};
syncBuiltinESMExports();
