import * as z from 'zod';
import { isStopped } from '../src/plan/stopped.ts';
import { type Impossible, type NothingToSwap, planSwap, type SwapPlan, swapModel } from '../src/plan/swap.ts';
import { problemsOfChanges, variableChanges } from '../src/plan/variables.ts';
import { modelsOf } from '../src/plan/who-may.ts';
import { call, howToAllow, Refusal, readOnlyRefusal } from '../src/refusal.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints } from '../src/rest/index.ts';
import { defined } from '../src/rest/json.ts';
import { allWarnings } from '../src/text/all-warnings.ts';
import { redact } from '../src/text/redact.ts';
import { defineWrite, type ToolContext } from '../src/tool.ts';
import type { Step } from '../src/write/planned-write.ts';
import { endpointSubject } from '../src/write/planned-write.ts';
import { aliasName, endpoint, entity, version, waitSeconds, writeParams } from './params.ts';
import { type AliasState, aliasChange, aliasIn } from './shared/alias.ts';
import { authorship } from './shared/authorship.ts';
import { aliasesLeft, carriedOver, knownAliases } from './shared/carried-over.ts';
import { moveStep, reachVersion, type Swap } from './shared/finish-swap.ts';
import { readyVersion } from './shared/model-version.ts';
import { preflight, refuseProblems } from './shared/preflight.ts';
import { configStep, refusalWhileUpdating, sameUpdate } from './shared/put-config.ts';
import { rolloutWarning } from './shared/running-rollout.ts';
import { startOf } from './shared/start.ts';
import { undoSwap } from './shared/undo-swap.ts';
import { whoMay } from './shared/who-may.ts';
import { refuseAgentTile } from './shared/without-entities.ts';

const input = z.strictObject({
  endpoint,
  version,
  alias: aliasName.optional().describe('Alias to move once the new version serves.'),
  traffic_percent: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .describe('Canary percent for the new version; the old one keeps the rest. Default: replace the old one.'),
  entity: entity.optional().describe('Served entity to replace, if several are possible.'),
  environment_vars: z
    .record(z.string(), z.string())
    .optional()
    .describe('Variables to set in the same deployment; the others stay. Secrets as {{secrets/scope/key}}.'),
  remove_environment_vars: z.array(z.string().max(255)).max(100).optional().describe('Variables to remove.'),
  probe: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Request body that the new version must answer, once it has its traffic, before the alias moves.'),
  config_version: z.int().min(1).max(1_000_000).optional().describe('Continue this update, from a waiting answer.'),
  wait_seconds: waitSeconds(40),
  ...writeParams,
});
type Args = z.output<typeof input>;

export const swapVersion = defineWrite({
  name: 'swap_version',
  title: 'Swap to another model version',
  effect: 'write',
  toolsets: ['rollout'],
  description:
    'Rolls an endpoint to another version of its model without downtime, keeping all settings and entities that you do not name. If the new version fails to deploy, the old one keeps serving. The alias moves last, only after the new version serves and answers the probe. If outcome is waiting, make the call in next. To shift traffic between versions already served, use set_traffic.',
  input,
  output: z.looseObject({
    outcome: z.string().optional(),
    changed: z.boolean().optional(),
    serving: z.string().optional(),
    alias: z.looseObject({}).optional(),
    undo: z.string().optional(),
    next: z.string().optional(),
  }),

  async plan(args, context) {
    const { http } = context;
    refuseProbe(args, context);
    const current = await endpoints.get(http, args.endpoint);
    refuseAgentTile(current);
    const { model } = orRefuse(swapModel(current, args.entity));
    const { environment_vars: set, remove_environment_vars: removed } = args;
    // An update that runs is waited for, not sent again.
    const sends = args.config_version === undefined && current.state.config_update !== 'IN_PROGRESS';
    const deploys = isStopped(current) ? modelsOf(endpoints.entitiesOf(current.config)) : [model];
    const [number, aliases, unknown, may] = await Promise.all([
      readyVersion(http, model, args.version),
      knownAliases(http, model, args.alias !== undefined),
      preflight(http, [], set),
      whoMay({ endpoint: args.endpoint, creator: current.creator }, sends ? deploys : [], context),
    ]);
    refuseProblems([...problemsOfChanges(set, removed), ...unknown]);
    const alias = aliases && args.alias !== undefined ? aliasIn(aliases, args.alias) : undefined;
    const variables = variableChanges(set, removed);
    const wish = { version: number, entity: args.entity, percent: args.traffic_percent, variables };
    const plan = orRefuse(planSwap(current, wish));
    if (args.probe && current.route_optimized) refuseProbeOfPart(plan);
    if (alias && plan.shared) refuseSharedAlias(alias, number);

    const underWay = updateUnderWay(args, current, plan);
    const start = plan.kind === 'swap' && underWay === undefined ? plan : undefined;
    // Of an update that has ended, the plan shows what differs by now. Nothing carries that out.
    const carried = plan.kind === 'swap' && (start ?? sameUpdate(current, plan.config)) ? plan : undefined;
    const { endpoint, probe, wait_seconds: waitSeconds } = args;
    const repeatArgs = repeatArgsOf(args, number);
    const nextArgs = withoutRedacted(repeatArgs);
    const swap: Swap = { endpoint, model, version: number, entity: plan.entity, alias, probe, waitSeconds, nextArgs };
    const started = startOf(current, start !== undefined);
    const starts = started.changes.length > 0;
    const reach = (configVersion: number | undefined) => reachVersion(swap, { configVersion, starts }, context);
    const sent = underWay ?? current.config?.config_version;
    const first: Step = start
      ? configStep({ endpoint, current, config: start.config }, context, reach)
      : { what: 'wait', label: 'config', target: endpoint, reach: () => reach(sent) };
    const { undo, omits } = undoSwap(swap, start, variables, current);
    const foreign = !start && (await context.isRepeat(repeatArgs)) && (await isForeign(swap, current, http));
    return {
      subject: endpointSubject(endpoint),
      before: current,
      changes: [...(start?.changes ?? []), ...started.changes, ...aliasChange(alias, Number(number))],
      steps: alias ? [first, moveStep(swap, alias, context)] : [first],
      refusal:
        (underWay === undefined ? refusalWhileUpdating(current) : undefined) ??
        refusalOfProbe(args, context) ??
        (start && may.refusal),
      repeatArgs,
      resumes: !start && !foreign,
      foreign,
      about: {
        ...started.about,
        ...(start && may.about),
        ...(carried ? aboutSwap(carried, current, swap, { aliases, removed }) : {}),
      },
      warning: isOver(args, current, plan)
        ? OVER
        : start && allWarnings(may.warning, await rolloutWarning(current, context)),
      undo,
      undoOmits: [...omits, ...started.omits],
      ...(alias ? { alsoRead: alias } : {}),
    };
  },
});

function refuseProbe({ probe, alias, dry_run }: Args, { inference, readOnly }: ToolContext): void {
  if (!probe) return;
  if (!inference && !readOnly)
    throw new Refusal(
      'no_query',
      'this server was started with --no-query, so it cannot send the probe',
      `Repeat the call without probe. ${howToAllow('queries', '--no-query')}`,
    );
  if (alias !== undefined && typeof dry_run === 'string')
    throw new Refusal(
      'probe_not_exported',
      'exported commands do not contain the probe, so the alias would move without it',
      'Repeat the call without alias or without probe, or run the swap here. dry_run true previews it.',
    );
}

/** With nothing left to change, a swap would still probe. A server that may not write sends no inference for a tool that writes. */
function refusalOfProbe({ probe }: Args, { readOnly }: ToolContext): Refusal | undefined {
  return probe && readOnly
    ? readOnlyRefusal('so it sends no probe', 'Repeat the call without probe, or send the body with query_endpoint.')
    : undefined;
}

function refuseSharedAlias(alias: AliasState, number: string): never {
  throw new Refusal(
    'alias_needs_all_traffic',
    `alias ${alias.name} cannot move while another version keeps traffic, because many requests would not reach version ${number}`,
    'Repeat the call without alias. Move it with the call that gives the version all of the traffic.',
  );
}

/** A route-optimized endpoint answers only at its own URL and by its split. A probe surely reaches a version only if it has all of the traffic. */
function refuseProbeOfPart({ entity, share }: SwapPlan | NothingToSwap): void {
  if (share === 100) return;
  throw new Refusal(
    'probe_needs_all_traffic',
    `a probe cannot address ${entity} alone, because the endpoint is route-optimized and splits its traffic`,
    'Repeat the call without probe.',
  );
}

/** The config version to wait for: the one that the caller gives, or that of an update in progress that is exactly this swap. */
function updateUnderWay(args: Args, current: Endpoint, plan: SwapPlan | NothingToSwap): number | undefined {
  if (args.config_version !== undefined) return args.config_version;
  return plan.kind === 'nothing' ? undefined : sameUpdate(current, plan.config)?.config_version;
}

/** The update to continue has ended, and the endpoint is not as the call asks: a later update changed it, or this one had other settings. */
function isOver({ config_version }: Args, { config }: Endpoint, plan: SwapPlan | NothingToSwap): boolean {
  return plan.kind === 'swap' && config_version !== undefined && (config?.config_version ?? 0) >= config_version;
}

const OVER =
  'The update with this config_version has ended, but traffic or variables are not as this call asks. Nothing was sent to change them. Repeat the call without config_version to do so.';

function orRefuse<T extends { kind: string }>(plan: T | Impossible): T {
  if (!isImpossible(plan)) return plan;
  const { code, message, advice, entities } = plan;
  throw new Refusal(code, message, advice, entities ? { entities: entities.slice(0, 20) } : {});
}

function isImpossible(plan: { kind: string }): plan is Impossible {
  return plan.kind === 'impossible';
}

/** Whether someone else swapped to the version. */
async function isForeign({ entity }: Swap, current: Endpoint, http: Http): Promise<boolean> {
  const entities = endpoints.entitiesOf(endpoints.latestConfig(current)).filter(({ name }) => name === entity);
  return (
    (await authorship(
      http,
      entities.map(({ creator }) => ({ creator })),
      0,
    )) === 'other'
  ); // any time
}

/** The call with the number that an alias resolved to. Later the alias may point to another version. */
function repeatArgsOf(args: Args, number: string) {
  const { endpoint, alias, traffic_percent, entity, environment_vars, remove_environment_vars, probe } = args;
  const variables = { environment_vars, remove_environment_vars };
  return defined({ endpoint, version: number, alias, traffic_percent, entity, ...variables, probe });
}

/** A call in an answer is redacted, and a redacted variable would be refused. The config is already sent, so the next call needs no variables. */
function withoutRedacted(args: Record<string, unknown>): Record<string, unknown> {
  const text = call('swap_version', args);
  if (redact(text) === text) return args;
  const { environment_vars: _sent, ...rest } = args;
  return rest;
}

/** What the swap leaves as it is. */
function aboutSwap(
  plan: SwapPlan,
  current: Endpoint,
  { version, alias }: Swap,
  { aliases, removed }: { aliases: AliasState[] | undefined; removed: readonly string[] | undefined },
) {
  return {
    carried_over: carriedOver(current, plan, removed),
    ...aliasesLeft(aliases, plan, { version, alias: alias?.name }),
  };
}
