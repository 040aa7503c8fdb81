/** One gate of a rollout: the canary against the version before, and the scale on which a view draws the difference. Pure. */
import { isObject } from '../../rest/json.ts';
import type { Data } from '../host/host.ts';
import { numberOf, textOf } from './fields.ts';
import { spoken, type Tone } from './state.ts';

export interface Side {
  requests: number | undefined;
  /** Failed ones, or for latency those above the bound. */
  bad: number | undefined;
  percent: number | undefined;
}

export interface Gate {
  name: string;
  title: string;
  canary: Side;
  baseline: Side;
  /** Percentage points by which the canary is worse, and the bound that this stays below. */
  difference: number | undefined;
  upper: number | undefined;
  /** The gate passes while the bound is below. Undefined where the plan is not known. */
  margin: number | undefined;
  failMargin: number | undefined;
  /** Highest share that is allowed, whatever the other version does. */
  max: number | undefined;
  verdict: string | undefined;
  why: string | undefined;
}

export function gateOf(row: Data): Gate {
  const name = textOf(row.gate) ?? 'a gate without a name';
  const bound = numberOf(row.bound_ms);
  return {
    name,
    title: titleOf(name, bound),
    canary: sideOf(row.canary),
    baseline: sideOf(row.baseline),
    difference: numberOf(row.difference),
    upper: numberOf(row.upper),
    margin: numberOf(row.margin),
    failMargin: numberOf(row.fail_margin),
    max: numberOf(row.max),
    verdict: textOf(row.verdict),
    why: textOf(row.why),
  };
}

function titleOf(name: string, bound: number | undefined): string {
  if (name === 'latency') return bound === undefined ? 'Slow requests' : `Requests above ${bound} ms`;
  return TITLES.get(name) ?? spoken(name);
}

const TITLES: ReadonlyMap<string, string> = new Map([
  ['errors_5xx', 'Server errors (5xx)'],
  ['errors_4xx', 'Client errors (4xx)'],
  ['saturation', 'CPU, memory and GPU'],
]);

function sideOf(value: unknown): Side {
  const side = isObject(value) ? value : {};
  return { requests: numberOf(side.requests), bad: numberOf(side.bad), percent: numberOf(side.percent) };
}

/** The verdict of a gate or a step. A step adds the gates that have it: `fail (errors_5xx)`. */
export function toneOfGate(verdict: string): Tone {
  const [word] = verdict.split(' ');
  if (word === 'pass') return 'good';
  if (word === 'fail') return 'bad';
  return word === 'inconclusive' ? 'warn' : 'plain';
}

/** Where a scale begins and ends, and where on it a value is, in percent of its width. */
export interface Scale {
  low: number;
  high: number;
  at(value: number): number;
}

/** Undefined without a difference. Zero and the margins are always on it. */
export function scaleOf({ difference, upper, margin, failMargin }: Gate): Scale | undefined {
  if (difference === undefined) return undefined;
  const values = [0, difference, upper, margin, failMargin].flatMap((each) => each ?? []);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = (most - least || 1) * 0.08;
  const low = least - room;
  const high = most + room;
  return { low, high, at: (value) => (100 * (value - low)) / (high - low) };
}
