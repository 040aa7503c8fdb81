/**
 * The path of every write: fingerprint, preview, policy, consent where it is needed, the journal, and only then the steps. A tool cannot bypass it,
 * because it never gets a connection that writes.
 */
import { closeOpen } from '../journal/resume.ts';
import { arePlain } from '../plan/plain-arguments.ts';
import { isRewindable } from '../plan/rewind.ts';
import { beforeSending, call, callsText, callText, Refusal, type ToolCall, type ToolResult } from '../refusal.ts';
import { sanitize } from '../text/sanitize.ts';
import { checkConfirm, consent, consentMismatch } from './consent.ts';
import { errorOf, hasChanged, journalEnd, type Run } from './outcome.ts';
import { isConsequential, type PlannedWrite, seenFingerprint, subjectText } from './planned-write.ts';
import { preview } from './preview.ts';
import { markUndone, type OpenWrite, openOrBegin, recordEnd, repeatCall } from './record.ts';
import { refusalOf } from './refusal-of.ts';
import { runSteps } from './run-steps.ts';
import type { WriteContext } from './write-context.ts';

/**
 * Carries out a planned write, or stops it where it must not continue.
 * @returns a preview, a question for the user, or the result.
 * @throws Refusal, or the service's error, with what has already changed.
 */
export async function commit(write: PlannedWrite, context: WriteContext): Promise<ToolResult> {
  if (context.args.dry_run === false) await closeEnded(write, context);
  const ready = await beforeSending(() => prepare(write, context));
  const answer =
    ready === 'unchanged'
      ? await confirmUnchanged(write, context)
      : (ready.answer ?? (await carryOut(ready.write, context, ready.entry)));
  // After a dialog, the facts of the first plan may no longer hold.
  const { about, warning } = ready !== 'unchanged' && ready.answer === undefined ? ready.write : write;
  const app_identity = context.appIdentity?.(write);
  return {
    ...answer,
    ...inPast(about, answer),
    ...(warning === undefined ? {} : { warning }),
    ...(app_identity === undefined ? {} : { app_identity }),
  };
}

/** A start that has ended is no longer to come. */
function inPast(about: ToolResult | undefined, { outcome }: ToolResult): ToolResult | undefined {
  if (about?.starts === undefined || outcome !== 'ready') return about;
  const { starts: _, ...others } = about;
  return { ...others, started: STARTED };
}

const STARTED = 'The endpoint was stopped before this update. It runs now, which costs money.';

/** `write`: as planned after the user's answer, where the user was asked. */
type Ready = { answer: ToolResult } | { answer?: undefined; write: PlannedWrite; entry: OpenWrite | undefined };

/** Everything before the first request. */
async function prepare(write: PlannedWrite, context: WriteContext): Promise<Ready | 'unchanged'> {
  const { args, journal } = context;
  checkFingerprint(write, context);
  if (args.dry_run !== false) {
    const answer = preview(write, args.dry_run, refusalOf(write, context));
    // Commands do not show the change as a person should see it.
    if (args.dry_run === true) context.shown.add(write, context);
    return { answer };
  }
  throwIfRefused(write, context);
  if (write.changes.length === 0) return 'unchanged';
  checkConfirm(write, context);
  let agreed = write;
  if (isConsequential(write)) {
    const answer = await consent(write, context);
    if ('question' in answer) return { answer: answer.question };
    agreed = answer.agreed;
    throwIfRefused(agreed, context);
  }
  return { write: agreed, entry: journal && (await openOrBegin(journal, agreed, context)) };
}

function throwIfRefused(write: PlannedWrite, context: WriteContext): void {
  const refusal = refusalOf(write, context);
  if (refusal) throw refusal;
}

async function carryOut(write: PlannedWrite, context: WriteContext, entry: OpenWrite | undefined): Promise<ToolResult> {
  const { journal } = context;
  const run = await runSteps(write.steps, context.http, context.signal);
  const resumed = entry?.resumed ?? false;
  const end = journalEnd(run, resumed);
  const isRecorded = !journal || !entry || (await recordEnd(journal, entry.id, end, context));
  if (journal && write.undoes && run.outcome.kind === 'done') await markUndone(journal, write.undoes);
  const back = hasChanged(run) || resumed ? undoFields(write, entry) : {};
  const error = errorOf(write, run);
  if (error instanceof Refusal && end.outcome === 'partly' && back.undo !== undefined)
    throw error.with({ undo: back.undo });
  if (error !== undefined) throw error;
  return { ...resultOf(write, run), ...back, ...(isRecorded ? {} : { journal: UNRECORDED }) };
}

const UNRECORDED = 'The change was made, but recording it failed. list_changes will show it as unfinished.';

function resultOf(write: PlannedWrite, { outcome, sent, view }: Run): ToolResult {
  const [id, ...others] = write.undoes ?? [];
  const fields = { ...write.answer, changed: sent, ...view };
  if (outcome.kind === 'waiting')
    return { ...fields, ...(id === undefined ? nextFields(outcome.next) : { next: call('undo_change', { id }) }) };
  return {
    ...fields,
    ...(id === undefined ? {} : { undone: id }),
    ...(others.length > 0 ? { also_undone: others } : {}),
  };
}

/** The call that continues. Values of the service stay out of it unless they look like arguments. */
function nextFields(next: ToolCall): ToolResult {
  return arePlain(next.args) ? { next: callText(next) } : { to_continue: 'Repeat the call.' };
}

/** Closes entries of earlier calls. The answer does not depend on it, so an error of the journal is ignored. */
async function closeEnded({ ended = [] }: PlannedWrite, { journal, readOnly }: WriteContext): Promise<void> {
  if (!journal || readOnly) return;
  for (const { id, end } of ended) await journal.end(id, end).catch(() => {});
}

/** Nothing is left to change. Waits for the change of an earlier call and closes its entry. */
async function confirmUnchanged(write: PlannedWrite, context: WriteContext): Promise<ToolResult> {
  const { journal, readOnly } = context;
  const waits = write.steps.filter(({ request }) => request === undefined);
  const run = await runSteps(waits, context.http, context.signal);
  context.signal.throwIfAborted();
  const end = journalEnd(run, true);
  let closed: string | undefined;
  const ended = end.outcome === 'done' || end.outcome === 'failed' || end.outcome === 'partly';
  if (journal && !readOnly && !write.foreign && ended) {
    const entry = await closeOpen(journal, { ...(await context.who()), call: repeatCall(write, context) }, end);
    if (entry?.undo !== undefined && end.outcome !== 'failed') closed = entry.id;
    if (write.undoes && end.outcome === 'done') await markUndone(journal, write.undoes);
  }
  // An earlier call made the change, so its entry undoes it.
  const back = closed === undefined ? {} : { undo: call('undo_change', { id: closed }) };
  const error = errorOf(write, run);
  if (error !== undefined) throw error instanceof Refusal ? error.with(back) : error;
  return { ...write.unchanged, ...resultOf(write, run), ...back };
}

/** @throws Refusal when the endpoint, the model service or the change differs from the one that had the fingerprint. */
function checkFingerprint(write: PlannedWrite, context: WriteContext): void {
  const { if_fingerprint: given, confirm } = context.args;
  if (given === undefined) return;
  const now = seenFingerprint(write);
  const { name } = write.subject;
  const same = given === now && context.shown.matches(write, context) !== false;
  if (same) return;
  if (confirm !== undefined && write.consentReason !== undefined) throw consentMismatch(write, context);
  const changed = now === undefined || now === given ? '' : `; its fingerprint is now ${now}`;
  throw new Refusal(
    'fingerprint_mismatch',
    `${subjectText(write.subject)}, or the change that this call would make, no longer matches fingerprint ${given}${changed}`,
    `See what changed with ${call('get_endpoint', { endpoint: name })}, then repeat the dry run.`,
  );
}

/** The one way to undo: the journal entry, or without a journal the calls themselves. A call with a redacted value is omitted: it would write the mask. */
function undoFields(write: PlannedWrite, entry: OpenWrite | undefined): ToolResult {
  const calls = entry?.undo ?? write.undo;
  const rewinds = entry !== undefined && write.undoes !== undefined && isRewindable(write.changes);
  const text = callsText(calls);
  const same = (value: unknown) => JSON.stringify(sanitize(value)) === JSON.stringify(value);
  const hidden = !same(text) || !same(calls);
  // The journal keeps the calls as data, and undo_change makes them without showing them.
  const unusual = !entry && !hidden && !calls.every(({ args }) => arePlain(args));
  const omitted = [
    ...(hidden ? ['the whole change: the call that would undo it may contain a secret'] : []),
    ...(unusual ? ['the whole change: a setting before it has an unusual form'] : []),
    ...(write.undoOmits ?? []),
  ];
  const undo = entry ? call('undo_change', { id: entry.id }) : text;
  return {
    ...((calls.length > 0 || rewinds) && !hidden && !unusual ? { undo } : {}),
    ...(omitted.length > 0 ? { not_undone: omitted } : {}),
  };
}
