import * as z from 'zod';
import { type EntityInput, nameOf, problemsOfEntities, problemsOfTexts } from '../src/plan/entity-rules.ts';
import { partsOf, problemsOfGateway, warningOfGateway } from '../src/plan/gateway-rules.ts';
import { repeatedVersions } from '../src/plan/repeated-version.ts';
import { problemsOfTagKeys } from '../src/plan/tag-rules.ts';
import { problemsOfKind, problemsOfResult, problemsOfTelemetry, telemetryInput } from '../src/plan/telemetry.ts';
import { modelsOf } from '../src/plan/who-may.ts';
import { call, Refusal } from '../src/refusal.ts';
import type { CreateInput } from '../src/rest/endpoints.ts';
import { ApiError } from '../src/rest/errors.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints, provisioned } from '../src/rest/index.ts';
import { defined } from '../src/rest/json.ts';
import { allWarnings } from '../src/text/all-warnings.ts';
import { defineWrite, type ToolContext } from '../src/tool.ts';
import { endpointSubject, type Reached, type Step, step } from '../src/write/planned-write.ts';
import {
  dryRun,
  endpoint,
  model,
  notifications,
  record,
  traffic,
  version,
  waitSeconds,
  workloadSize,
  workloadType,
} from './params.ts';
import { authorship } from './shared/authorship.ts';
import { awaitEndpoint } from './shared/await-endpoint.ts';
import { existingAnswer, isRequested, madeBy } from './shared/existing-endpoint.ts';
import { createsOf } from './shared/journaled-changes.ts';
import { readyVersion } from './shared/model-version.ts';
import { preflight, refuseProblems, versionProblem } from './shared/preflight.ts';
import { gatewayBlock, servedEntity, telemetryBlock } from './shared/rest-forms.ts';
import { whoMay } from './shared/who-may.ts';

const input = z.strictObject({
  endpoint: endpoint.describe('Name of the new endpoint.'),
  model: model.optional(),
  version: version.optional(),
  workload_size: workloadSize,
  workload_type: workloadType,
  scale_to_zero: z.boolean().default(true).describe('Free when idle, but slow to start.'),
  environment_vars: record.optional().describe('Environment variables. Secrets as {{secrets/scope/key}}.'),
  entities: z
    .array(servedEntity)
    .max(20)
    .optional()
    .describe(
      'Instead of model: served entities as in the REST API, for several, external_model, provisioned throughput or feature specs.',
    ),
  traffic: traffic.optional(),
  ai_gateway: gatewayBlock.optional().describe('AI Gateway settings, as in the REST API.'),
  tags: z.record(z.string(), z.string()).optional().describe('Tags, as {key: value}.'),
  description: z.string().trim().max(1000).optional().describe('Description of the endpoint.'),
  notifications: notifications.optional(),
  telemetry: telemetryBlock
    .optional()
    .describe(
      'Logs, traces and metrics in tables: {table_names: {logs_table: "catalog.schema.table"}}, as in the REST API.',
    ),
  route_optimized: z.boolean().optional().describe('true: lower latency, but OAuth only.'),
  budget_policy_id: z.string().trim().max(100).optional().describe('Budget policy for its costs.'),
  wait_seconds: waitSeconds(0),
  dry_run: dryRun,
});
type Args = z.output<typeof input>;

export const createEndpoint = defineWrite({
  name: 'create_endpoint',
  title: 'Create an endpoint',
  effect: 'write',
  toolsets: ['endpoints'],
  creates: true,
  asks: [
    ['model', 'entities'],
    ['version', 'entities'],
  ],
  description:
    'Creates an endpoint for a Unity Catalog model version, or for entities of any kind. Validates everything before sending and reports all problems at once. Deployment takes minutes; continue with wait_for_endpoint. If it fails, the endpoint exists but serves nothing. For a new version of a served model use swap_version.',
  input,
  output: z.looseObject({
    changed: z.boolean().optional(),
    outcome: z.string().optional(),
    next: z.string().optional(),
  }),

  async plan(args, context) {
    const { http } = context;
    const { entities, unresolved } = await entitiesOf(args, http);
    const units = entities.some((entity) => entity.provisioned_model_units !== undefined);
    const [seen, existing, may] = await Promise.all([
      // An alias that does not resolve is already a problem, so its version is not checked again.
      preflight(http, unresolved.length > 0 ? [] : entities, [entities, args.ai_gateway]),
      endpoints.find(http, args.endpoint),
      whoMay('caller', modelsOf(entities), context),
    ]);
    const repeated = repeatedVersions(entities, entities.map(nameOf));
    const problems = [
      ...misplacedSettings(args),
      ...problemsOfEntities(entities, args.traffic),
      ...repeated.problems,
      ...problemsOfGateway(args.ai_gateway),
      ...problemsOfTagKeys(args.tags),
      ...telemetryProblems(args, entities),
      ...problemsOfTexts({
        description: args.description,
        tags: args.tags,
        ai_gateway: args.ai_gateway,
        telemetry: args.telemetry,
      }),
      ...(units ? unitsProblems(args, entities) : []),
      ...unresolved,
      ...seen,
    ];
    refuseProblems(
      existing && problems.length > 0 ? [`endpoint ${args.endpoint} already exists`, ...problems] : problems,
    );
    const subject = endpointSubject(args.endpoint);
    const repeatArgs = args.version === undefined ? args : { ...args, version: entities[0]?.entity_version };
    if (existing) {
      const unchanged = existingAnswer(existing, entities, givenSettings(args, entities));
      const foreign = (await createsOf(existing, context))?.length === 0;
      return { subject, before: existing, changes: [], steps: [], unchanged, undo: [], repeatArgs, foreign };
    }
    return {
      subject,
      before: undefined,
      changes: [{ field: 'endpoint', to: args.endpoint }],
      steps: [createStep(args, entities, units, context)],
      refusal: may.refusal,
      about: may.about ?? {},
      warning: allWarnings(warningOfGateway(partsOf(args.ai_gateway), { entities }), ...repeated.warnings, may.warning),
      undo: [{ tool: 'delete_endpoint', args: { endpoint: args.endpoint } }],
      repeatArgs,
    };
  },
});

/** Endpoints that a job creates as a service principal seem to be missing on the Serving page. */
const OWNED_BY_ME = 'The Serving page first shows "Owned by me". This endpoint is listed under "All".';

function createStep(args: Args, entities: EntityInput[], units: boolean, context: ToolContext): Step {
  const { http } = context;
  const { endpoint: name } = args;
  const body = bodyOf(args, entities);
  return step<Endpoint>({
    what: units ? 'create_units' : 'create',
    label: 'the endpoint',
    target: name,
    request: units ? provisioned.create(body) : endpoints.create(body),
    async lost(since) {
      const found = await endpoints.find(http, name);
      if (!found || !isRequested(found, body, entities)) return undefined;
      const made = [{ creator: found.creator, at: found.creation_timestamp }];
      const by = await authorship(http, made, since);
      return by === 'other' ? undefined : { answer: found, ours: by === 'ours' };
    },
    reach: (created) => reachCreated(created, entities, args, context),
    async explain(error) {
      if (!(error instanceof ApiError && error.status === 409)) return undefined;
      const found = await endpoints.find(http, name).catch(() => undefined);
      const message = `endpoint ${name} already exists, and this call did not create it`;
      const next = `See it with ${call('get_endpoint', { endpoint: name })}, or choose another name.`;
      return new Refusal('name_taken', message, next, found ? { existing: madeBy(found) } : {});
    },
  });
}

async function reachCreated(
  created: Endpoint,
  entities: EntityInput[],
  { telemetry, wait_seconds: seconds }: Args,
  context: ToolContext,
): Promise<Reached> {
  const { name, id: endpointId, creator } = created;
  const configVersion = created.pending_config?.config_version ?? created.config?.config_version;
  const [first] = entities;
  const version = entities.length === 1 && typeof first?.entity_version === 'string' ? first.entity_version : undefined;
  const { verdict, view: seen } = await awaitEndpoint(name, { version, configVersion }, seconds, context);
  const view = { version, ...seen, endpoint_id: endpointId, ...(telemetry ? storedTelemetry(created) : {}) };
  if (verdict.kind === 'failed') {
    const message = `endpoint ${name} was created, but its deployment failed, so it exists and serves nothing`;
    const next = `See cause and log_lines, and ${call('diagnose_endpoint', { endpoint: name })} for more. Then delete the endpoint or swap to a version that works.`;
    const cause = new Refusal('deployment_failed', message, next, view);
    return { kind: 'failed', harmless: false, cause, endpointId };
  }
  const note = creator !== undefined && !creator.includes('@') ? { note: OWNED_BY_ME } : {};
  if (verdict.kind === 'pending') {
    const next = { tool: 'wait_for_endpoint', args: { endpoint: name, version } };
    return { kind: 'waiting', view: { ...view, ...note }, next, endpointId };
  }
  const next = call('get_schema', { endpoint: name });
  return { kind: 'reached', view: { ...view, ...note, next }, endpointId };
}

/** The telemetry that the service stored, which has a profile in place of the tables (fact E17). */
function storedTelemetry({ telemetry_config: stored }: Endpoint) {
  if (stored) return { telemetry: stored };
  return { telemetry: null, telemetry_note: 'The service created the endpoint without the telemetry.' };
}

/** The entities to send: the short form as one entity, aliases resolved, and the boolean that the service requires (fact S3). */
async function entitiesOf(args: Args, http: Http): Promise<{ entities: EntityInput[]; unresolved: string[] }> {
  const short = args.model !== undefined || args.version !== undefined;
  if (short === (args.entities !== undefined)) {
    throw new Refusal(
      'invalid_request',
      'give either model and version, or entities',
      'For one registered model, give model and version.',
    );
  }
  if (args.entities) {
    const entities = args.entities.map((entity) => {
      const own: EntityInput = {
        ...entity,
        name: nameOf(entity),
        ...(typeof entity.entity_version === 'number' ? { entity_version: String(entity.entity_version) } : {}),
      };
      const scales =
        own.entity_name !== undefined &&
        own.min_provisioned_throughput === undefined &&
        own.max_provisioned_throughput === undefined &&
        own.provisioned_model_units === undefined;
      return scales && own.scale_to_zero_enabled === undefined
        ? { ...own, scale_to_zero_enabled: args.scale_to_zero }
        : own;
    });
    return { entities, unresolved: [] };
  }
  if (args.model === undefined || args.version === undefined) {
    throw new Refusal(
      'invalid_request',
      `${args.model === undefined ? 'model' : 'version'} is missing`,
      `Give model and version. ${call('list_model_versions', defined({ model: args.model }))} shows what exists.`,
    );
  }
  let number: string | undefined = args.version;
  const unresolved: string[] = [];
  if (args.version.startsWith('@')) {
    number = await readyVersion(http, args.model, args.version).catch((error: unknown) => {
      unresolved.push(versionProblem(error));
      return undefined;
    });
  }
  const entity = {
    entity_name: args.model,
    ...(number === undefined ? {} : { entity_version: number }),
    workload_size: args.workload_size ?? 'Small',
    workload_type: args.workload_type ?? 'CPU',
    scale_to_zero_enabled: args.scale_to_zero,
    ...(args.environment_vars ? { environment_vars: args.environment_vars } : {}),
  };
  return { entities: [entity], unresolved };
}

/** The settings of each entity that the caller gave, without defaults. */
function givenSettings(
  { entities: given, workload_size, workload_type, scale_to_zero, environment_vars }: Args,
  entities: EntityInput[],
) {
  if (given) return given.map((entity) => ({ ...entity, name: nameOf(entity) }));
  // True is the default, so the caller may not have given it.
  const scale_to_zero_enabled = scale_to_zero ? undefined : false;
  const settings = defined({ workload_size, workload_type, scale_to_zero_enabled, environment_vars });
  return entities.map((entity) => ({ ...settings, name: nameOf(entity) }));
}

/** Settings of the short form do not apply to a list of entities. They are reported, not ignored. */
function misplacedSettings({ entities, workload_size, workload_type, environment_vars }: Args): string[] {
  if (!entities) return [];
  return Object.keys(defined({ workload_size, workload_type, environment_vars })).map(
    (field) => `with entities, set ${field} in each entity`,
  );
}

function bodyOf(args: Args, entities: EntityInput[]): CreateInput {
  const routes = Object.entries(args.traffic ?? {}).map(([name, percent]) => ({
    served_entity_name: name,
    traffic_percentage: percent,
  }));
  const optional = defined({
    ai_gateway: args.ai_gateway,
    tags: args.tags && Object.entries(args.tags).map(([key, value]) => ({ key, value })),
    description: args.description,
    email_notifications: args.notifications,
    telemetry_config: args.telemetry && telemetryInput(args.telemetry),
    route_optimized: args.route_optimized,
    budget_policy_id: args.budget_policy_id,
  });
  const config = { served_entities: entities, ...(routes.length > 0 ? { traffic_config: { routes } } : {}) };
  return { name: args.endpoint, config, ...optional };
}

/** The service drops telemetry without a word where it does not support it, so it is checked before (fact E16). */
function telemetryProblems({ telemetry: given }: Args, entities: EntityInput[]): string[] {
  if (given === undefined) return [];
  const telemetry = telemetryInput(given);
  return [...problemsOfKind(entities), ...problemsOfTelemetry(telemetry), ...problemsOfResult(telemetry)];
}

/** Model units use a separate route, which takes no other entities and fewer settings (fact C2). */
function unitsProblems({ description, route_optimized, telemetry }: Args, entities: EntityInput[]): string[] {
  const mixed = entities.some((entity) => entity.provisioned_model_units === undefined);
  return [
    ...(mixed ? ['entities with provisioned_model_units cannot share an endpoint with other entities'] : []),
    ...Object.keys(defined({ description, route_optimized, telemetry })).map(
      (field) => `an endpoint with model units does not support ${field}`,
    ),
  ];
}
