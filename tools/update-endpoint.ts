import * as z from 'zod';
import type { FieldDiff } from '../src/plan/diff.ts';
import { differences } from '../src/plan/diff.ts';
import { type EntityInput, nameOf, problemsOfTexts } from '../src/plan/entity-rules.ts';
import { planUpdate, type UpdatePlan } from '../src/plan/update.ts';
import { call, Refusal, type ToolResult } from '../src/refusal.ts';
import { effectUnknown } from '../src/rest/effect.ts';
import { endpointPath, type Notifications } from '../src/rest/endpoints.ts';
import { type Endpoint, endpoints } from '../src/rest/index.ts';
import { clip } from '../src/text/sanitize.ts';
import { defineTool, type ToolContext } from '../src/tool.ts';
import { commit } from '../src/write/commit.ts';
import {
  confirm,
  endpoint,
  entity,
  entityName,
  notifications,
  record,
  traffic,
  waitSeconds,
  writeParams,
} from './params.ts';
import { whatGoes } from './shared/loss-summary.ts';
import { updateUnits } from './shared/model-units.ts';
import { preflight, refuseProblems } from './shared/preflight.ts';
import { configRequest, refuseWhileUpdating, sendConfig } from './shared/put-config.ts';
import { refuseEmptyChange, refuseFoundation } from './shared/refusals.ts';
import { undoUpdate } from './shared/undo-update.ts';
import { brief } from './shared/view.ts';

const input = z.strictObject({
  endpoint,
  entity: entity.optional().describe('If several.'),
  workload_size: z.enum(['Small', 'Medium', 'Large']).optional(),
  workload_type: z.string().max(30).optional(),
  scale_to_zero: z.boolean().optional(),
  min_concurrency: z.int().min(0).max(4096).optional().describe('With max.'),
  max_concurrency: z.int().min(1).max(4096).optional(),
  environment_vars: z
    .record(z.string(), z.string().nullable())
    .optional()
    .describe('null removes. Secrets: {{secrets/scope/key}}.'),
  model_units: z.int().min(1).max(100_000).optional().describe('Needs burst_scaling.'),
  burst_scaling: z.boolean().optional(),
  add_entities: z.array(record).max(15).optional().describe('As in create.'),
  remove_entities: z.array(entityName).max(15).optional(),
  traffic: traffic.optional(),
  tags: z.record(z.string(), z.string().nullable()).optional().describe('null removes.'),
  notifications: notifications.optional(),
  wait_seconds: waitSeconds(40),
  confirm,
  ...writeParams,
});
type Args = z.output<typeof input>;

export const updateEndpoint = defineTool({
  name: 'update_endpoint',
  title: 'Change an endpoint',
  effect: 'write',
  description:
    'Changes only what is named, with no downtime: size, type, concurrency, scale to zero, variables, entities, tags, notifications. For a version: swap_version.',
  input,
  output: z.looseObject({
    changed: z.boolean().optional(),
    changes: z.array(z.looseObject({})).optional(),
    undo: z.string().optional(),
    next: z.string().optional(),
  }),

  async run(args, context) {
    const { http } = context;
    if (namesNothing(args)) refuseEmptyChange(args.endpoint, 'nothing to change was named');
    const current = await endpoints.get(http, args.endpoint);
    if (args.model_units !== undefined || args.burst_scaling !== undefined)
      return updateUnits(
        {
          ...args,
          mixed: changesConfig(args) || [args.entity, args.tags, args.notifications].some((each) => each !== undefined),
        },
        current,
        context,
      );
    const add = (args.add_entities ?? []).map(withDefaults);
    const plan = planUpdate(current, wish(args, add));
    const touchesConfig = changesConfig(args);
    refuseFoundation(current, 'its entities, tags and notifications cannot be changed');
    if (touchesConfig && !current.config) refuseWhileUpdating(current);
    refuseProblems([
      ...(touchesConfig ? plan.problems : []),
      ...problemsOfTexts({ tags: args.tags }),
      ...(await preflight(http, add, args.environment_vars)),
    ]);

    const tags = tagPatch(current, args.tags ?? {});
    const notifications = args.notifications && { ...current.email_notifications, ...args.notifications };
    const changes: FieldDiff[] = [
      ...tags.changes,
      ...(touchesConfig ? plan.changes : []),
      ...(notifications ? differences(current.email_notifications ?? {}, notifications, 'notifications') : []),
    ];
    const steps = stepsOf(args, current, plan, touchesConfig, tags, notifications);
    const loses = losesTraffic(args, current);
    if (args.dry_run === false && touchesConfig && plan.changes.length > 0) refuseWhileUpdating(current);
    const { back, lacks } = undoUpdate(args, current);
    return commit(
      {
        subject: { kind: 'endpoint', name: args.endpoint },
        before: current,
        changes,
        requests: steps.map((step) => step.request),
        undo: call('update_endpoint', back),
        undoLacks: lacks,
        ...(loses ? { loses, shows: await whatGoes(current, context) } : {}),
      },
      args,
      context,
      (writing) => carryOut(steps, args, changes, current, { ...context, http: writing }),
      () => ({ changed: false, ...brief(current) }),
    );
  },
});

/** Which entity, how long to wait and how to go about it change nothing. */
function namesNothing({ endpoint, entity, wait_seconds, confirm, dry_run, if_fingerprint, ...named }: Args): boolean {
  return Object.values(named).every((value) => value === undefined);
}

/** Taking away an entity that serves requests is what a person should agree to; a swap does it only once another one serves. */
function losesTraffic(args: Args, current: Endpoint): string | undefined {
  const traffic = endpoints.trafficOf(current.config);
  const serving = (args.remove_entities ?? []).filter((name) => (traffic.get(name) ?? 0) > 0);
  if (serving.length === 0) return undefined;
  return `This removes ${serving.map((name) => `${name} (${traffic.get(name)} % of the traffic)`).join(', ')} from endpoint ${args.endpoint}.`;
}

interface Step {
  what: string;
  request: { method: string; path: string; body: unknown };
  run(context: ToolContext): Promise<ToolResult | undefined>;
}

/** In the order in which official deployers go (API contract, section 2.5): what takes effect at once first, the config last. */
function stepsOf(
  args: Args,
  current: Endpoint,
  plan: UpdatePlan,
  touchesConfig: boolean,
  tags: TagPatch,
  notifications: Notifications | undefined,
): Step[] {
  const name = args.endpoint;
  const steps: Step[] = [];
  if (tags.changes.length > 0) {
    steps.push({
      what: 'tags',
      request: { method: 'PATCH', path: `${endpointPath(name)}/tags`, body: tags.body },
      run: async ({ http }) => void (await endpoints.patchTags(http, name, tags.body)),
    });
  }
  if (notifications && differences(current.email_notifications ?? {}, notifications).length > 0) {
    steps.push({
      what: 'notifications',
      request: {
        method: 'PATCH',
        path: `${endpointPath(name)}/notifications`,
        body: { email_notifications: notifications },
      },
      run: async ({ http }) => void (await endpoints.patchNotifications(http, name, notifications)),
    });
  }
  if (touchesConfig && plan.changes.length > 0) {
    const update = {
      endpoint: name,
      current,
      config: plan.config,
      changes: plan.changes,
      waitSeconds: args.wait_seconds,
    };
    steps.push({ what: 'config', request: configRequest(update), run: (context) => sendConfig(update, context) });
  }
  return steps;
}

async function carryOut(
  steps: Step[],
  args: Args,
  changes: FieldDiff[],
  current: Endpoint,
  context: ToolContext,
): Promise<ToolResult> {
  const done: string[] = [];
  let result: ToolResult = { changed: true, ...brief(current) };
  for (const step of steps) {
    try {
      result = (await step.run(context)) ?? result;
    } catch (error) {
      if (done.length === 0 || !(error instanceof Error)) throw error;
      context.signal.throwIfAborted();
      throw partly(args.endpoint, done, steps.slice(done.length), error);
    }
    done.push(step.what);
  }
  return { ...result, changes };
}

/** Some steps were made; of the one that failed it may not be known. */
function partly(name: string, done: string[], left: Step[], error: Error): Refusal {
  const open = effectUnknown(error);
  const names = left.map((each) => each.what);
  const fate = open ? `of ${names[0]} it is not known` : `${names.join(' and ')} did not`;
  const message = `${done.join(' and ')} of ${name} changed, ${fate}: ${clip(error.message, 1_000)}`;
  const code = error instanceof Refusal ? error.code : 'partly_done';
  const next = error instanceof Refusal ? error.next : 'Repeat the call: what is done already changes nothing.';
  return new Refusal(code, message, next, {
    changed: true,
    done,
    ...(open ? { unknown: names.slice(0, 1) } : {}),
    not_done: names.slice(open ? 1 : 0),
    ...(error instanceof Refusal ? error.data : {}),
  });
}

function wish(args: Args, add: EntityInput[]) {
  const settings = {
    workload_size: args.workload_size,
    workload_type: args.workload_type,
    scale_to_zero_enabled: args.scale_to_zero,
    min_provisioned_concurrency: args.min_concurrency,
    max_provisioned_concurrency: args.max_concurrency,
  };
  return {
    ...(args.entity === undefined ? {} : { entity: args.entity }),
    settings: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
    ...(args.environment_vars === undefined ? {} : { environment_vars: args.environment_vars }),
    add,
    remove: args.remove_entities ?? [],
    ...(args.traffic === undefined ? {} : { traffic: args.traffic }),
  };
}

function changesConfig(args: Args): boolean {
  const { settings, add, remove, traffic, environment_vars } = wish(args, args.add_entities ?? []);
  return (
    Object.keys(settings).length > 0 ||
    add.length > 0 ||
    remove.length > 0 ||
    traffic !== undefined ||
    environment_vars !== undefined
  );
}

/** The service insists on the boolean for registered models (API contract, section 1.1). */
function withDefaults(given: EntityInput): EntityInput {
  const version = given.entity_version === undefined ? {} : { entity_version: String(given.entity_version) };
  const zero =
    given.entity_name !== undefined && given.scale_to_zero_enabled === undefined ? { scale_to_zero_enabled: true } : {};
  return { ...given, name: nameOf(given), ...version, ...zero };
}

interface TagPatch {
  body: { add_tags?: { key: string; value: string }[]; delete_tags?: string[] };
  changes: FieldDiff[];
}

function tagPatch(current: Endpoint, wanted: Record<string, string | null>): TagPatch {
  const before = Object.fromEntries((current.tags ?? []).map(({ key, value }) => [key, value ?? '']));
  const add = Object.entries(wanted).flatMap(([key, value]) =>
    value !== null && before[key] !== value ? [{ key, value }] : [],
  );
  const remove = Object.entries(wanted).flatMap(([key, value]) => (value === null && key in before ? [key] : []));
  const after = { ...before, ...Object.fromEntries(add.map(({ key, value }) => [key, value])) };
  for (const key of remove) delete after[key];
  return {
    body: { ...(add.length > 0 ? { add_tags: add } : {}), ...(remove.length > 0 ? { delete_tags: remove } : {}) },
    changes: differences(before, after, 'tags'),
  };
}
