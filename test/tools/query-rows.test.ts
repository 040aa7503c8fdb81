/** What a query sends: rows with missing values, ids of 64 bits, and messages in the form of the agent. */
import { afterEach, describe, expect, it } from 'vitest';
import { isExact, parseExact } from '../../src/rest/exact-json.ts';
import { startInterceptingProxy } from '../support/intercepting-proxy.ts';
import { expectRefusal, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, endpoint } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const INVOCATIONS = '/serving-endpoints/e/invocations';
const spec = (inputs: unknown[], more: Record<string, unknown> = {}) => ({
  kind: 'linear',
  inputs,
  intercept: 1,
  coefficients: {},
  ...more,
});
const model = (name: string, given: Record<string, unknown>) => ({
  full_name: `ml.prod.${name}`,
  versions: [{ version: 1, status: 'READY', spec: given }],
});
const MODELS = [
  model(
    'typed',
    spec(
      [
        { name: 'id', type: 'long', required: false },
        { name: 'fee', type: 'double' },
        { name: 'age', type: 'double', required: false },
        { name: 'plan', type: 'string', required: false },
        { name: 'vip', type: 'boolean', required: false },
      ],
      { coefficients: { age: 2 } },
    ),
  ),
  model('lookup', { kind: 'feature-spec', primary_keys: ['user_id'], features: ['age'] }),
  model('agent', { kind: 'agent', protocol: 'responses' }),
  model('chat', { kind: 'chat', model: 'm' }),
];
const served = (name: string) => [
  { name: 'only', entity_name: `ml.prod.${name}`, entity_version: '1', scale_to_zero_enabled: false },
];

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A server whose requests are seen as they were sent, with all digits. */
async function watched(name: string) {
  const raw: string[] = [];
  const h = await begin(
    [endpoint('e', served(name))],
    {
      async via(host) {
        const proxy = await startInterceptingProxy(host, ({ path, moment, body }) => {
          if (path === INVOCATIONS && moment === 'before') raw.push(body);
          return true;
        });
        open.push(proxy.close);
        return proxy.host;
      },
    },
    { models: MODELS },
  );
  return { h, raw, ask: (args: unknown) => h.call('query_endpoint', { endpoint: 'e', ...Object(args) }) };
}

const BIG = '9007199254740993';

describe('an id of 64 bits keeps its digits', () => {
  it.each<[string, string]>([
    ['dataframe_records', `{"dataframe_records":[{"id":${BIG},"fee":1}]}`],
    ['dataframe_split', `{"dataframe_split":{"columns":["id","fee"],"data":[[${BIG},1]]}}`],
    ['inputs', `{"inputs":{"id":[${BIG}],"fee":[1]}}`],
    ['instances', `{"instances":[{"id":${BIG},"fee":1}]}`],
  ])('in %s, given as text where the schema says integer', async (_form, right) => {
    const { raw, ask } = await watched('typed');
    const { isError } = await ask(JSON.parse(right.replaceAll(BIG, `"${BIG}"`)));
    expect(isError).toBe(false);
    expect(raw).toEqual([right]);
  });

  it.each<[string, string, Record<string, string>]>([
    ['as JSON in a text', 'typed', { dataframe_records: `[{"id":${BIG},"fee":1}]` }],
    [
      'also without a schema',
      'agent',
      { messages: '[{"role":"user","content":"a"}]', extra: `{"custom_inputs":{"id":${BIG}}}` },
    ],
    ['with the largest that there is', 'typed', { dataframe_records: '[{"id":"-9223372036854775808","fee":1}]' }],
  ])('%s', async (_what, name, args) => {
    const { raw, ask } = await watched(name);
    expect((await ask(args)).isError).toBe(false);
    expect(raw[0]).toMatch(/:(?:9007199254740993|-9223372036854775808)[,}]/);
  });

  it('from the request to the row of a lookup, and back as text', async () => {
    const { ask } = await watched('lookup');
    const rows = (id: string) => ({ dataframe_records: `[{"user_id":${id}}]` });
    const { data } = await ask(rows(BIG));
    expect(data).toMatchObject({ outputs: [{ user_id: BIG }], numbers_as_text: ['outputs.0.user_id'] });
    const near = await ask(rows('9007199254740995'));
    expect(near.data.outputs[0].age).not.toBe(data.outputs[0].age);
  });

  it('or is refused when a client may have rounded it before', async () => {
    const { h, ask } = await watched('lookup');
    for (const args of [
      { dataframe_records: [{ user_id: 2 ** 53 }] },
      { inputs: { user_id: [1234567890123456800] } },
    ]) {
      const answer = await ask(args);
      expectRefusal(h, answer, 'rounded_number');
      expect(answer.data.error.message).toMatch(/user_id.*may have lost digits/);
      expect(answer.data.error.next).toContain('as text');
    }
  });

  it('and is refused in a column of integers with the name of the column', async () => {
    const { h, ask } = await watched('typed');
    const answer = await ask({ dataframe_records: [{ id: 2 ** 60, fee: 1 }] });
    expectRefusal(h, answer, 'schema_mismatch');
    expect(answer.data.problems).toEqual([
      expect.stringMatching(/column "id" is 1152921504606847000.*give it as text/),
    ]);
    const long = await ask({ dataframe_records: [{ id: '9223372036854775808', fee: 1 }] });
    expect(long.data.problems).toEqual([expect.stringContaining('more than 64 bits')]);
  });

  it('but large numbers of doubles, and beyond all ids, are no ids', async () => {
    const { raw, ask } = await watched('typed');
    expect((await ask({ dataframe_records: [{ fee: 2 ** 60 }] })).isError).toBe(false);
    expect((await ask({ instances: [{ fee: 1e25, other: 1e25 }] })).isError).toBe(false);
    expect(raw).toHaveLength(2);
  });

  it('with a warning when its digits look rounded', async () => {
    const { ask } = await watched('lookup');
    const { data } = await ask({ dataframe_records: '[{"user_id":1234567890123456800}]' });
    expect(data.warnings).toEqual([expect.stringMatching(/user_id \(1234567890123456800\).*may have rounded it/)]);
  });

  it('or is refused where the tool sends no rows', async () => {
    const h = await begin([endpoint('e', served('typed'))], {}, { models: MODELS });
    for (const probe of [{ instances: [{ id: 2 ** 60 }] }, `{"instances":[{"id":${BIG}}]}`]) {
      const answer = await h.call('swap_version', { endpoint: 'e', version: '1', probe });
      expectRefusal(h, answer, 'invalid_arguments');
      expect(answer.data.error.message).toMatch(/probe holds the number \d+, which (loses|may have lost) digits/);
    }
  });
});

it('numbers that a double holds stay plain numbers, and the others know their digits', () => {
  const value = parseExact(`{"a":[1,0.5,-9007199254740991,1e300,${BIG},1.5e16,"${BIG}"]}`);
  const { a } = Object(value);
  expect(a.map((each: unknown) => (isExact(each) ? `exact ${each}` : each))).toEqual([
    1,
    0.5,
    -9007199254740991,
    'exact 1e300',
    `exact ${BIG}`,
    'exact 1.5e16',
    BIG,
  ]);
});

describe('a missing value', () => {
  const FORMS: [string, (row: Record<string, unknown>) => Record<string, unknown>][] = [
    ['dataframe_records', (row) => ({ dataframe_records: [row, { fee: 1, age: 1, plan: 'a', vip: true }] })],
    ['dataframe_split', (row) => ({ dataframe_split: { columns: Object.keys(row), data: [Object.values(row)] } })],
    ['inputs', (row) => ({ inputs: Object.fromEntries(Object.entries(row).map(([name, value]) => [name, [value]])) })],
    ['instances', (row) => ({ instances: [row] })],
  ];

  it.each(FORMS)('passes in columns that may be missing, in %s', async (_form, rows) => {
    const h = await begin([endpoint('e', served('typed'))], {}, { models: MODELS });
    const args = rows({ fee: 1, age: null, plan: null });
    const { data, isError } = await h.call('query_endpoint', { endpoint: 'e', ...args });
    expect(isError).toBe(false);
    expect(data.predictions[0]).toBe(1);
    expect(data.warnings).toBeUndefined();
    expect(bodies(h, 'POST', INVOCATIONS)).toEqual([args]);
  });

  it.each(FORMS)(
    'passes in a required column of doubles, with a warning; a model that refuses it says why, in %s',
    async (_form, rows) => {
      const h = await begin([endpoint('e', served('typed'))], {}, { models: MODELS });
      const effect = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"predictions":[NaN]}' };
      h.sandbox.faults.add({ match: { path: INVOCATIONS }, times: 1, effect });
      const args = { endpoint: 'e', ...rows({ fee: null, age: 1, plan: 'a', vip: true }) };
      const { data } = await h.call('query_endpoint', args);
      expect(data).toMatchObject({
        predictions: ['NaN'],
        warnings: [expect.stringMatching(/column "fee" is null in 1 of \d rows.*reads it as NaN/)],
      });
      const refused = await h.call('query_endpoint', args);
      expect(refused.data.error.trace.exception).toContain('Input X contains NaN');
    },
  );

  it.each(['dataframe_records', 'dataframe_split'])('stays refused in a column of integers of %s', async (form) => {
    const h = await begin([endpoint('e', served('typed'))], {}, { models: MODELS });
    const row = { id: null, fee: 1 };
    const rows = form === 'dataframe_records' ? [row] : { columns: ['id', 'fee'], data: [[null, 1]] };
    const answer = await h.call('query_endpoint', { endpoint: 'e', [form]: rows });
    expectRefusal(h, answer, 'schema_mismatch');
    expect(answer.data.problems).toEqual(['column "id" is null, but must be integer (int64)']);
  });
});

describe('a Responses agent', () => {
  const CALL = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } };

  it.each<[string, Record<string, unknown>[], unknown[]]>([
    [
      'parts of text and images',
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'what' },
            { type: 'image_url', image_url: { url: 'data:x', detail: 'low' } },
          ],
        },
      ],
      [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'what' },
            { type: 'input_image', image_url: 'data:x', detail: 'low' },
          ],
        },
      ],
    ],
    [
      'an image as a text, and a file',
      [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: 'https://x' },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'AA' } },
          ],
        },
      ],
      [
        {
          role: 'user',
          content: [
            { type: 'input_image', image_url: 'https://x' },
            { type: 'input_file', filename: 'a.pdf', file_data: 'AA' },
          ],
        },
      ],
    ],
    [
      'what the assistant said, in parts',
      [{ role: 'assistant', content: [{ type: 'text', text: 'hm' }] }],
      [{ role: 'assistant', content: [{ type: 'output_text', text: 'hm', annotations: [] }] }],
    ],
    [
      'tool calls and their results',
      [
        { role: 'assistant', content: null, tool_calls: [CALL] },
        { role: 'tool', tool_call_id: 'call_1', content: '4 °C' },
      ],
      [
        { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
        { type: 'function_call_output', call_id: 'call_1', output: '4 °C' },
      ],
    ],
    [
      'words next to a tool call, and a result in parts',
      [
        { role: 'assistant', content: 'Let me see.', tool_calls: [CALL] },
        { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: '4' }] },
      ],
      [
        { role: 'assistant', content: 'Let me see.' },
        { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
        { type: 'function_call_output', call_id: 'call_1', output: [{ type: 'input_text', text: '4' }] },
      ],
    ],
    [
      'texts, and its own forms, unchanged',
      [
        { role: 'system', content: 'a' },
        { role: 'user', content: [{ type: 'input_text', text: 'b' }] },
      ],
      [
        { role: 'system', content: 'a' },
        { role: 'user', content: [{ type: 'input_text', text: 'b' }] },
      ],
    ],
    [
      'items without a role',
      [{ type: 'mcp_approval_response', approval_request_id: 'ap1', approve: true }],
      [{ type: 'mcp_approval_response', approval_request_id: 'ap1', approve: true }],
    ],
  ])('gets %s', async (_what, messages, input) => {
    const h = await begin([endpoint('e', served('agent'))], {}, { models: MODELS });
    await h.call('query_endpoint', { endpoint: 'e', messages });
    expect(bodies(h, 'POST', INVOCATIONS)).toEqual([{ input }]);
  });

  it('gets tools, the choice of one, a format and a limit in its own form', async () => {
    const h = await begin([endpoint('e', served('agent'))], {}, { models: MODELS });
    const fn = { name: 'weather', parameters: { type: 'object' } };
    const schema = { name: 'answer', schema: { type: 'object' }, strict: true };
    const extra = {
      tools: [{ type: 'function', function: fn }, { type: 'web_search' }],
      tool_choice: { type: 'function', function: { name: 'weather' } },
      response_format: { type: 'json_schema', json_schema: schema },
      max_tokens: 9,
    };
    await h.call('query_endpoint', { endpoint: 'e', messages: [{ role: 'user', content: 'a' }], extra });
    expect(bodies(h, 'POST', INVOCATIONS)).toEqual([
      {
        input: [{ role: 'user', content: 'a' }],
        tools: [{ type: 'function', ...fn }, { type: 'web_search' }],
        tool_choice: { type: 'function', name: 'weather' },
        text: { format: { type: 'json_schema', ...schema } },
        max_output_tokens: 9,
      },
    ]);
  });

  it('is the only one that takes items without a role', async () => {
    const task = {
      name: 'f',
      entity_name: 'system.ai.f',
      display_name: 'f',
      task: 'llm/v1/chat',
      spec: { kind: 'chat', model: 'm' },
    };
    const h = await begin([], {}, { foundation_models: [task] });
    const answer = await h.call('query_endpoint', { endpoint: 'f', messages: [{ type: 'mcp_approval_response' }] });
    expectRefusal(h, answer, 'wrong_input_form');
    const empty = await h.call('query_endpoint', { endpoint: 'f', messages: [{ content: 'a' }] });
    expect(empty.data.error).toMatchObject({
      code: 'invalid_arguments',
      message: expect.stringContaining('needs a role'),
    });
  });
});

describe('an entity that is scaled to zero', () => {
  const sleeper = [{ ...served('typed')[0], scale_to_zero_enabled: true }];
  const ROW = { dataframe_records: [{ fee: 1 }] };

  it('is said to have woken for the answer, and how long that took', async () => {
    const h = await begin([endpoint('e', sleeper)], {}, { models: MODELS });
    h.sandbox.clock.advance(24 * 3_600_000);
    const { data } = await h.call('query_endpoint', { endpoint: 'e', ...ROW });
    expect(data.wake).toMatch(/^only was scaled to zero; the wake took [\d.]+ s/);
    expect((await h.call('query_endpoint', { endpoint: 'e', ...ROW })).data.wake).toBeUndefined();
  });

  it('is named when the answer is late, with how to go on', async () => {
    const h = await begin([endpoint('e', sleeper)], {}, { models: MODELS });
    h.sandbox.clock.advance(24 * 3_600_000);
    h.sandbox.faults.add({ match: { path: INVOCATIONS }, effect: { delay_ms: 4_000 } });
    const { data } = await h.call('query_endpoint', { endpoint: 'e', ...ROW, timeout_seconds: 1 });
    expect(data.error).toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('only was scaled to zero'),
      next: expect.stringMatching(/Wait a minute.*longer timeout_seconds/),
      retryable: false,
    });
  });

  it('has time to wake by default, within the patience of most clients', async () => {
    const h = await begin([]);
    const { tools } = await h.client.listTools();
    const query = tools.find(({ name }) => name === 'query_endpoint');
    const seconds = Object(query?.inputSchema.properties?.timeout_seconds).default;
    expect(seconds).toBeGreaterThan(47);
    expect(seconds).toBeLessThan(60);
  });
});
