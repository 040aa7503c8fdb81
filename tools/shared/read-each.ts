/** Reads of many endpoints, for lists: a few at a time, within a time limit, and one that fails does not end the others. */
import { reasonOf } from '../../src/rest/failed-read.ts';
import type { ToolContext } from '../../src/tool.ts';

/** The service returns one endpoint at a time. Workspaces limit their request rate. */
const AT_ONCE = 8;

/** What a read found, or why it found nothing. The reason is a text of ours. */
export type Reading<Found> = { found: Found } | { failed: string };

/**
 * Reads in the order of the items. After the time limit it starts no more reads.
 * @param absent what a 404 means for such a read.
 * @returns the readings of the first items; fewer than there are items when the time was up.
 * @throws what the call's cancellation throws.
 */
export async function readEach<Item, Found>(
  items: readonly Item[],
  read: (item: Item) => Promise<Found>,
  { signal, clock }: Pick<ToolContext, 'signal' | 'clock'>,
  limitMs: number,
  absent: string,
): Promise<Reading<Found>[]> {
  const end = clock.now() + limitMs;
  const readings: Reading<Found>[] = [];
  let next = 0;
  const work = async () => {
    while (next < items.length && clock.now() <= end) {
      const at = next++;
      const item = items[at];
      if (item === undefined) return;
      try {
        readings[at] = { found: await read(item) };
      } catch (error) {
        signal.throwIfAborted();
        readings[at] = { failed: reasonOf(error, absent) };
      }
    }
  };
  // All of them have ended before this call ends, so that nothing is sent after its answer.
  const ends = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
  for (const ended of ends) if (ended.status === 'rejected') throw ended.reason;
  return readings;
}

/** Names of a group of endpoints in an answer. */
const FEW = 5;

/** Endpoints in groups of one reason each, by count and, where they are few, by name. */
export function byReason(
  reasons: readonly { endpoint: string; why: string }[],
): { why: string; count: number; endpoints: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { endpoint, why } of reasons) groups.set(why, [...(groups.get(why) ?? []), endpoint]);
  return [...groups].map(([why, names]) => ({
    why,
    count: names.length,
    endpoints: names.length <= FEW ? names : [...names.slice(0, FEW), '…'],
  }));
}
