/** The race of two servers for one model service, with 10,000 edits. `npm test` makes 300. */
import { raceForService } from '../support/service-race.ts';

const EDITS = 10_000;

const started = performance.now();
const { made, informed, found, open, wrong } = await raceForService(EDITS);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${made} edits of one model service by two servers in ${seconds} s; ${informed} more were refused and informed, ${found} were found after a lost answer, ${open} stayed open`,
);
for (const problem of wrong.slice(0, 20)) console.error(`✗ ${problem}`);
if (wrong.length > 0 || informed === 0 || found === 0) process.exitCode = 1;
