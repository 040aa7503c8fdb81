/** Queries to entities that are scaled to zero: the first request wakes them (fact Q20). */
import { isAtZero } from '../../src/plan/at-zero.ts';
import { Refusal } from '../../src/refusal.ts';
import { trafficOf } from '../../src/rest/endpoints.ts';
import type { TransportError } from '../../src/rest/errors.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';

/** The entities that may have to wake up to answer: the named one, or those with traffic. */
export function sleepingEntities(endpoint: Endpoint | undefined, entity: string | undefined): string[] {
  const traffic = trafficOf(endpoint?.config);
  return endpoints
    .entitiesOf(endpoint?.config)
    .filter(({ name }) => (entity === undefined ? (traffic.get(name) ?? 0) > 0 : name === entity))
    .filter(isAtZero)
    .map(({ name }) => name);
}

/** A sentence about the wake that an answer waited for. Undefined when the entity that answered was awake. */
export function afterWake(sleeping: readonly string[], servedBy: unknown, milliseconds: number): string | undefined {
  const [first, ...others] = sleeping;
  if (first === undefined) return undefined;
  const seconds = Math.round(milliseconds / 100) / 10;
  if (typeof servedBy === 'string' && sleeping.includes(servedBy))
    return `${servedBy} was scaled to zero; the wake took ${seconds} s, with the answer. The next query is faster.`;
  // Without the name of the entity, another one may have answered.
  if (servedBy !== 'unknown') return undefined;
  return `${[first, ...others].join(' and ')} was scaled to zero, and may have woken for this answer, which took ${seconds} s.`;
}

/** The refusal of an answer that did not come in time. */
export function lateAnswer(
  error: TransportError,
  { timeout_seconds: timeout }: { timeout_seconds: number },
  sleeping: readonly string[],
): Refusal {
  const risk = 'The request may have run, so it was not sent again.';
  const longer = 'a longer timeout_seconds (at most 600), if this client does not end the call before';
  if (sleeping.length === 0) {
    const next = `${risk} Repeat the call with ${longer}, if running it twice does no harm.`;
    return new Refusal('timeout', `${error.message} (timeout_seconds: ${timeout})`, next);
  }
  const message = `${error.message} (timeout_seconds: ${timeout}); ${sleeping.join(' and ')} was scaled to zero, and the wake goes on`;
  const next = `${risk} A wake takes about 50 s, and longer for large models and GPUs. Wait a minute, then repeat the call if running it twice does no harm, or with ${longer}.`;
  return new Refusal('timeout', message, next);
}
