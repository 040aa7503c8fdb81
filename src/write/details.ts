/** What a preview and a question show besides the changes. Pure. */
import type { FieldDiff } from '../plan/diff.ts';
import { pendingUpdate } from '../plan/pending-update.ts';
import type { ToolResult } from '../refusal.ts';
import type { PlannedWrite } from './planned-write.ts';

/** Steps that end an update in progress, and steps that it stops. */
const CONFLICTING: ReadonlySet<string> = new Set(['config', 'units', 'delete']);

/** The update in progress that a write would replace or that stops it, so that no one overwrites another user's change unseen. */
export function replacedUpdate({ before, steps, refusal }: PlannedWrite): { pending_update?: ToolResult } {
  const conflicts = refusal !== undefined || steps.some(({ what, request }) => request && CONFLICTING.has(what));
  const pending_update = before && conflicts ? pendingUpdate(before) : undefined;
  return pending_update ? { pending_update } : {};
}

/** The same on one line: who started it, since when, and which fields it changes. */
export function replacedUpdateLine(write: PlannedWrite): { update_in_progress?: string } {
  const { pending_update: pending } = replacedUpdate(write);
  if (!pending) return {};
  const { started_by = 'an unknown user', since, changes } = pending;
  const fields = (Array.isArray(changes) ? (changes as FieldDiff[]) : []).map(({ field }) => field); // as pendingUpdate made them
  return { update_in_progress: `by ${started_by}${since ? ` since ${since}` : ''}: ${fields.join(', ')}` };
}

/** What the user sees before agreeing. */
export function detailsOf(write: PlannedWrite): ToolResult {
  return { ...write.consentDetails, ...replacedUpdate(write), changes: write.changes };
}
