/** Calls that end a failure, made of names that were checked. Pure. */
import { isStopped } from '../plan/stopped.ts';
import type { ToolCall } from '../refusal.ts';
import type { Endpoint, ServedEntity } from '../rest/endpoints.ts';
import { ENDPOINT_NAME, MODEL_NAME, VERSION_NUMBER } from '../rest/names.ts';
import type { Deployment, Evidence } from './evidence.ts';

/** The argument that names an entity, where there are several. Undefined for a name that no call can hold. */
export function entityArgs({ config, pending_config }: Endpoint, name: string): { entity?: string } | undefined {
  const several = ((config ?? pending_config)?.served_entities ?? []).length > 1;
  if (!several) return {};
  return ENDPOINT_NAME.test(name) ? { entity: name } : undefined;
}

/**
 * The call that deploys the version of a failed deployment again, after its cause is gone. Undefined where no single call does: a first deployment
 * that failed is made again under another name, or after a delete.
 */
export function againCall({ endpoint }: Evidence, { entity }: Deployment): ToolCall | undefined {
  const { entity_name: model, entity_version: version = '' } = entity;
  const active = endpoint.config?.served_entities ?? [];
  const same = active.filter((each) => each.entity_name === model);
  const fits = same.length === 1 && same[0]?.entity_version !== version && VERSION_NUMBER.test(version);
  if (!fits) return undefined;
  const [old] = same;
  const args = old && entityArgs(endpoint, old.name);
  return args && { tool: 'swap_version', args: { endpoint: endpoint.name, version, ...args } };
}

/** A change of an entity's settings, as `update_endpoint` takes it. */
export interface SettingsChange {
  workload_size?: string;
  workload_type?: string;
  environment_vars?: Record<string, string>;
  remove_environment_vars?: string[];
}

/**
 * The call that changes a setting of a failed deployment. Variables of a version that does not serve yet change with its swap. Other settings change
 * on the entity that the version replaces, and a swap takes them over.
 */
export function settingsCall(evidence: Evidence, deployment: Deployment, change: SettingsChange): ToolCall | undefined {
  const { endpoint } = evidence;
  const again = againCall(evidence, deployment);
  const onlyVariables = change.workload_size === undefined && change.workload_type === undefined;
  if (again && onlyVariables) return { tool: again.tool, args: { ...again.args, ...change } };
  // The service changes no config that never was active.
  if (endpoint.config === undefined && deployment.config === 'failed update') return undefined;
  const alone = endpoint.config === undefined || deployment.config === 'active';
  const old = alone
    ? deployment.entity
    : endpoint.config?.served_entities?.find(({ entity_name }) => entity_name === deployment.entity.entity_name);
  const args = old && entityArgs(endpoint, old.name);
  return args && { tool: 'update_endpoint', args: { endpoint: endpoint.name, ...args, ...change } };
}

/** The call that shows which versions of a model there are, after its author logged another one. */
export function versionsCall({ entity_name: model = '' }: ServedEntity): ToolCall | undefined {
  return MODEL_NAME.test(model) ? { tool: 'list_model_versions', args: { model } } : undefined;
}

/** The next larger workload size. Undefined for the largest, and for an entity that scales otherwise. */
export function largerSize({ workload_size: size }: ServedEntity): string | undefined {
  const sizes = ['Small', 'Medium', 'Large'];
  const at = sizes.indexOf(size ?? '');
  return at < 0 ? undefined : sizes[at + 1];
}

/** The call that waits for the latest change of an endpoint. */
export function waitCall({ name }: Endpoint): ToolCall {
  return { tool: 'wait_for_endpoint', args: { endpoint: name } };
}

/** The call that starts a stopped endpoint. */
export function startCall(endpoint: Endpoint): ToolCall | undefined {
  return isStopped(endpoint) ? { tool: 'update_endpoint', args: { endpoint: endpoint.name, start: true } } : undefined;
}

/** The call that changes the shares of entities. Those that it does not name keep theirs. Undefined for names that no call can hold. */
export function trafficCall({ name }: Endpoint, traffic: Record<string, number>): ToolCall | undefined {
  if (!Object.keys(traffic).every((entity) => ENDPOINT_NAME.test(entity))) return undefined;
  return { tool: 'set_traffic', args: { endpoint: name, traffic } };
}
