/** The key of the tag that marks an endpoint during a guarded rollout. It has none of `. , = / :` (fact E19). */
export const ROLLOUT_TAG = 'databricks-serving-mcp-rollout';
