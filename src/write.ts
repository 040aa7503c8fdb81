/**
 * Every write of every tool goes through {@link commit}: the preview, the check that nothing changed meanwhile, the policy, a person's consent
 * where it is needed, the journal, and only then the request. A tool cannot write past it: the connection it reads with refuses writes.
 */
import { type Change, fingerprint } from './difference.ts';
import { type ExportForm, exportRequests } from './export.ts';
import type { Begun } from './journal.ts';
import { mayHaveRun, report } from './report.ts';
import type { Endpoint } from './rest/endpoints.ts';
import { ApiError, TransportError } from './rest/errors.ts';
import type { Http } from './rest/http.ts';
import { call, Refusal, type ToolContext, type ToolResult } from './tool.ts';
import { MASK, purify, quote } from './untrusted.ts';

/** One request as it would be sent. */
export interface PlannedRequest {
  method: string;
  path: string;
  body?: unknown;
}

/** A write that is ready to be made. */
export interface Planned {
  subject: Begun['subject'];
  /** The endpoint that it reaches, when the subject is another thing: the policy looks at it. */
  endpoint?: string;
  /** The endpoint as it was read; undefined when the write creates one or touches none. */
  before: Endpoint | undefined;
  changes: Change[];
  /** Exactly what would be sent, in order. */
  requests: PlannedRequest[];
  /** Set when a person must agree first: what would be lost, in words of ours. */
  loses?: string;
  /**
   * The call, or calls, that bring back what was. Noted before the write, so that one that was interrupted can be taken back too; the answer of a
   * write that changed something tells it. Undefined when no call can.
   */
  undo?: string;
  /** Arguments to make the call again with, where those given may come to mean something else: an alias may move. */
  again?: Record<string, unknown>;
  /** What those calls cannot bring back, in words of ours. */
  undoLacks?: string[];
  /** What a person should see before they agree. */
  shows?: ToolResult;
  /** State that is no part of the endpoint and that the write replaces, as it was read, and how to read it again. */
  beside?: { seen: unknown; reread(): Promise<unknown> };
}

export interface WriteArgs {
  dry_run: boolean | ExportForm;
  if_fingerprint?: string | undefined;
  confirm?: string | undefined;
}

/** What the server puts around writes; tools use it through {@link commit} only. */
export interface Guard {
  /** The connection that writes. */
  http: Http;
  /** Whether the service has accepted a write of this call. */
  accepted(): boolean;
  /** @throws Refusal when the server is read-only or the policy forbids the write, with the change it would have made. */
  check(planned: Planned): void;
  /** Notes that the write begins; `end` tells whether its outcome could be noted. @throws Refusal when the begin cannot be noted and must be. */
  begin(planned: Planned): Promise<{ end(outcome: Outcome): Promise<boolean> }>;
}

export interface Outcome {
  outcome: 'done' | 'failed' | 'unknown';
  code?: string;
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
  checkFingerprint(planned, args);
  if (args.dry_run !== false) return preview(planned, args.dry_run);
  if (planned.changes.length === 0) return unchanged();
  context.guard.check(planned);
  if (planned.loses !== undefined) {
    const asked = await consent(planned, args, context);
    if (asked) return asked;
  }
  const entry = await context.guard.begin(planned);
  try {
    const result = await perform(context.guard.http);
    // A continuation that only waited has sent nothing yet.
    const waited = result.changed === false;
    const noted = await entry.end(waited ? { outcome: 'failed', code: 'not_yet' } : { outcome: 'done' });
    return {
      ...result,
      ...(waited ? {} : undoing(planned)),
      ...(noted ? {} : { journal: 'the outcome could not be noted: list_changes shows it as unfinished' }),
    };
  } catch (error) {
    const code = error instanceof Refusal || error instanceof ApiError ? error.code : 'interrupted';
    const open = mayHaveChanged(error, context) || context.guard.accepted();
    await entry.end({ outcome: open ? 'unknown' : 'failed', code });
    if (error instanceof Refusal || context.signal.aborted || !context.guard.accepted()) throw error;
    throw unseen(planned, error, context);
  }
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

function undoing({ undo, undoLacks = [] }: Planned): ToolResult {
  return { ...(undo === undefined ? {} : { undo }), ...(undoLacks.length === 0 ? {} : { undo_lacks: undoLacks }) };
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

/** The fingerprint of all that the plan rests on. */
function seal({ before, beside }: Planned): string | undefined {
  return before && fingerprint(before, beside?.seen);
}

function checkFingerprint(planned: Planned, args: WriteArgs): void {
  const now = seal(planned);
  if (args.if_fingerprint === undefined || args.if_fingerprint === now) return;
  // The one of get_endpoint covers the endpoint alone; it is no consent, see below.
  if (planned.before && args.if_fingerprint === fingerprint(planned.before)) return;
  const { name } = planned.subject;
  const message = `endpoint ${name} is not what fingerprint ${args.if_fingerprint} describes${now ? `: it is ${now} now` : ''}; nothing was sent`;
  const next = `See what changed with ${call('get_endpoint', { endpoint: name })}, then make a new dry run.`;
  throw new Refusal('fingerprint_mismatch', message, next);
}

function preview(planned: Planned, form: true | ExportForm): ToolResult {
  const now = seal(planned);
  const requests = planned.changes.length === 0 ? [] : planned.requests;
  return {
    [planned.subject.kind]: planned.subject.name,
    dry_run: true,
    changed: false,
    changes: planned.changes,
    ...(form === true ? { requests } : exported(form, requests, planned.before)),
    ...(planned.loses === undefined ? {} : { needs_consent: planned.loses }),
    ...(now === undefined ? {} : { fingerprint: now }),
  };
}

/** Hidden before it becomes text: in a text a value no longer stands beside its name. */
function exported(form: ExportForm, requests: PlannedRequest[], before: Endpoint | undefined): ToolResult {
  const text = exportRequests(form, purify(requests) as PlannedRequest[], purify(before) as Endpoint | undefined); // the same shapes
  if (!text.includes(MASK)) return { [form]: text };
  return {
    [form]: text,
    hidden: `values shown as ${MASK} are hidden: put them in before you run this, or they are overwritten`,
  };
}

/**
 * A person agrees at the client where it can ask, otherwise by the exact name together with the fingerprint of what was shown.
 * @returns the answer that asks, when nobody has agreed yet.
 */
async function consent(planned: Planned, args: WriteArgs, context: ToolContext): Promise<ToolResult | undefined> {
  const { name } = planned.subject;
  const seen = seal(planned);
  if (args.confirm !== undefined && args.confirm !== name) {
    const message = `confirm does not hold the exact name ${name}; nothing was sent`;
    throw new Refusal('wrong_confirmation', message, 'Give the exact name, or leave confirm out to see what would go.');
  }
  const shown = { ...planned.shows, changes: planned.changes };
  if (context.ask) {
    const agreed = await context.ask(`${planned.loses} ${describe(planned)}`.trim());
    if (agreed === undefined) {
      const next = 'Have the person answer the dialog of their client, then repeat the call.';
      throw new Refusal('no_answer', `nobody answered the question at the client; ${name} was not changed`, next, {
        would_change: shown,
      });
    }
    if (!agreed) {
      const next = 'Do not ask again unless they bring it up.';
      throw new Refusal('declined', `the person did not agree; ${name} was not changed`, next, { would_change: shown });
    }
    await unchangedSince(planned, seen, context);
    return undefined;
  }
  if (args.confirm === name && args.if_fingerprint !== undefined && args.if_fingerprint === seen) return undefined;
  const given = Object.entries(args).filter(([key, value]) => value !== undefined && key !== 'dry_run');
  const agreed = {
    ...Object.fromEntries(given),
    confirm: name,
    ...(seen === undefined ? {} : { if_fingerprint: seen }),
  };
  return {
    [planned.subject.kind]: name,
    changed: false,
    needs_consent: `${planned.loses} Ask the person; make the call in next only if they agree.`,
    would_change: shown,
    next: call(context.tool, agreed),
  };
}

/** A person may think for minutes; what they agreed to must still be what is there. */
async function unchangedSince(planned: Planned, seen: string | undefined, context: ToolContext): Promise<void> {
  if (planned.before === undefined) return;
  const { name } = planned.subject;
  const [now, beside] = await Promise.all([context.reread(name), planned.beside?.reread()]);
  if (now !== undefined && fingerprint(now, beside) === seen) return;
  const message = `endpoint ${name} changed while the question was open; nothing was sent`;
  throw new Refusal('changed_meanwhile', message, `Look again with ${call('get_endpoint', { endpoint: name })}.`);
}

/** What a dialog shows beside the sentence of what is lost: in one line, and no text of others longer than a name. */
function describe({ shows, changes }: Planned): string {
  const short = (value: unknown) =>
    quote(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'), 120).replace(/\s+/g, ' ');
  const parts = shows
    ? Object.entries(shows).map(([key, value]) => `${key.replaceAll('_', ' ')}: ${short(value)}`)
    : changes.slice(0, 10).map(({ field, from, to }) => `${short(field)}: ${short(from)} → ${short(to)}`);
  return parts.length === 0 ? '' : `(${parts.join('; ')})`;
}

/** Whether what ended in this error has changed something, or may have. */
export function mayHaveChanged(error: unknown, { signal }: ToolContext): boolean {
  const told = error instanceof Refusal && (error.data.changed === true || error.data.unknown !== undefined);
  return told || fateUnknown(error) || signal.aborted;
}

/** Whether a failed write may have had its effect all the same, so that only a look can tell. */
export function fateUnknown(error: unknown): boolean {
  if (error instanceof TransportError) return error.sent;
  return error instanceof ApiError && mayHaveRun(error);
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
