/** The two pictures of the README. `UPDATE=views npm run test:views -- pictures` draws them again, after a view has changed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { MINUTE, playOn, rolloutSeed, WISH } from '../support/rollout-site.ts';
import { type Drawn, draw, world } from './world.ts';

const FOLDER = join(import.meta.dirname, '..', 'demo');
const WIDTH = 900;
/** A README loads both. */
const MOST_BYTES = 60_000;

/** A rollout in its third step, whose minutes were all read. Version 3 fails now and then, and not too often. */
async function inStep3(): Promise<Harness> {
  const h = await world(rolloutSeed({ error_5xx_rate: 0.003 }));
  for (let minute = 0; minute < 20; minute++) {
    await h.call('get_metrics', { endpoint: 'churn' });
    h.sandbox.clock.advance(MINUTE);
  }
  const plan = { ...WISH.plan, steps: [5, 25, 50, 100], bake_minutes: 6, min_requests: 400, max_minutes: 60 };
  await playOn(h, { ...WISH, plan }, ({ step }) => String(step).startsWith('3'));
  for (let minute = 0; minute < 4; minute++) {
    h.sandbox.clock.advance(MINUTE);
    await h.call('get_metrics', { endpoint: 'churn' });
  }
  return h;
}

async function save({ page }: Drawn, name: string, height: number): Promise<void> {
  const clip = { x: 0, y: 0, width: WIDTH, height };
  const picture = await page.screenshot({ type: 'webp', quality: 82, clip });
  expect(picture.length).toBeLessThanOrEqual(MOST_BYTES);
  writeFileSync(join(FOLDER, `${name}.webp`), picture);
}

it.skipIf(process.env.UPDATE !== 'views')('the pictures of the README show what the views show now', async () => {
  const h = await inStep3();
  const options = { width: WIDTH, height: 900, now: h.sandbox.clock.now() };
  const rollout = await draw(h.client, 'roll_out', { endpoint: 'churn', version: '3', wait_seconds: 0 }, options);
  await rollout.shows('Canary against the old version');
  await save(rollout, 'view-rollout', 830);
  const endpoint = await draw(h.client, 'get_endpoint', { endpoint: 'churn' }, options);
  await endpoint.shows('Latency, p95 of each minute');
  await save(endpoint, 'view-endpoint', 820);
});
