/** A stopped endpoint is a state of its own. Every config update starts it, which costs money, so every tool says so first. */
import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { ask, settings, settle, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import {
  aliasVersion,
  bodies,
  CHURN_PATH,
  CONFIG_PATH,
  churnEntity,
  endpoint,
  follow,
  parseCall,
  writes,
} from '../support/workspace.ts';

const GATEWAY = { usage_tracking_config: { enabled: true } };
const begin = useHarness((more: Record<string, unknown> = { stopped: true }, options: HarnessOptions = {}) =>
  withEndpoints(
    [
      endpoint('churn', [churnEntity('1')], [], { ai_gateway: GATEWAY, ...more }),
      endpoint('runs', [churnEntity('2')], []),
    ],
    options,
  ),
);

const CHURN = { endpoint: 'churn' };
const LONG = { wait_seconds: 1800 };
const ROW = { ...CHURN, dataframe_records: [{ x: 3 }] };
const COSTS = /churn is stopped until this update starts it\. A running endpoint costs money\./;
const RUNS = 'The endpoint was stopped before this update. It runs now, which costs money.';

const stop = (h: Harness, name = 'churn') => ask(h, `/sandbox/endpoints/${name}/stop`, { method: 'POST', body: '{}' });

/** The service answers this when the endpoint is read. */
const answer = (h: Harness, seen: Record<string, unknown>) =>
  h.sandbox.faults.add({ match: { path: CHURN_PATH }, effect: { status: 200, body: { name: 'churn', ...seen } } });

const entity = (deployment: string, message = '') => ({
  served_entities: [{ ...churnEntity('1'), name: 'churn-1', state: { deployment, deployment_state_message: message } }],
});

describe('stopped is a state of its own', () => {
  it('in list_endpoints, where a filter finds it and no other does', async () => {
    const h = await begin();
    const names = async (state?: string) =>
      (await h.call('list_endpoints', state ? { state } : {})).data.endpoints?.map(
        ({ name, status }: { name: string; status: string }) => `${name} ${status}`,
      );
    expect(await names()).toEqual(['churn stopped', 'runs ready']);
    expect(await names('stopped')).toEqual(['churn stopped']);
    expect(await names('ready')).toEqual(['runs ready']);
    for (const state of ['failed', 'updating', 'creating']) expect(await names(state)).toBeUndefined();
  });

  it('in get_endpoint of a server that may not start it, which says how a person enables that', async () => {
    const note = expect.stringContaining('It is stopped: it answers no query');
    const read = (await (await begin(undefined, { readOnly: true })).call('get_endpoint', CHURN)).data;
    expect(read).toMatchObject({
      note,
      not_published: expect.stringMatching(/publish update_endpoint\. .*--read-only/),
    });
    const observing = (await (await begin(undefined, { toolsets: ['observe'] })).call('get_endpoint', CHURN)).data;
    expect(observing).toMatchObject({ note, not_published: expect.stringMatching(/add endpoints to --toolsets/) });
    expect((await (await begin()).call('get_endpoint', CHURN)).data).not.toHaveProperty('not_published');
  });

  it('in get_endpoint, which serves nothing and offers the start to a person', async () => {
    const h = await begin();
    const { data } = await h.call('get_endpoint', CHURN);
    expect(data).toMatchObject({
      status: 'stopped',
      not_serving: [{ entity: 'churn-1', deployment: 'stopped' }],
      note: expect.stringMatching(/stopped.*person.*update_endpoint \{"endpoint":"churn","start":true\}.*costs money/),
    });
    expect(data.serving).toBeUndefined();
    expect(data.next).toBeUndefined();
  });

  it('in a wait, which ends at once and offers the start for a person', async () => {
    const h = await begin();
    for (const more of [{}, { version: '1' }, { config_version: 1 }]) {
      const { data, isError } = await h.call('wait_for_endpoint', { ...CHURN, ...more, ...LONG });
      expect(isError).toBe(false);
      expect(data).toMatchObject({
        outcome: 'failed',
        code: 'stopped',
        status: 'stopped',
        waited_seconds: 0,
        serving: 'nothing is serving: the endpoint is stopped',
        note: expect.stringMatching(/^Ask the user.*costs money/),
      });
      expect(data.note).toContain('update_endpoint {"endpoint":"churn","start":true}');
      // A wait is a read, so it leads to no change.
      expect(data.next).toBeUndefined();
    }
  });

  it.each([false, true])('in a query, whose payload is not to blame: stream %s', async (stream) => {
    const h = await begin();
    const { data, isError } = await h.call('query_endpoint', { ...ROW, stream });
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'BAD_REQUEST', retryable: false });
    expect(data.error.next).toMatch(/Ask the user.*costs money.*update_endpoint \{"endpoint":"churn","start":true\}/);
    expect(data.error.next).not.toContain('get_schema');
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ['an unknown spelling of suspend', { suspend: 'SUSPENDED' }, true],
    ['a value that says nothing', { suspend: 'SUSPEND_UNSPECIFIED' }, true],
    ['stopped while it says READY', { ready: 'READY', suspend: 'STOPPED' }, true],
    ['a failed start', { config_update: 'UPDATE_FAILED', suspend: 'STOPPED' }, true],
    ['not suspended', { suspend: 'NOT_SUSPENDED' }, false],
    ['null', { suspend: null }, false],
    ['an empty text', { suspend: '' }, false],
  ])('for %s', async (_what, state, stopped) => {
    const h = await begin({});
    const ready = stopped ? 'NOT_READY' : 'READY';
    answer(h, { state: { ready, config_update: 'NOT_UPDATING', ...state }, config: entity('DEPLOYMENT_READY') });
    const { data } = await h.call('get_endpoint', CHURN);
    expect(data.status.startsWith('stopped')).toBe(stopped);
    expect((await h.call('wait_for_endpoint', CHURN)).data.outcome).toBe(stopped ? 'failed' : 'ready');
  });

  it('for stopped entities without a suspend flag', async () => {
    const h = await begin({});
    answer(h, {
      state: { ready: 'NOT_READY', config_update: 'NOT_UPDATING' },
      config: entity('DEPLOYMENT_STOPPED', 'Stopped'),
    });
    expect((await h.call('get_endpoint', CHURN)).data.status).toBe('stopped');
    expect((await h.call('wait_for_endpoint', CHURN)).data).toMatchObject({ outcome: 'failed', code: 'stopped' });
  });

  it('but not for an endpoint that is scaled to zero', async () => {
    const h = await begin({});
    answer(h, {
      state: { ready: 'READY', config_update: 'NOT_UPDATING', suspend: 'NOT_SUSPENDED' },
      config: entity('DEPLOYMENT_READY', 'Scaled to zero'),
    });
    expect((await h.call('get_endpoint', CHURN)).data.status).toBe('ready');
    expect((await h.call('wait_for_endpoint', CHURN)).data.outcome).toBe('ready');
  });

  it('in generated code, which would get no answer', async () => {
    const h = await begin();
    const { data } = await h.call('get_integration_code', { ...CHURN, target: 'curl' });
    expect(data.notes[0]).toMatch(/stopped.*Ask the user/);
  });

  it('in the logs, where the service log is empty', async () => {
    const h = await begin();
    const { data } = await h.call('get_logs', CHURN);
    expect(data.note).toContain('is stopped');
  });

  it('a start that failed is reported as stopped, with the failed update', async () => {
    const h = await begin();
    await h.call('swap_version', { ...CHURN, version: '4', wait_seconds: 0 });
    settle(h);
    expect((await h.call('get_endpoint', CHURN)).data.status).toBe('stopped, last update failed');
    const { data } = await h.call('list_endpoints', { state: 'stopped' });
    expect(data.endpoints).toMatchObject([{ name: 'churn', status: 'stopped, last update failed' }]);
  });
});

describe('update_endpoint starts a stopped endpoint', () => {
  it('with the config that it has: the PUT changes nothing else', async () => {
    const h = await begin();
    const before = await settings(h, 'churn');
    const { data } = await h.call('update_endpoint', { ...CHURN, start: true, ...LONG });
    expect(data).toMatchObject({
      changed: true,
      outcome: 'ready',
      serving: 'serving churn-1 (100 %)',
      changes: [{ field: 'state', from: 'stopped', to: 'started' }],
      started: RUNS,
      not_undone: [expect.stringMatching(/start/)],
    });
    expect(data.undo).toBeUndefined();
    expect(writes(h)).toEqual([`PUT ${CONFIG_PATH}`]);
    settle(h);
    expect(await settings(h, 'churn')).toEqual(before);
    expect((await h.call('query_endpoint', ROW)).data.predictions).toEqual([7]);
  });

  it('as wait_for_endpoint proposes, and says starting meanwhile', async () => {
    const h = await begin();
    const { note } = (await h.call('wait_for_endpoint', CHURN)).data;
    const { name, args } = parseCall(note.replace(/ starts it\.$/, ''));
    const started = await h.call(name, { ...args, wait_seconds: 0 });
    expect(started.data).toMatchObject({ outcome: 'waiting', starts: expect.stringMatching(COSTS) });
    expect((await h.call('get_endpoint', CHURN)).data.status).toBe('starting');
    expect((await h.call('list_endpoints', { state: 'updating' })).data.endpoints).toMatchObject([{ name: 'churn' }]);
    settle(h);
    expect((await follow(h, started.data.next)).data.outcome).toBe('ready');
  });

  it('once: a repeated call waits for the start, and then finds it running', async () => {
    const h = await begin();
    await h.call('update_endpoint', { ...CHURN, start: true, wait_seconds: 0 });
    const again = await h.call('update_endpoint', { ...CHURN, start: true, ...LONG });
    expect(again.data).toMatchObject({ changed: false, outcome: 'ready' });
    const last = await h.call('update_endpoint', { ...CHURN, start: true });
    expect(last.data).toMatchObject({ changed: false, status: 'ready', note: expect.stringContaining('not stopped') });
    expect(bodies(h, 'PUT', CONFIG_PATH)).toHaveLength(1);
    expect((await h.call('list_changes')).data.changes).toMatchObject([{ outcome: 'done' }]);
  });

  it('and is no reason to send anything to a running one', async () => {
    const h = await begin({});
    const { data } = await h.call('update_endpoint', { ...CHURN, start: true });
    expect(data).toMatchObject({ changed: false });
    expect(data.starts).toBeUndefined();
    expect(writes(h)).toEqual([]);
  });

  it.each([false, undefined])('start: %s names nothing', async (start) => {
    const h = await begin();
    const { data } = await h.call('update_endpoint', { ...CHURN, start });
    expect(data.error.code).toBe('nothing_asked');
  });

  it('and a start whose early readings are old is neither ready nor failed', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'GET', path: CHURN_PATH }, skip: 1, times: 4, effect: { stale: true } });
    const { data } = await h.call('update_endpoint', { ...CHURN, start: true, ...LONG });
    expect(data).toMatchObject({ changed: true, outcome: 'ready' });
  });

  it('and a start whose reply is lost is resolved by reading', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'PUT', path: CONFIG_PATH }, times: 1, effect: { lost_reply: true } });
    const { data } = await h.call('update_endpoint', { ...CHURN, start: true, ...LONG });
    expect(data).toMatchObject({ changed: true, outcome: 'ready' });
    expect(bodies(h, 'PUT', CONFIG_PATH)).toHaveLength(1);
  });
});

describe('every config update of a stopped endpoint says in preview and answer that it starts it', () => {
  const UPDATES: [string, string, Record<string, unknown>][] = [
    ['a setting', 'update_endpoint', { workload_size: 'Small' }],
    ['a swap', 'swap_version', { version: '2' }],
    ['a canary', 'swap_version', { version: '2', traffic_percent: 10 }],
    ['variables', 'swap_version', { version: '1', environment_vars: { MODE: 'lax' } }],
    ['the start alone', 'update_endpoint', { start: true }],
  ];

  it.each(UPDATES)('%s', async (_what, tool, args) => {
    const h = await begin();
    for (const dry_run of [true, 'cli', 'curl', 'bundle']) {
      const preview = await h.call(tool, { ...CHURN, ...args, dry_run });
      expect(preview.data.starts).toMatch(COSTS);
      expect(preview.data.changes).toContainEqual({ field: 'state', from: 'stopped', to: 'started' });
    }
    expect(writes(h)).toEqual([]);
    const waiting = await h.call(tool, { ...CHURN, ...args, wait_seconds: 0 });
    expect(waiting.data).toMatchObject({ changed: true, outcome: 'waiting', starts: expect.stringMatching(COSTS) });
    expect(waiting.data.not_undone).toContainEqual(expect.stringMatching(/^the start/));
  });

  it.each(UPDATES)('and of a running one does not: %s', async (_what, tool, args) => {
    const h = await begin({});
    const { text } = await h.call(tool, { ...CHURN, ...args, dry_run: true });
    expect(text).not.toMatch(/stopped|"starts"/);
  });

  const SPLIT = [
    { ...churnEntity('1'), name: 'churn-1' },
    { ...churnEntity('2'), name: 'churn-2' },
  ];

  it('a new split', async () => {
    const routes = SPLIT.map(({ name }) => ({ served_entity_name: name, traffic_percentage: 50 }));
    const config = { served_entities: SPLIT, traffic_config: { routes } };
    const h = await begin({ stopped: true, config });
    const split = { ...CHURN, traffic: { 'churn-1': 10, 'churn-2': 90 } };
    expect((await h.call('set_traffic', { ...split, dry_run: true })).data.starts).toMatch(COSTS);
    const { data } = await h.call('set_traffic', { ...split, ...LONG });
    expect(data).toMatchObject({ changed: true, outcome: 'ready', started: RUNS });
    expect(data.starts).toBeUndefined();
  });

  it.each(UPDATES.filter(([, , args]) => args.traffic_percent === undefined))(
    'and no longer when it runs: %s',
    async (_what, tool, args) => {
      const h = await begin();
      const { data } = await h.call(tool, { ...CHURN, ...args, ...LONG });
      expect(data).toMatchObject({ changed: true, outcome: 'ready', started: RUNS });
      expect(data.starts).toBeUndefined();
    },
  );

  it('an undo, also of a change that was made while it ran', async () => {
    const h = await begin({});
    const made = await h.call('update_endpoint', { ...CHURN, workload_size: 'Small', ...LONG });
    await stop(h);
    const { name, args } = parseCall(made.data.undo);
    const preview = await h.call(name, { ...args, dry_run: true });
    expect(preview.data).toMatchObject({ starts: expect.stringMatching(COSTS) });
    const back = await h.call(name, { ...args, ...LONG });
    expect(back.data).toMatchObject({ changed: true, outcome: 'ready', started: RUNS });
    expect((await settings(h, 'churn')).entities).toMatchObject({ 'churn-1': { workload_size: 'Medium' } });
  });

  it('but tags and limits, which do not start it, do not', async () => {
    const h = await begin();
    const tagged = await h.call('update_endpoint', { ...CHURN, tags: { team: 'x' } });
    const limited = await h.call('set_rate_limits', { ...CHURN, set: [{ key: 'user', calls: 9 }] });
    for (const { data } of [tagged, limited]) {
      expect(data.changed).toBe(true);
      expect(data.starts).toBeUndefined();
    }
    expect((await h.call('get_endpoint', CHURN)).data.status).toBe('stopped');
  });

  it('and a fingerprint from before the stop does not allow the update that would start it', async () => {
    const h = await begin({});
    const size = { ...CHURN, workload_size: 'Small' };
    const { fingerprint } = (await h.call('get_endpoint', CHURN)).data;
    await stop(h);
    const { data } = await h.call('update_endpoint', { ...size, if_fingerprint: fingerprint });
    expect(data.error.code).toBe('fingerprint_mismatch');
    expect(writes(h).filter((each) => each.includes('/config'))).toEqual([]);
  });
});

describe('a swap on a stopped endpoint', () => {
  it('whose version is in the config already serves nothing, and moves no alias', async () => {
    const h = await begin();
    const { data, isError } = await h.call('swap_version', { ...CHURN, version: '1', alias: 'challenger' });
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'stopped', next: expect.stringContaining('"start":true') });
    expect(data.error.message).toContain('alias challenger was not moved');
    expect(await aliasVersion(h, 'challenger')).toBeUndefined();
    expect(writes(h)).toEqual([]);
  });

  it('that fails does not claim that something keeps serving', async () => {
    const h = await begin();
    const { data } = await h.call('swap_version', { ...CHURN, version: '4', ...LONG });
    expect(data.error).toMatchObject({
      code: 'update_failed',
      message: expect.stringContaining('endpoint is stopped'),
    });
    expect(data.error.message).not.toContain('keeps serving');
  });

  it('that is stopped by someone before the alias moves leaves the alias where it is', async () => {
    const h = await begin({});
    const state = { ready: 'NOT_READY', config_update: 'NOT_UPDATING', suspend: 'STOPPED' };
    const body = { name: 'churn', state, config: entity('DEPLOYMENT_STOPPED', 'Stopped') };
    // The plan and the wait read it before.
    h.sandbox.faults.add({ match: { method: 'GET', path: CHURN_PATH }, skip: 2, effect: { status: 200, body } });
    const { data } = await h.call('swap_version', { ...CHURN, version: '1', alias: 'challenger' });
    expect(data.error).toMatchObject({ code: 'stopped', message: expect.stringContaining('challenger was not moved') });
    expect(await aliasVersion(h, 'challenger')).toBeUndefined();
  });

  it('that is stopped by someone during the wait ends the wait, and moves no alias', async () => {
    let polls = 0;
    const h = await begin(
      {},
      {
        onSleep: (sandbox) => {
          polls += 1;
          if (polls !== 3) return;
          const state = { ready: 'NOT_READY', config_update: 'NOT_UPDATING', suspend: 'STOPPED' };
          const config = { ...entity('DEPLOYMENT_STOPPED', 'Stopped'), config_version: 2 };
          const body = { name: 'churn', state, config };
          sandbox.faults.add({ match: { method: 'GET', path: CHURN_PATH }, effect: { status: 200, body } });
        },
      },
    );
    const { data } = await h.call('swap_version', { ...CHURN, version: '2', alias: 'champion', ...LONG });
    expect(data.error.code).toBe('stopped');
    expect(polls).toBe(3);
    expect(await aliasVersion(h)).toBe(1);
  });
});
