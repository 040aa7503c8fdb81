/**
 * Simulates guarded rollouts: `npm run bench:rollout`, with a number of rollouts for each cell as an argument (default 2,000). It prints the table of
 * `test/README.md`, and fails when a promised number does not hold.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { CELLS, type CellResult, CHECKED, missed, SEEDS, simulate, simulateByRequest, table } from './cells.ts';
import type { Cell } from './traffic.ts';

const seeds = Number(process.argv[2] ?? SEEDS);
const PROCESSES = Math.min(4, availableParallelism());

if (process.send) {
  // A process of its own for each cell at a time, because a cell is minutes of computing.
  process.on('message', (cell: Cell) => process.send?.(simulate(cell, seeds)));
} else await main();

async function main(): Promise<void> {
  const results: CellResult[] = [];
  const left = CELLS.map((cell, at) => ({ cell, at }));
  await Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      const worker = fork(fileURLToPath(import.meta.url), [String(seeds)], { execArgv: process.execArgv });
      for (let next = left.shift(); next; next = left.shift()) {
        const answer = new Promise<CellResult>((resolve, reject) => {
          worker.once('message', (result) => resolve(result as CellResult)); // the worker sends nothing else
          worker.once('exit', (code) => reject(new Error(`a process of the simulation ended with ${code}`)));
        });
        worker.send(next.cell);
        results[next.at] = await answer;
        worker.removeAllListeners('exit');
        process.stderr.write(`${results.filter(Boolean).length} of ${CELLS.length} cells\r`);
      }
      worker.disconnect();
    }),
  );
  process.stdout.write(`${table(results)}\n\n`);
  const failures = results.flatMap((result) => {
    const { perMinute, base, fault } = result.cell;
    const healthy = results.find(
      ({ cell }) => cell.fault === 'healthy' && cell.perMinute === perMinute && cell.base === base,
    );
    return missed(result, healthy).map((what) => `${fault} at ${perMinute} a minute, base ${base}: ${what}`);
  });
  const byRequest = simulateByRequest(CHECKED, Math.min(seeds, 400));
  process.stdout.write(`Request by request, ${CHECKED.perMinute} a minute:\n${table([byRequest])}\n`);
  for (const failure of failures) process.stdout.write(`MISSED: ${failure}\n`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}
