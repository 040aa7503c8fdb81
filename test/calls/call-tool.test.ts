/** How many calls the jobs of a serving user take. A wait that is repeated because time ran out is counted apart. */
import { describe, expect, it } from 'vitest';
import type { Answer, Harness, HarnessOptions } from '../support/harness.ts';
import { ask, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { aliasVersion, bodies, churnEntity, endpoint, parseCall } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const CHURN = endpoint('churn', [churnEntity('1')]);

/** Counts tool calls; `follow` makes the call that an answer proposes. */
function counted(h: Harness) {
  const made: string[] = [];
  const call = (name: string, args: Record<string, unknown>): Promise<Answer> => {
    made.push(name);
    return h.call(name, args);
  };
  const follow = (text: unknown) => {
    const { name, args } = parseCall(text);
    return call(name, args);
  };
  return { made, call, follow };
}

async function open(endpoints: unknown[], options: HarnessOptions = {}, more: Record<string, unknown> = {}) {
  const h = await begin(endpoints, options, more);
  return { h, ...counted(h) };
}

describe('jobs in calls', () => {
  it('a first deployment, from nothing to an answer: at most 3', async () => {
    const { made, call } = await open([]);
    const created = await call('create_endpoint', { endpoint: 'churn', model: 'ml.prod.churn', version: '@champion' });
    const { name, args } = parseCall(created.data.next);
    const ready = await call(name, { ...args, wait_seconds: 1800 });
    expect(ready.data.outcome).toBe('ready');
    const answer = await call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 3 }] });
    expect(answer.data.predictions).toEqual([7]);
    expect(made.length).toBeLessThanOrEqual(3);
  });

  it('a version swap with its alias: 1', async () => {
    const { h, made, call } = await open([CHURN]);
    const { data } = await call('swap_version', {
      endpoint: 'churn',
      version: '2',
      alias: 'champion',
      wait_seconds: 1800,
    });
    expect(data).toMatchObject({
      outcome: 'ready',
      serving: 'serving churn-2 (100 %)',
      alias: { name: 'champion', version: 2 },
    });
    expect(await aliasVersion(h)).toBe(2);
    expect(made).toHaveLength(1);
  });

  it('the same within the patience of clients, who end calls after a minute: 1 and its waits, none of which needs a thought', async () => {
    const { h, made, call, follow } = await open([CHURN]);
    let answer = await call('swap_version', { endpoint: 'churn', version: '2', alias: 'champion' });
    while (answer.data.outcome === 'waiting') {
      const before = h.slept();
      answer = await follow(answer.data.next);
      expect(h.slept() - before).toBeLessThanOrEqual(45_000);
    }
    expect(answer.data).toMatchObject({ outcome: 'ready', alias: { version: 2 } });
    expect(made[0]).toBe('swap_version');
    // Eight minutes of deployment in turns of forty seconds.
    expect(made.length - 1).toBeLessThanOrEqual(Math.ceil((8 * 60) / 40) + 1);
    expect(await aliasVersion(h)).toBe(2);
  });

  it('the first step of a canary: 1, and each further one: 1', async () => {
    const { made, call } = await open([CHURN]);
    const first = await call('swap_version', {
      endpoint: 'churn',
      version: '2',
      traffic_percent: 10,
      wait_seconds: 1800,
    });
    expect(first.data.serving).toBe('serving churn-1 (90 %), churn-2 (10 %)');
    expect(made).toHaveLength(1);
    const next = await call('set_traffic', { endpoint: 'churn', traffic: { 'churn-1': 50, 'churn-2': 50 } });
    expect(next.data).toMatchObject({ outcome: 'ready', serving: 'serving churn-1 (50 %), churn-2 (50 %)' });
    expect(made).toHaveLength(2);
  });

  it('throttling a group: 1', async () => {
    const { h, made, call } = await open([CHURN], {}, { groups: [{ display_name: 'interns' }] });
    const { data } = await call('set_rate_limits', {
      endpoint: 'churn',
      set: [{ key: 'user_group', principal: 'interns', calls: 5 }],
    });
    expect(data.changed).toBe(true);
    expect(bodies(h, 'PUT', '/api/2.0/serving-endpoints/churn/ai-gateway')).toEqual([
      { rate_limits: [{ key: 'user_group', principal: 'interns', calls: 5, renewal_period: 'minute' }] },
    ]);
    expect(made).toHaveLength(1);
  });

  it('a grant by name: 1, though the service wants an id', async () => {
    const { h, made, call } = await open(
      [{ ...CHURN, id: '84f4b90597b94fb1846a96cb505772f1' }],
      {},
      { groups: [{ display_name: 'interns' }] },
    );
    const { data } = await call('update_permissions', {
      endpoint: 'churn',
      grant: [{ principal: 'interns', level: 'CAN_QUERY' }],
    });
    expect(data.grants).toContainEqual({ kind: 'group', principal: 'interns', level: 'CAN_QUERY' });
    expect(
      JSON.stringify(await ask(h, '/api/2.0/permissions/serving-endpoints/84f4b90597b94fb1846a96cb505772f1')),
    ).toContain('interns');
    expect(made).toHaveLength(1);
  });

  it.each([
    ['that fails while the endpoint is looked at later', '7', 'ResolutionImpossible'],
    ['whose container does not start', '4', "No module named 'sklearn.ensemble._gb_losses'"],
  ])('explaining a build %s: at most 2', async (_what, number, cause) => {
    const failed = endpoint('churn', [churnEntity('1')], [], {
      update_in_progress: { config: { served_entities: [churnEntity(number)] }, started_minutes_ago: 60 },
    });
    const { made, call, follow } = await open([failed]);
    const seen = await call('get_endpoint', { endpoint: 'churn' });
    expect(seen.data.status).toBe('ready, last update failed');
    const why = await follow(seen.data.next);
    expect(why.data.findings[0].evidence[0].of).toContain(seen.data.failed_update.entities[0].entity);
    expect(JSON.stringify(why.data.findings[0])).toContain(cause);
    expect(made).toEqual(['get_endpoint', 'diagnose_endpoint']);
    // Or in one: the wait that finds the failure brings the lines.
    const waited = await call('wait_for_endpoint', { endpoint: 'churn', wait_seconds: 0 });
    expect(waited.data.outcome).toBe('failed');
    expect(JSON.stringify(waited.data.log_lines)).toContain(cause);
  });

  it('explaining it when it happens takes 0 more calls: the failed swap says why', async () => {
    const { made, call } = await open([CHURN]);
    const { data } = await call('swap_version', {
      endpoint: 'churn',
      version: '7',
      alias: 'champion',
      wait_seconds: 1800,
    });
    expect(data.log_lines.join('\n')).toContain('ResolutionImpossible');
    expect(data.serving).toBe('serving churn-1 (100 %)');
    expect(made).toHaveLength(1);
  });
});
