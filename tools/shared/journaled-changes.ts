/** The changes to this workspace in the journal. */
import { isOpen, type JournalEntry, timesOf } from '../../src/journal/entry.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { isRewindable } from '../../src/plan/rewind.ts';
import { call, Refusal, type ToolCall } from '../../src/refusal.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import { REDACTED } from '../../src/text/redact.ts';
import type { ToolContext } from '../../src/tool.ts';
import { authorship } from './authorship.ts';
import { inTodaysWords } from './old-undo.ts';

/** @throws Refusal when the server keeps no journal. @param next what to do instead. */
export function journalOf({ journal }: ToolContext, next: string): Journal {
  if (journal) return journal;
  throw new Refusal('no_journal', 'this server keeps no journal of changes', next);
}

/** One change with the earlier settings. @throws Refusal when this workspace has no change with that id. */
export async function changeOf(
  id: string,
  journal: Journal,
  { http }: ToolContext,
): Promise<{ entry: JournalEntry; unreadable: number }> {
  const { host } = await http.signer();
  const one = (entry: JournalEntry) => entry.id === id && entry.host === host;
  const { entries, unreadable } = await journal.read({ where: one, newest: 1, whole: id });
  const [entry] = entries;
  if (!entry) {
    const message = `the journal has no change ${id} of this workspace`;
    throw new Refusal('unknown_change', message, 'Call list_changes to see the ids.');
  }
  if (!isOpen(entry)) return { entry, unreadable };
  // A later write of the same call may have finished it.
  const same = (each: JournalEntry) => each.host === host && each.call === entry.call;
  const again = await journal.read({ where: same, newest: 50 });
  const finished_by = again.entries.find((each) => each.id === id)?.finished_by;
  return { entry: finished_by === undefined ? entry : { ...entry, finished_by }, unreadable };
}

/** The calls that undo a change, or the completed part of an interrupted one. Empty when no call can, or when nothing changed. */
export function undoCalls({ undo = [], outcome }: JournalEntry): ToolCall[] {
  return outcome === 'failed' ? [] : undo.map(inTodaysWords);
}

/** Fields whose earlier value may be a secret. The journal does not have it, and the mark in its place must never be sent. */
export function redactedFields({ changes, undo = [] }: JournalEntry): string[] {
  const redacted = (value: unknown) => (JSON.stringify(value) ?? '').includes(REDACTED);
  return changes.filter(({ from }) => redacted(undo) || redacted(from)).map(({ field }) => field);
}

/** The same values as paths: of an entity, only the variables that are hidden. */
export function redactedPaths(entry: JournalEntry): string[] {
  const changes = new Map(entry.changes.map(({ field, from }) => [field, from]));
  return redactedFields(entry).flatMap((field) => {
    const hidden = hiddenIn(changes.get(field), field);
    return hidden.length > 0 ? hidden : [field];
  });
}

function hiddenIn(value: unknown, path: string): string[] {
  if (typeof value === 'string') return value.includes(REDACTED) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => hiddenIn(inner, `${path}.${key}`));
}

/** Whether undo_change can undo at least a part of the change. */
export function isUndoable(entry: JournalEntry): boolean {
  if (entry.outcome === 'undone') return false;
  if (undoCalls(entry).length === 0) return isRewindableAlone(entry);
  return redactedFields(entry).length < Math.max(1, entry.changes.length);
}

/**
 * Whether the record takes a change back where no call does: an undo of several changes at once, and a step of a guarded rollout, which is undone
 * together with the other steps.
 */
export function isRewindableAlone({ undoes, rollout, outcome, changes }: JournalEntry): boolean {
  return (undoes ?? rollout) !== undefined && outcome !== 'failed' && isRewindable(changes);
}

/** An interrupted create has no endpoint id. Its caller and its time must then match the endpoint's, within the difference of two clocks. Milliseconds. */
const CLOCK_TOLERANCE = 10 * 60_000;

/**
 * The recorded creates of this very endpoint. The name alone proves nothing: it may now belong to an endpoint of someone else.
 * @returns undefined without a journal.
 */
export async function createsOf(found: Endpoint, { journal, http }: ToolContext): Promise<JournalEntry[] | undefined> {
  if (!journal) return undefined;
  const { host } = await http.signer();
  const where = (entry: JournalEntry) =>
    entry.host === host && entry.subject.name === found.name && (isCreate(entry) || isDelete(entry));
  const { entries } = await journal.read({ where, newest: 20 });
  const made = entries.filter(({ outcome }) => outcome !== 'failed');
  const deleted = made.findIndex(isDelete);
  const since = deleted < 0 ? made : made.slice(0, deleted);
  const creates = made.filter(isCreate);
  const interrupted = creates.some(({ endpoint_id }) => endpoint_id === undefined);
  const other = interrupted && (await authorship(http, [{ creator: found.creator }], 0)) === 'other';
  return creates.filter((entry) => {
    if (entry.endpoint_id !== undefined) return entry.endpoint_id === found.id;
    if (other) return false;
    const { at: begun, ended_at = begun } = timesOf(entry);
    const from = Date.parse(begun) - CLOCK_TOLERANCE;
    const to = Date.parse(ended_at) + CLOCK_TOLERANCE;
    const at = found.creation_timestamp ?? 0;
    return since.includes(entry) && from <= at && at <= to;
  });
}

/** @throws Refusal when the undo of a create would delete another endpoint that now has its name. */
export async function refuseReplacedEndpoint(entry: JournalEntry, context: ToolContext): Promise<void> {
  if (!isCreate(entry)) return;
  const { name } = entry.subject;
  const found = await endpoints.find(context.http, name);
  if (!found) return;
  const creates = await createsOf(found, context);
  if (creates?.some(({ id }) => id === entry.id)) return;
  const message = `the current endpoint ${name} does not seem to be the one that change ${entry.id} created`;
  const next = `See who created it with ${call('get_endpoint', { endpoint: name })}. There is nothing to undo.`;
  throw new Refusal('changed_since', message, next);
}

/** How long back a traffic split counts as recent. Milliseconds. */
const RECENT = 24 * 3_600_000;

/**
 * The largest share of the traffic that an entity had in the last 24 hours, by entity, as far as recorded changes of it show. Empty without a
 * journal, or when it cannot be read. An endpoint of the same name that was deleted since does not count.
 */
export async function recentShares(
  endpoint: string,
  { journal, http, clock }: ToolContext,
): Promise<Map<string, number>> {
  const shares = new Map<string, number>();
  if (!journal) return shares;
  const { host } = await http.signer();
  const since = clock.now() - RECENT;
  const where = (entry: JournalEntry) =>
    entry.host === host &&
    entry.subject.kind === 'endpoint' &&
    entry.subject.name === endpoint &&
    Date.parse(entry.at) >= since &&
    (isDelete(entry) || entry.changes.some(({ field }) => field.startsWith(TRAFFIC)));
  const { entries } = await journal.read({ where, newest: 100 }).catch(() => ({ entries: [] }));
  const deleted = entries.findIndex((entry) => isDelete(entry) && entry.outcome !== 'failed');
  for (const { changes, outcome } of deleted < 0 ? entries : entries.slice(0, deleted))
    for (const { field, from, to } of changes.filter((change) => change.field.startsWith(TRAFFIC))) {
      const entity = field.slice(TRAFFIC.length);
      // What was read counts even if the change failed.
      const share = Math.max(shares.get(entity) ?? 0, Number(from ?? 0), outcome === 'done' ? Number(to ?? 0) : 0);
      if (share > 0) shares.set(entity, share);
    }
  return shares;
}

/** The fields of a traffic split: `traffic.churn-1`. */
const TRAFFIC = 'traffic.';

const isCreate = ({ tool }: JournalEntry) => tool === 'create_endpoint';

/** The undo of a create also deletes. */
const isDelete = ({ tool, changes }: JournalEntry) =>
  tool === 'delete_endpoint' || changes.some(({ field, to }) => field === 'endpoint' && to === undefined);
