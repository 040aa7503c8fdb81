/** How a write enters the journal, and how its end is recorded. */
import type { WriteEnd, WriteStart } from '../journal/entry.ts';
import type { Journal } from '../journal/journal.ts';
import { openEntry } from '../journal/resume.ts';
import { createInput } from '../plan/config-input.ts';
import { serviceInput } from '../plan/model-service.ts';
import { call, Refusal, type ToolCall } from '../refusal.ts';
import { defined } from '../rest/json.ts';
import { sanitize } from '../text/sanitize.ts';
import { type PlannedWrite, seenFingerprint } from './planned-write.ts';
import type { WriteContext } from './write-context.ts';

/** A write in the journal. */
export interface OpenWrite {
  id: string;
  /** An earlier call began it, and this call continues it. */
  resumed: boolean;
  /** The calls that undo all of it, including the part of earlier calls. */
  undo: readonly ToolCall[];
}

/** @throws Refusal when the write cannot be recorded. It must not be sent then. */
export async function openOrBegin(journal: Journal, write: PlannedWrite, context: WriteContext): Promise<OpenWrite> {
  const record = startOf(write, context, await context.who());
  const found = write.resumes ? await openEntry(journal, record) : undefined;
  if (found?.overtaken)
    throw new Refusal(
      'changed_meanwhile',
      `${found.overtaken.field} was changed by someone else since an earlier call began this change`,
      'Ask whether it should still change. A call for that field alone makes the change.',
    );
  if (found) return { id: found.open.id, resumed: true, undo: found.open.undo ?? [] };
  try {
    return { id: await journal.begin(record), resumed: false, undo: write.undo };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
    throw new Refusal(
      'journal_unavailable',
      `the change could not be recorded in the journal (${code})`,
      `Make ${journal.path ?? 'the journal'} writable, or start the server with --no-journal.`,
    );
  }
}

function startOf(write: PlannedWrite, context: WriteContext, where: { host: string; who: string }): WriteStart {
  const { subject, changes, undo, undoOmits, undoes, rollout } = write;
  const prior = priorOf(write);
  const app_identity = context.appIdentity?.(write);
  return {
    ...where,
    ...(app_identity === undefined ? {} : { app_identity }),
    tool: context.tool,
    subject,
    call: repeatCall(write, context),
    changes,
    ...(undo.length === 0 ? {} : { undo: sanitize(undo) as ToolCall[] }),
    ...(undoOmits === undefined || undoOmits.length === 0 ? {} : { not_undone: undoOmits }),
    ...(undoes === undefined ? {} : { undoes }),
    ...(rollout === undefined ? {} : { rollout }),
    ...(prior === undefined ? {} : { prior }),
  };
}

/** Everything needed to restore the endpoint or the model service by hand: the body of a create, and the direct grants if the write read them. */
function priorOf(write: PlannedWrite): Record<string, unknown> | undefined {
  const { before, service, grants = write.serviceGrants } = write;
  const whole = before ? createInput(before) : service && serviceInput(service);
  return whole && { fingerprint: seenFingerprint(write), ...whole, ...(grants ? { grants } : {}) };
}

/** The call as it can be repeated later: without secrets, and without fingerprint, consent, config version and wait. */
export function repeatCall(
  { repeatArgs }: Pick<PlannedWrite, 'repeatArgs'>,
  { tool, args }: { tool: string; args: Record<string, unknown> },
): string {
  const {
    if_fingerprint: _seen,
    confirm: _agreed,
    dry_run: _preview,
    config_version: _begun,
    wait_seconds: _patience,
    ...rest
  } = (repeatArgs ?? args) as Record<string, unknown>; // arguments are always an object
  return call(tool, sanitize(defined(rest)) as Record<string, unknown>); // an object stays one
}

/** Records the end of a write. If this fails, the entry stays open. The answer must not turn into an error. */
export async function recordEnd(journal: Journal, id: string, end: WriteEnd, { sent }: WriteContext): Promise<boolean> {
  const request_ids = sent.filter(({ method }) => method !== 'GET').flatMap(({ requestId }) => requestId ?? []);
  return journal.end(id, { ...end, request_ids }).then(
    () => true,
    () => false,
  );
}

/**
 * Marks entries as undone, or as in effect again. Undoing an undo brings back what it had undone. The change is made even when this cannot be recorded.
 */
export async function markUndone(journal: Journal, ids: readonly string[], undone = true): Promise<void> {
  for (const id of ids) {
    const page = await journal.read({ where: (each) => each.id === id, newest: 1 }).catch(() => undefined);
    const { before_undo = 'done', undoes = [] } = page?.entries[0] ?? {};
    await journal.end(id, { outcome: undone ? 'undone' : before_undo }).catch(() => {});
    await markUndone(journal, undoes, !undone);
  }
}
