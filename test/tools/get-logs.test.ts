import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, churnEntity, endpoint, follow, parseCall } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const withLog = (service: string[], build: string[] = []) =>
  endpoint('churn', [churnEntity('1')], [], { logs: { 'churn-1': { service, build } } });
const numbered = (count: number, text = 'line') => Array.from({ length: count }, (_, at) => `${text} ${at + 1}`);

describe('which entity', () => {
  it('is the one that failed, found in the pending config, with its cause first', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    await h.call('swap_version', { endpoint: 'churn', version: '4', wait_seconds: 1800 });
    h.sent();
    const { data } = await h.call('get_logs', { endpoint: 'churn' });
    expect(data).toMatchObject({ entity: 'churn-4', log: 'service', other_entities: ['churn-1'] });
    expect(data.lines.join('\n')).toContain("No module named 'sklearn.ensemble._gb_losses'");
    expect(h.sent()).toEqual([`GET ${CHURN_PATH}`, `GET ${CHURN_PATH}/served-entities/churn-4/logs`]);
  });

  it('is the failed one of a first deployment too, when nothing is active', async () => {
    const h = await begin([]);
    await h.call('create_endpoint', { endpoint: 'churn', model: 'ml.prod.churn', version: '7', wait_seconds: 1800 });
    const { data } = await h.call('get_logs', { endpoint: 'churn', log: 'build' });
    expect(data.entity).toBe('churn-7');
    expect(data.lines.join('\n')).toContain('ResolutionImpossible');
  });

  it('is otherwise one that is starting, before those that serve', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    await h.call('swap_version', { endpoint: 'churn', version: '2', traffic_percent: 10, wait_seconds: 0 });
    const { data } = await h.call('get_logs', { endpoint: 'churn' });
    expect(data).toMatchObject({ entity: 'churn-2', other_entities: ['churn-1'] });
  });

  it('is the failed one though another is coming up, also when it failed while it served', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const entity = (name: string, deployment: string) => ({ name, state: { deployment } });
    const served_entities = [entity('steady', 'DEPLOYMENT_READY'), entity('broken', 'DEPLOYMENT_FAILED')];
    const pending_config = {
      served_entities: [entity('steady', 'DEPLOYMENT_READY'), entity('new', 'DEPLOYMENT_CREATING')],
    };
    h.sandbox.faults.add({
      match: { method: 'GET', path: CHURN_PATH },
      effect: { status: 200, body: { name: 'churn', state: {}, config: { served_entities }, pending_config } },
    });
    h.sandbox.faults.add({
      match: { method: 'GET', path: `${CHURN_PATH}/served-models/broken/logs` },
      effect: { status: 200, body: { logs: 'up' } },
    });
    const { data } = await h.call('get_logs', { endpoint: 'churn' });
    expect(data).toMatchObject({ entity: 'broken', other_entities: ['new', 'steady'] });
  });

  it('is otherwise the one with the most traffic', async () => {
    const entities = [churnEntity('1', { name: 'small' }), churnEntity('2', { name: 'big' })];
    const h = await begin([endpoint('churn', entities, [20, 80])]);
    const { data } = await h.call('get_logs', { endpoint: 'churn' });
    expect(data).toMatchObject({ entity: 'big', other_entities: ['small'] });
  });

  it('is the named one, and the endpoint shows whose config it belongs to', async () => {
    const h = await begin([withLog(['up'])]);
    const { data } = await h.call('get_logs', { endpoint: 'churn', entity: 'churn-1' });
    expect(data.lines).toEqual(['up']);
    expect(data.config_version).toBe(1);
    expect(h.sent()).toEqual([`GET ${CHURN_PATH}`, `GET ${CHURN_PATH}/served-entities/churn-1/logs`]);
  });

  it('that does not exist is answered with those that do', async () => {
    const h = await begin([withLog([])]);
    const { data, isError } = await h.call('get_logs', { endpoint: 'churn', entity: 'nope' });
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({
      code: 'unknown_entity',
      message: 'endpoint churn serves no entity nope',
      next: 'It serves churn-1.',
    });
  });

  it.each([{}, { entity: 'gpt' }])('of an external model %j: it has no container and no log', async (more) => {
    const external_model = {
      provider: 'openai',
      name: 'gpt-4o',
      task: 'llm/v1/chat',
      openai_config: { openai_api_key: '{{secrets/ml/token}}' },
    };
    const h = await begin([endpoint('churn', [{ name: 'gpt', external_model }])]);
    const { data } = await h.call('get_logs', { endpoint: 'churn', ...more });
    expect(data.error).toMatchObject({
      code: 'no_logs',
      message:
        'gpt of endpoint churn is an external model that runs at its provider, so it has no container and no log here',
    });
    expect(data.error.next).toContain('get_endpoint {"endpoint":"churn"}');
  });

  it('of an endpoint without any do not crash', async () => {
    const h = await begin([{ name: 'churn' }]);
    const { data, isError } = await h.call('get_logs', { endpoint: 'churn' });
    expect(isError).toBe(true);
    expect(data.error.code).toBe('no_entity');
  });
});

describe('how much', () => {
  it('is the last 50 lines, with the number of omitted lines', async () => {
    const h = await begin([withLog(numbered(120))]);
    const { data } = await h.call('get_logs', { endpoint: 'churn' });
    expect(data).toMatchObject({ total_lines: 120, omitted: 70 });
    expect(data.lines).toEqual(numbered(120).slice(70));
  });

  it('pages backwards by the call in next until everything was seen once', async () => {
    const h = await begin([withLog(numbered(25))]);
    let { data } = await h.call('get_logs', { endpoint: 'churn', lines: 10 });
    const pages = [data.lines];
    while (data.next) {
      ({ data } = await follow(h, data.next));
      pages.unshift(data.lines);
    }
    expect(pages.map((page) => page.length)).toEqual([5, 10, 10]);
    expect(pages.flat()).toEqual(numbered(25));
  });

  it('pages backwards through a filter', async () => {
    const lines = numbered(40).map((line, at) => (at % 4 === 0 ? `${line} WARN` : line));
    const h = await begin([withLog(lines)]);
    let { data } = await h.call('get_logs', { endpoint: 'churn', lines: 4, contains: 'warn' });
    const seen = [...data.lines];
    while (data.next) {
      ({ data } = await follow(h, data.next));
      seen.unshift(...data.lines);
    }
    expect(seen).toEqual(lines.filter((line) => line.endsWith('WARN')));
  });

  it('stays below 8k tokens however long the lines are', async () => {
    const h = await begin([withLog(numbered(500, 'x'.repeat(5_000)))]);
    const { data, text } = await h.call('get_logs', { endpoint: 'churn', lines: 500 });
    expect(text.length / 4).toBeLessThan(8_000);
    expect(data.lines.length + data.omitted).toBe(500);
    expect(data.next).toBeDefined();
  });

  it('shows a key line from above the tail', async () => {
    const h = await begin([withLog(['ModuleNotFoundError: No module named x', ...numbered(100)])]);
    const { data } = await h.call('get_logs', { endpoint: 'churn' });
    expect(data.key_lines).toEqual(['ModuleNotFoundError: No module named x']);
  });

  it('says why there is nothing to show', async () => {
    const h = await begin([
      withLog(['up']),
      endpoint('idle', [churnEntity('1', { scale_to_zero_enabled: true })], [], { idle_since_minutes_ago: 90 }),
    ]);
    const filtered = await h.call('get_logs', { endpoint: 'churn', contains: 'nowhere' });
    expect(filtered.data).toMatchObject({ total_lines: 1, note: 'no line matches the filters' });
    const idle = await h.call('get_logs', { endpoint: 'idle' });
    expect(idle.isError).toBe(false);
    expect(idle.data.note).toContain('scaled to zero');
  });
});

describe('an empty service log', () => {
  const STATES: [string, Record<string, unknown>, Record<string, unknown>, RegExp][] = [
    [
      'scaled to zero',
      {},
      { deployment: 'DEPLOYMENT_READY', deployment_state_message: 'Scaled to zero' },
      /scaled to zero/,
    ],
    [
      'stopped',
      { suspend: 'STOPPED' },
      { deployment: 'DEPLOYMENT_STOPPED', deployment_state_message: 'Stopped' },
      /endpoint is stopped/,
    ],
    [
      'running',
      {},
      { deployment: 'DEPLOYMENT_READY', deployment_state_message: '' },
      /container runs.*only recent lines/,
    ],
    ['starting', {}, { deployment: 'DEPLOYMENT_CREATING', deployment_state_message: 'Deploying' }, /has not started/],
  ];

  /** An endpoint in a state, with a build log and no line of its service. */
  async function quiet(state: Record<string, unknown>, entity: Record<string, unknown>, service = 200) {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const served_entities = [{ name: 'churn-1', entity_name: 'ml.prod.churn', entity_version: '1', state: entity }];
    const body = { name: 'churn', state: { ready: 'READY', ...state }, config: { config_version: 1, served_entities } };
    h.sandbox.faults.add({ match: { method: 'GET', path: CHURN_PATH }, effect: { status: 200, body } });
    const logs = `${CHURN_PATH}/served-entities/churn-1`;
    const missing = { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no log' };
    for (const spelling of service === 200 ? [logs] : [logs, logs.replace('served-entities', 'served-models')])
      h.sandbox.faults.add({
        match: { method: 'GET', path: `${spelling}/logs` },
        effect: { status: service, body: service === 200 ? { logs: '' } : missing },
      });
    h.sandbox.faults.add({
      match: { method: 'GET', path: `${logs}/build-logs` },
      effect: { status: 200, body: { logs: 'built long ago' } },
    });
    return h;
  }

  it.each(STATES)(
    'of an entity that is %s is explained by its state, next to the build log',
    async (_what, state, entity, why) => {
      const h = await quiet(state, entity);
      const { data } = await h.call('get_logs', { endpoint: 'churn' });
      expect(data).toMatchObject({ log: 'build', lines: ['built long ago'], note: expect.stringMatching(why) });
      for (const [, , , other] of STATES) if (other !== why) expect(data.note).not.toMatch(other);
    },
  );

  it.each(STATES.slice(0, 3).flatMap((each) => [200, 404].map((status) => [...each, status] as const)))(
    'of an entity that is %s is the answer to what happened since a time (%o %o %s %i)',
    async (_what, state, entity, why, status) => {
      const h = await quiet(state, entity, status);
      const { data } = await h.call('get_logs', { endpoint: 'churn', since: '15m' });
      expect(data).toMatchObject({ log: 'service', total_lines: 0, note: expect.stringMatching(why) });
      expect(data.lines).toBeUndefined();
      expect(h.sent().some((line) => line.includes('build-logs'))).toBe(false);
    },
  );

  it('of one that has not started leads to the build log also with a time, which it does not have', async () => {
    const [, state, entity] = STATES[3] ?? [];
    const h = await quiet(state ?? {}, entity ?? {});
    const { data } = await h.call('get_logs', { endpoint: 'churn', since: '15m' });
    expect(data).toMatchObject({ log: 'build', lines: ['built long ago'] });
    expect(data.note).toMatch(/has not started.*this is the build log\. no line of this log has a time/);
  });
});

describe('whose lines', () => {
  const MAIN = { name: 'main' };
  const queries = (h: Harness) =>
    h.sandbox.requests
      .filter(({ path }) => /\/(build-)?logs$/.test(path))
      .map(({ path, query }) => [path.split('/').at(-3), query]);

  async function failedUpdate() {
    const h = await begin([endpoint('churn', [churnEntity('1', MAIN)])]);
    const headers = { authorization: `Bearer ${h.sandbox.token}` };
    const body = JSON.stringify({ served_entities: [churnEntity('4', MAIN)] });
    await fetch(`${h.sandbox.host}${CHURN_PATH}/config`, { method: 'PUT', headers, body });
    h.sandbox.clock.advance(60 * 60_000);
    h.sandbox.requests.splice(0);
    return h;
  }

  it('are those of the failed update, also under the name that still serves', async () => {
    const h = await failedUpdate();
    const { data } = await h.call('get_logs', { endpoint: 'churn' });
    expect(data).toMatchObject({ entity: 'main', config_version: 2, config: 'failed update' });
    expect(data.key_lines.join()).toContain("No module named 'sklearn.ensemble._gb_losses'");
    expect(data.remedy).toContain('Pin scikit-learn');
    expect(data.version_note).toBeUndefined();
    const active = await h.call('get_logs', { endpoint: 'churn', config_version: 1 });
    expect(active.data).toMatchObject({ entity: 'main', config_version: 1 });
    expect(active.data.key_lines).toBeUndefined();
    expect(active.data.lines.join()).not.toContain('No module');
  });

  it('of a failed first deployment are found though the active config has none', async () => {
    const h = await begin([]);
    await h.call('create_endpoint', { endpoint: 'churn', model: 'ml.prod.churn', version: '4', wait_seconds: 1800 });
    const { data } = await h.call('get_logs', { endpoint: 'churn', entity: 'churn-4' });
    expect(data).toMatchObject({ config_version: 1, config: 'failed update' });
  });

  it('are asked for under the other spelling where the service does not know the first', async () => {
    const h = await failedUpdate();
    h.sandbox.faults.add({
      match: { path: '**/served-entities/**' },
      effect: { status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND', message: 'No API found' } },
    });
    const { data } = await h.call('get_logs', { endpoint: 'churn' });
    expect(data).toMatchObject({ config_version: 2 });
    expect(queries(h).slice(0, 2)).toEqual([
      ['served-entities', { config_version: '2' }],
      ['served-models', { config_version: '2' }],
    ]);
  });

  it('may belong to the active config where the service refuses the version', async () => {
    const h = await failedUpdate();
    h.sandbox.faults.add({
      match: { path: '**/logs' },
      times: 2,
      effect: { status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE', message: 'unknown parameter' } },
    });
    const { data } = await h.call('get_logs', { endpoint: 'churn' });
    expect(data.config_version).toBeUndefined();
    expect(data.version_note).toBe(
      'the service did not accept config_version 2, so these lines may belong to the active config version 1',
    );
    // The seed's message has the reason too. These lines alone prove nothing.
    expect(data.remedy).toContain('Pin scikit-learn');
  });

  it('may belong to the active config where the service ignores the version', async () => {
    const h = await failedUpdate();
    h.sandbox.faults.add({ match: { path: '**/logs' }, effect: { status: 200, body: { logs: 'Booting worker\n' } } });
    const { data } = await h.call('get_logs', { endpoint: 'churn' });
    expect(data.config_version).toBeUndefined();
    expect(data.version_note).toContain('sends the same lines for the active config version 1');
  });

  it('are missing, which is no error: the entity is known', async () => {
    const h = await failedUpdate();
    h.sandbox.faults.add({
      match: { path: '**logs' },
      effect: { status: 404, body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'x' } },
    });
    const { data, isError } = await h.call('get_logs', { endpoint: 'churn', log: 'service' });
    expect(isError).toBe(false);
    expect(data.note).toBe(
      'the service has no service log of config version 2 for this entity: it was never started, or its log has expired',
    );
  });

  it('are not read without the right to see them', async () => {
    const h = await failedUpdate();
    h.sandbox.faults.add({
      match: { path: '**logs' },
      effect: { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'no' } },
    });
    const { data, isError } = await h.call('get_logs', { endpoint: 'churn' });
    expect([isError, data.error.code, queries(h).length]).toEqual([true, 'PERMISSION_DENIED', 1]);
  });
});

describe('events', () => {
  it('are those of the deployment, in the order of time', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    await h.call('swap_version', { endpoint: 'churn', version: '7', wait_seconds: 1800 });
    const { data } = await h.call('get_logs', { endpoint: 'churn', log: 'events' });
    expect(data).toMatchObject({ entity: 'churn-7', config_version: 2 });
    const messages = data.lines.map((line: string) => line.replace(/^\S+ /, ''));
    expect(messages.filter((line: string) => line === 'Container image creation initiated')).toHaveLength(3);
    expect(messages.slice(-2).toSorted()).toEqual(['Build failed.', 'Endpoint update failed for endpoint churn']);
    const times = data.lines.map((line: string) => line.split(' ')[0]);
    expect(times).toEqual(times.toSorted());
    const recent = await h.call('get_logs', { endpoint: 'churn', log: 'events', since: '1m' });
    expect(recent.data.filtered.since).toBeGreaterThan(2);
  });

  it('are read where a failed update left neither log, with the remedy for the reason in them', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    await h.call('swap_version', { endpoint: 'churn', version: '7', wait_seconds: 1800 });
    const message = 'Environment file conda.yaml does not specify mlflow as a dependency';
    const event = {
      event_type: 'SERVED_ENTITY_CONTAINER_EVENT',
      message,
      timestamp: 1_700_000_000_000,
      config_version: 2,
    };
    h.sandbox.faults.add({ match: { path: '**logs' }, effect: { status: 200, body: { logs: '' } } });
    h.sandbox.faults.add({ match: { path: '**/events' }, effect: { status: 200, body: { events: [event] } } });
    const { data } = await h.call('get_logs', { endpoint: 'churn' });
    expect(data).toMatchObject({ log: 'events', lines: [`2023-11-14T22:13:20Z ${message}`] });
    expect(data.note).toContain('are empty; these are the events');
    expect(data.remedy).toContain('mlflow==<version>');
  });

  it.each([403, 404, 501])('that answer %i are not available', async (status) => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    h.sandbox.faults.add({ match: { path: '**/events' }, effect: { status, body: { error_code: 'X', message: 'x' } } });
    const { data, isError } = await h.call('get_logs', { endpoint: 'churn', log: 'events' });
    expect([isError, data.note]).toEqual([false, 'this workspace or your rights give no access to events']);
  });
});

describe('filters', () => {
  const at = (minute: number, text: string) =>
    `[hc4q8] [2026-03-01 12:${String(minute).padStart(2, '0')}:00 +0000] [7] ${text}`;
  const NOISY = [
    at(0, '[ERROR] ValueError: bad input'),
    ...Array.from({ length: 380 }, (_, n) => at(1, `[INFO] cleanup: removed ${n} temporary files`)),
    at(2, '[INFO] scored 3 rows'),
    at(3, '[INFO] scored 4 rows'),
    '[hc4q8] and 1 more',
    at(4, '[INFO] wrote table'),
  ];

  it('leave clean-up messages out of the count, and say how many there were', async () => {
    const h = await begin([withLog(NOISY)]);
    const { data } = await h.call('get_logs', { endpoint: 'churn', lines: 500 });
    expect(data).toMatchObject({ total_lines: 5, filtered: { noise: 380 } });
    expect(data.lines).toHaveLength(5);
    const wanted = await h.call('get_logs', { endpoint: 'churn', lines: 5, contains: 'CLEANUP' });
    expect(wanted.data.lines).toHaveLength(5);
    expect(wanted.data.filtered).toEqual({ contains: 5, key_lines: 1 });
  });

  it('by time keep a line without one with the line before it', async () => {
    const h = await begin([withLog(NOISY)]);
    const { data } = await h.call('get_logs', { endpoint: 'churn', since: '2026-03-01T13:03:00+01:00' });
    expect(data.lines).toEqual(NOISY.slice(-3));
    expect(data).toMatchObject({ since: '2026-03-01T12:03:00Z', filtered: { noise: 380, since: 2, key_lines: 1 } });
  });

  it('by duration follow the clock of the service', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    h.sandbox.clock.advance(30 * 60_000);
    const all = await h.call('get_logs', { endpoint: 'churn' });
    const recent = await h.call('get_logs', { endpoint: 'churn', since: '31 minutes' });
    expect(all.data.lines.length).toBeGreaterThan(1);
    expect(recent.data.lines).toEqual([expect.stringContaining('POST /invocations')]);
    expect(recent.data.filtered.since).toBe(all.data.lines.length - 1);
    expect(Date.parse(recent.data.read_at) - Date.parse(recent.data.since)).toBe(31 * 60_000);
  });

  it('by text are counted one by one, and go into the next page', async () => {
    const lines = Array.from({ length: 60 }, (_, n) => `${n % 2 ? 'odd' : 'even'} ${n % 3 ? 'x' : 'y'}`);
    const h = await begin([withLog(lines.map((line, n) => `${line} ${n}`))]);
    const { data } = await h.call('get_logs', { endpoint: 'churn', contains: 'odd', exclude: 'Y', lines: 4 });
    expect(data.filtered).toEqual({ contains: 30, exclude: 10 });
    expect(data.lines).toHaveLength(4);
    expect(parseCall(data.next).args).toMatchObject({ contains: 'odd', exclude: 'Y', lines: 4 });
  });

  it('by time say when no line has one', async () => {
    const h = await begin([withLog(['a', 'b'])]);
    const { data } = await h.call('get_logs', { endpoint: 'churn', since: '1h' });
    expect(data).toMatchObject({ lines: ['a', 'b'], note: 'no line of this log has a time, so since had no effect' });
  });

  it('by time read durations as people write them', async () => {
    const h = await begin([withLog(['a'])]);
    for (const [since, minutes] of [
      ['15m', 15],
      ['2 hours ago', 120],
      ['1h30m', 90],
      [' 90 sec ', 1.5],
      ['1.5d', 36 * 60],
    ] as const) {
      const { data } = await h.call('get_logs', { endpoint: 'churn', since });
      expect([since, (Date.parse(data.read_at) - Date.parse(data.since)) / 60_000]).toEqual([since, minutes]);
    }
  });

  it('take progress, probes and clean-up for noise, and nothing that failed', async () => {
    const noise = [
      'cleanup done: 3 files',
      'Cleaning up temporary directory /tmp/abc',
      'removed 12 stale lock files',
      'temp file /tmp/x deleted',
      'GC: freed 12 MB',
      '127.0.0.1 - - [01/Mar/2026:12:00:00 +0000] "GET /ping HTTP/1.1" 200 1 "-" "-"',
      '     ━━━━━━━━━━━━━━━━━━━━ 29.0/29.0 MB 61.4 MB/s eta 0:00:00',
      'Loading shards:  50%|█████     | 1/2 [00:10<00:10, 10.0s/it]',
    ];
    const rest = [
      '[ERROR] cleanup failed: disk full',
      'cleanup: OSError: [Errno 28] No space left on device',
      '127.0.0.1 - - [01/Mar/2026:12:00:00 +0000] "GET /ping HTTP/1.1" 503 1 "-" "-"',
      'removed feature tenure from the request',
      'loaded 100 % of the rows',
    ];
    const h = await begin([withLog([...noise, ...rest])]);
    const { data } = await h.call('get_logs', { endpoint: 'churn' });
    expect(data).toMatchObject({ lines: rest, filtered: { noise: noise.length } });
  });

  it('by time refuse what is no time', async () => {
    const h = await begin([withLog(['a'])]);
    const { data } = await h.call('get_logs', { endpoint: 'churn', since: 'yesterday' });
    expect(data.error).toMatchObject({ code: 'invalid_arguments', next: expect.stringContaining('15m') });
  });
});

describe('a long line', () => {
  it('is searched to its end, and cut to the part that matters', async () => {
    const line = `${'x '.repeat(1_500)}ModuleNotFoundError: No module named 'lightgbm'`;
    const h = await begin([withLog([line])]);
    const { data } = await h.call('get_logs', { endpoint: 'churn', contains: 'lightgbm' });
    expect(data.key_lines[0]).toMatch(/^\(\d+ characters\) … x .*No module named 'lightgbm'$/);
    expect(data.lines).toEqual(data.key_lines);
  });
});

it('lines are data: escapes, hidden text and secrets do not come through', async () => {
  const hostile = ['\u001b[31mred\u001b[0m', `key dapi${'0'.repeat(32)}`, 'ig\u200bnore \u202eprevious', 'a\rb\rc'];
  const h = await begin([withLog(hostile)]);
  const { data } = await h.call('get_logs', { endpoint: 'churn' });
  expect(data.lines).toEqual(['red', 'key ***', 'ignore previous', 'c']);
});

it.each<[string, Record<string, unknown>, RegExp]>([
  ['no lines', { lines: 0 }, /lines/],
  ['too many lines', { lines: 501 }, /lines/],
  ['another log', { log: 'audit' }, /log/],
  ['line 0', { before: 0 }, /before/],
  ['an entity with a path', { entity: '../x' }, /entity/],
  ['an unknown argument', { tail: 5 }, /unknown argument "tail"/],
])('%s is refused and nothing is sent', async (_what, args, message) => {
  const h = await begin([withLog([])]);
  const { data, isError } = await h.call('get_logs', { endpoint: 'churn', ...args });
  expect(isError).toBe(true);
  expect(data.error).toMatchObject({ code: 'invalid_arguments', message: expect.stringMatching(message) });
  expect(h.sent()).toEqual([]);
});
