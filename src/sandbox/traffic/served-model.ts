import { MINUTE } from '../clock.ts';
import { versionOf } from '../endpoints/accept-config.ts';
import { type Behaviour, behaviourAt, type ModelSpec } from '../state/model-spec.ts';
import type { Endpoint, ServedEntity, SetBehaviour, Workspace } from '../state/state.ts';

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
/** The 95th percentile of the model time is this many times the median, unless the seed says more. */
const USUAL_TAIL = 1.8;
/** Duration of a cold start in sandbox milliseconds. The service documents 10 to 20 s. evidence: data.cold-start */
const COLD_START = 15_000;
/** The 95th percentile of a normal distribution, in standard deviations. */
const Z95 = 1.645;

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
  if (entity.spec) return entity.spec;
  if (endpoint.foundation) return endpoint.foundation.spec;
  if (endpoint.tile) return endpoint.tile.spec;
  if (entity.config.external_model) return externalSpec(entity);
  const spec = versionOf(workspace, entity.config)?.spec;
  if (spec !== undefined && spec.kind !== 'external') return spec;
  return { kind: 'chat', model: entity.config.entity_name ?? entity.config.name };
}

/** Whether a model answers rows. An exception in such a model is a 400 of the model server. */
export function isTabular({ kind }: ModelSpec): boolean {
  return kind === 'linear' || kind === 'logistic' || kind === 'feature-spec';
}

/** Whether an entity decodes requests strictly, as Databricks-hosted foundation models do. */
export function isFoundation(endpoint: Endpoint, entity: ServedEntity): boolean {
  return endpoint.foundation !== null || entity.config.entity_name?.startsWith('system.ai.') === true;
}

/** How a served entity performs at a moment. Times are sandbox milliseconds, rates are shares of requests. */
export interface Performance {
  /** The median of the model time. */
  latency_ms: number;
  p95_ms: number;
  error_rate: number;
  error_5xx_rate: number;
  wake_ms: number;
  /** Whether the wake is set on purpose, and therefore may be long. */
  slow_wake: boolean;
  /** Real milliseconds between two frames of a stream. */
  frame_ms: number | undefined;
}

/** How an entity performs. The changes of a version count from the moment the entity is ready, those of the control route from their own. */
export function performanceOf(workspace: Workspace, endpoint: Endpoint, entity: ServedEntity, at: number): Performance {
  const { kind } = servedSpec(workspace, endpoint, entity);
  const version = endpoint.foundation ? undefined : versionOf(workspace, entity.config);
  const set: Behaviour = { ...behaviourAt(version?.changes, (at - (entity.ready_at ?? at)) / MINUTE) };
  for (const behaviour of workspace.behaviours) {
    if (applies(behaviour, endpoint, entity, at)) Object.assign(set, behaviour.set);
  }
  const usual = version?.latency_ms ?? DEFAULT_LATENCY[entity.config.external_model ? 'external' : kind];
  const latency_ms = Math.min(set.latency_ms ?? usual, set.p95_ms ?? Number.POSITIVE_INFINITY);
  return {
    latency_ms,
    p95_ms: set.p95_ms ?? latency_ms * USUAL_TAIL,
    error_rate: set.error_rate ?? version?.error_rate ?? 0,
    error_5xx_rate: set.error_5xx_rate ?? 0,
    wake_ms: set.wake_seconds === undefined ? COLD_START : set.wake_seconds * 1000,
    slow_wake: set.wake_seconds !== undefined,
    frame_ms: set.frame_ms,
  };
}

function applies({ since, until, match }: SetBehaviour, endpoint: Endpoint, entity: ServedEntity, at: number): boolean {
  const { name, entity_name, entity_version } = entity.config;
  return (
    since <= at &&
    (until === null || at < until) &&
    (match.endpoint === undefined || match.endpoint === endpoint.name) &&
    (match.entity === undefined || match.entity === name) &&
    (match.model === undefined || match.model === entity_name) &&
    (match.version === undefined || match.version === entity_version)
  );
}

/** The next moment after `at` at which the performance of an entity may differ. Infinity if there is none. */
export function nextChange(workspace: Workspace, entity: ServedEntity, at: number): number {
  const steps = versionOf(workspace, entity.config)?.changes ?? [];
  const ready = entity.ready_at ?? at;
  const moments = [
    ...steps.map(({ from_minute }) => ready + from_minute * MINUTE),
    ...workspace.behaviours.flatMap(({ since, until }) => [since, until ?? Number.POSITIVE_INFINITY]),
  ];
  return Math.min(...moments.filter((moment) => moment > at), Number.POSITIVE_INFINITY);
}

/**
 * The model time of one request in sandbox milliseconds, from two numbers in [0, 1). It is log-normal, so half of the requests take less than
 * the median and one in twenty takes more than the 95th percentile.
 */
export function modelTime({ latency_ms, p95_ms }: Performance, first: number, second: number): number {
  if (latency_ms <= 0) return 0;
  const normal = Math.sqrt(-2 * Math.log(1 - first)) * Math.cos(2 * Math.PI * second);
  const spread = Math.log(p95_ms / latency_ms) / Z95;
  return Math.round(latency_ms * Math.exp(spread * normal) * 100) / 100;
}
