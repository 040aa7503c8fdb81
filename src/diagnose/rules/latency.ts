/** Slow answers: near the time limit, slower than before, or a newer entity that is worse than the older one. Pure. */

import { adviceFor } from '../../advice/advice.ts';
import { histogram, quantile } from '../../digest/histogram.ts';
import type { Digest } from '../../digest/metrics.ts';
import { trafficOf } from '../../rest/traffic.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding, Proof, Remedy, Rule } from '../finding.ts';
import { fromWords, personal } from './from-words.ts';
import { ENOUGH } from './numbers.ts';
import { toTraffic } from './routes.ts';
import { saidBy } from './said.ts';

/** Milliseconds that the service gives a model, and those from which a request is near them: bounds of buckets are coarse. */
const LIMIT_MS = 297_000;
const NEAR_MS = 240_000;

const timeLimit: Rule = {
  ...fromWords({
    code: 'near_time_limit',
    source: 'a 504, or the words of the proxy: the service gives a model 297 s',
    causes: ['time_limit', 'status_slow_model'],
    severity: 'major',
    sentence: () => 'Requests take longer than the 297 s that the service allows.',
    explains: ['errors_5xx', 'latency_increased'],
    remedy: ({ endpoint }) => personal(adviceFor('time_limit', { endpoint: endpoint.name })),
    only: 'answer',
  }),
};

/** Two requests or more: one may be a single bad input. */
const nearTimeLimit: Rule = {
  code: 'near_time_limit',
  source: `request_latency_ms of the metrics against the limit of ${LIMIT_MS / 1000} s`,
  find(evidence) {
    const { metrics, endpoint } = evidence;
    if (!metrics || saidBy(evidence).some(({ cause }) => cause === 'time_limit')) return undefined;
    const steps = histogram(metrics.samples, 'request_latency_ms');
    const all = steps.at(-1)?.count ?? 0;
    const below = steps.findLast(({ bound }) => bound <= NEAR_MS)?.count ?? 0;
    const p95 = quantile(steps, 0.95)?.value ?? 0;
    const long = Math.round(all - below);
    // The bucket with the limit may begin far below it. Then only the percentile tells.
    const coarse = steps.findLast(({ bound }) => bound <= NEAR_MS)?.bound ?? 0;
    if (long < 2 || (coarse < NEAR_MS / 2 && p95 < NEAR_MS) || p95 < coarse) return undefined;
    return {
      code: 'near_time_limit',
      severity: 'major',
      sentence: 'Requests take nearly as long as the service allows (297 s), and longer ones fail.',
      evidence: [
        {
          source: 'metrics',
          of: 'request_latency_ms',
          text: `${long} of ${Math.round(all)} requests above ${coarse} ms; p95 ${Math.round(p95)} ms`,
          at: metrics.at,
        },
      ],
      remedy: personal(adviceFor('time_limit', { endpoint: endpoint.name })),
      confidence: 'likely',
      explains: ['latency_increased', 'errors_5xx'],
    } satisfies Finding;
  },
};

/** Factors against earlier readings. Latencies of one endpoint vary, also by their mix of requests. */
const SLOWER_P95 = 2;
const SLOWER_P50 = 1.5;
/** Milliseconds below which nobody notices. */
const NOTICED_MS = 200;

function isSlower(now: Digest, before: Digest): boolean {
  if ((now.requests ?? 0) < ENOUGH || (before.requests ?? 0) < ENOUGH) return false;
  const { p95_ms: p95, p50_ms: p50 } = now;
  if (p95 === undefined || before.p95_ms === undefined || before.p95_ms === 0) return false;
  const middle = p50 === undefined || !before.p50_ms ? true : p50 >= SLOWER_P50 * before.p50_ms;
  return p95 >= SLOWER_P95 * before.p95_ms && p95 - before.p95_ms >= NOTICED_MS && middle;
}

/** Slower than in stored readings, without a queue: the model or something that it calls. */
const latencyIncreased: Rule = {
  code: 'latency_increased',
  source: `percentiles of two spans with ${ENOUGH} requests or more each`,
  find(evidence) {
    const { metrics } = evidence;
    const before = metrics?.before;
    if (!metrics || !before) return undefined;
    const several = metrics.entities.size > 1;
    const slower = [...metrics.entities].find(([name, own]) => {
      const earlier = before.entities.get(name);
      return earlier !== undefined && isSlower(own, earlier);
    });
    if (!isSlower(metrics.total, before.total) && !slower) return undefined;
    const now = slower?.[1] ?? metrics.total;
    const then = (slower && before.entities.get(slower[0])) ?? before.total;
    const whose = slower && several ? ` of ${slower[0]}` : '';
    return {
      code: 'latency_increased',
      severity: 'minor',
      sentence: `Answers${whose} take longer than before, and requests do not wait for a replica: the model, or something that it calls, became slower.`,
      since: before.at,
      evidence: [
        {
          source: 'metrics',
          of: `latency${whose}`,
          text: `p95 ${now.p95_ms} ms, p50 ${now.p50_ms ?? '?'} ms, ${now.requests} requests`,
          at: metrics.at,
        },
        {
          source: 'metrics',
          of: `latency${whose} before`,
          text: `p95 ${then.p95_ms} ms, p50 ${then.p50_ms ?? '?'} ms, ${then.requests} requests`,
          at: before.at,
        },
      ],
      remedy: {
        person: 'model author',
        say: 'Compare the time in the model with the time in what it calls, such as a database or another endpoint. Larger inputs and longer outputs take longer too.',
        after: { tool: 'get_logs', args: { endpoint: evidence.endpoint.name } },
      },
      confidence: 'likely',
    } satisfies Finding;
  },
};

/** Percentage points and factor from which a newer entity is worse. */
const WORSE_POINTS = 5;
const WORSE_RATIO = 2;

function backTo(evidence: Evidence, older: string): Remedy {
  const { endpoint } = evidence;
  const others = [...trafficOf(endpoint.config).keys()].filter((name) => name !== older);
  const traffic = Object.fromEntries([[older, 100], ...others.map((name) => [name, 0])]);
  return toTraffic(endpoint, traffic, `Sends all traffic to ${older}, which serves already. Nothing is deployed.`);
}

/** Both served at the same time, so the difference is that of the versions. */
const newerFails: Rule = {
  code: 'newer_entity_fails',
  source: 'metrics of two entities at the same time, by the test for two proportions',
  find(evidence) {
    const { metrics } = evidence;
    return (metrics?.compared ?? []).flatMap((each): Finding[] => {
      if (!metrics || each.caution !== undefined || each.order.startsWith('unknown')) return [];
      const kinds = (['5xx', '4xx'] as const).filter(
        (kind) => (each[`error_${kind}_points`] ?? 0) >= WORSE_POINTS && !each.within_chance?.includes(kind),
      );
      if (kinds.length === 0) return [];
      const proof = (name: string): Proof => {
        const own = metrics.entities.get(name);
        const text = `${own?.error_5xx_percent ?? 0} % 5xx and ${own?.error_4xx_percent ?? 0} % 4xx of ${own?.requests ?? '?'} requests`;
        return { source: 'metrics', of: name, text, at: metrics.at };
      };
      return [
        {
          code: 'newer_entity_fails',
          severity: 'major',
          sentence: `${each.entity} fails far more often than the older ${each.against}, at the same time and under the same traffic.`,
          evidence: [proof(each.entity), proof(each.against)],
          remedy: backTo(evidence, each.against),
          confidence: 'certain',
          explains: ['errors_4xx', 'errors_5xx'],
        },
      ];
    });
  },
};

const newerSlow: Rule = {
  code: 'newer_entity_slow',
  source: 'metrics of two entities at the same time',
  find(evidence) {
    const { metrics } = evidence;
    return (metrics?.compared ?? []).flatMap((each): Finding[] => {
      if (!metrics || each.caution !== undefined || each.order.startsWith('unknown')) return [];
      const [own, old] = [metrics.entities.get(each.entity), metrics.entities.get(each.against)];
      const more = (own?.p95_ms ?? 0) - (old?.p95_ms ?? 0);
      if ((each.p95_ratio ?? 0) < WORSE_RATIO || more < NOTICED_MS) return [];
      const middle = own?.p50_ms !== undefined && old?.p50_ms !== undefined && own.p50_ms < SLOWER_P50 * old.p50_ms;
      if (middle) return [];
      return [
        {
          code: 'newer_entity_slow',
          severity: 'minor',
          sentence: `${each.entity} answers far more slowly than the older ${each.against}, at the same time and under the same traffic.`,
          evidence: [
            {
              source: 'metrics',
              of: each.entity,
              text: `p95 ${own?.p95_ms} ms of ${own?.requests} requests`,
              at: metrics.at,
            },
            {
              source: 'metrics',
              of: each.against,
              text: `p95 ${old?.p95_ms} ms of ${old?.requests} requests`,
              at: metrics.at,
            },
          ],
          remedy: backTo(evidence, each.against),
          confidence: 'likely',
          explains: ['latency_increased'],
        },
      ];
    });
  },
};

export const LATENCY_RULES: readonly Rule[] = [timeLimit, nearTimeLimit, latencyIncreased, newerFails, newerSlow];
