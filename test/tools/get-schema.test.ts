import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseCalls } from '../../src/journal/lines.ts';
import type { Harness } from '../support/harness.ts';
import { expectRefusal, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, churnEntity, endpoint, version, writes } from '../support/workspace.ts';

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
        { name: 'autopay', type: 'boolean', nullable: true, required: false },
      ],
      example: {
        endpoint: 'churn',
        dataframe_records: [{ tenure: 1, fee: 0.5, contract: "it's monthly", autopay: true }],
      },
      output: { predictions: [{ probability: 'number' }] },
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

  it('comes raw on request', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    const { data } = await read(h, { raw: true });
    expect(data).toMatchObject({ endpoint: 'churn', published: true });
    expect(JSON.parse(data.document).paths).toHaveProperty('/served-models/wide-1/invocations');
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
    const external = {
      name: 'gpt',
      external_model: {
        provider: 'openai',
        name: 'gpt-4o',
        task: 'llm/v1/chat',
        openai_config: { openai_api_key: '{{secrets/ml/token}}' },
      },
    };
    const h = await open([endpoint('churn', [external])]);
    expect((await read(h)).data).toMatchObject({
      task: 'llm/v1/chat',
      example: { messages: [{ role: 'user', content: 'Say hello in one sentence.' }] },
    });
  });

  it('of a model without a signature nothing is invented', async () => {
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])]);
    publish(h, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'none' }, 404);
    const { data } = await read(h);
    expect(data).toEqual({
      endpoint: 'churn',
      note: 'the model was logged without a signature, so its columns are unknown',
    });
  });

  it('raw says that the endpoint has none', async () => {
    const h = await open([], FOUNDATION('llm/v1/chat', { kind: 'chat', model: 'x' }));
    expect((await read(h, { raw: true })).data).toMatchObject({ published: false, document: '' });
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
  it.each(['{"paths":{', '<html>no</html>', '[]'])('is reported, and raw shows it: %j', async (body) => {
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

describe('a model with thousands of columns', () => {
  it('is shown within the limit, with what is omitted', async () => {
    const inputs = Array.from({ length: 3_000 }, (_, at) => ({ name: `feature_number_${at}`, type: 'double' }));
    const model = {
      full_name: 'ml.prod.wide',
      versions: [{ version: 1, status: 'READY', spec: { kind: 'linear', inputs, intercept: 0, coefficients: {} } }],
    };
    const h = await open([endpoint('churn', [wide('1', 'wide-1')])], { models: [model] });
    const { data, text } = await read(h);
    expect(data.columns.length + data.omitted_columns).toBe(3_000);
    expect(data.columns.length).toBeGreaterThan(50);
    expect(data.note).toMatch(/the example shows the first \d+ of 3000 columns/);
    expect(data.curl).toBeUndefined();
    expect(data.next).toBeUndefined();
    expect(text.length / 4).toBeLessThanOrEqual(8_000);
  });
});
