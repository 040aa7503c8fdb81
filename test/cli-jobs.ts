/**
 * Jobs that people do with the CLI and its skill text, one row each, and the tools for them. `cli-jobs.test.ts` does every job through the
 * protocol.
 */

export interface CliJob {
  /** The job, in the words of those who know the CLI. */
  job: string;
  tools: readonly string[];
}

export const CLI_JOBS = [
  // Endpoint lifecycle
  { job: 'List endpoints', tools: ['list_endpoints'] },
  { job: 'Get an endpoint: config, traffic, gateway, state, update under way', tools: ['get_endpoint'] },
  { job: 'Create an endpoint for a custom model', tools: ['create_endpoint'] },
  { job: 'Create a provisioned-throughput endpoint', tools: ['create_endpoint'] },
  { job: 'Create an external-model endpoint, secrets by reference', tools: ['create_endpoint'] },
  { job: 'Find out the request fields before building the body', tools: ['create_endpoint'] },
  { job: 'Update served entities and scaling', tools: ['update_endpoint'] },
  { job: 'Delete an endpoint', tools: ['delete_endpoint'] },
  { job: 'Patch tags', tools: ['update_endpoint'] },
  { job: 'Swap a version with no downtime', tools: ['swap_version'] },
  { job: 'Repoint the alias together with the swap', tools: ['swap_version', 'set_alias'] },
  { job: 'Find a registered model', tools: ['list_model_versions'] },
  { job: 'List model versions, resolve an alias', tools: ['list_model_versions'] },
  { job: 'Split traffic: A/B test, canary', tools: ['set_traffic'] },
  { job: 'Wait for ready and config_update', tools: ['wait_for_endpoint'] },
  { job: 'See why an update failed', tools: ['wait_for_endpoint', 'diagnose_endpoint'] },
  // Data plane
  { job: 'Query chat and agents (messages)', tools: ['query_endpoint'] },
  { job: 'Query classical models (dataframe_records, dataframe_split, inputs, instances)', tools: ['query_endpoint'] },
  { job: 'Query embeddings and completions', tools: ['query_endpoint'] },
  { job: 'Stream an answer', tools: ['query_endpoint'] },
  { job: 'Get the OpenAPI schema', tools: ['get_schema'] },
  // Observe and govern
  { job: 'Build logs', tools: ['get_logs'] },
  { job: 'Runtime logs', tools: ['get_logs'] },
  { job: 'Metrics', tools: ['get_metrics'] },
  { job: 'Read permissions', tools: ['get_permissions'] },
  { job: 'Grant and revoke permissions', tools: ['update_permissions'] },
  { job: 'Find the endpoint id that permissions want', tools: ['get_permissions', 'update_permissions'] },
  { job: 'AI Gateway rate limits', tools: ['set_rate_limits'] },
  { job: 'AI Gateway usage tracking, inference table, guardrails, fallback', tools: ['update_ai_gateway'] },
  { job: 'Discover foundation models at run time', tools: ['list_foundation_models'] },
  // Integration and help
  { job: 'Databricks Apps: resource, environment, scopes', tools: ['get_integration_code', 'attach_to_app'] },
  { job: 'Stream from outside the platform (AI SDK, Node)', tools: ['get_integration_code'] },
  { job: 'From an error to the next step', tools: ['get_endpoint', 'list_endpoints'] },
  { job: 'Unified authentication', tools: ['list_endpoints'] },
  // The troubleshooting table
  { job: 'Trouble: cannot configure default credentials', tools: ['list_endpoints'] },
  { job: 'Trouble: PERMISSION_DENIED', tools: ['query_endpoint', 'update_permissions', 'attach_to_app'] },
  { job: 'Trouble: Endpoint stuck in NOT_READY', tools: ['get_endpoint', 'wait_for_endpoint', 'get_logs'] },
  { job: 'Trouble: RESOURCE_DOES_NOT_EXIST', tools: ['get_endpoint', 'list_endpoints'] },
  { job: 'Trouble: Query returns 404', tools: ['query_endpoint', 'get_endpoint'] },
  { job: 'Trouble: RATE_LIMIT_EXCEEDED (429)', tools: ['query_endpoint', 'get_endpoint', 'set_rate_limits'] },
  {
    job: 'Trouble: Endpoint missing from the Serving UI after a deploy',
    tools: ['create_endpoint', 'list_endpoints'],
  },
] as const satisfies readonly CliJob[];
