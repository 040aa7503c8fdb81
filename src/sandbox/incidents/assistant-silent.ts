import type { Incident, Wording } from './incident.ts';
import { chat, endpoint, payloads } from './parts.ts';

interface Case {
  endpoint: string;
  provider: string;
  name: string;
  config: Record<string, unknown>;
  scope: string;
  key: string;
  status: number;
  /** The body of the provider. The gateway wraps it. */
  error: Record<string, unknown>;
  /** The code that the gateway writes outside. */
  code: string;
  shows: string;
  minutes_ago: number;
  per_minute: number;
  neighbours?: { name: string; config: Record<string, unknown>; per_minute: number };
}

function wording(c: Case): Wording {
  const external = (name: string, config: Record<string, unknown>) => ({
    name,
    external_model: { provider: c.provider, name: c.name, task: 'llm/v1/chat', ...config },
  });
  const message = JSON.stringify({ external_model_provider: c.provider, external_model_error: c.error });
  return {
    endpoint: c.endpoint,
    seed: {
      secret_scopes: [{ name: c.scope, keys: [c.key] }],
      endpoints: [
        endpoint(c.endpoint, {
          creator: 'admin@example.com',
          config: { served_entities: [external(`${c.endpoint}-1`, c.config)] },
          ai_gateway: { usage_tracking_config: { enabled: true }, inference_table_config: payloads(c.endpoint) },
          traffic: { requests_per_minute: c.per_minute },
          mishaps: [
            {
              share: 1,
              since_minutes_ago: c.minutes_ago,
              answer: { status: c.status, body: { error_code: c.code, message } },
              latency_ms: 140,
              until: { secret_renewed: `${c.scope}/${c.key}` },
            },
          ],
        }),
        ...(c.neighbours
          ? [
              endpoint(c.neighbours.name, {
                creator: 'admin@example.com',
                config: { served_entities: [external(`${c.neighbours.name}-1`, c.neighbours.config)] },
                traffic: { requests_per_minute: c.neighbours.per_minute },
              }),
            ]
          : []),
      ],
    },
    remedy: [
      { call: ['POST', '/api/2.0/secrets/put', { scope: c.scope, key: c.key, string_value: 'made-up-value' }] },
      { wait_minutes: 3 },
    ],
    query: chat(),
    shows: { texts: [c.shows], share_of_errors: 0.9 },
  };
}

/** The provider refuses the key of the endpoint. */
export const assistantSilent: Incident = {
  name: 'assistant-silent',
  symptom: 'Since this morning, the assistant answers nothing but errors.',
  causes: ['provider_key_invalid'],
  wordings: [
    wording({
      endpoint: 'parcel-assistant',
      provider: 'openai',
      name: 'gpt-4o-mini',
      config: { openai_config: { openai_api_key: '{{secrets/parcel-llm/openai_key}}' } },
      scope: 'parcel-llm',
      key: 'openai_key',
      status: 401,
      code: 'UNAUTHENTICATED',
      error: {
        error: {
          message:
            'Incorrect API key provided: sk-proj-****************************************W3kA. You can find your API key at https://platform.openai.com/account/api-keys.',
          type: 'invalid_request_error',
          param: null,
          code: 'invalid_api_key',
        },
      },
      shows: 'Incorrect API key provided',
      minutes_ago: 200,
      per_minute: 8,
    }),
    wording({
      endpoint: 'contract-reader',
      provider: 'anthropic',
      name: 'claude-3-5-sonnet-20241022',
      config: { anthropic_config: { anthropic_api_key: '{{secrets/legal/anthropic}}' } },
      scope: 'legal',
      key: 'anthropic',
      status: 401,
      code: 'BAD_REQUEST',
      error: { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } },
      shows: 'invalid x-api-key',
      minutes_ago: 75,
      per_minute: 3,
      neighbours: {
        name: 'contract-reader-eu',
        config: { anthropic_config: { anthropic_api_key: '{{secrets/llm-providers/anthropic_api_key}}' } },
        per_minute: 2,
      },
    }),
    wording({
      endpoint: 'menu-writer',
      provider: 'cohere',
      name: 'command-r-plus',
      config: { cohere_config: { cohere_api_key: '{{secrets/kitchen/cohere_prod}}' } },
      scope: 'kitchen',
      key: 'cohere_prod',
      status: 401,
      code: 'PERMISSION_DENIED',
      error: { message: 'invalid api token' },
      shows: 'invalid api token',
      minutes_ago: 1300,
      per_minute: 25,
    }),
  ],
};
