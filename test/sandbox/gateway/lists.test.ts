import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import DEFAULTS from '../../../src/sandbox/seed/default-workspace.json' with { type: 'json' };
import { ANALYST } from '../client.ts';
import { type Gateway, openAi, PROVIDERS, paid, refusal, routed, SERVICES, startGateway } from './services.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.sandbox.close());

const list = (query: string, base = SERVICES, who?: string) => gateway.call('GET', `${base}?${query}`, undefined, who);
const IN_PROD = 'parent=schemas/ml.prod';

describe('the list of model services', () => {
  it('has no destinations, tables and principals of limits, unless it is FULL', async () => {
    const basic = (await list(IN_PROD)).body.model_services;
    expect((await list(`${IN_PROD}&view=BASIC`)).body.model_services).toEqual(basic);
    const full = (await list(`${IN_PROD}&view=FULL`)).body.model_services;
    const [first, ...others] = full;
    expect(first.name).toBe('model-services/ml.prod.support_chat');
    expect(first).toEqual((await gateway.read('support_chat')).body);
    expect(first.config.rate_limits[0].principal).toBe('analysts');
    const { rate_limits } = first.config;
    const bare = rate_limits.map(({ principal: _gone, ...rest }: { principal?: string }) => rest);
    expect(basic[0]).toEqual({ ...first, config: { rate_limits: bare } });
    expect(basic.slice(1)).toEqual(others.map((each: Record<string, unknown>) => ({ ...each, config: {} })));
  });

  it.each<[what: string, query: string, text: string]>([
    ['without a parent', '', 'Missing required field: parent.'],
    ['of a whole catalog', 'parent=schemas/ml', 'Invalid value for parent'],
    ['with a bare parent', 'parent=ml.prod', 'Invalid value for parent'],
    ['in an unknown view', `${IN_PROD}&view=ALL`, 'Allowed values: BASIC, FULL.'],
    ['with 1001 rows', `${IN_PROD}&page_size=1001`, 'page_size is at most 1000 for the view BASIC; got 1001.'],
    [
      'with 201 full rows',
      `${IN_PROD}&view=FULL&page_size=201`,
      'page_size is at most 200 for the view FULL; got 201.',
    ],
    ['with a made-up token', `${IN_PROD}&page_token=zzz`, 'The page token is not valid.'],
    ['with a negative size', `${IN_PROD}&page_size=-1`, 'must be a non-negative integer'],
  ])('%s is refused', async (_what, query, text) => {
    for (const base of [SERVICES, PROVIDERS]) {
      const reply = await list(query, base);
      expect(refusal(reply)).toEqual([400, 'INVALID_PARAMETER_VALUE', expect.stringContaining(text)]);
    }
  });

  it('of a schema that does not exist is 404', async () => {
    expect(refusal(await list('parent=schemas/ml.none'))).toEqual([
      404,
      'NOT_FOUND',
      "Schema 'ml.none' does not exist.",
    ]);
  });

  it('has only what the caller may see', async () => {
    const seen = (await list(IN_PROD, SERVICES, ANALYST)).body.model_services;
    expect(seen.map(({ name }: { name: string }) => name)).toEqual(['model-services/ml.prod.support_chat']);
    expect((await list(IN_PROD, PROVIDERS, ANALYST)).body).toEqual({});
  });

  it('has 200 rows a page, and 1000 when BASIC is asked for them', async () => {
    const model_services = Array.from({ length: 207 }, (_, at) => ({
      full_name: `ml.prod.row-${String(at).padStart(3, '0')}`,
      config: routed(paid('a')),
    }));
    const many = await startGateway({ ...DEFAULTS, model_services });
    const pages = async (query: string) => {
      const sizes: number[] = [];
      const names: string[] = [];
      for (let token: string | undefined = ''; token !== undefined; ) {
        const next = token === '' ? '' : `&page_token=${token}`;
        const { body } = await many.call('GET', `${SERVICES}?${IN_PROD}${query}${next}`);
        sizes.push(body.model_services.length);
        names.push(...body.model_services.map(({ name }: { name: string }) => name));
        token = body.next_page_token;
      }
      expect(new Set(names).size).toBe(207);
      return sizes;
    };
    expect(await pages('')).toEqual([200, 7]);
    expect(await pages('&page_size=0')).toEqual([200, 7]);
    expect(await pages('&view=FULL')).toEqual([200, 7]);
    expect(await pages('&page_size=1000')).toEqual([207]);
    expect(await pages('&page_size=100')).toEqual([100, 100, 7]);
    await many.sandbox.close();
  });
});

it('the list of provider services omits the service credential and the table, unless it is FULL', async () => {
  const rate_limits = [
    { key: 'RATE_LIMIT_KEY_USER', principal: ANALYST, renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE', requests: 5 },
  ];
  const direct = { region: 'eu-west-1', service_credential: { name: 'credentials/bedrock' } };
  const config = {
    provider_type: 'EXTERNAL_MODEL_PROVIDER_TYPE_AMAZON_BEDROCK',
    amazon_bedrock: { direct },
    targets: openAi().targets,
    inference_table: { parent: 'schemas/ml.prod' },
    rate_limits,
  };
  const created = (await gateway.createProvider('bedrock', config)).body;
  expect(created.config).toMatchObject({ amazon_bedrock: { direct }, rate_limits });
  expect(created.config.inference_table.table).toBe('tables/ml.prod.bedrock_payload');
  const [basic] = (await list(IN_PROD, PROVIDERS)).body.model_provider_services;
  expect(basic.config).toEqual({
    provider_type: config.provider_type,
    amazon_bedrock: { direct: { region: 'eu-west-1' } },
    targets: config.targets,
    rate_limits: [{ ...rate_limits[0], principal: undefined }],
  });
  const full = (await list(`${IN_PROD}&view=FULL&page_size=1`, PROVIDERS)).body;
  expect(full.model_provider_services).toEqual([created]);
  expect(full.next_page_token).toBeDefined();
});
