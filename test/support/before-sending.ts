/** A hook between the reads of a write and its first request. */
import { type Journal, memoryJournal } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';

/** A journal in memory. Each entry begins right before the first request of its write, and `act` runs first. */
export function journalThat(act: () => void | Promise<void>): Journal {
  const kept = memoryJournal({ now: Date.now, random: Math.random, sanitize });
  return {
    ...kept,
    async begin(record) {
      await act();
      return kept.begin(record);
    },
  };
}
