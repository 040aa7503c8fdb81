/** Arguments are generous in form and strict in meaning: a model that always fills every field, or sends JSON as text, does not lose a turn. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readArguments } from '../../src/calls/read-arguments.ts';
import { tools } from '../../tools/index.ts';
import { checkedRecord, dryRun, endpoint as endpointName, version } from '../../tools/params.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, churnEntity, endpoint } from '../support/workspace.ts';
import { WRITES } from '../support/writes.ts';

const beginSafe = useHarness(() => ({ seed: safetyWorkspace() }));
const begin = useHarness(withEndpoints);

const input = z.strictObject({
  endpoint: endpointName,
  version: version.optional(),
  count: z.int().min(1).optional(),
  share: z.number().default(5),
  on: z.boolean().optional(),
  mode: dryRun,
  size: z.enum(['Small', 'Large']).optional(),
  text: z.string().optional(),
  list: z.array(z.int()).default([]),
  limits: z.array(z.strictObject({ key: z.string(), calls: z.int().optional() })).optional(),
  shares: z.record(z.string(), z.int()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  rows: z.array(z.record(z.string(), z.unknown())).optional(),
  tensor: z.unknown().optional(),
  table: checkedRecord(z.strictObject({ enabled: z.boolean().optional(), name: z.string().optional() })).optional(),
});
const read = (given: unknown) => readArguments(given, input);

describe('not given', () => {
  it.each([
    'version',
    'count',
    'share',
    'on',
    'mode',
    'size',
    'text',
    'list',
    'limits',
    'shares',
    'rows',
    'tensor',
    'table',
  ])('null and "" for the optional %s mean that it is not given', (name) => {
    expect(read({ endpoint: 'churn', [name]: null })).toEqual({ endpoint: 'churn' });
    expect(read({ endpoint: 'churn', [name]: '' })).toEqual({ endpoint: 'churn' });
  });

  it.each([
    ['an item of a list', { limits: [{ key: 'user', calls: null }] }, { limits: [{ key: 'user' }] }],
    ['a field of an object', { table: { enabled: true, name: '' } }, { table: { enabled: true } }],
  ])('the same holds inside %s', (_where, given, seen) => {
    expect(read(given)).toEqual(seen);
  });

  it.each([
    ['a required argument, which is missing then', { endpoint: null }],
    ['a required field', { limits: [{ key: '' }] }],
    ['an unknown argument, which is refused', { modle: null }],
    ['the items of a list', { list: [null], rows: [null] }],
    ['the values of a record, which may be empty texts', { labels: { team: '', cost: null } }],
    ['missing values in rows', { rows: [{ x: null, y: '' }] }],
  ])('but not for %s', (_what, given) => {
    expect(read(given)).toEqual(given);
  });

  it('no arguments at all are an empty object', () => {
    for (const given of [undefined, null, {}]) expect(read(given)).toEqual({});
  });
});

describe('text for another type', () => {
  it.each([
    ['a number', { count: '5', share: ' 0.5 ' }, { count: 5, share: 0.5 }],
    ['a boolean', { on: 'true' }, { on: true }],
    ['a boolean as Python writes it', { on: 'False' }, { on: false }],
    ['a boolean that could be a word', { mode: 'true' }, { mode: true }],
    ['a list', { list: '[1, 2]' }, { list: [1, 2] }],
    ['a list of texts that hold numbers', { list: '["1", "2"]' }, { list: [1, 2] }],
    ['a list of objects', { limits: '[{"key":"user","calls":"9"}]' }, { limits: [{ key: 'user', calls: 9 }] }],
    ['the items of a list', { limits: ['{"key":"user"}'] }, { limits: [{ key: 'user' }] }],
    ['an object', { shares: '{"a":"10","b":90}' }, { shares: { a: 10, b: 90 } }],
    ['an object that is published as a plain one', { table: '{"enabled":"true"}' }, { table: { enabled: true } }],
    ['rows', { rows: '[{"x":"1"}]' }, { rows: [{ x: '1' }] }],
    ['a tensor', { tensor: ' [[1.0,2.0]]' }, { tensor: [[1, 2]] }],
    ['a named tensor', { tensor: '{"a":[1]}' }, { tensor: { a: [1] } }],
  ])('%s is parsed where the schema expects it', (_what, given, seen) => {
    expect(read(given)).toEqual(seen);
  });

  it.each([
    ['a text that looks like a number', { text: '5' }],
    ['a version, which may be text', { version: '3' }],
    ['a word of a choice', { mode: 'cli' }],
    ['a text that looks like a list', { text: '[1]' }],
    ['a tensor of one text', { tensor: 'hello' }],
    ['a tensor of one number as text', { tensor: '5' }],
    ['text in a tensor', { tensor: ['[1]'] }],
    ['values of a row', { rows: [{ x: '[1]', y: 'true' }] }],
    ['values of labels', { labels: { a: '1', b: 'true' } }],
  ])('%s stays as it is', (_what, given) => {
    expect(read(given)).toEqual(given);
  });

  it.each([
    ['a word for a number', { count: 'five' }],
    ['half of a number', { count: '5 %' }],
    ['an object for a list', { list: '{"a":1}' }],
    ['a list for an object', { shares: '[1]' }],
    ['a number for a boolean', { on: '1' }],
    ['"yes" for a boolean', { on: 'yes' }],
    ['null as text', { count: 'null', list: 'null' }],
    ['broken JSON', { list: '[1,' }],
  ])('%s is not guessed: it stays, and the schema refuses it', (_what, given) => {
    expect(read(given)).toEqual(given);
    expect(input.safeParse(read({ endpoint: 'churn', ...given })).success).toBe(false);
  });

  it.each(['[9007199254740993]', '{"a":-12345678901234567890}'])(
    'a number that would lose digits is refused, not changed: %s',
    (tensor) => {
      expect(() => read({ tensor })).toThrow(/tensor holds the number -?\d+, which loses digits/);
    },
  );

  it.each(['["9007199254740993"]', '[9007199254740991]', '[1234567890123456.5]', '["\\"9007199254740993"]'])(
    'digits that are kept are no problem: %s',
    (tensor) => {
      expect(read({ tensor })).toEqual({ tensor: JSON.parse(tensor) });
    },
  );
});

it('blanks around a value are dropped, except in free text', () => {
  expect(read({ endpoint: ' churn\n', version: ' 3 ', size: 'Small ', text: ' a ' })).toEqual({
    endpoint: 'churn',
    version: '3',
    size: 'Small',
    text: ' a ',
  });
});

/** The same call in other forms. */
const FORMS: [what: string, form: (args: Record<string, unknown>, left: string[]) => Record<string, unknown>][] = [
  [
    'every argument as text',
    (args) => mapped(args, (value) => (typeof value === 'string' ? value : JSON.stringify(value))),
  ],
  [
    'blanks around every text that is not free',
    ({ description, ...args }) => ({
      ...mapped(args, (value) => (typeof value === 'string' ? `  ${value}\n` : value)),
      ...(description === undefined ? {} : { description }),
    }),
  ],
  ['null for every argument that is left out', (args, left) => ({ ...filled(left, null), ...args })],
  ['"" for every argument that is left out', (args, left) => ({ ...filled(left, ''), ...args })],
];

function mapped(args: Record<string, unknown>, change: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, change(value)]));
}

function filled(names: string[], value: unknown): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, value]));
}

describe('a write is planned alike in every form of its call', () => {
  it.each(FORMS)('%s', async (_what, form) => {
    const h = await beginSafe();
    for (const [name, what, args] of WRITES) {
      const shape = tools.find((each) => each.name === name)?.input.shape ?? {};
      const left = Object.keys(shape).filter((each) => !(each in args) && shape[each].safeParse(undefined).success);
      const asked = { ...args, dry_run: true };
      const plain = await h.call(name, asked);
      expect(plain.isError, `${name}: ${what}`).toBe(false);
      expect((await h.call(name, form(asked, left))).data, `${name}: ${what}`).toEqual(plain.data);
    }
  });
});

describe('through the protocol', () => {
  it('an entity and a gateway in the form of the REST API are read like other arguments', async () => {
    const h = await begin();
    const entity = {
      entity_name: 'ml.prod.churn',
      entity_version: '1',
      workload_size: 'Small',
      scale_to_zero_enabled: false,
    };
    const call = (entities: unknown, ai_gateway: unknown) =>
      h.call('create_endpoint', { endpoint: 'new', entities, ai_gateway, dry_run: true });
    const limit = { key: 'user', calls: 5 };
    const plain = await call([entity], { usage_tracking_config: { enabled: true }, rate_limits: [limit] });
    expect(plain.data.requests).toHaveLength(1);
    const nulls = {
      name: null,
      workload_type: null,
      external_model: null,
      min_provisioned_concurrency: '',
      environment_vars: null,
    };
    const loose = {
      ...nulls,
      ...entity,
      entity_name: ' ml.prod.churn',
      workload_size: 'Small ',
      scale_to_zero_enabled: 'false',
    };
    const gateway = {
      usage_tracking_config: { enabled: 'true' },
      rate_limits: JSON.stringify([{ ...limit, calls: '5', principal: null }]),
      guardrails: null,
    };
    expect((await call([loose], gateway)).data).toEqual(plain.data);
    expect((await call(JSON.stringify([JSON.stringify(loose)]), JSON.stringify(gateway))).data).toEqual(plain.data);
  });

  it('a tensor that arrives as text is sent as a tensor, and plain text as text', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    await h.call('query_endpoint', { endpoint: 'churn', inputs: '[[1.0,2.0]]' });
    await h.call('query_endpoint', { endpoint: 'churn', inputs: 'hello' });
    expect(bodies(h, 'POST', /invocations$/)).toEqual([{ inputs: [[1, 2]] }, { inputs: 'hello' }]);
  });

  it.each(['', null])('%j as a filter is no filter: the list is not falsely empty', async (tag) => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const { data } = await h.call('list_endpoints', { tag, task: tag, name_contains: tag, state: tag, limit: tag });
    expect(data).toMatchObject({ total: 1, endpoints: [{ name: 'churn' }] });
  });
});
