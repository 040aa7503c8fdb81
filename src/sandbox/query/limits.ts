import { MINUTE } from '../clock.ts';
import type { Answer } from '../models/answer.ts';
import type { RoutedRequest } from '../state/state.ts';
import type { GatewayRateLimit } from '../state/wire-types.ts';

/** The caller as rate limits see it. */
export interface Caller {
  name: string;
  kind: 'user' | 'service_principal';
  groups: readonly string[];
}

/** The fields of a routed request that count against a limit. */
export type CountedRequest = Pick<
  RoutedRequest,
  'at' | 'principal' | 'status' | 'tokens_in' | 'tokens_out' | 'fallback'
>;

export interface LimitCheck {
  endpoint: string;
  limits: readonly GatewayRateLimit[];
  /** Requests routed to the endpoint. Those older than a minute, and those refused with 429, do not count. assumed: data.limit-window */
  routed: readonly CountedRequest[];
  caller: Caller;
  /** Sandbox time, epoch milliseconds. */
  now: number;
  /** Groups of any principal, for limits that a group shares. */
  groupsOf: (principal: string) => readonly string[];
  /** Real seconds of a span of sandbox milliseconds. Retry-After is for a client with a wall clock. */
  realSeconds: (sandboxMs: number) => number;
  /** The AI Gateway routes answer OpenAI's error body, the others the service's. assumed: data.limit-body */
  form: 'databricks' | 'openai';
}

interface Scope {
  limit: GatewayRateLimit;
  counts: (principal: string) => boolean;
  who: string;
}

/**
 * The limits that apply to a caller. The endpoint's limit always applies. Of the others, the most specific wins: by the caller's name, by
 * the caller's groups, then the default per user. assumed: data.limit-precedence
 */
function scopes(check: LimitCheck): { all: Scope[]; groups: Scope[] } {
  const { caller, limits, groupsOf } = check;
  const mine = (principal: string): boolean => principal === caller.name;
  const keyed = (key: GatewayRateLimit['key']): GatewayRateLimit[] =>
    limits.filter((limit) => (limit.key ?? 'endpoint') === key);
  const endpoint = keyed('endpoint').map((limit): Scope => ({ limit, counts: () => true, who: 'endpoint' }));
  const ownKey = caller.kind === 'user' ? 'user' : 'service_principal';
  const own = keyed(ownKey)
    .filter(({ principal }) => principal === caller.name)
    .map((limit): Scope => ({ limit, counts: mine, who: ownKey }));
  if (own.length > 0) return { all: [...endpoint, ...own], groups: [] };
  const groups = keyed('user_group').flatMap((limit): Scope[] => {
    const group = limit.principal;
    if (group === undefined || !caller.groups.includes(group)) return [];
    return [{ limit, counts: (principal) => groupsOf(principal).includes(group), who: `user_group ${group}` }];
  });
  if (groups.length > 0) return { all: endpoint, groups };
  const byDefault = keyed('user')
    .filter(({ principal }) => principal === undefined)
    .map((limit): Scope => ({ limit, counts: mine, who: 'user' }));
  return { all: [...endpoint, ...byDefault], groups: [] };
}

interface LimitExcess {
  what: 'calls' | 'tokens';
  limit: number;
  current: number;
  who: string;
  /** Sandbox time until the window has room again. */
  wait: number;
}

function excessOf(check: LimitCheck, { limit, counts, who }: Scope): LimitExcess | undefined {
  const inWindow = check.routed.filter(
    (request) =>
      request.at > check.now - MINUTE && request.at <= check.now && request.status !== 429 && counts(request.principal),
  );
  for (const what of ['calls', 'tokens'] as const) {
    const allowed = limit[what];
    if (allowed === undefined) continue;
    const weight = (request: CountedRequest): number =>
      what === 'calls' ? (request.fallback ? 0 : 1) : request.tokens_in + request.tokens_out;
    const current = inWindow.reduce((sum, request) => sum + weight(request), 0);
    if (current < allowed) continue;
    // The oldest requests leave the window first. There is room again when enough of them have left.
    let left = current;
    let wait = MINUTE;
    for (const request of [...inWindow].sort((a, b) => a.at - b.at)) {
      left -= weight(request);
      wait = request.at + MINUTE - check.now;
      if (left < allowed) break;
    }
    return { what, limit: allowed, current, who, wait };
  }
  return undefined;
}

/** The 403 of a limit of 0. evidence: data.limit-zero */
function zeroLimit(): Answer {
  const message = 'PERMISSION_DENIED: The endpoint is disabled due to a rate limit set to 0.';
  return { status: 403, body: { error_code: 'PERMISSION_DENIED', message } };
}

function limitRefusal(check: LimitCheck, found: LimitExcess): Answer & { retry_after: number } {
  const retry_after = Math.max(1, Math.ceil(check.realSeconds(found.wait)));
  const text = `Exceeded the ${found.who} rate limit of ${found.limit} ${found.what} per minute for endpoint ${check.endpoint}.`;
  if (check.form === 'openai') {
    const error = {
      message: text,
      type: 'rate_limit_exceeded',
      code: 429,
      limit_type: found.what,
      limit: found.limit,
      current: found.current,
      retry_after,
    };
    return { status: 429, body: { error }, retry_after };
  }
  return {
    status: 429,
    body: { error_code: 'REQUEST_LIMIT_EXCEEDED', message: `REQUEST_LIMIT_EXCEEDED: ${text}` },
    retry_after,
  };
}

/**
 * Checks a call against the rate limits of an endpoint over the last sandbox minute. Undefined when it passes, otherwise a 403 or a 429
 * with the real seconds to wait. Tokens count after use, so the call that crosses a token limit still passes. A caller in several limited
 * groups is refused only when all of them are exhausted.
 */
export function checkLimits(check: LimitCheck): (Answer & { retry_after?: number }) | undefined {
  const { all, groups } = scopes(check);
  const isZero = ({ limit }: Scope): boolean => limit.calls === 0 || limit.tokens === 0;
  if (all.some(isZero) || (groups.length > 0 && groups.every(isZero))) return zeroLimit();
  for (const scope of all) {
    const found = excessOf(check, scope);
    if (found !== undefined) return limitRefusal(check, found);
  }
  const used = groups.map((scope) => excessOf(check, scope));
  const waits = used.filter((found) => found !== undefined);
  if (groups.length === 0 || waits.length < groups.length) return undefined;
  const soonest = waits.reduce((best, found) => (found.wait < best.wait ? found : best));
  return limitRefusal(check, soonest);
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
