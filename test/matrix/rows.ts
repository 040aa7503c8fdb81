/** The rows of the fault matrix: a working call of each tool, and the points where a fault can hit it. */
import type { Harness } from '../support/harness.ts';
import { external, SERVICES_PATH } from '../support/model-services.ts';
import { CHURN_PATH } from '../support/workspace.ts';

/**
 * Where the fault hits. `look`: reads before the first write. `change`: the write. `wait`: reads after it. `second`: a second write.
 * `ask`: an inference.
 */
export type Point = 'look' | 'change' | 'wait' | 'second' | 'ask';

export interface Row {
  tool: string;
  /** Distinguishes the rows of one tool. */
  what?: string;
  args: Record<string, unknown>;
  points: Point[];
  /** The request of `change`, and of `second`. */
  change?: { method: string; path: string };
  second?: { method: string; path: string };
  /** Prepares the workspace with requests of another client. @returns arguments that are known only then. */
  before?: (other: Other, harness: Harness) => Promise<Record<string, unknown>>;
  /** Number of stale reads. Default: 3, the reads of most plans. A write must begin from a newer one, or find that its state is old. */
  reads?: number;
  /** Keeps reading while its reads fail. */
  patient?: true;
  /** Streams its answer. */
  streams?: true;
  /** Resumes an earlier call and begins no write of its own. */
  resumes?: true;
}

/** Another client of the workspace. */
export type Other = (method: string, path: string, body?: unknown) => Promise<unknown>;

const CHURN = { endpoint: 'churn' };
const LONG = { wait_seconds: 400 };
const GATEWAY_PATH = `${CHURN_PATH}/ai-gateway`;
const GRANTS_PATH = '/api/2.0/permissions/serving-endpoints/*';
const ALIAS_PATH = '/api/2.1/unity-catalog/models/ml.prod.churn/aliases/*';
const ask = { method: 'POST', path: '/**/invocations' };
const askService = { method: 'POST', path: '/ai-gateway/mlflow/v1/chat/completions' };

const look: Point[] = ['look'];

const DESK = 'ml.prod.desk';
const SERVICE = { endpoint: DESK };
const DESK_PATH = `${SERVICES_PATH}/${DESK}`;
const GRANTS_ON_DESK = `/api/2.1/unity-catalog/permissions/model_service/${DESK}`;

export const ROWS: Row[] = [
  { tool: 'list_endpoints', args: {}, points: look },
  { tool: 'get_endpoint', args: CHURN, points: look },
  { tool: 'get_endpoint', what: 'model service', args: SERVICE, points: look },
  { tool: 'list_endpoints', what: 'model services', args: { schema: 'ml.prod' }, points: look },
  {
    tool: 'wait_for_endpoint',
    args: { ...CHURN, version: '3', ...LONG },
    points: look,
    patient: true,
    before: async (other) => {
      await other('PUT', `${CHURN_PATH}/config`, swapped('3'));
      return {};
    },
  },
  { tool: 'get_schema', args: CHURN, points: look },
  { tool: 'get_metrics', args: CHURN, points: look },
  { tool: 'get_metrics', what: 'rollout', args: { ...CHURN, detail: 'rollout' }, points: look },
  { tool: 'get_usage', args: { report: 'traffic' }, points: look },
  { tool: 'get_logs', args: CHURN, points: look },
  { tool: 'diagnose_endpoint', args: CHURN, points: look },
  { tool: 'get_permissions', args: CHURN, points: look },
  { tool: 'get_schema', what: 'model service', args: SERVICE, points: look },
  { tool: 'get_usage', what: 'model service', args: { report: 'traffic', ...SERVICE }, points: look },
  { tool: 'diagnose_endpoint', what: 'model service', args: SERVICE, points: look },
  { tool: 'get_permissions', what: 'model service', args: SERVICE, points: look },
  { tool: 'get_integration_code', what: 'model service', args: { ...SERVICE, target: 'node' }, points: look },
  { tool: 'list_foundation_models', args: {}, points: look },
  { tool: 'list_model_versions', args: { model: 'ml.prod.churn' }, points: look },
  { tool: 'get_integration_code', args: { ...CHURN, target: 'node' }, points: look },
  { tool: 'list_changes', args: {}, points: look },
  {
    tool: 'query_endpoint',
    args: { ...CHURN, dataframe_records: [{ x: 1 }] },
    points: ['look', 'ask'],
    change: ask,
  },
  {
    tool: 'query_endpoint',
    what: 'stream',
    args: {
      endpoint: 'talk',
      messages: [{ role: 'user', content: 'Say something long about the sea.' }],
      stream: true,
    },
    points: ['ask'],
    change: ask,
    streams: true,
  },
  {
    tool: 'query_endpoint',
    what: 'model service',
    args: { ...SERVICE, messages: [{ role: 'user', content: 'Say something about the sea.' }] },
    points: ['look', 'ask'],
    change: askService,
    before: toOneDestination,
  },
  {
    tool: 'query_endpoint',
    what: 'model service, stream',
    args: { ...SERVICE, messages: [{ role: 'user', content: 'Say something long about the sea.' }], stream: true },
    points: ['ask'],
    change: askService,
    streams: true,
    before: toOneDestination,
  },
  {
    tool: 'create_endpoint',
    args: { endpoint: 'new', model: 'ml.prod.churn', version: '1', ...LONG },
    points: ['look', 'change', 'wait'],
    change: { method: 'POST', path: '/api/2.0/serving-endpoints' },
  },
  {
    tool: 'swap_version',
    args: { ...CHURN, version: '3', alias: 'champion', ...LONG },
    points: ['look', 'change', 'wait', 'second'],
    change: { method: 'PUT', path: `${CHURN_PATH}/config` },
    second: { method: 'PUT', path: ALIAS_PATH },
  },
  {
    tool: 'roll_out',
    args: { ...CHURN, version: '3', probes: [{ dataframe_records: [{ x: 1 }] }], ...LONG },
    points: ['look', 'change', 'wait', 'second'],
    change: { method: 'PATCH', path: `${CHURN_PATH}/tags` },
    second: { method: 'PUT', path: `${CHURN_PATH}/config` },
  },
  {
    tool: 'set_traffic',
    args: { endpoint: 'split', traffic: { 'churn-1': 10, 'churn-2': 90 }, ...LONG },
    points: ['look', 'change', 'wait'],
    change: { method: 'PUT', path: '/api/2.0/serving-endpoints/split/config' },
  },
  {
    tool: 'update_endpoint',
    what: 'size',
    args: { ...CHURN, workload_size: 'Small', ...LONG },
    points: ['look', 'change', 'wait'],
    change: { method: 'PUT', path: `${CHURN_PATH}/config` },
  },
  {
    tool: 'update_endpoint',
    what: 'tags, size',
    args: { ...CHURN, tags: { team: 'risk' }, workload_size: 'Small', ...LONG },
    points: ['change', 'second'],
    change: { method: 'PATCH', path: `${CHURN_PATH}/tags` },
    second: { method: 'PUT', path: `${CHURN_PATH}/config` },
  },
  {
    tool: 'update_endpoint',
    what: 'description',
    args: { ...CHURN, description: 'Scores new customers.' },
    points: ['change'],
    change: { method: 'PATCH', path: `${CHURN_PATH}/description` },
  },
  {
    tool: 'update_endpoint',
    what: 'telemetry',
    args: { ...CHURN, telemetry: { table_names: { logs_table: 'ml.observe.churn_logs' } } },
    points: ['change'],
    change: { method: 'PATCH', path: `${CHURN_PATH}/telemetry-config` },
  },
  {
    tool: 'set_rate_limits',
    args: { ...CHURN, set: [{ key: 'user', calls: 9 }] },
    points: ['look', 'change'],
    change: { method: 'PUT', path: GATEWAY_PATH },
  },
  {
    tool: 'update_ai_gateway',
    args: { ...CHURN, remove: ['guardrails'] },
    points: ['look', 'change'],
    change: { method: 'PUT', path: GATEWAY_PATH },
  },
  {
    tool: 'update_permissions',
    what: 'grant',
    args: { ...CHURN, grant: [{ principal: 'data-science', level: 'CAN_QUERY' }] },
    points: ['look', 'change'],
    change: { method: 'PATCH', path: GRANTS_PATH },
  },
  {
    tool: 'update_permissions',
    what: 'revoke',
    args: { ...CHURN, revoke: ['analyst@example.com'] },
    points: ['change'],
    change: { method: 'PUT', path: GRANTS_PATH },
  },
  {
    tool: 'set_rate_limits',
    what: 'model service',
    args: { ...SERVICE, set: [{ key: 'user', calls: 9, period: 'hour' }] },
    points: ['look', 'change'],
    change: { method: 'PATCH', path: DESK_PATH },
  },
  {
    tool: 'create_model_service',
    args: { model_service: 'ml.prod.new', destinations: [{ provider: 'ml.prod.openai', model: 'gpt-4o' }] },
    points: ['look', 'change'],
    change: { method: 'POST', path: SERVICES_PATH },
  },
  {
    tool: 'update_model_service',
    args: {
      model_service: DESK,
      destinations: [
        { name: 'gpt', percent: 10 },
        { name: 'mini', percent: 90 },
      ],
    },
    points: ['look', 'change'],
    change: { method: 'PATCH', path: DESK_PATH },
  },
  {
    tool: 'update_permissions',
    what: 'model service',
    args: { ...SERVICE, grant: [{ principal: 'data-science', level: 'READ_METADATA' }] },
    points: ['look', 'change'],
    change: { method: 'PATCH', path: GRANTS_ON_DESK },
  },
  {
    tool: 'delete_endpoint',
    what: 'model service',
    args: SERVICE,
    reads: 4, // the service, its grants, and both again once the person agreed
    points: ['look', 'change'],
    change: { method: 'DELETE', path: DESK_PATH },
  },
  {
    tool: 'set_alias',
    args: { model: 'ml.prod.churn', alias: 'champion', version: '2' },
    points: ['look', 'change'],
    change: { method: 'PUT', path: ALIAS_PATH },
  },
  {
    tool: 'set_alias',
    what: 'removal',
    args: { model: 'ml.prod.churn', alias: 'champion', remove: true },
    points: ['change'],
    change: { method: 'DELETE', path: ALIAS_PATH },
  },
  {
    tool: 'attach_to_app',
    args: { app: 'listing-app', endpoint: 'churn' },
    points: ['look', 'change'],
    change: { method: 'PATCH', path: '/api/2.0/apps/listing-app' },
  },
  {
    tool: 'attach_to_app',
    what: 'model service',
    args: { app: 'listing-app', ...SERVICE },
    points: ['look', 'change'],
    change: { method: 'PATCH', path: '/api/2.0/apps/listing-app' },
  },
  {
    tool: 'delete_endpoint',
    args: CHURN,
    reads: 4, // the endpoint, its metrics, its grants, and the endpoint again once the person agreed
    points: ['look', 'change'],
    change: { method: 'DELETE', path: CHURN_PATH },
  },
  {
    tool: 'undo_change',
    args: {},
    points: ['look', 'change', 'wait'],
    change: { method: 'PUT', path: `${CHURN_PATH}/config` },
    before: async (_other, harness) => ({ id: await swapDone(harness) }),
  },
  {
    tool: 'undo_change',
    what: 'model service',
    args: {},
    reads: 1, // its plan reads the service alone, and is made twice because the first read may be old
    points: ['look', 'change'],
    change: { method: 'PATCH', path: DESK_PATH },
    before: async (_other, harness) => ({ id: await limitsDone(harness) }),
  },
  {
    tool: 'undo_change',
    what: 'its alias',
    resumes: true,
    args: {},
    points: ['look', 'change'],
    change: { method: 'PUT', path: ALIAS_PATH },
    before: async (_other, harness) => {
      const id = await swapDone(harness);
      await harness.call('undo_change', { id });
      harness.sandbox.clock.advance(600_000);
      return { id };
    },
  },
];

/** Chance then does not decide which model answers. */
async function toOneDestination(other: Other, { sandbox }: Harness): Promise<Record<string, unknown>> {
  const destinations = [external('gpt', 'ml.prod.openai', 'gpt-4o')];
  await other('PATCH', `${DESK_PATH}?update_mask=config.routing.destinations`, {
    config: { routing: { destinations } },
  });
  sandbox.clock.advance(60_000); // the change applies within a minute
  return {};
}

/** @returns the id of an edit of a model service that was made. */
async function limitsDone(harness: Harness): Promise<string> {
  await harness.call('set_rate_limits', { ...SERVICE, set: [{ key: 'user', calls: 9, period: 'hour' }] });
  return lastChange(harness);
}

async function lastChange(harness: Harness): Promise<string> {
  const { changes } = (await harness.call('list_changes', { limit: 1 })).data;
  return changes[0].id;
}

/** @returns the id of a swap that was made. */
async function swapDone(harness: Harness): Promise<string> {
  await harness.call('swap_version', { ...CHURN, version: '3', alias: 'champion', ...LONG });
  return lastChange(harness);
}

/**
 * Whether a request may be sent again when its outcome is unknown. Creates, deletes and inferences may not. Neither may full replacements,
 * because another client may have changed the object in between.
 */
export function mayRepeat({ method, path }: { method: string; path: string }): boolean {
  if (method === 'POST' || /\/(config|ai-gateway)$/.test(path)) return false;
  if (method === 'DELETE') return !path.startsWith('/api/2.0/serving-endpoints/') && !path.startsWith(SERVICES_PATH);
  if (method === 'PUT') return !path.startsWith('/api/2.0/permissions/');
  return !(method === 'PATCH' && replacesWhole({ method, path }));
}

/** Whether a request replaces a whole object, as planned from a read. It has one try: before a second, another client may change the object. */
export function replacesWhole({ method, path }: { method: string; path: string }): boolean {
  if (method === 'PATCH') return /^\/api\/2\.0\/apps\/|\/telemetry-config$|\/model-services\//.test(path);
  return method === 'PUT' && (/\/(config|ai-gateway)$/.test(path) || path.startsWith('/api/2.0/permissions/'));
}

function swapped(version: string) {
  const name = `churn-${version}`;
  const entity = {
    name,
    entity_name: 'ml.prod.churn',
    entity_version: version,
    workload_size: 'Small',
    scale_to_zero_enabled: true,
  };
  return {
    served_entities: [entity],
    traffic_config: { routes: [{ served_entity_name: name, traffic_percentage: 100 }] },
  };
}
