import type { Incident, SeedParts, Wording } from './incident.ts';
import { endpoint, entity, model, redeploy, row, version, weights } from './parts.ts';

interface Case {
  endpoint: string;
  model: string;
  columns: Record<string, number>;
  creator: string;
  people: SeedParts;
  per_minute: number;
  noise: string[];
}

function wording(c: Case): Wording {
  const next = redeploy(c.endpoint, [entity(c.model, 2)]);
  const spec = weights(c.columns);
  return {
    endpoint: c.endpoint,
    seed: {
      ...c.people,
      models: [model(c.model, [version(1, spec, { service_log_lines: c.noise }), version(2, spec)])],
      endpoints: [
        endpoint(c.endpoint, {
          creator: c.creator,
          config: { served_entities: [entity(c.model, 1)] },
          grants: [{ group_name: 'data-science', permission_level: 'CAN_MANAGE' }],
          traffic: { requests_per_minute: c.per_minute },
        }),
      ],
      steps: [
        {
          name: 'restore-creator',
          does: 'An account admin makes the creator of the endpoint a member of the workspace again.',
          returns: [c.creator],
        },
      ],
    },
    shows: {
      refuses: {
        call: ['PUT', `/api/2.0/serving-endpoints/${c.endpoint}/config`, { served_entities: [entity(c.model, 2)] }],
        text: 'is not an active member of this workspace',
      },
    },
    remedy: [{ step: 'restore-creator' }, ...next],
    query: row(c.columns),
  };
}

const BOT = '71c0a5de-2f1b-4d35-a4a9-93e1b2f0c6d8';

/** The creator of the endpoint left, and the service counts the rights of no one else. */
export const nobodyMayUpdate: Incident = {
  name: 'nobody-may-update',
  symptom: 'The endpoint answers well, but every update is refused, even for those who may manage it.',
  causes: ['creator_left'],
  wordings: [
    wording({
      endpoint: 'seat-upgrade',
      model: 'airline.live.seat_upgrade',
      columns: { miles: 0.001, legs: 0.2 },
      creator: 'former-colleague@example.com',
      people: { users: [{ user_name: 'former-colleague@example.com', left: true }] },
      per_minute: 33,
      noise: [
        "{log_time} WARNING seat_upgrade: User does not have USE SCHEMA on Schema 'system.access'; lineage is off",
      ],
    }),
    wording({
      endpoint: 'pallet-count',
      model: 'logistics.live.pallet_count',
      columns: { width: 0.3, height: 0.4 },
      creator: BOT,
      people: { service_principals: [{ application_id: BOT, display_name: 'old-deploy-bot', left: true }] },
      per_minute: 0.6,
      noise: [],
    }),
    wording({
      endpoint: 'tender-score',
      model: 'procurement.prod.tender_score',
      columns: { price: -0.001, quality: 0.8 },
      creator: 'on-leave@example.com',
      people: { users: [{ user_name: 'on-leave@example.com', active: false, groups: ['data-science'] }] },
      per_minute: 180,
      noise: ['tender_score ready'],
    }),
  ],
};
