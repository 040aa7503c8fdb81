import { MINUTE } from '../clock.ts';
import { versionOf } from '../endpoints/accept-config.ts';
import type { MetricsEntity } from '../observe/metrics.ts';
import { behaviourAt, type ModelSpec } from '../state/model-spec.ts';
import type { Endpoint, ServedEntity, Workspace } from '../state/state.ts';

/** Model time in sandbox milliseconds of a version that sets none. */
const DEFAULT_LATENCY: Record<ModelSpec['kind'], number> = {
  linear: 20,
  logistic: 20,
  'feature-spec': 12,
  embedding: 35,
  chat: 450,
  completion: 400,
  agent: 1200,
  external: 600,
};

/** Lower bound of provisioned concurrency by workload size, from the documentation of the service. */
const SIZE_CONCURRENCY: Record<string, number> = { Small: 4, Medium: 8, Large: 16 };

/** The spec that replaces an external model, by task. Its streams end as OpenAI's do. assumed: data.external-answer */
function externalSpec(entity: ServedEntity): ModelSpec {
  const model = entity.config.external_model;
  if (model?.task === 'llm/v1/embeddings') return { kind: 'embedding', dimensions: 1536 };
  if (model?.task === 'llm/v1/completions') return { kind: 'completion' };
  return { kind: 'chat', model: model?.name ?? entity.config.name, profile: 'gpt-5' };
}

/**
 * What a served entity computes: its foundation model, the spec of its model version, or a replacement for a model outside the workspace.
 */
export function servedSpec(workspace: Workspace, endpoint: Endpoint, entity: ServedEntity): ModelSpec {
  if (endpoint.foundation) return endpoint.foundation.spec;
  if (endpoint.tile) return endpoint.tile.spec;
  if (entity.config.external_model) return externalSpec(entity);
  const spec = versionOf(workspace, entity.config)?.spec;
  if (spec !== undefined && spec.kind !== 'external') return spec;
  return { kind: 'chat', model: entity.config.entity_name ?? entity.config.name };
}

/** Whether an entity decodes requests strictly, as Databricks-hosted foundation models do. */
export function isFoundation(endpoint: Endpoint, entity: ServedEntity): boolean {
  return endpoint.foundation !== null || entity.config.entity_name?.startsWith('system.ai.') === true;
}

/**
 * Model time and share of failing requests of an entity at a moment. The changes of a version count from the moment the entity is ready.
 */
export function performanceOf(
  workspace: Workspace,
  endpoint: Endpoint,
  entity: ServedEntity,
  now: number,
): { latency_ms: number; error_rate: number } {
  const { kind } = servedSpec(workspace, endpoint, entity);
  const usual = DEFAULT_LATENCY[entity.config.external_model ? 'external' : kind];
  const version = endpoint.foundation ? undefined : versionOf(workspace, entity.config);
  const step = behaviourAt(version?.changes, (now - (entity.ready_at ?? now)) / MINUTE);
  return {
    latency_ms: step.latency_ms ?? version?.latency_ms ?? usual,
    error_rate: step.error_rate ?? version?.error_rate ?? 0,
  };
}

/** An entity as its metrics describe it. */
export function metricsEntity(entity: ServedEntity, asleep: boolean): MetricsEntity {
  const { name, workload_type = 'CPU', workload_size = 'Small', min_provisioned_concurrency: least } = entity.config;
  const external = entity.config.external_model !== undefined;
  return {
    name,
    compute: external ? 'external' : workload_type.includes('GPU') ? 'gpu' : 'cpu',
    asleep,
    concurrency: least !== undefined && least > 0 ? least : (SIZE_CONCURRENCY[workload_size] ?? 4),
  };
}
