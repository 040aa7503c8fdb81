/**
 * Refusals that no row lists: other products, clouds and languages, and near misses of the rows. Each says which advice is right, or that only
 * neutral advice is. `never` holds the words of advice for another cause that the text might suggest.
 */
import type { Call } from './listed-refusals.ts';

export interface UnlistedRefusal {
  status: number;
  body: unknown;
  /** The causes that are right. Empty: only a status may decide. */
  causes: readonly string[];
  call?: Call;
  path?: string;
}

type Short = [status: number, body: unknown, causes?: readonly string[], call?: Call, path?: string];

const said = (error_code: unknown, message: string) => ({ error_code, message });
const bad = (message: string) => said('BAD_REQUEST', message);
const invalid = (message: string) => said('INVALID_PARAMETER_VALUE', message);
const denied = (message: string) => said('PERMISSION_DENIED', message);
const provider = (name: string, error: unknown) => ({ external_model_provider: name, external_model_error: error });

const UNLISTED: Short[] = [
  // 400: neither a wrong payload nor anything else that is known
  [400, bad('Model version is archived and cannot be queried.')],
  [400, bad('Budget policy b1 was exhausted for this month.')],
  [400, bad('Traffic to this endpoint is paused by an administrator.')],
  [400, invalid('temperature must be between 0 and 2')],
  [400, invalid('Unknown tool_choice: any')],
  [400, bad('The audio file is corrupted or unsupported')],
  [400, bad('n must be 1 for this model')],
  [400, bad('El punto de conexión está en mantenimiento')],
  [400, bad('リクエストが無効です')],
  [400, bad('Der Dienst kann diese Anfrage nicht verarbeiten')],
  [400, said('INVALID_STATE', 'The deployment is being migrated to another cluster')],
  [400, { message: 'ValidationException: 1 validation error detected' }],
  [400, 'Bad Request'],
  [400, { code: 3, message: 'stop_sequences: too many items', details: [] }],
  [400, bad('Tags exceed the limit of 20'), [], 'write'],
  [400, invalid('Only one of served_entities and served_models may be given'), [], 'write'],
  [422, { detail: [{ loc: ['body', 'age'], msg: 'value is not a valid integer' }] }],
  [400, bad('Speech synthesis failed: voice "alloy" not found')],
  [400, bad('Tool call id call_1 already exists in the conversation')],
  [404, said('NOT_FOUND', "Schema 'a.b' does not exist or is deleted."), [], 'write'],
  [412, said('FAILED_PRECONDITION', 'no'), [], 'write'],
  // 401
  [401, said('UNAUTHENTICATED', 'OIDC issuer mismatch'), ['login_refused']],
  [401, '', ['login_refused']],
  [401, { error: 'invalid_request', error_description: 'AADSTS700016: Application was not found' }, ['login_refused']],
  // 403: no grant, unless the words say so
  [403, denied('Customer-managed key is disabled.')],
  [403, denied('The workspace has been suspended because of an unpaid invoice.')],
  [403, denied('Cross-account access from this VPC endpoint is denied.')],
  [403, denied('Account is locked after a security review.')],
  [403, denied('This feature is disabled by your admin.'), ['workspace_feature_off']],
  [403, denied('Invalid scope'), ['scope_missing']],
  [403, { message: 'Forbidden' }],
  [403, 'RBAC: access denied'],
  [403, '<html><head><title>403 Forbidden</title></head><body><h1>Request blocked by WAF</h1></body></html>'],
  [403, denied('Accès refusé par la politique de sécurité')],
  [403, denied('Compliance security profile does not allow this model.')],
  [403, denied('User is not authorized to perform this action on metastore m.')],
  [403, denied("User does not have MODIFY on Table 'a.b.c'."), ['privilege_missing']],
  [403, denied('User does not have MANAGE ACCESS CONTROL on secret scope llm'), ['privilege_missing']],
  [403, denied('Serverless egress to api.example.com is denied by policy.')],
  [403, denied('Invalid token count: 5000')],
  // 404: no missing endpoint
  [404, said('RESOURCE_DOES_NOT_EXIST', "Connection 'jira' does not exist."), [], 'write'],
  [404, said('RESOURCE_DOES_NOT_EXIST', "Usage policy 'p' not found"), [], 'write'],
  [404, said('NOT_FOUND', 'Experiment 17 was deleted')],
  [404, 'default backend - 404'],
  [404, said('ENDPOINT_NOT_FOUND', 'Region router has no target')],
  [404, { detail: 'Not Found' }],
  [404, said('RESOURCE_DOES_NOT_EXIST', 'Scope llm does not exist!'), [], 'write'],
  [404, said('FEATURE_DISABLED', 'Telemetry export is in private preview.'), ['feature_off'], 'write'],
  [
    404,
    said('CATALOG_DOES_NOT_EXIST', "Catalog 'x' does not exist."),
    [],
    'read',
    '/api/2.1/unity-catalog/models/x.y.z',
  ],
  // 409: neither an update nor a taken name
  [409, said('RESOURCE_CONFLICT', 'Workspace is being moved to another region'), [], 'write'],
  [409, said('INVALID_STATE', 'App compute is stopping'), [], 'read', '/api/2.0/apps/x'],
  [409, said('RESOURCE_CONFLICT', 'Another principal holds the lease'), [], 'write'],
  // 429: wait, and claim no limit of the endpoint
  [429, said('REQUEST_LIMIT_EXCEEDED', 'slow down')],
  [429, '<html><title>429 Too Many Requests</title></html>'],
  [429, said('RESOURCE_EXHAUSTED', 'Serverless compute capacity is used up in this zone')],
  [429, provider('cohere', { message: 'Please wait and try again later' }), ['provider_limit']],
  [
    429,
    provider('google-cloud-vertex-ai', [
      { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded' } },
    ]),
    ['provider_limit'],
  ],
  // 5xx
  [500, said('INTERNAL_ERROR', 'NullPointerException')],
  [500, 'Internal Server Error'],
  [502, '<html><head><title>502 Bad Gateway</title></head></html>'],
  [503, said('TEMPORARILY_UNAVAILABLE', 'draining')],
  [504, '<html><head><title>504 Gateway Time-out</title></head></html>'],
  [520, 'error code: 520'],
  [500, said('INTERNAL_ERROR', 'RDS failover'), ['platform_error'], 'read'],
  [501, said('NOT_IMPLEMENTED', 'no'), []],
  // Providers in words of their own
  [
    403,
    provider('amazon-bedrock', {
      message: 'Model access is denied due to IAM user not having Marketplace permissions',
    }),
    ['provider_model_access'],
  ],
  [
    400,
    provider('anthropic', { error: { type: 'invalid_request_error', message: 'max_tokens: 99999 > 8192' } }),
    ['provider_said_no'],
  ],
  [
    404,
    provider('google-cloud-vertex-ai', {
      error: { code: 404, status: 'NOT_FOUND', message: 'Publisher Model was not found' },
    }),
    ['provider_not_found'],
  ],
  [503, provider('ai21labs', { detail: 'upgrading' }), ['provider_failed']],
  [400, provider('custom', { message: 'Model is not loaded' }), ['provider_said_no']],
  [403, provider('databricks-model-serving', denied('Token is expiring within 30 seconds')), ['provider_refused']],
  [
    404,
    provider('databricks-model-serving', said('ENDPOINT_NOT_FOUND', 'The given endpoint does not exist')),
    ['provider_not_found'],
  ],
  // Near misses: the words are quoted, or are part of a name
  [
    404,
    said('RESOURCE_DOES_NOT_EXIST', "Endpoint with name 'the given endpoint is stopped' does not exist."),
    ['endpoint_unknown_control'],
    'read',
  ],
  [400, bad('Unsupported value for prompt: "The given endpoint is stopped, please retry"')],
  [400, bad("Could not parse 'Invalid access token.' as a date")],
  [400, bad('The field "User does not have permission" is not a number')],
  [
    400,
    bad("Failed to predict data 'CUDA out of memory'. \nError 'Failed to convert column x'"),
    ['payload_does_not_fit'],
  ],
  [400, bad('Content was flagged: `Exceeded workspace QPS rate limit for x`')],
  [403, denied("User does not have permission 'View' on Endpoint stopped"), ['endpoint_grant_missing']],
  [
    404,
    said('RESOURCE_DOES_NOT_EXIST', "Endpoint with name 'rate-limit-exceeded' does not exist."),
    ['endpoint_unknown_control'],
    'read',
  ],
  [400, bad('User said: your credit balance is low')],
  [400, bad('Unexpected value in field question: Invalid access token.')],
  [400, bad('Value error, prompt: User does not have permission to fly')],
  [429, said('REQUEST_LIMIT_EXCEEDED', 'Rate limit reached for requests per day in organization')],
  [400, bad('User: arn:aws:sts::1:assumed-role/x is not authorized to perform: s3:GetObject on resource: y')],
  [403, denied('AI Gateway: key "abc" revoked')],
  [503, said('TEMPORARILY_UNAVAILABLE', 'Served entity churn-1 is not ready.')],
  [403, { Message: 'User is not authorized to access this resource with an explicit deny' }],
  [400, bad('Prompt rejected: what does The given endpoint is stopped mean?')],
];

export const UNLISTED_REFUSALS: readonly UnlistedRefusal[] = UNLISTED.map(
  ([status, body, causes = [], call, path]) => ({
    status,
    body,
    causes,
    ...(call === undefined ? {} : { call }),
    ...(path === undefined ? {} : { path }),
  }),
);
