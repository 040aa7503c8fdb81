import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/diagnose/diagnose.ts';
import { codes, evidenceOf, findings } from './traffic-evidence.ts';

const wrapped = (provider: string, error: unknown, code = 'BAD_REQUEST') =>
  JSON.stringify({
    error_code: code,
    message: JSON.stringify({ external_model_provider: provider, external_model_error: error }),
  });
const service = (code: string, message: string) => JSON.stringify({ error_code: code, message });

const PROVIDERS: [code: string, status: number, text: string][] = [
  [
    'context_too_long',
    400,
    wrapped('cohere', { message: 'too many tokens: total number of tokens in the prompt cannot exceed 128000' }),
  ],
  [
    'payload_rejected',
    400,
    wrapped('openai', {
      error: { message: "Unsupported value: 'temperature' does not support 0.2.", code: 'unsupported_value' },
    }),
  ],
  [
    'provider_model_task',
    400,
    wrapped('azure-openai', {
      error: {
        code: 'OperationNotSupported',
        message: 'The chatCompletion operation does not work with the specified model, text-embedding-ada-002.',
      },
    }),
  ],
  [
    'provider_key_invalid',
    401,
    wrapped('openai', {
      error: { message: 'Incorrect API key provided: sk-…', type: 'invalid_request_error', code: 'invalid_api_key' },
    }),
  ],
  [
    'provider_key_invalid',
    401,
    wrapped('anthropic', { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } }),
  ],
  ['provider_key_invalid', 401, wrapped('cohere', { message: 'invalid api token' })],
  ['provider_key_invalid', 401, wrapped('mistral', { message: 'Unauthorized', request_id: 'a1' })],
  [
    'provider_key_invalid',
    401,
    wrapped('azure-openai', {
      error: { code: '401', message: 'Access denied due to invalid subscription key or wrong API endpoint.' },
    }),
  ],
  [
    'provider_key_invalid',
    403,
    wrapped('amazon-bedrock', {
      message: 'The security token included in the request is expired',
      __type: 'ExpiredTokenException',
    }),
  ],
  [
    'provider_key_invalid',
    400,
    wrapped('google-cloud-vertex-ai', {
      error: { code: 400, message: 'API key expired. Please renew the API key.', status: 'INVALID_ARGUMENT' },
    }),
  ],
  ['provider_key_invalid', 401, wrapped('ai21labs', { detail: 'Forbidden: Bad or missing API token.' })],
  [
    'provider_quota_used_up',
    429,
    wrapped('openai', {
      error: {
        message: 'You exceeded your current quota, please check your plan and billing details.',
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      },
    }),
  ],
  [
    'provider_credit_low',
    400,
    wrapped('anthropic', {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the Anthropic API.' },
    }),
  ],
  ['provider_credit_low', 402, wrapped('mistral', { message: 'Payment required' })],
  [
    'provider_rate_limit',
    429,
    wrapped('azure-openai', {
      error: {
        code: '429',
        message:
          'Requests to the ChatCompletions_Create Operation have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 22 seconds.',
      },
    }),
  ],
  [
    'provider_rate_limit',
    429,
    wrapped('anthropic', {
      type: 'error',
      error: {
        type: 'rate_limit_error',
        message: "This request would exceed your organization's rate limit of 40,000 input tokens per minute.",
      },
    }),
  ],
  [
    'provider_rate_limit',
    429,
    wrapped('google-cloud-vertex-ai', {
      error: { code: 429, message: 'Resource has been exhausted (e.g. check quota).', status: 'RESOURCE_EXHAUSTED' },
    }),
  ],
  [
    'provider_rate_limit',
    429,
    wrapped('amazon-bedrock', {
      message: 'Too many requests, please wait before trying again.',
      __type: 'ThrottlingException',
    }),
  ],
  [
    'provider_rate_limit',
    429,
    wrapped('cohere', { message: 'You are using a Trial key, which is limited to 10 API calls / minute.' }),
  ],
  [
    'provider_model_retired',
    404,
    wrapped('openai', {
      error: {
        message:
          'The model `text-davinci-003` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations',
        type: 'invalid_request_error',
        code: 'model_not_found',
      },
    }),
  ],
  [
    'provider_model_retired',
    404,
    wrapped('amazon-bedrock', {
      message: 'This model version has reached the end of its life. Please refer to the AWS documentation.',
      __type: 'ResourceNotFoundException',
    }),
  ],
  ['provider_model_retired', 404, wrapped('cohere', { message: "model 'command' was removed on September 15, 2025." })],
  [
    'provider_model_retired',
    410,
    wrapped('custom', { error: { message: 'This model has been retired.', code: 'ModelDeprecated' } }),
  ],
  [
    'provider_model_missing',
    404,
    wrapped('openai', {
      error: { message: 'The model `gpt-9` does not exist or you do not have access to it.', code: 'model_not_found' },
    }),
  ],
  [
    'provider_model_missing',
    404,
    wrapped('anthropic', { type: 'error', error: { type: 'not_found_error', message: 'model: claude-9' } }),
  ],
  [
    'provider_model_missing',
    404,
    wrapped('google-cloud-vertex-ai', {
      error: {
        code: 404,
        message:
          'Publisher Model `projects/p/locations/l/publishers/google/models/x` was not found or your project does not have access to it.',
        status: 'NOT_FOUND',
      },
    }),
  ],
  [
    'provider_deployment_missing',
    404,
    wrapped('azure-openai', {
      error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' },
    }),
  ],
  [
    'provider_model_access',
    403,
    wrapped('amazon-bedrock', { message: "You don't have access to the model with the specified model ID." }),
  ],
  [
    'provider_iam',
    403,
    wrapped('amazon-bedrock', {
      message: 'User: arn:aws:iam::1:user/x is not authorized to perform: bedrock:InvokeModel on resource: y',
    }),
  ],
  [
    'provider_region',
    403,
    wrapped('openai', {
      error: { message: 'Country, region, or territory not supported', code: 'unsupported_country_region_territory' },
    }),
  ],
  [
    'provider_overloaded',
    529,
    wrapped('anthropic', { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
  ],
  [
    'provider_overloaded',
    503,
    wrapped('google-cloud-vertex-ai', {
      error: { code: 503, message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' },
    }),
  ],
  ['provider_unreachable', 502, service('BAD_GATEWAY', 'The provider of external model gpt-4o could not be reached')],
  [
    'provider_failed',
    500,
    wrapped('openai', {
      error: { message: 'The server had an error while processing your request.', type: 'server_error' },
    }),
  ],
];

describe('the answer of a provider names the cause, in the words of each provider', () => {
  it.each([
    ['provider_rate_limit', 'REQUEST_LIMIT_EXCEEDED', { __type: 'ThrottlingException', message: 'Slow down.' }],
    ['provider_rate_limit', 'REQUEST_LIMIT_EXCEEDED', { message: 'Too many tokens, please wait before trying again.' }],
    ['provider_key_invalid', 'UNAUTHENTICATED', { message: 'No.' }],
    ['provider_refused', 'PERMISSION_DENIED', { message: 'No.' }],
    ['provider_model_missing', 'NOT_FOUND', { message: 'No.' }],
    ['provider_credit_low', 'BAD_REQUEST', { error: { message: 'Insufficient Balance', code: 'invalid_request' } }],
  ])('%s, quoted without its status: %s %o', (code, outer, error) => {
    expect(codes({ external: 'custom', answer: wrapped('custom', error, outer) })).toEqual([code]);
  });

  it.each([
    ['provider_content_filter', { message: 'Output blocked by content filtering policy' }, 'healthy'],
    ['provider_said_no', { message: 'No.' }, 'degraded'],
  ])('%s explains the refused requests of others', (code, error, verdict) => {
    const entities = [{ name: 'churn-3', minute: { requests: 60, e4xx: 24 } }];
    const found = diagnose(evidenceOf({ external: 'custom', answer: wrapped('custom', error), entities }));
    expect(found.findings.map((each) => each.code)).toEqual([code]);
    expect(found.verdict).toBe(verdict);
    expect(found.note?.includes('a part of its requests is refused') ?? false).toBe(verdict === 'healthy');
  });

  it.each(PROVIDERS)('%s (%i): %s', (code, status, answer) => {
    const found = findings({ external: 'openai', answer, status });
    expect(found.map((each) => each.code)).toEqual([code]);
    expect(found[0]?.remedy).toMatchObject({ person: expect.any(String), say: expect.any(String) });
  });
});

const GATEWAY: [code: string, status: number, text: string][] = [
  [
    'own_limit_requests',
    429,
    service(
      'REQUEST_LIMIT_EXCEEDED',
      "REQUEST_LIMIT_EXCEEDED: User defined rate limit(s) exceeded for 'churn'. Requests-per-minute (RPM) rate limit exceeded for endpoint.",
    ),
  ],
  [
    'own_limit_user',
    429,
    service(
      'REQUEST_LIMIT_EXCEEDED',
      "User defined rate limit(s) exceeded for 'churn'. Requests-per-minute (RPM) rate limit exceeded for user.",
    ),
  ],
  [
    'own_limit_group',
    429,
    service(
      'REQUEST_LIMIT_EXCEEDED',
      "User defined rate limit(s) exceeded for 'churn'. Requests-per-minute (RPM) rate limit exceeded for user group.",
    ),
  ],
  [
    'own_limit_tokens',
    429,
    service(
      'REQUEST_LIMIT_EXCEEDED',
      "User defined rate limit(s) exceeded for 'churn'. Tokens-per-minute (TPM) rate limit exceeded for endpoint.",
    ),
  ],
  [
    'own_limit_zero',
    403,
    service('PERMISSION_DENIED', 'PERMISSION_DENIED: The endpoint is disabled due to a rate limit set to 0.'),
  ],
  [
    'platform_limit_zero',
    403,
    service('PERMISSION_DENIED', 'The endpoint is temporarily disabled due to a Databricks-set rate limit of 0.'),
  ],
  [
    'workspace_quota',
    429,
    service('REQUEST_LIMIT_EXCEEDED', 'Exceeded workspace input tokens per minute rate limit for llama.'),
  ],
  ['workspace_quota', 429, service('REQUEST_LIMIT_EXCEEDED', 'Exceeded workspace QPS rate limit for llama.')],
  [
    'endpoint_concurrency',
    429,
    service(
      'REQUEST_LIMIT_EXCEEDED',
      'Too many concurrent requests. Consider increasing the provisioned concurrency of the served entity.',
    ),
  ],
  ['workspace_parallel', 429, service('REQUEST_LIMIT_EXCEEDED', 'Exceeded max number of parallel requests.')],
  [
    'guardrail_input_pii',
    400,
    service(
      'BAD_REQUEST',
      '{"usage":{},"input_guardrail":[{"flagged":false,"pii_detection":true}],"finishReason":"input_guardrail_triggered"}',
    ),
  ],
  [
    'guardrail_input_safety',
    400,
    service(
      'BAD_REQUEST',
      '{"usage":{},"input_guardrail":[{"flagged":true,"categories":{"hate":true}}],"finishReason":"input_guardrail_triggered"}',
    ),
  ],
  [
    'guardrail_output',
    400,
    service('BAD_REQUEST', '{"output_guardrail":[{"flagged":true}],"finishReason":"output_guardrail_triggered"}'),
  ],
  ['guardrail_broken', 400, service('BAD_REQUEST', "Input guardrail 'judge' failed to evaluate: endpoint not ready")],
  [
    'payload_rejected',
    400,
    service('BAD_REQUEST', "Failed to enforce schema of data. Error: Model is missing inputs ['age']."),
  ],
  [
    'payload_rejected',
    400,
    service('BAD_REQUEST', 'Incompatible input types for column age. Can not safely convert string to double.'),
  ],
  ['payload_rejected', 400, service('BAD_REQUEST', 'Bad request: json: unknown field "seed"')],
  ['payload_too_large', 413, service('BAD_REQUEST', 'Request size cannot exceed 16777216 bytes.')],
  ['context_too_long', 400, service('BAD_REQUEST', 'prompt is too long: 250000 tokens > 200000 maximum')],
  ['near_time_limit', 504, 'upstream request timeout'],
  ['no_replica_answers', 503, 'no healthy upstream'],
  [
    'model_raises',
    400,
    JSON.stringify({
      error_code: 'BAD_REQUEST',
      message: 'Encountered an unexpected error while evaluating the model. Verify that the input is compatible.',
      stack_trace:
        'Traceback (most recent call last):\n  File "/m/score.py", line 3, in predict\n    x\nKeyError: \'age\'',
    }),
  ],
  [
    'dependency_timeout',
    400,
    JSON.stringify({
      error_code: 'BAD_REQUEST',
      message: 'Encountered an unexpected error while evaluating the model.',
      stack_trace:
        'Traceback (most recent call last):\n  File "/m/score.py", line 3, in predict\n    x\npsycopg2.OperationalError: connection to server at "db.internal", port 5432 failed: timeout expired',
    }),
  ],
];

describe('the answer of the endpoint names the cause', () => {
  it.each(GATEWAY)('%s (%i): %s', (code, status, answer) => {
    expect(codes({ answer, status })).toEqual([code]);
  });

  it('also in the words in which this server reports it', () => {
    expect(
      codes({
        answer:
          "Databricks refused: User defined rate limit(s) exceeded for 'churn'. Requests-per-minute (RPM) rate limit exceeded for user (429 REQUEST_LIMIT_EXCEEDED)",
      }),
    ).toEqual(['own_limit_user']);
    expect(
      codes({
        external: 'openai',
        answer: 'The provider openai refused: Incorrect API key provided: [redacted] (401 BAD_REQUEST)',
      }),
    ).toEqual(['provider_key_invalid']);
  });

  it('one bad payload of a caller does not make a busy endpoint more than minor', () => {
    const entities = [{ name: 'churn-3', minute: { requests: 200 } }];
    const text = service('BAD_REQUEST', 'Bad request: json: unknown field "seed"');
    expect(findings({ entities, answer: text, status: 400 }).map(({ severity }) => severity)).toEqual(['minor']);
  });
});

const SILENT: [text: string, status: number | undefined][] = [
  [service('BAD_REQUEST', 'Unexpected value in field question: "what does Incorrect API key provided mean?"'), 400],
  ['It works', 200],
  ['', undefined],
  ['The rate limit of 100 requests was raised', undefined],
  [service('INVALID_PARAMETER_VALUE', 'max_tokens must be positive'), 400],
  [service('PERMISSION_DENIED', "User does not have permission 'View' on Endpoint churn"), 403],
  [service('403', 'Invalid access token.'), 403],
];

describe('an answer that is not about the endpoint', () => {
  it.each(SILENT)('%s is no finding', (answer, status) => {
    expect(codes({ answer, ...(status === undefined ? {} : { status }) })).toEqual([]);
  });
});
