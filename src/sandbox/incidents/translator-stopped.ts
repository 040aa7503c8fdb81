import type { Incident, Wording } from './incident.ts';
import { chat, endpoint, payloads } from './parts.ts';

interface Case {
  endpoint: string;
  external_model: { provider: string; name: string; task: string; [config: string]: unknown };
  minutes_ago: number;
  per_minute: number;
  body: Record<string, unknown>;
  shows: string;
  limit?: number;
}

function wording(c: Case): Wording {
  return {
    endpoint: c.endpoint,
    seed: {
      endpoints: [
        endpoint(c.endpoint, {
          creator: 'admin@example.com',
          config: { served_entities: [{ name: `${c.endpoint}-ext`, external_model: c.external_model }] },
          ai_gateway: {
            usage_tracking_config: { enabled: true },
            inference_table_config: payloads(c.endpoint),
            ...(c.limit ? { rate_limits: [{ calls: c.limit, key: 'endpoint', renewal_period: 'minute' }] } : {}),
          },
          traffic: { requests_per_minute: c.per_minute },
          mishaps: [
            {
              share: 1,
              since_minutes_ago: c.minutes_ago,
              answer: { status: 429, body: c.body },
              latency_ms: 210,
              until: { fact: 'account-paid' },
            },
          ],
        }),
      ],
      steps: [
        {
          name: 'pay-provider',
          does: "The owner of the provider's account adds credit.",
          facts: ['account-paid'],
        },
      ],
    },
    shows: { texts: [c.shows], share_of_errors: 0.9 },
    remedy: [{ step: 'pay-provider' }],
    query: chat('Good morning'),
  };
}

const OPENAI = { openai_config: { openai_api_key: '{{secrets/llm-providers/openai_api_key}}' } };

/** The account at the provider has no credit left. */
export const translatorStopped: Incident = {
  name: 'translator-stopped',
  symptom: 'The translator refuses every call as too many, though only a few people use it.',
  causes: ['provider_quota_used_up'],
  wordings: [
    wording({
      endpoint: 'mail-translator',
      external_model: { provider: 'openai', name: 'gpt-4o', task: 'llm/v1/chat', ...OPENAI },
      minutes_ago: 55,
      per_minute: 4,
      limit: 200,
      body: {
        error_code: 'REQUEST_LIMIT_EXCEEDED',
        message: JSON.stringify({
          external_model_provider: 'openai',
          external_model_error: {
            error: {
              message:
                'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
              type: 'insufficient_quota',
              param: null,
              code: 'insufficient_quota',
            },
          },
        }),
      },
      shows: 'insufficient_quota',
    }),
    wording({
      endpoint: 'subtitle-maker',
      external_model: { provider: 'openai', name: 'gpt-4o-mini', task: 'llm/v1/chat', ...OPENAI },
      minutes_ago: 900,
      per_minute: 12,
      body: {
        error_code: 'REQUEST_LIMIT_EXCEEDED',
        message: JSON.stringify({
          error: 'Received error from openai',
          external_model_message: {
            error: {
              message: 'You exceeded your current quota, please check your plan and billing details.',
              type: 'insufficient_quota',
              code: 'insufficient_quota',
            },
          },
        }),
      },
      shows: 'Received error from openai',
    }),
    wording({
      endpoint: 'manual-translator',
      external_model: {
        provider: 'openai',
        name: 'gpt-4o',
        task: 'llm/v1/chat',
        openai_config: {
          openai_api_type: 'azure',
          openai_api_key: '{{secrets/llm-providers/openai_api_key}}',
          openai_api_base: 'https://translate.openai.azure.example/',
          openai_api_version: '2024-10-21',
          openai_deployment_name: 'gpt-4o-translate',
        },
      },
      minutes_ago: 130,
      per_minute: 2,
      body: {
        error_code: 429,
        message: `REQUEST_LIMIT_EXCEEDED: ${JSON.stringify({
          external_model_provider: 'openai',
          external_model_error: {
            error: {
              code: 'insufficient_quota',
              message:
                'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://aka.ms/oai/quota.',
            },
          },
        })} [ReqId: 0b7c9a44-3df2-4c11-8a55-7e2f0f1d9c3b]`,
      },
      shows: 'You exceeded your current quota',
    }),
  ],
};
