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
  wake_seconds: number;
  idle: number;
  per_minute?: number;
}): Wording {
  const served = entity(c.model, 3, { ...c.served, scale_to_zero_enabled: true });
  return {
    endpoint: c.endpoint,
    seed: {
      models: [model(c.model, [version(3, c.spec, { wake_seconds: c.wake_seconds })])],
      endpoints: [
        endpoint(c.endpoint, {
          config: { served_entities: [served] },
          idle_since_minutes_ago: c.idle,
          ...(c.per_minute ? { traffic: { requests_per_minute: c.per_minute } } : {}),
        }),
      ],
    },
    shows: { texts: ['Scaled to zero'] },
    remedy: redeploy(c.endpoint, [{ ...served, scale_to_zero_enabled: false }]),
    query: c.query,
  };
}

const ALERT = { level: 0.4, rain: 0.2 };

/** The endpoint scales to zero between its few calls, and each of them waits for a start. */
export const firstCallHangs: Incident = {
  name: 'first-call-hangs',
  symptom: 'The first call after a pause hangs for minutes and often times out at the caller.',
  causes: ['scaled_to_zero'],
  wordings: [
    wording({
      endpoint: 'flood-alert',
      model: 'rivers.prod.flood_alert',
      spec: weights(ALERT),
      query: row(ALERT),
      served: {},
      wake_seconds: 240,
      idle: 95,
      per_minute: 0.012,
    }),
    wording({
      endpoint: 'patent-vectors',
      model: 'legal.prod.patent_vectors',
      spec: { kind: 'embedding', dimensions: 48 },
      query: { input: ['a hinge'] },
      served: { workload_type: 'GPU_MEDIUM' },
      wake_seconds: 520,
      idle: 47,
    }),
    wording({
      endpoint: 'audit-agent',
      model: 'finance.agents.audit_agent',
      spec: { kind: 'agent', protocol: 'responses' },
      query: { input: [{ role: 'user', content: 'Check invoice 9.' }] },
      served: { workload_size: 'Medium' },
      wake_seconds: 150,
      idle: 1_500,
      per_minute: 0.005,
    }),
  ],
};
