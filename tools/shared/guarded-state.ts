/** The guarded rollout of an endpoint, as its tag, the endpoint itself and the journal show it. */

import type { Endpoint } from '../../src/rest/endpoints.ts';
import { type RolloutChange, rolloutChange } from '../../src/rollout/record.ts';
import { type RunningRollout, runningRollout } from '../../src/rollout/state.ts';
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
  context: Pick<ToolContext, 'http' | 'journal'>,
): Promise<RunningRollout | undefined> {
  return runningRollout(endpoint, await rolloutChanges(endpoint.name, context));
}
