/**
 * A guarded rollout as its view shows it, from `guarded_rollout` of `get_metrics`, or from an answer or a saved report of `roll_out`, which have less.
 * Pure.
 */
import { isObject } from '../../rest/json.ts';
import type { Data } from '../host/host.ts';
import { type Failure, failureOf } from './failure.ts';
import { numberOf, rowsOf, textOf, textsOf, timeOf, unreadIn, wordOf } from './fields.ts';
import { type Gate, gateOf } from './gate.ts';
import { type PlanFacts, planOf } from './rollout-plan.ts';
import { type Change, type Step, stepsOf } from './steps.ts';

export interface Rollout {
  endpoint: string | undefined;
  /** As the answer says it: `running`, `held`, `rolled_back`, `waiting`, or a word of a newer version. */
  state: string;
  /** Nothing runs, and nothing is known that ended. */
  isNone: boolean;
  /** It has ended, so its numbers do not change any more. */
  isOver: boolean;
  id: string | undefined;
  version: string | undefined;
  canary: string | undefined;
  baseline: string | undefined;
  /** Traffic of the canary now. */
  percent: number | undefined;
  /** From 1. 0: deployed, without traffic. */
  step: number | undefined;
  /** How many steps the plan has. */
  count: number | undefined;
  steps: Step[];
  reason: string | undefined;
  /** Why the last call failed, in a saved report. */
  failure: Failure | undefined;
  by: string | undefined;
  startedAt: number | undefined;
  stepStartedAt: number | undefined;
  endedAt: number | undefined;
  /** A day, where only the tag knows the end. */
  endedOn: string | undefined;
  /** By the clock of the service, which may differ from that of the browser. */
  now: number | undefined;
  gates: Gate[];
  next: NextLook | undefined;
  watching: string | undefined;
  actions: { name: string; args: Data }[];
  actionsOff: string | undefined;
  plan: PlanFacts | undefined;
  alias: string | undefined;
  measured: Measured | undefined;
  changes: Change[];
  /** Sentences that the answer adds. */
  notes: string[];
  /** Those that only an answer of the call has, such as its forecast. They hold as long as the rollout is the same. */
  extras: string[];
  /** The call that comes next, as text. */
  nextCall: string | undefined;
  missing: string[];
}

/** What comes next, and when. */
export interface NextLook {
  decision: string | undefined;
  text: string | undefined;
  /** When something may change at the earliest, and when the patience of the plan ends. */
  at: number | undefined;
  latest: number | undefined;
  bake: number | undefined;
  bakeLeft: number | undefined;
  requests: number | undefined;
  needed: number | undefined;
}

/** Where the numbers come from. */
export interface Measured {
  by: string | undefined;
  minutes: number | undefined;
  unreadable: number | undefined;
  from: number | undefined;
  asOf: number | undefined;
  oldVersionFrom: string | undefined;
  knownFrom: string[];
}

const OVER: ReadonlySet<string> = new Set(['done', 'rolled_back', 'failed', 'undone', 'none', 'invalid']);

/** Undefined for an answer that says nothing of a guarded rollout. */
export function rolloutOf(data: Data): Rollout | undefined {
  const found = isObject(data.guarded_rollout) ? data.guarded_rollout : undefined;
  const outcome = textOf(data.outcome);
  const isPreview = data.dry_run === true && (isObject(data.plan) || textOf(data.rollout) !== undefined);
  const state = textOf(found?.state) ?? outcome ?? (isPreview ? 'preview' : undefined);
  if (state === undefined) return undefined;
  const rollout = found ? fromReading(found, state) : fromAnswer(data, state);
  const extras = [textOf(data.forecast), probesText(data.probes), textOf(data.judged_by)];
  return {
    ...rollout,
    endpoint: textOf(data.endpoint),
    failure: isObject(data.error) ? failureOf(data) : undefined,
    notes: rollout.notes.filter((each) => each !== undefined),
    extras: extras.filter((each) => each !== undefined),
    missing: [...rollout.missing, ...(found ? [] : textsOf(data.missing))],
  };
}

type Read = Omit<Rollout, 'endpoint' | 'failure' | 'notes' | 'extras'> & { notes: (string | undefined)[] };

function fromReading(found: Data, state: string): Read {
  const step = numberOf(found.step);
  const planned = numbersIn(found.steps);
  const changes = rowsOf(found.changes).map(changeOf);
  const reason = textOf(found.reason);
  const unread = ['report', 'gates', 'changes', 'actions'].filter((field) => unreadIn(found[field]) > 0);
  return {
    state,
    isNone: state === 'none',
    isOver: OVER.has(state),
    id: textOf(found.id),
    version: wordOf(found.version),
    canary: textOf(found.canary),
    baseline: textOf(found.baseline),
    percent: numberOf(found.percent),
    step,
    count: planned?.length,
    steps: stepsOf({ state, step, planned, rows: rowsOf(found.report), changes }),
    reason,
    by: textOf(found.by),
    startedAt: timeOf(found.started_at),
    stepStartedAt: timeOf(found.step_started_at),
    endedAt: timeOf(found.ended_at),
    endedOn: textOf(found.ended_on),
    now: timeOf(found.now),
    gates: rowsOf(found.gates).map(gateOf),
    next: nextOf(found.next_look),
    watching: isObject(found.watching) ? textOf(found.watching.text) : undefined,
    actions: rowsOf(found.actions).flatMap(({ name, arguments: args }) =>
      typeof name === 'string' && isObject(args) ? [{ name, args }] : [],
    ),
    actionsOff: textOf(found.actions_off),
    plan: planOf(found),
    alias: aliasText(found.alias, state),
    measured: measuredOf(found),
    changes,
    notes: [
      textOf(found.text),
      textOf(found.ending) && `The end that is being deployed: ${textOf(found.ending)}.`,
      textOf(found.tag) && `The tag is: ${textOf(found.tag)}`,
    ],
    nextCall: textOf(found.next),
    missing: [
      ...textsOf(found.missing),
      ...unread.map((field) => `${field}: rows of a form that this view does not know`),
    ],
  };
}

function fromAnswer(data: Data, state: string): Read {
  const { step, count, percent } = stepIn(data.step);
  const serving = servingIn(data.serving);
  const plan = isObject(data.plan) ? data.plan : undefined;
  const planned = numbersIn(plan?.steps);
  const last = state === 'done' ? planned?.length : undefined;
  const seconds = numberOf(data.come_back_in_seconds);
  return {
    state,
    isNone: false,
    isOver: OVER.has(state),
    id: textOf(data.rollout),
    version: wordOf(data.version) ?? versionIn(data.next),
    canary: serving.entity,
    baseline: undefined,
    percent: serving.percent ?? percent,
    step: step ?? last,
    count: count ?? planned?.length,
    steps: stepsOf({ state, step: step ?? last, planned, count, rows: rowsOf(data.report), percent, changes: [] }),
    reason: textOf(data.reason),
    by: undefined,
    startedAt: undefined,
    stepStartedAt: undefined,
    endedAt: undefined,
    endedOn: undefined,
    now: undefined,
    gates: [],
    next: undefined,
    watching: textOf(data.watching),
    actions: [],
    actionsOff: undefined,
    plan: plan && planOf({ ...plan, plan }),
    alias: aliasText(data.alias ?? plan?.alias, state),
    measured: textOf(data.measured_by) ? { ...measuredOf({}), knownFrom: [], by: textOf(data.measured_by) } : undefined,
    changes: [],
    notes: [
      textOf(data.note),
      textOf(data.measured) && `Measured: ${textOf(data.measured)}.`,
      textOf(data.why) && `What is missing for the next step: ${textOf(data.why)}.`,
      textOf(data.gates_would) && `The gates only watch. They would: ${textOf(data.gates_would)}.`,
      textOf(data.taken_back) && `It was taken back ${textOf(data.taken_back)}.`,
      textOf(data.old_version_from) && `The counts of the old version come from ${textOf(data.old_version_from)}.`,
      seconds === undefined ? undefined : `The next call is of use ${seconds} seconds after this answer.`,
    ],
    nextCall: textOf(data.next),
    missing: unreadIn(data.report) > 0 ? ['report: rows of a form that this view does not know'] : [],
  };
}

function nextOf(look: unknown): NextLook | undefined {
  if (!isObject(look)) return undefined;
  return {
    decision: textOf(look.decision),
    text: textOf(look.text),
    at: timeOf(look.at),
    latest: timeOf(look.latest),
    bake: numberOf(look.bake_minutes),
    bakeLeft: numberOf(look.bake_minutes_left),
    requests: numberOf(look.requests),
    needed: numberOf(look.requests_needed),
  };
}

function measuredOf(found: Data): Measured {
  const measured = isObject(found.measured) ? found.measured : {};
  return {
    by: textOf(measured.by) ?? textOf(measured.source),
    minutes: numberOf(measured.minutes),
    unreadable: numberOf(measured.unreadable),
    from: timeOf(measured.from),
    asOf: timeOf(measured.as_of),
    oldVersionFrom: textOf(measured.old_version_from),
    knownFrom: textsOf(found.known_from),
  };
}

function changeOf(row: Data): Change {
  return {
    event: textOf(row.event) ?? 'a change',
    step: numberOf(row.step),
    percent: numberOf(row.percent),
    at: timeOf(row.at),
    by: textOf(row.by),
    outcome: textOf(row.outcome),
    reason: textOf(row.reason),
  };
}

/** `champion, version 2 until the end`. */
function aliasText(alias: unknown, state: string): string | undefined {
  if (!isObject(alias)) return textOf(alias) && `${textOf(alias)} moves at the end`;
  const name = textOf(alias.name);
  const [moved, was] = [wordOf(alias.version), wordOf(alias.was)];
  if (name === undefined) return undefined;
  if (moved !== undefined) return `${name} is version ${moved} now`;
  const before = was === undefined ? '' : `, was version ${was}`;
  if (state === 'done') return `${name} moved${before}`;
  return OVER.has(state) ? `${name} did not move${before}` : `${name} moves at the end${before.replace('was', 'is')}`;
}

function probesText(probes: unknown): string | undefined {
  if (!isObject(probes)) return undefined;
  const [sent, alike] = [numberOf(probes.sent), numberOf(probes.alike)];
  if (sent === undefined || alike === undefined) return undefined;
  return [`Probes: both versions answered ${alike} of ${sent} alike.`, ...textsOf(probes.differences)].join(' ');
}

/** `3 of 4 (50 %)`, as answers have it. */
function stepIn(step: unknown): { step?: number; count?: number; percent?: number } {
  const text = textOf(step);
  if (text === undefined) return {};
  const [, at, count, percent] = /^(\d{1,2}) of (\d{1,2}) \((\d{1,3}) %\)$/.exec(text) ?? [];
  if (at !== undefined) return { step: Number(at), count: Number(count), percent: Number(percent) };
  return text.startsWith('deployed') ? { step: 0, percent: 0 } : {};
}

/** `churn-3 (100 %)`, as the last answer has it. */
function servingIn(serving: unknown): { entity?: string; percent?: number } {
  const text = textOf(serving);
  const [, entity, percent] = /^(.{1,200}) \((\d{1,3}) %\)$/.exec(text ?? '') ?? [];
  if (entity !== undefined) return { entity, percent: Number(percent) };
  return text === undefined ? {} : { entity: text };
}

/** The version in the call that an answer names. */
function versionIn(next: unknown): string | undefined {
  return /roll_out \{[^}]*"version":"([^"\\]{1,60})"/.exec(textOf(next) ?? '')?.[1];
}

function numbersIn(value: unknown): number[] | undefined {
  const numbers = Array.isArray(value) ? value.flatMap((each) => numberOf(each) ?? []) : [];
  return numbers.length > 0 ? numbers : undefined;
}
