/** Changes of this workspace in the journal. */
import { type Entry, isOpen } from '../../src/journal/entry.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { call, parseCalls, Refusal } from '../../src/refusal.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import { REDACTED } from '../../src/text/redact.ts';
import type { ToolContext } from '../../src/tool.ts';

/** @throws Refusal when the server keeps no journal. @param next what to do instead. */
export function journalOf({ journal }: ToolContext, next: string): Journal {
  if (journal) return journal;
  throw new Refusal('no_journal', 'this server keeps no journal of changes', next);
}

/** One change with the settings before it. @throws Refusal when this workspace has none with that id. */
export async function changeOf(
  id: string,
  journal: Journal,
  { http }: ToolContext,
): Promise<{ entry: Entry; damaged: number }> {
  const { host } = await http.signer();
  const one = (entry: Entry) => entry.id === id && entry.host === host;
  const { entries, damaged } = await journal.read({ where: one, newest: 1, whole: id });
  const [entry] = entries;
  if (!entry) {
    const message = `there is no change ${id} of this workspace in the journal`;
    throw new Refusal('unknown_change', message, 'Call list_changes to see the ids.');
  }
  if (!isOpen(entry)) return { entry, damaged };
  // A later write of the same call may have finished it.
  const same = (each: Entry) => each.host === host && each.call === entry.call;
  const again = await journal.read({ where: same, newest: 50 });
  const finished_by = again.entries.find((each) => each.id === id)?.finished_by;
  return { entry: finished_by === undefined ? entry : { ...entry, finished_by }, damaged };
}

/** The calls that take a change back, or what an interrupted one had done; undefined where there are none, or nothing was done. */
export function undoCalls({ undo, outcome }: Entry): ReturnType<typeof parseCalls> {
  return undo === undefined || outcome === 'failed' ? undefined : parseCalls(undo);
}

/** Fields whose value before the change may be a secret: it was not kept, and a mask must never be written back. */
export function hiddenFields({ changes, undo = '' }: Entry): string[] {
  if (undo.includes(REDACTED)) return changes.map(({ field }) => field);
  return changes.filter(({ from }) => (JSON.stringify(from) ?? '').includes(REDACTED)).map(({ field }) => field);
}

/** A create whose end nobody saw left no id: then its time must be that of the endpoint, give or take two clocks. Milliseconds. */
const CLOSE = 10 * 60_000;

/**
 * The noted creates that made this very endpoint: a name alone may have passed to an endpoint of somebody else.
 * @returns undefined when no journal is kept: then nobody can tell.
 */
export async function createsOf(found: Endpoint, { journal, http }: ToolContext): Promise<Entry[] | undefined> {
  if (!journal) return undefined;
  const { host } = await http.signer();
  const where = ({ tool, subject, ...entry }: Entry) =>
    entry.host === host && subject.name === found.name && (tool === 'create_endpoint' || tool === 'delete_endpoint');
  const { entries } = await journal.read({ where, newest: 20 });
  const made = entries.filter(({ outcome }) => outcome !== 'failed');
  const deleted = made.findIndex(({ tool }) => tool === 'delete_endpoint');
  const since = deleted < 0 ? made : made.slice(0, deleted);
  return made.filter((entry) => {
    if (entry.tool !== 'create_endpoint') return false;
    if (entry.endpoint_id !== undefined) return entry.endpoint_id === found.id;
    const [from, to] = [Date.parse(entry.at) - CLOSE, Date.parse(entry.ended_at ?? entry.at) + CLOSE];
    const at = found.creation_timestamp ?? 0;
    return since.includes(entry) && from <= at && at <= to;
  });
}

/** @throws Refusal when a create would be undone and the endpoint that bears its name now is another one. */
export async function refuseAnother(entry: Entry, context: ToolContext): Promise<void> {
  if (entry.tool !== 'create_endpoint') return;
  const { name } = entry.subject;
  const found = await endpoints.find(context.http, name);
  if (!found) return;
  const creates = await createsOf(found, context);
  if (creates?.some(({ id }) => id === entry.id)) return;
  const message = `endpoint ${name} as it is now was not made by change ${entry.id}, as far as can be told; nothing was sent`;
  const next = `See whose it is with ${call('get_endpoint', { endpoint: name })}. There is nothing to undo.`;
  throw new Refusal('changed_since', message, next);
}
