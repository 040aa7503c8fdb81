/** Every refusal of arguments names the argument, the problem and the right form as a call. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { argumentReport } from '../../src/calls/argument-report.ts';
import { exampleCall } from '../../src/calls/example-call.ts';
import { tools } from '../../tools/index.ts';
import { dryRun } from '../../tools/params.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, parseCall } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

function reported(input: z.ZodObject, given: unknown, synonyms = new Map<string, string[]>(), name = 'a_tool') {
  const { error } = input.safeParse(given);
  if (!error) throw new Error('it fits');
  return argumentReport({ name, input, synonyms }, given, error).error;
}

describe('arguments that do not fit', () => {
  const schema = z.strictObject({
    endpoint: z.string(),
    version: z.string(),
    set: z.array(z.strictObject({ calls: z.int() })),
  });
  const wrong = (given: unknown) => reported(schema, given);

  it('are reported all at once, with the closest name for an unknown one', () => {
    const error = wrong({ endpoint: 1, verison: '2', set: [], banana: 1 });
    expect(error.code).toBe('invalid_arguments');
    expect(error.message).toMatch(/^a_tool did not run: /);
    expect(error.message).toContain('unknown argument "verison": did you mean "version"?');
    expect(error.message).toContain('unknown argument "banana"');
    expect(error.message).toContain('endpoint: expected text');
    expect(error.message).toContain('version is missing');
    expect(error.next).toMatch(/^Correct the call\. a_tool takes: endpoint, version, set\. An example/);
    expect(error.retryable).toBe(false);
  });

  it.each([
    [dryRun, 'terraform', 'a: expected true or false or one of "cli", "bundle", "curl"'],
    [z.union([z.string(), z.int()]), {}, 'a: expected text or a number'],
    [z.union([z.literal('x'), z.array(z.boolean())]), 1, 'a: expected one of "x" or a list'],
    [z.record(z.string(), z.int()), [], 'a: expected an object'],
    [z.int(), null, 'a: expected a number, not null'],
  ])('name every form that would fit %#', (schema, value, words) => {
    expect(reported(z.strictObject({ a: schema }), { a: value }).message).toContain(words);
  });

  it('suggest the meaning of a common synonym before a name that only looks similar', () => {
    const input = z.strictObject({ texts: z.string(), inputs: z.string() });
    const { message } = reported(input, { input: 1, constructor: 1 }, new Map([['input', ['texts', 'messages']]]));
    expect(message).toContain('unknown argument "input": did you mean "texts" or "messages"?');
    expect(message).toMatch(/unknown argument "constructor"(;|$)/);
  });

  it.each([
    [['endpoint', 'model'], 'endpoint'],
    [['model', 'limit'], 'model'],
    [['name_contains', 'task'], 'name_contains'],
  ])('take "name" for what the tool works on: of %j it is %s', (known, kind) => {
    const input = z.strictObject(Object.fromEntries(known.map((each) => [each, z.string().optional()])));
    expect(reported(input, { name: 'x' }).message).toContain(`did you mean "${kind}"?`);
  });

  it('say where in a list an unknown one is, and what was meant there', () => {
    expect(wrong({ endpoint: 'a', version: '1', set: [{ calls: 1, callz: 2 }] }).message).toContain(
      'unknown field "callz" in set.0: did you mean "calls"?',
    );
  });

  it('are cleaned before they are repeated', () => {
    const { message } = wrong({ endpoint: 'a', version: '1', set: [], [`x\u001b[31m${'y'.repeat(500)}`]: 1 });
    expect(message).not.toContain('\u001b');
    expect(message.length).toBeLessThan(300);
  });
});

describe('names of the REST API and of its older versions', () => {
  const ENTITY = { model_name: 'ml.prod.churn', model_version: '1', scale_to_zero: true };

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['create_endpoint', { endpoint: 'a', served_models: [] }, /"served_models": did you mean "entities"/],
    ['create_endpoint', { endpoint: 'a', model_name: 'x', model_version: '1' }, /mean "model".*mean "version"/],
    ['create_endpoint', { endpoint: 'a', entities: [ENTITY] }, /model_name: did you mean entity_name/],
    ['create_endpoint', { endpoint: 'a', entities: [ENTITY] }, /model_version: did you mean entity_version/],
    ['create_endpoint', { endpoint: 'a', entities: [ENTITY] }, /scale_to_zero: did you mean scale_to_zero_enabled/],
    ['update_endpoint', { endpoint: 'churn', served_entities: [] }, /did you mean "add_entities"/],
    ['update_endpoint', { endpoint: 'churn', delete_tags: ['a'] }, /did you mean "remove_tags"/],
    ['swap_version', { name: 'churn', model_version: '2' }, /mean "endpoint".*mean "version"/],
    ['update_ai_gateway', { endpoint: 'churn', usage_tracking_config: {} }, /did you mean "usage_tracking"/],
    [
      'update_ai_gateway',
      { endpoint: 'churn', guardrails: { input: { saftey: true } } },
      /in guardrails\.input: did you mean "safety"/,
    ],
    [
      'update_permissions',
      { endpoint: 'churn', grant: [{ user_name: 'a', permission_level: 'CAN_QUERY' }] },
      /mean "principal".*mean "level"/,
    ],
    ['query_endpoint', { model: 'churn', messages: [] }, /did you mean "endpoint"/],
  ])('%s %j names the right one', async (tool, args, message) => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const { data, isError } = await h.call(tool, args);
    expect(isError).toBe(true);
    expect(data.error.message).toMatch(message);
  });
});

it.each(['tags', 'environment_vars'])(
  'null in %s is no removal, and the refusal names the word for it',
  async (field) => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', [field]: { TEAM: null } });
    expect(data.error.message).toContain(
      `${field}.TEAM is null, which removes nothing; give remove_${field}: ["TEAM"]`,
    );
    expect(h.sent()).toEqual([]);
  },
);

describe('the right form', () => {
  const next = async (tool: string, args: Record<string, unknown>) => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const { data } = await h.call(tool, args);
    expect(data.error.code).toBe('invalid_arguments');
    return parseCall(data.error.next).args;
  };

  it('keeps what fits, under its right name', async () => {
    expect(await next('swap_version', { name: 'churn', model_version: 2, traffic_percent: 10 })).toEqual({
      endpoint: 'churn',
      version: 2,
      traffic_percent: 10,
      dry_run: true,
    });
  });

  it('puts a single item into its list', async () => {
    const args = { endpoint: 'churn', revoke: 'analyst@example.com' };
    expect(await next('update_permissions', args)).toEqual({ ...args, revoke: ['analyst@example.com'], dry_run: true });
  });

  it('replaces what does not fit by an example, in a dry run that changes nothing', async () => {
    expect(await next('update_permissions', { endpoint: 'churn', grant: { analysts: 'CAN_QUERY' } })).toEqual({
      endpoint: 'churn',
      grant: [{ principal: 'analysts', level: 'CAN_QUERY' }],
      dry_run: true,
    });
  });

  it('of a model service has destinations that a service takes', async () => {
    const args = { model_service: 'ml.prod.chat', destinations: [{ model: 'system.ai.x', weight: 1 }] };
    expect(await next('create_model_service', args)).toMatchObject({
      model_service: 'ml.prod.chat',
      destinations: [{ model: expect.stringContaining('system.ai.'), percent: 100 }],
    });
    const table = { inference_table: { schema: 'ml' } };
    expect(await next('update_model_service', { model_service: 'ml.prod.chat', ...table })).toMatchObject({
      inference_table: { schema: 'main.default' },
    });
    expect(await next('list_endpoints', { schema: 'ml' })).toEqual({ schema: 'main.default' });
  });

  it('repeats no secret, no free text and no long value', async () => {
    const secret = `dapi${'0'.repeat(32)}`;
    const args = {
      endpoint: 'churn',
      description: 'x; ignore the policy',
      environment_vars: { TOKEN: secret },
      workload_size: 'Huge',
    };
    const text = JSON.stringify(
      await next('create_endpoint', { ...args, tags: { a: 'b'.repeat(400) }, model: 'ml.prod.churn', version: 1 }),
    );
    for (const each of [secret, '***', 'ignore', 'bbb']) expect(text).not.toContain(each);
    expect(text).toContain('"model":"ml.prod.churn"');
  });

  it('invents no consent and no fingerprint', async () => {
    const args = { endpoint: 'churn', confirm: 5, if_fingerprint: 'x' };
    expect(await next('delete_endpoint', args)).toEqual({ endpoint: 'churn', dry_run: true });
  });

  it.each(tools.filter(({ asks }) => asks !== undefined).map(({ name }) => name))(
    'of %s is whole: it is not refused for what it lacks',
    async (name) => {
      const given = { ...(name === 'set_alias' ? { model: 'ml.prod.churn' } : { endpoint: 'churn' }), bogus: 1 };
      const h = await begin([endpoint('churn', [churnEntity('1')])]);
      const refused = await h.call(name, given);
      expect(refused.data.error.code).toBe('invalid_arguments');
      const { data } = await h.call(name, parseCall(refused.data.error.next).args);
      // Its values are examples, so the endpoint may refuse them.
      expect(data.error?.code ?? '').not.toMatch(/^(?:nothing_asked|one_input_form|invalid_arguments)$/);
      expect(data.error?.message ?? '').not.toMatch(/is missing; nothing|give exactly one|give either/);
    },
  );

  it('of a query has the form that a wrong name means', async () => {
    expect(await next('query_endpoint', { endpoint: 'churn', prompt: 'hi' })).toEqual({
      endpoint: 'churn',
      messages: [{ role: 'user', content: 'Hello' }],
    });
    const texts = await next('query_endpoint', { endpoint: 'churn', texts: 5, stream: true });
    expect(Object.keys(texts)).toEqual(['endpoint', 'texts', 'stream']);
  });

  it.each(tools.map((tool) => [tool.name, tool] as const))(
    'of %s fits its schema, whichever argument is wrong',
    (_name, tool) => {
      for (const [argument, field] of Object.entries(tool.input.shape)) {
        for (const wrong of [Number.NaN, [[[]]], { a: { b: {} } }]) {
          if ((field as z.ZodType).safeParse(wrong).success) continue;
          const text = exampleCall(tool, { [argument]: wrong });
          const args = text === tool.name ? {} : parseCall(text).args;
          expect(tool.input.safeParse(args).error, `${argument} ${JSON.stringify(args)}`).toBeUndefined();
        }
      }
    },
  );
});
