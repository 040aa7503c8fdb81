/** Kinds of endpoints whose answers differ, and the choice of a few of each. Pure. */
import { isObject } from '../rest/json.ts';
import type { Asked } from './contract-asked.ts';

/** In the order of interest: an endpoint has the first kind that fits. */
export const KINDS = [
  'tile',
  'foundation',
  'stopped',
  'failed',
  'canceled',
  'updating',
  'without-config',
  'external',
  'agent',
  'route-optimized',
  'language-model',
  'custom',
] as const;
export type EndpointKind = (typeof KINDS)[number];

/** What each kind is, for people. */
export const KIND_WORDS: Record<EndpointKind, string> = {
  tile: 'an endpoint of Agent Bricks',
  foundation: 'a foundation model',
  stopped: 'a stopped endpoint',
  failed: 'an endpoint whose update failed',
  canceled: 'an endpoint whose update was canceled',
  updating: 'an endpoint that is being updated',
  'without-config': 'an endpoint without a config',
  external: 'an external model',
  agent: 'an agent',
  'route-optimized': 'a route-optimized endpoint',
  'language-model': 'a language model that serves your own or a reserved capacity',
  custom: 'a custom model',
};

export interface Listed {
  name: string;
  kind: EndpointKind;
  id: string | undefined;
}

/** The items of the list that have a name, each with its kind. */
export function listedIn(body: unknown): Listed[] {
  const rows: unknown[] = isObject(body) && Array.isArray(body.endpoints) ? body.endpoints : [];
  return rows.flatMap((row) => {
    if (!isObject(row) || typeof row.name !== 'string' || row.name === '') return [];
    return [{ name: row.name, kind: kindOf(row), id: typeof row.id === 'string' ? row.id : undefined }];
  });
}

/** At most `count` endpoints of a kind. */
export function some(listed: readonly Listed[], kind: EndpointKind, count: number): Listed[] {
  return listed.filter((each) => each.kind === kind).slice(0, count);
}

function kindOf(row: Record<string, unknown>): EndpointKind {
  const state = isObject(row.state) ? row.state : {};
  const config = isObject(row.config) ? row.config : undefined;
  const listed: unknown[] = Array.isArray(config?.served_entities) ? config.served_entities : [];
  const entities = listed.filter(isObject);
  const task = String(row.task ?? '');
  if (row.tile_endpoint_metadata !== undefined) return 'tile';
  // Provisioned throughput serves foundation models as well, from an endpoint that has an id.
  if (row.id === undefined && entities.some((each) => each.foundation_model !== undefined)) return 'foundation';
  if (row.endpoint_type === 'FOUNDATION_MODEL_API') return 'foundation';
  if (state.suspend !== undefined && state.suspend !== 'NOT_SUSPENDED') return 'stopped';
  if (state.config_update === 'UPDATE_FAILED') return 'failed';
  if (state.config_update === 'UPDATE_CANCELED') return 'canceled';
  if (state.config_update === 'IN_PROGRESS') return 'updating';
  if (entities.some((each) => each.external_model !== undefined)) return 'external';
  if (config === undefined) return 'without-config';
  if (task.startsWith('agent/')) return 'agent';
  if (row.route_optimized === true) return 'route-optimized';
  return task.startsWith('llm/') ? 'language-model' : 'custom';
}

/** An endpoint that was read. */
export interface Read extends Listed {
  /** The answer to GET of the endpoint. */
  asked: Asked;
}

/** Everything that the check knows when it has asked. */
export interface Seen {
  asked: readonly Asked[];
  /** The caller, as far as the directory says. */
  me: string | undefined;
  listed: readonly Listed[];
  read: readonly Read[];
}

/** The served entity of the config that serves, or else of the one that waits or failed. */
export function entityOf(body: unknown): { name: string; model: string; version: string; config: string } | undefined {
  if (!isObject(body)) return undefined;
  const config = [body.config, body.pending_config].find(
    (each) => isObject(each) && Array.isArray(each.served_entities),
  );
  if (!isObject(config) || !Array.isArray(config.served_entities)) return undefined;
  const entity: unknown = config.served_entities[0];
  if (!isObject(entity) || typeof entity.name !== 'string' || entity.name === '') return undefined;
  return {
    name: entity.name,
    model: String(entity.entity_name ?? ''),
    version: String(entity.entity_version ?? ''),
    config: String(config.config_version ?? 1),
  };
}
