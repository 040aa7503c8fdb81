import { type Clock, MINUTE } from '../clock.ts';
import { EVERYONE } from '../identity/grants.ts';
import { digits, hex, uuid } from '../ids.ts';
import type { BehaviourStep } from '../state/model-spec.ts';
import { emptySqlState } from '../state/sql-state.ts';
import type { Failure, Features, ModelVersion, Principal, RegisteredModel, Workspace } from '../state/state.ts';
import { buildApp, buildEndpoint, buildFoundation } from './build-endpoint.ts';
import { buildServices } from './build-services.ts';
import { type Seed, SeedError, type SeedModel, type SeedVersion } from './seed.ts';
import type { Builder } from './serve-config.ts';

const WRITES_PER_FIVE_MINUTES = 50;
const ENDPOINTS = 1000;
/** The secrets of a seed were stored a month ago. */
const SECRET_AGE = 30 * 24 * 60 * MINUTE;
/** The service builds an image up to three times before it gives up. evidence: build-retries */
const ATTEMPTS = 3;
/** What the service says about a failure whose seed says nothing. evidence: message-failed */
const FAILURE = {
  build: 'Container creation failed. Please see build logs for more information.',
  load: 'An error occurred in model loading code.',
};
const ALL_FEATURES: Features = {
  inference_table: true,
  usage_tracking: true,
  rate_limits: true,
  provisioned_throughput: true,
  description_route: true,
  budget_policy_route: true,
  metrics_per_entity: true,
};

/** Builds a workspace from a checked seed. Throws `SeedError` when the seed refers to something that it does not contain. */
export function buildWorkspace(seed: Seed, clock: Clock, random: () => number): Workspace {
  const now = clock.now();
  const workspace: Workspace = {
    org_id: seed.workspace?.org_id ?? digits(random, 15),
    cloud: seed.workspace?.cloud ?? 'aws',
    account_id: seed.workspace?.account_id ?? uuid(random),
    metastore_id: uuid(random),
    endpoints: new Map(),
    models: new Map(),
    model_services: new Map(),
    provider_services: new Map(),
    deleted_services: [],
    catalogs: new Map(),
    schemas: new Map(),
    principals: new Map(),
    groups: new Map(),
    scopes: new Map(),
    volumes: new Map(),
    apps: new Map(),
    tokens: new Map(),
    logins: { codes: new Map(), refresh: new Map() },
    deleted: [],
    dead_grants: new Map(),
    routed: [],
    behaviours: [],
    sql: emptySqlState(now),
    changes: [],
    writes: [],
    limits: {
      writes_per_five_minutes: seed.limits?.writes_per_five_minutes ?? WRITES_PER_FIVE_MINUTES,
      endpoints: seed.limits?.endpoints ?? ENDPOINTS,
      fm_input_tokens_per_minute: seed.limits?.fm_input_tokens_per_minute ?? null,
      provisioned_concurrency: seed.limits?.provisioned_concurrency ?? null,
    },
    features: { ...ALL_FEATURES, ...seed.features },
    steps: new Map(),
    facts: new Set(),
    started_at: now,
  };
  buildPrincipals(workspace, seed, clock, random);
  const admin = [...workspace.principals.values()].find((p) => p.admin && p.active);
  if (!admin) throw new SeedError('.users', "needs at least one user with 'admin': true");
  const builder: Builder = { workspace, now, random, admin: admin.name };
  for (const scope of seed.secret_scopes ?? []) {
    workspace.scopes.set(scope.name, {
      name: scope.name,
      backend_type: 'DATABRICKS',
      keys: new Map((scope.keys ?? []).map((key) => [key, now - SECRET_AGE])),
      // assumed: scope-permissions
      acls: new Map([['users', 'READ']]),
    });
  }
  buildCatalogs(builder, seed);
  buildSystemSchemas(workspace);
  for (const { full_name: name, owner = admin.name, grants = {} } of seed.volumes ?? []) {
    const held = new Map(Object.entries(grants));
    workspace.volumes.set(name, { name, owner, grants: held, files: new Map(), folders: new Set() });
  }
  buildWarehouses(builder, seed);
  for (const [i, model] of (seed.models ?? []).entries()) {
    if (workspace.models.has(model.full_name)) throw new SeedError(`.models[${i}].full_name`, 'is used twice');
    workspace.models.set(model.full_name, buildModel(builder, model, `.models[${i}]`));
  }
  for (const model of seed.foundation_models ?? []) {
    workspace.endpoints.set(model.name, buildFoundation(builder, model));
  }
  for (const [i, endpoint] of (seed.endpoints ?? []).entries()) {
    if (endpoint.deleted_minutes_ago !== undefined) {
      const gone = buildEndpoint(builder, endpoint, `.endpoints[${i}]`);
      workspace.deleted.push({ at: now - endpoint.deleted_minutes_ago * MINUTE, endpoint: gone });
      continue;
    }
    if (workspace.endpoints.has(endpoint.name)) throw new SeedError(`.endpoints[${i}].name`, 'is used twice');
    workspace.endpoints.set(endpoint.name, buildEndpoint(builder, endpoint, `.endpoints[${i}]`));
  }
  buildSteps(builder, seed);
  buildServices(builder, seed);
  for (const app of seed.apps ?? []) workspace.apps.set(app.name, buildApp(builder, app));
  return workspace;
}

function buildPrincipals(workspace: Workspace, seed: Seed, clock: Clock, random: () => number): void {
  const add = (principal: Principal, token: string | undefined, kind: 'pat' | 'oauth', lifetime?: number) => {
    workspace.principals.set(principal.name, principal);
    if (principal.admin && !principal.groups.includes('admins')) principal.groups.push('admins');
    if (principal.left) return;
    const value = token ?? `dapi${hex(random, 32)}`;
    workspace.tokens.set(value, {
      value,
      principal: principal.name,
      kind,
      expires_at: lifetime === undefined ? null : clock.wall() + lifetime * 1000,
      scopes: null,
      authorization_details: null,
    });
  };
  for (const user of seed.users ?? []) {
    const groups = groupsOf(seed, user.user_name, user.groups);
    const display_name = user.display_name ?? displayNameOf(user.user_name);
    const admin = user.admin === true || groups.includes('admins');
    const principal: Principal = {
      kind: 'user',
      id: digits(random, 16),
      name: user.user_name,
      display_name,
      admin,
      groups,
      ...membership(user),
      client_secret: null,
      federation: false,
      token_lifetime_seconds: null,
    };
    add(principal, user.token, 'pat', user.token_lifetime_seconds);
  }
  for (const sp of seed.service_principals ?? []) {
    const groups = groupsOf(seed, sp.application_id, sp.groups);
    const principal: Principal = {
      kind: 'service_principal',
      id: digits(random, 16),
      name: sp.application_id,
      display_name: sp.display_name,
      admin: sp.admin === true || groups.includes('admins'),
      groups,
      ...membership(sp),
      client_secret: sp.client_secret ?? null,
      federation: sp.federation === true,
      token_lifetime_seconds: sp.token_lifetime_seconds ?? null,
    };
    add(principal, sp.token, 'oauth');
  }
  const named = [...workspace.principals.values()].flatMap((p) => p.groups);
  for (const name of new Set(['admins', 'users', ...(seed.groups ?? []).map((g) => g.display_name), ...named])) {
    const entitlements = (seed.groups ?? []).find((g) => g.display_name === name)?.entitlements ?? [];
    workspace.groups.set(name, { id: digits(random, 15), display_name: name, entitlements });
  }
}

/** Someone who left is no member, whatever else the seed says. */
function membership(seed: {
  active?: boolean;
  entitlements?: string[];
  left?: boolean;
}): Pick<Principal, 'active' | 'entitlements' | 'left'> {
  const { active = true, entitlements = ['workspace-access'], left = false } = seed;
  return { active: active && !left, entitlements, left };
}

function groupsOf(seed: Seed, name: string, own: string[] | undefined): string[] {
  const listed = (seed.groups ?? []).filter((g) => g.members?.includes(name)).map((g) => g.display_name);
  return [...new Set([...(own ?? []), ...listed])];
}

/** `ml-engineer@example.com` as `Ml Engineer`. */
function displayNameOf(userName: string): string {
  const words = (userName.split('@')[0] ?? userName).split(/[-._]/);
  return words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join(' ');
}

function buildModel(builder: Builder, seed: SeedModel, path: string): RegisteredModel {
  const created_at = builder.now - (seed.created_minutes_ago ?? 60 * 24 * 30) * MINUTE;
  const versions = new Map(
    (seed.versions ?? []).map((version) => [version.version, buildVersion(builder, version, created_at)]),
  );
  for (const [alias, version] of Object.entries(seed.aliases ?? {})) {
    if (!versions.has(version))
      throw new SeedError(`${path}.aliases.${alias}`, `names version ${version}, which the model does not have`);
  }
  return {
    full_name: seed.full_name,
    id: uuid(builder.random),
    owner: seed.owner ?? builder.admin,
    comment: seed.comment ?? '',
    grants: grantsOfModel(seed),
    aliases: new Map(Object.entries(seed.aliases ?? {})),
    tags: new Map(),
    version_tags: new Map(),
    versions,
    created_at,
    updated_at: created_at,
  };
}

/** Without any grant in the seed, everyone may execute a model. */
function grantsOfModel({ execute, grants = {} }: SeedModel): Map<string, string[]> {
  const all = new Map(Object.entries(grants));
  const holders = execute ?? (all.size === 0 ? [EVERYONE] : []);
  for (const name of holders) all.set(name, [...(all.get(name) ?? []), 'EXECUTE']);
  return all;
}

function buildCatalogs({ workspace, admin }: Builder, seed: Seed): void {
  for (const { name, owner = name === 'system' ? 'System user' : admin, grants = {}, schemas = [] } of seed.catalogs ??
    []) {
    workspace.catalogs.set(name, { owner, grants: new Map(Object.entries(grants)) });
    for (const schema of schemas) {
      const held = new Map(Object.entries(schema.grants ?? {}));
      workspace.schemas.set(`${name}.${schema.name}`, { owner: schema.owner ?? owner, grants: held });
    }
  }
}

/** Schemas of system tables, unless the seed describes them. Account admins grant their rights. assumed: sql-system-rights */
function buildSystemSchemas({ schemas }: Workspace): void {
  const readers = new Map([['admins', ['USE_SCHEMA', 'SELECT']]]);
  for (const [name, grants] of Object.entries({ serving: readers, billing: readers, ai_gateway: new Map() })) {
    const full = `system.${name}`;
    if (!schemas.has(full)) schemas.set(full, { owner: 'System user', grants: new Map(grants) });
  }
}

function buildWarehouses({ workspace, now, random, admin }: Builder, seed: Seed): void {
  for (const each of seed.warehouses ?? []) {
    const id = each.id ?? hex(random, 16);
    const serverless = each.serverless ?? true;
    workspace.sql.warehouses.set(id, {
      id,
      name: each.name,
      creator: each.creator ?? admin,
      cluster_size: each.cluster_size ?? '2X-Small',
      serverless,
      // assumed: sql-warehouse-start
      start_ms: (each.start_seconds ?? (serverless ? 6 : 240)) * 1000,
      auto_stop_ms: each.auto_stop_minutes ? each.auto_stop_minutes * MINUTE : null,
      up_from: each.state === 'STOPPED' ? null : now,
      last_used_at: now,
      statement_ms: (each.statement_seconds ?? 0) * 1000,
      chunk_rows: each.chunk_rows ?? null,
      grants: new Map(Object.entries(each.grants ?? {})),
    });
  }
}

function buildVersion(builder: Builder, seed: SeedVersion, modelCreated: number): ModelVersion {
  const deploy = seed.deploy_minutes ?? 8;
  const created =
    seed.created_minutes_ago === undefined ? modelCreated : builder.now - seed.created_minutes_ago * MINUTE;
  return {
    version: seed.version,
    id: uuid(builder.random),
    status: seed.status,
    comment: seed.comment ?? '',
    build_minutes: Math.min(seed.build_minutes ?? deploy * 0.6, deploy),
    deploy_minutes: deploy,
    failure: seed.failure ? failureOf(seed.failure) : null,
    spec: seed.spec,
    latency_ms: seed.latency_ms ?? null,
    error_rate: seed.error_rate ?? 0,
    changes: stepsOf(seed),
    service_log_lines: seed.service_log_lines ?? [],
    environment: { python: '3.11.11', packages: null, build_lines: [], ...seed.environment },
    optimization: seed.optimization ?? null,
    missing_tables: seed.missing_tables ?? [],
    created_at: created,
    updated_at: created,
  };
}

function failureOf(seed: NonNullable<SeedVersion['failure']>): Failure {
  const { phase, message = FAILURE[phase], log_lines = [], bare = false, aborted = false, events = [], until } = seed;
  const attempts = seed.attempts ?? (phase === 'build' ? ATTEMPTS : 1);
  return { phase, message, log_lines, bare, aborted, events, attempts, until: until ?? null };
}

/** What a person can do. Each name that a step uses must be in the seed. */
function buildSteps(builder: Builder, seed: Seed): void {
  const { workspace, now } = builder;
  for (const [i, step] of (seed.steps ?? []).entries()) {
    const path = `.steps[${i}]`;
    const { name, does, facts = [], versions = [], registered = [], traffic = {}, returns = [] } = step;
    if (workspace.steps.has(name)) throw new SeedError(`${path}.name`, 'is used twice');
    for (const { model } of [...versions, ...registered]) {
      if (!workspace.models.has(model))
        throw new SeedError(path, `names the model '${model}', which is not in the seed`);
    }
    for (const endpoint of Object.keys(traffic)) {
      if (!workspace.endpoints.has(endpoint))
        throw new SeedError(`${path}.traffic`, `names the endpoint '${endpoint}', which is not in the seed`);
    }
    for (const principal of returns) {
      if (!workspace.principals.has(principal))
        throw new SeedError(`${path}.returns`, `names '${principal}', which is not in the seed`);
    }
    workspace.steps.set(name, {
      ...{ name, does, done_at: null, facts, registered, traffic, returns },
      versions: versions.map(({ model, version }) => ({ model, version: buildVersion(builder, version, now) })),
      provisioned_concurrency: step.provisioned_concurrency ?? null,
    });
  }
}

/** The behaviour of a version from the beginning, and its changes. */
function stepsOf({ p95_ms, error_5xx_rate, wake_seconds, changes = [] }: SeedVersion): BehaviourStep[] {
  const first = {
    ...(p95_ms === undefined ? {} : { p95_ms }),
    ...(error_5xx_rate === undefined ? {} : { error_5xx_rate }),
    ...(wake_seconds === undefined ? {} : { wake_seconds }),
  };
  const later = changes.map(({ at_minute, ...rest }) => ({ from_minute: at_minute, ...rest }));
  return Object.keys(first).length === 0 ? later : [{ from_minute: 0, ...first }, ...later];
}
