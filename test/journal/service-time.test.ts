/** Changes carry the time of the workspace, as its endpoints do. Otherwise two answers about one endpoint cannot be put in order. */
import { expect, it } from 'vitest';
import { memoryJournal } from '../../src/journal/journal.ts';
import { EVERY_CHANGE } from '../support/harness.ts';
import { RECORD } from '../support/journal-record.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint } from '../support/workspace.ts';

/** A workspace whose clock runs sixty times as fast as the server's, as with `--sandbox`. */
const begin = useHarness(() => withEndpoints([endpoint('churn', [churnEntity('1')])], { pace: 60 }));

it('list_changes and get_endpoint use one clock', async () => {
  const h = await begin();
  await h.call('swap_version', { endpoint: 'churn', version: '2', wait_seconds: 600 });
  await h.call('swap_version', { endpoint: 'churn', version: '3', wait_seconds: 0 });
  const { data: seen } = await h.call('get_endpoint', { endpoint: 'churn' });
  const { changes } = (await h.call('list_changes')).data;
  const whole = (await h.call('list_changes', { id: changes[1].id })).data;
  const since = Date.parse(seen.pending_update.since);
  // The two clocks are minutes apart by now.
  expect(h.sandbox.clock.now() - since).toBeLessThan(10_000);
  expect(h.slept() * 59).toBeGreaterThan(120_000);
  expect(Math.abs(Date.parse(changes[0].at) - since)).toBeLessThan(10_000);
  expect(Math.abs(Date.parse(whole.ended_at) - since)).toBeLessThan(10_000);
  expect(whole).not.toHaveProperty('service_at');
});

it('the record keeps both times where they differ, and the time of the newest end', async () => {
  let now = Date.parse('2026-03-01T12:00:00Z');
  let ahead = 90_000;
  const environment = {
    now: () => now,
    serviceTime: () => now + ahead,
    random: () => 0,
    sanitize: (each: unknown) => each,
  };
  const journal = memoryJournal(environment);
  const id = await journal.begin(RECORD);
  now += 60_000;
  await journal.end(id, { outcome: 'started' });
  ahead = 0;
  now += 60_000;
  await journal.end(id, { outcome: 'done' });
  const { entries } = await journal.read(EVERY_CHANGE);
  expect(entries).toEqual([
    expect.objectContaining({
      at: '2026-03-01T12:00:00.000Z',
      service_at: '2026-03-01T12:01:30.000Z',
      ended_at: '2026-03-01T12:02:00.000Z',
    }),
  ]);
  expect(entries[0]?.service_ended_at).toBeUndefined();
});
