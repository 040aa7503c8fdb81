import * as z from 'zod';
import { differences } from '../src/plan/diff.ts';
import { type EntityInput, nameOf, problemsOfTexts } from '../src/plan/entity-rules.ts';
import { notThere } from '../src/plan/removals.ts';
import { problemsOfTagKeys } from '../src/plan/tag-rules.ts';
import { planUpdate, type UpdateWish } from '../src/plan/update.ts';
import { variableChanges, variablesOf } from '../src/plan/variables.ts';
import { deployedModels } from '../src/plan/who-may.ts';
import { hasAll } from '../src/rest/asked.ts';
import type { Notifications } from '../src/rest/endpoints.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints } from '../src/rest/index.ts';
import { defined } from '../src/rest/json.ts';
import { allWarnings } from '../src/text/all-warnings.ts';
import { defineWrite } from '../src/tool.ts';
import { endpointSubject } from '../src/write/planned-write.ts';
import {
  confirm,
  endpoint,
  entity,
  entityName,
  notifications,
  traffic,
  waitSeconds,
  workloadSize,
  workloadType,
  writeParams,
} from './params.ts';
import { aliasesOnRemoved } from './shared/carried-over.ts';
import { lossSummary } from './shared/loss-summary.ts';
import { lossOfTraffic } from './shared/lost-traffic.ts';
import { planUnits } from './shared/model-units.ts';
import { budgetChange, descriptionChange, type Part } from './shared/own-routes.ts';
import { preflight, refuseProblems } from './shared/preflight.ts';
import { refusalWhileUpdating, refuseFirstDeployment, sameUpdate, updateSteps } from './shared/put-config.ts';
import { refuseEmptyChange, refuseFoundation } from './shared/refusals.ts';
import { servedEntity, telemetryBlock } from './shared/rest-forms.ts';
import { changesMark, markOfRemoved, rolloutWarning } from './shared/running-rollout.ts';
import { tagChange } from './shared/tag-change.ts';
import { telemetryChange } from './shared/telemetry-change.ts';
import { undoUpdate } from './shared/undo-update.ts';
import { brief, dropEmpty } from './shared/view.ts';
import { whoMay } from './shared/who-may.ts';
import { refuseAgentTile, refuseWithoutEntities } from './shared/without-entities.ts';

const input = z.strictObject({
  endpoint,
  entity: entity.optional().describe('Served entity to change. Required if there are several.'),
  workload_size: workloadSize,
  workload_type: workloadType,
  scale_to_zero: z.boolean().optional().describe('Whether to stop when idle.'),
  min_concurrency: z.int().min(0).max(4096).optional().describe('Set together with max_concurrency.'),
  max_concurrency: z.int().min(1).max(4096).optional().describe('Set together with min_concurrency.'),
  environment_vars: z
    .record(z.string(), z.string())
    .optional()
    .describe('Variables to set. Secrets as {{secrets/scope/key}}.'),
  remove_environment_vars: z.array(z.string()).max(100).optional().describe('Names of variables to remove.'),
  model_units: z.int().min(1).max(100_000).optional().describe('Provisioned model units. Requires burst_scaling.'),
  burst_scaling: z.boolean().optional().describe('Whether peaks may exceed model_units.'),
  add_entities: z
    .array(servedEntity)
    .max(15)
    .optional()
    .describe('Served entities to add. Their form is that of create_endpoint.'),
  remove_entities: z.array(entityName).max(15).optional().describe('Names of served entities to remove.'),
  traffic: traffic.optional(),
  tags: z.record(z.string(), z.string()).optional().describe('Tags to set.'),
  remove_tags: z.array(z.string()).max(100).optional().describe('Keys of tags to remove.'),
  notifications: notifications.optional(),
  description: z.string().trim().max(1000).optional().describe('Description of the endpoint.'),
  budget_policy_id: z.string().trim().max(100).optional().describe('Budget policy for its costs.'),
  telemetry: telemetryBlock
    .optional()
    .describe(
      'As in the REST API: table_names or telemetry_profile_id, enabled_telemetry_features, inference_table_config.',
    ),
  remove: z
    .array(z.enum(['description', 'telemetry']))
    .max(2)
    .optional()
    .describe('Settings to remove.'),
  start: z.boolean().optional().describe('true: start a stopped endpoint, which then costs money.'),
  wait_seconds: waitSeconds(40),
  confirm,
  ...writeParams,
});
/** The arguments that name a setting. */
const settings = Object.keys(input.shape).filter(
  (name) => !['endpoint', 'entity', 'wait_seconds', 'confirm', ...Object.keys(writeParams)].includes(name),
);
type Args = z.output<typeof input>;

export const updateEndpoint = defineWrite({
  name: 'update_endpoint',
  title: 'Change an endpoint',
  effect: 'write',
  toolsets: ['endpoints', 'rollout'],
  asks: [['workload_size', ...settings]],
  description:
    'Changes the settings you name and keeps all others, without downtime: compute, environment variables, served entities, traffic, tags, notifications, description, telemetry. Also starts a stopped endpoint. If the new config fails to deploy, the previous one keeps serving. Removing an entity that has or had traffic needs the user’s approval. For a new model version use swap_version.',
  input,
  output: z.looseObject({
    changed: z.boolean().optional(),
    changes: z.array(z.looseObject({})).optional(),
    undo: z.string().optional(),
    next: z.string().optional(),
  }),

  async plan(args, context) {
    const { http } = context;
    const { endpoint: name } = args;
    if (namesNothing(args)) refuseEmptyChange(name, 'the call names no setting');
    const current = await endpoints.get(http, name);
    if (changesConfig(args) || args.model_units !== undefined || args.burst_scaling !== undefined)
      refuseAgentTile(current);
    if (args.model_units !== undefined || args.burst_scaling !== undefined) {
      const { endpoint, model_units, burst_scaling, ...others } = args;
      const mixed = args.entity !== undefined || !namesNothing({ endpoint, ...others });
      return planUnits({ ...args, mixed }, current, context);
    }
    const given = (args.add_entities ?? []).map(withDefaults);
    const asked = wish(args, given);
    const whole = planUpdate(current, asked);
    const left = whole.problems.length > 0 && (await context.isRepeat()) ? withoutDone(asked, current) : asked;
    const plan = left === asked ? whole : planUpdate(current, left);
    const { add } = left;
    const touchesConfig = changesConfig(args);
    refuseFoundation(current, 'its entities, tags and notifications cannot be changed');
    if (touchesConfig) refuseFirstDeployment(current);
    if (touchesConfig && given.length === 0) refuseWithoutEntities(current);
    const { description, remove = [], start } = args;
    // While an update runs, this one is refused, or it is the same one.
    const sends = (touchesConfig || start === true) && current.state.config_update !== 'IN_PROGRESS';
    const deploys = sends ? deployedModels(current, plan.config) : [];
    const [telemetry, seen, may, aliases] = await Promise.all([
      telemetryChange(current, { telemetry: args.telemetry, remove: remove.includes('telemetry') }, context),
      preflight(http, add, args.environment_vars),
      whoMay({ endpoint: name, creator: current.creator }, deploys, context),
      sends && left.remove.length > 0 ? aliasesOnRemoved(http, current, plan.config) : {},
    ]);
    refuseProblems([
      ...(touchesConfig ? plan.problems : []),
      ...setAndRemoved(args),
      ...problemsOfTagKeys(args.tags),
      ...telemetry.problems,
      ...problemsOfTexts({ tags: args.tags, description, telemetry: args.telemetry }),
      ...seen,
    ]);

    const remove_tags = [...(args.remove_tags ?? []), ...markOfRemoved(current, args.remove_entities)];
    const tags = tagChange(current, args.tags ?? {}, remove_tags, http);
    const notified = notificationsChange(current, args.notifications, http);
    const update = { endpoint: name, current, config: plan.config, changes: touchesConfig ? plan.changes : [], start };
    const config = updateSteps(update, args.wait_seconds, context);
    const described = descriptionChange(current, remove.includes('description') ? '' : description, http);
    const budget = budgetChange(current, args.budget_policy_id, http);
    // The order of the official deployers (facts U5 and U6): immediate changes first, the config last. The routes that a workspace may lack come
    // before all others, so that a refusal changes nothing.
    const parts: Part[] = [described, budget, telemetry, tags, notified, config];
    const changes = parts.flatMap((part) => part.changes);
    // A swap needs no consent, because it removes an entity only after another one serves.
    const loss = await lossOfTraffic(args.remove_entities ?? [], current, context);
    const { back, omits } = undoUpdate({ ...args, remove_tags }, current);
    return {
      subject: endpointSubject(name),
      before: current,
      changes,
      steps: parts.flatMap((part) => part.steps),
      answer: { ...brief(current), ...(changes.length > 0 ? { changes } : {}) },
      ...(start && config.steps.length === 0 ? { unchanged: { note: `${name} is not stopped` } } : {}),
      about: {
        ...config.about,
        ...may.about,
        ...absentRemovals(args, current),
        ...aliases,
        ...(telemetry.note === undefined ? {} : { telemetry_note: telemetry.note }),
      },
      warning: allWarnings(
        ...(touchesConfig ? plan.warnings : []),
        may.warning,
        config.steps.length > 0 || changesMark(tags.changes) ? await rolloutWarning(current, context) : undefined,
      ),
      // Without a setting, the call restores nothing.
      undo: Object.keys(back).length > 1 ? [{ tool: 'update_endpoint', args: back }] : [],
      undoOmits: [...omits, ...config.omits],
      // Even settings that are there now would be replaced by the pending ones. Telemetry is refused whatever the update is.
      refusal:
        (touchesConfig && !sameUpdate(current, plan.config)) || telemetry.steps.length > 0
          ? (refusalWhileUpdating(current) ?? may.refusal)
          : may.refusal,
      consentReason: loss,
      consentDetails: loss === undefined ? undefined : await lossSummary(current, context),
    };
  },
});

/** Whether the call names no setting. The other arguments change nothing. */
function namesNothing(args: Args): boolean {
  const { endpoint, entity, wait_seconds, confirm, dry_run, if_fingerprint, start, ...named } = args;
  return !start && Object.values(named).every((value) => value === undefined);
}

function wish(args: Args, add: EntityInput[]) {
  const settings = {
    workload_size: args.workload_size,
    workload_type: args.workload_type,
    scale_to_zero_enabled: args.scale_to_zero,
    min_provisioned_concurrency: args.min_concurrency,
    max_provisioned_concurrency: args.max_concurrency,
  };
  const { entity, traffic, remove_entities: remove = [] } = args;
  const environment_vars = variableChanges(args.environment_vars, args.remove_environment_vars);
  return { entity, settings: defined(settings), environment_vars, add, remove, traffic };
}

function setAndRemoved(args: Args): string[] {
  const both = args.description !== undefined && args.remove?.includes('description');
  const problems = both ? ['description is both set and removed'] : [];
  const named = (['environment_vars', 'tags'] as const).flatMap((field) =>
    (args[`remove_${field}`] ?? [])
      .filter((name) => Object.hasOwn(args[field] ?? {}, name))
      .map((name) => `${field}.${name} is both set and removed`),
  );
  return [...problems, ...named];
}

/** Variables and tags that the call removes and the endpoint does not have. */
function absentRemovals(args: Args, current: Endpoint): { not_there?: string[] } {
  const entities = endpoints.entitiesOf(current.config);
  const target = entities.find(({ name }) => name === args.entity) ?? (entities.length === 1 ? entities[0] : undefined);
  const tags = Object.fromEntries((current.tags ?? []).map(({ key, value }) => [key, value]));
  const not_there = [
    ...(target ? notThere('environment_vars', variablesOf(target), args.remove_environment_vars) : []),
    ...notThere('tags', tags, args.remove_tags),
  ];
  return not_there.length > 0 ? { not_there } : {};
}

/** The rest of an update that was interrupted: entities that are there already are not added again, and absent ones not removed. */
function withoutDone(asked: UpdateWish, current: Endpoint): UpdateWish {
  const there = endpoints.entitiesOf(current.config);
  const isThere = (entity: EntityInput) =>
    there.some(
      (each) => each.name === nameOf(entity) && endpoints.sameEntity(each, { ...entity, name: nameOf(entity) }),
    );
  return {
    ...asked,
    add: asked.add.filter((entity) => !isThere(entity)),
    remove: asked.remove.filter((name) => there.some((each) => each.name === name)),
  };
}

function changesConfig(args: Args): boolean {
  const { settings, add, remove, traffic, environment_vars } = wish(args, args.add_entities ?? []);
  return (
    Object.keys(settings).length > 0 ||
    add.length > 0 ||
    remove.length > 0 ||
    traffic !== undefined ||
    environment_vars !== undefined ||
    args.start === true
  );
}

/** The service requires the boolean for registered models (fact S3). */
function withDefaults(given: EntityInput): EntityInput {
  const version = given.entity_version === undefined ? {} : { entity_version: String(given.entity_version) };
  const zero =
    given.entity_name !== undefined && given.scale_to_zero_enabled === undefined ? { scale_to_zero_enabled: true } : {};
  return { ...given, name: nameOf(given), ...version, ...zero };
}

function notificationsChange(
  { name, email_notifications }: Endpoint,
  wanted: Notifications | undefined,
  http: Http,
): Part {
  const after = { ...email_notifications, ...wanted };
  // The service stores a list that was never set as an empty one.
  const changes = wanted ? differences(dropEmpty({ ...email_notifications }), dropEmpty(after), 'notifications') : [];
  if (changes.length === 0) return { changes, steps: [] };
  const request = endpoints.patchNotifications(name, after);
  const lost = async () => {
    const { email_notifications: found = {} } = await endpoints.get(http, name);
    return hasAll(found, after) && hasAll(after, found) ? { answer: {}, ours: false } : undefined;
  };
  return { changes, steps: [{ what: 'notifications', label: 'notifications', target: name, request, lost }] };
}
