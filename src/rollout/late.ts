/** Decisions on minutes that come late: patience with rows that are only late, and none with a table that cannot be read. Pure. */
import type { Decision } from './decide.ts';
import type { RolloutPlan } from './plan.ts';
import { lateMinutes, MINUTE, sourceWords, type TableName } from './source.ts';
import type { Look } from './watch.ts';

export interface LateSituation {
  source: TableName;
  plan: RolloutPlan;
  /** When the current step began, and now, by the clock of the service. Epoch milliseconds. */
  began: number;
  now: number;
  /** Why the table cannot be read, in words of this program. */
  cause: string | undefined;
}

/** Minutes for which a table may be unreadable. The same as for metrics. */
const BLIND_MINUTES = 5;

/**
 * What follows from a decision on the minutes up to `seen.asOf`. Evidence of a fault counts however old it is. A pass does not count while the table
 * cannot be read, because the newest minutes are unknown.
 */
export function decideLate(decision: Decision, seen: Look, situation: LateSituation): Decision {
  const { source, plan, began, now, cause } = situation;
  const name = sourceWords(source);
  const late = lateMinutes(source);
  if (decision.kind === 'roll_back') return decision;
  if (seen.failure !== undefined) {
    const minutes = Math.floor((now - (seen.failingSince ?? now)) / MINUTE);
    const why = `${name} could not be read${cause === undefined ? '' : `: ${cause}`}`;
    return minutes >= BLIND_MINUTES
      ? inconclusive(plan, `for ${minutes} minutes, ${why}`)
      : { kind: 'wait', until: Math.max(seen.due, now + MINUTE), why };
  }
  if (decision.kind !== 'wait') return decision;
  const missing = Math.floor((now - Math.max(seen.asOf, began)) / MINUTE) - late;
  if (missing >= plan.max_minutes)
    return inconclusive(
      plan,
      `the rows of the last ${missing + late} minutes are not in ${name}, or have no entity yet`,
    );
  const until = Math.max(Math.ceil(decision.until / MINUTE) * MINUTE + late * MINUTE, seen.due, now + MINUTE);
  if (seen.asOf - began >= MINUTE) return { ...decision, until };
  return { kind: 'wait', until, why: `no minute of this step is known yet, because rows come ${late} minutes late` };
}

function inconclusive({ on_inconclusive }: RolloutPlan, reason: string): Decision {
  return on_inconclusive === 'rollback' ? { kind: 'roll_back', reason } : { kind: 'hold', reason, probes: true };
}
