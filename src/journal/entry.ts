/** One write as the journal knows it: how it began, and how it ended. */
import type { FieldDiff } from '../plan/diff.ts';

/** What is known when a write begins. */
export interface Begun {
  host: string;
  who: string;
  tool: string;
  /** What is changed: an endpoint's name, or that of a model or an app. */
  subject: { kind: 'endpoint' | 'model' | 'app'; name: string };
  /** The call as it can be made again. */
  call: string;
  changes: FieldDiff[];
  /** The calls that bring back what was. */
  undo?: string;
  /** Settings before the write. */
  prior?: unknown;
}

/**
 * How it ended. `started`: the service accepted it, and its end was not seen; `partly`: some of it was done; `failed`: nothing is changed;
 * `unknown`: it may have had an effect that nobody saw; `undone`: it was taken back.
 */
export const OUTCOMES = ['done', 'started', 'partly', 'failed', 'unknown', 'undone'] as const;

export interface Ended {
  outcome: (typeof OUTCOMES)[number];
  code?: string;
  request_ids?: string[];
  /** Id of the endpoint that it created. */
  endpoint_id?: string;
}

/** One write; without `outcome` it is unfinished: the process ended, or still is at it. */
export interface Entry extends Begun, Partial<Ended> {
  id: string;
  at: string;
  ended_at?: string;
  /** Of an open write: the later one, of the same call, that finished it. */
  finished_by?: string;
}

/** Whether the same call would go on with it. */
export function isOpen({ outcome, finished_by }: Entry): boolean {
  return (outcome === undefined || outcome === 'started') && finished_by === undefined;
}
