/** Answers about serving endpoints: one, the list, the events and the logs. */
import { EXTERNAL_MODEL, GATEWAY, TABLE, TASK, TELEMETRY } from './endpoint-parts.ts';
import {
  anyList,
  COUNT,
  closed,
  FLAG,
  list,
  NUMBER,
  type Schema,
  seenIn,
  TEXT,
  TEXT_MAP,
  TIME,
  words,
} from './forms.ts';

const ENTITY_STATE = closed(['deployment', 'deployment_state_message'], {
  deployment: words(
    'DEPLOYMENT_CREATING',
    'DEPLOYMENT_RECOVERING',
    'DEPLOYMENT_READY',
    'DEPLOYMENT_FAILED',
    'DEPLOYMENT_ABORTED',
    'DEPLOYMENT_STOPPED',
    // Only in the official client for JavaScript.
    'DEPLOYMENT_UNKNOWN',
  ),
  deployment_state_message: TEXT,
});

const FOUNDATION = closed(['name', 'display_name'], {
  name: TEXT,
  display_name: TEXT,
  docs: TEXT,
  description: TEXT,
  price: TEXT,
});

const WORKLOAD_SIZE = words('Small', 'Medium', 'Large');
const WORKLOAD_TYPE = words(
  'CPU',
  'CPU_MEDIUM',
  'CPU_LARGE',
  'GPU_SMALL',
  'GPU_MEDIUM',
  'GPU_LARGE',
  'GPU_XLARGE',
  'GPU_XLARGE_8',
  'MULTIGPU_MEDIUM',
);

const sharedEntity = {
  name: TEXT,
  workload_size: WORKLOAD_SIZE,
  workload_type: WORKLOAD_TYPE,
  scale_to_zero_enabled: FLAG,
  min_provisioned_concurrency: COUNT,
  max_provisioned_concurrency: COUNT,
  min_provisioned_throughput: COUNT,
  max_provisioned_throughput: COUNT,
  provisioned_model_units: COUNT,
  environment_vars: TEXT_MAP,
  instance_profile_arn: TEXT,
  min_dbus: NUMBER,
  max_dbus: NUMBER,
  creator: TEXT,
  creation_timestamp: TIME,
  state: ENTITY_STATE,
};
/** Recorded in 2024, next to the other two prices. */
const OLDER_PRICE = 'dbus';

const ENTITY_TYPE = words('UC_MODEL', 'FOUNDATION_MODEL', 'EXTERNAL_MODEL');

const ENTITY = closed(
  ['name', 'state', 'creation_timestamp'],
  {
    ...sharedEntity,
    entity_name: TEXT,
    entity_version: TEXT,
    external_model: EXTERNAL_MODEL,
    foundation_model: FOUNDATION,
    type: ENTITY_TYPE,
  },
  { known: OLDER_PRICE },
);

const MODEL = closed(
  ['name', 'model_name', 'state'],
  { ...sharedEntity, model_name: TEXT, model_version: TEXT },
  { known: OLDER_PRICE },
);

const ROUTE = closed(['served_entity_name', 'served_model_name', 'traffic_percentage'], {
  served_entity_name: TEXT,
  served_model_name: TEXT,
  traffic_percentage: { type: 'integer', minimum: 0, maximum: 100 },
});

const configFields = {
  served_entities: list(ENTITY),
  served_models: list(MODEL),
  traffic_config: closed(['routes'], { routes: list(ROUTE) }),
  config_version: { type: 'integer', minimum: 1 },
  auto_capture_config: TABLE,
};
const configKeys = ['served_entities', 'traffic_config', 'config_version'];

const STATE = closed(
  ['ready', 'config_update'],
  {
    ready: words('READY', 'NOT_READY'),
    config_update: words('IN_PROGRESS', 'NOT_UPDATING', 'UPDATE_CANCELED', 'UPDATE_FAILED'),
    suspend: seenIn('stopped-state', words('NOT_SUSPENDED', 'STOPPED')),
    system_update_failure: FLAG,
  },
  { evidence: 'state-fields', known: 'pt_state' },
);

const TAGS = list(closed(['key'], { key: TEXT, value: TEXT }));

export const LEVEL = words('CAN_MANAGE', 'CAN_QUERY', 'CAN_VIEW');

const endpointFields = {
  id: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  name: TEXT,
  creator: TEXT,
  creation_timestamp: TIME,
  last_updated_timestamp: TIME,
  state: STATE,
  tags: TAGS,
  task: TASK,
  description: TEXT,
  ai_gateway: GATEWAY,
  telemetry_config: TELEMETRY,
  endpoint_type: words('FOUNDATION_MODEL_API', 'EXTERNAL_MODEL'),
  permission_level: LEVEL,
  route_optimized: FLAG,
  creator_display_name: TEXT,
  creator_kind: words('User', 'ServicePrincipal'),
  tile_endpoint_metadata: closed(
    [],
    { tile_id: TEXT, problem_type: TEXT, tile_model_name: TEXT },
    { evidence: 'tile-endpoint' },
  ),
};
const endpointKeys = [
  'name',
  'creation_timestamp',
  'last_updated_timestamp',
  'state',
  'permission_level',
  'route_optimized',
];

/** A tile has a config that lists nothing. Any other config has its entities, its traffic and its number. */
const CONFIG: Schema = {
  ...closed([], configFields, { evidence: 'tile-endpoint' }),
  if: { minProperties: 1 },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: configKeys },
};

/** GET, POST and PUT of one endpoint. */
export const ENDPOINT_DETAIL = closed(
  endpointKeys,
  {
    ...endpointFields,
    config: CONFIG,
    pending_config: closed(
      [...configKeys, 'start_time'],
      { ...configFields, start_time: TIME },
      { evidence: 'pending-config' },
    ),
    endpoint_url: TEXT,
    data_plane_info: closed(['query_info'], {
      query_info: closed(['endpoint_url', 'authorization_details'], {
        endpoint_url: TEXT,
        authorization_details: TEXT,
      }),
    }),
    email_notifications: closed([], { on_update_success: list(TEXT), on_update_failure: list(TEXT) }),
    effective_budget_policy_id: TEXT,
    resource_credential_strategy: words('EMBEDDED_CREDENTIALS'),
    capabilities: closed(['function_calling'], { function_calling: FLAG }),
  },
  { known: 'uc_system_metrics_export_state' },
);

/** GET of the list. */
export const ENDPOINT_LIST = closed([], {
  endpoints: list(
    closed(
      endpointKeys,
      {
        ...endpointFields,
        config: closed([], {
          served_entities: list(
            closed(['name'], {
              name: TEXT,
              entity_name: TEXT,
              entity_version: TEXT,
              external_model: EXTERNAL_MODEL,
              foundation_model: FOUNDATION,
              type: ENTITY_TYPE,
            }),
          ),
          served_models: list(closed(['name', 'model_name'], { name: TEXT, model_name: TEXT, model_version: TEXT })),
        }),
      },
      { evidence: 'list-fields', known: 'usage_policy_id' },
    ),
  ),
});

export const EVENTS = closed(
  ['events'],
  {
    events: anyList(
      closed(
        // Recorded answers do not all have the config version and the entity.
        ['event_type', 'message', 'timestamp'],
        {
          event_type: words(
            'ENDPOINT_CREATION_EVENT',
            'ENDPOINT_UPDATE_EVENT',
            'SERVED_ENTITY_CREATION_EVENT',
            'SERVED_ENTITY_CONTAINER_EVENT',
            'SERVED_ENTITY_SERVICE_EVENT',
          ),
          message: TEXT,
          timestamp: TIME,
          config_version: COUNT,
          served_entity_name: TEXT,
        },
        { evidence: 'events-route' },
      ),
    ),
  },
  { evidence: 'events-route' },
);

/** The log of a build or of a service. */
export const LOGS = closed(['logs'], { logs: TEXT }, { evidence: 'log-spellings' });

/** Whether a model version can have provisioned throughput, and in which steps. */
export const OPTIMIZATION = closed(['optimizable'], {
  optimizable: FLAG,
  model_type: TEXT,
  throughput_chunk_size: COUNT,
  dbus: NUMBER,
});
