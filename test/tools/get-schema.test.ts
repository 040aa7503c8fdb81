import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseCalls } from '../../src/journal/lines.ts';
import type { Harness } from '../support/harness.ts';
import { expectRefusal, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, churnEntity, endpoint, GPT, version, writes } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const COLUMNS = [
  { name: 'tenure', type: 'long' },
  { name: 'fee', type: 'double' },
  { name: 'contract', type: 'string', enum: ["it's monthly", 'yearly'] },
  { name: 'autopay', type: 'boolean', required: false },
];
const WIDE = {
  full_name: 'ml.prod.wide',
  owner: 'admin@example.com',
  versions: [
    {
      version: 1,
      status: 'READY',
      spec: {
        kind: 'logistic',
        inputs: COLUMNS,
        output: { name: 'probability', type: 'double' },
        intercept: 0,
        coefficients: { tenure: 1 },
      },
    },
    version(2),
  ],
};
const wide = (number: string, name: string) => ({
  name,
  entity_name: 'ml.prod.wide',
  entity_version: number,
  scale_to_zero_enabled: false,
});
const OPENAPI = '/api/2.0/serving-endpoints/churn/openapi';

const open = (endpoints: unknown[], more: Record<string, unknown> = {}) =>
  begin(endpoints, {}, { models: [WIDE], ...more });
const read = (h: Harness, args: Record<string, unknown> = {}) => h.call('get_schema', { endpoint: 'churn', ...args });

function publish(h: Harness, body: unknown, status = 200): void {
  h.sandbox.faults.add({ match: { method: 'GET', path: OPENAPI }, effect: { status, body } });
}

describe('a published schema', () => {
  it.each([
    '/serving-endpoints/churn/invocations',
    '/invocations',
    '/serving-endpoints/churn/served-entities/wide-1/invocations',
  ])('under the path %s is read too, and is not said to be of one entity unless it is', async (path) => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    const items = { type: 'object', properties: { a: { type: 'string' } } };
    const schema = { type: 'object', properties: { dataframe_records: { type: 'array', items } } };
    const post = { requestBody: { content: { 'application/json': { schema } } }, responses: {} };
    publish(h, { openapi: '3.1.0', paths: { [path]: { post } } });
    const { data } = await read(h);
    expect(data).toMatchObject({ columns: [{ name: 'a', type: 'string' }], document_path: path });
    const own = path.includes('served-entities');
    expect(data.entity).toBe(own ? 'wide-1' : undefined);
    expect(data.paths === undefined).toBe(!own);
  });

  it('is digested to columns, an example that the endpoint takes, a curl line and the output', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    const { data } = await read(h);
    expect(data).toMatchObject({
      entity: 'wide-1',
      forms: ['dataframe_split', 'dataframe_records'],
      columns: [
        { name: 'tenure', type: 'integer (int64)', required: true },
        { name: 'fee', type: 'number (double)', required: true },
        { name: 'contract', type: 'string', required: true, enum: ["it's monthly", 'yearly'] },
        { name: 'autopay', type: 'boolean', required: false },
      ],
      example: {
        endpoint: 'churn',
        dataframe_records: [{ tenure: 1, fee: 0.5, contract: "it's monthly", autopay: true }],
      },
      output: { predictions: [{ probability: 'number (double)' }] },
    });
    expect(writes(h)).toEqual([]);
    // Column names are words of others: `next` points at the example and does not repeat it.
    // A query costs money, and its made-up row may be recorded.
    expect(data.next).toBeUndefined();
    const answer = await h.call('query_endpoint', data.example);
    expect(answer.isError).toBe(false);
    expect(answer.data.predictions[0].probability).toBeGreaterThan(0);
  });

  it('has a curl line with a placeholder for the token and quotes that a shell reads', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    const { data } = await read(h);
    expect(data.curl).toBe(
      `curl -s ${h.sandbox.host}/serving-endpoints/churn/invocations -H "Authorization: Bearer $DATABRICKS_TOKEN" -H 'Content-Type: application/json' -d '{"dataframe_records":[{"tenure":1,"fee":0.5,"contract":"it'\\''s monthly","autopay":true}]}'`,
    );
    expect(data.curl).not.toContain(h.sandbox.token);
  });

  it('of several entities is that of the busiest, and others that differ are named', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1'), wide('2', 'wide-2')], [20, 80])]);
    const { data } = await read(h);
    expect(data).toMatchObject({
      entity: 'wide-2',
      columns: [{ name: 'x' }],
      other_entities: ['wide-1 has other columns'],
    });
    expect((await read(h, { entity: 'wide-1' })).data).toMatchObject({
      entity: 'wide-1',
      other_entities: ['wide-2 has other columns'],
    });
  });

  it.each([true, 'true', 'document'])(
    'comes raw as JSON, which is easier to read than JSON in a text: %j',
    async (raw) => {
      const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
      const { data } = await read(h, { raw });
      expect(data).toMatchObject({ endpoint: 'churn', published: true });
      expect(data.document.paths).toHaveProperty('/served-models/wide-1/invocations');
    },
  );

  it('comes as the request schema alone, which is what a caller of one entity needs', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1'), wide('2', 'wide-2')], [20, 80])]);
    const { data } = await read(h, { raw: 'request', entity: 'wide-1' });
    expect(data).toMatchObject({ entity: 'wide-1', document_path: '/served-models/wide-1/invocations' });
    expect(data.request.oneOf).toHaveLength(2);
    expect(data).not.toHaveProperty('document');
    expect((await read(h, { raw: 'request' })).data.entity).toBe('wide-2');
  });

  it('says what one prediction is, as far as the document does', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    const { prediction } = (await read(h)).data;
    expect(prediction).toContain('predictions is a list, and each item is an object with the fields in output');
    expect(prediction).toContain('the document does not say so');
  });

  it('says what it leaves out, and how to get it', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    publish(h, rowsOf({ fee: { type: 'number', description: 'per month', minimum: 0 }, plan: { type: 'string' } }));
    const { data } = await read(h);
    expect(data.left_out).toEqual({ descriptions: 1, constraints: 1 });
    expect(JSON.stringify(data)).not.toContain('per month');
    const [full] = parseCalls(data.full.split(' returns')[0]) ?? [];
    expect(JSON.stringify((await h.call(full?.tool ?? '', full?.args)).data)).toContain('per month');
  });

  it('explains why its path is not that of curl and query_endpoint', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1'), wide('2', 'wide-2')], [20, 80])]);
    const whole = (await read(h)).data;
    expect(whole).toMatchObject({
      path: '/serving-endpoints/churn/invocations',
      document_path: '/served-models/wide-2/invocations',
      paths: expect.stringContaining('follows the traffic split'),
    });
    expect(whole.curl).toContain(`${whole.path} `);
    const { data } = await read(h, { entity: 'wide-1' });
    expect(data.path).toBe('/serving-endpoints/churn/served-models/wide-1/invocations');
    expect(data.curl).toContain(`${data.path} `);
    h.sent();
    expect((await h.call('query_endpoint', data.example)).isError).toBe(false);
    expect(h.sent()).toContain(`POST ${data.path}`);
  });
});

/** A document whose rows have these columns. */
function rowsOf(properties: Record<string, unknown>, body: Record<string, unknown> = {}) {
  const records = { type: 'array', items: { type: 'object', properties } };
  return bodyOf({ type: 'object', properties: { dataframe_records: records, ...body } });
}

function bodyOf(schema: unknown) {
  const post = { requestBody: { content: { 'application/json': { schema } } }, responses: {} };
  return { openapi: '3.1.0', paths: { '/served-models/wide-1/invocations': { post } } };
}

describe('an example fits', () => {
  const schemaOf = async (document: unknown) => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    publish(h, document);
    return (await read(h)).data;
  };

  it('nested columns, whose fields are shown', async () => {
    const address = {
      type: 'object',
      properties: { city: { type: 'string' }, since: { type: 'string', format: 'date' } },
      required: ['city'],
    };
    const data = await schemaOf(rowsOf({ address, history: { type: 'array', items: address } }));
    const fields = [
      { name: 'city', type: 'string', required: true },
      { name: 'since', type: 'string (date)', required: false },
    ];
    expect(data.columns).toEqual([
      { name: 'address', type: 'object', fields },
      { name: 'history', type: 'array of object', fields },
    ]);
    const one = { city: 'text', since: '2026-01-31' };
    expect(data.example.dataframe_records).toEqual([{ address: one, history: [one] }]);
  });

  it('parameters, which are an object next to the rows and no form of their own', async () => {
    const params = { type: 'object', properties: { sentiment: { type: 'number', format: 'double', default: '0.5' } } };
    const data = await schemaOf(rowsOf({ x: { type: 'number' } }, { params }));
    expect(data).toMatchObject({
      forms: ['dataframe_records'],
      params: [{ name: 'sentiment', type: 'number (double)' }],
      example: { dataframe_records: [{ x: 0.5 }], params: { sentiment: 0.5 } },
    });
  });

  it('a tensor, in its form and size', async () => {
    const row = { type: 'array', items: { type: 'number' }, minItems: 3, maxItems: 3 };
    const form = { type: 'object', properties: { inputs: { type: 'array', items: row } } };
    const data = await schemaOf(bodyOf({ oneOf: [form] }));
    expect(data.tensor).toBe('inputs: array of array of 3 × number');
    expect(data.example).toEqual({ endpoint: 'churn', inputs: [[0.5, 0.5, 0.5]] });
    expect(data.curl).toContain('{"inputs":[[0.5,0.5,0.5]]}');
  });

  it('a tensor of an image would fill the answer, so only its size is shown', async () => {
    const of = (length: number, items: unknown) => ({ type: 'array', items, minItems: length, maxItems: length });
    const image = of(224, of(224, of(3, { type: 'number' })));
    const data = await schemaOf(bodyOf({ type: 'object', properties: { instances: { type: 'array', items: image } } }));
    expect(data.tensor).toBe('instances: array of array of 224 × array of 224 × array of 3 × number');
    expect(data.example).toBeUndefined();
  });

  it('the columns of a split, where the document has no other form', async () => {
    const split = {
      type: 'object',
      properties: {
        columns: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } },
        data: { type: 'array', items: { type: 'array', prefixItems: [{ type: 'integer' }, { type: 'boolean' }] } },
      },
    };
    const data = await schemaOf(bodyOf({ type: 'object', properties: { dataframe_split: split } }));
    expect(data.example).toEqual({ endpoint: 'churn', dataframe_records: [{ a: 1, b: true }] });
  });
});

it('of an entity that the document leaves out is not that of another', async () => {
  const h = await open([endpoint('churn', [wide('1', 'wide-1'), wide('2', 'wide-2')], [20, 80])]);
  publish(h, rowsOf({ fee: { type: 'number' } }));
  const { data } = await read(h, { entity: 'wide-2' });
  expect(data.note).toBe('the document of the endpoint has no schema of this entity');
  expect(data.columns).toBeUndefined();
});

describe('what happens to a request', () => {
  it('is nothing while the endpoint does not serve, and the answer says so', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    expect((await read(h)).data.state).toBeUndefined();
    h.sandbox.faults.add({
      match: { method: 'GET', path: '/api/2.0/serving-endpoints/churn' },
      effect: { status: 200, body: { name: 'churn', state: { ready: 'NOT_READY' } } },
    });
    expect((await read(h)).data.state).toContain('wait_for_endpoint {"endpoint":"churn"}');
  });

  it('is said as the settings say: tables, usage and limits', async () => {
    const ai_gateway = {
      inference_table_config: { catalog_name: 'ml', schema_name: 'logs', table_name_prefix: 'churn', enabled: true },
      usage_tracking_config: { enabled: true },
      rate_limits: [{ calls: 100, key: 'endpoint', renewal_period: 'minute' }],
    };
    const h = await open([{ ...endpoint('churn', [wide('1', 'wide-1')]), ai_gateway }]);
    expect((await read(h)).data).toMatchObject({
      recorded:
        'requests and answers, in ml.logs.churn_payload (inference table); usage, in system.serving.endpoint_usage',
      limits: ['endpoint: 100 calls per minute'],
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      'a table that is off',
      { ai_gateway: { inference_table_config: { catalog_name: 'ml', enabled: false } } },
      'nothing',
    ],
    ['no settings', {}, 'nothing'],
    [
      'a table of the older kind',
      { config: { auto_capture_config: { catalog_name: 'ml', schema_name: 'old', enabled: true } } },
      'requests and answers, in ml.old.churn_payload',
    ],
    [
      'a table of telemetry',
      { telemetry_config: { inference_table_config: { name: 'ml.t.logs_payload' } } },
      'requests and answers, in ml.t.logs_payload',
    ],
    [
      'telemetry of metrics only',
      { telemetry_config: { enabled_telemetry_features: ['TELEMETRY_FEATURE_METRICS'], inference_table_config: {} } },
      'nothing',
    ],
  ])('%s', async (_what, settings, expected) => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    h.sandbox.faults.add({
      match: { method: 'GET', path: '/api/2.0/serving-endpoints/churn' },
      effect: { status: 200, body: { name: 'churn', state: {}, task: 'llm/v1/chat', ...settings } },
    });
    expect((await read(h)).data.recorded).toContain(expected);
  });
});

describe('a route-optimized endpoint', () => {
  it('answers at its own URL: no curl line for another one, but the way to code that works', async () => {
    const direct = (endpoint: Record<string, unknown>) => ({ ...endpoint, route_optimized: true });
    const agent = {
      full_name: 'ml.prod.agent',
      versions: [{ version: 1, status: 'READY', spec: { kind: 'agent', protocol: 'chat' } }],
    };
    const entity = { entity_name: 'ml.prod.agent', entity_version: '1', scale_to_zero_enabled: false };
    const h = await open([direct(endpoint('churn', [wide('1', 'wide-1')])), direct(endpoint('agent', [entity]))], {
      models: [WIDE, agent],
    });
    for (const name of ['churn', 'agent']) {
      const { data } = await read(h, { endpoint: name });
      expect(data.example).toBeDefined();
      expect(data.curl).toBeUndefined();
      const [code] = parseCalls(data.code) ?? [];
      const made = await h.call(code?.tool ?? '', code?.args);
      expect(made.data.files[0].content).toContain(`${name}/invocations`);
    }
  });
});

describe('an unknown entity', () => {
  it('is refused with the names there are, instead of the schema of another', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1'), wide('2', 'wide-2')], [20, 80])]);
    const answer = await read(h, { entity: 'wide-9' });
    expectRefusal(h, answer, 'unknown_entity');
    expect(answer.data.error.next).toContain('wide-1, wide-2');
  });
});

it('of a foundation model on provisioned throughput is the published one, with the fields of chat', async () => {
  const llama = {
    full_name: 'system.ai.llama',
    versions: [{ version: 3, status: 'READY', spec: { kind: 'chat', model: 'llama' } }],
  };
  const entity = { entity_name: 'system.ai.llama', entity_version: '3', max_provisioned_throughput: 970 };
  const h = await open([endpoint('churn', [{ ...entity, min_provisioned_throughput: 0 }])], { models: [llama] });
  const { data } = await read(h);
  expect(data).toMatchObject({ task: 'llm/v1/chat', entity: 'llama-3', forms: ['messages'] });
  expect(data.fields).toContainEqual({ name: 'stop', type: 'string|array of string', nullable: true });
  expect(data.note).toBeUndefined();
  expect((await h.call('query_endpoint', data.example)).isError).toBe(false);
});

describe('where no schema is published', () => {
  const FOUNDATION = (task: string, spec: Record<string, unknown>) => ({
    foundation_models: [{ name: 'churn', entity_name: 'system.ai.x', display_name: 'X', task, spec }],
  });

  const SAY = [{ role: 'user', content: 'Say hello in one sentence.' }];
  const INVOCATIONS = '/serving-endpoints/churn/invocations';

  /** The example works unchanged as arguments of a query, and it sends the body of the curl line. */
  async function expectCallable(h: Harness, data: Record<string, unknown>, body: Record<string, unknown>) {
    expect(data.next).toBeUndefined();
    const { example } = z.object({ example: z.record(z.string(), z.unknown()) }).parse(data);
    expect((await h.call('query_endpoint', example)).isError).toBe(false);
    expect(bodies(h, 'POST', INVOCATIONS)).toEqual([body]);
    expect(data.curl).toContain(JSON.stringify(body));
  }

  it.each<[string, Record<string, unknown>, string[], Record<string, unknown>, Record<string, unknown>]>([
    [
      'llm/v1/chat',
      { kind: 'chat', model: 'x' },
      ['messages', 'max_tokens', 'temperature', 'stream', 'tools', 'response_format'],
      { messages: SAY },
      { messages: SAY },
    ],
    [
      'llm/v1/completions',
      { kind: 'completion' },
      ['prompt', 'max_tokens', 'temperature', 'stream'],
      { texts: ['Once upon a time'], max_tokens: 64 },
      { prompt: 'Once upon a time', max_tokens: 64 },
    ],
    [
      'llm/v1/embeddings',
      { kind: 'embedding', dimensions: 8 },
      ['input', 'encoding_format'],
      { texts: ['first text', 'second text'] },
      { input: ['first text', 'second text'], encoding_format: 'float' },
    ],
  ])(
    'the form of the task %s is used instead, and its example works unchanged',
    async (task, spec, fields, args, body) => {
      const h = await open([], FOUNDATION(task, spec));
      const { data } = await read(h);
      expect(data).toMatchObject({
        task,
        body_fields: fields,
        example: { endpoint: 'churn', ...args },
        note: expect.stringContaining('publishes no schema of its own'),
      });
      await expectCallable(h, data, body);
    },
  );

  it.each<[string, string, Record<string, unknown>]>([
    ['responses', 'agent/v1/responses', { input: SAY }],
    ['chat', 'agent/v2/chat', { messages: SAY }],
  ])('of a %s agent the form of its task is shown, and its example can be sent', async (protocol, task, body) => {
    const agent = {
      full_name: 'ml.prod.agent',
      versions: [{ version: 1, status: 'READY', spec: { kind: 'agent', protocol } }],
    };
    const h = await open(
      [endpoint('churn', [{ entity_name: 'ml.prod.agent', entity_version: '1', scale_to_zero_enabled: false }])],
      { models: [agent] },
    );
    const { data } = await read(h);
    expect(data).toMatchObject({
      task,
      body_fields: [...Object.keys(body), 'stream', 'custom_inputs'],
      example: { endpoint: 'churn', messages: SAY },
    });
    await expectCallable(h, data, body);
  });

  it('of a legacy chat model the answer is that of chat, as get_integration_code takes it', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    h.sandbox.faults.add({
      match: { method: 'GET', path: '/api/2.0/serving-endpoints/churn' },
      effect: { status: 200, body: { name: 'churn', state: {}, task: 'agent/v1/chat' } },
    });
    publish(h, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'none' }, 404);
    expect((await read(h)).data).toMatchObject({
      task: 'agent/v1/chat',
      output: { choices: [{ message: { content: 'string' } }] },
    });
  });

  it('of an external model the form of its task is shown', async () => {
    const h = await open([endpoint('churn', [GPT])]);
    expect((await read(h)).data).toMatchObject({
      task: 'llm/v1/chat',
      example: { messages: [{ role: 'user', content: 'Say hello in one sentence.' }] },
    });
  });

  it('of a model without a signature nothing is invented', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    publish(h, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'none' }, 404);
    const { data } = await read(h);
    expect(data).toMatchObject({
      forms: ['dataframe_split', 'dataframe_records', 'instances', 'inputs'],
      note: expect.stringContaining('publishes no schema, which is usual for a model without a signature'),
      recorded: expect.any(String),
    });
    for (const invented of ['columns', 'example', 'curl', 'output', 'prediction'])
      expect(data[invented]).toBeUndefined();
  });

  it('of a feature specification there are lookup keys, and no model', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    const config = { served_entities: [{ name: 'spec', entity_name: 'ml.prod.spec', type: 'FEATURE_SPEC' }] };
    h.sandbox.faults.add({
      match: { method: 'GET', path: '/api/2.0/serving-endpoints/churn' },
      effect: { status: 200, body: { name: 'churn', state: {}, config } },
    });
    publish(h, { error_code: 'BAD_REQUEST', message: 'none' }, 400);
    const { data } = await read(h);
    expect(data).toMatchObject({
      forms: ['dataframe_records'],
      note: expect.stringMatching(/feature specification.*lookup keys/),
    });
    expect(data.note).not.toMatch(/signature|the model/);
  });

  it.each([
    ['without a path of invocations', { openapi: '3.1.0', paths: { '/ping': { get: {} } } }],
    ['without a request schema', { openapi: '3.1.0', paths: { '/served-models/wide-1/invocations': { post: {} } } }],
  ])('though there is a document %s, the answer says so and claims no cause', async (_what, body) => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    publish(h, body);
    const { data } = await read(h);
    expect(data.note).toMatch(/has no request schema that could be read; raw: true shows it/);
    expect(data.note).not.toContain('signature');
  });

  it('raw says that the endpoint has none', async () => {
    const h = await open([], FOUNDATION('llm/v1/chat', { kind: 'chat', model: 'x' }));
    expect((await read(h, { raw: true })).data).toEqual({
      endpoint: 'churn',
      published: false,
      note: 'the endpoint publishes no schema',
    });
  });
});

describe('a schema without columns', () => {
  it('of a model that takes tensors has no example: a row without columns would fit nothing', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    const form = (name: string) => ({ type: 'object', properties: { [name]: { type: 'array', items: {} } } });
    const schema = { oneOf: [form('inputs'), form('instances')] };
    const post = { requestBody: { content: { 'application/json': { schema } } }, responses: {} };
    publish(h, { openapi: '3.1.0', paths: { '/served-models/wide-1/invocations': { post } } });
    const { data } = await read(h);
    expect(data).toMatchObject({
      forms: ['inputs', 'instances'],
      note: expect.stringContaining('has no columns'),
    });
    expect(data).not.toHaveProperty('example');
    expect(data).not.toHaveProperty('curl');
    expect(data).not.toHaveProperty('next');
  });
});

describe('a schema that does not parse', () => {
  it.each(['{"paths":{', '<html>no</html>'])('is reported, and raw shows it: %j', async (body) => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    h.sandbox.faults.add({
      match: { method: 'GET', path: OPENAPI },
      effect: { status: 200, body, headers: { 'content-type': 'application/json' } },
    });
    const { data, isError } = await read(h);
    expect(isError).toBe(false);
    expect(data.note).toBe('the endpoint publishes a schema that could not be parsed; raw: true shows it');
    expect((await read(h, { raw: true })).data.document).toBe(body);
  });

  it('does not stop a query: no schema, no opinion', async () => {
    const h = await open([endpoint('churn', [churnEntity('1')])], {
      models: [{ full_name: 'ml.prod.churn', versions: [version(1)] }],
    });
    publish(h, '{"paths":{');
    const { data } = await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 3 }] });
    expect(data.predictions).toEqual([7]);
  });
});

it('an answer in which everything is long shrinks until it fits, and says what it left out', async () => {
  const rate_limits = Array.from({ length: 30 }, (_, at) => ({
    calls: 10,
    key: 'user_group',
    principal: `${'group-of-analysts-'.repeat(5)}${at}`,
    renewal_period: 'minute',
  }));
  const h = await open([{ ...endpoint('churn', [wide('1', 'wide-1')]), ai_gateway: { rate_limits } }]);
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`feature_number_${at}`, { type: 'number' }]));
  const document = rowsOf(many(500), { params: { type: 'object', properties: many(500) } });
  const schema = { type: 'object', properties: { predictions: { type: 'array', items: { properties: many(30) } } } };
  const { post } = document.paths['/served-models/wide-1/invocations'];
  publish(h, {
    ...document,
    paths: {
      '/served-models/wide-1/invocations': {
        post: { ...post, responses: { 200: { content: { 'application/json': { schema } } } } },
      },
    },
  });
  const { data, text } = await read(h);
  expect(text.length / 4).toBeLessThanOrEqual(2_000);
  expect(data.left_out.columns).toBeGreaterThan(400);
  expect(data.left_out.params).toBeGreaterThan(400);
  expect(data.limits.at(-1)).toBe('and 20 more, which get_endpoint lists');
});

describe('a model with thousands of columns', () => {
  it('is shown within the limit, with what is omitted', async () => {
    const inputs = Array.from({ length: 3_000 }, (_, at) => ({ name: `feature_number_${at}`, type: 'double' }));
    const model = {
      full_name: 'ml.prod.wide',
      versions: [{ version: 1, status: 'READY', spec: { kind: 'linear', inputs, intercept: 0, coefficients: {} } }],
    };
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])], { models: [model] });
    const { data, text } = await read(h);
    expect(data.columns.length + data.left_out.columns).toBe(3_000);
    expect(data.columns.length).toBeGreaterThan(20);
    expect(data.column_types).toEqual({ 'number (double)': 3_000 });
    expect(data.note).toMatch(/the example shows the first \d+ of 3000 columns/);
    expect(data.curl).toBeUndefined();
    expect(data.next).toBeUndefined();
    expect(text.length / 4).toBeLessThanOrEqual(2_000);
    expect(data.full).toContain('databricks serving-endpoints get-open-api churn');
  });
});
