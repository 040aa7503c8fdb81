/** Causes at the provider behind an external model, and in what an agent calls there. */
import type { Rule } from '../finding.ts';
import { fromWords, type WordRule } from './from-words.ts';

const PAGE =
  'answers of providers as the gateway wraps them (facts X1 to X4), and the public documentation of each provider';

const ROWS: readonly WordRule[] = [
  {
    code: 'provider_key_invalid',
    source: PAGE,
    causes: ['provider_key_invalid', 'provider_key_refused'],
    severity: 'share',
    sentence: () => 'The provider refuses the API key that the served entity stores.',
  },
  {
    code: 'provider_quota_used_up',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The quota of the account at the provider is used up. Waiting does not help.',
  },
  {
    code: 'provider_credit_low',
    source: PAGE,
    causes: ['provider_credit_low', 'provider_payment'],
    severity: 'share',
    sentence: () => 'The account at the provider has no credit, or no billing.',
  },
  {
    code: 'provider_spending_limit',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The account at the provider reached its own limit of spending.',
  },
  {
    code: 'provider_rate_limit',
    source: PAGE,
    causes: ['provider_rate_limit', 'provider_limit'],
    severity: 'share',
    sentence: () => 'A rate limit of the provider refuses requests. No limit of Databricks is the cause.',
  },
  {
    code: 'provider_model_retired',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The provider retired the model that the served entity names.',
  },
  {
    code: 'provider_model_missing',
    source: PAGE,
    causes: ['provider_model_missing', 'provider_not_found', 'provider_inference_profile'],
    severity: 'share',
    sentence: () => 'The provider does not have the model that the served entity names, or not for this account.',
  },
  {
    code: 'provider_model_task',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The model at the provider is of another kind than the task of the served entity.',
  },
  {
    code: 'provider_deployment_missing',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The deployment that the served entity names does not exist at the provider.',
  },
  {
    code: 'provider_model_access',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The account at the provider has no access to the model.',
  },
  {
    code: 'provider_iam',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The key or role that the served entity names may not call the model at the provider.',
  },
  {
    code: 'provider_refused',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The provider refuses access to what the served entity names.',
  },
  {
    code: 'provider_region',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The provider does not serve the region from which Databricks calls it.',
  },
  {
    code: 'provider_network',
    source: PAGE,
    severity: 'share',
    sentence: () => 'Network rules at the provider refuse the addresses of Databricks.',
  },
  {
    code: 'provider_api_off',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The API of the provider is switched off in the project that the served entity names.',
  },
  {
    code: 'provider_overloaded',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The provider is overloaded.',
  },
  {
    code: 'provider_unreachable',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The provider does not answer.',
  },
  {
    code: 'provider_failed',
    source: PAGE,
    severity: 'share',
    sentence: () => 'The provider fails with errors of its own.',
  },
  {
    code: 'provider_content_filter',
    source: PAGE,
    severity: 'minor',
    sentence: () => 'The content filter of the provider refused a text.',
    explains: ['errors_4xx'],
  },
];

export const PROVIDER_RULES: readonly Rule[] = ROWS.map(fromWords);
