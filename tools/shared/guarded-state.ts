/** The guarded rollout of an endpoint, as its tag, the endpoint itself and the journal show it. */

import type { Endpoint } from '../../src/rest/endpoints.ts';
import { type RolloutChange, rolloutChange } from '../../src/rollout/record.ts';
import { type RunningRollout, runningRollout, type StepTime } from '../../src/rollout/state.ts';
import type { ToolContext } from '../../src/tool.ts';

/** A rollout makes a dozen changes, so its start is among these. */
const SEARCHED = 60;

/** The changes that rollouts made to an endpoint, newest first. Empty without a journal. */
export async function rolloutChanges(
  endpoint: string,
  { http, journal }: Pick<ToolContext, 'http' | 'journal'>,
): Promise<RolloutChange[]> {
  if (!journal) return [];
  const { host } = await http.signer();
  const { entries } = await journal.read({
    where: (entry) => entry.rollout !== undefined && entry.host === host && entry.subject.name === endpoint,
    newest: SEARCHED,
  });
  return entries.flatMap((entry) => rolloutChange(entry) ?? []);
}

/** The rollout that runs on an endpoint. Undefined when there is none. @throws JournalError when the journal cannot be read. */
export async function guardedRollout(
  endpoint: Endpoint,
  context: Pick<ToolContext, 'http' | 'journal' | 'history'>,
): Promise<RunningRollout | undefined> {
  return rolloutIn(endpoint, await rolloutChanges(endpoint.name, context), context);
}

/** The same from changes that were read before. @param changes newest first. */
export function rolloutIn(
  endpoint: Endpoint,
  changes: readonly RolloutChange[],
  context: Pick<ToolContext, 'history'>,
): RunningRollout | undefined {
  const running = runningRollout(endpoint, changes);
  if (!running || running.settings !== undefined) return running;
  const earlier = context.history.steps.get(running.id) ?? [];
  return { ...running, times: inOrder([...earlier, ...running.times]) };
}

/** Keeps the times of the steps in this process, where no journal has them. */
export function rememberSteps({ id, times }: RunningRollout, { history, journal }: ToolContext): void {
  if (!journal) history.steps.set(id, inOrder(times));
}

/** Each time once, the oldest first. */
function inOrder(times: readonly StepTime[]): StepTime[] {
  const each = new Map(times.map((time) => [`${time.step} ${time.from}`, time]));
  return [...each.values()].sort((a, b) => a.from - b.from);
}
