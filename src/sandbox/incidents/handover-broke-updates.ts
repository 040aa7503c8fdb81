import { type BrokenVersion, brokenVersion } from './broken-version.ts';
import type { Incident, Wording } from './incident.ts';
import { row, weights } from './parts.ts';

const ENGINEER = 'ml-engineer@example.com';
const BOT = '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21';
const SHIP = { draught: 0.3, wind: 0.1 };
const RENT = { rooms: 0.6, floor: 0.1 };
const WINE = { sugar: 0.1, acid: 0.3 };

/** @param creator owns the endpoint, and has no EXECUTE on the model. */
function without(c: Omit<BrokenVersion, 'failure'> & { creator: string; said: string; log_lines?: string[] }): Wording {
  const { creator, said, log_lines = [], ...rest } = c;
  return brokenVersion({
    ...rest,
    failure: {
      phase: 'load',
      message: said,
      log_lines,
      until: { privilege: { principal: creator, on: c.model, privilege: 'EXECUTE' } },
    },
    registered: { owner: 'admin@example.com', execute: ['analysts'] },
    more: { creator, ...c.more },
    calls: [
      {
        call: [
          'PATCH',
          `/api/2.1/unity-catalog/permissions/function/${c.model}`,
          { changes: [{ principal: creator, add: ['EXECUTE'] }] },
        ],
      },
    ],
  });
}

/** The creator of the endpoint may no longer execute the model. */
export const handoverBrokeUpdates: Incident = {
  name: 'handover-broke-updates',
  symptom: 'Since the model has a new owner, every update of the endpoint fails.',
  causes: ['uc_execute_missing'],
  wordings: [
    without({
      endpoint: 'ship-berth',
      model: 'harbour.prod.ship_berth',
      spec: weights(SHIP),
      query: row(SHIP),
      serves: 4,
      minutes_ago: 22,
      per_minute: 6,
      creator: ENGINEER,
      said: "User does not have EXECUTE on Routine or Model 'harbour.prod.ship_berth'.",
      texts: ["User does not have EXECUTE on Routine or Model 'harbour.prod.ship_berth'"],
    }),
    without({
      endpoint: 'rent-index',
      model: 'housing.live.rent_index',
      spec: weights(RENT),
      query: row(RENT),
      serves: 9,
      minutes_ago: 700,
      per_minute: 52,
      creator: BOT,
      said: 'Model server failed to load the model. PERMISSION_DENIED',
      log_lines: [
        "{log_time} WARNING lineage: User does not have USE SCHEMA on Schema 'system.access'; lineage is off",
        "databricks.sdk.errors.platform.PermissionDenied: PERMISSION_DENIED: User does not have EXECUTE on Routine or Model 'housing.live.rent_index'.",
      ],
      texts: ["does not have EXECUTE on Routine or Model 'housing.live.rent_index'"],
    }),
    without({
      endpoint: 'wine-score',
      model: 'shop.live.wine_score',
      spec: weights(WINE),
      query: row(WINE),
      serves: 2,
      minutes_ago: 95,
      per_minute: 0.4,
      creator: ENGINEER,
      said: "An error occurred in model loading code. RestException: PERMISSION_DENIED: User does not have EXECUTE on Routine or Model 'shop.live.wine_score'",
      log_lines: [
        "mlflow.exceptions.RestException: PERMISSION_DENIED: User does not have EXECUTE on Routine or Model 'shop.live.wine_score'. [ReqId: 8d0f2a34-11c7-4a5b-9f0e-2c1d3e4f5a6b]",
      ],
      texts: ['[ReqId: 8d0f2a34'],
    }),
  ],
};
