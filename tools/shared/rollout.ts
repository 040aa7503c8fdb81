/** A rollout in the journal: a change of what an endpoint serves, and the later changes of this server that continue it. */
import type { JournalEntry } from '../../src/journal/entry.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { parseCalls } from '../../src/journal/lines.ts';
import type { FieldDiff } from '../../src/plan/diff.ts';
import { isAlias, isConfig, isRewindable, overlaps } from '../../src/plan/rewind.ts';
import { isObject } from '../../src/rest/json.ts';

/** How many of the newest changes are searched. An older change is undone by its own calls, or not at all. */
const SEARCHED = 100;

export interface Rollout {
  /** The change and its continuations, the oldest first. */
  chain: [JournalEntry, ...JournalEntry[]];
  /** A later change of the same settings that is not a part of the rollout. */
  blocked: JournalEntry | undefined;
}

/** The change that began the guarded rollout of a change. Other changes begin for themselves. */
export async function beginningOf(entry: JournalEntry, journal: Journal): Promise<JournalEntry> {
  const { rollout, host } = entry;
  if (rollout === undefined) return entry;
  const where = (each: JournalEntry) => each.host === host && each.rollout?.id === rollout.id;
  const { entries } = await journal.read({ where, newest: SEARCHED });
  return entries.at(-1) ?? entry;
}

/** The rollout that begins with a change. Undefined when the change concerns neither entities nor traffic, or when no later one continues it. */
export async function rolloutFrom(entry: JournalEntry, journal: Journal): Promise<Rollout | undefined> {
  if (entry.subject.kind !== 'endpoint' || !entry.changes.some(isConfig)) return undefined;
  const where = ({ host, subject }: JournalEntry) =>
    host === entry.host && (subject.kind === 'model' || subject.name === entry.subject.name);
  const { entries } = await journal.read({ where, newest: SEARCHED });
  const at = entries.findIndex(({ id }) => id === entry.id);
  // The call that was repeated after an interruption made the same change.
  const later = inEffect(entries.slice(0, Math.max(at, 0)), entry.id)
    .filter(({ id }) => id !== entry.finished_by)
    .reverse();
  const chain: Rollout['chain'] = [entry];
  let blocked: JournalEntry | undefined;
  for (const each of later) {
    const same = entry.rollout !== undefined && each.rollout?.id === entry.rollout.id;
    if (!same && !concerns(each, chain)) continue;
    if ((same || continues(each)) && isRewindable(entry.changes)) chain.push(each);
    else blocked ??= each;
  }
  return chain.length > 1 || blocked ? { chain, blocked } : undefined;
}

/**
 * Without changes that had no effect, without pairs of a change and its undo, and without earlier attempts of this undo. An undo that still deploys
 * counts too.
 * @param list newest first.
 */
function inEffect(list: readonly JournalEntry[], undoing: string): JournalEntry[] {
  const ids = new Set(list.map(({ id }) => id));
  const cancelled = new Set<string>();
  return list.filter((entry) => {
    if (entry.outcome === 'failed' || entry.outcome === 'undone' || cancelled.has(entry.id)) return false;
    const undone = undoneBy(entry);
    // An earlier attempt of this undo: the changes that it undid are those that this one continues to undo.
    if (undone.includes(undoing)) return false;
    if (undone.length === 0 || !undone.every((id) => ids.has(id))) return true;
    for (const id of undone) cancelled.add(id);
    return false;
  });
}

/** The changes that an undo undid. Version 0.1.0 recorded them in the call alone. */
function undoneBy({ tool, undoes, call }: JournalEntry): string[] {
  if (undoes) return undoes;
  const id = tool === 'undo_change' ? parseCalls(call)?.[0]?.args.id : undefined;
  return typeof id === 'string' ? [id] : [];
}

/** Whether a change concerns the settings of the earlier ones, or an alias that follows the version that they deployed. */
function concerns({ subject, changes }: JournalEntry, chain: Rollout['chain']): boolean {
  if (subject.kind === 'model') {
    const versions = deployed(chain[0].changes);
    return changes.some(({ to }) =>
      versions.some(({ model = subject.name, version }) => model === subject.name && version === String(to)),
    );
  }
  const settings = chain.flatMap((each) => each.changes).filter((change) => isConfig(change) || isAlias(change));
  return changes.some((change) => settings.some((other) => overlaps(change, other)));
}

/** Whether a change only goes on: it shifts traffic, changes or removes entities, or moves aliases. A new version is a deployment of its own. */
function continues(entry: JournalEntry): boolean {
  return isRewindable(entry.changes) && deployed(entry.changes).length === 0 && undoneBy(entry).length === 0;
}

/** The versions that a change deploys. Under a name that exists, only the version is new, and the record does not have the model. */
export function deployed(changes: readonly FieldDiff[]): { model?: string; version: string }[] {
  return changes.flatMap(({ field, from, to }) => {
    if (/^served_entities\.[^.]+$/.test(field) && from === undefined && isObject(to))
      return [{ model: String(to.entity_name), version: String(to.entity_version) }];
    return field.endsWith('.entity_version') ? [{ version: String(to) }] : [];
  });
}
