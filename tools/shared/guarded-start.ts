/** The start of a guarded rollout: everything that is wrong, at once, and then the new version next to the old one, without traffic. */
import { fingerprintOf } from '../../src/plan/fingerprint.ts';
import { ROLLOUT_TAG } from '../../src/plan/rollout-tag.ts';
import { isStopped } from '../../src/plan/stopped.ts';
import { planSwap, type SwapPlan, swapModel } from '../../src/plan/swap.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import type { Endpoint, ServedEntity } from '../../src/rest/endpoints.ts';
import { endpoints, principals } from '../../src/rest/index.ts';
import { isObject } from '../../src/rest/json.ts';
import { type Alternative, alternatives } from '../../src/rollout/alternatives.ts';
import { forecast } from '../../src/rollout/forecast.ts';
import { problemsOfPlan } from '../../src/rollout/plan.ts';
import type { RolloutRecord } from '../../src/rollout/record.ts';
import { lateMinutes, seenPlan } from '../../src/rollout/source.ts';
import { tagValue } from '../../src/rollout/tag.ts';
import type { ToolContext } from '../../src/tool.ts';
import { endpointSubject, type PlannedWrite, type Step } from '../../src/write/planned-write.ts';
import { type AliasState, aliasNow, aliasStep, refuseAlias } from './alias.ts';
import { markPart } from './guarded-mark.ts';
import { presentTraffic } from './guarded-present.ts';
import { type RolloutSettings, wishedArgs } from './guarded-settings.ts';
import { chooseSource, ENABLE_SOURCE, sourceView, stepsByHand } from './guarded-source.ts';
import { rolloutChanges } from './guarded-state.ts';
import { configPart, joined, nextVersion, splitConfig } from './guarded-steps.ts';
import { readyVersion } from './model-version.ts';
import { configStep, refusalWhileUpdating } from './put-config.ts';
import { refuseFoundation } from './refusals.ts';
import { startAdvice } from './start.ts';
import { whoMay } from './who-may.ts';
import { refuseAgentTile, refuseWithoutEntities } from './without-entities.ts';

export interface StartWish {
  endpoint: string;
  version: string;
  settings: RolloutSettings;
  waitSeconds: number;
}

/** @throws Refusal with all problems. Nothing is sent then. */
export async function planStart(wish: StartWish, current: Endpoint, context: ToolContext): Promise<PlannedWrite> {
  const { endpoint, settings } = wish;
  refuseFoundation(current, 'its versions cannot be rolled out');
  refuseAgentTile(current);
  refuseWithoutEntities(current);
  const updating = refusalWhileUpdating(current);
  if (updating) throw updating;
  if (isStopped(current))
    throw new Refusal(
      'stopped',
      `endpoint ${endpoint} is stopped, so no traffic can be measured`,
      startAdvice(endpoint),
    );

  const problems: string[] = [];
  const baseline = onlyServing(current);
  if (typeof baseline === 'string') problems.push(baseline);
  const served = typeof baseline === 'string' ? undefined : baseline;
  const found = served && (await swapOf(wish, served, current, context, problems));
  if (served && hasUnits(served))
    problems.push(`${served.name} serves with provisioned throughput, which a guarded rollout does not support`);
  const probes = settings.probes !== undefined;
  const chosen = served && (await chooseSource(current, served.name, { source: settings.source, probes }, context));
  const source = chosen?.source ?? { name: 'metrics' as const };
  const judged = seenPlan(settings.plan, source.name);
  problems.unshift(...problemsOfPlan(judged));
  const isBlind = chosen !== undefined && chosen.source === undefined;
  if (isBlind) problems.push(`nothing tells the versions of ${endpoint} apart: ${chosen.not.join('; ')}`);
  if (probes) problems.push(...problemsOfProbes(current, context));
  if (problems.length > 0 || !served || !found || !chosen)
    throw new Refusal(
      'invalid_rollout',
      `version ${wish.version} cannot be rolled out on ${endpoint}: ${problems.join('; ')}`,
      isBlind
        ? `${ENABLE_SOURCE} by_hand has the steps without a guarded rollout.`
        : 'Correct the call. For a change without a guarded rollout, use swap_version or set_traffic.',
      {
        problems,
        ...(isBlind && served
          ? { by_hand: stepsByHand(endpoint, wish.version, [found?.swap.entity, served.name], settings.plan.steps) }
          : {}),
      },
    );
  const { swap, number, alias, may } = found;
  const late = lateMinutes(source.name);
  const entities = { canary: swap.entity, baseline: served.name };
  const present = await presentTraffic(endpoint, chosen, entities, context);
  const expected = forecast(judged, present, late);
  // Where it only may end in held, the answer says so. A hold changes nothing.
  if (!expected.likely && !probes)
    throw tooSlow(wish, expected.text, present.perMinute, alternatives(judged, present, late));

  const id = await rolloutId(current, number, context);
  const kept: RolloutSettings = {
    ...settings,
    source,
    ...(alias?.version === undefined ? {} : { alias_was: alias.version }),
  };
  const by = (await principals.me(context.http).catch(() => undefined)) ?? 'unknown';
  const mark = tagValue({ id, version: number, steps: settings.plan.steps, step: -1, held: false, by });
  const record: RolloutRecord = {
    id,
    event: 'start',
    version: number,
    canary: swap.entity,
    baseline: served.name,
    step: -1,
    config_version: swap.changes.length > 0 ? nextVersion(current) : (current.config?.config_version ?? 0),
    settings: { ...kept, source: { ...source, late_minutes: lateMinutes(source.name) } },
  };
  const next = {
    tool: 'roll_out',
    args: { endpoint, version: number, ...(context.journal ? {} : wishedArgs({ ...settings, source })) },
  };
  const shares = { [swap.entity]: 0, [served.name]: 100 };
  const first = configPart(
    { current, config: swap.config, changes: swap.changes, shares, next, waitSeconds: wish.waitSeconds },
    context,
  );
  return {
    subject: endpointSubject(endpoint),
    before: current,
    ...joined(markPart(current, mark, context), first),
    later: laterSteps(wish, swap, served, { number, alias }, current, context),
    rollout: { ...record },
    answer: {
      endpoint,
      outcome: 'waiting',
      rollout: id,
      note: `version ${number} is deployed next to ${served.name}, without traffic yet`,
      next: call(next.tool, next.args),
    },
    about: {
      plan: shown(settings),
      forecast: expected.text,
      ...sourceView(chosen, settings.plan.steps[0] ?? 100),
      ...may.about,
    },
    warning: may.warning,
    refusal: may.refusal,
    repeatArgs: next.args,
    undo: [],
    ...(settings.remove_old
      ? {
          consentReason: `At the end, ${served.name} is removed from ${endpoint}, and going back needs a new deployment.`,
        }
      : {}),
    ...(alias ? { alsoRead: alias } : {}),
  };
}

/** The plan in an answer. */
function shown({ plan, alias, remove_old, observe_only, probes }: RolloutSettings): ToolResult {
  return {
    ...plan,
    alias,
    ...(probes ? { probes: probes.length } : {}),
    ...(remove_old ? { remove_old } : {}),
    ...(observe_only ? { observe_only } : {}),
  };
}

/** Provisioned throughput, in either of its two units. */
function hasUnits(entity: ServedEntity): boolean {
  return Boolean(entity.provisioned_model_units ?? entity.max_provisioned_throughput);
}

/** The entity that has all traffic, or what is wrong. Entities without traffic do not count. */
function onlyServing({ name, config }: Endpoint): ServedEntity | string {
  const shares = endpoints.trafficOf(config);
  const busy = endpoints.entitiesOf(config).filter((each) => (shares.get(each.name) ?? 0) > 0);
  const [only] = busy;
  if (only && busy.length === 1) return only;
  const list = busy.map((each) => `${each.name} (${shares.get(each.name)} %)`).join(' and ');
  return `endpoint ${name} already splits its traffic between ${list}; give one of them all traffic with set_traffic first`;
}

/** What the new version needs. Problems are added to the list. */
async function swapOf(
  { endpoint, version, settings: { alias } }: StartWish,
  baseline: ServedEntity,
  current: Endpoint,
  context: ToolContext,
  problems: string[],
): Promise<
  | {
      swap: SwapPlan;
      number: string;
      alias: AliasState | undefined;
      may: Awaited<ReturnType<typeof whoMay>>;
    }
  | undefined
> {
  const model = swapModel(current, baseline.name);
  if (model.kind === 'impossible') {
    problems.push(model.message);
    return undefined;
  }
  const [number, state, may] = await Promise.all([
    readyVersion(context.http, model.model, version).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      problems.push(`${error.message} (${error.next})`);
      return undefined;
    }),
    alias === undefined ? undefined : aliasNow(context.http, model.model, alias).catch(refuseAlias),
    whoMay({ endpoint, creator: current.creator }, [model.model], context),
  ]);
  if (number === undefined) return undefined;
  if (baseline.entity_version === number) {
    problems.push(`version ${number} has all traffic already`);
    return undefined;
  }
  const plan = planSwap(current, { version: number, entity: baseline.name, percent: 0 });
  if (plan.kind === 'swap') return { swap: plan, number, alias: state, may };
  if (plan.kind === 'impossible') {
    problems.push(`${plan.message}. ${plan.advice}`);
    return undefined;
  }
  // The new version is there without traffic already, from an earlier rollout.
  const { entity, share, shared } = plan;
  const config = splitConfig(current, {}).config;
  const replaced = { name: baseline.name, version: baseline.entity_version ?? '' };
  const swap: SwapPlan = {
    kind: 'swap',
    config,
    changes: [],
    model: model.model,
    entity,
    share,
    replaced,
    existing: true,
    shared,
  };
  return { swap, number, alias: state, may };
}

/** Why probes cannot be sent here. */
function problemsOfProbes({ name, route_optimized }: Endpoint, { inference, readOnly }: ToolContext): string[] {
  return [
    !inference && !readOnly && 'this server was started with --no-query, so it cannot send probes',
    route_optimized === true && `${name} is route-optimized, so a probe cannot address one version`,
  ].flatMap((each) => each || []);
}

/** The steps of later calls: the traffic step by step, then the alias, the removal and the mark. */
function laterSteps(
  { endpoint, settings }: StartWish,
  swap: SwapPlan,
  baseline: ServedEntity,
  { number, alias }: { number: string; alias: AliasState | undefined },
  current: Endpoint,
  context: ToolContext,
): Step[] {
  const deployed = { ...current, config: { ...current.config, ...swap.config } } as Endpoint; // a config input has the fields of a config
  const reached = async () => ({ kind: 'reached' as const });
  const put = (config: SwapPlan['config']) => configStep({ endpoint, current: deployed, config }, context, reached);
  const shifts = settings.plan.steps.map((percent) =>
    put(splitConfig(deployed, { [swap.entity]: percent, [baseline.name]: 100 - percent }).config),
  );
  const all = { [swap.entity]: 100 };
  const removed = settings.remove_old ? [put(splitConfig(deployed, all, [baseline.name]).config)] : [];
  const moved = alias ? [aliasStep(swap.model, alias, Number(number), context)] : [];
  const unmarked = { ...current, tags: [...(current.tags ?? []), ...MARKED] };
  return [...shifts, ...moved, ...removed, ...markPart(unmarked, undefined, context).steps];
}

const MARKED = [{ key: ROLLOUT_TAG, value: '' }];

/** The same for every plan of one call, so that a consent covers it. Another for each attempt. */
async function rolloutId(current: Endpoint, version: string, context: ToolContext): Promise<string> {
  const earlier = await rolloutChanges(current.name, context);
  return `r${fingerprintOf([current.name, current.config?.config_version, version, earlier.length])}`;
}

/** The traffic is too little for the plan. */
function tooSlow(
  { endpoint, version, settings }: StartWish,
  text: string,
  perMinute: number,
  others: readonly Alternative[],
): Refusal {
  const best = others.find(({ plan }) => plan !== undefined);
  const { plan: given } = wishedArgs(settings);
  const { gates, ...wished }: ToolResult = isObject(given) ? given : {};
  const allGates = { ...(isObject(gates) ? gates : {}), ...best?.plan?.gates };
  const planArgs = { ...wished, ...best?.plan, ...(Object.keys(allGates).length > 0 ? { gates: allGates } : {}) };
  const next = best
    ? `Ask the user which plan to use. ${call('roll_out', { endpoint, version, plan: planArgs })} fits the traffic.`
    : 'Ask the user whether to send probes, or to swap the version without a guarded rollout.';
  return new Refusal('too_little_traffic', `${text}, so the rollout of ${endpoint} would end in held`, next, {
    requests_per_minute: Number(perMinute.toFixed(1)),
    alternatives: others,
  });
}
