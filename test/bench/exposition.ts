/** The time to read a long exposition text: 1.2 MB with 20,000 histogram bounds. */
import { parseExposition } from '../../src/digest/exposition.ts';
import { digest } from '../../src/digest/metrics.ts';
import { median, milliseconds, type Row, timed } from './measure.ts';

const BOUNDS = 20_000;
const ROUNDS = 15;
/** Milliseconds. */
const LIMIT = 300;

export async function expositionRow(): Promise<Row> {
  const text = Array.from(
    { length: BOUNDS },
    (_, at) => `request_latency_ms_bucket{served_entity_name="e",le="${at}"} ${at}`,
  ).join('\n');
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await timed(async () => digest(parseExposition(text))));
  const lines = await timed(async () => text.split('\n'));
  const value = median(times);
  return {
    what: `${(text.length / 1e6).toFixed(1)} MB of metrics with ${BOUNDS.toLocaleString('en-US')} histogram bounds`,
    measured: milliseconds(value),
    baseline: `split into lines: ${milliseconds(lines)}`,
    value,
    shown: milliseconds(value),
    limit: LIMIT,
    shownLimit: `≤ ${LIMIT} ms`,
  };
}
