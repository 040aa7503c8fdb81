import { brokenVersion } from './broken-version.ts';
import type { Incident } from './incident.ts';
import { chat, endpoint, entity, model, row, version, weights } from './parts.ts';

const SNOW = { depth: 0.2, wind: 0.1 };
const FARE = { km: 0.3, demand: 0.5 };
const QUOTA = 'Workspace exceeded provisioned concurrency quota';

/** The endpoints of the workspace together need more concurrency than it may provision. */
export const noRoomLeft: Incident = {
  name: 'no-room-left',
  symptom: 'A larger size for the winter cannot be deployed; it fails within minutes.',
  causes: ['concurrency_quota'],
  wordings: [
    brokenVersion({
      endpoint: 'snow-plough',
      model: 'roads.prod.snow_plough',
      spec: weights(SNOW),
      query: row(SNOW),
      serves: 6,
      minutes_ago: 40,
      per_minute: 44,
      updates: { workload_size: 'Large' },
      texts: [QUOTA],
      parts: {
        limits: { provisioned_concurrency: 100 },
        models: [model('roads.old.batch_scores', [version(1, weights({ a: 1 }))])],
        endpoints: [
          endpoint('batch-scores-2024', {
            config: { served_entities: [entity('roads.old.batch_scores', 1, { workload_size: 'Large' })] },
          }),
        ],
      },
      calls: [{ call: ['DELETE', '/api/2.0/serving-endpoints/batch-scores-2024'] }],
    }),
    brokenVersion({
      endpoint: 'night-fare',
      model: 'taxi.live.night_fare',
      spec: weights(FARE),
      query: row(FARE),
      serves: 12,
      minutes_ago: 15,
      per_minute: 300,
      updates: { workload_size: 'Medium' },
      texts: [QUOTA],
      parts: {
        limits: { provisioned_concurrency: 32 },
        steps: [
          {
            name: 'raise-quota',
            does: 'Databricks raises the concurrency quota of the workspace.',
            provisioned_concurrency: 200,
          },
        ],
      },
      before: ['raise-quota'],
    }),
    brokenVersion({
      endpoint: 'ski-guide',
      model: 'travel.prod.ski_guide',
      spec: { kind: 'agent', protocol: 'chat' },
      query: chat('Is there snow?'),
      serves: 0,
      minutes_ago: 190,
      per_minute: 0,
      updates: { workload_size: 'Large' },
      texts: [QUOTA],
      parts: { limits: { provisioned_concurrency: 60 } },
      deploys: { workload_size: 'Small' },
    }),
  ],
};
