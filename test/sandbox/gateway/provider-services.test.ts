import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINEER } from '../client.ts';
import { type Gateway, openAi, PROVIDERS, refusal, startGateway } from './services.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.sandbox.close());

const KEY = 'made-up-key-9f2c';
const secret = { plaintext: KEY };
const type = (name: string) => `EXTERNAL_MODEL_PROVIDER_TYPE_${name}`;
const { targets } = openAi();
const path = (id: string) => `${PROVIDERS}/ml.prod.${id}`;
const update = (id: string, mask: string, body: unknown, etag = '') =>
  gateway.call(
    'PATCH',
    `${path(id)}?update_mask=${mask}${etag && `&etag=${encodeURIComponent(etag)}`}`,
    body,
    ENGINEER,
  );

describe('credentials are read once and never shown', () => {
  it.each<[provider: string, block: Record<string, unknown>, shown: unknown]>([
    [
      'OPENAI',
      { openai: { direct: { api_key: secret, organization: 'org' } } },
      { direct: { api_key: {}, organization: 'org' } },
    ],
    ['ANTHROPIC', { anthropic: { direct: { api_key: secret } } }, { direct: { api_key: {} } }],
    ['ANTHROPIC', { anthropic: { relayed: {} } }, { relayed: {} }],
    [
      'AMAZON_BEDROCK',
      {
        amazon_bedrock: {
          direct: { region: 'us-east-1', aws_access_key: { access_key_id: 'AKIA-made-up', secret_access_key: secret } },
        },
      },
      { direct: { region: 'us-east-1', aws_access_key: { access_key_id: 'AKIA-made-up', secret_access_key: {} } } },
    ],
    [
      'BEDROCK_MANTLE',
      { bedrock_mantle: { direct: { region: 'us-east-1', service_credential: { name: 'credentials/aws' } } } },
      { direct: { region: 'us-east-1', service_credential: { name: 'credentials/aws' } } },
    ],
    [
      'AZURE_OPENAI',
      {
        azure_openai: {
          direct: {
            base_url: 'https://x.example',
            entra_service_principal: { tenant_id: 't', client_id: 'c', client_secret: secret },
          },
        },
      },
      {
        direct: {
          base_url: 'https://x.example',
          entra_service_principal: { tenant_id: 't', client_id: 'c', client_secret: {} },
        },
      },
    ],
    [
      'MICROSOFT_FOUNDRY',
      { microsoft_foundry: { direct: { base_url: 'https://x.example', api_key: secret } } },
      { direct: { base_url: 'https://x.example', api_key: {} } },
    ],
    [
      'GEMINI_ENTERPRISE',
      { gemini_enterprise: { direct: { project_id: 'p', region: 'r', api_key: secret } } },
      { direct: { project_id: 'p', region: 'r', api_key: {} } },
    ],
    [
      'CUSTOM',
      {
        custom: {
          direct: { base_url: 'https://x.example', header_auth: { api_key_name: 'X-Key', api_key_value: secret } },
        },
      },
      { direct: { base_url: 'https://x.example', header_auth: { api_key_name: 'X-Key', api_key_value: {} } } },
    ],
    [
      'OPENAI',
      { openai: { direct: { api_key: { secret_reference: { name: 'secrets/ml.prod.key' } } } } },
      { direct: { api_key: { secret_reference: { name: 'secrets/ml.prod.key' } } } },
    ],
  ])('of %s %j', async (provider, block, shown) => {
    const id = `p-${Object.keys(block)[0]}-${JSON.stringify(block).length}`;
    const made = await gateway.createProvider(id, { provider_type: type(provider), ...block, targets });
    expect(made.status).toBe(200);
    expect(made.body.config).toEqual({ provider_type: type(provider), [Object.keys(block)[0] ?? '']: shown, targets });
    const read = await gateway.call('GET', path(id), undefined, ENGINEER);
    expect(read.body).toEqual(made.body);
    const { requests } = gateway.sandbox;
    expect(requests.some(({ body }) => JSON.stringify(body)?.includes(provider))).toBe(true);
    expect(JSON.stringify([made.text, read.text, gateway.sandbox.dump(), requests])).not.toContain(KEY);
  });

  it('a new block without any keeps the way to sign in', async () => {
    await gateway.createProvider('keeps', openAi());
    const direct = { base_url: 'https://proxy.example/v1', api_key: {} };
    const { body } = await update('keeps', 'config.provider', { config: { openai: { direct } } });
    expect(body.config.openai).toEqual({ direct: { base_url: 'https://proxy.example/v1', api_key: {} } });
    const bare = await update('keeps', 'config.provider', { config: { openai: { direct: {} } } });
    expect(bare.body.config.openai).toEqual({ direct: { api_key: {} } });
    const whole = await update('keeps', 'config', { config: { ...bare.body.config, forward_headers: true } });
    expect(whole.body.config).toEqual({ ...bare.body.config, forward_headers: true });
  });
});

describe('a provider is refused', () => {
  const custom = (more: Record<string, unknown> = {}, direct: Record<string, unknown> = { api_key: secret }) => ({
    provider_type: type('CUSTOM'),
    custom: { direct: { base_url: 'https://x.example', ...direct } },
    targets,
    ...more,
  });
  const route = (endpoint_route: string) => [
    { model: 'm', native_api_types: ['openai/v1/embeddings'], endpoint_route },
  ];

  it.each<[what: string, config: unknown, text: string]>([
    ['without a config', undefined, 'Missing required field: config.'],
    ['without a type', { ...openAi(), provider_type: undefined }, 'Missing required field: config.provider_type.'],
    ['of an unknown type', openAi({ provider_type: type('MISTRAL') }), 'Allowed values'],
    ['without its block', { provider_type: type('OPENAI'), targets }, 'Missing required field: config.openai.'],
    [
      'with the block of another',
      openAi({ anthropic: { relayed: {} } }),
      'config.anthropic does not match the provider type OPENAI.',
    ],
    ['with an unknown field', openAi({ region: 'x' }), 'Unknown field: config.region.'],
    [
      'with an unknown field of its block',
      openAi({ openai: { direct: { key: 'x' } } }),
      'Unknown field: config.openai.direct.key.',
    ],
    [
      'without a required field',
      { provider_type: type('AMAZON_BEDROCK'), amazon_bedrock: { direct: {} }, targets },
      'Missing required field: config.amazon_bedrock.direct.region.',
    ],
    [
      'without a way to sign in',
      openAi({ openai: { direct: {} } }),
      'Missing required field: config.openai.direct.api_key.',
    ],
    [
      'with an empty secret',
      openAi({ openai: { direct: { api_key: {} } } }),
      'Missing required field: config.openai.direct.api_key.',
    ],
    [
      'with two ways to sign in',
      custom({}, { api_key: secret, header_auth: { api_key_name: 'k', api_key_value: secret } }),
      'more than one way to sign in: api_key, header_auth.',
    ],
    [
      'with two forms of a secret',
      openAi({ openai: { direct: { api_key: { ...secret, secret_reference: { name: 'secrets/a.b.c' } } } } }),
      'either plaintext or secret_reference',
    ],
    [
      'with a secret of a scope',
      openAi({ openai: { direct: { api_key: { secret_reference: { name: '{{secrets/a/b}}' } } } } }),
      'expected the form secrets/{catalog}.{schema}.{name}.',
    ],
    [
      'with a credential of another cloud',
      {
        provider_type: type('AZURE_OPENAI'),
        azure_openai: { direct: { base_url: 'x', service_credential: { name: 'credentials/x' } } },
        targets,
      },
      'is not supported in a workspace on aws',
    ],
    [
      'direct and relayed',
      { provider_type: type('ANTHROPIC'), anthropic: { relayed: {}, direct: { api_key: secret } }, targets },
      'either direct or relayed',
    ],
    ['relayed, for another provider', openAi({ openai: { relayed: {} } }), 'Unknown field: config.openai.relayed.'],
    ['without targets', openAi({ targets: [] }), 'Missing required field: config.targets.'],
    [
      'with a target without API types',
      openAi({ targets: [{ model: 'm' }] }),
      'Missing required field: config.targets[0].native_api_types.',
    ],
    [
      'with 65 API types',
      openAi({ targets: [{ model: 'm', native_api_types: Array(65).fill('a') }] }),
      'must NOT have more than 64 items',
    ],
    [
      'with a long API type',
      openAi({ targets: [{ model: 'm', native_api_types: ['a'.repeat(257)] }] }),
      'more than 256 characters',
    ],
    [
      'with a model twice',
      openAi({ targets: [...(targets as unknown[]), ...(targets as unknown[])] }),
      "repeats the model 'gpt-4o'",
    ],
    ['with a route, if it is not CUSTOM', openAi({ targets: route('serve/chat') }), 'only CUSTOM providers have one'],
    ['with a template in a route', custom({ targets: route('serve/{model}') }), 'expected a relative path'],
    ['CUSTOM with all targets', custom({ allow_all_targets: true }), 'not supported for CUSTOM providers'],
    ['with a discount over 100%', openAi({ pricing: { default_discount_basis_points: 10_001 } }), 'must be <= 10000'],
  ])('%s', async (_what, config, text) => {
    const { status, body } = await gateway.createProvider('refused', config);
    expect([status, body.message]).toEqual([400, expect.stringContaining(text)]);
    expect(JSON.stringify(body)).not.toContain(KEY);
  });

  it('CUSTOM with a route, and any other with all targets and none listed, are accepted', async () => {
    expect((await gateway.createProvider('custom-route', custom({ targets: route('serve/chat') }))).status).toBe(200);
    expect((await gateway.createProvider('all', openAi({ targets: [], allow_all_targets: true }))).status).toBe(200);
  });
});

describe('an update', () => {
  it('changes only what its mask names, and only with a fresh etag', async () => {
    const before = (await gateway.createProvider('masked', openAi({ pricing: { default_discount_basis_points: 5 } })))
      .body;
    const on = await update(
      'masked',
      'config.forward_headers,comment',
      { comment: 'new', config: { forward_headers: true } },
      before.etag,
    );
    expect(on.body).toMatchObject({ comment: 'new', config: { ...before.config, forward_headers: true } });
    const stale = await update('masked', 'comment', { comment: 'x' }, before.etag);
    expect(refusal(stale).slice(0, 2)).toEqual([409, 'ABORTED']);
    const PRICE = 'config.pricing.default_discount_basis_points';
    expect((await update('masked', PRICE, { config: { pricing: {} } })).body.config.pricing).toEqual({});
    expect((await update('masked', PRICE, { config: {} })).body.config.pricing).toBeUndefined();
    const none = await update('masked', 'config.targets', { config: {} });
    expect(refusal(none)[2]).toContain('Missing required field: config.targets.');
    const any = await update('masked', 'config.targets,config.allow_all_targets', {
      config: { allow_all_targets: true },
    });
    expect(any.body.config).toMatchObject({ allow_all_targets: true, forward_headers: true });
    expect(any.body.config.targets).toBeUndefined();
  });

  it.each<[what: string, mask: string, config: Record<string, unknown>, text: string]>([
    [
      'config.pricing',
      'config.pricing',
      {},
      "Field 'config.pricing' is not yet supported by UpdateModelProviderService.",
    ],
    [
      'config.openai, whose path is config.provider',
      'config.openai',
      {},
      "Invalid update_mask: unknown field 'config.openai'.",
    ],
    ['the type', 'config.provider_type', {}, "Invalid update_mask: unknown field 'config.provider_type'."],
    [
      'the type in a whole config',
      'config',
      { provider_type: type('ANTHROPIC'), anthropic: { relayed: {} }, targets },
      'config.provider_type cannot be changed.',
    ],
    [
      'the block of another type',
      'config.provider',
      { anthropic: { relayed: {} } },
      'config.anthropic does not match the provider type OPENAI.',
    ],
  ])('of %s is refused', async (_what, mask, config, text) => {
    await gateway.createProvider('typed', openAi());
    const reply = await update('typed', mask, { config });
    expect(refusal(reply)).toEqual([400, 'INVALID_PARAMETER_VALUE', text]);
  });

  it('of another revision does not delete', async () => {
    const { etag } = (await gateway.createProvider('deleted', openAi())).body;
    await update('deleted', 'comment', { comment: 'x' });
    const stale = await gateway.call(
      'DELETE',
      `${path('deleted')}?etag=${encodeURIComponent(etag)}`,
      undefined,
      ENGINEER,
    );
    expect(stale.status).toBe(409);
    expect((await gateway.call('DELETE', path('deleted'), undefined, ENGINEER)).status).toBe(200);
    expect((await gateway.call('GET', path('deleted'), undefined, ENGINEER)).status).toBe(404);
  });
});
