/**
 * Where a rollout is: derived from the endpoint as far as possible, and from its tag and the journal for the rest. So it does not matter which process
 * began it, and whether that process still lives. Pure.
 */
import { ROLLOUT_TAG } from '../plan/rollout-tag.ts';
import type { Endpoint } from '../rest/endpoints.ts';
import { trafficOf } from '../rest/traffic.ts';
import type { RolloutChange } from './record.ts';
import { type TaggedRollout, taggedEnd, taggedRollout } from './tag.ts';

/** The time of one step. */
export interface StepTime {
  /** Index of the step. */
  step: number;
  /** Epoch milliseconds, by the clock of the service. */
  from: number;
}

/** A change whose process may have ended early. */
export interface OpenChange extends RolloutChange {
  /** Whether the endpoint shows it. */
  took_effect: boolean;
}

export interface RunningRollout {
  id: string;
  version: string;
  /** Served entities of the new version and of the one before. */
  canary: string;
  baseline: string;
  /** Percent of the new version at each step. */
  steps: readonly number[] | undefined;
  /** Index of the current step. -1 before the first. */
  step: number;
  /** When each step began or was resumed, the current one last. A resumed step has all of its time again. */
  times: readonly StepTime[];
  /** Why it is held. Undefined while it runs. */
  held: string | undefined;
  /**
   * `unstarted`: the start never reached the service. `deploying`: the service works on an update of this rollout. `serving`: the endpoint is at the step.
   * `failed`: the new entity could not be deployed. `ended`: the last change is made, and only the tag or the record is left.
   */
  phase: 'unstarted' | 'deploying' | 'serving' | 'failed' | 'ended';
  /** The last event, for an ended rollout. */
  end?: 'roll_back' | 'done' | 'failed';
  /** Why it ended, as the journal has it. */
  reason?: string | undefined;
  /** What someone else changed on the endpoint. The rollout does not continue by itself then. */
  foreign: string | undefined;
  /** The settings of the start, as the journal has them. Undefined on another machine. */
  settings: Record<string, unknown> | undefined;
  /** Changes in the journal without an end, whose end the endpoint shows. */
  open: readonly OpenChange[];
  tag: TaggedRollout | undefined;
}

const SHIFTS: ReadonlySet<string> = new Set(['step', 'finish', 'roll_back']);
export const ENDS: ReadonlySet<string> = new Set(['roll_back', 'done', 'failed']);

/**
 * The rollout of an endpoint. Undefined when none runs.
 * @param changes the changes of rollouts of this endpoint in the journal, newest first.
 */
export function runningRollout(endpoint: Endpoint, changes: readonly RolloutChange[]): RunningRollout | undefined {
  const tagged = taggedRollout(endpoint.tags);
  const tag = tagged === 'unreadable' ? undefined : tagged;
  const id = tag?.id ?? changes[0]?.id;
  const own = changes.filter((each) => each.id === id).reverse();
  if (own.length === 0) return tag && fromTag(endpoint, tag);
  return fromJournal(endpoint, own, tag, {
    edited: tagged === 'unreadable',
    over: taggedEnd(endpoint.tags)?.id === id,
  });
}

/**
 * @param changes of this rollout, oldest first.
 * @param mark `edited`: someone wrote another value into the tag. `over`: the tag says that it went back.
 */
function fromJournal(
  endpoint: Endpoint,
  changes: readonly RolloutChange[],
  tag: TaggedRollout | undefined,
  { edited, over }: { edited: boolean; over: boolean },
): RunningRollout | undefined {
  const active = endpoint.config?.config_version ?? 0;
  const pending = updating(endpoint) ? endpoint.pending_config?.config_version : undefined;
  const inEffect = changes.filter((each) => isInEffect(each, endpoint, pending, tag));
  const [first] = changes;
  const last = inEffect.at(-1);
  // An endpoint that was created later has only its name in common.
  if (!first || (endpoint.creation_timestamp ?? 0) > first.at) return undefined;
  const { id, version, canary, baseline } = first;
  const { settings } = changes.findLast((each) => each.settings !== undefined) ?? first;
  const steps = stepsOf(settings) ?? tag?.steps;
  const open = changes.flatMap((each) => (isOpen(each) ? [{ ...each, took_effect: inEffect.includes(each) }] : []));
  const common = { id, version, canary, baseline, settings, steps, tag, open };
  if (!last || last.outcome === 'undone') return tag && { ...common, ...ENDED, end: 'failed', times: [], step: -1 };
  if (ENDS.has(last.event)) {
    if (!tag && last.outcome === 'done') return undefined;
    const end = last.event as NonNullable<RunningRollout['end']>; // the set has these events
    const phase = pending !== undefined && pending === last.config_version ? 'deploying' : 'ended';
    return { ...common, ...ENDED, phase, end, reason: last.reason, times: [], step: last.step };
  }
  if (over) return { ...common, ...ENDED, end: 'roll_back', reason: ENDED_ELSEWHERE, times: [], step: last.step };
  const unmarked = tag === undefined && !edited;
  const shares = trafficOf(endpoint.config);
  if (unmarked && pending === undefined && last.event !== 'start' && shares.get(baseline) === 100) {
    if (!shares.has(canary)) return undefined;
    if (last.step >= 0) return { ...common, ...ENDED, end: 'roll_back', times: [], step: last.step };
  }
  const ours = Math.max(0, ...inEffect.map(({ config_version = 0 }) => config_version));
  const own = inEffect
    .filter(({ event }) => event !== 'hold')
    .map((each): StepTime => ({ step: each.step, from: timeOf(each, endpoint) }));
  const times = [...timesIn(settings), ...own];
  const names = { canary, baseline, steps };
  // A server without this journal took a step.
  const ahead =
    tag !== undefined &&
    tag.step > last.step &&
    pending === undefined &&
    foreignIn(endpoint, { ...names, step: tag.step }, UNVERSIONED) === undefined;
  const step = ahead ? tag.step : last.step;
  if (ahead) times.push({ step, from: endpoint.last_updated_timestamp ?? 0 });
  const phase =
    pending !== undefined && pending <= ours
      ? 'deploying'
      : isUndeployed(endpoint, canary, last, tag)
        ? undeployed(endpoint, last)
        : 'serving';
  const versions = ahead ? UNVERSIONED : { active, pending, ours };
  return {
    ...common,
    step,
    times,
    held: heldBy(last, tag),
    phase,
    foreign: foreignIn(endpoint, { ...names, step }, versions) ?? markProblem(tag, edited, step),
  };
}

const ENDED = { held: undefined, phase: 'ended', foreign: undefined } as const;

/** Where versions of the config say nothing. */
const UNVERSIONED = { active: 0, pending: undefined, ours: 0 };

/** What someone did to the tag. A tag of an earlier step is left where a process ended before it changed the tag. */
function markProblem(tag: TaggedRollout | undefined, edited: boolean, step: number): string | undefined {
  if (edited) return `someone edited the tag ${ROLLOUT_TAG}`;
  if (tag === undefined) return `someone removed the tag ${ROLLOUT_TAG}`;
  return tag.step > step ? `the tag ${ROLLOUT_TAG} names step ${tag.step + 1}, and the traffic does not` : undefined;
}

/** The tag decides where it is as new as the last change: another machine may have held the rollout, or resumed it. */
function heldBy({ event, reason, step }: RolloutChange, tag: TaggedRollout | undefined): string | undefined {
  const known = event === 'hold' ? (reason ?? 'it was held by hand') : undefined;
  if (tag === undefined || tag.step < step) return known;
  return tag.held ? (known ?? HELD_ELSEWHERE) : undefined;
}

/** Why another machine ended a rollout is in its journal alone. */
export const ENDED_ELSEWHERE = 'another process took it back; its reason is in the journal of that machine';
const HELD_ELSEWHERE = 'another process held it; its reason is in the journal of that machine';

/** Without the journal, the tag and the traffic say which step it is. The tag may be one change older than the traffic. */
function fromTag(endpoint: Endpoint, tag: TaggedRollout): RunningRollout {
  const { id, version, steps } = tag;
  const isNew = ({ entity_version }: { entity_version?: string | undefined }) => entity_version === version;
  const served = endpoint.config?.served_entities ?? [];
  const planned = endpoint.pending_config?.served_entities ?? [];
  const pending = updating(endpoint) ? endpoint.pending_config?.config_version : undefined;
  const found = [...served, ...(pending === undefined ? [] : planned)].find(isNew);
  const canary = found?.name ?? '';
  const baseline = oldVersion(endpoint, canary) ?? '';
  const shares = trafficOf(endpoint.config);
  const share = shares.get(canary) ?? 0;
  const next = tag.step + 1;
  const step = share > 0 && share === steps[next] && shares.get(baseline) === 100 - share ? next : tag.step;
  const common = { id, version, canary, baseline, steps, step, settings: undefined, open: [], tag };
  const back = tag.step >= 0 && served.some(isNew) && shares.get(baseline) === 100;
  if (back && pending === undefined) return { ...common, ...ENDED, end: 'roll_back', times: [] };
  const failed = hasFailed(endpoint) && planned.some(isNew);
  const absent = failed ? 'failed' : 'unstarted';
  const foreign =
    found || step < 0
      ? foreignIn(endpoint, { canary, baseline, step, steps }, UNVERSIONED)
      : `version ${version} is not on the endpoint any more`;
  return {
    ...common,
    // A new split is the last change of an endpoint.
    times: [{ step, from: endpoint.last_updated_timestamp ?? 0 }],
    held: tag.held && step === tag.step ? HELD_ELSEWHERE : undefined,
    phase: pending !== undefined ? 'deploying' : found || step >= 0 ? 'serving' : absent,
    foreign: pending === undefined ? foreign : undefined,
  };
}

/** The entity of the version before: the one with the traffic, or the only other one. Undefined where that is open. */
function oldVersion({ config }: Endpoint, canary: string): string | undefined {
  const shares = trafficOf(config);
  const others = (config?.served_entities ?? []).filter(({ name }) => name !== canary).map(({ name }) => name);
  const busy = others.filter((name) => (shares.get(name) ?? 0) > 0);
  return busy.length === 1 ? busy[0] : others.length === 1 ? others[0] : undefined;
}

function isOpen({ outcome }: RolloutChange): boolean {
  return outcome === undefined || outcome === 'started' || outcome === 'unknown';
}

/** Whether a change took effect, whatever its record says: its process may have ended before it knew. */
function isInEffect(
  { outcome, event, config_version: version, baseline }: RolloutChange,
  { config }: Endpoint,
  pending: number | undefined,
  tag: TaggedRollout | undefined,
): boolean {
  if (outcome === 'failed' && event !== 'start') return false;
  if (outcome === 'done' || outcome === 'failed' || outcome === 'undone') return true;
  if (event === 'start') return true;
  const changed = version !== undefined && version <= (config?.config_version ?? 0);
  const changes = version !== undefined && version === pending;
  if (SHIFTS.has(event)) return changed || changes;
  // Its last change is that of the tag, or the one before it removes the old version.
  const removed = !(config?.served_entities ?? []).some(({ name }) => name === baseline);
  if (event === 'done') return tag === undefined || changes || (changed && removed);
  return event === 'failed' ? tag === undefined : tag?.held === (event === 'hold');
}

function updating({ state }: Endpoint): boolean {
  return state.config_update === 'IN_PROGRESS';
}

/** The endpoint keeps this state, and the config that failed, until its next update. */
export function hasFailed({ state }: Endpoint): boolean {
  return state.config_update === 'UPDATE_FAILED' || state.config_update === 'UPDATE_CANCELED';
}

/** When the step of a change began. A process that ended early did not record it, so the last change of the endpoint counts. */
function timeOf(
  { outcome, ended, at, config_version }: RolloutChange,
  { config, last_updated_timestamp }: Endpoint,
): number {
  if (outcome === 'done' && ended !== undefined) return ended;
  const changed = config_version === config?.config_version ? last_updated_timestamp : undefined;
  return Math.max(at, changed ?? 0);
}

/** The new entity is neither there nor on its way, or its start did not even mark the endpoint. */
function isUndeployed(
  { config }: Endpoint,
  canary: string,
  last: RolloutChange,
  tag: TaggedRollout | undefined,
): boolean {
  if (last.event !== 'start') return false;
  const wasAccepted = last.outcome === 'started' || last.outcome === 'done';
  return (tag === undefined && !wasAccepted) || !(config?.served_entities ?? []).some(({ name }) => name === canary);
}

/** A start that was accepted has failed by now. One whose process ended, or whose reply was lost, was never accepted. */
function undeployed(endpoint: Endpoint, { outcome, config_version }: RolloutChange): 'failed' | 'unstarted' {
  if (outcome === 'started' || outcome === 'done') return 'failed';
  return hasFailed(endpoint) && endpoint.pending_config?.config_version === config_version ? 'failed' : 'unstarted';
}

/** What differs from the state that the rollout left, in words. */
function foreignIn(
  endpoint: Endpoint,
  { canary, baseline, step, steps }: Pick<RunningRollout, 'canary' | 'baseline' | 'step' | 'steps'>,
  { active, pending, ours }: { active: number; pending: number | undefined; ours: number },
): string | undefined {
  if (pending !== undefined && ours > 0 && pending > ours) return 'someone else is updating the endpoint';
  const names = (endpoint.config?.served_entities ?? []).map(({ name }) => name);
  const started = step >= 0;
  if (baseline === '') return 'it is open which entity is the version before';
  if (!names.includes(baseline)) return `the entity ${baseline} is gone`;
  if (started && !names.includes(canary)) return `the entity ${canary} is gone`;
  const shares = trafficOf(endpoint.config);
  const wanted = started ? (steps?.[step] ?? 0) : 0;
  const share = shares.get(canary) ?? 0;
  if (share !== wanted || shares.get(baseline) !== 100 - wanted)
    return `the traffic is ${share} % on ${canary} and ${shares.get(baseline) ?? 0} % on ${baseline}, and this step has ${wanted} % and ${100 - wanted} %`;
  if (ours > 0 && active > ours)
    return `someone else changed the config of the endpoint: it is version ${active}, and this rollout left version ${ours}`;
  return undefined;
}

export function stepsOf(settings: Record<string, unknown> | undefined): number[] | undefined {
  const { plan } = settings ?? {};
  const steps = typeof plan === 'object' && plan !== null && 'steps' in plan ? plan.steps : undefined;
  return Array.isArray(steps) && steps.every((each) => typeof each === 'number') ? steps : undefined;
}

/** The steps before the first change of this journal, where another machine began the rollout. */
export function timesIn(settings: Record<string, unknown> | undefined): StepTime[] {
  const { times } = settings ?? {};
  return Array.isArray(times)
    ? times.flatMap(({ step, from }) => (Number.isFinite(step) && Number.isFinite(from) ? [{ step, from }] : []))
    : [];
}
