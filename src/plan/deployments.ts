/** The deployments of an endpoint: its served entities, each in the config that brought it. Pure. */
import type { Endpoint, ServedEntity } from '../rest/endpoints.ts';
import { trafficOf } from '../rest/traffic.ts';

/** A served entity in one config of its endpoint. */
export interface Deployment {
  entity: ServedEntity;
  configVersion: number | undefined;
  /** `active`, or how far the update is that brings the entity. */
  config: 'active' | 'update in progress' | 'failed update' | 'cancelled update' | 'pending config' | 'earlier update';
}

const UPDATES: Record<string, Deployment['config']> = {
  IN_PROGRESS: 'update in progress',
  UPDATE_FAILED: 'failed update',
  UPDATE_CANCELED: 'cancelled update',
};

/** All deployments, in the order in which their logs are likely to matter: failed ones, starting ones, then by traffic. */
export function deploymentsOf(found: Endpoint): Deployment[] {
  const traffic = trafficOf(found.config);
  const share = ({ entity }: Deployment) => traffic.get(entity.name) ?? 0;
  const active = (found.config?.served_entities ?? [])
    .map((entity): Deployment => ({ entity, configVersion: found.config?.config_version, config: 'active' }))
    .toSorted((a, b) => share(b) - share(a));
  const config = UPDATES[found.state.config_update ?? ''] ?? 'pending config';
  // An update takes over entities that serve already. They keep their container and its log.
  const pending = (found.pending_config?.served_entities ?? [])
    .filter((entity) => !active.some((each) => isSame(each.entity, entity)))
    .map((entity): Deployment => ({ entity, configVersion: found.pending_config?.config_version, config }));
  const failed = [...pending, ...active].filter(({ entity }) => entity.state?.deployment === 'DEPLOYMENT_FAILED');
  const starting = pending.filter(({ entity }) => entity.state?.deployment !== 'DEPLOYMENT_READY');
  return [...new Set([...failed, ...starting, ...active, ...pending])];
}

function isSame(a: ServedEntity, b: ServedEntity): boolean {
  return a.name === b.name && a.creation_timestamp !== undefined && a.creation_timestamp === b.creation_timestamp;
}

/** Whether a model of Unity Catalog runs in a container of the workspace. Other entities have no logs and no versions. */
export function hasContainer(entity: ServedEntity): boolean {
  return (
    entity.external_model === undefined && entity.foundation_model === undefined && entity.entity_version !== undefined
  );
}
