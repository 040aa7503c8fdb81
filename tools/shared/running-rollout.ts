/** What other tools say of the guarded rollout that runs on an endpoint. */

import type { FieldDiff } from '../../src/plan/diff.ts';
import { ROLLOUT_TAG } from '../../src/plan/rollout-tag.ts';
import { call } from '../../src/refusal.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import type { RunningRollout } from '../../src/rollout/state.ts';
import { taggedEnd } from '../../src/rollout/tag.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';

type Context = Pick<ToolContext, 'http' | 'journal' | 'history'>;

/** Characters of a reason in one line. */
const MAX_REASON = 200;

/**
 * The rollout that runs on an endpoint. It makes no request: it reads the tags of the endpoint and the journal. Undefined when none runs, and when a
 * journal that cannot be read is the only source.
 */
export async function rolloutOn(endpoint: Endpoint, context: Context): Promise<RunningRollout | undefined> {
  const tagged = (endpoint.tags ?? []).some(({ key }) => key === ROLLOUT_TAG);
  if (!tagged && !context.journal) return undefined;
  const { guardedRollout } = await import('./guarded-state.ts');
  try {
    return await guardedRollout(endpoint, context);
  } catch {
    // The tag alone says enough. The journal tool names the fault of the journal.
    return guardedRollout(endpoint, { ...context, journal: undefined });
  }
}

/** The rollout in one line, such as `r1 runs: version 3 at step 2 of 4 (25 %)`. */
export function rolloutLine({ id, version, step, steps = [], held, phase, foreign }: RunningRollout): string {
  const at =
    step < 0
      ? 'before its first step'
      : `at step ${step + 1}${steps.length > 0 ? ` of ${steps.length} (${steps[step]} %)` : ''}`;
  const stopped = held ?? foreign;
  const state = {
    unstarted: `was recorded, and its start never reached the service: version ${version}`,
    deploying: `runs: version ${version} ${at}, and the service works on its update`,
    serving: `runs: version ${version} ${at}`,
    failed: `has failed: version ${version} could not be deployed`,
    ended: `has ended: version ${version}, and its tag is left`,
  }[phase];
  const why = phase === 'ended' || stopped === undefined ? '' : `, held: ${clip(stopped, MAX_REASON)}`;
  return `${id} ${state}${why}`;
}

/** The field `rollout` of an answer. Empty when none runs. */
export async function rolloutField(endpoint: Endpoint, context: Context): Promise<{ rollout?: string }> {
  const running = await rolloutOn(endpoint, context);
  return running ? { rollout: rolloutLine(running) } : {};
}

/**
 * The warning of a change that a running rollout would notice. The rollout sees another config than its own, and is held.
 * @param deletes whether the change deletes the endpoint.
 * @param own the id of the rollout that the change itself takes back.
 */
export async function rolloutWarning(
  endpoint: Endpoint,
  context: Context,
  { deletes = false, own }: { deletes?: boolean; own?: string | undefined } = {},
): Promise<string | undefined> {
  const running = await rolloutOn(endpoint, context);
  if (!running || running.id === own || running.phase === 'ended' || running.phase === 'unstarted') return undefined;
  const abort = call('roll_out', { endpoint: endpoint.name, version: running.version, action: 'abort' });
  const effect = deletes
    ? 'The deletion ends it.'
    : 'This change holds it, and the rollout does not continue by itself.';
  return `A guarded rollout is under way on ${endpoint.name}: ${rolloutLine(running)}. ${effect} To end the rollout first: ${abort}.`;
}

/** Whether a change of tags concerns the mark of a rollout. */
export function changesMark(changes: readonly FieldDiff[]): boolean {
  return changes.some(({ field }) => field === `tags.${ROLLOUT_TAG}`);
}

/** The key of the tag that a rollback left, where its new version is removed. Then it says nothing any more. */
export function markOfRemoved({ tags, config }: Endpoint, removed: readonly string[] = []): string[] {
  const mark = taggedEnd(tags);
  const gone = endpoints.entitiesOf(config).filter(({ name }) => removed.includes(name));
  return mark && gone.some(({ entity_version }) => entity_version === mark.version) ? [ROLLOUT_TAG] : [];
}
