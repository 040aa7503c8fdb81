/** Other plans for an endpoint with little traffic, and what each of them risks. Pure. */
import { duration, type Forecast, forecast } from './forecast.ts';
import { MAX_STEP_MINUTES, type RolloutPlan } from './plan.ts';
import type { Present } from './present.ts';

/** Another way, and what it risks. */
export interface Alternative {
  what: string;
  /** The arguments that differ from the plan. Absent for probes, which are no part of it. */
  plan?: Partial<Pick<RolloutPlan, 'steps' | 'max_minutes'>> & { gates?: { latency: { off: true } } };
  takes: string;
  risk: string;
}

/** People choose round steps. */
const FIRST_STEPS = [5, 10, 15, 20, 25, 30, 40, 50];

/**
 * Plans that fit, the ones with the least risk first: more time, then a higher first step, then both. Only where none fits, they are tried without the
 * latency gate. Probes come last, because they see the least.
 * @param late minutes after which the numbers of a minute are known.
 */
export function alternatives(plan: RolloutPlan, present: Present, late = 0): Alternative[] {
  if (present.perMinute <= 0) return [probing(plan, present)];
  const fitting = (base: RolloutPlan, more: Alternative['plan'], what: string): Alternative[] => {
    const limit = { ...base, max_minutes: MAX_STEP_MINUTES };
    const tries: [string, RolloutPlan, number][] = [
      ['more time', limit, plan.steps[0] ?? 100],
      ...FIRST_STEPS.map((first): [string, RolloutPlan, number] => ['a higher first step', base, first]),
      ...FIRST_STEPS.map((first): [string, RolloutPlan, number] => ['a higher first step and more time', limit, first]),
    ];
    const found = new Map<string, Alternative>();
    for (const [name, tried, first] of tries) {
      if (found.has(name) || first < (plan.steps[0] ?? 100)) continue;
      if (name.endsWith('and more time') && found.size > 0) continue;
      const steps = first === plan.steps[0] ? plan.steps : [first, ...plan.steps.filter((step) => step > first)];
      const seen = forecast({ ...tried, steps }, present, late);
      if (!seen.fits) continue;
      const max_minutes = tried === limit ? longest(seen, plan) : plan.max_minutes;
      const changed = {
        ...more,
        ...(steps === plan.steps ? {} : { steps }),
        ...(max_minutes === plan.max_minutes ? {} : { max_minutes }),
      };
      const risk = riskOf({ percent: steps[0] ?? 100, max_minutes }, present, late);
      found.set(name, { what: `${name}${what}`, plan: changed, takes: `about ${duration(seen.total)}`, risk });
    }
    return [...found.values()];
  };
  const usual = fitting(plan, {}, '');
  const blind = { ...plan.gates, latency: { ...plan.gates.latency, off: true } };
  const others =
    usual.length > 0 || plan.gates.latency.off
      ? []
      : fitting({ ...plan, gates: blind }, { gates: { latency: { off: true } } }, ', without the latency gate').map(
          (each) => ({
            ...each,
            risk: `${each.risk}; no one sees that the new version is slower`,
          }),
        );
  return [...usual, ...others, probing(plan, present)];
}

/** The least round time in which each step passes. */
function longest({ steps }: Forecast, { max_minutes }: RolloutPlan): number {
  const most = Math.max(max_minutes, ...steps.map((step) => step.most));
  return Math.min(MAX_STEP_MINUTES, Math.ceil(most / 10) * 10);
}

/**
 * Requests that fail because of a version with 4 points more errors until it goes back, for a weight of the canary and a base share of errors: the
 * median, and what nine of ten stay below. Measured in 400 simulated rollouts a cell (`npx tsx test/simulation/risk.ts`), each the larger of two rates
 * of traffic.
 */
const FAILED: readonly { base: number; at: readonly [percent: number, median: number, most: number][] }[] = [
  {
    base: 0,
    at: [
      [5, 3, 4],
      [25, 5, 6],
      [50, 9, 11],
    ],
  },
  {
    base: 0.001,
    at: [
      [5, 3, 5],
      [25, 5, 8],
      [50, 10, 14],
    ],
  },
  {
    base: 0.005,
    at: [
      [5, 5, 8],
      [25, 7, 13],
      [50, 12, 22],
    ],
  },
  {
    base: 0.01,
    at: [
      [5, 8, 12],
      [25, 11, 18],
      [50, 17, 30],
    ],
  },
  {
    base: 0.02,
    at: [
      [5, 12, 19],
      [25, 17, 28],
      [50, 25, 48],
    ],
  },
];

/** Requests until a version goes back that fails all of them, whatever the base share. Then the rule for a single minute, or the evidence, is quick. */
const WHOLLY = 18;

/** What bad versions cost. @param late minutes for which nothing is known. */
export function riskOf(
  { percent, max_minutes }: { percent: number; max_minutes: number },
  { perMinute, shares }: Present,
  late: number,
): string {
  const canary = (perMinute * percent) / 100;
  const base = shares.errors_5xx ?? 0;
  const row = FAILED.find((each) => each.base >= base) ?? FAILED.at(-1);
  const [, median = 0, most = 0] = row?.at.find(([weight]) => weight >= percent) ?? row?.at.at(-1) ?? [];
  const more = Math.ceil(canary * late * 0.04);
  const wholly = Math.max(WHOLLY, Math.ceil(canary)) + Math.ceil(canary * late);
  const minutes = most / (0.04 * canary) + late;
  const end =
    minutes > max_minutes
      ? `; that takes up to ${duration(minutes)}, so it may be held after ${duration(max_minutes)} instead`
      : ` (within ${duration(minutes)})`;
  const share = Number((100 * base).toFixed(1));
  return `where ${share} % of requests fail anyway, a version with 4 points more fails about ${median + more} requests before it is rolled back, and up to ${most + more} in nine of ten cases${end}; one that fails wholly fails up to ${wholly}`;
}

/** Bodies for which the numbers are given. */
const BODIES = 10;

/** Probes decide where the traffic is too thin. They are sent before each step and at the end. */
function probing(plan: RolloutPlan, { shares }: Present): Alternative {
  const sent = BODIES * (plan.steps.length + 1);
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const missed = percent(0.96 ** sent);
  const base = shares.errors_5xx ?? 0;
  const blamed = percent(1 - (1 - base) ** sent);
  const time = plan.steps.length * plan.bake_minutes + plan.final_bake_minutes;
  return {
    what: 'probes: add 10 or so request bodies as the argument probes',
    takes: `about ${duration(time)}`,
    risk: `probes see a version that answers these requests differently or not at all; they see no slowness and no other request. ${BODIES} bodies miss a version that fails 4 % of them in ${missed} of rollouts, and take a healthy one back in ${blamed}, because ${Number((100 * base).toFixed(1))} % fail anyway`,
  };
}
