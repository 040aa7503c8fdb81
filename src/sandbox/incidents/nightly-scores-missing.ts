import type { SeedVersion } from '../seed/seed.ts';
import type { EntityInput } from '../state/wire-types.ts';
import type { Incident, Wording } from './incident.ts';
import { endpoint, entity, model, redeploy, row, version, weights } from './parts.ts';

function wording(c: {
  endpoint: string;
  model: string;
  spec: SeedVersion['spec'];
  query: Record<string, unknown>;
  served: EntityInput;
  description: string;
}): Wording {
  const served = entity(c.model, 5, c.served);
  return {
    endpoint: c.endpoint,
    seed: {
      models: [model(c.model, [version(5, c.spec)])],
      endpoints: [
        endpoint(c.endpoint, {
          stopped: true,
          description: c.description,
          config: { served_entities: [served] },
          idle_since_minutes_ago: 900,
        }),
      ],
    },
    shows: { not_ready: true, texts: ['DEPLOYMENT_STOPPED', 'The given endpoint is stopped'] },
    remedy: redeploy(c.endpoint, [served]),
    query: c.query,
  };
}

const METER = { reading: 0.1, days: 0.4 };
const CLAIM = { amount: 0.01, age: 0.2 };

/** A person stopped the endpoint in the UI. */
export const nightlyScoresMissing: Incident = {
  name: 'nightly-scores-missing',
  symptom: 'The nightly job has written no scores since the weekend.',
  causes: ['endpoint_stopped'],
  wordings: [
    wording({
      endpoint: 'meter-check',
      model: 'water.live.meter_check',
      spec: weights(METER),
      query: row(METER),
      served: {},
      description: 'Plausibility of meter readings. Called by the job at 02:00.',
    }),
    wording({
      endpoint: 'archive-embed',
      model: 'archive.prod.archive_embed',
      spec: { kind: 'embedding', dimensions: 24 },
      query: { input: ['letter of 1911'] },
      served: { workload_type: 'GPU_SMALL', scale_to_zero_enabled: true },
      description: '',
    }),
    wording({
      endpoint: 'dental-claims',
      model: 'insurance.live.dental_claims',
      spec: weights(CLAIM, 'logistic'),
      query: row(CLAIM),
      served: { workload_size: 'Medium' },
      description: 'Never scale to zero: the batch times out. Error budget 0.1 %.',
    }),
  ],
};
