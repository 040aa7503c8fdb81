/**
 * Sizes of results in tokens, taken as characters / 4: typical ones at most 2,000, none above 8,000, whatever the workspace holds or a model
 * answers.
 */
import { describe, expect, it } from 'vitest';
import type { Answer, Harness } from '../support/harness.ts';
import { RUN_ALL } from '../support/selection.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, FORTY, LOAD_ERROR } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const TYPICAL = 2_000;
const MOST = 8_000;
const tokens = (answer: Answer) => answer.text.length / 4;
const user = (content: string) => [{ role: 'user', content }];

function expectTypical(answer: Answer): void {
  expect(answer.isError, answer.text.slice(0, 500)).toBe(false);
  expect(tokens(answer)).toBeLessThanOrEqual(TYPICAL);
}

/** Within the limit, and the answer says that something was omitted. */
function expectBounded(answer: Answer, report: RegExp): void {
  expect(tokens(answer)).toBeLessThanOrEqual(MOST);
  expect(answer.text).toMatch(report);
}

/** The service answers this instead, on every path that fits. */
function answer(h: Harness, path: string, body: unknown, headers: Record<string, string> = {}): void {
  h.sandbox.faults.add({ match: { path }, effect: { status: 200, body, headers } });
}

const LONG = 'customer-churn-candidate-for-the-retention-team';

describe('two hundred endpoints', () => {
  const many = Array.from({ length: 200 }, (_, at) =>
    endpoint(at % 2 === 0 ? `churn-${at}` : `${LONG}-${at}`, [churnEntity('1')]),
  );
  const open = () =>
    begin(
      many,
      {},
      {
        models: [FORTY],
      },
    );

  it('are listed in pages', async () => {
    const h = await open();
    expectTypical(await h.call('list_endpoints'));
    expectBounded(await h.call('list_endpoints', { limit: 100 }), /next_cursor/);
  });

  it('that all serve one version do not swell its line', async () => {
    const h = await open();
    const found = await h.call('list_model_versions', { model: 'ml.prod.churn' });
    expectTypical(found);
    expectBounded(await h.call('list_model_versions', { model: 'ml.prod.churn', limit: 40 }), /"total":40/);
  });
});

describe('typical results', () => {
  it('of an endpoint’s life are small', async () => {
    const h = await begin([], {}, { groups: [{ display_name: 'interns' }] });
    const made = await h.call('create_endpoint', {
      endpoint: 'churn',
      model: 'ml.prod.churn',
      version: 1,
      environment_vars: { MODE: 'strict', TOKEN: '{{secrets/ml/token}}' },
      tags: { team: 'retention' },
      wait_seconds: 1800,
    });
    const answers = [made];
    const calls: [string, Record<string, unknown>][] = [
      ['get_endpoint', {}],
      ['query_endpoint', { dataframe_records: [{ x: 1 }] }],
      ['get_schema', {}],
      ['get_metrics', {}],
      ['get_logs', {}],
      ['get_permissions', {}],
      ['update_permissions', { grant: [{ principal: 'interns', level: 'CAN_QUERY' }] }],
      ['set_rate_limits', { set: [{ key: 'user', calls: 10 }] }],
      ['update_ai_gateway', { usage_tracking: true }],
      ['swap_version', { version: '2', traffic_percent: 10, alias: undefined, wait_seconds: 1800 }],
      ['set_traffic', { traffic: { 'churn-1': 50, 'churn-2': 50 } }],
      ['update_endpoint', { entity: 'churn-2', workload_size: 'Large', dry_run: true }],
      ['get_endpoint', {}],
      ['wait_for_endpoint', {}],
      ['list_changes', {}],
      ['delete_endpoint', {}],
    ];
    for (const [tool, args] of calls)
      answers.push(await h.call(tool, tool === 'list_changes' ? args : { endpoint: 'churn', ...args }));
    for (const each of answers) expectTypical(each);
  });

  it('of a failed deployment are small too, with the reason in them', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const failed = await h.call('swap_version', { endpoint: 'churn', version: '4', wait_seconds: 1800 });
    expect(tokens(failed)).toBeLessThanOrEqual(TYPICAL);
    expect(failed.text).toContain(LOAD_ERROR);
  });
});

describe('an endpoint with as much as it may have', () => {
  const variables = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`FEATURE_FLAG_NUMBER_${at}`, 'a value of ordinary length '.repeat(2)]),
  );
  const entities = Array.from({ length: 15 }, (_, at) =>
    churnEntity(String(at + 1), { name: `${LONG}-${at}`, environment_vars: variables }),
  );
  const full = endpoint('churn', entities, [100, ...Array(14).fill(0)], {
    description: 'd'.repeat(1_000),
    tags: Array.from({ length: 60 }, (_, at) => ({ key: `tag-number-${at}`, value: 'v'.repeat(200) })),
    ai_gateway: {
      rate_limits: Array.from({ length: 50 }, (_, at) => ({
        key: 'user',
        principal: `somebody-${at}@example.com`,
        calls: at,
        renewal_period: 'minute',
      })),
    },
    grants: [],
  });

  it.each<[string, Record<string, unknown>]>([
    ['get_endpoint', {}],
    ['get_metrics', {}],
    ['set_traffic', { traffic: Object.fromEntries(entities.map((each, at) => [each.name, at < 10 ? 10 : 0])) }],
    [
      'set_traffic',
      { traffic: Object.fromEntries(entities.map((each, at) => [each.name, at < 10 ? 10 : 0])), dry_run: true },
    ],
    ['update_endpoint', { entity: `${LONG}-3`, environment_vars: { ...variables, MORE: 'x' } }],
    ['update_endpoint', { remove_entities: entities.slice(1).map((each) => each.name) }],
    ['set_rate_limits', { set: [{ key: 'endpoint', calls: 5 }] }],
    ['wait_for_endpoint', {}],
  ])('%s %j stays within the bound', async (tool, args) => {
    const h = await begin([full], {}, { models: [FORTY] });
    const found = await h.call(tool, { endpoint: 'churn', ...args });
    expect(found.isError, found.text.slice(0, 500)).toBe(false);
    expect(tokens(found)).toBeLessThanOrEqual(MOST);
  });
});

describe('logs', () => {
  const lines = Array.from(
    { length: 9_000 },
    (_, at) =>
      `[94cbbdpbb8] [2026-02-18 12:39:44 +0000] [115] [INFO] request ${at} answered in ${at % 97} ms with a line of ordinary length`,
  );
  lines[1_234] = `[94cbbdpbb8] ${LOAD_ERROR}`;

  it('of 9,000 lines come as a tail with the key lines, and page backwards', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')], [], { logs: { 'churn-1': { service: lines } } })]);
    const found = await h.call('get_logs', { endpoint: 'churn' });
    expectTypical(found);
    expect(found.data.key_lines).toEqual([lines[1_234]]);
    expect(found.data.omitted).toBe(8_950);
    expectBounded(await h.call('get_logs', { endpoint: 'churn', lines: 500 }), /"omitted":/);
  });

  it('of long and hostile lines are cut', async () => {
    const h = await begin([
      endpoint('churn', [churnEntity('1')], [], {
        logs: { 'churn-1': { service: Array.from({ length: 300 }, (_, at) => `ERROR ${at} ${'"\\'.repeat(5_000)}`) } },
      }),
    ]);
    expectBounded(await h.call('get_logs', { endpoint: 'churn', lines: 500 }), /more characters/);
  });
});

describe('a schema of 2 MB', () => {
  const properties = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, at) => [
      `feature_with_a_telling_name_${at}`,
      { type: 'number', format: 'double', description: 'x'.repeat(20) },
    ]),
  );
  const item = { type: 'object', properties, required: Object.keys(properties).slice(0, 500) };
  const schema = (inner: unknown) => ({ content: { 'application/json': { schema: inner } } });
  const text = JSON.stringify({
    openapi: '3.1.0',
    paths: {
      '/served-models/churn-1/invocations': {
        post: {
          requestBody: schema({ properties: { dataframe_records: { type: 'array', items: item } } }),
          responses: { '200': schema({ type: 'object', properties }) },
        },
      },
    },
  });

  it('is digested within the limit, raw too, and so is the report of a row that does not fit', async () => {
    expect(text.length).toBeGreaterThan(2_000_000);
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    answer(h, '/api/2.0/serving-endpoints/churn/openapi', text, { 'content-type': 'application/json' });
    expectBounded(await h.call('get_schema', { endpoint: 'churn' }), /"left_out":\{"columns":/);
    expectBounded(await h.call('get_schema', { endpoint: 'churn', raw: true }), /total_characters/);
    const refused = await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    expect(refused.data.error.code).toBe('schema_mismatch');
    expectBounded(refused, /get_schema/);
    const code = await h.call('get_integration_code', { endpoint: 'churn', target: 'python' });
    expect(tokens(code)).toBeLessThanOrEqual(MOST);
  });

  it('with hostile names and enums stays within it', async () => {
    const hostile = JSON.stringify({
      paths: {
        '/served-models/churn-1/invocations': {
          post: {
            requestBody: schema({
              properties: {
                dataframe_records: {
                  items: {
                    properties: Object.fromEntries(
                      Array.from({ length: 60 }, (_, at) => [
                        `${at}${'"'.repeat(3_000)}`,
                        { enum: ['"'.repeat(3_000)] },
                      ]),
                    ),
                  },
                },
              },
            }),
          },
        },
      },
    });
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    answer(h, '/api/2.0/serving-endpoints/churn/openapi', hostile, { 'content-type': 'application/json' });
    expect(tokens(await h.call('get_schema', { endpoint: 'churn' }))).toBeLessThanOrEqual(MOST);
    expect(tokens(await h.call('get_schema', { endpoint: 'churn', raw: true }))).toBeLessThanOrEqual(MOST);
    expect(
      tokens(await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] })),
    ).toBeLessThanOrEqual(MOST);
  });
});

describe('answers of models', () => {
  const INVOCATIONS = '/serving-endpoints/churn/invocations';
  const chat = (content: unknown, more: Record<string, unknown> = {}) => ({
    choices: [{ message: { role: 'assistant', content, ...more }, finish_reason: 'stop' }],
    usage: { total_tokens: 9 },
  });
  const open = (model: Record<string, unknown> = {}) =>
    begin(
      [],
      {},
      {
        foundation_models: [
          {
            name: 'churn',
            entity_name: 'system.ai.x',
            display_name: 'X',
            task: 'llm/v1/chat',
            spec: { kind: 'chat', model: 'x' },
            ...model,
          },
        ],
      },
    );

  it('five hundred predictions come as the first rows and how many are missing', async () => {
    const rows = Array.from({ length: 500 }, (_, at) => ({
      customer: `customer-number-${at}`,
      probability: 0.123456789,
      reasons: ['tenure', 'support_tickets', 'monthly_charges', 'contract'],
    }));
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    answer(h, INVOCATIONS, { predictions: rows });
    const found = await h.call('query_endpoint', { endpoint: 'churn', inputs: rows.map((_, at) => at) });
    expect(found.data.rows).toBe(500);
    expect(found.data.predictions.length + found.data.omitted_rows).toBe(500);
    expectBounded(found, /omitted_rows/);
    const numbers = rows.map((_, at) => at / 7);
    h.sandbox.faults.clear();
    answer(h, INVOCATIONS, { predictions: numbers });
    const small = await h.call('query_endpoint', { endpoint: 'churn', inputs: [1] });
    expect(small.data.predictions).toEqual(numbers);
    expect(tokens(small)).toBeLessThanOrEqual(TYPICAL * 1.5);
  });

  it.runIf(RUN_ALL)('embeddings 1,024 wide come as a digest, and as numbers within the bound', async () => {
    const h = await open({ task: 'llm/v1/embeddings', spec: { kind: 'embedding', dimensions: 1024 } });
    const texts = Array.from({ length: 40 }, (_, at) => `text number ${at} about something else`);
    expectTypical(await h.call('query_endpoint', { endpoint: 'churn', texts }));
    const numbers = await h.call('query_endpoint', { endpoint: 'churn', texts, vectors: true });
    expect(numbers.data.vectors[0]).toHaveLength(1024);
    expectBounded(numbers, /omitted_rows/);
    const dense = Array.from({ length: 1024 }, (_, at) => Math.sin(at) / 32);
    answer(h, INVOCATIONS, { data: Array.from({ length: 2_048 }, (_, index) => ({ index, embedding: dense })) });
    const most = await h.call('query_endpoint', { endpoint: 'churn', texts: ['a'], vectors: true });
    expect(most.data.vectors[0]).toEqual(dense);
    expectBounded(most, /omitted_rows/);
  });

  it.each<[string, unknown, RegExp]>([
    ['a long text', chat('An answer of some length. '.repeat(20_000)), /more characters/],
    ['a text of quotes and line ends', chat('"\n\\'.repeat(100_000)), /more characters/],
    [
      'long reasoning',
      chat([
        { type: 'reasoning', summary: [{ type: 'summary_text', text: '"think" '.repeat(50_000) }] },
        { type: 'text', text: 'ok' },
      ]),
      /more characters/,
    ],
    [
      'many tool calls',
      chat('', {
        tool_calls: Array.from({ length: 300 }, (_, at) => ({
          id: `c${at}`,
          function: { name: `tool_${at}`, arguments: JSON.stringify({ text: '"x"'.repeat(2_000) }) },
        })),
      }),
      /omitted_tool_calls/,
    ],
    ['one answer of no known form', { something: '"'.repeat(200_000) }, /its beginning is shown/],
    ['a list of one huge row', { predictions: [{ text: '"\n'.repeat(200_000) }] }, /its beginning is shown/],
    [
      'usage with everything',
      {
        ...chat('ok'),
        usage: Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`detail_${at}_tokens`, at])),
      },
      /ok/,
    ],
  ])('%s stays within the limit and says what is missing', async (_what, body, report) => {
    const h = await open();
    answer(h, INVOCATIONS, body);
    const found = await h.call('query_endpoint', { endpoint: 'churn', messages: user('hi') });
    expect(found.isError).toBe(false);
    expectBounded(found, report);
  });

  it('errors of a megabyte stay small', async () => {
    const h = await open();
    h.sandbox.faults.add({
      match: { path: INVOCATIONS },
      effect: {
        status: 400,
        body: {
          error_code: 'BAD_REQUEST',
          message: 'Failed to predict data '.repeat(50_000),
          stack_trace: 'x'.repeat(1_000_000),
        },
      },
    });
    const found = await h.call('query_endpoint', { endpoint: 'churn', messages: user('hi') });
    expect(found.isError).toBe(true);
    expect(tokens(found)).toBeLessThanOrEqual(TYPICAL);
  });
});

describe('many of all other things', () => {
  it('foundation models', async () => {
    const foundation_models = Array.from({ length: 80 }, (_, at) => ({
      name: `databricks-some-family-of-models-${at}`,
      entity_name: `system.ai.m${at}`,
      display_name: `Some Family Of Models ${at}`,
      task: 'llm/v1/chat',
      description: 'A model. '.repeat(50),
      retirement: 'It will be retired, and this notice is a long one. '.repeat(20),
      spec: { kind: 'chat', model: 'x' },
    }));
    const h = await begin([], {}, { foundation_models });
    expect(tokens(await h.call('list_foundation_models'))).toBeLessThanOrEqual(MOST);
  });

  it('grants', async () => {
    const users = Array.from({ length: 400 }, (_, at) => ({
      user_name: `somebody-with-a-long-name-${at}@example.com`,
    }));
    const grants = users.map(({ user_name }) => ({ user_name, permission_level: 'CAN_QUERY' }));
    const h = await begin(
      [endpoint('churn', [churnEntity('1')], [], { grants })],
      {},
      { users: [{ user_name: 'admin@example.com', admin: true }, ...users] },
    );
    const found = await h.call('get_permissions', { endpoint: 'churn' });
    expectBounded(found, /"omitted":/);
    const made = await h.call('update_permissions', {
      endpoint: 'churn',
      grant: [{ principal: users[3]?.user_name, level: 'CAN_MANAGE' }],
    });
    expect(made.data.changed).toBe(true);
    expectBounded(made, /"omitted":/);
  });

  it('problems of one call', async () => {
    const h = await begin();
    const entities = Array.from({ length: 20 }, (_, at) => ({
      entity_name: 'ml.prod.none',
      entity_version: '1',
      name: `e${at}`,
      ...Object.fromEntries(Array.from({ length: 60 }, (__, field) => [`unknown_field_with_a_long_name_${field}`, 1])),
    }));
    const found = await h.call('create_endpoint', { endpoint: 'new', entities });
    expect(found.data.error.code).toBe('invalid_request');
    expect(tokens(found)).toBeLessThanOrEqual(MOST);
  });
});
