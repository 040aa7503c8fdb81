/**
 * Every write of every tool goes through {@link commit}: the preview, the check that nothing changed meanwhile, the policy, a person's consent
 * where it is needed, the journal, and only then the request. A tool cannot write past it: the connection it reads with refuses writes.
 */
import { consent } from './consent.ts';
import { fingerprint } from './difference.ts';
import type { Ended } from './entry.ts';
import { type ExportForm, exportRequests } from './export.ts';
import { consentSeal, type Planned, seal, type WriteArgs } from './planned.ts';
import { report } from './report.ts';
import { ApiError } from './rest/errors.ts';
import { fateUnknown } from './rest/fate.ts';
import type { Http } from './rest/http.ts';
import { call, Refusal, type ToolContext, type ToolResult } from './tool.ts';
import { MASK, purify } from './untrusted.ts';

/** What the server puts around writes; tools use it through {@link commit} only. */
export interface Guard {
  /** The connection that writes. */
  http: Http;
  /** Whether the service has accepted a write of this call. */
  accepted(): boolean;
  /** @throws Refusal when the server is read-only or the policy forbids the write, with the change it would have made. */
  check(planned: Planned): void;
  /** Notes that the write begins. @throws Refusal when that cannot be noted and must be. */
  begin(planned: Planned): Promise<Noted>;
}

/** A write in the journal. */
export interface Noted {
  /** It was begun by an earlier call, with which this one goes on. */
  resumed: boolean;
  /** The calls that take back the whole, with what earlier calls did of it. */
  undo: string | undefined;
  /** @returns whether the outcome could be noted. */
  end(ended: Ended): Promise<boolean>;
}

/**
 * Carries a planned write out, or stops it where it must not go on.
 * @param perform makes the write with the connection it is given and answers with the tool's result.
 * @param unchanged answers when there is nothing to change.
 */
export async function commit(
  planned: Planned,
  args: WriteArgs,
  context: ToolContext,
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
    throw unseen(planned, error, context);
  }
}

function endOf({ changed, outcome, endpoint_id }: ToolResult, { resumed }: Noted): Ended {
  const waits = outcome === 'waiting';
  // A continuation that only waited has sent nothing itself.
  if (changed === false && !resumed) return { outcome: 'failed', code: waits ? 'not_yet' : 'nothing_to_do' };
  return { outcome: waits ? 'started' : 'done', ...created(endpoint_id) };
}

function endOfError(error: unknown, { before }: Planned, { resumed }: Noted, context: ToolContext): Ended {
  const code = error instanceof Refusal || error instanceof ApiError ? error.code : 'interrupted';
  const accepted = context.guard.accepted();
  if (!(error instanceof Refusal)) {
    const unknown = fateUnknown(error) || context.signal.aborted;
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
  context: ToolContext,
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
  const whole = undo === undefined || purify(undo) === undo;
  const lacks = whole ? undoLacks : ['the call that takes it back: a value in it may be a secret', ...undoLacks];
  return { ...(undo && whole ? { undo } : {}), ...(lacks.length === 0 ? {} : { undo_lacks: lacks }) };
}

/** The write went through, and a look after it did not: an error that spoke of the look alone would read as if nothing had changed. */
function unseen({ subject }: Planned, error: unknown, context: ToolContext): Refusal {
  const what = {
    tool: context.tool,
    effect: 'read',
    ...(subject.kind === 'endpoint' ? { endpoint: subject.name } : {}),
  } as const;
  const { message, next } = report(error, what).error;
  const look =
    subject.kind === 'endpoint' ? call('wait_for_endpoint', { endpoint: subject.name }) : call('list_changes');
  return new Refusal(
    'outcome_unseen',
    `the change of ${subject.kind} ${subject.name} was accepted, and what came of it could not be seen: ${message}`,
    `Do not send it again; see what came of it with ${look}. ${next}`,
    { changed: true },
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
function refusalOf(planned: Planned, { guard }: ToolContext): ToolResult {
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
  const clean = purify({ requests, before, grants }) as Pick<Planned, 'requests' | 'before' | 'grants'>; // the same shapes
  const text = exportRequests(form, clean.requests, clean.before, clean.grants);
  if (!text.includes(MASK)) return { [form]: text };
  return {
    [form]: text,
    hidden: `values shown as ${MASK} are hidden: put them in before you run this, or they are overwritten`,
  };
}

/** Whether what ended in this error has changed something, or may have. */
function mayHaveChanged(error: unknown, { signal }: ToolContext): boolean {
  const told = error instanceof Refusal && (error.data.changed === true || error.data.unknown !== undefined);
  return told || fateUnknown(error) || signal.aborted;
}

/**
 * Makes a write that must not be sent twice. When its answer is lost, `look` decides: what it returns is the answer, and undefined means
 * that the write had no effect, so the first error stands.
 */
export async function onceOnly<T>(
  write: () => Promise<T>,
  look: (error: unknown) => Promise<T | undefined>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    // A conflict can be the echo of our own first try, which a 503 made the retry forget.
    const conflict = error instanceof ApiError && error.status === 409;
    if (!fateUnknown(error) && !conflict) throw error;
    // When the look fails as well, the first error tells more: the fate of the write is unknown.
    const found = await look(error).catch(() => undefined);
    if (found === undefined) throw error;
    return found;
  }
}
