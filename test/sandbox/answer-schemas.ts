/**
 * JSON Schemas of the sandbox's own answers. They are closed: a field that the service does not send is an error. Tests check every answer
 * against them.
 */
const TEXT = { type: 'string' };
const TIME = { type: 'integer', minimum: 1_000_000_000_000 };
const COUNT = { type: 'integer', minimum: 0 };
const NUMBER = { type: 'number', minimum: 0 };
const FLAG = { type: 'boolean' };
const OPEN = { type: 'object' };

const closed = (required: string[], properties: Record<string, object>) => ({
  type: 'object',
  required,
  additionalProperties: false,
  properties,
});
/** The service leaves an empty list out. */
const list = (items: object) => ({ type: 'array', items, minItems: 1 });

const ENTITY_STATE = closed(['deployment', 'deployment_state_message'], {
  deployment: {
    enum: [
      'DEPLOYMENT_CREATING',
      'DEPLOYMENT_RECOVERING',
      'DEPLOYMENT_READY',
      'DEPLOYMENT_FAILED',
      'DEPLOYMENT_ABORTED',
      'DEPLOYMENT_STOPPED',
    ],
  },
  deployment_state_message: TEXT,
});

const FOUNDATION = closed(['name', 'display_name'], {
  name: TEXT,
  display_name: TEXT,
  docs: TEXT,
  description: TEXT,
  price: TEXT,
});

const sharedEntity = {
  name: TEXT,
  workload_size: TEXT,
  workload_type: TEXT,
  scale_to_zero_enabled: FLAG,
  min_provisioned_concurrency: COUNT,
  max_provisioned_concurrency: COUNT,
  min_provisioned_throughput: COUNT,
  max_provisioned_throughput: COUNT,
  provisioned_model_units: COUNT,
  environment_vars: { type: 'object', additionalProperties: TEXT },
  instance_profile_arn: TEXT,
  min_dbus: NUMBER,
  max_dbus: NUMBER,
  creator: TEXT,
  creation_timestamp: TIME,
  state: ENTITY_STATE,
};

const ENTITY = closed(['name', 'state', 'creation_timestamp'], {
  ...sharedEntity,
  entity_name: TEXT,
  entity_version: TEXT,
  external_model: OPEN,
  foundation_model: FOUNDATION,
  type: { enum: ['UC_MODEL', 'FOUNDATION_MODEL', 'EXTERNAL_MODEL'] },
});

const MODEL = closed(['name', 'model_name', 'state'], { ...sharedEntity, model_name: TEXT, model_version: TEXT });

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
  auto_capture_config: OPEN,
};
const configKeys = ['served_entities', 'traffic_config', 'config_version'];

const STATE = closed(['ready', 'config_update'], {
  ready: { enum: ['READY', 'NOT_READY'] },
  config_update: { enum: ['IN_PROGRESS', 'NOT_UPDATING', 'UPDATE_CANCELED', 'UPDATE_FAILED'] },
  suspend: { enum: ['NOT_SUSPENDED', 'STOPPED'] },
  system_update_failure: FLAG,
});

const TAGS = list(closed(['key'], { key: TEXT, value: TEXT }));

const endpointFields = {
  id: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  name: TEXT,
  creator: TEXT,
  creation_timestamp: TIME,
  last_updated_timestamp: TIME,
  state: STATE,
  tags: TAGS,
  task: TEXT,
  description: TEXT,
  ai_gateway: OPEN,
  telemetry_config: OPEN,
  endpoint_type: { enum: ['FOUNDATION_MODEL_API', 'EXTERNAL_MODEL'] },
  permission_level: { enum: ['CAN_MANAGE', 'CAN_QUERY', 'CAN_VIEW'] },
  route_optimized: FLAG,
  creator_display_name: TEXT,
  creator_kind: { enum: ['User', 'ServicePrincipal'] },
  tile_endpoint_metadata: OPEN,
};
const endpointKeys = [
  'name',
  'creation_timestamp',
  'last_updated_timestamp',
  'state',
  'permission_level',
  'route_optimized',
];

/** The config of a tile, which lists nothing. */
const EMPTY = closed([], {});

/** GET, POST and PUT of one endpoint. */
export const ENDPOINT_DETAIL = closed(endpointKeys, {
  ...endpointFields,
  config: { anyOf: [EMPTY, closed(configKeys, configFields)] },
  pending_config: closed([...configKeys, 'start_time'], { ...configFields, start_time: TIME }),
  endpoint_url: TEXT,
  data_plane_info: closed(['query_info'], {
    query_info: closed(['endpoint_url', 'authorization_details'], { endpoint_url: TEXT, authorization_details: TEXT }),
  }),
  email_notifications: OPEN,
  effective_budget_policy_id: TEXT,
  resource_credential_strategy: { const: 'EMBEDDED_CREDENTIALS' },
  capabilities: closed(['function_calling'], { function_calling: FLAG }),
});

/** GET of the list. */
export const ENDPOINT_LIST = closed([], {
  endpoints: list(
    closed(endpointKeys, {
      ...endpointFields,
      config: closed([], {
        served_entities: list(
          closed(['name'], {
            name: TEXT,
            entity_name: TEXT,
            entity_version: TEXT,
            external_model: OPEN,
            foundation_model: FOUNDATION,
            type: TEXT,
          }),
        ),
        served_models: list(closed(['name', 'model_name'], { name: TEXT, model_name: TEXT, model_version: TEXT })),
      }),
    }),
  ),
});

/** Every error of the control plane. */
export const ERROR = closed(['error_code', 'message'], {
  error_code: { type: ['string', 'integer'] },
  message: { type: 'string', minLength: 1 },
  details: list(
    closed(['@type', 'request_id', 'serving_data'], {
      '@type': { const: 'type.googleapis.com/google.rpc.RequestInfo' },
      request_id: TEXT,
      serving_data: TEXT,
    }),
  ),
});

const PERMISSION = closed(['permission_level', 'inherited'], {
  permission_level: TEXT,
  inherited: FLAG,
  inherited_from_object: list(TEXT),
});

/** GET, PUT and PATCH of an access list. */
export const ACCESS_LIST = closed(['object_id', 'object_type', 'access_control_list'], {
  object_id: { type: 'string', pattern: '^/' },
  object_type: TEXT,
  access_control_list: list(
    closed(['all_permissions'], {
      user_name: TEXT,
      group_name: TEXT,
      service_principal_name: TEXT,
      display_name: TEXT,
      all_permissions: list(PERMISSION),
    }),
  ),
});

const aliasFields = { alias_name: TEXT, version_num: COUNT, catalog_name: TEXT, schema_name: TEXT, model_name: TEXT };
const ALIAS = closed(['alias_name', 'version_num'], aliasFields);
const catalogFields = {
  catalog_name: TEXT,
  schema_name: TEXT,
  comment: TEXT,
  metastore_id: TEXT,
  created_at: TIME,
  created_by: TEXT,
  updated_at: TIME,
  updated_by: TEXT,
  storage_location: TEXT,
  aliases: list(ALIAS),
  tags: TAGS,
};

/** A registered model. */
export const REGISTERED_MODEL = closed(['name', 'full_name', 'owner', 'metastore_id'], {
  ...catalogFields,
  name: TEXT,
  full_name: TEXT,
  owner: TEXT,
});

/** A model version. Its number is an integer. */
export const MODEL_VERSION = closed(['model_name', 'version', 'status'], {
  ...catalogFields,
  model_name: TEXT,
  version: { type: 'integer', minimum: 1 },
  status: { enum: ['PENDING_REGISTRATION', 'READY', 'FAILED_REGISTRATION'] },
  source: TEXT,
  run_id: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  run_workspace_id: { type: 'integer' },
  id: TEXT,
});

export const EVENTS = closed(['events'], {
  events: {
    type: 'array',
    items: closed(['event_type', 'message', 'timestamp', 'config_version'], {
      event_type: {
        enum: [
          'ENDPOINT_CREATION_EVENT',
          'ENDPOINT_UPDATE_EVENT',
          'SERVED_ENTITY_CREATION_EVENT',
          'SERVED_ENTITY_CONTAINER_EVENT',
          'SERVED_ENTITY_SERVICE_EVENT',
        ],
      },
      message: TEXT,
      timestamp: TIME,
      config_version: COUNT,
      served_entity_name: TEXT,
    }),
  },
});
