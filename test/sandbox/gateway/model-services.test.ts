import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINEER } from '../client.ts';
import {
  external,
  type Gateway,
  openAi,
  paid,
  provisioned,
  refusal,
  routed,
  SERVICES,
  startGateway,
} from './services.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
  await gateway.createProvider('openai', openAi());
  await gateway.throughput('oss-pt');
});
afterAll(() => gateway.sandbox.close());

describe('a new model service', () => {
  it('has a name, an owner, times and an etag that the server makes', async () => {
    const { status, body } = await gateway.create('plain', routed(paid('gpt')));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: 'model-services/ml.prod.plain',
      created_by: ENGINEER,
      updated_by: ENGINEER,
      effective_owner: ENGINEER,
      config: { routing: { destinations: [paid('gpt')] } },
    });
    expect((await gateway.read('plain')).body).toEqual(body);
  });

  it('may have every kind of destination, and a read fills in the model behind an endpoint', async () => {
    const sent = [
      { ...paid('a', 'gpt-5'), traffic_percentage: 50 },
      { ...provisioned('b', 'oss-pt'), traffic_percentage: 30 },
      { ...external('c', 'openai'), traffic_percentage: 20 },
    ];
    const fallback = { destinations: [paid('d', 'databricks-claude-sonnet-4-5')] };
    const { body } = await gateway.create('mixed', { routing: { destinations: sent, fallback } });
    const [a, b, c] = body.config.routing.destinations;
    expect([a, c]).toEqual([sent[0], sent[2]]);
    expect(b.provisioned_throughput_config).toEqual({
      model_serving_endpoint: 'serving-endpoints/oss-pt',
      model: 'system.ai.gpt-oss-120b',
    });
    expect(body.config.routing.fallback).toEqual(fallback);
  });

  it('keeps what a read shows when it is sent back, except for its name', async () => {
    const { body } = await gateway.read('plain');
    const { name, ...rest } = body;
    const again = await gateway.call('POST', `${SERVICES}?parent=schemas/ml.prod&model_service_id=again`, rest);
    expect(again.body.config).toEqual(body.config);
    expect(again.body.etag).not.toBe(body.etag);
    const named = await gateway.call('POST', `${SERVICES}?parent=schemas/ml.prod&model_service_id=named`, body);
    expect(refusal(named)).toEqual([400, 'INVALID_PARAMETER_VALUE', expect.stringContaining('name')]);
    expect(name).toBe('model-services/ml.prod.plain');
  });

  it.each<[what: string, query: string, text: string]>([
    ['without a parent', 'model_service_id=x', 'Missing required field: parent.'],
    ['without an id', 'parent=schemas/ml.prod', 'Missing required field: model_service_id.'],
    ['with a catalog as the parent', 'parent=schemas/ml&model_service_id=x', 'Invalid value for parent'],
    ['with a bare parent', 'parent=ml.prod&model_service_id=x', 'Invalid value for parent'],
    ['with a dot in its id', 'parent=schemas/ml.prod&model_service_id=a.b', 'Invalid value for model_service_id'],
    [`with a long id`, `parent=schemas/ml.prod&model_service_id=${'x'.repeat(256)}`, 'at most 255 characters'],
  ])('%s is refused', async (_what, query, text) => {
    const { status, body } = await gateway.call('POST', `${SERVICES}?${query}`, { config: routed(paid('a')) });
    expect([status, body.error_code, body.message]).toEqual([
      400,
      'INVALID_PARAMETER_VALUE',
      expect.stringContaining(text),
    ]);
  });

  it('may have an id of 255 characters', async () => {
    expect((await gateway.create('y'.repeat(255), routed(paid('a')))).status).toBe(200);
  });

  it('needs a schema that exists and a name that is free', async () => {
    const lost = await gateway.call('POST', `${SERVICES}?parent=schemas/ml.none&model_service_id=x`, {
      config: routed(paid('a')),
    });
    expect(refusal(lost)).toEqual([404, 'NOT_FOUND', "Schema 'ml.none' does not exist."]);
    const taken = await gateway.create('plain', routed(paid('a')));
    expect(refusal(taken)).toEqual([409, 'ALREADY_EXISTS', "Model Service 'ml.prod.plain' already exists."]);
    const provider = await gateway.createProvider('plain', openAi());
    expect(refusal(provider)[2]).toBe("Model Service 'ml.prod.plain' already exists.");
    const service = await gateway.create('openai', routed(paid('a')));
    expect(refusal(service)[2]).toBe("Model Provider Service 'ml.prod.openai' already exists.");
  });

  it('may have a comment of 65,536 characters', async () => {
    await gateway.create('noted', routed(paid('a')));
    const note = (length: number) => gateway.update('noted', 'comment', { comment: 'x'.repeat(length) });
    expect((await note(65_536)).status).toBe(200);
    expect(refusal(await note(65_537))[2]).toContain('must NOT have more than 65536 characters');
  });
});

describe('a body is refused', () => {
  const two = (a: number | undefined, b: number | undefined) =>
    routed({ ...paid('a'), traffic_percentage: a }, { ...paid('b'), traffic_percentage: b });
  const many = (count: number) => Array.from({ length: count }, (_, at) => paid(`d${at}`));

  it.each<[what: string, config: unknown, text: string]>([
    ['without a config', undefined, 'Missing required field: config.'],
    ['without destinations', {}, 'Missing required field: config.routing.destinations.'],
    ['with no destination', routed(), 'Missing required field: config.routing.destinations.'],
    ['with an unknown field', { ...routed(paid('a')), guardrails: {} }, 'Unknown field: config.guardrails.'],
    [
      'with an unknown field of a destination',
      routed(paid('a', 'gpt-5', { weight: 1 })),
      'Unknown field: config.routing.destinations[0].weight.',
    ],
    ['with eleven destinations', routed(...many(11)), 'must NOT have more than 10 items'],
    [
      'with six fallbacks',
      { routing: { destinations: [paid('a')], fallback: { destinations: many(6) } } },
      'must NOT have more than 5 items',
    ],
    ['with a sum of 99', two(50, 49), 'must sum to 100; got 99.'],
    [
      'without one percentage',
      two(100, undefined),
      'Missing required field: config.routing.destinations[1].traffic_percentage.',
    ],
    ['with a percentage of 101', two(101, -1), 'config.routing.destinations[0].traffic_percentage: must be <= 100'],
    ['with half a percent', two(99.5, 0.5), 'must be integer'],
    [
      'with a name twice',
      routed({ ...paid('a'), traffic_percentage: 50 }, { ...paid('a'), traffic_percentage: 50 }),
      "The destination name 'a' is used twice.",
    ],
    [
      'with a fallback of the same name',
      { routing: { destinations: [paid('a')], fallback: { destinations: [paid('a')] } } },
      "The destination name 'a' is used twice.",
    ],
    [
      'with a percentage of a fallback',
      {
        routing: {
          destinations: [paid('a')],
          fallback: { destinations: [paid('b', 'gpt-5', { traffic_percentage: 1 })] },
        },
      },
      'fallback destinations have none',
    ],
    [
      'without the block of its type',
      routed({ name: 'a', destination_type: paid('a').destination_type }),
      'Missing required field: config.routing.destinations[0].pay_per_token_config.',
    ],
    [
      'with the block of another type',
      routed({ ...provisioned('a', 'oss-pt'), ...paid('a') }),
      'config.routing.destinations[0].provisioned_throughput_config does not match destination_type',
    ],
    [
      'with an unknown type',
      routed({ ...paid('a'), destination_type: 'DESTINATION_TYPE_CUSTOM' }),
      'Allowed values: DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL',
    ],
    [
      'with a bare model name',
      routed({ ...paid('a'), pay_per_token_config: { model: 'system.ai.gpt-5' } }),
      'expected the form models/{catalog}.{schema}.{name}.',
    ],
    [
      'with an endpoint without provisioned throughput',
      routed(provisioned('a', 'house-price')),
      "Endpoint 'house-price' does not serve a model with provisioned throughput.",
    ],
    [
      'with a model that is no target of the provider',
      routed(external('a', 'openai', 'gpt-1')),
      "Model 'gpt-1' is not a target of 'ml.prod.openai'. Its targets: gpt-4o.",
    ],
  ])('%s', async (_what, config, text) => {
    const { status, body } = await gateway.create('refused', config);
    expect([status, body.error_code, body.message]).toEqual([
      400,
      'INVALID_PARAMETER_VALUE',
      expect.stringContaining(text),
    ]);
    expect((await gateway.read('refused')).status).toBe(404);
  });

  it.each<[what: string, destination: Record<string, unknown>, text: string]>([
    ['a model', paid('a', 'gpt-99'), "Model 'system.ai.gpt-99' does not exist."],
    [
      'a model outside system.ai',
      { ...paid('a'), pay_per_token_config: { model: 'models/ml.prod.churn' } },
      "Model 'ml.prod.churn' does not exist.",
    ],
    ['an endpoint', provisioned('a', 'none'), "Endpoint 'none' does not exist."],
    ['a provider service', external('a', 'none'), "Model Provider Service 'ml.prod.none' does not exist."],
  ])('that names %s that does not exist', async (_what, destination, text) => {
    expect(refusal(await gateway.create('refused', routed(destination)))).toEqual([404, 'NOT_FOUND', text]);
  });

  it('accepts ten destinations and five fallbacks', async () => {
    const destinations = many(10).map((each) => ({ ...each, traffic_percentage: 10 }));
    const fallback = { destinations: many(5).map((each, at) => ({ ...each, name: `f${at}` })) };
    expect((await gateway.create('widest', { routing: { destinations, fallback } })).status).toBe(200);
  });
});

describe('a deleted dependency', () => {
  it('marks the destination, until the thing behind it is back', async () => {
    await gateway.createProvider('leaving', openAi());
    await gateway.throughput('leaving-pt');
    const config = {
      routing: {
        destinations: [external('a', 'leaving')],
        fallback: { destinations: [provisioned('b', 'leaving-pt')] },
      },
    };
    expect((await gateway.create('dependent', config)).status).toBe(200);
    const marks = async () => {
      const { routing } = (await gateway.read('dependent')).body.config;
      return [routing.destinations[0].is_deleted, routing.fallback.destinations[0].is_deleted];
    };
    expect(await marks()).toEqual([undefined, undefined]);
    await gateway.call('DELETE', '/api/2.0/serving-endpoints/leaving-pt');
    expect(await marks()).toEqual([undefined, true]);
    const { etag, supported_api_types } = (await gateway.read('dependent')).body;
    const unified = ['mlflow/v1/chat/completions', 'mlflow/v1/responses'];
    expect(supported_api_types).toEqual([...unified, 'openai/v1/chat/completions']);
    await gateway.call('DELETE', '/api/2.1/unity-catalog/model-provider-services/ml.prod.leaving', undefined, ENGINEER);
    expect(await marks()).toEqual([true, true]);
    const after = (await gateway.read('dependent')).body;
    expect([after.etag, after.supported_api_types]).toEqual([etag, undefined]);
    await gateway.createProvider('leaving', openAi());
    expect(await marks()).toEqual([undefined, true]);
  });
});

it('supported_api_types has what all destinations speak', async () => {
  const types = async (id: string, ...models: string[]) => {
    const share = Math.floor(100 / models.length);
    const destinations = models.map((model, at) => ({ ...paid(`d${at}`, model), traffic_percentage: share }));
    return (await gateway.create(id, routed(...destinations))).body.supported_api_types;
  };
  const [chat, responses, cursor] = ['mlflow/v1/chat/completions', 'mlflow/v1/responses', 'cursor/v1/chat/completions'];
  const native = ['openai/v1/responses', cursor, 'codex/v1/responses'];
  expect(await types('speaks-claude', 'claude-sonnet-4-5')).toEqual([chat, responses, 'anthropic/v1/messages', cursor]);
  expect(await types('speaks-gpt', 'gpt-5')).toEqual([chat, responses, 'openai/v1/chat/completions', ...native]);
  expect(await types('speaks-codex', 'gpt-5-1-codex-max')).toEqual([responses, ...native]);
  expect(await types('speaks-both', 'claude-sonnet-4-5', 'gpt-5')).toEqual([chat, responses, cursor]);
  expect(await types('speaks-llama', 'meta-llama-3-3-70b-instruct')).toEqual([chat, responses]);
  expect(await types('embeds', 'gte-large-en')).toEqual(['mlflow/v1/embeddings']);
  expect(await types('speaks-nothing', 'gte-large-en', 'gpt-5')).toBeUndefined();
});
