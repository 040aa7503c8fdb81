import type { ModelService } from '../../src/rest/model-services.ts';

/** A service with every kind of destination, and a field that this version does not know in each object. */
export const SERVICE: ModelService = {
  name: 'model-services/main.ai.chat',
  comment: 'For the help desk.',
  etag: 'MQ==',
  update_time: '2026-03-01T12:00:00Z',
  config: {
    routing: {
      strategy: 'WEIGHTED',
      destinations: [
        {
          name: 'claude',
          destination_type: 'DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL',
          pay_per_token_config: { model: 'models/system.ai.claude-sonnet', cache: true },
          traffic_percentage: 70,
          is_deleted: true,
          weight: 'w',
        },
        {
          name: 'llama',
          destination_type: 'DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL',
          provisioned_throughput_config: {
            model_serving_endpoint: 'serving-endpoints/llama-pt',
            model: 'system.ai.llama',
          },
          traffic_percentage: 30,
        },
      ],
      fallback: {
        on: 'ERROR',
        destinations: [
          {
            name: 'gpt',
            destination_type: 'DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL',
            external_model_config: {
              model_provider_service: 'model-provider-services/main.ai.openai',
              target: { model: 'gpt-5', native_api_types: ['openai/v1/chat/completions'] },
            },
          },
        ],
      },
    },
    rate_limits: [{ key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE', requests: 6 }],
    inference_table: { parent: 'schemas/main.logs', table: 'tables/main.logs.chat_payload', sampling: 1 },
    service_policies: [{ name: 'no_pii' }],
  },
};
