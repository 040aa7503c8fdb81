/** An entity that serves is not taken away without a person's consent, neither at once nor step by step. */
import { describe, expect, it } from 'vitest';
import { type Journal, memoryJournal } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, follow, seed } from '../support/workspace.ts';

const TWO = [churnEntity('1', { name: 'churn-1' }), churnEntity('2', { name: 'churn-2' })];
const begin = useHarness((options: HarnessOptions = {}) => ({
  seed: seed([endpoint('split', TWO, [60, 40]), endpoint('idle', TWO, [100, 0])]),
  ...options,
}));

const remove = (name: string) => ({ endpoint: name, remove_entities: ['churn-2'], wait_seconds: 1800 });
const share = (percent: number) => ({
  endpoint: 'split',
  traffic: { 'churn-1': 100 - percent, 'churn-2': percent },
  wait_seconds: 1800,
});

async function lossOf(h: Harness, name = 'split'): Promise<string | undefined> {
  return (await h.call('update_endpoint', remove(name))).data.needs_consent;
}

describe('taking the traffic of an entity first does not make its removal harmless', () => {
  it('the second of two calls needs consent, and the call that it gives removes the entity', async () => {
    const h = await begin();
    await h.call('set_traffic', share(0));
    const { data } = await h.call('update_endpoint', remove('split'));
    expect(data).toMatchObject({
      changed: false,
      needs_consent: expect.stringContaining('removes churn-2 (up to 40 %'),
    });
    expect((await follow(h, data.next)).data).toMatchObject({
      changed: true,
      serving: expect.not.stringContaining('churn-2'),
    });
  });

  it.each<[string, (h: Harness) => Promise<unknown>]>([
    ['by update_endpoint', (h) => h.call('update_endpoint', share(0))],
    [
      'in small steps',
      async (h) => {
        for (const percent of [20, 1, 0]) await h.call('set_traffic', share(percent));
      },
    ],
    [
      'half a day ago',
      async (h) => {
        await h.call('set_traffic', share(0));
        h.sandbox.clock.advance(12 * 3_600_000);
      },
    ],
  ])('%s', async (_what, take) => {
    const h = await begin();
    await take(h);
    expect(await lossOf(h)).toContain('removes churn-2 (up to 40 % of the traffic in the last 24 hours)');
  });

  it('also when another session took it, as far as the journal of this machine knows', async () => {
    let now = () => 0;
    const journal: Journal = memoryJournal({ now: () => now(), random: Math.random, sanitize });
    const h = await begin({ journal });
    now = h.sandbox.clock.now;
    const record = { host: h.sandbox.host, who: 'pat', tool: 'set_traffic', call: 'set_traffic {}' };
    const changes = [{ field: 'traffic.churn-2', from: 25, to: 0 }];
    await journal.begin({ ...record, subject: { kind: 'endpoint', name: 'idle' }, changes });
    expect(await lossOf(h, 'idle')).toContain('up to 25 %');
  });

  it.each<[string, Record<string, unknown>]>([
    ['of another workspace', { host: 'https://other.example.com' }],
    ['of another endpoint', { subject: { kind: 'endpoint', name: 'split' } }],
    ['of a model with the name', { subject: { kind: 'model', name: 'idle' } }],
    ['of another entity', { changes: [{ field: 'traffic.churn-1', from: 25, to: 100 }] }],
  ])('but not a change %s', async (_what, more) => {
    let now = () => 0;
    const journal: Journal = memoryJournal({ now: () => now(), random: Math.random, sanitize });
    const h = await begin({ journal });
    now = h.sandbox.clock.now;
    await journal.begin({
      host: h.sandbox.host,
      who: 'pat',
      tool: 'set_traffic',
      call: 'set_traffic {}',
      subject: { kind: 'endpoint', name: 'idle' },
      changes: [{ field: 'traffic.churn-2', from: 25, to: 0 }],
      ...more,
    });
    expect(await lossOf(h, 'idle')).toBeUndefined();
  });

  it('but not after more than a day, or when the endpoint was deleted since', async () => {
    const h = await begin();
    await h.call('set_traffic', share(0));
    h.sandbox.clock.advance(25 * 3_600_000);
    expect(await lossOf(h)).toBeUndefined();

    const again = await begin();
    await again.call('set_traffic', share(0));
    await follow(again, (await again.call('delete_endpoint', { endpoint: 'split' })).data.next);
    const entities = [churnEntity('1', { name: 'churn-1' }), churnEntity('2', { name: 'churn-2' })];
    const traffic = { 'churn-1': 100, 'churn-2': 0 };
    const made = await again.call('create_endpoint', { endpoint: 'split', entities, traffic, wait_seconds: 1800 });
    expect(made.data.error).toBeUndefined();
    expect(await lossOf(again)).toBeUndefined();
  });
});

describe('an entity without traffic that gets requests by its name is in use', () => {
  it('so its removal needs consent, also without a journal', async () => {
    const h = await begin({ journal: null });
    await h.call('query_endpoint', { endpoint: 'idle', entity: 'churn-2', dataframe_records: [{ x: 1 }] });
    // The metrics show the last full minute.
    h.sandbox.clock.advance(60_000);
    expect(await lossOf(h, 'idle')).toContain('removes churn-2 (no traffic now, but requests in the last minute)');
  });

  it('and unreadable metrics are no reason to ask', async () => {
    const h = await begin();
    await h.call('query_endpoint', { endpoint: 'idle', entity: 'churn-2', dataframe_records: [{ x: 1 }] });
    h.sandbox.clock.advance(20_000);
    h.sandbox.faults.add({ match: { path: '/api/2.0/serving-endpoints/idle/metrics' }, effect: { status: 403 } });
    expect(await lossOf(h, 'idle')).toBeUndefined();
  });
});
