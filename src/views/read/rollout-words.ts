/** The words of a rollout: how grave a state is, what a button does, and what comes next. Pure. */
import type { Rollout } from './rollout.ts';
import { spoken, type Tone } from './state.ts';

const TONES: ReadonlyMap<string, Tone> = new Map([
  ['running', 'busy'],
  ['waiting', 'busy'],
  ['deploying', 'busy'],
  ['done', 'good'],
  ['held', 'warn'],
  ['unreadable', 'warn'],
  ['rolled_back', 'bad'],
  ['failed', 'bad'],
  ['invalid', 'bad'],
]);

/** A word of a newer version counts as neither good nor bad. */
export function toneOfRollout(state: string): Tone {
  return TONES.get(state) ?? 'plain';
}

export interface ActionText {
  label: string;
  /** In a sentence. */
  what: string;
  danger: boolean;
}

/** What a button says. Undefined for an action that this view does not know: it is not offered. */
export function actionText(
  name: string,
  { state, canary = 'the new version', baseline = 'the old version', percent, step, count }: Rollout,
): ActionText | undefined {
  const isLast = step !== undefined && step === count;
  const share = percent === undefined ? 'its present share' : `${percent} %`;
  const isOver = state === 'rolled_back';
  const texts: Record<string, ActionText> = {
    continue: {
      label: 'Continue',
      what: 'It measures, and does what the measurements decide: wait, go on, or go back.',
      danger: false,
    },
    hold: { label: 'Hold', what: `${canary} keeps ${share} until a person decides.`, danger: false },
    resume: {
      label: isOver ? 'Begin again' : 'Resume',
      what: isOver
        ? `The rollout of ${canary} begins again at its first step.`
        : 'The rollout goes on at this step, which has all of its time again.',
      danger: false,
    },
    promote: {
      label: isLast ? 'Complete' : 'Promote',
      what: isLast
        ? 'The rollout ends here as done, whatever its gates say.'
        : 'The next step begins now, whatever the gates of this one say.',
      danger: false,
    },
    finish: {
      label: 'Finish',
      what: `${canary} gets all traffic now, and the steps between are skipped.`,
      danger: true,
    },
    abort: { label: 'Abort', what: `${baseline} gets all traffic back, and the rollout ends.`, danger: true },
  };
  return Object.hasOwn(texts, name) ? texts[name] : undefined;
}

/** Why the rollout is where it is, as a headline: `Held: it was held by hand`. Undefined without a reason. */
export function headline({ state, reason, failure }: Rollout): string | undefined {
  const why = reason ?? failure?.message;
  if (why === undefined) return undefined;
  const word = spoken(state);
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}: ${why}`;
}

/** What a change did: `step 3, 50 %`. */
export function changeText(event: string, step: number | undefined, percent: number | undefined): string {
  const share = percent === undefined ? '' : `, ${percent} %`;
  const at = step === undefined || step === 0 ? '' : ` at step ${step}${share}`;
  if (event === 'step') return step === undefined ? 'a step began' : `step ${step} began${share}`;
  return `${EVENTS.get(event) ?? spoken(event)}${at}`;
}

/** How a change ended that is not simply done. */
export function outcomeText(outcome: string): string {
  if (outcome === 'started') return 'under way';
  return outcome === 'open' ? 'end not known' : spoken(outcome);
}

const EVENTS: ReadonlyMap<string, string> = new Map([
  ['start', 'began: the new version is deployed without traffic'],
  ['finish', 'finished by hand'],
  ['hold', 'held'],
  ['resume', 'resumed'],
  ['roll_back', 'rolled back'],
]);
