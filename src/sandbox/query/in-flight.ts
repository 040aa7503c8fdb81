import type { SandboxContext } from '../context.ts';
import type { CountedRequest } from '../traffic/limit-window.ts';

/** A request that passed the limits and has no record yet. It must count, or parallel requests would all pass. */
export type InFlight = CountedRequest & { endpoint: string };

const IN_FLIGHT = new WeakMap<SandboxContext, Set<InFlight>>();

/** The requests of a sandbox that are on their way. */
export function inFlightOf(ctx: SandboxContext): Set<InFlight> {
  const known = IN_FLIGHT.get(ctx) ?? new Set<InFlight>();
  IN_FLIGHT.set(ctx, known);
  return known;
}

/** A request of a principal that begins now. */
export function onTheWay(endpoint: string, principal: string, at: number): InFlight {
  return { endpoint, at, principal, status: 0, tokens_in: 0, tokens_out: 0 };
}
