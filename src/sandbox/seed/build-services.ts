import { MINUTE } from '../clock.ts';
import { ApiError, invalid } from '../errors.ts';
import { backingOf } from '../gateway/backing.ts';
import { platformServices } from '../gateway/platform.ts';
import { readProvider } from '../gateway/provider-config.ts';
import { checkServiceBody, readFields } from '../gateway/service-config.ts';
import { uuid } from '../ids.ts';
import { backgroundTraffic, unknownCaller } from '../state/background-traffic.ts';
import type { ModelService, ServiceBase, ServiceConfig } from '../state/model-service.ts';
import type { Principal } from '../state/state.ts';
import { mishapOf } from './build-endpoint.ts';
import { type Seed, SeedError, type SeedModelService, type SeedProviderService } from './seed.ts';
import type { Builder } from './serve-config.ts';

const DAY = 24 * 60;

/** Builds the services of Unity Gateway, those of the platform too. Throws `SeedError` for one that the API would refuse. */
export function buildServices(builder: Builder, seed: Seed): void {
  const { model_services, provider_services } = builder.workspace;
  for (const [i, each] of (seed.provider_services ?? []).entries()) {
    const path = `.provider_services[${i}]`;
    const base = baseOf(builder, each, path);
    const read = () => readProvider(each.config, { ...owned(builder, each), before: undefined }).config;
    provider_services.set(each.full_name, { ...base, config: refused(path, read) });
  }
  for (const [i, each] of (seed.model_services ?? []).entries()) {
    const path = `.model_services[${i}]`;
    const base = baseOf(builder, each, path);
    const config = refused(path, () => configOf(builder, each));
    const { traffic, mishaps } = othersOf(builder, each, base.created_at, path);
    const releases = [{ at: base.created_at, config }];
    model_services.set(each.full_name, { ...base, config, releases, traffic, mishaps });
  }
  for (const service of platformServices(builder.workspace)) model_services.set(service.full_name, service);
}

/** The same as `read`, with a refusal of the API as a mistake of the seed. */
function refused<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof ApiError ? new SeedError(path, error.message) : error;
  }
}

function baseOf(
  { workspace, now, random, admin }: Builder,
  seed: SeedModelService | SeedProviderService,
  path: string,
): ServiceBase {
  const { full_name, owner = admin, comment = '', grants = {}, created_minutes_ago = 7 * DAY } = seed;
  if (workspace.model_services.has(full_name) || workspace.provider_services.has(full_name))
    throw new SeedError(`${path}.full_name`, 'is used twice');
  if (!workspace.principals.has(owner) && !workspace.groups.has(owner))
    throw new SeedError(`${path}.owner`, `names '${owner}', which is not in the seed`);
  const created_at = now - created_minutes_ago * MINUTE;
  return {
    ...{ full_name, id: uuid(random), owner, comment, grants: new Map(Object.entries(grants)) },
    ...{ created_at, created_by: owner, updated_at: created_at, updated_by: owner, revision: 1 },
  };
}

/** A seed says what is, whatever its owner may do today. So it is read as if an admin who holds everything had made it. */
function owned({ workspace, admin }: Builder, { full_name }: { full_name: string }) {
  const caller = workspace.principals.get(admin) as Principal; // the build of a workspace found the admin there
  return { workspace, caller, full_name };
}

/** The config of a seed. What a destination names is there, unless the seed marks it as gone. */
function configOf(builder: Builder, { config, full_name }: SeedModelService): ServiceConfig {
  const { service_policies = [], ...sent } = config;
  checkServiceBody({ config: sent });
  const read = readFields(sent, { ...owned(builder, { full_name }), before: undefined }, undefined, 'as marked');
  const { routing, inference_table } = sent;
  for (const { name, is_deleted } of [...routing.destinations, ...(routing.fallback?.destinations ?? [])]) {
    const found = [...read.destinations, ...(read.fallbacks ?? [])].find((each) => each.name === name);
    if (is_deleted === true && found && backingOf(builder.workspace, found))
      throw invalid(`The destination '${name}' is marked as deleted, and what it names is in the seed.`);
  }
  const table = read.inference_table && { ...read.inference_table, deleted: inference_table?.is_deleted === true };
  return { ...read, inference_table: table, service_policies };
}

/** What other clients do with a service, and what goes wrong. */
function othersOf(
  { workspace, now }: Builder,
  { traffic, mishaps = [] }: SeedModelService,
  created: number,
  path: string,
): Pick<ModelService, 'traffic' | 'mishaps'> {
  const since = (minutes = Number.POSITIVE_INFINITY) => Math.max(created, now - minutes * MINUTE);
  const others = traffic ? [backgroundTraffic(workspace, traffic, since(traffic.since_minutes_ago))] : [];
  for (const each of others) {
    const unknown = unknownCaller(workspace, each);
    if (unknown !== undefined)
      throw new SeedError(`${path}.traffic.callers`, `names '${unknown}', which is not in the seed`);
  }
  return { traffic: others, mishaps: mishaps.map((each) => mishapOf(each, since(each.since_minutes_ago))) };
}
