/**
 * Every write of every tool goes through {@link commit}: the preview, the check that nothing changed meanwhile, the policy, a person's consent
 * where it is needed, the journal, and only then the request. A tool cannot write past it: the connection it reads with refuses writes.
 */
import type { Ended } from '../journal/entry.ts';
import { fingerprint } from '../plan/fingerprint.ts';
import { call, Refusal, type ToolResult } from '../refusal.ts';
import { effectUnknown } from '../rest/effect.ts';
import { ApiError } from '../rest/errors.ts';
import type { Http } from '../rest/http.ts';
import { REDACTED } from '../text/redact.ts';
import { sanitize } from '../text/sanitize.ts';
import { consent } from './consent.ts';
import { exportRequests } from './export.ts';
import {
  consentSeal,
  type ExportForm,
  type Noted,
  type Planned,
  seal,
  type WriteArgs,
  type WriteContext,
} from './planned-write.ts';

/**
 * Carries a planned write out, or stops it where it must not go on.
 * @param perform makes the write with the connection it is given and answers with the tool's result.
 * @param unchanged answers when there is nothing to change.
 */
export async function commit(
  planned: Planned,
  args: WriteArgs,
  context: WriteContext,
  perform: (http: Http) => Promise<ToolResult>,
  unchanged: () => ToolResult | Promise<ToolResult>,
): Promise<ToolResult> {
  checkFingerprint(planned, args, context.tool);
  if (args.dry_run !== false)
    return { ...preview(planned, args.dry_run, context.tool), ...refusalOf(planned, context) };
  if (planned.changes.length === 0) return unchanged();
  context.guard.check(planned);
  if (planned.loses !== undefined) {
    const asked = await consent(planned, args, context);
    if (asked) return asked;
  }
  const entry = await context.guard.begin(planned);
  try {
    const result = await perform(context.guard.http);
    const noted = await entry.end(endOf(result, entry));
    const changed = result.changed !== false || entry.resumed;
    return {
      ...result,
      ...(changed ? undoing({ ...planned, undo: entry.undo }) : {}),
      ...(noted ? {} : { journal: 'the outcome could not be noted: list_changes shows it as unfinished' }),
    };
  } catch (error) {
    const ended = endOfError(error, planned, entry, context);
    await entry.end(ended);
    if (error instanceof Refusal && ended.outcome === 'partly' && entry.undo !== undefined)
      throw new Refusal(error.code, error.message, error.next, { ...error.data, undo: entry.undo });
    if (error instanceof Refusal || context.signal.aborted || !context.guard.accepted()) throw error;
    throw unseen(planned, error);
  }
}

function endOf({ changed, outcome, endpoint_id }: ToolResult, { resumed }: Noted): Ended {
  const waits = outcome === 'waiting';
  // A continuation that only waited has sent nothing itself.
  if (changed === false && !resumed) return { outcome: 'failed', code: waits ? 'not_yet' : 'nothing_to_do' };
  return { outcome: waits ? 'started' : 'done', ...created(endpoint_id) };
}

function endOfError(error: unknown, { before }: Planned, { resumed }: Noted, context: WriteContext): Ended {
  const code = error instanceof Refusal || error instanceof ApiError ? error.code : 'interrupted';
  const accepted = context.guard.accepted();
  if (!(error instanceof Refusal)) {
    const unknown = effectUnknown(error) || context.signal.aborted;
    return { outcome: accepted || resumed ? 'started' : unknown ? 'unknown' : 'failed', code };
  }
  const { unknown, outcome, done } = error.data;
  const changed = error.data.changed === true || resumed;
  if (unknown !== undefined || (accepted && !changed)) return { outcome: 'unknown', code };
  // An update that does not come up leaves what served; a create leaves an endpoint, and other steps what they did.
  const nothing = !changed || (outcome === 'failed' && before !== undefined && done === undefined);
  return { outcome: nothing ? 'failed' : 'partly', code, ...created(error.data.endpoint_id) };
}

/** What tells the endpoint that was made from a later one of the same name. */
function created(id: unknown): Pick<Ended, 'endpoint_id'> {
  return typeof id === 'string' ? { endpoint_id: id } : {};
}

/**
 * Several writes that are one to whoever asked. Each notes itself; that there are more to come would be lost with a process that ends between two of
 * them, so the whole is noted as well.
 * @param isDone whether a result is that of the whole. One that waits, or was made in part, stays open: the same call goes on with it.
 */
export async function inSteps(
  { subject, changes }: Pick<Planned, 'subject' | 'changes'>,
  context: WriteContext,
  steps: () => Promise<ToolResult>,
  isDone: (result: ToolResult) => boolean,
): Promise<ToolResult> {
  const entry = await context.guard.begin({ subject, before: undefined, changes, requests: [] });
  try {
    const result = await steps();
    if (isDone(result)) await entry.end({ outcome: 'done' });
    return result;
  } catch (error) {
    if (!mayHaveChanged(error, context)) await entry.end({ outcome: 'failed' });
    throw error;
  }
}

function undoing({ undo, undoLacks = [] }: { undo: string | undefined; undoLacks?: string[] }): ToolResult {
  // A call that leaves masked would write the mask.
  const whole = undo === undefined || sanitize(undo) === undo;
  const lacks = whole ? undoLacks : ['the call that takes it back: a value in it may be a secret', ...undoLacks];
  return { ...(undo && whole ? { undo } : {}), ...(lacks.length === 0 ? {} : { undo_lacks: lacks }) };
}

/** The write went through, and a look after it did not: an error that spoke of the look alone would read as if nothing had changed. */
function unseen({ subject }: Planned, error: unknown): Refusal {
  const look =
    subject.kind === 'endpoint' ? call('wait_for_endpoint', { endpoint: subject.name }) : call('list_changes');
  return new Refusal(
    'outcome_unseen',
    `the change of ${subject.kind} ${subject.name} was accepted, and what came of it could not be seen`,
    `Do not send it again; see what came of it with ${look}.`,
    { changed: true },
    { cause: error },
  );
}

function checkFingerprint(planned: Planned, args: WriteArgs, tool: string): void {
  const now = seal(planned);
  if (args.if_fingerprint === undefined || args.if_fingerprint === now) return;
  if (args.if_fingerprint === consentSeal(planned, tool)) return;
  // The one of get_endpoint covers the endpoint alone; it is no consent, see below.
  if (planned.before && args.if_fingerprint === fingerprint(planned.before)) return;
  const { name } = planned.subject;
  if (args.confirm !== undefined && planned.loses !== undefined) {
    const other = `this change of endpoint ${name} as it is now is not the one that fingerprint ${args.if_fingerprint} stands for; nothing was sent`;
    throw new Refusal(
      'consent_mismatch',
      other,
      'Make the call without confirm and if_fingerprint: it shows what would go, and asks anew.',
    );
  }
  const message = `endpoint ${name} is not what fingerprint ${args.if_fingerprint} describes${now ? `: it is ${now} now` : ''}; nothing was sent`;
  const next = `See what changed with ${call('get_endpoint', { endpoint: name })}, then make a new dry run.`;
  throw new Refusal('fingerprint_mismatch', message, next);
}

function preview(planned: Planned, form: true | ExportForm, tool: string): ToolResult {
  const now = planned.loses === undefined ? seal(planned) : consentSeal(planned, tool);
  const requests = planned.changes.length === 0 ? [] : planned.requests;
  return {
    [planned.subject.kind]: planned.subject.name,
    dry_run: true,
    changed: false,
    changes: planned.changes,
    ...(form === true ? { requests } : exported(form, { ...planned, requests })),
    ...(planned.loses === undefined ? {} : { needs_consent: planned.loses }),
    ...(now === undefined ? {} : { fingerprint: now }),
  };
}

/** What the write itself would be refused with, so that nobody agrees to a preview in vain. */
function refusalOf(planned: Planned, { guard }: WriteContext): ToolResult {
  try {
    if (planned.changes.length > 0) guard.check(planned);
    return {};
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message, next } = error;
    return { would_be_refused: { code, message, next } };
  }
}

/** Hidden before it becomes text: in a text a value no longer stands beside its name. */
function exported(form: ExportForm, { requests, before, grants }: Planned): ToolResult {
  const clean = sanitize({ requests, before, grants }) as Pick<Planned, 'requests' | 'before' | 'grants'>; // the same shapes
  const text = exportRequests(form, clean.requests, clean.before, clean.grants);
  if (!text.includes(REDACTED)) return { [form]: text };
  return {
    [form]: text,
    hidden: `values shown as ${REDACTED} are hidden: put them in before you run this, or they are overwritten`,
  };
}

/** Whether what ended in this error has changed something, or may have. */
function mayHaveChanged(error: unknown, { signal }: WriteContext): boolean {
  const told = error instanceof Refusal && (error.data.changed === true || error.data.unknown !== undefined);
  return told || effectUnknown(error) || signal.aborted;
}
