/** The steps of a rollout: what was measured in each, and which one it is at. Pure. */
import { isObject } from '../../rest/json.ts';
import type { Data } from '../host/host.ts';
import { numberOf, textOf, timeOf } from './fields.ts';

/** One change of a rollout, as the journal has it. */
export interface Change {
  event: string;
  step: number | undefined;
  percent: number | undefined;
  at: number | undefined;
  by: string | undefined;
  outcome: string | undefined;
  reason: string | undefined;
}

/** `stopped`: the rollout ended here, early. `skipped`: a person went past it. `open`: the answer does not say. */
export type StepPhase = 'passed' | 'current' | 'ahead' | 'stopped' | 'unreached' | 'skipped' | 'open';

export interface Step {
  /** From 1. 0: the new version is deployed, and has no traffic yet. */
  number: number;
  percent: number | undefined;
  phase: StepPhase;
  from: number | undefined;
  /** Minutes with numbers, and all that passed. */
  minutes: number | undefined;
  passed: number | undefined;
  /** Requests of the canary. */
  requests: number | undefined;
  verdict: string | undefined;
  /** What was measured, as cells of a table. Undefined where nothing was. */
  cells: StepCells | undefined;
}

/** Canary first, then the version before. */
export interface StepCells {
  requests: readonly [number | undefined, number | undefined];
  errors5xx: readonly [number | undefined, number | undefined] | string;
  errors4xx: readonly [number | undefined, number | undefined] | string;
  p95: readonly [number | undefined, number | undefined];
  ratio: number | undefined;
  /** Why the numbers of the version before are of another time. */
  baselineFrom: string | undefined;
}

export interface Steps {
  state: string;
  step: number | undefined;
  /** Percents of the plan. */
  planned: readonly number[] | undefined;
  /** How many steps there are, where the answer has no percents of them. */
  count?: number | undefined;
  /** One for each step that was measured. */
  rows: readonly Data[];
  /** Of the current step, where the plan is not known. */
  percent?: number | undefined;
  changes: readonly Change[];
}

const ENDED_EARLY: ReadonlySet<string> = new Set(['rolled_back', 'failed', 'undone']);

export function stepsOf({ state, step, planned, count: told, rows, percent, changes }: Steps): Step[] {
  const measured = rows.map((row, at) => ({ row, number: numberOf(row.step) ?? numberIn(row, planned) ?? at + 1 }));
  const known = planned?.length ?? told ?? Math.max(0, step ?? 0, ...measured.map(({ number }) => number));
  const count = Math.min(known, MOST);
  const visited = new Set(changes.map((each) => each.step));
  const jumped = changes.some(({ event }) => event === 'finish');
  const before: Step[] =
    step === 0 && !OVER.has(state) ? [{ number: 0, percent: 0, phase: 'current', ...measuredIn(undefined) }] : [];
  const steps = Array.from({ length: count }, (_, index): Step => {
    const number = index + 1;
    const row = measured.find((each) => each.number === number)?.row;
    const phase = phaseOf(number, step, state);
    const isSkipped = jumped && phase === 'passed' && row === undefined && !visited.has(number);
    return {
      number,
      percent: planned?.[index] ?? numberOf(row?.percent) ?? (number === step ? percent : undefined),
      phase: isSkipped ? 'skipped' : phase,
      ...measuredIn(row),
    };
  });
  return [...before, ...steps];
}

/** Where nothing is current any more. */
const OVER: ReadonlySet<string> = new Set([...ENDED_EARLY, 'done', 'preview']);
/** A plan has ten steps at most. */
const MOST = 20;

function numberIn(row: Data, planned: readonly number[] | undefined): number | undefined {
  const at = planned?.indexOf(numberOf(row.percent) ?? Number.NaN) ?? -1;
  return at < 0 ? undefined : at + 1;
}

function phaseOf(number: number, step: number | undefined, state: string): StepPhase {
  if (state === 'done') return 'passed';
  if (state === 'preview') return 'ahead';
  if (step === undefined) return 'open';
  if (number < step) return 'passed';
  const early = ENDED_EARLY.has(state);
  if (number > step) return early ? 'unreached' : 'ahead';
  return early ? 'stopped' : 'current';
}

function measuredIn(row: Data | undefined): Omit<Step, 'number' | 'percent' | 'phase'> {
  if (!row)
    return {
      from: undefined,
      minutes: undefined,
      passed: undefined,
      requests: undefined,
      verdict: undefined,
      cells: undefined,
    };
  const canary = isObject(row.canary) ? row.canary : {};
  const baseline = isObject(row.baseline) ? row.baseline : {};
  const pair = (field: string) => [numberOf(canary[field]), numberOf(baseline[field])] as const;
  const requests = numberOf(row.requests) ?? numberOf(canary.requests);
  const gates = Array.isArray(row.gates) ? row.gates.flatMap((each) => textOf(each) ?? []) : [];
  const verdict = textOf(row.verdict);
  return {
    from: timeOf(row.from),
    minutes: numberOf(row.minutes),
    passed: numberOf(row.minutes_passed),
    requests,
    verdict:
      verdict === undefined || verdict === 'pass' || gates.length === 0 ? verdict : `${verdict} (${gates.join(', ')})`,
    cells: {
      requests: [requests, numberOf(baseline.requests)],
      errors5xx: textOf(row.errors_5xx) ?? pair('errors_5xx_percent'),
      errors4xx: textOf(row.errors_4xx) ?? pair('errors_4xx_percent'),
      p95: [numberOf(row.p95_ms) ?? numberOf(canary.p95_ms), numberOf(baseline.p95_ms)],
      ratio: numberOf(row.p95_ratio),
      baselineFrom: textOf(row.baseline_from),
    },
  };
}
