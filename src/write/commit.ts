/**
 * The path of every write: fingerprint, preview, policy, consent where it is needed, the journal, and only then the steps. A tool cannot bypass it,
 * because it never gets a connection that writes.
 */
import type { WriteEnd, WriteStart } from '../journal/entry.ts';
import type { Journal } from '../journal/journal.ts';
import { closeOpen, openEntry } from '../journal/resume.ts';
import { createInput } from '../plan/config-input.ts';
import { fingerprint } from '../plan/fingerprint.ts';
import { beforeSending, call, callsText, callText, Refusal, type ToolCall, type ToolResult } from '../refusal.ts';
import type { Endpoint } from '../rest/endpoints.ts';
import { defined } from '../rest/json.ts';
import { REDACTED } from '../text/redact.ts';
import { sanitize } from '../text/sanitize.ts';
import { consent, consentMismatch } from './consent.ts';
import { errorOf, hasChanged, journalEnd, type Run } from './outcome.ts';
import { type PlannedWrite, requestsOf } from './planned-write.ts';
import { checkPolicy } from './policy.ts';
import { preview } from './preview.ts';
import { runSteps } from './run-steps.ts';
import type { WriteContext } from './write-context.ts';

/**
 * Carries out a planned write, or stops it where it must not continue.
 * @returns a preview, a question for the user, or the result.
 * @throws Refusal, or the service's error, with what has already changed.
 */
export async function commit(write: PlannedWrite, context: WriteContext): Promise<ToolResult> {
  const ready = await beforeSending(() => prepare(write, context));
  const answer =
    ready === 'unchanged'
      ? await confirmUnchanged(write, context)
      : (ready.answer ?? (await carryOut(write, context, ready.entry)));
  return write.warning === undefined ? answer : { ...answer, warning: write.warning };
}

type Ready = { answer: ToolResult } | { answer?: undefined; entry: OpenWrite | undefined };

/** Everything before the first request. */
async function prepare(write: PlannedWrite, context: WriteContext): Promise<Ready | 'unchanged'> {
  const { args, journal } = context;
  checkFingerprint(write, context);
  if (args.dry_run !== false) {
    context.shown.add(write, context);
    return { answer: { ...preview(write, args.dry_run), ...refusalOf(write, context) } };
  }
  if (write.changes.length === 0) return 'unchanged';
  checkAllowed(write, context);
  if (write.consentReason !== undefined) {
    const question = await consent({ ...write, consentReason: write.consentReason }, context);
    if (question) return { answer: question };
  }
  return { entry: journal && (await openOrBegin(journal, write, context)) };
}

async function carryOut(write: PlannedWrite, context: WriteContext, entry: OpenWrite | undefined): Promise<ToolResult> {
  const { journal, signal } = context;
  const run = await runSteps(write.steps, context.http, signal);
  const resumed = entry?.resumed ?? false;
  const end = journalEnd(run, resumed);
  const isRecorded = !journal || !entry || (await recordEnd(journal, entry.id, end, context));
  if (journal && write.undoes && run.outcome.kind === 'done') await markUndone(journal, write.undoes);
  signal.throwIfAborted();
  const back = hasChanged(run) || resumed ? undoFields(write, entry) : {};
  const error = errorOf(write, run);
  if (error instanceof Refusal && end.outcome === 'partly' && back.undo !== undefined)
    throw error.with({ undo: back.undo });
  if (error !== undefined) throw error;
  return { ...resultOf(write, run), ...back, ...(isRecorded ? {} : { journal: UNRECORDED }) };
}

const UNRECORDED = 'The change was made, but recording it failed. list_changes will show it as unfinished.';

function resultOf(write: PlannedWrite, { outcome, sent, view }: Run): ToolResult {
  const { undoes: id } = write;
  const fields = { ...write.answer, changed: sent, ...view };
  if (outcome.kind === 'waiting')
    return { ...fields, next: id === undefined ? callText(outcome.next) : call('undo_change', { id }) };
  return { ...fields, ...(id === undefined ? {} : { undone: id }) };
}

/** Nothing is left to change. Waits for the change of an earlier call and closes its entry. */
async function confirmUnchanged(write: PlannedWrite, context: WriteContext): Promise<ToolResult> {
  const { journal, readOnly } = context;
  const waits = write.steps.filter(({ request }) => request === undefined);
  const run = await runSteps(waits, context.http, context.signal);
  context.signal.throwIfAborted();
  const end = journalEnd(run, true);
  let closed: string | undefined;
  if (journal && !readOnly && (end.outcome === 'done' || end.outcome === 'failed')) {
    const entry = await closeOpen(journal, { ...(await context.who()), call: repeatCall(write, context) }, end);
    if (entry?.undo !== undefined && end.outcome === 'done') closed = entry.id;
    if (write.undoes && end.outcome === 'done') await markUndone(journal, write.undoes);
  }
  const error = errorOf(write, run);
  if (error !== undefined) throw error;
  return {
    ...resultOf(write, run),
    ...write.unchanged,
    // An earlier call made the change, so its entry undoes it.
    ...(closed === undefined ? {} : { undo: call('undo_change', { id: closed }) }),
  };
}

/** @throws Refusal when the endpoint or the change differs from the one that had the fingerprint. */
function checkFingerprint(write: PlannedWrite, context: WriteContext): void {
  const { if_fingerprint: given, confirm } = context.args;
  if (given === undefined) return;
  const now = write.before && fingerprint(write.before);
  const { name } = write.subject;
  const same = given === now && context.shown.matches(write, context) !== false;
  if (same) return;
  if (confirm !== undefined && write.consentReason !== undefined) throw consentMismatch(name, given);
  const changed = now === undefined || now === given ? '' : `; its fingerprint is now ${now}`;
  throw new Refusal(
    'fingerprint_mismatch',
    `endpoint ${name}, or the change that this call would make, no longer matches fingerprint ${given}${changed}`,
    `See what changed with ${call('get_endpoint', { endpoint: name })}, then repeat the dry run.`,
  );
}

function checkAllowed(write: PlannedWrite, { readOnly, policy }: WriteContext): void {
  if (readOnly) {
    throw new Refusal(
      'read_only',
      'this server is read-only',
      'See changes and requests for what the call would do. Ask someone with write access to make the change, or start the server without --read-only.',
      {
        changes: write.changes,
        requests: requestsOf(write),
        ...(write.before ? { fingerprint: fingerprint(write.before) } : {}),
      },
    );
  }
  checkPolicy(policy, write);
}

/** The refusal that the write itself would get, so that no one approves a preview in vain. */
function refusalOf(write: PlannedWrite, context: WriteContext): ToolResult {
  if (write.changes.length === 0) return {};
  try {
    checkAllowed(write, context);
    return {};
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message, next } = error;
    return { would_be_refused: { code, message, next } };
  }
}

/** A write in the journal. */
interface OpenWrite {
  id: string;
  /** An earlier call began it, and this call continues it. */
  resumed: boolean;
  /** The calls that undo all of it, including the part of earlier calls. */
  undo: readonly ToolCall[];
}

/** @throws Refusal when the write cannot be recorded. It must not be sent then. */
async function openOrBegin(journal: Journal, write: PlannedWrite, context: WriteContext): Promise<OpenWrite> {
  const record = startOf(write, context, await context.who());
  const open = write.resumes ? await openEntry(journal, record) : undefined;
  if (open) return { id: open.id, resumed: true, undo: open.undo ?? [] };
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
  const { subject, changes, undo, undoOmits, before, grants } = write;
  return {
    ...where,
    tool: context.tool,
    subject,
    call: repeatCall(write, context),
    changes,
    ...(undo.length === 0 ? {} : { undo: redactedCalls(undo) }),
    ...(undoOmits === undefined || undoOmits.length === 0 ? {} : { not_undone: undoOmits }),
    ...(before ? { prior: priorOf(before, grants) } : {}),
  };
}

/** In a text, redaction also uses the names before the values. If the text is no longer JSON afterwards, only the tool names are kept. */
function redactedCalls(calls: readonly ToolCall[]): ToolCall[] {
  try {
    return JSON.parse(String(sanitize(JSON.stringify(calls)))) as ToolCall[]; // redaction replaces values and keeps the shape
  } catch {
    return calls.map(({ tool }) => ({ tool, args: { redacted: REDACTED } }));
  }
}

/** Everything needed to restore the endpoint by hand: the body of a create, and the direct grants if the write read them. */
function priorOf(before: Endpoint, grants: PlannedWrite['grants']): Record<string, unknown> {
  return { fingerprint: fingerprint(before), ...createInput(before), ...(grants ? { grants } : {}) };
}

/** The call as it can be repeated later: without secrets, and without fingerprint, consent, config version and wait. */
function repeatCall({ repeatArgs }: PlannedWrite, { tool, args }: WriteContext): string {
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
async function recordEnd(journal: Journal, id: string, end: WriteEnd, { sent }: WriteContext): Promise<boolean> {
  const request_ids = sent.filter(({ method }) => method !== 'GET').flatMap(({ requestId }) => requestId ?? []);
  return journal.end(id, { ...end, request_ids }).then(
    () => true,
    () => false,
  );
}

/** The change is undone even when this cannot be recorded. */
async function markUndone(journal: Journal, id: string): Promise<void> {
  await journal.end(id, { outcome: 'undone' }).catch(() => {});
}

/** The one way to undo: the journal entry, or without a journal the calls themselves. A call with a redacted value is omitted: it would write the mask. */
function undoFields(write: PlannedWrite, entry: OpenWrite | undefined): ToolResult {
  const calls = entry?.undo ?? write.undo;
  const text = callsText(calls);
  const same = (value: unknown) => JSON.stringify(sanitize(value)) === JSON.stringify(value);
  const hidden = !same(text) || !same(calls);
  const omitted = [
    ...(hidden ? ['the whole change: the call that would undo it may contain a secret'] : []),
    ...(write.undoOmits ?? []),
  ];
  const undo = entry ? call('undo_change', { id: entry.id }) : text;
  return {
    ...(calls.length > 0 && !hidden ? { undo } : {}),
    ...(omitted.length > 0 ? { not_undone: omitted } : {}),
  };
}
