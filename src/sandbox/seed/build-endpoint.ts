import { MINUTE } from '../clock.ts';
import { acceptConfig } from '../endpoints/accept-config.ts';
import { stopEndpoint } from '../endpoints/lifecycle.ts';
import { hex, replicaName } from '../ids.ts';
import type { App } from '../state/app.ts';
import { backgroundTraffic, unknownCaller } from '../state/background-traffic.ts';
import type { Mishap } from '../state/mishap.ts';
import { emptyEndpoint } from '../state/new-endpoint.ts';
import { recordPeriod } from '../state/periods.ts';
import type { Endpoint, EndpointConfig, Grant, ServedEntity } from '../state/state.ts';
import type { EntityConfig } from '../state/wire-types.ts';
import { newApp } from '../workspace/app-state.ts';
import { buildPast } from './build-past.ts';
import {
  type SeedApp,
  type SeedEndpoint,
  SeedError,
  type SeedFoundationModel,
  type SeedGrant,
  type SeedMishap,
} from './seed.ts';
import { type Builder, checkModels, serveConfig } from './serve-config.ts';

const DAY = 24 * 60;

/** Builds a seed endpoint: deployed, without a config, or with an update that another principal started. */
export function buildEndpoint(builder: Builder, seed: SeedEndpoint, path: string): Endpoint {
  const { workspace, now, random } = builder;
  const creator = seed.creator ?? builder.admin;
  if (!workspace.principals.has(creator))
    throw new SeedError(`${path}.creator`, `names '${creator}', which is not in the seed`);
  const created = now - (seed.created_minutes_ago ?? 7 * DAY) * MINUTE;
  const endpoint: Endpoint = {
    ...emptyEndpoint(seed.name, creator, created, random),
    description: seed.description ?? '',
    tags: seed.tags ?? [],
    ai_gateway: seed.ai_gateway ?? null,
    route_optimized: seed.route_optimized === true,
    logs: new Map(Object.entries(seed.logs ?? {})),
    mishaps: (seed.mishaps ?? []).map((mishap) =>
      mishapOf(mishap, Math.max(created, now - (mishap.since_minutes_ago ?? Number.POSITIVE_INFINITY) * MINUTE)),
    ),
  };
  if (seed.id) endpoint.id = seed.id;
  if (endpoint.route_optimized) endpoint.route_id = hex(random, 16);
  endpoint.grants = grantsOf(builder, seed.grants ?? [], `${path}.grants`);
  endpoint.grants.push({ kind: nameKind(builder, creator), name: creator, level: 'CAN_MANAGE' });
  if (seed.traffic) {
    const since = now - (seed.traffic.since_minutes_ago ?? seed.created_minutes_ago ?? 7 * DAY) * MINUTE;
    endpoint.traffic = backgroundTraffic(workspace, seed.traffic, since);
    const unknown = unknownCaller(workspace, endpoint.traffic);
    if (unknown !== undefined)
      throw new SeedError(`${path}.traffic.callers`, `names '${unknown}', which is not in the seed`);
  }
  const { traffic } = endpoint;
  const deployed = seed.deployed_minutes_ago === undefined ? created : now - seed.deployed_minutes_ago * MINUTE;
  if (seed.history) {
    endpoint.traffic = null;
    buildPast(builder, endpoint, seed, { from: created, to: deployed }, path);
  }
  if (seed.config) {
    const idle_since = now - (seed.idle_since_minutes_ago ?? 0) * MINUTE;
    serveConfig(builder, endpoint, { config: seed.config, at: deployed, by: creator, idle_since }, `${path}.config`);
    if (seed.stopped) stopEndpoint(endpoint);
  }
  if (seed.tile) {
    const { task, spec, ...metadata } = seed.tile;
    endpoint.tile = {
      metadata,
      task: task ?? 'agent/v1/responses',
      spec: spec ?? { kind: 'agent', protocol: 'responses' },
    };
    endpoint.config = hiddenConfig({ name: seed.name }, 'TILE', created, builder);
  }
  if (seed.update_in_progress) {
    const { config, by, started_minutes_ago = 0, canceled_after_minutes } = seed.update_in_progress;
    // The registration of its version may have failed since the update began.
    checkModels(builder, config, `${path}.update_in_progress.config`, false);
    endpoint.last_config_version += 1;
    endpoint.pending = acceptConfig(workspace, {
      endpoint: seed.name,
      config,
      version: endpoint.last_config_version,
      creator: by ?? creator,
      now: now - started_minutes_ago * MINUTE,
      random,
      active: endpoint.config,
    });
    if (canceled_after_minutes !== undefined) {
      endpoint.pending.cancels_at = endpoint.pending.start_time + canceled_after_minutes * MINUTE;
    }
    endpoint.config_update = 'IN_PROGRESS';
  }
  recordPeriod(endpoint, deployed);
  if (seed.history) {
    buildPast(builder, endpoint, seed, { from: deployed, to: now }, path);
    if (traffic) {
      endpoint.traffic = traffic;
      recordPeriod(endpoint, Math.max(traffic.since, endpoint.periods.at(-1)?.since ?? deployed));
    }
  }
  return endpoint;
}

/** A mishap of an endpoint or a model service. */
export function mishapOf(seed: SeedMishap, since: number): Mishap {
  const {
    match = {},
    others = false,
    gateway = false,
    share,
    until = null,
    answer = null,
    log_lines = [],
    latency_ms = null,
  } = seed;
  return { match, others, gateway, share, since, ended_at: null, until, answer, log_lines, latency_ms };
}

function nameKind(builder: Builder, principal: string): Grant['kind'] {
  return builder.workspace.principals.get(principal)?.kind === 'service_principal'
    ? 'service_principal_name'
    : 'user_name';
}

function grantsOf(builder: Builder, grants: SeedGrant[], path: string): Grant[] {
  return grants.map((grant, i) => {
    const named = (['user_name', 'group_name', 'service_principal_name'] as const).filter((kind) => grant[kind]);
    const kind = named[0];
    const name = kind && grant[kind];
    if (!kind || !name || named.length > 1) {
      throw new SeedError(`${path}[${i}]`, 'needs exactly one of user_name, group_name, service_principal_name');
    }
    const known = kind === 'group_name' ? builder.workspace.groups : builder.workspace.principals;
    if (!known.has(name)) throw new SeedError(`${path}[${i}].${kind}`, `names '${name}', which is not in the seed`);
    return { kind, name, level: grant.permission_level };
  });
}

/** Builds a pay-per-token endpoint: always ready, without an owner, open to all. */
export function buildFoundation(builder: Builder, seed: SeedFoundationModel): Endpoint {
  const created = addedAt(builder.now, seed.created_minutes_ago);
  const endpoint = emptyEndpoint(seed.name, null, created, builder.random);
  endpoint.id = null;
  endpoint.foundation = {
    task: seed.task,
    entity_name: seed.entity_name,
    display_name: seed.display_name,
    description: [seed.description ?? '', seed.retirement ?? ''].filter((text) => text !== '').join(' '),
    docs: seed.docs ?? '',
    price: seed.price ?? null,
    retirement: seed.retirement ?? null,
    products: seed.products ?? ['PPT'],
    spec: seed.spec,
  };
  const entity = { name: seed.name, entity_name: seed.entity_name };
  endpoint.config = hiddenConfig(entity, 'FOUNDATION_MODEL', created, builder);
  recordPeriod(endpoint, created);
  return endpoint;
}

/** The creation time of models whose day the service does not know. evidence: foundation-created */
const NO_DAY = 1_699_610_000_000;

/** The day on which the service added a model, at midnight UTC. evidence: foundation-created */
function addedAt(now: number, minutesAgo: number | undefined): number {
  if (minutesAgo === undefined) return NO_DAY;
  const at = now - minutesAgo * MINUTE;
  return at - (at % (DAY * MINUTE));
}

/** A config of one entity that no user deployed. It is always ready. */
function hiddenConfig(
  config: EntityConfig,
  type: ServedEntity['type'],
  created: number,
  { now, random }: Builder,
): EndpointConfig {
  const entity: ServedEntity = {
    config,
    creator: null,
    creation_timestamp: created,
    deployment: 'DEPLOYMENT_READY',
    message: '',
    plan: null,
    ready_at: created,
    last_active_at: now,
    waking_until: null,
    replica: replicaName(random),
    type,
    min_dbus: null,
    max_dbus: null,
  };
  const route = { served_model_name: config.name, traffic_percentage: 100, served_entity_name: config.name };
  return { config_version: 1, served_entities: [entity], routes: [route], auto_capture: null };
}

/** Builds a running app with the resources and grants of the seed. */
export function buildApp(builder: Builder, seed: SeedApp): App {
  const { now, random } = builder;
  const app = newApp(
    {
      name: seed.name,
      creator: seed.creator ?? builder.admin,
      created_at: now - (seed.created_minutes_ago ?? DAY) * MINUTE,
      service_principal_client_id: seed.service_principal_client_id,
    },
    random,
  );
  return {
    ...app,
    description: seed.description ?? '',
    resources: seed.resources ?? [],
    user_api_scopes: seed.user_api_scopes ?? [],
    grants: (seed.grants ?? []).flatMap((grant) =>
      (['user_name', 'group_name', 'service_principal_name'] as const).flatMap((kind) => {
        const name = grant[kind];
        return name ? [{ kind, name, level: grant.permission_level }] : [];
      }),
    ),
  };
}
