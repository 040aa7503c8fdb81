/** Changes of this workspace in the journal. */
import { type Entry, isOpen } from '../../src/entry.ts';
import type { Journal } from '../../src/journal.ts';
import { parseCalls, Refusal, type ToolContext } from '../../src/tool.ts';
import { MASK } from '../../src/untrusted.ts';

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
  if (undo.includes(MASK)) return changes.map(({ field }) => field);
  return changes.filter(({ from }) => (JSON.stringify(from) ?? '').includes(MASK)).map(({ field }) => field);
}
