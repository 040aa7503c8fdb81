/** Starting a stopped endpoint: what a config update of one says, and the advice to ask a person. */

import type { FieldDiff } from '../../src/plan/diff.ts';
import { isStopped, START } from '../../src/plan/stopped.ts';
import { call, type ToolResult } from '../../src/refusal.ts';
import type { Endpoint } from '../../src/rest/index.ts';

/** What a write adds when it starts a stopped endpoint. */
export interface Start {
  changes: FieldDiff[];
  about: ToolResult;
  /** What an undo cannot restore. */
  omits: string[];
}

/** @param sends whether the write sends a config. It then starts the endpoint, whatever else it changes (fact U7). */
export function startOf(current: Endpoint, sends: boolean): Start {
  if (!sends || !isStopped(current)) return { changes: [], about: {}, omits: [] };
  const starts = `${current.name} is stopped until this update starts it. A running endpoint costs money.`;
  const omits = ['the start: only the web interface stops an endpoint'];
  return { changes: [START], about: { starts }, omits };
}

/** For a person: the call that starts an endpoint. */
export function startAdvice(endpoint: string): string {
  return `Ask the user whether to start it, because a running endpoint costs money. ${call('update_endpoint', { endpoint, start: true })} starts it.`;
}
