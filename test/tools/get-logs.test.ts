import { describe, expect, it } from 'vitest';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, churnEntity, endpoint, follow } from '../support/workspace.ts';

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
    expect(h.sent()).toEqual([`GET ${CHURN_PATH}`, `GET ${CHURN_PATH}/served-models/churn-4/logs`]);
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

  it('is the named one, without reading the endpoint first', async () => {
    const h = await begin([withLog(['up'])]);
    const { data } = await h.call('get_logs', { endpoint: 'churn', entity: 'churn-1' });
    expect(data.lines).toEqual(['up']);
    expect(h.sent()).toEqual([`GET ${CHURN_PATH}/served-models/churn-1/logs`]);
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
    expect(filtered.data).toMatchObject({ total_lines: 1, note: 'no line matches contains and before' });
    const idle = await h.call('get_logs', { endpoint: 'idle' });
    expect(idle.isError).toBe(false);
    expect(idle.data.note).toContain('scaled to zero');
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
