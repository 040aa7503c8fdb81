/** One write in the journal: how it began, and how it ended. */
import type { FieldDiff } from '../plan/diff.ts';
import type { ToolCall } from '../refusal.ts';

/** What is known when a write begins. */
export interface WriteStart {
  host: string;
  who: string;
  /** Set when a part of the write left under the identity of the app. `who` is then the user who asked for it. */
  app_identity?: string;
  tool: string;
  /** The endpoint, model service, model or app that is changed. */
  subject: { kind: 'endpoint' | 'model_service' | 'model' | 'app'; name: string };
  /** The call as text, so that it can be repeated. */
  call: string;
  changes: FieldDiff[];
  /** The calls that restore the earlier state. */
  undo?: ToolCall[];
  /** What those calls cannot restore. */
  not_undone?: string[];
  /** The entries that this write undoes. */
  undoes?: string[];
  /** The settings before the write. */
  prior?: unknown;
  /** The guarded rollout that the write is a step of. `src/rollout/record.ts` reads it. */
  rollout?: { id: string; [field: string]: unknown };
}

/**
 * How the write ended. `started`: the service accepted it, and the end was not seen. `partly`: some of it took effect. `failed`: nothing has changed.
 * `unknown`: it may or may not have taken effect. `undone`: it was undone later.
 */
export const OUTCOMES = ['done', 'started', 'partly', 'failed', 'unknown', 'undone'] as const;

export interface WriteEnd {
  outcome: (typeof OUTCOMES)[number];
  code?: string;
  request_ids?: string[];
  /** The id of the endpoint that the write created. A model service has none, so it is the time of its creation. */
  endpoint_id?: string;
  /** The telemetry profile that the endpoint has since the write. */
  telemetry_profile_id?: string;
}

/** One write. Without an `outcome` it is unfinished: the process was interrupted, or is still working on it. */
export interface JournalEntry extends WriteStart, Partial<WriteEnd> {
  id: string;
  /** When it began, by the clock of this machine. */
  at: string;
  /** The same by the clock of the workspace, where the two differ. */
  service_at?: string;
  ended_at?: string;
  service_ended_at?: string;
  /** For an undone write: how it ended before. */
  before_undo?: WriteEnd['outcome'];
  /** For an open write: the later write of the same call that finished it. */
  finished_by?: string;
}

/** Whether the same call would continue this write. */
export function isOpen({ outcome, finished_by }: JournalEntry): boolean {
  return (outcome === undefined || outcome === 'started') && finished_by === undefined;
}

/** When a write began and ended, by the clock of the workspace: the times of its endpoints come from there. */
export function timesOf({ at, service_at, ended_at, service_ended_at }: JournalEntry): {
  at: string;
  ended_at: string | undefined;
} {
  return { at: service_at ?? at, ended_at: service_ended_at ?? ended_at };
}
