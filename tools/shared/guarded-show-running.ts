/** A rollout that runs, to look at. */
import type { ToolResult } from '../../src/refusal.ts';
import { endpoints } from '../../src/rest/index.ts';
import { inPhase } from '../../src/rollout/decide.ts';
import { emptyLook } from '../../src/rollout/measure-table.ts';
import type { PastRollout } from '../../src/rollout/past.ts';
import { isTable } from '../../src/rollout/source.ts';
import type { RunningRollout } from '../../src/rollout/state.ts';
import { clip } from '../../src/text/sanitize.ts';
import { timeText } from '../../src/text/time.ts';
import { possibleActions } from './guarded-actions.ts';
import { judgeLook, judging } from './guarded-measure.ts';
import { outlook } from './guarded-outlook.ts';
import type { RolloutSettings } from './guarded-settings.ts';
import {
  changeRows,
  type MeasuredView,
  measuredView,
  type Shown,
  settingsIn,
  settingsView,
} from './guarded-show-parts.ts';
import { watchKey, watchWords } from './guarded-situation.ts';

/**
 * @param unreadable the tag has a value that no one can read, so only the way back is open.
 * @param past the same rollout as the journal has it, for one whose last change is being deployed.
 */
export async function runningView(
  shown: Shown,
  running: RunningRollout,
  { unreadable, past }: { unreadable: boolean; past: PastRollout | undefined },
): Promise<ToolResult> {
  const { current, context, changes } = shown;
  const { id, version, canary, baseline, step, steps, settings, tag, end } = running;
  const times = running.times.length > 0 ? running.times : (past?.times ?? []);
  const now = context.http.time();
  const measured = await measuredView(shown, { ...running, times }, { until: now, isOver: end !== undefined });
  const state = stateOf(running);
  const isJournaled = changes.some((each) => each.id === id);
  if (!isJournaled) shown.missing.push(ELSEWHERE);
  const chosen = settingsIn(running);
  const reason = running.held ?? running.foreign ?? running.reason;
  return {
    state,
    ending: end === undefined ? undefined : ENDINGS[end],
    id,
    version,
    canary,
    baseline,
    step: step + 1,
    steps,
    percent: endpoints.trafficOf(current.config).get(canary),
    reason: reason === undefined ? undefined : clip(reason, 500),
    by: tag?.by ?? changes.find((each) => each.id === id)?.who,
    started_at: timeText(changes.findLast((each) => each.id === id)?.at),
    step_started_at: step < 0 ? undefined : timeText(times.findLast((each) => each.step === step)?.from),
    known_from: [...(isJournaled ? ['journal'] : []), ...(tag ? ['tag'] : [])],
    ...settingsView(running),
    ...measured.view,
    next_look: nextLook(running, chosen, measured, now),
    watching: state === 'running' || state === 'deploying' ? watchers(shown, chosen) : undefined,
    changes: changeRows(changes, running),
    actions: settings === undefined && steps === undefined ? [] : possibleActions(current, running, unreadable),
  };
}

const ENDINGS = { roll_back: 'rolled_back', done: 'done', failed: 'failed' } as const;

/** What this machine cannot know of the rollout of another one. */
export const ELSEWHERE =
  'the changes with their times and reasons: the journal of the machine that made them has these';

function stateOf({ phase, held, foreign }: RunningRollout): string {
  if (phase !== 'serving') return phase;
  return held === undefined && foreign === undefined ? 'running' : 'held';
}

/** What comes next. */
function nextLook(
  running: RunningRollout,
  settings: RolloutSettings | undefined,
  { source, minutes, look }: MeasuredView,
  now: number,
): ToolResult {
  const { phase, step, steps = [], canary, end } = running;
  if (phase !== 'serving') return { decision: phase, text: TEXTS[phase](running) };
  if (running.held !== undefined || running.foreign !== undefined)
    return { decision: 'person', text: 'The rollout waits for a person.' };
  if (step < 0)
    return {
      decision: 'promote',
      text: `${canary} is deployed without traffic. The next roll_out call gives it ${steps[0] ?? 100} %.`,
    };
  if (!settings || end !== undefined)
    return { decision: 'unknown', text: 'The next roll_out call measures and decides. Its plan is not known here.' };
  const rules = judging(running, settings);
  if (source !== undefined && isTable(source)) {
    if (!look) return { decision: 'unknown', text: 'The next roll_out call reads the table and decides.' };
    const decision = judgeLook(look, now, { judge: rules.judge, running, plan: settings.plan, source });
    return outlook(decision, inPhase(rules.at(look.minutes, look.asOf)), running, settings);
  }
  const seen = source === 'probes' ? emptyLook(running.times, now).minutes : minutes;
  return outlook(rules.judge(seen, now), inPhase(rules.at(seen, now)), running, settings);
}

const TEXTS: Record<Exclude<RunningRollout['phase'], 'serving'>, (of: RunningRollout) => string> = {
  deploying: ({ end }) =>
    end === 'roll_back' ? 'The service is taking all traffic back.' : 'The service is still deploying.',
  failed: ({ version }) => `Version ${version} could not be deployed. The next roll_out call ends the rollout.`,
  unstarted: () => 'The start never reached the service. The action abort clears its record.',
  ended: () => 'The rollout has ended.',
};

/** Who measures between the calls of a client. Another process does not tell. */
function watchers({ context, current }: Shown, settings: RolloutSettings | undefined): ToolResult {
  const this_server = context.isDue(watchKey(current.name));
  if (!this_server) return { this_server, text: 'not this server. Another one, or the command rollout, may' };
  return { this_server, text: settings ? watchWords(settings) : 'this server measures between the calls' };
}
