import type { SeedVersion } from '../seed/seed.ts';
import type { EntityInput } from '../state/wire-types.ts';
import type { Incident, Wording } from './incident.ts';
import { chat, endpoint, entity, model, redeploy, row, version, weights } from './parts.ts';

interface Case {
  endpoint: string;
  model: string;
  spec: SeedVersion['spec'];
  query: Record<string, unknown>;
  per_minute: number;
  latency_ms: number;
  served: EntityInput;
  deploys: EntityInput;
  share: number;
  noise: string[];
}

function wording(c: Case): Wording {
  const { workload_size: _, ...sized } = entity(c.model, 2, c.served);
  const before = 'max_provisioned_concurrency' in c.served ? sized : entity(c.model, 2, c.served);
  const after = { ...before, ...c.deploys };
  return {
    endpoint: c.endpoint,
    seed: {
      models: [model(c.model, [version(2, c.spec, { latency_ms: c.latency_ms, service_log_lines: c.noise })])],
      endpoints: [
        endpoint(c.endpoint, {
          config: { served_entities: [before] },
          traffic: { requests_per_minute: c.per_minute },
        }),
      ],
    },
    shows: { share_of_errors: c.share },
    remedy: redeploy(c.endpoint, [after]),
    query: c.query,
  };
}

const MEAL = { persons: 0.2, hour: 0.1 };
const BIKE = { docks: 0.3, rain: -0.4 };

/** More requests at once than the endpoint has places. */
export const busyHours: Incident = {
  name: 'busy-hours',
  symptom: 'From nine to five, answers are slow and a part of the calls is refused; at night all is well.',
  causes: ['endpoint_concurrency'],
  wordings: [
    wording({
      endpoint: 'meal-planner',
      model: 'canteen.prod.meal_planner',
      spec: weights(MEAL),
      query: row(MEAL),
      per_minute: 900,
      latency_ms: 420,
      served: {},
      deploys: { workload_size: 'Medium' },
      share: 0.2,
      noise: ['{log_time} INFO meal_planner: 4 solver threads'],
    }),
    wording({
      endpoint: 'bike-return',
      model: 'city.live.bike_return',
      spec: weights(BIKE),
      query: row(BIKE),
      per_minute: 1500,
      latency_ms: 600,
      served: { min_provisioned_concurrency: 4, max_provisioned_concurrency: 8 },
      deploys: { max_provisioned_concurrency: 32 },
      share: 0.3,
      noise: [],
    }),
    wording({
      endpoint: 'bid-writer',
      model: 'sales.agents.bid_writer',
      spec: { kind: 'agent', protocol: 'chat' },
      query: chat('Write a bid.'),
      per_minute: 160,
      latency_ms: 9_000,
      served: { workload_size: 'Medium' },
      deploys: { workload_size: 'Large' },
      share: 0.2,
      noise: ['{log_time} WARNING bid_writer: rate limit of the search tool is 10 calls a minute'],
    }),
  ],
};
