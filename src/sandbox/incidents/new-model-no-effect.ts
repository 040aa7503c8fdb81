import type { Incident, Wording } from './incident.ts';
import { endpoint, entity, model, row, version, weights } from './parts.ts';

interface Case {
  endpoint: string;
  model: string;
  columns: Record<string, number>;
  versions: [older: number, newer: number];
  per_minute: number;
  /** A third version that takes a part of the traffic. */
  third?: { version: number; percentage: number };
  noise: string[];
}

function wording(c: Case): Wording {
  const [older, newer] = c.versions;
  const leaf = c.model.split('.').at(-1);
  const numbers = [older, newer, ...(c.third ? [c.third.version] : [])];
  const entities = numbers.map((number) => entity(c.model, number));
  const routes = (shares: number[]) => ({
    routes: numbers.map((number, at) => ({
      served_entity_name: `${leaf}-${number}`,
      traffic_percentage: shares[at] ?? 0,
    })),
  });
  const third = c.third?.percentage ?? 0;
  const spec = (scale: number) =>
    weights(Object.fromEntries(Object.entries(c.columns).map(([name, weight]) => [name, weight * scale])));
  return {
    endpoint: c.endpoint,
    seed: {
      models: [
        model(
          c.model,
          numbers.map((number) => version(number, spec(number), { service_log_lines: c.noise })),
          { aliases: { champion: newer } },
        ),
      ],
      endpoints: [
        endpoint(c.endpoint, {
          config: { served_entities: entities, traffic_config: routes([100 - third, 0, third]) },
          traffic: { requests_per_minute: c.per_minute },
        }),
      ],
    },
    shows: { texts: ['"traffic_percentage":0'] },
    remedy: [
      {
        call: [
          'PUT',
          `/api/2.0/serving-endpoints/${c.endpoint}/config`,
          { served_entities: entities, traffic_config: routes([0, 100 - third, third]) },
        ],
      },
      { wait_minutes: 2 },
    ],
    query: row(c.columns),
  };
}

/** The new version is deployed, and no route leads to it. */
export const newModelNoEffect: Incident = {
  name: 'new-model-no-effect',
  symptom: 'The new model is deployed and ready, but the predictions are still those of the old one.',
  causes: ['route_at_zero'],
  wordings: [
    wording({
      endpoint: 'demand-week',
      model: 'supply.prod.demand_week',
      columns: { promo: 0.4, price: -0.2 },
      versions: [4, 5],
      per_minute: 14,
      noise: [],
    }),
    wording({
      endpoint: 'ad-bid',
      model: 'ads.live.ad_bid',
      columns: { ctr: 3, quality: 0.7 },
      versions: [18, 22],
      third: { version: 19, percentage: 20 },
      per_minute: 260,
      noise: ['{log_time} WARNING ad_bid: traffic split is decided by the caller when the header is set'],
    }),
    wording({
      endpoint: 'visa-time',
      model: 'gov.prod.visa_time',
      columns: { season: 0.5, backlog: 0.02 },
      versions: [1, 2],
      per_minute: 0.3,
      noise: ['visa_time: deprecated option ignored: traffic=0.0'],
    }),
  ],
};
