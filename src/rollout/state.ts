/**
 * Where a rollout is: derived from the endpoint as far as possible, and from its tag and the journal for the rest. So it does not matter which process
 * began it, and whether that process still lives. Pure.
 */
import type { Endpoint } from '../rest/endpoints.ts';
import { trafficOf } from '../rest/traffic.ts';
import type { RolloutChange } from './record.ts';
import { type TaggedRollout, taggedRollout } from './tag.ts';

/** The time of one step. */
export interface StepTime {
  /** Index of the step. */
  step: number;
  /** Epoch milliseconds, by the clock of the service. */
  from: number;
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
  /** What someone else changed on the endpoint. The rollout does not go on by itself then. */
  foreign: string | undefined;
  /** The settings of the start, as the journal has them. Undefined on another machine. */
  settings: Record<string, unknown> | undefined;
  /** Changes in the journal without an end, whose end the endpoint shows. */
  open: readonly RolloutChange[];
  tag: TaggedRollout | undefined;
}

const CONFIG_EVENTS: ReadonlySet<string> = new Set(['start', 'step', 'finish', 'roll_back', 'done']);
const ENDS: ReadonlySet<string> = new Set(['roll_back', 'done', 'failed']);

/**
 * The rollout of an endpoint. Undefined when none runs.
 * @param changes the changes of rollouts of this endpoint in the journal, newest first.
 */
export function runningRollout(endpoint: Endpoint, changes: readonly RolloutChange[]): RunningRollout | undefined {
  const tagged = taggedRollout(endpoint.tags);
  const tag = tagged === 'unreadable' ? undefined : tagged;
  const id = tag?.id ?? changes[0]?.id;
  const own = changes.filter((each) => each.id === id).reverse();
  return own.length > 0 ? fromJournal(endpoint, own, tag) : tag && fromTag(endpoint, tag);
}

/** @param changes of this rollout, oldest first. */
function fromJournal(
  endpoint: Endpoint,
  changes: readonly RolloutChange[],
  tag: TaggedRollout | undefined,
): RunningRollout | undefined {
  const active = endpoint.config?.config_version ?? 0;
  const pending = updating(endpoint) ? endpoint.pending_config?.config_version : undefined;
  const inEffect = changes.filter((each) => isInEffect(each, active, pending, tag));
  const [first] = changes;
  const last = inEffect.at(-1);
  if (!first) return undefined;
  const { id, version, canary, baseline } = first;
  const { settings } = changes.findLast((each) => each.settings !== undefined) ?? first;
  const common = { id, version, canary, baseline, settings, steps: stepsOf(settings) ?? tag?.steps, tag };
  const open = changes.filter(({ outcome }) => outcome === undefined || outcome === 'started' || outcome === 'unknown');
  if (!last || last.outcome === 'undone')
    return tag && { ...common, ...ENDED, end: 'failed', times: [], step: -1, open };
  if (ENDS.has(last.event) && last.event !== 'hold') {
    if (!tag && last.outcome === 'done') return undefined;
    const end = last.event as NonNullable<RunningRollout['end']>; // the set has these events
    return {
      ...common,
      ...ENDED,
      phase: pending === last.config_version ? 'deploying' : 'ended',
      end,
      times: [],
      step: last.step,
      open,
    };
  }
  const ours = Math.max(0, ...inEffect.map(({ config_version = 0 }) => config_version));
  const times = inEffect
    .filter(({ event }) => event !== 'hold')
    .map((each): StepTime => ({ step: each.step, from: timeOf(each, endpoint) }));
  const foreign = foreignIn(
    endpoint,
    { canary, baseline, step: last.step, steps: common.steps },
    { active, pending, ours },
  );
  const deploys = pending !== undefined && pending <= ours;
  return {
    ...common,
    step: last.step,
    times,
    held: last.event === 'hold' ? (last.reason ?? 'it was held by hand') : undefined,
    phase: deploys ? 'deploying' : isUndeployed(endpoint, canary, last) ? undeployed(last) : 'serving',
    foreign,
    open,
  };
}

const ENDED = { held: undefined, phase: 'ended', foreign: undefined } as const;

/** Without the journal, the tag says which step it is, and the endpoint shows whether that is true. */
function fromTag(endpoint: Endpoint, tag: TaggedRollout): RunningRollout | undefined {
  const entities = [...(endpoint.config?.served_entities ?? []), ...(endpoint.pending_config?.served_entities ?? [])];
  const canary = entities.find(({ entity_version }) => entity_version === tag.version)?.name;
  const baseline = endpoint.config?.served_entities?.find(({ name }) => name !== canary)?.name;
  const { id, version, steps, step } = tag;
  const pending = updating(endpoint) ? endpoint.pending_config?.config_version : undefined;
  const names = { canary: canary ?? '', baseline: baseline ?? '' };
  const versions = { active: 0, pending: undefined, ours: 0 };
  return {
    id,
    version,
    ...names,
    steps,
    step,
    // A new split is the last change of an endpoint.
    times: [{ step, from: endpoint.last_updated_timestamp ?? 0 }],
    held: tag.held ? 'another process held it; its reason is in the journal of that machine' : undefined,
    phase: pending === undefined ? (canary === undefined ? 'failed' : 'serving') : 'deploying',
    foreign: pending === undefined ? foreignIn(endpoint, { ...names, step, steps }, versions) : undefined,
    settings: undefined,
    open: [],
    tag,
  };
}

/** Whether a change took effect, whatever its record says: its process may have ended before it knew. */
function isInEffect(
  change: RolloutChange,
  active: number,
  pending: number | undefined,
  tag: TaggedRollout | undefined,
): boolean {
  const { outcome, event, config_version: version } = change;
  if (outcome === 'failed' && event !== 'start') return false;
  if (outcome === 'done' || outcome === 'failed' || outcome === 'undone') return true;
  if (CONFIG_EVENTS.has(event) && version !== undefined)
    return version <= active || version === pending || event === 'start';
  return event === 'failed' ? tag === undefined : tag?.held === (event === 'hold');
}

function updating({ state }: Endpoint): boolean {
  return state.config_update === 'IN_PROGRESS';
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

/** The new entity is neither there nor on its way. */
function isUndeployed({ config }: Endpoint, canary: string, last: RolloutChange): boolean {
  return last.event === 'start' && !(config?.served_entities ?? []).some(({ name }) => name === canary);
}

/** A start that was accepted has failed by now. One whose process ended, or whose reply was lost, was never accepted. */
function undeployed({ outcome }: RolloutChange): 'failed' | 'unstarted' {
  return outcome === 'started' || outcome === 'done' || outcome === 'failed' ? 'failed' : 'unstarted';
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

function stepsOf(settings: Record<string, unknown> | undefined): number[] | undefined {
  const { plan } = settings ?? {};
  const steps = typeof plan === 'object' && plan !== null && 'steps' in plan ? plan.steps : undefined;
  return Array.isArray(steps) && steps.every((each) => typeof each === 'number') ? steps : undefined;
}
