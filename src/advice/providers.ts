/** Refusals of the provider behind an external model. The advice is about its key, its quota or its deployment, never about the caller's grants. */
import type { Refusal, Row } from './row.ts';
import { config, pause } from './words.ts';

/** The providers of external models (fact X1), and the names that the service gives them in refusals. No other name becomes part of advice. */
const KNOWN =
  /^(?:ai21labs|amazon-bedrock|anthropic|azure-?openai|bedrock|cohere|custom|databricks-model-serving|google-cloud-vertex-ai|openai|palm|vertex-?ai)$/i;

const named = ({ provider = '' }: Refusal) => (KNOWN.test(provider) ? `The provider ${provider}` : 'The provider');

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

const KEY = 'the secret that the served entity names';

const UNREACHABLE = {
  id: 'provider_unreachable',
  again: true,
  who: 'endpoint manager',
  say: (refusal: Refusal) =>
    `The provider did not answer. Repeat the call once. If it fails again, the endpoint's manager checks the provider's address, its certificate and the network, and tests the fallback.${config(refusal)}`,
} as const;

const RATE_LIMIT = {
  id: 'provider_rate_limit',
  again: true,
  who: 'provider account',
  say: (refusal: Refusal) =>
    `This is a rate limit of the provider, not of Databricks. Wait ${pause(refusal, 'as long as the message says')} and repeat the call. The owner of the account at the provider can raise the limit of the deployment.${config(refusal)}`,
} as const;

export const PROVIDERS: readonly Row[] = [
  {
    id: 'provider_key_invalid',
    words: [
      'Incorrect API key provided',
      'invalid x-api-key',
      'invalid api token',
      'API key not valid',
      'Invalid API Key',
      'Access denied due to invalid subscription key',
      'The security token included in the request is invalid',
      'UnrecognizedClientException',
      'The security token included in the request is expired',
      'The request signature we calculated does not match',
      'account associated with this API key has been deactivated',
      'API key expired. Please renew the API key',
      'Forbidden: Bad or missing API token',
      'Invalid JWT Signature',
      'Request had invalid authentication credentials. Expected OAuth 2 access token',
      'The security token included in the request has expired',
      'API key has been revoked',
      'API key is disabled',
      'Access token is missing, invalid, audience is incorrect',
    ],
    codes: [
      'invalid_api_key',
      'UnrecognizedClientException',
      'authentication_error',
      'API_KEY_INVALID',
      'ExpiredTokenException',
      'InvalidSignatureException',
      'account_deactivated',
    ],
    again: false,
    who: 'endpoint manager',
    say: (refusal) =>
      `${named(refusal)} refused its API key. This is not about the caller's token or grants. The endpoint's manager stores a valid key in ${KEY}.${config(refusal)}`,
  },
  {
    id: 'provider_quota_used_up',
    words: ['You exceeded your current quota', 'insufficient_quota'],
    codes: ['insufficient_quota'],
    again: false,
    who: 'provider account',
    say: (refusal) =>
      `${named(refusal)} says that the quota of its account is used up. Waiting does not help: the owner of the account at the provider adds credit or quota.`,
  },
  {
    id: 'provider_credit_low',
    words: [
      'Your credit balance is too low to access the Anthropic API',
      'credit balance is too low',
      'billing_hard_limit_reached',
      'requires billing to be enabled',
      'Insufficient credits',
      'Insufficient Balance',
      'insufficient funds',
      'run out of credits',
      'used all available credits',
    ],
    codes: ['billing_hard_limit_reached', 'billing_not_active', 'billing_error'],
    again: false,
    who: 'provider account',
    say: (refusal) =>
      `${named(refusal)} says that the account has no credit, or no billing. The payload is not the cause: the owner of the account at the provider adds credit or sets billing up.`,
  },
  {
    id: 'provider_spending_limit',
    words: ['reached your specified API usage limits', 'monthly spend limit', 'monthly usage limit'],
    when: ({ status }) => status < 500,
    again: false,
    who: 'provider account',
    say: (refusal) =>
      `${named(refusal)} says that the account reached its own limit of use. The payload is not the cause: the owner of the account at the provider raises that limit, or the limit ends when the message says.`,
  },
  {
    ...RATE_LIMIT,
    words: [
      'have exceeded token rate limit of your current',
      'have exceeded call rate limit of your current',
      'Rate limit reached for … in organization org-',
      'Too many tokens, please wait',
      'Number of request tokens has exceeded',
      "would exceed your organization's rate limit",
      "would exceed your organization's maximum usage increase rate",
      'Too many requests, please wait before trying again',
      'You are using a Trial key, which is limited to',
      'Service tier capacity exceeded for this model',
      'Resource has been exhausted (e.g. check quota)',
      'Quota exceeded for aiplatform.googleapis.com/',
      'Resource exhausted. Please try again later',
    ],
    when: ({ status }) => status === 429,
  },
  {
    ...RATE_LIMIT,
    // The service has some of these codes too, for limits of its own.
    words: [],
    codes: [
      ...['ThrottlingException', 'TooManyRequestsException', 'RateLimitReached'],
      ...['rate_limit_exceeded', 'rate_limit_error', 'too_many_requests'],
    ],
    when: ({ by, status }) => by === 'provider' && status === 429,
  },
  {
    id: 'provider_deployment_missing',
    words: ['DeploymentNotFound', 'The API deployment for this resource does not exist'],
    codes: ['DeploymentNotFound'],
    again: true,
    who: 'endpoint manager',
    say: (refusal) =>
      `${named(refusal)} has no such deployment; the Databricks endpoint exists. If the deployment is new, repeat the call within five minutes. Otherwise the endpoint's manager corrects its name in the served entity.${config(refusal)}`,
  },
  {
    id: 'provider_model_access',
    words: [
      "You don't have access to the model with the specified model ID",
      'Model access is denied due to',
      'does not have access to model',
      'must be verified to use the model',
    ],
    again: false,
    who: 'provider account',
    say: 'The AWS account has no access to this model. Its owner enables the model in Bedrock. Databricks grants do not matter here.',
  },
  {
    id: 'provider_model_task',
    words: [
      'operation does not work with the specified model',
      'This is not a chat model and thus not supported',
      'This is a chat model and not supported in the',
      'does not support the requested operation',
    ],
    codes: ['OperationNotSupported'],
    again: false,
    who: 'endpoint manager',
    say: (refusal) =>
      `${named(refusal)} has the model, but it is of another kind than the task of the served entity. The endpoint's manager names a model of that task there.${config(refusal)}`,
  },
  {
    id: 'provider_iam',
    words: [
      'is not authorized to perform: bedrock:InvokeModel',
      'is not authorized to perform: bedrock:',
      'is not authorized to perform: sts:AssumeRole',
      "Permission 'aiplatform.",
      'does not have permission to access Vertex',
      'IAM_PERMISSION_DENIED',
      'insufficient authentication scopes',
    ],
    codes: ['IAM_PERMISSION_DENIED'],
    again: false,
    who: 'provider account',
    say: "The provider's cloud (AWS or Google) refused the key or role that the served entity names. The owner of that account extends its IAM policy by the action in the message. Databricks grants do not matter here.",
  },
  {
    id: 'provider_model_retired',
    words: [
      'model version has reached the end of its life',
      'has reached its end of life',
      'has been deprecated, learn more here',
      'has been deprecated and is no longer available',
      'This Model is marked by provider as Legacy',
      'has been retired',
      'has been shut down',
      'has been discontinued',
      'has been sunset',
      'was removed on',
      'was retired on',
      'was deprecated on',
      'is no longer available',
      'is no longer supported',
    ],
    codes: ['model_deprecated', 'ModelDeprecated', 'DeploymentModelDeprecated', 'model_retired'],
    when: ({ by, codes, layers, status }) =>
      status < 500 &&
      (by === 'provider' ||
        codes.some((code) => /deprecated|retired|not_found/i.test(code)) ||
        layers.some((text) => /\bend of (?:its )?life\b|marked by provider as Legacy/i.test(text))),
    again: false,
    who: 'endpoint manager',
    say: (refusal) =>
      `${named(refusal)} has retired the model that the served entity names; the Databricks endpoint exists. The endpoint's manager names the model that replaces it.${config(refusal)}`,
  },
  {
    id: 'provider_model_missing',
    words: [
      'does not exist or you do not have access to it',
      'The model … does not exist',
      'The provided model identifier is invalid',
      'was not found or your project does not have access to it',
      'is not found for API version',
      'make sure the correct model ID was used and that you have access to the model',
    ],
    codes: ['model_not_found', 'invalid_model', 'ModelNotFound'],
    again: false,
    who: 'endpoint manager',
    say: (refusal) =>
      `${named(refusal)} has no such model for this account; the Databricks endpoint exists. The endpoint's manager corrects the model name in the served entity, or the project at the provider gets access.${config(refusal)}`,
  },
  {
    id: 'provider_inference_profile',
    words: ['with on-demand throughput isn', 'with on-demand throughput is not supported'],
    again: false,
    who: 'endpoint manager',
    say: "Bedrock serves this model through an inference profile only. The endpoint's manager names the profile (us.… or global.…) as the model of the served entity.",
  },
  {
    id: 'provider_content_filter',
    words: [
      'ResponsibleAIPolicyViolation',
      "triggering Azure OpenAI's content management policy",
      'has been blocked by our content filters',
      'Output blocked by content filtering policy',
      'was flagged as potentially violating our usage policy',
      'rejected as a result of our safety system',
    ],
    codes: ['ResponsibleAIPolicyViolation', 'content_filter', 'invalid_prompt'],
    again: false,
    who: 'provider account',
    say: "The provider's content filter refused the text. It is no guardrail of Databricks, and the form of the payload is correct. Tell the user; the provider's admin can change the filter.",
  },
  {
    id: 'provider_network',
    words: ['due to Virtual Network/Firewall rules', 'Public access is disabled', 'network access is disabled'],
    when: ({ by }) => by === 'provider',
    again: false,
    who: 'provider account',
    say: (refusal) =>
      `The network rules of ${lower(named(refusal))} refuse the addresses from which Databricks calls it. No key and no grant is the cause: the admin of the resource there allows them.`,
  },
  {
    id: 'provider_region',
    words: ['Country, region, or territory not supported', 'User location is not supported'],
    codes: ['unsupported_country_region_territory'],
    again: false,
    who: 'provider account',
    say: (refusal) =>
      `${named(refusal)} does not serve the region from which Databricks calls it. No key and no grant is the cause. Use a provider or a deployment that serves this region.`,
  },
  {
    id: 'provider_api_off',
    words: ['API has not been used in project', 'or it is disabled. Enable it by visiting'],
    codes: ['SERVICE_DISABLED'],
    again: false,
    who: 'provider account',
    say: 'The API of the provider is switched off in the project that the served entity names. The owner of that project switches it on; some minutes later the call works.',
  },
  {
    id: 'provider_overloaded',
    words: [
      'overloaded_error',
      'Overloaded',
      'is currently experiencing high demand',
      'at capacity right now',
      'Model is getting throttled',
    ],
    codes: ['overloaded_error'],
    when: ({ status, codes }) => status >= 500 || codes.includes('overloaded_error'),
    again: true,
    who: 'caller',
    say: (refusal) =>
      `${refusal.by === 'provider' ? named(refusal) : 'The model or its provider'} is overloaded. No quota of yours is the cause. Wait some seconds and repeat the call, or use a fallback.`,
  },
  {
    ...UNREACHABLE,
    words: [
      'The provider of external model … could not be reached',
      'Failed to connect to the external model provider',
    ],
  },
  {
    ...UNREACHABLE,
    // The client of the gateway, or a proxy before the provider, says this when the provider's address does not answer.
    words: [
      'upstream connect error',
      'no healthy upstream',
      'Connection refused',
      'Connection reset',
      'connect timed out',
      'Read timed out',
      'UnknownHostException',
      'SSLHandshakeException',
      'PKIX path building failed',
      'self-signed certificate',
      'certificate verify failed',
      'certificate has expired',
      'Name or service not known',
      'No route to host',
      'SocketTimeoutException',
    ],
    when: ({ by }) => by === 'provider',
    order: 'first',
  },
  {
    id: 'provider_key_refused',
    words: [],
    // OAuth, such as that of Azure, refuses a client's secret with this code.
    when: ({ by, status, codes }) => by === 'provider' && (status === 401 || codes.includes('invalid_client')),
    order: 'last',
    again: false,
    who: 'endpoint manager',
    say: (refusal) =>
      `${named(refusal)} refused the key or token that the served entity stores. This is not about the caller's token or grants. The endpoint's manager checks ${KEY}, and what it allows at the provider.${config(refusal)}`,
  },
  {
    id: 'provider_refused',
    words: [],
    when: ({ by, status }) => by === 'provider' && status === 403,
    order: 'last',
    again: false,
    who: 'endpoint manager',
    say: (refusal) =>
      `${named(refusal)} refused access. This is not about the caller's token or grants. The cause is in the message: the key or token that the served entity stores, what it may do there, or the region, the network or the account. Show it to the endpoint's manager.${config(refusal)}`,
  },
  {
    id: 'provider_payment',
    words: [],
    when: ({ by, status }) => by === 'provider' && status === 402,
    order: 'last',
    again: false,
    who: 'provider account',
    say: (refusal) =>
      `${named(refusal)} asks for payment. The payload is not the cause: the owner of the account at the provider pays, or adds credit.`,
  },
  {
    id: 'provider_limit',
    words: [],
    when: ({ by, status }) => by === 'provider' && status === 429,
    order: 'last',
    again: true,
    who: 'provider account',
    say: (refusal) =>
      `${named(refusal)} refused for a limit of its own, not of Databricks. Wait ${pause(refusal, 'a while')} and repeat the call. The owner of the account at the provider can raise the limit.`,
  },
  {
    id: 'provider_not_found',
    words: [],
    when: ({ by, status }) => by === 'provider' && status === 404,
    order: 'last',
    again: false,
    who: 'endpoint manager',
    say: (refusal) =>
      `${named(refusal)} did not find what the served entity names; the Databricks endpoint exists. The endpoint's manager checks the model, deployment and address there.${config(refusal)}`,
  },
  {
    id: 'provider_failed',
    words: [],
    when: ({ by, status }) => by === 'provider' && status >= 500,
    order: 'last',
    again: false,
    who: 'caller',
    say: (refusal) =>
      `${named(refusal)} failed, and the model may have run there. Do not repeat the call unless running it twice does no harm. If it keeps failing, check the status of the provider.`,
  },
  {
    id: 'provider_said_no',
    words: [],
    when: ({ by }) => by === 'provider',
    order: 'last',
    again: false,
    who: 'caller',
    say: (refusal) =>
      `${named(refusal)} refused the request, not Databricks. Correct what its message names.${config(refusal)}`,
  },
];
