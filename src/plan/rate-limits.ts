/** AI Gateway block + limits to set or remove → the whole block to send, because a PUT replaces all of it. Pure. */

import type { AiGateway, RateLimit } from '../rest/endpoints.ts';
import { defined } from '../rest/json.ts';
import { differences, type FieldDiff } from './diff.ts';

/** One limit from a caller, with either `calls` or `tokens`. 0 blocks all. */
export interface LimitWish {
  key: 'endpoint' | 'user' | 'user_group' | 'service_principal';
  principal?: string;
  calls?: number;
  tokens?: number;
}

/** Identifies a limit. A principal can have one for calls and one for tokens, at a model service each per minute and per hour. */
export interface LimitRef {
  key: LimitWish['key'];
  principal?: string;
  unit?: 'calls' | 'tokens';
}

/** The AI Gateway block with the limits added, changed and removed. All other parts stay. An endpoint has no other period than a minute. */
export function planRateLimits(
  current: AiGateway | undefined,
  wish: { set: LimitWish[]; remove: LimitRef[] },
): { gateway: AiGateway; changes: FieldDiff[]; notFound: LimitRef[] } {
  const limits = new Map<string, RateLimit>();
  for (const limit of current?.rate_limits ?? []) limits.set(limitKey(limit), limit);
  const before = new Map(limits);
  const notFound: LimitRef[] = [];
  for (const ref of wish.remove) {
    const units = ref.unit ? [ref.unit] : (['calls', 'tokens'] as const);
    const hits = units.map((unit) => limitName(ref.key, ref.principal, unit)).filter((key) => limits.delete(key));
    if (hits.length === 0) notFound.push(ref);
  }
  for (const limit of wish.set) {
    const known = limits.get(limitKey(limit));
    const { principal, ...rest } = limit;
    limits.set(limitKey(limit), defined({ ...known, ...rest, principal, renewal_period: 'minute' as const }));
  }
  const gateway: AiGateway = { ...current, rate_limits: [...limits.values()] };
  return {
    gateway,
    changes: differences({ rate_limits: limitView(before) }, { rate_limits: limitView(limits) }),
    notFound,
  };
}

/** Limits that a list has more than once. Which of them counts is not guessed. */
export function repeatedLimits(limits: readonly (Partial<LimitWish> & { period?: string | undefined })[]): string[] {
  const keys = limits.map((limit) => {
    const period = limit.period === undefined ? '' : ` per ${limit.period}`;
    return `${limitKey(limit).replace(':', ' ')}${period}`;
  });
  return [...new Set(keys.filter((key, at) => keys.indexOf(key) < at))];
}

function limitName(key: string | undefined, principal: string | undefined, unit: string): string {
  return `${key ?? 'endpoint'}${principal === undefined ? '' : `:${principal}`} ${unit}`;
}

function limitKey(limit: { key?: string; principal?: string; calls?: number; tokens?: number }): string {
  return limitName(
    limit.key,
    limit.principal,
    limit.tokens !== undefined && limit.calls === undefined ? 'tokens' : 'calls',
  );
}

function limitView(limits: Map<string, RateLimit>): Record<string, unknown> {
  return Object.fromEntries([...limits].map(([key, limit]) => [key, limit.calls ?? limit.tokens]));
}
