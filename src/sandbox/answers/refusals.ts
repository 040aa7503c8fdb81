/**
 * What this sandbox answers to reads that must be refused. Texts have the names of the question in braces. Where a text is missing, the row of
 * the evidence is about the status only.
 */
export interface Refusal {
  status: number;
  code: string | number;
  text?: string;
  /** The row of the evidence. */
  row: string;
}

const missing = (row: string, text?: string): Refusal => ({
  status: 404,
  code: 'RESOURCE_DOES_NOT_EXIST',
  row,
  ...(text === undefined ? {} : { text }),
});
const invalid = (row: string, text: string): Refusal => ({
  status: 400,
  code: 'INVALID_PARAMETER_VALUE',
  row,
  text,
});

/** By what is asked for. */
export const REFUSALS: Record<string, Refusal> = {
  'endpoint-missing': missing('not-found-control', "Endpoint with name '{name}' does not exist."),
  'access-missing': missing('permission-id-text', "Inference endpoint with ID '{name}' does not exist."),
  'access-by-name': invalid('permission-by-name', "'{name}' is not a valid Inference Endpoint ID."),
  unsigned: {
    status: 401,
    code: 401,
    text: 'Credential was not sent or was of an unsupported type for this API.',
    row: 'no-credential-text',
  },
  'logs-bad-version.custom': invalid(
    'log-version-text',
    "Could not parse config_version: '{version}' is not a number.",
  ),
  'logs.external': missing('logs-missing'),
  'logs.foundation': missing('logs-missing'),
  'openapi.external': missing('data.openapi-missing'),
  'openapi.foundation': missing('data.openapi-missing'),
  'metrics.foundation': missing('data.metrics-foundation'),
  'metrics.tile': missing('tile-config'),
  'build-logs-active.failed': missing('log-version'),
  'model-missing': missing('catalog-missing-text', "Routine or Model '{name}' does not exist."),
  'version-missing': missing('catalog-missing-text', "Model Version '{version}' of '{name}' does not exist."),
  'alias-missing': missing('catalog-missing-text', "Alias '{alias}' of '{name}' does not exist."),
  'app-missing': missing('app-missing-text', 'App with name {name} does not exist or is deleted.'),
  'scope-missing': missing('scope-missing-text', 'Scope {name} does not exist!'),
  // An error of SCIM has its status as text, and no code.
  'user-missing': { status: 404, code: '404', text: 'User with id {name} not found.', row: 'scim-missing' },
};
