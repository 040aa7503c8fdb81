/** A workspace with settings that a careless write would lose, and with an object for every tool. */
import { external } from './model-services.ts';
import { churnEntity, endpoint, seed, version } from './workspace.ts';

export const BOT = { id: '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21', secret: 'not-a-real-client-secret-1' };

export const GATEWAY = {
  guardrails: { input: { safety: true, pii: { behavior: 'BLOCK' } } },
  usage_tracking_config: { enabled: true },
  rate_limits: [
    { calls: 100, key: 'endpoint', renewal_period: 'minute' },
    { calls: 5, key: 'user', renewal_period: 'minute' },
  ],
};

const SPLIT = [
  { ...churnEntity('1'), name: 'churn-1', workload_size: 'Small' },
  { ...churnEntity('2'), name: 'churn-2', workload_size: 'Small' },
];

export function safetyWorkspace(more: { endpoints?: unknown[]; apps?: unknown[]; models?: unknown[] } = {}) {
  const basic = seed([
    endpoint('churn', [churnEntity('1')], [], {
      ai_gateway: GATEWAY,
      tags: [{ key: 'team', value: 'growth' }],
      description: 'Scores customers.',
      creator: 'engineer@example.com',
      grants: [{ user_name: 'analyst@example.com', permission_level: 'CAN_QUERY' }],
    }),
    endpoint('split', SPLIT, [60, 40]),
    endpoint('talk', [
      { entity_name: 'ml.prod.chat', entity_version: '1', workload_size: 'Small', scale_to_zero_enabled: true },
    ]),
    ...(more.endpoints ?? []),
  ]);
  return {
    ...basic,
    models: [...basic.models, UNITS, ...(more.models ?? [])],
    service_principals: [
      { application_id: BOT.id, display_name: 'deploy-bot', client_secret: BOT.secret, admin: true },
    ],
    groups: [{ display_name: 'data-science', members: ['engineer@example.com'] }],
    warehouses: [{ name: 'Main', id: '0123456789abcdef' }],
    catalogs: [
      {
        name: 'system',
        grants: { 'account users': ['USE_CATALOG'] },
        // The usage of model services. It is closed where no one opens it.
        schemas: [{ name: 'ai_gateway', grants: { 'account users': ['USE_SCHEMA', 'SELECT'] } }],
      },
    ],
    provider_services: [
      {
        full_name: 'ml.prod.openai',
        owner: 'engineer@example.com',
        grants: { 'account users': ['EXECUTE'] },
        config: {
          provider_type: 'EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI',
          openai: { direct: { api_key: { secret_reference: { name: 'secrets/ml.prod.openai_key' } } } },
          targets: ['gpt-4o', 'gpt-4o-mini'].map((model) => ({
            model,
            native_api_types: ['openai/v1/chat/completions'],
          })),
        },
      },
    ],
    model_services: [
      {
        full_name: 'ml.prod.desk',
        owner: 'engineer@example.com',
        grants: { 'data-science': ['EXECUTE'], [BOT.id]: ['EXECUTE'] },
        config: {
          routing: {
            destinations: [
              external('gpt', 'ml.prod.openai', 'gpt-4o', { traffic_percentage: 60 }),
              external('mini', 'ml.prod.openai', 'gpt-4o-mini', { traffic_percentage: 40 }),
            ],
          },
        },
      },
    ],
    apps: [
      {
        name: 'listing-app',
        description: 'Shows scores.',
        resources: [{ name: 'price-model', serving_endpoint: { name: 'split', permission: 'CAN_QUERY' } }],
      },
      ...(more.apps ?? []),
    ],
  };
}

/** A model that runs on model units. */
const UNITS = {
  full_name: 'ml.prod.units',
  owner: 'admin@example.com',
  versions: [
    {
      ...version(1),
      optimization: { optimizable: true, throughput_chunk_size: 100, model_units: true },
    },
  ],
};
