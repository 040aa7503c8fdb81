import type { Incident, Wording } from './incident.ts';
import { chat, endpoint, payloads, redeploy } from './parts.ts';

interface Case {
  endpoint: string;
  provider: string;
  config: Record<string, unknown>;
  older: string;
  newer: string;
  minutes_ago: number;
  per_minute: number;
  status: number;
  code: string;
  error: Record<string, unknown>;
  shows: string;
}

function wording(c: Case): Wording {
  const external = (name: string) => ({
    name: name.replace(/[.:]/g, '-'),
    external_model: { provider: c.provider, name, task: 'llm/v1/chat', ...c.config },
  });
  const message = JSON.stringify({ external_model_provider: c.provider, external_model_error: c.error });
  return {
    endpoint: c.endpoint,
    seed: {
      endpoints: [
        endpoint(c.endpoint, {
          creator: 'admin@example.com',
          config: { served_entities: [external(c.older)] },
          ai_gateway: { usage_tracking_config: { enabled: true }, inference_table_config: payloads(c.endpoint) },
          traffic: { requests_per_minute: c.per_minute },
          mishaps: [
            {
              match: { model: c.older },
              share: 1,
              since_minutes_ago: c.minutes_ago,
              answer: { status: c.status, body: { error_code: c.code, message } },
              latency_ms: 90,
            },
          ],
        }),
      ],
    },
    shows: { texts: [c.shows], share_of_errors: 0.9 },
    remedy: redeploy(c.endpoint, [external(c.newer)], 1),
    query: chat(),
  };
}

/** The provider retired the model that the endpoint names. */
export const modelNameGone: Incident = {
  name: 'model-name-gone',
  symptom: 'Overnight the writing helper stopped working; nobody changed anything.',
  causes: ['provider_model_missing'],
  wordings: [
    wording({
      endpoint: 'brief-writer',
      provider: 'openai',
      config: { openai_config: { openai_api_key: '{{secrets/llm-providers/openai_api_key}}' } },
      older: 'gpt-4-0314',
      newer: 'gpt-4.1',
      minutes_ago: 540,
      per_minute: 6,
      status: 404,
      code: 'RESOURCE_DOES_NOT_EXIST',
      error: {
        error: {
          message: 'The model `gpt-4-0314` does not exist or you do not have access to it.',
          type: 'invalid_request_error',
          param: null,
          code: 'model_not_found',
        },
      },
      shows: 'does not exist or you do not have access to it',
    }),
    wording({
      endpoint: 'press-office',
      provider: 'anthropic',
      config: { anthropic_config: { anthropic_api_key: '{{secrets/llm-providers/anthropic_api_key}}' } },
      older: 'claude-2.1',
      newer: 'claude-sonnet-4-5',
      minutes_ago: 300,
      per_minute: 2,
      status: 404,
      code: 'NOT_FOUND',
      error: { type: 'error', error: { type: 'not_found_error', message: 'model: claude-2.1' } },
      shows: 'not_found_error',
    }),
    wording({
      endpoint: 'letter-draft',
      provider: 'openai',
      config: { openai_config: { openai_api_key: '{{secrets/llm-providers/openai_api_key}}' } },
      older: 'gpt-4-32k',
      newer: 'gpt-4o',
      minutes_ago: 800,
      per_minute: 20,
      status: 404,
      code: 'BAD_REQUEST',
      error: {
        error: {
          message:
            'The model `gpt-4-32k` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations',
          type: 'invalid_request_error',
          param: null,
          code: 'model_not_found',
        },
      },
      shows: 'has been deprecated',
    }),
  ],
};
