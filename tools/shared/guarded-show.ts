/** A guarded rollout to look at: where it is, what was measured, and what comes next. It reads only what is known, and changes nothing. */
import type { Reading } from '../../src/digest/readings.ts';
import { JournalError } from '../../src/journal/journal.ts';
import { ROLLOUT_TAG } from '../../src/plan/rollout-tag.ts';
import { call, type ToolResult } from '../../src/refusal.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import { type PastRollout, pastRollout } from '../../src/rollout/past.ts';
import type { RolloutChange } from '../../src/rollout/record.ts';
import { ENDED_ELSEWHERE, type RunningRollout } from '../../src/rollout/state.ts';
import { type TaggedEnd, taggedEnd, taggedRollout } from '../../src/rollout/tag.ts';
import { clip } from '../../src/text/sanitize.ts';
import { timeText } from '../../src/text/time.ts';
import type { ToolContext } from '../../src/tool.ts';
import type { PossibleAction } from './guarded-actions.ts';
import { leftOver } from './guarded-answers.ts';
import { endedRollout } from './guarded-ended.ts';
import { changeRows, measuredView, type Shown, settingsView } from './guarded-show-parts.ts';
import { ELSEWHERE, runningView } from './guarded-show-running.ts';
import { rolloutChanges, rolloutIn } from './guarded-state.ts';
import { dropEmpty } from './view.ts';

/** Characters of a tag's value that no one can read. */
const MAX_TAG = 300;

/**
 * The rollout that runs on an endpoint, or the latest one that ended. Without any, `state` is `none`.
 * @param newest the metrics of now. Undefined where they could not be read.
 * @throws what a read of the login throws. A journal that cannot be read is a line of `missing`.
 */
export async function shownRollout(
  current: Endpoint,
  newest: Reading | undefined,
  context: ToolContext,
): Promise<ToolResult> {
  const { changes, missing } = await changesOf(current.name, context);
  const shown: Shown = { current, context, changes, newest, missing };
  const unreadable = taggedRollout(current.tags) === 'unreadable';
  const running = rolloutIn(current, changes, context);
  const view = await viewOf(shown, running, unreadable);
  const { state, actions = [], ...rest } = view;
  return dropEmpty({
    state,
    now: timeText(context.http.time()),
    ...rest,
    ...(context.readOnly ? { actions_off: 'this server was started read-only, so it changes nothing' } : { actions }),
    missing: [...missing],
  });
}

/** The changes in the journal. Where it cannot be read, the tag alone says what is known. */
async function changesOf(name: string, context: ToolContext): Promise<{ changes: RolloutChange[]; missing: string[] }> {
  if (!context.journal) return { changes: [], missing: ['the journal: this server keeps none'] };
  try {
    return { changes: await rolloutChanges(name, context), missing: [] };
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    return { changes: [], missing: [error.message] };
  }
}

async function viewOf(shown: Shown, running: RunningRollout | undefined, unreadable: boolean): Promise<ToolResult> {
  const { current, changes } = shown;
  const past = pastRollout(current, changes);
  if (running && running.phase !== 'ended')
    return runningView(shown, running, { unreadable, past: past?.id === running.id ? past : undefined });
  if (unreadable) return unreadableView(current);
  const mark = taggedEnd(current.tags);
  // A tag of another rollout is newer than the journal: this machine would have replaced it.
  if (mark && mark.id !== past?.id) return markedView(shown, mark);
  const own = running && past?.id === running.id ? { ...past, ...endOf(running) } : past;
  if (own) return pastView(shown, own, running !== undefined);
  return running ? leftView(shown, running) : NONE;
}

const NONE = { state: 'none', text: 'No rollout runs on this endpoint, and none is known that ended.' };

/** What the endpoint shows counts more than the record. */
function endOf({ end = 'failed', reason }: RunningRollout): Pick<PastRollout, 'end'> & { reason?: string } {
  return { end, ...(reason === undefined ? {} : { reason }) };
}

/** A tag that a person or another version of this program wrote. Nothing else is known of its rollout. */
function unreadableView({ name, tags }: Endpoint): ToolResult {
  const value = tags?.find(({ key }) => key === ROLLOUT_TAG)?.value ?? '';
  return {
    state: 'unreadable',
    tag: clip(value, MAX_TAG),
    text: `The endpoint has the tag ${ROLLOUT_TAG}, whose value this version of the program cannot read. Ask the user who set it.`,
    next: call('update_endpoint', { endpoint: name, remove_tags: [ROLLOUT_TAG] }),
  };
}

const STATES = { roll_back: 'rolled_back', done: 'done', failed: 'failed', undone: 'undone' } as const;

/** A rollout that ended, from the journal. @param isOpen its tag or its record is left, and a call removes it. */
async function pastView(shown: Shown, past: PastRollout, isOpen: boolean): Promise<ToolResult> {
  const { current, context, changes } = shown;
  const { id, version, canary, baseline, step, steps, reason, end, times } = past;
  return {
    state: STATES[end],
    id,
    version,
    canary,
    baseline,
    step: step + 1,
    steps,
    percent: endpoints.trafficOf(current.config).get(canary),
    reason: reason === undefined ? undefined : clip(reason, 500),
    by: past.by,
    started_at: timeText(changes.findLast((each) => each.id === id)?.at),
    step_started_at: timeText(times.findLast((each) => each.step === step)?.from),
    ended_at: timeText(past.ended),
    known_from: ['journal'],
    ...settingsView(past),
    ...(await measuredView(shown, past, { until: past.to, isOver: true })).view,
    changes: changeRows(changes, past),
    ...afterwards(shown, { id, version, canary, baseline, end }, isOpen, context),
  };
}

/** A rollout that another machine took back: the tag is all that is known. */
function markedView(shown: Shown, { id, version, on, by }: TaggedEnd): ToolResult {
  const { current, context, missing } = shown;
  const canary = endpoints.entitiesOf(current.config).find(({ entity_version }) => entity_version === version)?.name;
  missing.push(ELSEWHERE, 'the measurements: the machine that ended it has them');
  return {
    state: 'rolled_back',
    id,
    version,
    canary,
    reason: ENDED_ELSEWHERE,
    by,
    ended_on: on,
    known_from: ['tag'],
    ...afterwards(shown, { id, version, canary, baseline: undefined, end: 'roll_back' }, false, context),
  };
}

/** A rollout that went back, and whose tag its last process did not change. */
function leftView({ missing }: Shown, running: RunningRollout): ToolResult {
  const { id, version, canary, baseline, step, steps, end = 'failed', tag } = running;
  missing.push(ELSEWHERE, 'the measurements: the machine that ended it has them');
  return {
    state: STATES[end],
    id,
    version,
    canary,
    baseline,
    step: step + 1,
    steps,
    by: tag?.by,
    known_from: ['tag'],
    text: 'The rollout has ended, and its tag is left. The next roll_out call removes it.',
  };
}

interface Ended {
  id: string;
  version: string;
  canary: string | undefined;
  baseline: string | undefined;
  end: PastRollout['end'];
}

/** What is left of a rollout that ended, and what a person can do. */
function afterwards(
  { current, changes }: Shown,
  { version, canary, baseline, end }: Ended,
  isOpen: boolean,
  context: ToolContext,
): ToolResult {
  const endpoint = current.name;
  const given = { endpoint, version };
  const again: PossibleAction[] =
    endedRollout(current, changes, version)?.event === 'roll_back'
      ? [{ name: 'resume', arguments: { ...given, action: 'resume' } }]
      : [];
  const actions: PossibleAction[] = isOpen ? [{ name: 'continue', arguments: given }] : again;
  const idle = end === 'done' ? baseline : canary;
  const shares = endpoints.trafficOf(current.config);
  const isLeft = idle !== undefined && shares.get(idle) === 0;
  const { note, next } = isLeft ? leftOver(endpoint, idle) : {};
  return {
    actions,
    text: isOpen ? 'The rollout has ended, and its mark is left. The next roll_out call removes it.' : note,
    next: isOpen ? undefined : context.readOnly ? undefined : next,
  };
}
