/**
 * Measures how many requests fail because of a bad version before a rollout goes back: `npx tsx test/simulation/risk.ts`, with a number of rollouts for
 * each cell as an argument (default 400). The forecast names these numbers (`src/rollout/forecast.ts`). Each rollout stays at one step until it is sure.
 */
import { DEFAULT_PLAN } from '../../src/rollout/plan.ts';
import { oursBy } from './rules.ts';
import { traffic } from './traffic.ts';

const seeds = Number(process.argv[2] ?? 400);
/** Longer than any step, so that each rollout ends with evidence. */
const ENDLESS = { min_requests: Number.MAX_SAFE_INTEGER, max_minutes: 5_000 };

for (const fault of ['+4 points 5xx', 'every request fails'] as const)
  for (const base of [0, 0.001, 0.005, 0.01, 0.02])
    for (const [perMinute, percent] of [
      [12, 25],
      [12, 50],
      [50, 5],
      [50, 25],
      [200, 5],
    ] as const) {
      const rule = oursBy({ ...DEFAULT_PLAN, ...ENDLESS, steps: [percent, 100] });
      const failed = Array.from({ length: seeds }, (_, at) => rule(traffic({ perMinute, base, fault }, at + 1)))
        .filter(({ end }) => end === 'rolled back')
        .map(({ excess }) => excess)
        .sort((a, b) => a - b);
      const at = (part: number) => failed[Math.floor(part * failed.length)] ?? 0;
      process.stdout.write(
        `${fault}, base ${100 * base} %, ${perMinute} a minute, ${percent} %: ${at(0.5)} in the median, ${at(0.9)} in nine of ten, ${failed.length} of ${seeds} rolled back\n`,
      );
    }
