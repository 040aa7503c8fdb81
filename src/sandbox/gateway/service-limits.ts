import type { SandboxContext } from '../context.ts';
import type { Answer } from '../models/answer.ts';
import { failure } from '../models/answer.ts';
import type { InFlight } from '../query/in-flight.ts';
import { zeroLimit } from '../query/limits.ts';
import type { ServiceRateLimit } from '../state/model-service.ts';
import type { Endpoint, Principal, Workspace } from '../state/state.ts';
import type { GatewayRateLimit } from '../state/wire-types.ts';
import { type LimitExcess, type LimitWindow, limitWindow, scopesOf } from '../traffic/limit-window.ts';
import { limitsUsed, requestsBetween } from '../traffic/requests.ts';
import { HOUR, limitsOf } from './routed-view.ts';

const UNITS = {
  calls: { MINUTE: 'Requests-per-minute (RPM)', HOUR: 'Requests-per-hour (RPH)' },
  tokens: { MINUTE: 'Tokens-per-minute (TPM)', HOUR: 'Tokens-per-hour (TPH)' },
};

/** The 429 of a limit. evidence: data.limit-text, assumed: gateway-limit-hour-text */
function limitRefusal(service: string, period: 'MINUTE' | 'HOUR', { what, who }: LimitExcess): Answer {
  const whose = who === 'endpoint' ? 'endpoint' : 'user';
  const message = `User defined rate limit(s) exceeded for '${service}'. ${UNITS[what][period]} rate limit exceeded for ${whose}`;
  return failure(429, 'REQUEST_LIMIT_EXCEEDED', message);
}

/** What the requests of the last hour have used. Hourly limits refuse no seeded request. assumed: gateway-hour-replay */
function hourUsed(workspace: Workspace, view: Endpoint, now: number): LimitWindow {
  const window = limitWindow((name) => workspace.principals.get(name)?.groups ?? [], HOUR);
  for (const request of requestsBetween(workspace, view, now - HOUR + 1, now + 1)) window.add(request);
  return window;
}

/**
 * The refusal of a call by the limits of its service: 403 for a limit of 0, otherwise 429. Undefined when it passes. Tokens count after
 * use, so the call that crosses a token limit still passes. A user with an own limit meets no limit of a group, and with either not the
 * default. evidence: gateway-limit-precedence
 */
export function overServiceLimit(
  { workspace, clock }: SandboxContext,
  view: Endpoint,
  limits: readonly ServiceRateLimit[],
  { name, kind, groups }: Principal,
  inFlight: readonly InFlight[],
): Answer | undefined {
  const now = clock.now();
  const flying = inFlight.filter(({ endpoint }) => endpoint === view.name);
  const check = (period: 'MINUTE' | 'HOUR', mine: GatewayRateLimit[], used: () => LimitWindow): Answer | undefined => {
    if (mine.length === 0) return undefined;
    const window = used();
    for (const one of flying) window.add(one);
    const found = window.excess(scopesOf(mine, { name, kind, groups }), now);
    if (found === undefined) return undefined;
    return found === 'zero' ? zeroLimit() : limitRefusal(view.name, period, found);
  };
  return (
    check('MINUTE', limitsOf(limits, 'MINUTE'), () => limitsUsed(workspace, view, now)) ??
    check('HOUR', limitsOf(limits, 'HOUR'), () => hourUsed(workspace, view, now))
  );
}
