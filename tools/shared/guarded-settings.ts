/** The wishes of the call that begins a guarded rollout. */
import type { ToolResult } from '../../src/refusal.ts';
import { DEFAULT_PLAN, type Gate, type GateName, type RolloutPlan } from '../../src/rollout/plan.ts';
import type { RolloutSource } from '../../src/rollout/source.ts';

/** The wishes of the call that begins a rollout. The journal keeps them for the calls that continue it. */
export interface RolloutSettings {
  plan: RolloutPlan;
  alias?: string | undefined;
  /** The version of the alias at the start. Undefined when it did not exist. */
  alias_was?: number | undefined;
  remove_old: boolean;
  observe_only: boolean;
  /** Request bodies that both versions must answer alike, and the relative difference of numbers that counts as none. */
  probes?: Record<string, unknown>[] | undefined;
  tolerance?: number | undefined;
  /** Where its numbers come from. A call may name a part of it; the start finds out the rest. */
  source?: Partial<RolloutSource> | undefined;
}

/** What a later call must repeat, because no journal keeps it: the wishes of the start that differ from the defaults. */
export function wishedArgs(settings: RolloutSettings): ToolResult {
  const { plan, alias, remove_old, observe_only, probes, tolerance, source = {} } = settings;
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const usual = Object.entries(DEFAULT_PLAN);
  const { gates, ...rest } = plan;
  const own = Object.entries(rest).filter(([key, value]) => !usual.some((each) => same(each, [key, value])));
  const ownGates = Object.entries(gates).flatMap(([gate, set]): [string, object][] => {
    const before = Object.entries(DEFAULT_PLAN.gates[gate as GateName]); // the keys of a plan's gates are their names
    const fields = Object.entries(set).filter((each) => !before.some((one) => same(one, each)));
    return fields.length > 0 ? [[gate, Object.fromEntries(fields)]] : [];
  });
  const { name, warehouse, start_warehouse } = source;
  const changed = {
    ...Object.fromEntries(own),
    ...(ownGates.length > 0 ? { gates: Object.fromEntries(ownGates) } : {}),
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(name === undefined || name === 'metrics' ? {} : { source: name }),
    ...(warehouse === undefined ? {} : { warehouse }),
    ...(start_warehouse === undefined ? {} : { start_warehouse }),
  };
  return {
    ...(Object.keys(changed).length > 0 ? { plan: changed } : {}),
    ...(alias === undefined ? {} : { alias }),
    ...(remove_old ? { remove_old } : {}),
    ...(observe_only ? { observe_only } : {}),
    ...(probes === undefined ? {} : { probes }),
  };
}

/** The settings of a rollout, complete. @param given those that the journal has, or those of a call. Its schema or `planStart` has checked them. */
export function recordedSettings(given: object): RolloutSettings {
  const { plan, alias, alias_was, remove_old, observe_only, probes, tolerance, source } =
    given as Partial<RolloutSettings>; // as the comment above says
  return {
    plan: planOf(plan),
    ...(alias === undefined ? {} : { alias }),
    ...(alias_was === undefined ? {} : { alias_was }),
    remove_old: remove_old ?? false,
    observe_only: observe_only ?? false,
    ...(probes === undefined ? {} : { probes }),
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(source === undefined ? {} : { source }),
  };
}

/** The parts of a plan as a call gives them. */
type PlanWish = Partial<Omit<RolloutPlan, 'gates'>> & {
  gates?: Partial<Record<GateName, Partial<Gate> | undefined>>;
  tolerance?: unknown;
  source?: unknown;
  warehouse?: unknown;
  start_warehouse?: unknown;
};

/** The plan with the defaults for what it does not say. Its other parts are no gates or times. */
export function planOf(given: object = {}): RolloutPlan {
  const { gates, tolerance, source, warehouse, start_warehouse, ...rest } = given as PlanWish; // the schema of the arguments has checked it
  const gate = (name: GateName) => ({ ...DEFAULT_PLAN.gates[name], ...gates?.[name] });
  const all = {
    errors_5xx: gate('errors_5xx'),
    errors_4xx: gate('errors_4xx'),
    latency: gate('latency'),
    saturation: gate('saturation'),
  };
  return { ...DEFAULT_PLAN, ...rest, gates: all };
}
