/** The plan of a guarded rollout: its steps, its patience, and its gates. Pure. */

/** What the canary is judged by. */
export type GateName = 'errors_5xx' | 'errors_4xx' | 'latency' | 'saturation';

/** The gates that need evidence of requests. */
export const TESTED = ['errors_5xx', 'errors_4xx', 'latency'] as const satisfies readonly GateName[];

/** One gate. */
export interface Gate {
  /**
   * Percentage points by which the canary must be worse before it fails: of failed requests, or of requests above the latency bound. Not used for
   * saturation.
   */
  margin: number;
  /** Largest share of the canary's own requests, whatever the baseline does, in percent. For saturation: of CPU, memory or GPU. */
  max?: number | undefined;
  /** The gate decides nothing. */
  off?: boolean | undefined;
}

export interface RolloutPlan {
  /** Percent of the new version at each step. The last one is 100. */
  steps: readonly number[];
  /** Shortest time of a step, in minutes. */
  bake_minutes: number;
  /** Requests that the canary must have answered within a step. */
  min_requests: number;
  /** Longest time of a step, in minutes. */
  max_minutes: number;
  /** Time at 100 % after the last step has passed, in minutes. The old version stays at 0 % until it ends. */
  final_bake_minutes: number;
  gates: Readonly<Record<GateName, Gate>>;
  on_fail: 'rollback' | 'hold';
  on_inconclusive: 'rollback' | 'hold';
}

/** Margins of 1 point for errors. A version that is 1.5 times slower moves at least 5 points of the requests above the bound (`judge.ts`). */
export const DEFAULT_PLAN: RolloutPlan = {
  steps: [5, 25, 50, 100],
  bake_minutes: 10,
  min_requests: 200,
  max_minutes: 60,
  final_bake_minutes: 30,
  gates: {
    errors_5xx: { margin: 1 },
    errors_4xx: { margin: 1 },
    latency: { margin: 4 },
    saturation: { margin: 0, max: 95 },
  },
  on_fail: 'rollback',
  on_inconclusive: 'hold',
};

/** Readings of metrics are kept for a day, so no rollout may take longer. Minutes. */
export const MAX_STEP_MINUTES = 360;
const MAX_STEPS = 10;

/** Everything that is wrong with a plan, as sentences. Empty when it can be carried out. */
export function problemsOfPlan(plan: RolloutPlan): string[] {
  const { steps, bake_minutes, max_minutes, min_requests, final_bake_minutes, gates } = plan;
  const problems: string[] = [];
  if (steps.length === 0 || steps.length > MAX_STEPS) problems.push(`steps must have 1 to ${MAX_STEPS} values`);
  for (const step of steps)
    if (!Number.isInteger(step) || step < 1 || step > 100)
      problems.push(`step ${step} must be a whole percent from 1 to 100`);
  for (const [at, step] of steps.entries()) {
    const before = steps[at - 1];
    if (before !== undefined && step <= before) problems.push(`steps must rise, and ${step} follows ${before}`);
  }
  if (steps.length > 0 && steps.at(-1) !== 100) problems.push(`the last step must be 100, not ${steps.at(-1)}`);
  if (!(bake_minutes >= 1)) problems.push('bake_minutes must be at least 1, because metrics come once a minute');
  if (!(max_minutes <= MAX_STEP_MINUTES)) problems.push(`max_minutes must be at most ${MAX_STEP_MINUTES}`);
  if (!(max_minutes > bake_minutes))
    problems.push(`max_minutes (${max_minutes}) must be more than bake_minutes (${bake_minutes})`);
  if (!(min_requests >= 20)) problems.push('min_requests must be at least 20, because fewer requests prove nothing');
  if (!(final_bake_minutes >= 0 && final_bake_minutes <= MAX_STEP_MINUTES))
    problems.push(`final_bake_minutes must be 0 to ${MAX_STEP_MINUTES}`);
  if (TESTED.every((name) => gates[name].off))
    problems.push('at least one of the gates errors_5xx, errors_4xx and latency must decide');
  const uncapped = TESTED.filter((name) => !gates[name].off && (name === 'latency' || gates[name].max === undefined));
  if (steps.length === 1 && steps[0] === 100 && uncapped.length > 0)
    problems.push(
      `the single step 100 leaves no requests of the old version to compare with, and ${uncapped.join(', ')} cannot pass without: begin with a smaller step, or give errors_5xx and errors_4xx a max and set latency off`,
    );
  return problems;
}
