import * as z from 'zod';
import { type EntityInput, nameOf, problemsOfEntities, problemsOfTexts } from '../src/plan/entity-rules.ts';
import { partsOf, problemsOfGateway, warningOfGateway } from '../src/plan/gateway-rules.ts';
import { call, Refusal } from '../src/refusal.ts';
import type { CreateInput } from '../src/rest/endpoints.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints, provisioned } from '../src/rest/index.ts';
import { defineWrite, type ToolContext } from '../src/tool.ts';
import { type Reached, type Step, step } from '../src/write/planned-write.ts';
import { dryRun, endpoint, model, notifications, record, traffic, version, waitSeconds } from './params.ts';
import { awaitEndpoint } from './shared/await-endpoint.ts';
import { existingAnswer, servesTheSame, setTheSame } from './shared/existing-endpoint.ts';
import { readyVersion } from './shared/model-version.ts';
import { preflight, refuseProblems, versionProblem } from './shared/preflight.ts';

const input = z.strictObject({
  endpoint: endpoint.describe('Name of the new endpoint.'),
  model: model.optional(),
  version: version.optional(),
  workload_size: z.enum(['Small', 'Medium', 'Large']).optional().describe('4, 8-16, 16-64 requests at once.'),
  workload_type: z.string().max(30).optional().describe('CPU, GPU_SMALL, GPU_MEDIUM, …'),
  scale_to_zero: z.boolean().default(true).describe('Free when idle, slow to wake.'),
  environment_vars: record.optional().describe('Secrets: {{secrets/scope/key}}.'),
  entities: z
    .array(record)
    .max(20)
    .optional()
    .describe(
      'Instead of model: served entities as in the REST API, for several, external_model, provisioned throughput, feature specs.',
    ),
  traffic: traffic.optional(),
  ai_gateway: record.optional(),
  tags: z.record(z.string(), z.string()).optional(),
  description: z.string().max(1000).optional(),
  notifications: notifications.optional(),
  route_optimized: z.boolean().optional(),
  budget_policy_id: z.string().max(100).optional(),
  wait_seconds: waitSeconds(0),
  dry_run: dryRun,
});
type Args = z.output<typeof input>;

export const createEndpoint = defineWrite({
  name: 'create_endpoint',
  title: 'Create an endpoint',
  effect: 'write',
  description:
    'Creates an endpoint that serves a Unity Catalog model version, or entities of any kind. Checks first and tells all that is wrong. Deploying takes minutes: go on with wait_for_endpoint. For a new version use swap_version.',
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
    const [seen, existing] = await Promise.all([
      // Versions of an alias that does not resolve are not looked for a second time.
      preflight(http, unresolved.length > 0 ? [] : entities, [entities, args.ai_gateway]),
      endpoints.find(http, args.endpoint),
    ]);
    const problems = [
      ...misplaced(args),
      ...problemsOfEntities(entities, args.traffic),
      ...problemsOfGateway(args.ai_gateway),
      ...problemsOfTexts({ description: args.description, tags: args.tags, ai_gateway: args.ai_gateway }),
      ...(units ? unitsProblems(args, entities) : []),
      ...unresolved,
      ...seen,
    ];
    refuseProblems(
      existing && problems.length > 0 ? [`endpoint ${args.endpoint} exists already`, ...problems] : problems,
    );
    const subject = { kind: 'endpoint' as const, name: args.endpoint };
    const repeatArgs = args.version === undefined ? args : { ...args, version: entities[0]?.entity_version };
    if (existing) {
      const unchanged = existingAnswer(existing, entities, saidOf(args, entities));
      return { subject, before: existing, changes: [], steps: [], unchanged, undo: [], repeatArgs };
    }
    return {
      subject,
      before: undefined,
      changes: [{ field: 'endpoint', to: args.endpoint }],
      steps: [createStep(args, entities, units, context)],
      warning: warningOfGateway(partsOf(args.ai_gateway), { entities }),
      undo: [{ tool: 'delete_endpoint', args: { endpoint: args.endpoint } }],
      repeatArgs,
    };
  },
});

/** Jobs deploy as service principals, and their endpoints seem to be missing then. */
const OWNED_BY_ME = 'The Serving page shows "Owned by me" first. People find this endpoint under "All".';

function createStep(args: Args, entities: EntityInput[], units: boolean, context: ToolContext): Step {
  const { endpoint: name } = args;
  const body = bodyOf(args, entities);
  return step<Endpoint>({
    what: units ? 'create_units' : 'create',
    label: 'the endpoint',
    target: name,
    request: units ? provisioned.create(body) : endpoints.create(body),
    async lost() {
      const found = await endpoints.find(context.http, name);
      return found && servesTheSame(found, entities) && setTheSame(found, entities) ? found : undefined;
    },
    reach: (created) => reachCreated(created, entities, args.wait_seconds, context),
  });
}

async function reachCreated(
  created: Endpoint,
  entities: EntityInput[],
  seconds: number,
  context: ToolContext,
): Promise<Reached> {
  const { name, id: endpointId, creator } = created;
  const configVersion = created.pending_config?.config_version ?? created.config?.config_version;
  const [first] = entities;
  const only = entities.length === 1 && typeof first?.entity_version === 'string' ? first.entity_version : undefined;
  const version = only === undefined ? {} : { version: only };
  const wanted = { ...version, ...(configVersion === undefined ? {} : { configVersion }) };
  const { verdict, view: seen } = await awaitEndpoint(name, wanted, seconds, context);
  const view = { ...version, ...seen, ...(endpointId === undefined ? {} : { endpoint_id: endpointId }) };
  if (verdict.kind === 'failed') {
    const message = `endpoint ${name} was created and its deployment failed: it exists and serves nothing`;
    const next = `Read ${call('get_logs', { endpoint: name })}, then delete the endpoint or swap to a version that works.`;
    const cause = new Refusal('deployment_failed', message, next, view);
    return { kind: 'failed', harmless: false, cause, endpointId };
  }
  const note = creator !== undefined && !creator.includes('@') ? { note: OWNED_BY_ME } : {};
  if (verdict.kind === 'pending') {
    const next = { tool: 'wait_for_endpoint', args: { endpoint: name, ...version } };
    return { kind: 'waiting', view: { ...view, ...note }, next, endpointId };
  }
  const next = call('get_schema', { endpoint: name });
  return { kind: 'reached', view: { ...view, ...note, next }, endpointId };
}

/** The list that is sent: the short form as one entity, aliases resolved, and the boolean that the service insists on (fact S3). */
async function entitiesOf(args: Args, http: Http): Promise<{ entities: EntityInput[]; unresolved: string[] }> {
  const short = args.model !== undefined || args.version !== undefined;
  if (short === (args.entities !== undefined)) {
    throw new Refusal(
      'invalid_request',
      'give either model and version, or entities',
      'For one registered model give model and version.',
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
      `Give model and version; ${call('list_model_versions', args.model === undefined ? {} : { model: args.model })} shows what there is.`,
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

/** What the caller named of each entity, without what was filled in. */
function saidOf(
  { entities: given, workload_size, workload_type, scale_to_zero, environment_vars }: Args,
  entities: EntityInput[],
) {
  if (given) return given.map((entity) => ({ ...entity, name: nameOf(entity) }));
  // True is what nobody has to say.
  const scale_to_zero_enabled = scale_to_zero ? undefined : false;
  const named = Object.entries({ workload_size, workload_type, scale_to_zero_enabled, environment_vars });
  const said = Object.fromEntries(named.filter(([, value]) => value !== undefined));
  return entities.map((entity) => ({ ...said, name: nameOf(entity) }));
}

/** Settings of the short form say nothing about a list of entities, and are not passed over in silence. */
function misplaced({ entities, workload_size, workload_type, environment_vars }: Args): string[] {
  if (!entities) return [];
  return Object.entries({ workload_size, workload_type, environment_vars })
    .filter(([, value]) => value !== undefined)
    .map(([field]) => `${field} belongs into each of the entities`);
}

function bodyOf(args: Args, entities: EntityInput[]): CreateInput {
  const routes = Object.entries(args.traffic ?? {}).map(([name, percent]) => ({
    served_entity_name: name,
    traffic_percentage: percent,
  }));
  const optional = {
    ai_gateway: args.ai_gateway,
    tags: args.tags && Object.entries(args.tags).map(([key, value]) => ({ key, value })),
    description: args.description,
    email_notifications: args.notifications,
    route_optimized: args.route_optimized,
    budget_policy_id: args.budget_policy_id,
  };
  const given = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    name: args.endpoint,
    config: { served_entities: entities, ...(routes.length > 0 ? { traffic_config: { routes } } : {}) },
    ...Object.fromEntries(given),
  };
}

/** Model units go through a route of their own, which takes no other entities and fewer settings (fact C2). */
function unitsProblems({ description, route_optimized }: Args, entities: EntityInput[]): string[] {
  const mixed = entities.some((entity) => entity.provisioned_model_units === undefined);
  return [
    ...(mixed ? ['entities with provisioned_model_units cannot share an endpoint with others'] : []),
    ...Object.entries({ description, route_optimized })
      .filter(([, value]) => value !== undefined)
      .map(([field]) => `an endpoint of model units takes no ${field}`),
  ];
}
