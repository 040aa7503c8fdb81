/** Why an endpoint answers no query now. */
import { isStopped } from '../../src/plan/stopped.ts';
import { call } from '../../src/refusal.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import { startAdvice } from './start.ts';

/** Undefined when it serves. */
export function notServing(found: Endpoint): string | undefined {
  if (isStopped(found)) return `The endpoint is stopped, so it answers nothing. ${startAdvice(found.name)}`;
  if (found.state.ready === 'READY') return undefined;
  return `The endpoint does not serve yet. Wait with ${call('wait_for_endpoint', { endpoint: found.name })}.`;
}
