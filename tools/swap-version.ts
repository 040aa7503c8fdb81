import * as z from 'zod';
import { type Impossible, type NothingToSwap, planSwap, type SwapPlan, swapModel } from '../src/plan/swap.ts';
import { call, Refusal } from '../src/refusal.ts';
import { type Endpoint, endpoints, models } from '../src/rest/index.ts';
import { defineTool } from '../src/tool.ts';
import { commit } from '../src/write/commit.ts';
import { aliasName, endpoint, entity, version, waitSeconds, writeParams } from './params.ts';
import { aliasChange, aliasNow, setAliasCall } from './shared/alias.ts';
import { finishSwap, type Swap } from './shared/finish-swap.ts';
import { readyVersion } from './shared/model-version.ts';
import { acceptedVersion, configRequest, putConfigOnce, refuseWhileUpdating } from './shared/put-config.ts';
import { undoUpdate } from './shared/undo-update.ts';

const input = z.strictObject({
  endpoint,
  version,
  alias: aliasName.optional().describe('Alias to move once the version serves.'),
  traffic_percent: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .describe('Canary: share of the new version, the old one keeps the rest. Default: it replaces the old one.'),
  entity: entity.optional().describe('Entity to replace, when there are several.'),
  probe: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Request body that the version must answer, when it has its traffic, before the alias moves.'),
  config_version: z.int().min(1).max(1_000_000).optional().describe('Go on with this update; from a waiting answer.'),
  wait_seconds: waitSeconds(40),
  ...writeParams,
});
type Args = z.output<typeof input>;

export const swapVersion = defineTool({
  name: 'swap_version',
  title: 'Swap to another model version',
  effect: 'write',
  description:
    'Rolls an endpoint to another version of its model with no downtime: keeps every setting and sibling, waits until the new version serves, then moves the alias. If it does not come up the old version goes on serving; until it serves and answers the probe the alias stays. When outcome is waiting, make the call in next.',
  input,
  output: z.looseObject({
    outcome: z.string().optional(),
    changed: z.boolean().optional(),
    serving: z.string().optional(),
    alias: z.looseObject({}).optional(),
    undo: z.string().optional(),
    next: z.string().optional(),
  }),

  async run(args, context) {
    const { http } = context;
    if (args.probe && !context.inference)
      throw new Refusal(
        'no_query',
        'this server sends no inferences, so it cannot probe; nothing was sent',
        'Repeat the call without probe, or start the server without --no-query.',
      );
    if (args.probe && args.alias !== undefined && typeof args.dry_run === 'string')
      throw new Refusal(
        'probe_not_exported',
        'what dry_run writes down holds no probe, so the alias would move without it; nothing was sent',
        'Repeat the call without alias or without probe, or make it here: dry_run true shows what it would do.',
      );
    const current = await endpoints.get(http, args.endpoint);
    const model = possible(swapModel(current, args.entity)).model;
    const [number, alias] = await Promise.all([
      readyVersion(http, model, args.version),
      args.alias === undefined ? undefined : aliasNow(http, model, args.alias),
    ]);
    const plan = possible(planSwap(current, wish(args, number)));
    if (args.probe && current.route_optimized) refuseProbeOfPart(plan);
    if (alias && plan.shared) {
      const message = `alias ${alias.name} cannot move while another version keeps traffic that version ${number} does not get: it would name a version that many requests do not reach; nothing was sent`;
      throw new Refusal(
        'alias_needs_all_traffic',
        message,
        'Repeat without alias; move it with the call that gives the version all of the traffic.',
      );
    }

    const again = againOf(args, number);
    const swap: Swap = {
      endpoint: args.endpoint,
      model,
      version: number,
      entity: plan.entity,
      alias,
      probe: args.probe,
      waitSeconds: args.wait_seconds,
      again,
    };
    const underWay = updateUnderWay(args, current, plan);
    const start = plan.kind === 'swap' && underWay === undefined ? plan : undefined;
    if (args.dry_run === false && start) refuseWhileUpdating(current);
    const goOn = { sent: false, configVersion: underWay ?? current.config?.config_version };
    const { undo, lacks } = undoOf(swap, start, current);
    return commit(
      {
        subject: { kind: 'endpoint', name: args.endpoint },
        before: current,
        changes: [...(start?.changes ?? []), ...aliasChange(alias, Number(number))],
        requests: requests(swap, start),
        again,
        goesOn: start === undefined,
        ...(undo === undefined ? {} : { undo }),
        undoLacks: lacks,
        ...(alias ? { beside: { seen: alias, reread: () => aliasNow(http, model, alias.name) } } : {}),
      },
      args,
      context,
      async (writing) => {
        const inContext = { ...context, http: writing };
        if (!start) return finishSwap(swap, goOn, inContext);
        const accepted = await putConfigOnce({ endpoint: args.endpoint, current, config: start.config }, writing);
        return finishSwap(swap, { sent: true, configVersion: acceptedVersion(accepted) }, inContext);
      },
      () => finishSwap(swap, goOn, context),
    );
  },
});

/** A route-optimised endpoint answers at its own URL alone, by its split: a probe reaches the version only when that has all of the traffic. */
function refuseProbeOfPart({ entity, share }: SwapPlan | NothingToSwap): void {
  if (share === 100) return;
  throw new Refusal(
    'probe_needs_all_traffic',
    `a probe cannot reach ${entity} alone, because the endpoint is route-optimised and splits its traffic; nothing was sent`,
    'Repeat the call without probe.',
  );
}

/** The config version to go on with: the one that the caller names, or that of an update in progress which is just this swap. */
function updateUnderWay(args: Args, current: Endpoint, plan: SwapPlan | NothingToSwap): number | undefined {
  if (args.config_version !== undefined) return args.config_version;
  if (plan.kind === 'nothing' || current.state.config_update !== 'IN_PROGRESS') return undefined;
  return endpoints.sameConfig(current.pending_config, plan.config) ? current.pending_config?.config_version : undefined;
}

function wish(args: Args, number: string) {
  return {
    version: number,
    ...(args.entity === undefined ? {} : { entity: args.entity }),
    ...(args.traffic_percent === undefined ? {} : { percent: args.traffic_percent }),
  };
}

function possible<T extends { kind: string }>(plan: T | Impossible): T {
  if (!isImpossible(plan)) return plan;
  const { code, message, advice, entities } = plan;
  throw new Refusal(code, `${message}; nothing was sent`, advice, entities ? { entities: entities.slice(0, 20) } : {});
}

function isImpossible(plan: { kind: string }): plan is Impossible {
  return plan.kind === 'impossible';
}

function requests({ endpoint, model, version, alias }: Swap, start: SwapPlan | undefined) {
  const config = start ? [configRequest({ endpoint, config: start.config })] : [];
  if (!alias || aliasChange(alias, Number(version)).length === 0) return config;
  const move = { method: 'PUT', path: models.aliasPath(model, alias.name), body: { version_num: Number(version) } };
  return [...config, move];
}

/** The call with the number that an alias stood for: later it may stand for another. */
function againOf({ endpoint, alias, traffic_percent, entity, probe }: Args, number: string): Record<string, unknown> {
  const given = Object.entries({ endpoint, version: number, alias, traffic_percent, entity, probe });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** The calls that bring back what was: the version that gave way, and the alias where it stood. */
function undoOf(
  { endpoint, model, entity, alias }: Swap,
  start: SwapPlan | undefined,
  current: Endpoint,
): { undo: string | undefined; lacks: string[] } {
  const aliasBack = alias && setAliasCall(model, alias);
  if (!start) return { undo: aliasBack, lacks: [] };
  if (start.existing) {
    // A swap back would make the one that stays into the one that went: both come back as they were instead.
    const gone = !start.config.served_entities.some(({ name }) => name === start.replaced.name);
    const named = gone ? { remove_entities: [start.replaced.name] } : {};
    const { back, lacks } = undoUpdate({ endpoint, traffic: {}, ...named }, current);
    const undo = gone ? call('update_endpoint', back) : call('set_traffic', { endpoint, traffic: back.traffic });
    return { undo: aliasBack === undefined ? undo : `${undo} then ${aliasBack}`, lacks };
  }
  const together = alias !== undefined && String(alias.version) === start.replaced.version;
  const back = { endpoint, version: start.replaced.version, entity, ...(together ? { alias: alias.name } : {}) };
  const swapBack = call('swap_version', back);
  return { undo: aliasBack === undefined || together ? swapBack : `${swapBack} then ${aliasBack}`, lacks: [] };
}
