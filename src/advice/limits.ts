/** Limits and quotas. Workspace quotas and limits of an endpoint have the same code: only the words differ (fact Q16). */
import { call } from '../refusal.ts';
import { isInferencePath } from '../rest/names.ts';
import type { Refusal, Row } from './row.ts';
import { config, endpointOnly, pause } from './words.ts';

const minute = (refusal: Refusal) => `Wait ${pause(refusal, '60 s')} and repeat the call.`;
const moment = (refusal: Refusal) => `Wait ${pause(refusal, 'some seconds')} and repeat the call.`;

export const LIMITS: readonly Row[] = [
  {
    id: 'fm_input_tokens',
    words: ['Exceeded workspace input tokens per minute rate limit for', 'Exceeded workspace input tokens per'],
    again: true,
    who: 'databricks',
    say: (refusal) =>
      `This is the quota of the workspace for input tokens of this model. ${minute(refusal)} Send fewer prompt tokens or spread calls over models. The Databricks account team can raise the tier. Lowering max_tokens does not help.`,
  },
  {
    id: 'fm_output_tokens',
    words: ['Exceeded workspace output tokens per minute rate limit for', 'Exceeded workspace output tokens per'],
    again: true,
    who: 'databricks',
    say: (refusal) =>
      `This is the quota of the workspace for output tokens of this model, which reserves max_tokens in advance. ${minute(refusal)} Lower max_tokens or send fewer parallel calls. The Databricks account team can raise the tier.`,
  },
  {
    id: 'fm_qps',
    words: ['Exceeded workspace QPS rate limit for'],
    again: true,
    who: 'databricks',
    say: (refusal) =>
      `This is the quota of the workspace for requests per second to this model. ${moment(refusal)} Send fewer parallel calls and smaller batches, or use provisioned throughput.`,
  },
  {
    id: 'workspace_quota',
    words: ['Exceeded workspace'],
    when: ({ status }) => status === 429,
    order: 'last',
    again: true,
    who: 'databricks',
    say: (refusal) =>
      `This is a quota of the workspace. Wait ${pause(refusal, 'a while')} and repeat the call, or ask the Databricks account team for a higher tier.`,
  },
  {
    id: 'own_limit_requests',
    words: [
      'Requests-per-minute (RPM) rate limit exceeded',
      'User defined rate limit(s) exceeded',
      'Exceeded the … rate limit of … for endpoint',
    ],
    // Its words are longer than those of the rows below, which say more.
    when: ({ layers }) => !layers.some((text) => /limit exceeded for (?:user|group|service.?principal)\b/i.test(text)),
    again: true,
    who: 'endpoint manager',
    say: (refusal) =>
      `A rate limit of the endpoint was reached. ${moment(refusal)} Someone with CAN_MANAGE can raise the limit, which takes up to 90 s.${config(refusal)}`,
  },
  {
    // A limit of 0 gives a 403, unlike a limit that was reached (fact G6).
    id: 'own_limit_zero',
    words: ['The endpoint is disabled due to a rate limit set to 0', 'disabled due to a rate limit set to 0'],
    again: false,
    who: 'endpoint manager',
    say: (refusal) =>
      `A rate limit of 0 on the endpoint blocks every request. Someone with CAN_MANAGE raises or removes it. Ask the user whether to: ${call('set_rate_limits', endpointOnly(refusal))} changes it.`,
  },
  {
    id: 'own_limit_user',
    words: ['limit exceeded for user', 'limit exceeded for service principal', 'limit exceeded for service_principal'],
    again: true,
    who: 'endpoint manager',
    say: (refusal) =>
      `The endpoint's rate limit for this user was reached. Others are not affected. ${moment(refusal)} Someone with CAN_MANAGE can raise the limit, which takes up to 90 s.${config(refusal)}`,
  },
  {
    id: 'own_limit_group',
    words: ['limit exceeded for user group', 'limit exceeded for user_group', 'limit exceeded for group'],
    again: true,
    who: 'endpoint manager',
    say: (refusal) =>
      `The endpoint's rate limit for a group was reached. Its members share it; others are not affected. ${moment(refusal)} Someone with CAN_MANAGE can raise the limit, which takes up to 90 s.${config(refusal)}`,
  },
  {
    id: 'own_limit_tokens',
    words: ['Tokens-per-minute (TPM) rate limit exceeded'],
    again: true,
    who: 'endpoint manager',
    say: (refusal) =>
      `The endpoint's token limit was reached. ${minute(refusal)} Shorten prompts and answers, or someone with CAN_MANAGE raises the token limit.${config(refusal)}`,
  },
  {
    id: 'endpoint_concurrency',
    words: [
      'Too many concurrent requests. Consider increasing the provisioned concurrency',
      'Consider increasing the provisioned concurrency',
      'request queue is full',
    ],
    again: true,
    who: 'endpoint manager',
    say: (refusal) =>
      `The served entity has too many requests at once. ${moment(refusal)} It may scale up meanwhile. Send fewer parallel requests, or the endpoint's manager raises its size or maximum concurrency.`,
  },
  {
    id: 'workspace_parallel',
    words: ['Exceeded max number of parallel requests'],
    again: true,
    who: 'caller',
    say: (refusal) =>
      `The workspace has too many requests in parallel, over all endpoints. ${moment(refusal)} Run fewer clients, use a route-optimized endpoint, or get a higher quota from Databricks. A larger endpoint does not help.`,
  },
  {
    id: 'workspace_concurrency_quota',
    words: ['Workspace exceeded provisioned concurrency quota', 'exceeded provisioned concurrency quota'],
    again: false,
    who: 'workspace admin',
    say: `The workspace has no provisioned concurrency left. Someone stops or deletes unused endpoints, or requests more quota from Databricks. ${call('list_endpoints')} lists the endpoints.`,
  },
  {
    id: 'control_plane_throttled',
    words: ['RPC token bucket limit has been exceeded'],
    again: true,
    who: 'caller',
    say: (refusal) => `The management API is throttled, not a model. ${moment(refusal)} Call it less often.`,
  },
  {
    id: 'index_quota',
    words: ['Maximum number of indexes per endpoint exceeded'],
    again: false,
    who: 'object owner',
    say: 'The vector search endpoint has as many indexes as it may. Delete an index there, or use another vector search endpoint.',
  },
  {
    // The words of such a refusal are not documented. Names in it are those of others (fact V10).
    id: 'budget_used_up',
    words: [],
    when: ({ codes, layers, path }) =>
      codes.includes('PERMISSION_DENIED') && isInferencePath(path) && layers.some(speaksOfBudget),
    order: 'first',
    again: false,
    who: 'account admin',
    say: 'A budget is used up, so the gateway refuses further calls. No grant is missing, and a new one does not help. Tell the user: the person in charge of the budget raises it, or it renews at the end of its period.',
  },
];

/** Whether a text is about a budget, and no object merely has that name. */
function speaksOfBudget(text: string): boolean {
  const own = text.replaceAll(/'[^']*'|"[^"]*"|`[^`]*`|\S*\.\S+/g, ' ');
  return /\bbudget\b/i.test(own) && !/does not have|is missing/i.test(own);
}
