/** The plan of a rollout in words. Pure. */
import { isObject } from '../../rest/json.ts';
import type { Data } from '../host/host.ts';
import { numberOf, textOf, wordOf } from './fields.ts';
import { spoken } from './state.ts';

/** Terms and their values. */
export type PlanFacts = (readonly [term: string, value: string])[];

/** @param found an object with `plan` and the wishes of the start. Undefined where the plan is not known. */
export function planOf(found: Data): PlanFacts | undefined {
  const { plan } = found;
  if (!isObject(plan)) return undefined;
  const gates = isObject(plan.gates) ? plan.gates : {};
  const steps = Array.isArray(plan.steps) ? plan.steps.flatMap((each) => numberOf(each) ?? []) : [];
  const facts: [string, string | undefined][] = [
    ['Steps', steps.length > 0 ? `${steps.join(', ')} %` : undefined],
    ['Shortest time of a step', minutes(plan.bake_minutes)],
    ['Longest time of a step', minutes(plan.max_minutes)],
    ['Requests that a step needs', wordOf(plan.min_requests)],
    ['Time at 100 %', minutes(plan.final_bake_minutes)],
    ['When a gate fails', then(plan.on_fail)],
    ['When it stays unclear', then(plan.on_inconclusive)],
    ...Object.entries(gates).map(([name, gate]): [string, string | undefined] => [
      `Gate ${GATES.get(name) ?? spoken(name)}`,
      isObject(gate) ? gateText(gate) : undefined,
    ]),
    ['Probes', wordOf(found.probes)],
    ['Old version', found.remove_old === true ? 'is removed at the end' : 'stays at 0 % at the end'],
    ['Gates decide', found.observe_only === true ? 'nothing: they only watch' : undefined],
  ];
  return facts.flatMap(([term, value]) => (value === undefined ? [] : [[term, value] as const]));
}

const GATES: ReadonlyMap<string, string> = new Map([
  ['errors_5xx', '5xx'],
  ['errors_4xx', '4xx'],
]);

function minutes(value: unknown): string | undefined {
  const found = numberOf(value);
  return found === undefined ? undefined : `${found} ${found === 1 ? 'minute' : 'minutes'}`;
}

function then(value: unknown): string | undefined {
  const word = textOf(value);
  if (word === 'rollback') return 'back to the old version';
  return word === 'hold' ? 'held for a person' : word;
}

function gateText({ off, margin, max }: Data): string {
  if (off === true) return 'off';
  const [points, cap] = [numberOf(margin), numberOf(max)];
  const parts = [
    points === undefined || points === 0 ? undefined : `${points} ${points === 1 ? 'point' : 'points'} worse at most`,
    cap === undefined ? undefined : `${cap} % at most`,
  ].filter((each) => each !== undefined);
  return parts.join(', ') || 'no limit in this answer';
}
