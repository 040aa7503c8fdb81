/**
 * JSON Schemas of the sandbox's own answers, as data. They are closed: a field that the service does not send is an error. Tests check every
 * answer against them, and `doctor --contract` compares the answers of a real workspace with them.
 */
import { ACCESS_LIST, EFFECTIVE, GRANTS, LEVELS } from './access.ts';
import { APP, APP_PAGE } from './apps.ts';
import { CATALOG, METASTORE, MODEL_PAGE, MODEL_VERSION, REGISTERED_MODEL, SCHEMA, VERSION_PAGE } from './catalog.ts';
import { GROUPS, SCOPES, SECRETS, SERVICE_PRINCIPALS, USER, USERS } from './directory.ts';
import { ENDPOINT_DETAIL, ENDPOINT_LIST, EVENTS, LOGS, OPTIMIZATION } from './endpoint.ts';
import type { Schema } from './forms.ts';
import { MODEL_SERVICE, MODEL_SERVICE_PAGE, PROVIDER_SERVICE, PROVIDER_SERVICE_PAGE } from './gateway.ts';
import { HOST, OAUTH } from './host.ts';
import { ERROR, SCIM_ERROR } from './refusal.ts';
import { RESULT_CHUNK, STATEMENT, WAREHOUSE, WAREHOUSES } from './sql.ts';
import { OPENAPI } from './texts.ts';

export type { Schema } from './forms.ts';
export { REFUSALS, type Refusal } from './refusals.ts';
export { METRIC_LABELS, METRICS } from './texts.ts';

/** Every form of an answer, under the name that reports use. */
export const ANSWERS = {
  endpoint: ENDPOINT_DETAIL,
  endpoints: ENDPOINT_LIST,
  events: EVENTS,
  logs: LOGS,
  optimization: OPTIMIZATION,
  openapi: OPENAPI,
  'access-list': ACCESS_LIST,
  levels: LEVELS,
  grants: GRANTS,
  'effective-grants': EFFECTIVE,
  model: REGISTERED_MODEL,
  'model-page': MODEL_PAGE,
  version: MODEL_VERSION,
  'version-page': VERSION_PAGE,
  'model-service': MODEL_SERVICE,
  'model-service-page': MODEL_SERVICE_PAGE,
  'provider-service': PROVIDER_SERVICE,
  'provider-service-page': PROVIDER_SERVICE_PAGE,
  catalog: CATALOG,
  schema: SCHEMA,
  metastore: METASTORE,
  me: USER,
  users: USERS,
  groups: GROUPS,
  'service-principals': SERVICE_PRINCIPALS,
  scopes: SCOPES,
  secrets: SECRETS,
  app: APP,
  'app-page': APP_PAGE,
  warehouses: WAREHOUSES,
  warehouse: WAREHOUSE,
  statement: STATEMENT,
  'statement-chunk': RESULT_CHUNK,
  host: HOST,
  oauth: OAUTH,
  error: ERROR,
  'scim-error': SCIM_ERROR,
} as const satisfies Record<string, Schema>;

export type AnswerName = keyof typeof ANSWERS;

/** Which answer a GET has. Paths are without their query; the first match counts. */
export const READS: readonly (readonly [RegExp, AnswerName])[] = [
  [/^\/api\/2\.0\/serving-endpoints\/?$/, 'endpoints'],
  [/^\/api\/2\.0\/serving-endpoints:foundation-models$/, 'endpoints'],
  [/^\/api\/2\.0\/serving-endpoints\/get-model-optimization-info\/[^/]+\/[^/]+$/, 'optimization'],
  [/^\/api\/2\.0\/serving-endpoints\/[^/]+$/, 'endpoint'],
  [/^\/api\/2\.0\/serving-endpoints\/[^/]+\/events$/, 'events'],
  [/^\/api\/2\.0\/serving-endpoints\/[^/]+\/openapi$/, 'openapi'],
  [/^\/api\/2\.0\/serving-endpoints\/[^/]+\/served-(?:entities|models)\/[^/]+\/(?:build-)?logs$/, 'logs'],
  [/^\/api\/2\.0\/permissions\/(?:serving-endpoints|apps)\/[^/]+$/, 'access-list'],
  [/^\/api\/2\.0\/permissions\/(?:serving-endpoints|apps)\/[^/]+\/permissionLevels$/, 'levels'],
  [/^\/api\/2\.1\/unity-catalog\/models$/, 'model-page'],
  [/^\/api\/2\.1\/unity-catalog\/models\/[^/]+$/, 'model'],
  [/^\/api\/2\.1\/unity-catalog\/models\/[^/]+\/versions$/, 'version-page'],
  [/^\/api\/2\.1\/unity-catalog\/models\/[^/]+\/(?:versions|aliases)\/[^/]+$/, 'version'],
  [/^\/api\/2\.1\/unity-catalog\/model-services$/, 'model-service-page'],
  [/^\/api\/2\.1\/unity-catalog\/model-services\/[^/]+$/, 'model-service'],
  [/^\/api\/2\.1\/unity-catalog\/model-provider-services$/, 'provider-service-page'],
  [/^\/api\/2\.1\/unity-catalog\/model-provider-services\/[^/]+$/, 'provider-service'],
  [/^\/api\/2\.1\/unity-catalog\/effective-permissions\/[^/]+\/[^/]+$/, 'effective-grants'],
  [/^\/api\/2\.1\/unity-catalog\/permissions\/[^/]+\/[^/]+$/, 'grants'],
  [/^\/api\/2\.1\/unity-catalog\/catalogs\/[^/]+$/, 'catalog'],
  [/^\/api\/2\.1\/unity-catalog\/schemas\/[^/]+$/, 'schema'],
  [/^\/api\/2\.1\/unity-catalog\/metastore_summary$/, 'metastore'],
  [/^\/api\/2\.0\/preview\/scim\/v2\/Me$/, 'me'],
  [/^\/api\/2\.0\/preview\/scim\/v2\/Users$/, 'users'],
  [/^\/api\/2\.0\/preview\/scim\/v2\/Groups$/, 'groups'],
  [/^\/api\/2\.0\/preview\/scim\/v2\/ServicePrincipals$/, 'service-principals'],
  [/^\/api\/2\.0\/secrets\/scopes\/list$/, 'scopes'],
  [/^\/api\/2\.0\/secrets\/list$/, 'secrets'],
  [/^\/api\/2\.0\/apps$/, 'app-page'],
  [/^\/api\/2\.0\/apps\/[^/]+$/, 'app'],
  [/^\/api\/2\.0\/sql\/warehouses$/, 'warehouses'],
  [/^\/api\/2\.0\/sql\/warehouses\/[^/]+$/, 'warehouse'],
  [/^\/api\/2\.0\/sql\/statements\/[^/]+$/, 'statement'],
  [/^\/api\/2\.0\/sql\/statements\/[^/]+\/result\/chunks\/\d+$/, 'statement-chunk'],
  [/^\/\.well-known\/databricks-config$/, 'host'],
  [/^\/oidc\/\.well-known\/oauth-authorization-server$/, 'oauth'],
];
