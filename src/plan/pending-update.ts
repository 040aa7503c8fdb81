/** The latest update of an endpoint: who started it, when, and what it changes. Pure. */
import type { Endpoint } from '../rest/endpoints.ts';
import { defined } from '../rest/json.ts';
import { timeText } from '../text/time.ts';
import { configInput } from './config-input.ts';
import { configView, differences } from './diff.ts';

/** Maximum number of changes of an update in an answer. */
const MAX_CHANGES = 20;

/**
 * Who started the latest update. The service records the creator of each entity that an update deploys, and nothing more (fact S2). So the name is
 * unknown after an update that deploys no entity, such as a new traffic split.
 */
export function startedBy({ config, pending_config }: Endpoint): string | undefined {
  const known = config?.served_entities ?? [];
  const deployed = (pending_config?.served_entities ?? []).filter(
    ({ name, creation_timestamp }) =>
      !known.some((each) => each.name === name && each.creation_timestamp === creation_timestamp),
  );
  const creators = new Set(deployed.flatMap(({ creator }) => (creator === undefined ? [] : [creator])));
  const [only] = creators;
  return creators.size === 1 ? only : undefined;
}

/** How long an update has run. Undefined without a start. @param now the time of the service. Epoch milliseconds. */
export function minutesRunning({ pending_config }: Endpoint, now: number): number | undefined {
  const start = pending_config?.start_time;
  return start === undefined || timeText(start) === undefined
    ? undefined
    : Math.max(0, Math.floor((now - start) / 60_000));
}

/**
 * When the latest update began, who started it, and its config version. Without a pending config, the service keeps none of this.
 * @param now the time of the service, for an update that runs. Epoch milliseconds.
 */
export function updateStart(endpoint: Endpoint, now?: number): Record<string, unknown> {
  const { pending_config } = endpoint;
  return defined({
    since: timeText(pending_config?.start_time),
    minutes: now === undefined ? undefined : minutesRunning(endpoint, now),
    started_by: startedBy(endpoint),
    config_version: pending_config?.config_version,
  });
}

/** The update in progress, with its differences from the active config. Undefined when none runs. */
export function pendingUpdate(endpoint: Endpoint): Record<string, unknown> | undefined {
  const { state, config, pending_config } = endpoint;
  if (state.config_update !== 'IN_PROGRESS') return undefined;
  const changes = differences(configView(configInput(config)), configView(configInput(pending_config)));
  return {
    ...updateStart(endpoint),
    ...(pending_config ? { changes: changes.slice(0, MAX_CHANGES) } : {}),
    ...(changes.length > MAX_CHANGES ? { omitted_changes: changes.length - MAX_CHANGES } : {}),
  };
}
