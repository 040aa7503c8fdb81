import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANALYST, ENGINEER, type Reply } from '../client.ts';
import { external, type Gateway, openAi, paid, refusal, routed, SERVICES, startGateway } from './services.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
  await gateway.createProvider('openai', openAi());
});
afterAll(() => gateway.sandbox.close());

const HOURLY = { key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_HOUR', requests: 100 };
const full = (table = true) => ({
  routing: {
    destinations: [paid('gpt')],
    fallback: { destinations: [paid('claude', 'claude-sonnet-4-5')] },
  },
  rate_limits: [HOURLY],
  ...(table && { inference_table: { parent: 'schemas/ml.prod' } }),
});

describe('an update changes only what its mask names', () => {
  it.each<[mask: string, body: Record<string, unknown>, part: (body: Reply['body']) => unknown, after: unknown]>([
    ['comment', { comment: 'new' }, ({ comment }) => comment, 'new'],
    [
      'config.rate_limits',
      { config: { rate_limits: [{ ...HOURLY, requests: 0 }] } },
      ({ config }) => config.rate_limits,
      [{ ...HOURLY, requests: 0 }],
    ],
    ['config.rateLimits', { config: {} }, ({ config }) => config.rate_limits, undefined],
    [
      'config.routing.destinations',
      { config: routed(external('out', 'openai')) },
      ({ config }) => config.routing.destinations,
      [external('out', 'openai')],
    ],
    ['config.routing.fallback.destinations', { config: {} }, ({ config }) => config.routing.fallback, undefined],
    ['config.inference_table', { config: {} }, ({ config }) => config.inference_table, undefined],
  ])('%s', async (mask, body, part, after) => {
    const id = `only-${mask.replaceAll(/[^a-z]/gi, '')}`;
    const before = (await gateway.create(id, full())).body;
    // Whatever else the body has is left alone.
    const loud = { ...body, comment: body.comment ?? 'ignored' };
    const { status, body: changed } = await gateway.update(id, mask, loud);
    expect(status).toBe(200);
    expect(part(changed)).toEqual(after);
    expect(changed.etag).not.toBe(before.etag);
    const rest = (answer: { comment?: string; config: Record<string, unknown> }) => ({
      comment: mask === 'comment' ? undefined : answer.comment,
      limits: mask.toLowerCase().includes('limits') ? undefined : answer.config.rate_limits,
      table: mask.includes('table') ? undefined : answer.config.inference_table,
    });
    expect(rest(changed)).toEqual(rest(before));
    expect((await gateway.read(id)).body).toEqual(changed);
  });

  it('several paths at once, with commas', async () => {
    await gateway.create('several', full(false));
    const { body } = await gateway.update('several', 'comment,config.rate_limits,config.routing.destinations', {
      comment: 'both',
      config: { ...routed(paid('other')), rate_limits: [] },
    });
    expect(body).toMatchObject({ comment: 'both', config: { routing: { destinations: [paid('other')] } } });
    expect(body.config.rate_limits).toBeUndefined();
    expect(body.config.routing.fallback.destinations).toEqual(full().routing.fallback.destinations);
  });

  it('config replaces everything and clears what the body omits, the policies too', async () => {
    const before = (await gateway.read('support_chat')).body;
    expect(before.config.service_policies).toEqual([{ name: 'no-card-numbers' }]);
    const narrow = await gateway.update('support_chat', 'config.rate_limits', { config: { rate_limits: [HOURLY] } });
    expect(narrow.body.config.service_policies).toEqual(before.config.service_policies);
    const kept = await gateway.update('support_chat', 'config', { config: narrow.body.config });
    expect(kept.body.config).toEqual(narrow.body.config);
    const { body } = await gateway.update('support_chat', 'config', { config: routed(paid('a')) });
    expect(body.config).toEqual(routed(paid('a')));
    expect(body.comment).toBe(before.comment);
  });
});

describe('a mask is refused', () => {
  beforeAll(async () => {
    await gateway.create('masked', full(false));
  });
  const unsupported = (path: string) => `Field '${path}' is not yet supported by UpdateModelService.`;
  it.each<[mask: string, text: string]>([
    ['', 'Missing required field: update_mask.'],
    ['*', "Invalid update_mask: unknown field '*'."],
    ['name', "Invalid update_mask: unknown field 'name'."],
    ['config.service_policies', "Invalid update_mask: unknown field 'config.service_policies'."],
    ['comment,config.limits', "Invalid update_mask: unknown field 'config.limits'."],
    ['comment,', "Invalid update_mask: unknown field ''."],
    ['config.routing', unsupported('config.routing')],
    ['config.routing.fallback', unsupported('config.routing.fallback')],
  ])('%j, and nothing changes', async (mask, text) => {
    const before = (await gateway.read('masked')).body;
    const reply = await gateway.update('masked', mask, { comment: 'x', config: full(false) });
    expect(refusal(reply)).toEqual([400, 'INVALID_PARAMETER_VALUE', text]);
    expect((await gateway.read('masked')).body).toEqual(before);
  });

  it('a path of config without a config in the body', async () => {
    const reply = await gateway.update('masked', 'config.rate_limits', { comment: 'x' });
    expect(refusal(reply)[2]).toBe('Missing required field: config.');
  });

  it('destinations without any', async () => {
    const reply = await gateway.update('masked', 'config.routing.destinations', { config: {} });
    expect(refusal(reply)[2]).toBe('Missing required field: config.routing.destinations.');
    expect((await gateway.update('masked', 'config', { config: {} })).status).toBe(400);
  });

  it('another name in the body', async () => {
    const reply = await gateway.update('masked', 'comment', { name: 'model-services/ml.prod.other', comment: 'x' });
    expect(refusal(reply)[2]).toContain('is not the name in the path');
    const same = await gateway.update('masked', 'comment', { name: 'model-services/ml.prod.masked', comment: 'x' });
    expect(same.status).toBe(200);
  });
});

describe('an etag', () => {
  it('lets exactly one of two writers through, and a third without one', async () => {
    const { etag } = (await gateway.create('raced', full(false))).body;
    const first = await gateway.update('raced', 'comment', { comment: 'first' }, ENGINEER, etag);
    expect(first.status).toBe(200);
    const second = await gateway.update('raced', 'comment', { comment: 'second' }, ENGINEER, etag);
    expect(refusal(second)).toEqual([409, 'ABORTED', expect.stringContaining('etag')]);
    const path = `${SERVICES}/ml.prod.raced`;
    const stale = await gateway.call('DELETE', `${path}?etag=${encodeURIComponent(etag)}`, undefined, ENGINEER);
    expect(stale.status).toBe(409);
    expect((await gateway.read('raced')).body.comment).toBe('first');
    expect((await gateway.update('raced', 'comment', { comment: 'third' })).status).toBe(200);
    const fresh = (await gateway.read('raced')).body.etag;
    const gone = await gateway.call('DELETE', `${path}?etag=${encodeURIComponent(fresh)}`, undefined, ENGINEER);
    expect([gone.status, gone.body]).toEqual([200, {}]);
    expect((await gateway.read('raced')).status).toBe(404);
  });

  it('that was not encoded in the URL is no base64', async () => {
    const { etag } = (await gateway.create('unencoded', full(false))).body;
    expect(etag).toMatch(/[+/=]/);
    const path = `${SERVICES}/ml.prod.unencoded?update_mask=comment&etag=${etag}`;
    const reply = await gateway.call('PATCH', path, { comment: 'x' }, ENGINEER);
    expect(refusal(reply)).toEqual([400, 'INVALID_PARAMETER_VALUE', expect.stringContaining('base64')]);
  });

  it('in the body protects nothing', async () => {
    const { etag } = (await gateway.create('in-body', full(false))).body;
    await gateway.update('in-body', 'comment', { comment: 'first' });
    expect((await gateway.update('in-body', 'comment', { comment: 'second', etag })).status).toBe(200);
  });
});

describe('rate limits', () => {
  const limit = (more: Record<string, unknown>) => ({ ...HOURLY, ...more });
  const PRINCIPAL = 'config.rate_limits[0].principal';
  it.each<[what: string, limits: unknown[], text: string]>([
    ['an unknown key', [limit({ key: 'user' })], 'Allowed values: RATE_LIMIT_KEY_SERVICE'],
    [
      'an unknown period',
      [limit({ renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_DAY' })],
      'Allowed values: RATE_LIMIT_RENEWAL_PERIOD_HOUR',
    ],
    ['a user without a principal', [limit({ key: 'RATE_LIMIT_KEY_USER' })], `Missing required field: ${PRINCIPAL}.`],
    [
      'a principal of the service',
      [limit({ principal: ANALYST })],
      `Invalid value for ${PRINCIPAL}: RATE_LIMIT_KEY_SERVICE has no principal.`,
    ],
    [
      'a principal of the default',
      [limit({ key: 'RATE_LIMIT_KEY_USER_DEFAULT', principal: ANALYST })],
      'has no principal',
    ],
    ['a group as a user', [limit({ key: 'RATE_LIMIT_KEY_USER', principal: 'analysts' })], "'analysts' does not exist."],
    [
      'a user as a service principal',
      [limit({ key: 'RATE_LIMIT_KEY_SERVICE_PRINCIPAL', principal: ANALYST })],
      'does not exist',
    ],
    ['a negative value', [limit({ requests: -1 })], 'must be >= 0'],
    ['a fraction', [limit({ tokens: 0.5 })], 'must be integer'],
    [
      'no value',
      [{ ...HOURLY, requests: undefined }],
      'Missing required field: config.rate_limits[0].requests or config.rate_limits[0].tokens.',
    ],
    ['a repeated limit', [limit({}), limit({ requests: 1, tokens: 1 })], 'repeats the key, principal and period'],
  ])('%s is refused', async (_what, rate_limits, text) => {
    const { status, body } = await gateway.create('limited-badly', { ...full(false), rate_limits });
    expect([status, body.message]).toEqual([400, expect.stringContaining(text)]);
  });

  it('of every key and both periods are accepted, 0 too', async () => {
    const rate_limits = [
      HOURLY,
      limit({ renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE', tokens: 0 }),
      limit({ key: 'RATE_LIMIT_KEY_USER_DEFAULT' }),
      limit({ key: 'RATE_LIMIT_KEY_USER', principal: ANALYST }),
      limit({ key: 'RATE_LIMIT_KEY_USER_GROUP', principal: 'analysts' }),
      limit({ key: 'RATE_LIMIT_KEY_SERVICE_PRINCIPAL', principal: '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21' }),
    ];
    const { body } = await gateway.create('limited', { ...full(false), rate_limits });
    expect(body.config.rate_limits).toEqual(rate_limits);
  });

  it('may hold requests and tokens apart', async () => {
    const { requests: _one, ...who } = limit({});
    const rate_limits = [
      { ...who, requests: 5 },
      { ...who, tokens: 900 },
    ];
    const { body } = await gateway.create('limited-apart', { ...full(false), rate_limits });
    expect(body.config.rate_limits).toEqual(rate_limits);
  });
});

describe('an inference table', () => {
  const withTable = (table: Record<string, unknown>) => ({ ...full(false), inference_table: table });

  it('has the name of the service by default, and keeps its schema and prefix', async () => {
    const { body } = await gateway.create('logged', withTable({ parent: 'schemas/ml.prod', table: 'ignored' }));
    const table = { parent: 'schemas/ml.prod', table_name_prefix: 'logged', table: 'tables/ml.prod.logged_payload' };
    expect(body.config.inference_table).toEqual(table);
    const again = (inference_table: unknown) =>
      gateway.update('logged', 'config.inference_table', { config: { inference_table } });
    expect((await again({ parent: 'schemas/ml.prod' })).body.config.inference_table).toEqual(table);
    expect(refusal(await again({ parent: 'schemas/system.ai' }))[2]).toContain('parent cannot be changed');
    const renamed = await again({ parent: 'schemas/ml.prod', table_name_prefix: 'other' });
    expect(refusal(renamed)[2]).toContain('table_name_prefix cannot be changed');
  });

  it.each<[what: string, table: Record<string, unknown>, status: number, text: string]>([
    ['a schema that does not exist', { parent: 'schemas/ml.none' }, 404, "Schema 'ml.none' does not exist."],
    ['a bare schema', { parent: 'ml.prod' }, 400, 'expected the form schemas/{catalog}.{schema}.'],
    ['no parent', { table_name_prefix: 'x' }, 400, 'Missing required field: config.inference_table.parent.'],
    [
      'the table of another service',
      { parent: 'schemas/ml.prod', table_name_prefix: 'logged' },
      400,
      "Table 'ml.prod.logged_payload' already exists.",
    ],
    [
      'a schema without CREATE_TABLE',
      { parent: 'schemas/system.ai' },
      403,
      "User does not have CREATE TABLE on Schema 'system.ai'.",
    ],
  ])('with %s is refused', async (_what, table, status, text) => {
    const reply = await gateway.create('logged-badly', withTable(table));
    expect([reply.status, reply.body.message]).toEqual([status, expect.stringContaining(text)]);
  });
});
