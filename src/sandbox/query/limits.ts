import { MINUTE } from '../clock.ts';
import type { Answer } from '../models/answer.ts';
import type { Workspace } from '../state/state.ts';
import type { GatewayRateLimit } from '../state/wire-types.ts';
import {
  type Caller,
  type CountedRequest,
  type LimitExcess,
  type LimitWindow,
  scopesOf,
} from '../traffic/limit-window.ts';

export interface LimitCheck {
  endpoint: string;
  limits: readonly GatewayRateLimit[];
  /** What the requests of the last minute used, seeded ones and those in flight included. */
  window: LimitWindow;
  caller: Caller;
  /** Sandbox time, epoch milliseconds. */
  now: number;
  /** Real seconds of a span of sandbox milliseconds. The wait in the answer is for a client with a wall clock. */
  realSeconds: (sandboxMs: number) => number;
  /** The AI Gateway routes answer OpenAI's error body, the others the service's. assumed: data.limit-body */
  form: 'databricks' | 'openai';
}

/** The 403 of a limit of 0. evidence: data.limit-zero */
export function zeroLimit(): Answer {
  const message = 'PERMISSION_DENIED: The endpoint is disabled due to a rate limit set to 0.';
  return { status: 403, body: { error_code: 'PERMISSION_DENIED', message } };
}

/** What is used up, as the service says it. evidence: data.limit-text */
const WHAT = { calls: 'Requests-per-minute (RPM)', tokens: 'Tokens-per-minute (TPM)' };

/** The service sends no Retry-After with the 429 of a limit. evidence: data.limit-retry-after */
function limitRefusal(check: LimitCheck, found: LimitExcess): Answer {
  const whose = found.who === 'endpoint' ? 'endpoint' : 'user';
  const text = `User defined rate limit(s) exceeded for '${check.endpoint}'. ${WHAT[found.what]} rate limit exceeded for ${whose}.`;
  if (check.form === 'openai') {
    const error = {
      message: text,
      type: 'rate_limit_exceeded',
      code: 429,
      limit_type: found.what,
      limit: found.limit,
      current: found.current,
      retry_after: Math.max(1, Math.ceil(check.realSeconds(check.window.wait(found, check.now)))),
    };
    return { status: 429, body: { error } };
  }
  const message = `REQUEST_LIMIT_EXCEEDED: ${text}`;
  return { status: 429, body: { error_code: 'REQUEST_LIMIT_EXCEEDED', message } };
}

/**
 * Checks a call against the rate limits of an endpoint over the last sandbox minute. Undefined when it passes, otherwise a 403 or a 429.
 * Tokens count after use, so the call that crosses a token limit still passes.
 */
export function checkLimits(check: LimitCheck): Answer | undefined {
  const found = check.window.excess(scopesOf(check.limits, check.caller), check.now);
  if (found === undefined) return undefined;
  return found === 'zero' ? zeroLimit() : limitRefusal(check, found);
}

/** The 429 of a foundation model's input-token quota, or undefined while there is room. evidence: data.fm-quota */
export function checkFoundationQuota(
  endpoint: string,
  routed: readonly CountedRequest[],
  quota: number | null,
  now: number,
): Answer | undefined {
  if (quota === null) return undefined;
  const used = routed.reduce((sum, { at, tokens_in }) => (at > now - MINUTE && at <= now ? sum + tokens_in : sum), 0);
  if (used < quota) return undefined;
  const message = `REQUEST_LIMIT_EXCEEDED: Exceeded workspace input tokens per minute rate limit for ${endpoint}. Work with your Databricks account team to request a higher FMAPI rate limit tier.`;
  return { status: 429, body: { error_code: 'REQUEST_LIMIT_EXCEEDED', message } };
}

/** The quota of a foundation model in a workspace. Requests through model services use it too. */
export function foundationQuota(
  { routed, limits }: Workspace,
  endpoint: string,
  flying: readonly CountedRequest[],
  now: number,
): Answer | undefined {
  const mine = routed.filter((one) => (one.foundation ?? one.endpoint) === endpoint);
  return checkFoundationQuota(endpoint, [...mine, ...flying], limits.fm_input_tokens_per_minute, now);
}
