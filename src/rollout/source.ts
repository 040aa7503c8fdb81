/** Where the numbers of a rollout come from, how late they are, and what they cannot show. Pure. */
import type { GateName, RolloutPlan } from './plan.ts';

/** In the order in which they are preferred: by how soon they show a fault, and by how much of it. */
export const SOURCES = ['metrics', 'inference_table', 'usage_table', 'probes'] as const;
export type SourceName = (typeof SOURCES)[number];
export type TableName = 'inference_table' | 'usage_table';

/** The source of one rollout. The journal keeps it, so that all calls use the same. */
export interface RolloutSource {
  name: SourceName;
  /** The SQL warehouse of a table, by id or name. */
  warehouse?: string | undefined;
  /** Whether a stopped warehouse may start. That costs money. */
  start_warehouse?: boolean | undefined;
}

export const MINUTE = 60_000;

/**
 * Minutes after which the rows of a minute count as complete. Public reports see rows of the usage table after 15 to 25 minutes and those of an
 * inference table within ten. Later rows still count, because each query reads all minutes of the rollout again.
 */
const LATE: Readonly<Record<SourceName, number>> = { metrics: 0, inference_table: 10, usage_table: 25, probes: 0 };

/** How late a source is, in minutes. */
export function lateMinutes(name: SourceName): number {
  return LATE[name];
}

/** Gates that a source has no numbers for. */
const UNSEEN: Readonly<Record<SourceName, readonly GateName[]>> = {
  metrics: [],
  inference_table: ['saturation'],
  usage_table: ['latency', 'saturation'],
  probes: [],
};

/** The gates that are off because of the source. */
export function unseenGates(name: SourceName): readonly GateName[] {
  return UNSEEN[name];
}

/** The plan as the source can judge it: a gate without numbers decides nothing, or no step would ever pass. */
export function seenPlan(plan: RolloutPlan, name: SourceName): RolloutPlan {
  const gates = { ...plan.gates };
  for (const gate of UNSEEN[name]) gates[gate] = { ...gates[gate], off: true };
  return { ...plan, gates };
}

/**
 * Milliseconds between two queries while a rollout is watched. The rows are ten minutes late or more, so a query each minute would show little sooner.
 * Serverless warehouses stop after ten idle minutes by default, so this pace also needs no second start.
 */
export const QUERY_EVERY_MS = 5 * MINUTE;

/** A source in a sentence. */
export function sourceWords(name: SourceName): string {
  return {
    metrics: 'series per entity',
    inference_table: 'the inference table',
    usage_table: 'the usage table',
    probes: 'probes alone: nothing tells the versions apart',
  }[name];
}

/** Whether a source is a table that a SQL warehouse reads. */
export function isTable(name: SourceName): name is TableName {
  return name === 'inference_table' || name === 'usage_table';
}
