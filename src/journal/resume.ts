/** The open entry that a call continues, and closing it. */
import type { FieldDiff } from '../plan/diff.ts';
import { sanitize } from '../text/sanitize.ts';
import { isOpen, type JournalEntry, type WriteEnd, type WriteStart } from './entry.ts';
import type { Journal } from './journal.ts';

/** How many of the newest entries are searched. A write does not continue an older one. */
const SEARCHED = 20;

/**
 * The open entry that a write continues. It has the same call, the write makes only a part of its changes, and no later entry changed one of its
 * fields. So a swap in several calls is one entry, and its undo restores the state before all of them. A write that still has to make all of the
 * changes starts a new entry.
 */
export async function openEntry(
  journal: Journal,
  record: WriteStart,
): Promise<{ open: JournalEntry; overtaken?: undefined } | { overtaken: FieldDiff } | undefined> {
  const { host, subject } = record;
  const where = (each: JournalEntry) =>
    each.host === host && each.subject.kind === subject.kind && each.subject.name === subject.name;
  const { entries } = await journal.read({ where, newest: SEARCHED }).catch(() => ({ entries: [] }));
  const at = entries.findIndex((each) => isOpen(each) && each.call === record.call);
  const open = entries[at];
  if (!open) return undefined;
  // Someone else changed a field in the meantime, and the write would overwrite that.
  const changes = sanitize(record.changes) as FieldDiff[]; // the same shape, redacted as the recorded ones
  const overtaken = changes.find(({ field, from, to }) =>
    open.changes.some((each) => each.field === field && same(each.to, to) && !same(each.from, from)),
  );
  if (overtaken) return { overtaken };
  const known = new Set(open.changes.map((change) => JSON.stringify(change)));
  const fields = new Set(open.changes.map(({ field }) => field));
  const left = changes.filter((change) => known.has(JSON.stringify(change)));
  const part = left.length === changes.length && left.length < open.changes.length;
  const later = entries.slice(0, at).flatMap(({ outcome, changes }) => (outcome === 'failed' ? [] : changes));
  return part && !later.some(({ field }) => fields.has(field)) ? { open } : undefined;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/**
 * Ends the open entries of a call that found nothing left to do, or whose deployment failed. The answer does not depend on it, so an error of the
 * journal is ignored.
 * @returns the newest of the entries.
 */
export async function closeOpen(
  journal: Journal,
  { host, call }: Pick<WriteStart, 'host' | 'call'>,
  end: WriteEnd,
): Promise<JournalEntry | undefined> {
  const where = (each: JournalEntry) => each.host === host && each.call === call;
  const { entries } = await journal.read({ where, newest: SEARCHED }).catch(() => ({ entries: [] }));
  const open = entries.filter(isOpen);
  for (const { id } of open) await journal.end(id, end).catch(() => {});
  return open[0];
}
