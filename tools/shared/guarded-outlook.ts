/** What a guarded rollout does next and when, as numbers and in one sentence. Pure. */
import type { ToolResult } from '../../src/refusal.ts';
import { type Decision, progressOf, type Situation } from '../../src/rollout/decide.ts';
import type { RunningRollout } from '../../src/rollout/state.ts';
import { timeText } from '../../src/text/time.ts';
import type { RolloutSettings } from './guarded-settings.ts';
import { stepText } from './guarded-situation.ts';

const MINUTE = 60_000;

/** What a look that measures would decide now. @param situation what the decision was made from, with its phase. */
export function outlook(
  decision: Decision,
  situation: Situation,
  running: RunningRollout,
  settings: RolloutSettings,
): ToolResult {
  const { step_started_at: began, now, phase } = situation;
  const { bake, limit, requests, needed } = progressOf(situation);
  return {
    decision: decision.kind,
    phase,
    ...(decision.kind === 'wait' ? { at: timeText(decision.until) } : {}),
    bake_minutes: bake / MINUTE,
    bake_minutes_left: Math.max(0, Math.ceil((began + bake - now) / MINUTE)),
    requests,
    requests_needed: needed,
    requests_missing: Math.max(0, needed - requests),
    latest: timeText(began + limit),
    ...('why' in decision ? { why: decision.why } : 'reason' in decision ? { why: decision.reason } : {}),
    text: sentence(decision, phase, running, settings),
  };
}

function sentence(
  decision: Decision,
  phase: Situation['phase'],
  { step, canary, baseline }: RunningRollout,
  { plan, alias, probes, observe_only }: RolloutSettings,
): string {
  const place = phase === 'final_bake' ? 'The last bake' : `Step ${stepText(step, plan.steps)}`;
  if (observe_only) return `The gates only observe. Now they would ${WOULD[decision.kind]}, and a person decides.`;
  const after = probes === undefined ? '' : ', if the probes agree';
  switch (decision.kind) {
    case 'wait':
      return `${place} goes on until ${timeText(decision.until)} or later: ${decision.why}.`;
    case 'promote':
      return `The gates pass. The next roll_out call gives ${canary} ${plan.steps[step + 1] ?? 100} %${after}.`;
    case 'complete':
      return `The gates pass. The next roll_out call ends the rollout${alias === undefined ? '' : ` and moves the alias ${alias}`}${after}.`;
    case 'probe':
      return 'The requests are too few to be sure. The next roll_out call sends the probes, and they decide.';
    case 'hold':
      return 'The next look holds the rollout, and a person decides.';
    default:
      return plan.on_fail === 'hold'
        ? 'The next look holds the rollout, because the new version is worse.'
        : `The next look gives ${baseline} all traffic again, because the new version is worse.`;
  }
}

const WOULD = {
  wait: 'wait',
  promote: 'go to the next step',
  probe: 'send the probes',
  complete: 'end the rollout',
  roll_back: 'roll back',
  hold: 'hold',
} as const satisfies Record<Decision['kind'], string>;
