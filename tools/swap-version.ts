import * as z from 'zod';
import type { Change } from '../src/difference.ts';
import { type NothingToSwap, planSwap, type SwapPlan, swapModel } from '../src/plan.ts';
import { type Endpoint, endpoints, models, query } from '../src/rest/index.ts';
import { call, defineTool, Refusal, type ToolContext, type ToolResult } from '../src/tool.ts';
import { commit, onceOnly } from '../src/write.ts';
import { aliasName, endpoint, entity, version, waitSeconds, writeParams } from './params.ts';
import { type AliasState, aliasChange, aliasNow, aliasView, moveAlias, outweighed } from './shared/alias.ts';
import { configRequest, refuseWhileUpdating } from './shared/config-update.ts';
import { readyVersion } from './shared/model-version.ts';
import { awaitEndpoint } from './shared/waiting.ts';

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
    .describe('Request body that the new version must answer before the alias moves.'),
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
    'Rolls an endpoint to another version of its model with no downtime: keeps every setting and sibling, waits until the new version serves, then moves the alias. If it fails the old version goes on serving and the alias stays. When outcome is waiting, make the call in next.',
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

    const replaced = plan.kind === 'swap' ? plan.replaced : undefined;
    const job: Job = { args, context, model, number, alias, replaced, entity: plan.entity };
    const underWay = updateUnderWay(args, current, plan);
    const starts = plan.kind === 'swap' && underWay === undefined;
    const changes: Change[] = [...(starts ? plan.changes : []), ...aliasChange(alias, number)];
    const go = (sent: boolean, configVersion: number | undefined, inContext: ToolContext) =>
      finish({ ...job, context: inContext, configVersion }, sent);
    if (args.dry_run === false && starts) refuseWhileUpdating(current);
    return commit(
      {
        subject: { kind: 'endpoint', name: args.endpoint },
        before: current,
        changes,
        requests: requests(job, starts ? plan : undefined),
        undo: undoCall({ ...job, replaced: starts ? job.replaced : undefined }),
      },
      args,
      context,
      async (writing) => {
        const inContext = { ...context, http: writing };
        if (!starts) return go(false, underWay ?? current.config?.config_version, inContext);

        const accepted = await onceOnly(
          () => endpoints.putConfig(writing, args.endpoint, plan.config),
          async () => {
            const found = await endpoints.get(http, args.endpoint);
            return isUnderWay(found, plan) || isActive(found, plan) ? found : undefined;
          },
        );
        return go(true, accepted.pending_config?.config_version ?? accepted.config?.config_version, inContext);
      },
      () => go(false, underWay ?? current.config?.config_version, context),
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
  if (plan.kind === 'nothing' || current.state.config_update !== 'IN_PROGRESS' || !isUnderWay(current, plan))
    return undefined;
  return current.pending_config?.config_version;
}

interface Job {
  args: Args;
  context: ToolContext;
  model: string;
  number: string;
  alias: AliasState | undefined;
  /** What gives way; undefined when nothing had to be sent. */
  replaced: SwapPlan['replaced'] | undefined;
  entity: string;
  configVersion?: number | undefined;
}

/** Wait for the version, probe it, and only then move the alias: until here nothing told anybody that the new version serves. */
async function finish(job: Job, sent: boolean): Promise<ToolResult> {
  const { args, context, model, number, alias } = job;
  const wanted = {
    model,
    version: number,
    entity: job.entity,
    ...(job.configVersion === undefined ? {} : { configVersion: job.configVersion }),
  };
  const { verdict, seen, view } = await awaitEndpoint(args.endpoint, wanted, args.wait_seconds, context);
  const config = job.configVersion === undefined ? {} : { config_version: job.configVersion };
  if (verdict.kind === 'failed') {
    const still = seen?.config ? 'what served before goes on serving' : 'nothing serves there yet';
    const message = `version ${number} did not come up on ${args.endpoint}; ${still}${alias ? `, and alias ${alias.name} was not moved` : ''}`;
    const next = `Read the reason and log_lines; more with ${call('get_logs', { endpoint: args.endpoint })}. Then swap to a version that works.`;
    throw new Refusal(verdict.code, message, next, {
      changed: sent,
      ...view,
      ...config,
      alias: aliasView(alias, alias?.version),
    });
  }
  if (verdict.kind === 'pending') {
    const next = call('swap_version', { ...repeat(args, number), ...config });
    return { changed: sent, ...view, ...config, alias: aliasView(alias, alias?.version), next };
  }
  const probed = args.probe && (await probe(job, args.probe, seen, view, sent));
  const moved = alias !== undefined && (await mayMove(job, alias, seen, view, sent));
  if (moved) await move(job, view, sent);
  return {
    changed: sent || moved,
    version: number,
    ...view,
    ...config,
    ...(probed ? { probe: probed } : {}),
    ...(alias
      ? { alias: { ...aliasView(alias, Number(number)), ...(moved ? { was: alias.version ?? null } : {}) } }
      : {}),
  };
}

/**
 * Whether the alias is still to be moved. Minutes may have passed since the plan: no other version may have more of the traffic, and the alias must
 * be where it was, or somebody else's move would be lost.
 */
async function mayMove(
  { args, context, model, number }: Job,
  alias: AliasState,
  seen: Endpoint | undefined,
  view: ToolResult,
  sent: boolean,
): Promise<boolean> {
  const now = await aliasNow(context.http, model, alias.name);
  if (now.version === Number(number)) return false;
  const data = { changed: sent, ...view, alias: aliasView(now, now.version) };
  const stays = `version ${number} serves on ${args.endpoint}, and alias ${alias.name} was not moved:`;
  if (now.version !== alias.version) {
    const next = 'Ask whether it shall still be moved; set_alias moves it.';
    throw new Refusal('alias_changed', `${stays} somebody else moved it meanwhile`, next, data);
  }
  if (outweighed(seen, model, number)) {
    const next = 'Give the version all of the traffic first, then move the alias.';
    throw new Refusal('alias_needs_all_traffic', `${stays} another version has more of the traffic`, next, data);
  }
  return true;
}

async function probe(
  { args, context, entity: name, alias, number }: Job,
  body: Record<string, unknown>,
  seen: Endpoint | undefined,
  view: ToolResult,
  sent: boolean,
): Promise<ToolResult> {
  const started = context.clock.now();
  const http = context.inference ?? context.http;
  try {
    const target = seen?.route_optimized ? await query.direct(http, seen) : undefined;
    const where = target === undefined ? { entity: name } : { target };
    await query.invoke(http, args.endpoint, body, { ...where, timeoutMs: 40_000 });
    return { ok: true, milliseconds: context.clock.now() - started };
  } catch (error) {
    context.signal.throwIfAborted();
    const message = `version ${number} is up on ${args.endpoint} and takes its traffic, but it did not answer the probe${alias ? `; alias ${alias.name} was not moved` : ''}`;
    const next = 'Correct the probe and repeat the call, or swap back to the version before.';
    throw new Refusal('probe_failed', message, next, {
      changed: sent,
      ...view,
      probe_error: error instanceof Error ? error.message : String(error),
      alias: aliasView(alias, alias?.version),
    });
  }
}

/** Nothing said until here that the new version serves: a move that fails, or whose fate nobody knows, is told as such. */
async function move({ args, context, model, alias, number }: Job, view: ToolResult, sent: boolean): Promise<void> {
  if (!alias) return;
  const failed = await moveAlias(context.http, model, alias, number);
  if (!failed) return;
  context.signal.throwIfAborted();
  const again = `Repeat ${call('swap_version', repeat(args, number))}: it will only move the alias.`;
  const what = failed.known ? 'could not be moved' : 'may have been moved or not: the answer was lost';
  throw new Refusal(
    failed.known ? 'alias_not_moved' : 'alias_unknown',
    `version ${number} serves on ${args.endpoint}, but alias ${alias.name} ${what}`,
    failed.known ? `${again} Moving it needs ownership of the model, or MANAGE on it.` : again,
    {
      ...(sent || failed.known ? { changed: sent } : {}),
      ...view,
      cause: failed.cause,
      ...(failed.known ? { alias: aliasView(alias, alias.version) } : { unknown: [`alias ${alias.name}`] }),
    },
  );
}

function wish(args: Args, number: string) {
  return {
    version: number,
    ...(args.entity === undefined ? {} : { entity: args.entity }),
    ...(args.traffic_percent === undefined ? {} : { percent: args.traffic_percent }),
  };
}

function possible<T extends { kind: string }>(plan: T): Exclude<T, { kind: 'impossible' }> {
  if (plan.kind === 'impossible') {
    const { code, message, advice } = plan as unknown as { code: string; message: string; advice: string }; // its kind says so
    throw new Refusal(code, `${message}; nothing was sent`, advice);
  }
  return plan as Exclude<T, { kind: 'impossible' }>;
}

/** Whether the update in progress is the one that was planned: the same entities with the same shares. */
function isUnderWay(seen: Endpoint, plan: SwapPlan): boolean {
  return endpoints.sameConfig(seen.pending_config, plan.config);
}

function isActive(seen: Endpoint, plan: SwapPlan): boolean {
  return seen.pending_config === undefined && endpoints.sameConfig(seen.config, plan.config);
}

function requests(job: Job, plan: SwapPlan | undefined) {
  const config = plan ? [configRequest({ endpoint: job.args.endpoint, config: plan.config })] : [];
  if (!job.alias || aliasChange(job.alias, job.number).length === 0) return config;
  return [
    ...config,
    { method: 'PUT', path: models.aliasPath(job.model, job.alias.name), body: { version_num: Number(job.number) } },
  ];
}

function repeat(args: Args, number: string): Record<string, unknown> {
  const { endpoint, alias, traffic_percent, entity, probe } = args;
  const given = Object.entries({ endpoint, version: number, alias, traffic_percent, entity, probe });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** The calls that bring back what was: the version, and the alias where it stood. */
function undoCall({ args, model, alias, replaced, entity: name }: Job): string {
  if (!replaced) {
    return call('set_alias', {
      model,
      alias: alias?.name,
      version: alias?.version === undefined ? null : String(alias.version),
    });
  }
  const withAlias = alias !== undefined && String(alias.version) === replaced.version;
  const swap = call('swap_version', {
    endpoint: args.endpoint,
    version: replaced.version,
    entity: name,
    ...(withAlias ? { alias: alias.name } : {}),
  });
  if (!alias || withAlias) return swap;
  return `${swap} then ${call('set_alias', { model, alias: alias.name, version: alias.version === undefined ? null : String(alias.version) })}`;
}
