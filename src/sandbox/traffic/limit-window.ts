import { MINUTE } from '../clock.ts';
import type { RoutedRequest } from '../state/state.ts';
import type { GatewayRateLimit } from '../state/wire-types.ts';

/** A caller as rate limits see it. A caller without a name shares its limits with no one. */
export interface Caller {
  name: string;
  kind: 'user' | 'service_principal';
  groups: readonly string[];
}

/** The fields of a request that count against a limit. */
export type CountedRequest = Pick<
  RoutedRequest,
  'at' | 'principal' | 'status' | 'tokens_in' | 'tokens_out' | 'fallback' | 'refused' | 'retried'
>;

/** A limit that a caller meets, and what uses it up. */
export interface LimitScope {
  limit: GatewayRateLimit;
  /** The counter that the limit looks at. */
  counter: string;
  who: string;
}

const EVERYONE = 'all';
const personal = (name: string): string => `p:${name}`;
const shared = (group: string): string => `g:${group}`;

/**
 * The limits that apply to a caller. The endpoint's limit always applies. Of the others, the most specific wins: by the caller's name, by
 * the caller's groups, then the default per user. evidence: data.limit-precedence
 */
export function scopesOf(
  limits: readonly GatewayRateLimit[],
  caller: Caller,
): { all: LimitScope[]; groups: LimitScope[] } {
  const keyed = (key: GatewayRateLimit['key']): GatewayRateLimit[] =>
    limits.filter((limit) => (limit.key ?? 'endpoint') === key);
  const endpoint = keyed('endpoint').map((limit): LimitScope => ({ limit, counter: EVERYONE, who: 'endpoint' }));
  const ownKey = caller.kind === 'user' ? 'user' : 'service_principal';
  const own = keyed(ownKey)
    .filter(({ principal }) => principal !== undefined && principal === caller.name)
    .map((limit): LimitScope => ({ limit, counter: personal(caller.name), who: ownKey }));
  if (own.length > 0) return { all: [...endpoint, ...own], groups: [] };
  const groups = keyed('user_group').flatMap((limit): LimitScope[] => {
    const group = limit.principal;
    if (group === undefined || !caller.groups.includes(group)) return [];
    return [{ limit, counter: shared(group), who: 'user_group' }];
  });
  if (groups.length > 0) return { all: endpoint, groups };
  const byDefault = keyed('user')
    .filter(({ principal }) => principal === undefined)
    .map((limit): LimitScope => ({ limit, counter: personal(caller.name), who: 'user' }));
  return { all: [...endpoint, ...byDefault], groups: [] };
}

export interface LimitExcess {
  what: 'calls' | 'tokens';
  limit: number;
  current: number;
  who: string;
  counter: string;
}

interface Use {
  at: number;
  counters: string[];
  calls: number;
  tokens: number;
}

/** The requests of the last minute, or another span, that count against limits. Add them in order of time. */
export interface LimitWindow {
  /** Refused requests and those that ended in 429 do not count, unless a fallback went on. evidence: data.limit-window */
  add(request: CountedRequest): void;
  /** The first limit that is used up at `now`, `'zero'` for a limit of 0, or undefined. */
  excess(scopes: ReturnType<typeof scopesOf>, now: number): LimitExcess | 'zero' | undefined;
  /** Sandbox milliseconds until a limit that is used up has room again. */
  wait(excess: LimitExcess, now: number): number;
}

/** An empty window over `span` milliseconds. `groupsOf` gives the groups of a principal, whose limits its calls share. */
export function limitWindow(groupsOf: (principal: string) => readonly string[], span = MINUTE): LimitWindow {
  const uses: Use[] = [];
  let gone = 0;
  const totals = new Map<string, { calls: number; tokens: number }>();
  const book = ({ counters, calls, tokens }: Use, sign: 1 | -1): void => {
    for (const counter of counters) {
      const total = totals.get(counter) ?? { calls: 0, tokens: 0 };
      total.calls += sign * calls;
      total.tokens += sign * tokens;
      totals.set(counter, total);
    }
  };
  const known = new Map<string, string[]>([['', [EVERYONE]]]);
  /** The counters that a principal's request adds to. */
  const countersOf = (principal: string): string[] => {
    const held = known.get(principal);
    if (held !== undefined) return held;
    const counters = [EVERYONE, personal(principal), ...groupsOf(principal).map(shared)];
    known.set(principal, counters);
    return counters;
  };
  const forget = (now: number): void => {
    for (let use = uses[gone]; use !== undefined && use.at <= now - span; use = uses[gone]) {
      book(use, -1);
      gone += 1;
    }
  };

  const excessOf = ({ limit, counter, who }: LimitScope): LimitExcess | undefined => {
    for (const what of ['calls', 'tokens'] as const) {
      const allowed = limit[what];
      const current = totals.get(counter)?.[what] ?? 0;
      if (allowed === undefined || current < allowed) continue;
      return { what, limit: allowed, current, who, counter };
    }
    return undefined;
  };

  return {
    add({ at, principal, status, tokens_in, tokens_out, fallback, refused, retried }) {
      if (retried !== true && (refused === true || status === 429)) return;
      const use = {
        at,
        counters: countersOf(principal),
        calls: fallback === true ? 0 : 1,
        tokens: tokens_in + tokens_out,
      };
      uses.push(use);
      book(use, 1);
    },
    excess({ all, groups }, now) {
      forget(now);
      const isZero = ({ limit }: LimitScope): boolean => limit.calls === 0 || limit.tokens === 0;
      if (all.some(isZero) || (groups.length > 0 && groups.every(isZero))) return 'zero';
      for (const scope of all) {
        const found = excessOf(scope);
        if (found !== undefined) return found;
      }
      // A caller in several limited groups is refused only when all of them are used up.
      const used = groups.map((scope) => excessOf(scope)).filter((found) => found !== undefined);
      return used.length < groups.length ? undefined : used[0];
    },
    wait({ counter, what, limit }, now) {
      let left = totals.get(counter)?.[what] ?? 0;
      // The oldest requests leave first. There is room when enough of them have left.
      for (const use of uses.slice(gone)) {
        if (!use.counters.includes(counter)) continue;
        left -= use[what];
        if (left < limit) return use.at + span - now;
      }
      return span;
    },
  };
}
