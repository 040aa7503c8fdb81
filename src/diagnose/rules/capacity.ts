/** Too few replicas, none at the moment, or replicas that are nearly full. Pure. */
import { byEntity, digest } from '../../digest/metrics.ts';
import { isAtZero } from '../../plan/at-zero.ts';
import { hasContainer } from '../../plan/deployments.ts';
import { isStopped } from '../../plan/stopped.ts';
import type { ServedEntity } from '../../rest/endpoints.ts';
import type { Evidence, MetricsEvidence } from '../evidence.ts';
import type { Finding, Proof, Remedy, Rule } from '../finding.ts';
import { entityArgs, largerSize } from '../remedies.ts';
import { ENOUGH, failedNow, isMany } from './numbers.ts';
import { containersRefuse, saidBy, servedLogs } from './said.ts';

const MINUTE = 60_000;

/** Answers and errors of clients that a wake explains: nothing came in time, or no replica was there. */
const WAITED = new Set([
  'status_slow_model',
  'time_limit',
  'client_timeout',
  'no_upstream',
  'front_unavailable',
  'status_busy',
]);

function entitiesOf({ endpoint }: Evidence): ServedEntity[] {
  return isStopped(endpoint) ? [] : (endpoint.config?.served_entities ?? []).filter(hasContainer);
}

function stateProof(entity: ServedEntity): Proof {
  return { source: 'state', of: entity.name, text: entity.state?.deployment_state_message ?? '' };
}

/** A call that keeps replicas running. It costs money all the time, so it is an offer. */
function keepWarm({ endpoint }: Evidence, entity: ServedEntity): Remedy {
  const args = entityArgs(endpoint, entity.name);
  const say =
    'Keeps a replica running, which costs money all the time. Otherwise callers wait for the first answer, with a time limit of two minutes or more.';
  if (!args) return { person: 'endpoint manager', say };
  const call = { tool: 'update_endpoint', args: { endpoint: endpoint.name, ...args, scale_to_zero: false } };
  return { call, writes: true, say };
}

/** No fault by itself: the next request wakes it. Stopped endpoints do not wake. */
const scaledToZero: Rule = {
  code: 'scaled_to_zero',
  source: 'state message of served entities; a wake of 47 s was measured (fact Q20)',
  find(evidence) {
    const entities = entitiesOf(evidence);
    const asleep = entities.filter(isAtZero);
    const [first] = asleep;
    const waited = saidBy(evidence).filter(({ cause }) => WAITED.has(cause) || cause === 'dependency_timeout');
    // An endpoint at zero that nobody waits for is idle, and that is no finding.
    if (!first || asleep.length < entities.length || !waited.some(({ from }) => from === 'answer')) return undefined;
    return {
      code: 'scaled_to_zero',
      severity: 'minor',
      sentence:
        'No replica runs: the endpoint is scaled to zero. The next request wakes it, which takes about a minute.',
      evidence: [stateProof(first), ...waited.slice(0, 1).map(({ proof }) => proof)],
      remedy: keepWarm(evidence, first),
      confidence: 'likely',
      explains: ['cold_start', 'no_replica_answers', 'near_time_limit', 'errors_5xx', 'platform_error'],
    } satisfies Finding;
  },
};

/** Milliseconds in the queue that no busy replica explains: a wake takes far longer than a queue for a quick model. */
const WAKE_MS = 8_000;
/** Milliseconds between the start of a replica and the measurement. */
const JUST_STARTED = 10 * MINUTE;
/** Share of the concurrency in use, from which requests queue for one another. */
const BUSY = 0.8;

/** Requests of an entity in use at a time, by the law of Little, and the number that its replicas take. */
export function load(
  metrics: MetricsEvidence,
  entity: string | undefined,
): { used: number; provisioned: number } | undefined {
  const own = entity === undefined ? [...metrics.samples] : byEntity([...metrics.samples], [entity]).get(entity);
  const samples = own ?? [];
  const sum = (name: string) => {
    const found = samples.filter((sample) => sample.name === name);
    return found.length === 0 ? undefined : found.reduce((all, { value }) => all + value, 0);
  };
  const busyMs = sum('request_latency_ms_sum');
  const queuedMs = sum('model_queue_time_ms_sum') ?? 0;
  const provisioned = digest(samples, metrics.minutes).provisioned_concurrency;
  if (busyMs === undefined || !provisioned) return undefined;
  return { used: Math.max(0, busyMs - queuedMs) / (metrics.minutes * MINUTE), provisioned };
}

/** Series of an only entity may have no name. */
function onlyOf({ entities }: MetricsEvidence, { name }: ServedEntity): string | undefined {
  return entities.size > 1 ? name : undefined;
}

/** The first requests after a start wait for the replica. Then the queue is long although the replicas are not busy. */
const coldStart: Rule = {
  code: 'cold_start',
  source: 'model_queue_time_ms of the metrics, and the start of the server in its log',
  find(evidence) {
    const { metrics } = evidence;
    return entitiesOf(evidence).flatMap((entity): Finding[] => {
      if (entity.scale_to_zero_enabled !== true || isAtZero(entity)) return [];
      const own = metrics?.entities.get(entity.name);
      const queue = own?.queue_p95_ms ?? 0;
      const busy = metrics && load(metrics, onlyOf(metrics, entity));
      const waits = queue >= WAKE_MS && !(busy && busy.used >= BUSY * busy.provisioned);
      const log = servedLogs(evidence).find((each) => each.entity === entity.name);
      const started = log?.served.starts.at(-1);
      const young =
        entity.creation_timestamp !== undefined && evidence.now - entity.creation_timestamp < JUST_STARTED * 3;
      const fresh = started !== undefined && evidence.now - started <= JUST_STARTED && !young;
      const waited = saidBy(evidence).find(({ cause, from }) => from === 'answer' && WAITED.has(cause));
      const slow = (own?.p99_ms ?? 0) >= WAKE_MS;
      if (!waits && !(fresh && (slow || waited !== undefined))) return [];
      const proofs: Proof[] = [];
      if (metrics && waits)
        proofs.push({
          source: 'metrics',
          of: `queue of ${entity.name}`,
          text: `p95 ${queue} ms before the model, of ${own?.requests ?? '?'} requests`,
          at: metrics.at,
        });
      if (log && fresh) proofs.push({ source: 'service log', of: log.of, text: 'the server started', at: started });
      if (waited) proofs.push(waited.proof);
      if (metrics && slow && proofs.length < 2)
        proofs.push({
          source: 'metrics',
          of: `latency of ${entity.name}`,
          text: `p99 ${own?.p99_ms} ms`,
          at: metrics.at,
        });
      const [first, ...others] = proofs;
      if (!first) return [];
      return [
        {
          code: 'cold_start',
          severity: 'minor',
          sentence: `Requests to ${entity.name} wait for a replica that starts: it scales to zero when it is idle.`,
          ...(fresh ? { since: started } : {}),
          evidence: [first, ...others],
          remedy: keepWarm(evidence, entity),
          confidence: waits && fresh ? 'certain' : 'likely',
          explains: ['latency_increased', 'no_replica_answers', 'near_time_limit'],
        },
      ];
    });
  },
};

/** Starts of the server within these milliseconds belong to one wake, with all its workers and replicas. */
const ONE_WAKE = 2 * MINUTE;
const LOOP = 6 * 60 * MINUTE;
const WAKES = /\bscal(?:ed|ing) (?:up )?from zero\b|\bwak(?:e|ing|en) (?:up )?from zero\b|\bwoke\b.{0,20}\bzero\b/i;

/** The same entity wakes again and again: its requests come further apart than it stays awake. */
const coldStartLoop: Rule = {
  code: 'cold_start_loop',
  source: 'starts of the server in the service log, and events of scaling',
  find(evidence) {
    return entitiesOf(evidence).flatMap((entity): Finding[] => {
      if (entity.scale_to_zero_enabled !== true) return [];
      const log = servedLogs(evidence).find((each) => each.entity === entity.name);
      const events = (evidence.events ?? []).filter(
        ({ message, served_entity_name }) => WAKES.test(message) && (served_entity_name ?? entity.name) === entity.name,
      );
      const starts = separate(
        [...(log?.served.starts ?? []), ...events.flatMap(({ timestamp }) => timestamp ?? [])],
        evidence.now,
      );
      // Crashes restart a server too. Then no worker served, and the log says why.
      const crashed = log !== undefined && (log.evidence.explained.cause !== undefined || log.served.kills.length > 0);
      if (starts.length < 3 || crashed) return [];
      const last = starts.at(-1) ?? 0;
      return [
        {
          code: 'cold_start_loop',
          severity: 'minor',
          sentence: `${entity.name} woke from zero ${starts.length} times in ${Math.round((evidence.now - (starts[0] ?? 0)) / MINUTE)} minutes: its requests come too rarely to keep it awake, and each first one waits.`,
          since: starts[0],
          evidence: [
            {
              source: log ? 'service log' : 'event',
              of: log?.of ?? entity.name,
              text: `${starts.length} separate starts of the server`,
              at: last,
            },
          ],
          remedy: keepWarm(evidence, entity),
          confidence: 'likely',
          explains: ['cold_start', 'scaled_to_zero', 'latency_increased'],
        },
      ];
    });
  },
};

function separate(times: readonly number[], now: number): number[] {
  const kept: number[] = [];
  for (const at of times.filter((time) => now - time <= LOOP && time <= now).sort((a, b) => a - b))
    if (kept.length === 0 || at - (kept.at(-1) ?? 0) > ONE_WAKE) kept.push(at);
  return kept;
}

/** Milliseconds in the queue that callers notice, and their least share of the latency. */
const QUEUE_MS = 500;
const QUEUE_PART = 0.2;

/** Requests queue because all places of the replicas are taken. */
const saturated: Rule = {
  code: 'endpoint_concurrency',
  source: 'model_queue_time_ms, and requests in use against provisioned_concurrent_requests_total',
  find(evidence) {
    const { metrics } = evidence;
    if (!metrics) return undefined;
    const failed = failedNow(evidence);
    return entitiesOf(evidence).flatMap((entity): Finding[] => {
      const own = metrics.entities.get(entity.name);
      const { requests = 0, queue_p95_ms: queue = 0, p95_ms: latency = 0 } = own ?? {};
      const busy = load(metrics, onlyOf(metrics, entity));
      const full = busy !== undefined && busy.used >= 0.95 * busy.provisioned;
      const queues = queue >= QUEUE_MS && queue >= QUEUE_PART * latency;
      // A long queue at replicas that are not busy is a wake.
      const wakes = entity.scale_to_zero_enabled === true && busy !== undefined && busy.used < BUSY * busy.provisioned;
      // Replicas that are full and have no queue get company: the entity scales.
      const turnsAway = full && isMany(failed?.clientErrors ?? 0, failed?.requests ?? 0) && !containersRefuse(evidence);
      const waits = queues && (full || !wakes);
      if (requests < ENOUGH || !(waits || turnsAway) || isAtZero(entity)) return [];
      const proofs: Proof[] = [];
      if (queues)
        proofs.push({
          source: 'metrics',
          of: `queue of ${entity.name}`,
          text: `p95 ${queue} ms of a latency of ${latency} ms, ${requests} requests`,
          at: metrics.at,
        });
      if (busy)
        proofs.push({
          source: 'metrics',
          of: `concurrency of ${entity.name}`,
          text: `${busy.used.toPrecision(2)} requests at a time on average; ${busy.provisioned} provisioned`,
          at: metrics.at,
        });
      const [first, ...others] = proofs;
      if (!first) return [];
      return [
        {
          code: 'endpoint_concurrency',
          severity: 'major',
          sentence: `${entity.name} has more requests at a time than its replicas take, so requests wait in a queue.`,
          evidence: [first, ...others],
          remedy: moreReplicas(evidence, entity),
          confidence: queues && full ? 'certain' : 'likely',
          // Requests that find the queue full are refused with 429.
          explains: [
            ...['latency_increased', 'cpu_near_full', 'rate_limited', 'near_time_limit', 'gpu_near_full'],
            ...(containersRefuse(evidence) ? [] : ['errors_4xx']),
          ],
        },
      ];
    });
  },
};

function moreReplicas({ endpoint }: Evidence, entity: ServedEntity): Remedy {
  const args = entityArgs(endpoint, entity.name);
  const { min_provisioned_concurrency: min, max_provisioned_concurrency: max } = entity;
  const size = largerSize(entity);
  const custom = typeof min === 'number' && typeof max === 'number' && max > 0;
  const change = custom ? { min_concurrency: min, max_concurrency: 2 * max } : size && { workload_size: size };
  if (!args || !change)
    return {
      person: 'endpoint manager',
      say: 'Set a custom concurrency, split the traffic among several entities, or have callers send fewer requests at a time.',
      after: { tool: 'get_endpoint', args: { endpoint: endpoint.name } },
    };
  return {
    call: { tool: 'update_endpoint', args: { endpoint: endpoint.name, ...args, ...change } },
    writes: true,
    say: `${custom ? 'Lets it scale to twice the concurrency' : 'The next larger size takes more requests at a time'}, which costs more. Or callers send fewer requests at a time.`,
  };
}

interface Resource {
  code: string;
  field: 'cpu_percent' | 'memory_percent' | 'gpu_percent' | 'gpu_memory_percent';
  name: string;
  /** Percent from which it is a finding. */
  from: number;
  /** A high value is normal. It counts only when requests wait. */
  waits?: boolean;
  say: string;
}

/** Servers of language models reserve the memory of their GPU, and a busy GPU is a good one. A full memory ends workers. */
const RESOURCES: readonly Resource[] = [
  {
    code: 'cpu_near_full',
    field: 'cpu_percent',
    name: 'CPU',
    from: 95,
    say: 'Choose a larger workload size, or make the model cheaper.',
  },
  {
    code: 'memory_near_full',
    field: 'memory_percent',
    name: 'memory',
    from: 92,
    say: 'Choose a workload type with more memory, or a smaller model. A full memory ends workers.',
  },
  {
    code: 'gpu_near_full',
    field: 'gpu_percent',
    name: 'GPU',
    from: 97,
    waits: true,
    say: 'Choose a larger GPU or more replicas, or send smaller batches.',
  },
  {
    code: 'gpu_memory_near_full',
    field: 'gpu_memory_percent',
    name: 'memory of the GPU',
    from: 97,
    waits: true,
    say: 'Choose a larger GPU, or a shorter context or smaller batches.',
  },
];

function nearFull({ code, field, name, from, waits = false, say }: Resource): Rule {
  return {
    code,
    source: 'usage of the replicas in the metrics, a mean of the last minute (facts L6 and L7)',
    find(evidence) {
      const { metrics } = evidence;
      if (!metrics) return undefined;
      return entitiesOf(evidence).flatMap((entity): Finding[] => {
        const own = metrics.entities.get(entity.name);
        const value = own?.[field];
        if (value === undefined || value < from) return [];
        if (waits && (own?.queue_p95_ms ?? 0) < QUEUE_MS) return [];
        // A busy CPU is a fault only while it has work: a start takes all of it for a while.
        if (field === 'cpu_percent' && (own?.requests ?? 0) < ENOUGH) return [];
        const before = metrics.before?.entities.get(entity.name)?.[field];
        return [
          {
            code,
            severity: 'minor',
            sentence: `The ${name} of ${entity.name} is nearly full.`,
            evidence: [
              {
                source: 'metrics',
                of: `${name} of ${entity.name}`,
                text: `${value} %${before === undefined ? '' : `, ${before} % earlier`}`,
                at: metrics.at,
              },
            ],
            remedy: {
              person: 'endpoint manager',
              say,
              after: { tool: 'get_metrics', args: { endpoint: evidence.endpoint.name } },
            },
            confidence: before !== undefined && before >= from ? 'certain' : 'likely',
          },
        ];
      });
    },
  };
}

export const CAPACITY_RULES: readonly Rule[] = [
  scaledToZero,
  coldStart,
  coldStartLoop,
  saturated,
  ...RESOURCES.map(nearFull),
];
