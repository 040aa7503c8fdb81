/**
 * What users do with the CLI and its skill text, one row each, and the tools that do it here. Every row is taken through the protocol by
 * `seed-table.test.ts`; the README prints the table.
 */

export interface SeedRow {
  /** The job, in the words of those who know the CLI. */
  seed: string;
  tools: readonly string[];
}

export const SEED_ROWS = [
  // Endpoint lifecycle
  { seed: 'List endpoints', tools: ['list_endpoints'] },
  { seed: 'Get an endpoint: config, traffic, gateway, state, update under way', tools: ['get_endpoint'] },
  { seed: 'Create an endpoint for a custom model', tools: ['create_endpoint'] },
  { seed: 'Create a provisioned-throughput endpoint', tools: ['create_endpoint'] },
  { seed: 'Create an external-model endpoint, secrets by reference', tools: ['create_endpoint'] },
  { seed: 'Find out the request fields before building the body', tools: ['create_endpoint'] },
  { seed: 'Update served entities and scaling', tools: ['update_endpoint'] },
  { seed: 'Delete an endpoint', tools: ['delete_endpoint'] },
  { seed: 'Patch tags', tools: ['update_endpoint'] },
  { seed: 'Swap a version with no downtime', tools: ['swap_version'] },
  { seed: 'Repoint the alias together with the swap', tools: ['swap_version', 'set_alias'] },
  { seed: 'List model versions, resolve an alias', tools: ['list_model_versions'] },
  { seed: 'Split traffic: A/B test, canary', tools: ['set_traffic'] },
  { seed: 'Wait for ready and config_update', tools: ['wait_for_endpoint'] },
  { seed: 'See why an update failed', tools: ['wait_for_endpoint', 'get_logs'] },
  // Data plane
  { seed: 'Query chat and agents (messages)', tools: ['query_endpoint'] },
  { seed: 'Query classical models (dataframe_records, dataframe_split, inputs, instances)', tools: ['query_endpoint'] },
  { seed: 'Query embeddings and completions', tools: ['query_endpoint'] },
  { seed: 'Stream an answer', tools: ['query_endpoint'] },
  { seed: 'Get the OpenAPI schema', tools: ['get_schema'] },
  // Observe and govern
  { seed: 'Build logs', tools: ['get_logs'] },
  { seed: 'Runtime logs', tools: ['get_logs'] },
  { seed: 'Metrics', tools: ['get_metrics'] },
  { seed: 'Read permissions', tools: ['get_permissions'] },
  { seed: 'Grant and revoke permissions', tools: ['update_permissions'] },
  { seed: 'Find the endpoint id that permissions want', tools: ['get_permissions', 'update_permissions'] },
  { seed: 'AI Gateway rate limits', tools: ['set_rate_limits'] },
  { seed: 'AI Gateway usage tracking, inference table, guardrails, fallback', tools: ['update_ai_gateway'] },
  { seed: 'Discover foundation models at run time', tools: ['list_foundation_models'] },
  // Integration and help
  { seed: 'Databricks Apps: resource, environment, scopes', tools: ['get_integration_code', 'attach_to_app'] },
  { seed: 'Stream from outside the platform (AI SDK, Node)', tools: ['get_integration_code'] },
  { seed: 'From an error to the next step', tools: ['get_endpoint', 'list_endpoints'] },
  { seed: 'Unified authentication', tools: ['list_endpoints'] },
  // The troubleshooting table
  { seed: 'Trouble: cannot configure default credentials', tools: ['list_endpoints'] },
  { seed: 'Trouble: PERMISSION_DENIED', tools: ['query_endpoint', 'update_permissions', 'attach_to_app'] },
  { seed: 'Trouble: Endpoint stuck in NOT_READY', tools: ['get_endpoint', 'wait_for_endpoint', 'get_logs'] },
  { seed: 'Trouble: RESOURCE_DOES_NOT_EXIST', tools: ['get_endpoint', 'list_endpoints'] },
  { seed: 'Trouble: Query returns 404', tools: ['query_endpoint', 'get_endpoint'] },
  { seed: 'Trouble: RATE_LIMIT_EXCEEDED (429)', tools: ['query_endpoint', 'get_endpoint', 'set_rate_limits'] },
  {
    seed: 'Trouble: Endpoint missing from the Serving UI after a deploy',
    tools: ['create_endpoint', 'list_endpoints'],
  },
] as const satisfies readonly SeedRow[];
