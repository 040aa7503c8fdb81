/** What the journal keeps of a rollout: one record for each change that it made. Pure. */
import * as z from 'zod';
import { type JournalEntry, timesOf } from '../journal/entry.ts';

/**
 * `start` deploys the new version without traffic. `step` shifts traffic, and `finish` shifts all of it by hand. `hold` and `resume` only mark the
 * endpoint. `roll_back`, `done` and `failed` end the rollout.
 */
export const ROLLOUT_EVENTS = ['start', 'step', 'finish', 'hold', 'resume', 'roll_back', 'done', 'failed'] as const;
export type RolloutEvent = (typeof ROLLOUT_EVENTS)[number];

/** Made at the first journal that is read. */
function recordSchema() {
  return z.object({
    id: z.string(),
    event: z.enum(ROLLOUT_EVENTS),
    version: z.string(),
    /** Served entity of the new version, and of the version before. */
    canary: z.string(),
    baseline: z.string(),
    /** Index of the step after the change. -1 before the first. */
    step: z.int(),
    /** Version of the config after the change. For a change of the tag alone: the config that it found. */
    config_version: z.int().optional(),
    /** Why it was held or rolled back, in words of this program. */
    reason: z.string().optional(),
    /** The plan and the wishes of the call that began it. */
    settings: z.looseObject({}).optional(),
  });
}
export type RolloutRecord = z.infer<ReturnType<typeof recordSchema>>;

let schema: ReturnType<typeof recordSchema> | undefined;

/** One change of a rollout, with its place in the journal. */
export interface RolloutChange extends RolloutRecord {
  entry: string;
  /** The user whose call made it. */
  who: string;
  outcome: JournalEntry['outcome'];
  /** When it began and ended, by the clock of the service. Epoch milliseconds. */
  at: number;
  ended: number | undefined;
}

/** The record of a rollout in an entry. Undefined for other entries, and for those that another version of this program wrote. */
export function rolloutChange(entry: JournalEntry): RolloutChange | undefined {
  if (entry.rollout === undefined) return undefined;
  schema ??= recordSchema();
  const record = schema.safeParse(entry.rollout).data;
  if (!record) return undefined;
  const { at, ended_at } = timesOf(entry);
  const ended = ended_at === undefined ? undefined : Date.parse(ended_at);
  return { ...record, entry: entry.id, who: entry.who, outcome: entry.outcome, at: Date.parse(at), ended };
}
