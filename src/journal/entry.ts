/** One write as the journal knows it: how it began, and how it ended. */
import type { FieldDiff } from '../plan/diff.ts';
import type { ToolCall } from '../refusal.ts';

/** What is known when a write begins. */
export interface WriteStart {
  host: string;
  who: string;
  tool: string;
  /** The endpoint, model or app that is changed. */
  subject: { kind: 'endpoint' | 'model' | 'app'; name: string };
  /** The call as it can be repeated, as text. */
  call: string;
  changes: FieldDiff[];
  /** The calls that restore the state before. */
  undo?: ToolCall[];
  /** What those calls cannot restore. */
  not_undone?: string[];
  /** The settings before the write. */
  prior?: unknown;
}

/**
 * How it ended. `started`: the service accepted it, and its end was not seen. `partly`: some of it was done. `failed`: nothing has changed.
 * `unknown`: it may have had an effect that nothing confirms. `undone`: it was undone later.
 */
export const OUTCOMES = ['done', 'started', 'partly', 'failed', 'unknown', 'undone'] as const;

export interface WriteEnd {
  outcome: (typeof OUTCOMES)[number];
  code?: string;
  request_ids?: string[];
  /** The id of the endpoint that it created. */
  endpoint_id?: string;
}

/** One write. Without an `outcome` it is unfinished: the process ended, or is still working on it. */
export interface JournalEntry extends WriteStart, Partial<WriteEnd> {
  id: string;
  at: string;
  ended_at?: string;
  /** For an open write: the later one, of the same call, that finished it. */
  finished_by?: string;
}

/** Whether the same call would continue it. */
export function isOpen({ outcome, finished_by }: JournalEntry): boolean {
  return (outcome === undefined || outcome === 'started') && finished_by === undefined;
}
