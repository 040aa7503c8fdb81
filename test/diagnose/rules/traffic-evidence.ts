/** Evidence about an endpoint that runs, made of the few parts that a test is about. */
import { diagnose } from '../../../src/diagnose/diagnose.ts';
import type { Evidence, MetricsEvidence } from '../../../src/diagnose/evidence.ts';
import type { Finding } from '../../../src/diagnose/finding.ts';
import { RULES_OF_TRAFFIC } from '../../../src/diagnose/rules/traffic-index.ts';
import { compare } from '../../../src/digest/comparison.ts';
import type { Sample } from '../../../src/digest/exposition.ts';
import { byEntity, digest } from '../../../src/digest/metrics.ts';
import type { ServedEntity } from '../../../src/rest/endpoints.ts';

export const NOW = Date.UTC(2026, 9, 14, 12, 0, 0);
const DAY = 24 * 60 * 60_000;

/** Requests of one entity in a minute. */
export interface Minute {
  requests: number;
  e4xx?: number;
  e5xx?: number;
  /** Milliseconds of each request, and in the queue. */
  ms?: number;
  /** Milliseconds of the slowest requests, one in ten. */
  slow?: number;
  queue?: number;
  cpu?: number;
  memory?: number;
  gpuMemory?: number;
  gpu?: number;
  concurrency?: number;
}

const BOUNDS = [5, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 240_000, 300_000];

export function samplesOf(entity: string, minute: Minute): Sample[] {
  const { requests, e4xx = 0, e5xx = 0, ms = 40, slow = ms, queue = 1, concurrency = 4 } = minute;
  const one = (name: string, value: number | undefined, more: Record<string, string> = {}): Sample[] =>
    value === undefined ? [] : [{ name, labels: { served_entity_name: entity, ...more }, value, at: NOW }];
  const tail = Math.round(requests / 10);
  const times = [...Array(requests - tail).fill(ms), ...Array(tail).fill(slow)];
  const histogram = (name: string, values: number[]) => [
    ...BOUNDS.flatMap((le) => one(`${name}_bucket`, values.filter((each) => each <= le).length, { le: String(le) })),
    ...one(`${name}_bucket`, values.length, { le: '+Inf' }),
    ...one(
      `${name}_sum`,
      values.reduce((sum, each) => sum + each, 0),
    ),
    ...one(`${name}_count`, values.length),
  ];
  return [
    ...one('request_count_total', requests),
    ...one('request_4xx_count_total', e4xx),
    ...one('request_5xx_count_total', e5xx),
    ...histogram('request_latency_ms', times),
    ...histogram('model_queue_time_ms', Array(requests).fill(queue)),
    ...one('provisioned_concurrent_requests_total', concurrency),
    ...one('cpu_usage_percentage', minute.cpu ?? 20),
    ...one('mem_usage_percentage', minute.memory ?? 30),
    ...one('gpu_usage_percentage', minute.gpu),
    ...one('gpu_mem_usage_percentage', minute.gpuMemory),
  ];
}

export interface Scene {
  /** Entities with their minute. Default: one that serves, without metrics. */
  entities?: (Partial<ServedEntity> & { name: string; minute?: Minute; before?: Minute; percent?: number })[];
  /** The service log of the first entity. */
  log?: string[];
  /** The text of an answer that the caller saw. */
  answer?: string;
  status?: number;
  external?: string;
  limits?: Record<string, unknown>[];
  usage?: Record<number, number>;
  events?: Evidence['events'];
  gateway?: Record<string, unknown>;
  config?: Record<string, unknown>;
}

export function evidenceOf(scene: Scene): Evidence {
  const { entities = [{ name: 'churn-3' }], external, limits } = scene;
  const served = entities.map(
    ({ minute: _m, before: _b, percent: _p, ...own }, at): ServedEntity => ({
      state: { deployment: 'DEPLOYMENT_READY', deployment_state_message: '' },
      creation_timestamp: NOW - 30 * DAY + at * DAY,
      ...(external === undefined
        ? { entity_name: 'main.default.churn', entity_version: String(at + 1), workload_size: 'Small' }
        : { external_model: { name: 'gpt-4o', provider: external, task: 'llm/v1/chat' } }),
      ...own,
    }),
  );
  const routes = entities.map(({ name, percent }, at) => ({
    served_entity_name: name,
    traffic_percentage: percent ?? (at === 0 ? 100 : 0),
  }));
  const config = { config_version: 3, served_entities: served, traffic_config: { routes }, ...scene.config };
  const deployments = served.map((entity) => ({ entity, configVersion: 3, config: 'active' as const }));
  const [first] = deployments;
  return {
    now: NOW,
    endpoint: {
      name: 'churn',
      state: { ready: 'READY', config_update: 'NOT_UPDATING' },
      config,
      ...(limits || scene.gateway
        ? {
            ai_gateway: {
              rate_limits: (limits ?? []).map((one) => ({ renewal_period: 'minute', ...one })),
              ...scene.gateway,
            },
          }
        : {}),
    },
    deployments,
    logs:
      scene.log && first
        ? [
            {
              deployment: first,
              log: 'service',
              lines: scene.log,
              explained: { lines: [], cause: undefined },
              doubt: undefined,
            },
          ]
        : [],
    events: scene.events ?? [],
    metrics: metricsOf(entities, served),
    versions: [],
    creator: undefined,
    grants: undefined,
    usage: scene.usage && {
      from: NOW - DAY,
      to: NOW,
      byStatus: new Map(Object.entries(scene.usage).map(([status, count]) => [Number(status), count])),
    },
    answer: scene.answer === undefined ? undefined : { at: NOW, status: scene.status, text: scene.answer },
    changes: [],
    unread: [],
  };
}

function metricsOf(entities: Scene['entities'] & object, served: ServedEntity[]): MetricsEvidence | undefined {
  const read = (which: 'minute' | 'before') => {
    const samples = entities.flatMap((each) => (each[which] ? samplesOf(each.name, each[which]) : []));
    const groups = byEntity(
      samples,
      entities.map(({ name }) => name),
    );
    const own = new Map(entities.map(({ name }) => [name, digest(groups.get(name) ?? [])]));
    return { samples, total: digest(samples), entities: own };
  };
  const now = read('minute');
  if (now.samples.length === 0) return undefined;
  const before = read('before');
  return {
    at: NOW,
    minutes: 1,
    ...now,
    compared: compare(served.map((entity) => ({ served: entity, digest: now.entities.get(entity.name) ?? {} }))),
    ...(before.samples.length > 0
      ? { before: { at: NOW - DAY, minutes: 5, total: before.total, entities: before.entities } }
      : {}),
  };
}

export function findings(scene: Scene): readonly Finding[] {
  return diagnose(evidenceOf(scene), RULES_OF_TRAFFIC).findings;
}

/** The codes of the findings, the most severe first. */
export function codes(scene: Scene): string[] {
  return findings(scene).map(({ code }) => code);
}
