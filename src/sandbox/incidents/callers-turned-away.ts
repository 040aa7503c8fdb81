import type { Incident, Wording } from './incident.ts';
import { endpoint, entity, model, row, version, weights } from './parts.ts';

interface Case {
  endpoint: string;
  model: string;
  columns: Record<string, number>;
  limit: number;
  per_minute: number;
  callers: { principal: string; share: number }[];
  latency_ms: number;
  noise: string[];
}

function wording(c: Case): Wording {
  const gateway = (calls: number) => ({
    usage_tracking_config: { enabled: true },
    rate_limits: [{ calls, key: 'endpoint' as const, renewal_period: 'minute' as const }],
  });
  return {
    endpoint: c.endpoint,
    seed: {
      models: [
        model(c.model, [version(3, weights(c.columns), { latency_ms: c.latency_ms, service_log_lines: c.noise })]),
      ],
      endpoints: [
        endpoint(c.endpoint, {
          config: { served_entities: [entity(c.model, 3, { workload_size: 'Medium' })] },
          ai_gateway: gateway(c.limit),
          traffic: { requests_per_minute: c.per_minute, callers: c.callers, error_rate: 0.002 },
        }),
      ],
    },
    remedy: [
      { call: ['PUT', `/api/2.0/serving-endpoints/${c.endpoint}/ai-gateway`, gateway(c.per_minute * 4)] },
      { wait_minutes: 12 },
    ],
    query: row(c.columns),
    shows: { share_of_errors: (1 - c.limit / c.per_minute) / 2 },
  };
}

/** The endpoint's own limit is lower than what its callers send. */
export const callersTurnedAway: Incident = {
  name: 'callers-turned-away',
  symptom: 'At busy times, many calls of the web shop are refused.',
  causes: ['own_limit_requests'],
  wordings: [
    wording({
      endpoint: 'size-advisor',
      model: 'shop.prod.size_advisor',
      columns: { height: 0.2, weight: 0.1, last_size: 0.7 },
      limit: 120,
      per_minute: 300,
      callers: [{ principal: 'app-listing-app', share: 0.7 }],
      latency_ms: 22,
      noise: ['{log_time} WARNING size_advisor: retry limit of the cache is 3'],
    }),
    wording({
      endpoint: 'search-boost',
      model: 'shop.prod.search_boost',
      columns: { clicks: 0.4, margin: 1.2 },
      limit: 40,
      per_minute: 55,
      callers: [],
      latency_ms: 11,
      noise: [],
    }),
    wording({
      endpoint: 'voucher-check',
      model: 'shop.live.voucher_check',
      columns: { voucher_value: 0.02, orders: 0.3, returns: -0.5 },
      limit: 900,
      per_minute: 1500,
      callers: [
        { principal: 'deploy-bot', share: 0.3 },
        { principal: 'analyst@example.com', share: 0.05 },
      ],
      latency_ms: 35,
      noise: ['voucher_check ready', '/model/code/vouchers.py:12: FutureWarning: rate_limit is deprecated'],
    }),
  ],
};
