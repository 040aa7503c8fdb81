import { describe, expect, it } from 'vitest';
import { problemsOfExternalModel } from '../../src/plan/external-model-rules.ts';
import { KEY, PROVIDERS } from '../support/providers.ts';

/** Visibly not a real key. */
const RAW = 'raw-key-that-must-not-be-repeated';

const model = (provider: string, config: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  provider,
  name: 'some-model',
  task: 'llm/v1/chat',
  ...config,
  ...more,
});

describe.each(PROVIDERS)('%s', (provider, key, config, secrets) => {
  const problems = (changed: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    problemsOfExternalModel(model(provider, { [key]: changed }, more));

  it('is fine with its least config', () => {
    expect(problems(config)).toEqual([]);
  });

  it('needs its config', () => {
    expect(problemsOfExternalModel(model(provider, {}))).toEqual([`external_model.${key} is missing`]);
  });

  it('needs its credentials', () => {
    const without = Object.fromEntries(
      Object.entries(config).filter(([name]) => !secrets.some((each) => each.startsWith(name))),
    );
    expect(problems(without).join()).toMatch(/has no credentials/);
  });

  it.each(secrets)('refuses a raw key in %s and does not repeat it', (path) => {
    const [outer = '', inner] = path.split('.');
    const found = problems({ ...config, [outer]: inner ? { [inner]: RAW } : RAW });
    expect(found).toEqual([
      `external_model.${key}.${path} must be a reference {{secrets/scope/key}}, not a key; store the key in a secret scope`,
    ]);
    expect(found.join()).not.toContain(RAW);
  });

  it.each(secrets)('refuses %s as plain text, whatever it holds', (path) => {
    const name = `${path.split('.').at(-1)}_plaintext`;
    for (const value of [RAW, KEY]) {
      const found = problems({ ...config, [name]: value });
      expect(found.join()).toContain(`${name} would send a raw key`);
      expect(found.join()).not.toContain(RAW);
    }
  });

  it('names a mistyped field, which would carry its key to the service', () => {
    const [first = ''] = secrets[0]?.split('.') ?? [];
    const found = problems({ ...config, [`${first}s`]: RAW });
    expect(found.join()).toContain(`${key} has no field ${first}s: did you mean ${first}?`);
    expect(found.join()).not.toContain(RAW);
  });
});

describe('an external model', () => {
  it.each<[string, unknown, RegExp]>([
    ['no object', 'openai', /must be an object/],
    ['a provider in a list', model('openai', {}, { provider: ['openai'] }), /provider must be one of/],
    ['a provider that every object has', model('constructor', {}), /provider must be one of/],
    ['a task in a list', model('openai', {}, { task: ['llm/v1/chat'] }), /task must be one of/],
    [
      'an unknown provider',
      model('opnai', {}),
      /provider must be one of ai21labs, amazon-bedrock, anthropic, cohere, custom/,
    ],
    [
      'another task',
      model('openai', { openai_config: { openai_api_key: KEY } }, { task: 'chat' }),
      /task must be one of llm\/v1\/chat/,
    ],
    ['no name', model('openai', { openai_config: { openai_api_key: KEY } }, { name: '' }), /name is missing/],
    [
      'the config of another provider',
      model('openai', { openai_config: { openai_api_key: KEY }, cohere_config: {} }),
      /cohere_config does not belong to provider openai: use openai_config/,
    ],
    [
      'a field that is not a config',
      model('openai', { openai_config: { openai_api_key: KEY } }, { modle: 'x' }),
      /external_model has no field modle/,
    ],
    [
      'half of the keys of AWS',
      model('amazon-bedrock', {
        amazon_bedrock_config: { aws_region: 'r', bedrock_provider: 'cohere', aws_access_key_id: KEY },
      }),
      /no credentials: give aws_access_key_id and aws_secret_access_key, or instance_profile_arn/,
    ],
    [
      'two kinds of credentials',
      model('amazon-bedrock', {
        amazon_bedrock_config: {
          aws_region: 'r',
          bedrock_provider: 'cohere',
          instance_profile_arn: 'arn',
          uc_service_credential_name: 'c',
        },
      }),
      /two kinds of credentials/,
    ],
    [
      'Bedrock without a region',
      model('amazon-bedrock', { amazon_bedrock_config: { bedrock_provider: 'cohere', instance_profile_arn: 'arn' } }),
      /aws_region is missing/,
    ],
    [
      'Azure without its deployment',
      model('openai', {
        openai_config: { openai_api_type: 'azure', openai_api_key: KEY, openai_api_base: 'https://a.example.com' },
      }),
      /openai_api_version is missing.*|openai_deployment_name is missing/,
    ],
    [
      'Entra ID with a key only',
      model('openai', {
        openai_config: {
          openai_api_type: 'azuread',
          openai_api_key: KEY,
          openai_api_base: 'b',
          openai_api_version: 'v',
          openai_deployment_name: 'd',
        },
      }),
      /give microsoft_entra_tenant_id and microsoft_entra_client_id and microsoft_entra_client_secret/,
    ],
    [
      'a custom key without its header',
      model('custom', { custom_provider_config: { custom_provider_url: 'u', api_key_auth: { value: KEY } } }),
      /api_key_auth.key is missing/,
    ],
    [
      'custom credentials that are not an object',
      model('custom', { custom_provider_config: { custom_provider_url: 'u', bearer_token_auth: KEY } }),
      /bearer_token_auth must be an object with token/,
    ],
    [
      'a key in a field that is not for secrets',
      model('openai', { openai_config: { openai_api_key: KEY, openai_organization: `dapi${'0'.repeat(32)}` } }),
      /openai_organization looks like a raw key/,
    ],
  ])('with %s', (_what, given, expected) => {
    const found = problemsOfExternalModel(given).join('; ');
    expect(found).toMatch(expected);
    expect(found).not.toContain('dapi0');
  });

  it('of Azure is fine with a key, and with Entra ID', () => {
    const azure = { openai_api_base: 'https://a.example.com', openai_api_version: 'v', openai_deployment_name: 'd' };
    const entra = {
      microsoft_entra_tenant_id: 't',
      microsoft_entra_client_id: 'c',
      microsoft_entra_client_secret: KEY,
    };
    expect(
      problemsOfExternalModel(
        model('openai', { openai_config: { ...azure, openai_api_type: 'azure', openai_api_key: KEY } }),
      ),
    ).toEqual([]);
    expect(
      problemsOfExternalModel(model('openai', { openai_config: { ...azure, ...entra, openai_api_type: 'azuread' } })),
    ).toEqual([]);
  });

  it('of Bedrock is fine with an instance profile', () => {
    const config = {
      aws_region: 'r',
      bedrock_provider: 'cohere',
      instance_profile_arn: 'arn:aws:iam::123456789012:instance-profile/x',
    };
    expect(problemsOfExternalModel(model('amazon-bedrock', { amazon_bedrock_config: config }))).toEqual([]);
  });

  it('lists all problems at once', () => {
    const given = { provider: 'openai', task: 'x', cohere_config: {}, openai_config: { openai_api_key: RAW } };
    expect(problemsOfExternalModel(given)).toHaveLength(4);
  });

  it('finds raw keys even when the provider is unknown', () => {
    expect(problemsOfExternalModel({ provider: 'x', x_config: { some_api_key: RAW } })).toHaveLength(2);
  });
});
