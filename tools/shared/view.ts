/** Parts of answers that several tools share. */

import { AGENT_TILE, isAgentTile } from '../../src/plan/agent-tile.ts';
import { isAtZero } from '../../src/plan/at-zero.ts';
import { isStopped } from '../../src/plan/stopped.ts';
import { call } from '../../src/refusal.ts';
import type { Config, Endpoint, ServedEntity } from '../../src/rest/endpoints.ts';
import { trafficOf } from '../../src/rest/endpoints.ts';
import { redactEnvironment } from '../../src/text/redact.ts';
import { clip } from '../../src/text/sanitize.ts';
import { timeText } from '../../src/text/time.ts';

/** One word for the flags of `state` (facts R1 and R10). */
export function status(endpoint: Endpoint): string {
  const { config, state } = endpoint;
  const serves = isStopped(endpoint) ? 'stopped' : state.ready === 'READY' ? 'ready' : undefined;
  switch (state.config_update) {
    case 'IN_PROGRESS':
      // An active config that does not serve was stopped or is broken, and its endpoint starts again.
      return serves ? 'updating' : config?.served_entities?.length ? 'starting' : 'creating';
    case 'UPDATE_FAILED':
      return serves ? `${serves}, last update failed` : 'failed';
    case 'UPDATE_CANCELED':
      return serves ? `${serves}, last update cancelled` : 'cancelled';
    default:
      return serves ?? 'not ready';
  }
}

/** The caller's permission. A server that changes nothing says so next to it, because CAN_MANAGE alone promises too much. */
export function permissionView(field: string, { permission_level }: Endpoint, readOnly: boolean) {
  const server = readOnly ? 'read-only: it was started so and changes nothing' : undefined;
  return { [field]: permission_level, server };
}

/** What an entity serves, in short: `ml.prod.churn 3`, `openai gpt-4o`, `system.ai.llama`. */
export function serves(entity: ServedEntity): string {
  if (entity.external_model)
    return [entity.external_model.provider, entity.external_model.name].filter(Boolean).join(' ');
  const name = entity.entity_name ?? entity.foundation_model?.name ?? entity.name;
  return entity.entity_version === undefined ? name : `${name} ${entity.entity_version}`;
}

/** The served entities of a config with their traffic share, without empty fields. */
export function entityViews(config: Config | undefined): Record<string, unknown>[] {
  const traffic = trafficOf(config);
  return (config?.served_entities ?? []).map((entity) => {
    const message = entity.state?.deployment_state_message;
    return dropEmpty({
      entity: entity.name,
      serves: serves(entity),
      traffic_percent: traffic.get(entity.name) ?? 0,
      deployment: entity.state?.deployment?.replace('DEPLOYMENT_', '').toLowerCase(),
      message: message ? clip(message, 500) : undefined,
      size: entity.workload_size,
      type: entity.workload_type,
      min_concurrency: entity.min_provisioned_concurrency,
      max_concurrency: entity.max_provisioned_concurrency,
      min_throughput: entity.min_provisioned_throughput,
      max_throughput: entity.max_provisioned_throughput,
      model_units: entity.provisioned_model_units,
      scale_to_zero: entity.scale_to_zero_enabled,
      environment_vars: entity.environment_vars && redactEnvironment(entity.environment_vars),
      creator: entity.creator,
      created: timeText(entity.creation_timestamp),
    });
  });
}

/** What an endpoint serves, as text: `serving churn-3 (100 %)`. An active config that is not ready does not serve (fact R1). */
export function serving(endpoint: Endpoint): string {
  const { config, state } = endpoint;
  if (isStopped(endpoint)) return 'nothing is serving: the endpoint is stopped';
  if (isAgentTile(endpoint)) return state.ready === 'READY' ? `serving ${AGENT_TILE}` : 'nothing is serving';
  const traffic = trafficOf(config);
  const entities = config?.served_entities ?? [];
  if (entities.length === 0) return 'nothing is serving';
  if (state.ready !== 'READY')
    return `${entities.map(({ name }) => `${name} will get ${traffic.get(name) ?? 0} %`).join(', ')}, not serving yet`;
  const names = entities.map((entity) => {
    const zero = isAtZero(entity) ? ', scaled to zero' : '';
    return `${entity.name} (${traffic.get(entity.name) ?? 0} %${zero})`;
  });
  return `serving ${names.join(', ')}`;
}

/** After a change that leaves a split: the call that compares its entities. Empty while one entity has all of the traffic. */
export function comparison({ name, config }: Endpoint): { next?: string } {
  const shares = [...trafficOf(config).values()].filter((share) => share > 0);
  return shares.length > 1 ? { next: call('get_metrics', { endpoint: name }) } : {};
}

/** The state of an endpoint in short: its status and what it serves. */
export function brief(endpoint: Endpoint): Record<string, unknown> {
  return { endpoint: endpoint.name, status: status(endpoint), serving: serving(endpoint) };
}

/** Drops undefined members and empty lists and objects, which cost tokens and carry no information. */
export function dropEmpty(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => {
      if (inner === undefined || inner === null || inner === '') return false;
      return typeof inner !== 'object' || Object.keys(inner).length > 0;
    }),
  );
}

/** Classical models have no task. */
export function taskOf(endpoint: Endpoint): string {
  return endpoint.task ?? 'none';
}

/** Whether an endpoint has a task, given in full (`llm/v1/chat`) or as one of its words (`chat`, `agents`). */
export function hasTask(endpoint: Endpoint, wanted: string): boolean {
  const task = taskOf(endpoint);
  const singular = (word: string) => word.toLowerCase().replace(/s$/, '');
  return [task, ...task.split('/')].map(singular).includes(singular(wanted));
}

/** The distinct tasks of a list of endpoints, at most 20. */
export function tasksOf(endpoints: readonly Endpoint[]): string[] {
  return [...new Set(endpoints.map(taskOf))].slice(0, 20);
}
