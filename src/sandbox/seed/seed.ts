import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { SentDestination } from '../gateway/destinations.ts';
import type { readProvider } from '../gateway/provider-config.ts';
import type { TrafficInput } from '../state/background-traffic.ts';
import type { Mishap, Need } from '../state/mishap.ts';
import type { ServicePolicy, ServiceRateLimit } from '../state/model-service.ts';
import { type Behaviour, MODEL_SPEC_SCHEMA, type ModelSpec } from '../state/model-spec.ts';
import type { Environment } from '../state/model-version.ts';
import type { WarehouseLevel } from '../state/sql-state.ts';
import type { Failure, Features, Optimization } from '../state/state.ts';
import type { AiGateway, ConfigInput, PermissionLevel, Tag, VersionStatus } from '../state/wire-types.ts';
import SEED_SCHEMA from './seed.schema.json' with { type: 'json' };

export interface SeedGrant {
  user_name?: string;
  group_name?: string;
  service_principal_name?: string;
  permission_level: PermissionLevel;
}

export interface SeedVersion {
  version: number;
  status: VersionStatus;
  comment?: string;
  deploy_minutes?: number;
  build_minutes?: number;
  failure?: { phase: 'build' | 'load' } & Partial<Omit<Failure, 'phase' | 'until'>> & { until?: Need };
  spec: ModelSpec;
  latency_ms?: number;
  p95_ms?: number;
  error_rate?: number;
  error_5xx_rate?: number;
  wake_seconds?: number;
  changes?: ({ at_minute: number } & Behaviour)[];
  service_log_lines?: string[];
  environment?: Partial<Environment>;
  optimization?: Optimization;
  missing_tables?: string[];
  created_minutes_ago?: number;
}

/** The privileges of each principal. */
export type SeedPrivileges = Record<string, string[]>;

export interface SeedModel {
  full_name: string;
  owner?: string;
  comment?: string;
  execute?: string[];
  grants?: SeedPrivileges;
  aliases?: Record<string, number>;
  versions?: SeedVersion[];
  created_minutes_ago?: number;
}

export interface SeedEndpoint {
  name: string;
  id?: string;
  config?: ConfigInput;
  ai_gateway?: AiGateway;
  tags?: Tag[];
  description?: string;
  route_optimized?: boolean;
  creator?: string;
  grants?: SeedGrant[];
  created_minutes_ago?: number;
  traffic?: TrafficInput & { since_minutes_ago?: number };
  /** When the config began to serve. Default: at the creation. */
  deployed_minutes_ago?: number;
  /** It was deleted, and only tables know it. */
  deleted_minutes_ago?: number;
  history?: { minutes_ago: number; config?: ConfigInput; by?: string; traffic?: TrafficInput }[];
  idle_since_minutes_ago?: number;
  stopped?: boolean;
  tile?: { tile_id: string; problem_type: string; task?: string; spec?: ModelSpec };
  update_in_progress?: {
    config: ConfigInput;
    by?: string;
    started_minutes_ago?: number;
    canceled_after_minutes?: number;
  };
  logs?: Record<string, { build?: string[]; service?: string[] }>;
  mishaps?: SeedMishap[];
}

export interface SeedMishap
  extends Partial<Pick<Mishap, 'match' | 'others' | 'gateway' | 'answer' | 'log_lines' | 'latency_ms'>> {
  share: number;
  since_minutes_ago?: number;
  until?: Need;
}

/** What a person can do outside the API. */
export interface SeedStep {
  name: string;
  does: string;
  facts?: string[];
  versions?: { model: string; version: SeedVersion }[];
  registered?: { model: string; version: number }[];
  traffic?: Record<string, TrafficInput>;
  returns?: string[];
  provisioned_concurrency?: number;
}

export interface SeedFoundationModel {
  name: string;
  entity_name: string;
  display_name: string;
  task: string;
  description?: string;
  docs?: string;
  price?: string;
  retirement?: string;
  products?: ('PPT' | 'PT' | 'BATCH')[];
  spec: ModelSpec;
  created_minutes_ago?: number;
}

export interface SeedApp {
  name: string;
  description?: string;
  creator?: string;
  service_principal_client_id?: string;
  resources?: Record<string, unknown>[];
  user_api_scopes?: string[];
  grants?: (Omit<SeedGrant, 'permission_level'> & { permission_level: string })[];
  created_minutes_ago?: number;
}

interface SeedService {
  full_name: string;
  owner?: string;
  comment?: string;
  grants?: SeedPrivileges;
  created_minutes_ago?: number;
}

/** A destination in the wire form. `is_deleted` says that what it names is gone. */
export type SeedDestination = SentDestination & { is_deleted?: true };

export interface SeedModelService extends SeedService {
  config: {
    routing: { destinations: SeedDestination[]; fallback?: { destinations: SeedDestination[] } };
    rate_limits?: ServiceRateLimit[];
    inference_table?: { parent: string; table_name_prefix?: string; is_deleted?: boolean };
    service_policies?: ServicePolicy[];
  };
  traffic?: TrafficInput & { since_minutes_ago?: number };
  mishaps?: SeedMishap[];
}

export interface SeedProviderService extends SeedService {
  config: NonNullable<Parameters<typeof readProvider>[0]>;
}

export interface SeedWarehouse {
  name: string;
  id?: string;
  creator?: string;
  cluster_size?: string;
  serverless?: boolean;
  state?: 'RUNNING' | 'STOPPED';
  start_seconds?: number;
  auto_stop_minutes?: number;
  statement_seconds?: number;
  chunk_rows?: number;
  grants?: Record<string, WarehouseLevel>;
}

export interface Seed {
  workspace?: { org_id?: string; cloud?: 'aws' | 'azure' | 'gcp'; account_id?: string };
  users?: {
    user_name: string;
    display_name?: string;
    admin?: boolean;
    groups?: string[];
    active?: boolean;
    entitlements?: string[];
    left?: boolean;
    token?: string;
    token_lifetime_seconds?: number;
  }[];
  groups?: { display_name: string; members?: string[]; entitlements?: string[] }[];
  service_principals?: {
    application_id: string;
    display_name: string;
    client_secret?: string;
    groups?: string[];
    active?: boolean;
    entitlements?: string[];
    left?: boolean;
    admin?: boolean;
    token?: string;
    federation?: boolean;
    token_lifetime_seconds?: number;
  }[];
  catalogs?: {
    name: string;
    owner?: string;
    grants?: SeedPrivileges;
    schemas?: { name: string; owner?: string; grants?: SeedPrivileges }[];
  }[];
  models?: SeedModel[];
  endpoints?: SeedEndpoint[];
  foundation_models?: SeedFoundationModel[];
  volumes?: { full_name: string; owner?: string; grants?: SeedPrivileges }[];
  secret_scopes?: { name: string; keys?: string[] }[];
  apps?: SeedApp[];
  warehouses?: SeedWarehouse[];
  model_services?: SeedModelService[];
  provider_services?: SeedProviderService[];
  features?: Partial<Features>;
  limits?: {
    writes_per_five_minutes?: number;
    endpoints?: number;
    fm_input_tokens_per_minute?: number;
    provisioned_concurrency?: number;
  };
  steps?: SeedStep[];
}

/** A refused seed. The message starts with the JSON path of the fault. */
export class SeedError extends Error {
  constructor(path: string, expected: string) {
    super(`seed${path}: ${expected}`);
    this.name = 'SeedError';
  }
}

const ajv = new Ajv({ allErrors: false, strict: false, verbose: true });
let validateSeed: ValidateFunction<Seed> | undefined;

/** Validators of model specs by kind. Each is compiled when a seed first contains the kind. */
const specValidators = new Map<string, ValidateFunction>();

function specValidator(kind: string): ValidateFunction | undefined {
  const branch = MODEL_SPEC_SCHEMA.oneOf.find((known) => known.properties.kind.const === kind);
  const validate = specValidators.get(kind) ?? (branch && ajv.compile(branch));
  if (validate) specValidators.set(kind, validate);
  return validate;
}

/** Checks a parsed seed file. Throws `SeedError` with the JSON path of the first fault and the expected value. */
export function parseSeed(input: unknown): Seed {
  validateSeed ??= ajv.compile<Seed>(SEED_SCHEMA);
  if (!validateSeed(input)) throw faultOf('', validateSeed.errors);
  for (const [i, model] of (input.models ?? []).entries()) {
    for (const [j, version] of (model.versions ?? []).entries()) {
      checkSpec(`.models[${i}].versions[${j}].spec`, version.spec);
    }
  }
  for (const [i, { versions = [] }] of (input.steps ?? []).entries()) {
    for (const [j, { version }] of versions.entries())
      checkSpec(`.steps[${i}].versions[${j}].version.spec`, version.spec);
  }
  for (const [i, endpoint] of (input.endpoints ?? []).entries()) {
    if (endpoint.tile?.spec) checkSpec(`.endpoints[${i}].tile.spec`, endpoint.tile.spec);
  }
  for (const [i, model] of (input.foundation_models ?? []).entries()) {
    checkSpec(`.foundation_models[${i}].spec`, model.spec);
  }
  return input;
}

function checkSpec(path: string, spec: ModelSpec): void {
  const validate = specValidator(spec.kind);
  if (!validate)
    throw new SeedError(
      `${path}.kind`,
      `must be one of ${MODEL_SPEC_SCHEMA.oneOf.map((known) => known.properties.kind.const).join(', ')}`,
    );
  if (!validate(spec)) throw faultOf(path, validate.errors);
}

function faultOf(prefix: string, errors: ErrorObject[] | null | undefined): SeedError {
  const error = errors?.[0];
  if (!error) return new SeedError(prefix, 'is not a valid seed');
  return new SeedError(prefix + dottedPath(error.instancePath), expectation(error));
}

/** `/models/0/full_name` as `.models[0].full_name`. */
function dottedPath(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('');
}

function expectation(error: ErrorObject): string {
  switch (error.keyword) {
    case 'additionalProperties':
      return `has an unknown field '${error.params.additionalProperty}'`;
    case 'enum':
      return `must be one of ${error.params.allowedValues.join(', ')}; got ${JSON.stringify(error.data)}`;
    case 'const':
      return `must be ${JSON.stringify(error.params.allowedValue)}`;
    case 'type':
      return `${error.message}; got ${JSON.stringify(error.data)?.slice(0, 80)}`;
    default:
      return error.message ?? 'is not valid';
  }
}
