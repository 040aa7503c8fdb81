import { acceptConfig, entitiesOf } from '../endpoints/accept-config.ts';
import { checkConfigRules } from '../endpoints/rules.ts';
import { checkConfig } from '../endpoints/validate.ts';
import { ApiError } from '../errors.ts';
import type { Endpoint, EndpointConfig, Workspace } from '../state/state.ts';
import type { ConfigInput } from '../state/wire-types.ts';
import { SeedError } from './seed.ts';

/** What the build of a workspace needs. */
export interface Builder {
  workspace: Workspace;
  now: number;
  random: () => number;
  /** The owner of everything that has none in the seed: the first admin. */
  admin: string;
}

/** Makes an endpoint serve a config from a moment on. The seed says that it serves, whatever a deployment would meet today. */
export function serveConfig(
  builder: Builder,
  endpoint: Endpoint,
  { config, at, by, idle_since }: { config: ConfigInput; at: number; by: string; idle_since: number },
  path: string,
): void {
  const { workspace, now, random } = builder;
  checkModels(builder, config, path, true);
  endpoint.last_config_version += 1;
  const pending = acceptConfig(workspace, {
    ...{ endpoint: endpoint.name, config, version: endpoint.last_config_version, creator: by, now: at, random },
    active: endpoint.config,
  });
  for (const entity of pending.served_entities) {
    const ready = Math.min(entity.plan?.ends_at ?? at, now);
    Object.assign(entity, {
      plan: entity.plan && { ...entity.plan, outcome: 'ready', failed_phase: null, message: '', failure: null },
      deployment: 'DEPLOYMENT_READY',
      message: '',
      ready_at: ready,
      last_active_at: idle_since,
    });
  }
  const { config_version, served_entities, routes, auto_capture } = pending;
  endpoint.config = { config_version, served_entities, routes, auto_capture } satisfies EndpointConfig;
}

/** Throws `SeedError` for a config that the service would refuse, or whose models are not in the seed. */
export function checkModels(builder: Builder, config: ConfigInput, path: string, serves: boolean): void {
  try {
    checkConfigRules(builder.workspace, checkConfig({ ...config }));
  } catch (error) {
    throw error instanceof ApiError ? new SeedError(path, error.message) : error;
  }
  for (const [i, entity] of entitiesOf(config).entries()) {
    if (!entity.entity_name?.includes('.')) continue;
    const where = `${path}.served_entities[${i}]`;
    const model = builder.workspace.models.get(entity.entity_name);
    if (!model)
      throw new SeedError(`${where}.entity_name`, `names the model '${entity.entity_name}', which is not in the seed`);
    if (entity.entity_version === undefined) continue;
    const version = model.versions.get(Number(entity.entity_version));
    const names = `names version ${entity.entity_version}`;
    if (version === undefined)
      throw new SeedError(`${where}.entity_version`, `${names}, which the model does not have`);
    // The service serves no such version, and would refuse every later update of the endpoint.
    if (serves && version.status !== 'READY')
      throw new SeedError(`${where}.entity_version`, `${names}, which cannot be served: it is ${version.status}`);
  }
}
