/** The built-in workspace with one endpoint of every family, and a service principal whose tokens end soon. */
import defaults from '../../src/sandbox/seed/default-workspace.json' with { type: 'json' };

export const CLIENT_ID = '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21';
export const CLIENT_SECRET = 'sandbox-not-a-secret';

const custom = (name: string, entity_name: string, entity_version: string, rest: Record<string, unknown> = {}) => ({
  name,
  config: { served_entities: [{ entity_name, entity_version, workload_size: 'Small', scale_to_zero_enabled: false }] },
  grants: [{ service_principal_name: CLIENT_ID, permission_level: 'CAN_QUERY' }],
  ...rest,
});

/** @param lifetime seconds that a token of the service principal lives. */
export function workspace(lifetime = 3600): Record<string, unknown> {
  return {
    ...defaults,
    service_principals: defaults.service_principals.map((each) =>
      each.application_id === CLIENT_ID ? { ...each, token_lifetime_seconds: lifetime } : each,
    ),
    endpoints: [
      ...defaults.endpoints,
      custom('churn', 'ml.prod.churn', '2'),
      custom('chat-agent', 'ml.prod.support_agent', '1'),
      custom('churn-direct', 'ml.prod.churn', '2', { route_optimized: true }),
      custom('agent-direct', 'ml.prod.support_agent', '2', { route_optimized: true }),
      {
        name: 'completer',
        config: {
          served_entities: [
            {
              name: 'davinci',
              external_model: {
                provider: 'openai',
                name: 'davinci-002',
                task: 'llm/v1/completions',
                openai_config: { openai_api_key: '{{secrets/llm-providers/openai_api_key}}' },
              },
            },
          ],
        },
        grants: [{ service_principal_name: CLIENT_ID, permission_level: 'CAN_QUERY' }],
      },
    ],
  };
}

/** One endpoint of each family, by name. */
export const FAMILIES = {
  chat: 'databricks-claude-sonnet-4-5',
  parts: 'databricks-gpt-oss-120b',
  completions: 'completer',
  embeddings: 'databricks-gte-large-en',
  responses: 'support-agent',
  chat_agent: 'chat-agent',
  custom: 'churn',
};
