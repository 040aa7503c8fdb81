import type { Incident, Remedy, Wording } from './incident.ts';
import { endpoint, entity, model, redeploy, row, version, weights } from './parts.ts';

interface Case {
  endpoint: string;
  model: string;
  columns: Record<string, number>;
  versions: [older: number, newer: number];
  minutes_ago: number;
  per_minute: number;
  share: number;
  message: string;
  code: string;
  /** How it ends: the callers send what the model wants, or the older version comes back. */
  ends: 'callers' | 'rollback';
  noise: string[];
}

function wording(c: Case): Wording {
  const [older, newer] = c.versions;
  const spec = weights(c.columns);
  const remedy: Remedy[] =
    c.ends === 'callers' ? [{ step: 'correct-the-caller' }] : redeploy(c.endpoint, [entity(c.model, older)]);
  return {
    endpoint: c.endpoint,
    seed: {
      models: [
        model(
          c.model,
          [older, newer].map((number) => version(number, spec, { service_log_lines: c.noise })),
        ),
      ],
      endpoints: [
        endpoint(c.endpoint, {
          config: { served_entities: [entity(c.model, newer)] },
          traffic: { requests_per_minute: c.per_minute, callers: [{ principal: 'app-listing-app', share: c.share }] },
          mishaps: [
            {
              match: { version: String(newer) },
              share: c.share,
              others: true,
              since_minutes_ago: c.minutes_ago,
              answer: { status: 400, body: { error_code: c.code, message: c.message } },
              log_lines: [
                '[{time}] [115] [WARNING] The request could not be evaluated; see its answer.',
                `{log_time} ERROR mlflowserving.scoring_server: ${c.message}`,
              ],
              latency_ms: 3,
              until: { fact: 'caller-corrected' },
            },
          ],
        }),
      ],
      steps: [
        {
          name: 'correct-the-caller',
          does: 'The team of the calling app sends the columns that the model wants.',
          facts: ['caller-corrected'],
        },
      ],
    },
    shows: { texts: [c.message], share_of_errors: c.share / 2 },
    remedy,
    query: row(c.columns),
  };
}

/** Callers do not send the columns that the new version needs. */
export const partnerAppErrors: Incident = {
  name: 'partner-app-errors',
  symptom: "The partner's app gets errors since our last release; our own tests pass.",
  causes: ['columns_missing'],
  wordings: [
    wording({
      endpoint: 'freight-quote',
      model: 'logistics.live.freight_quote',
      columns: { weight: 0.4, volume: 0.2, fuel_index: 1.1 },
      versions: [6, 7],
      minutes_ago: 260,
      per_minute: 48,
      share: 0.5,
      message: "Failed to enforce schema of data. Error: Model is missing inputs ['fuel_index'].",
      code: 'BAD_REQUEST',
      ends: 'callers',
      noise: [],
    }),
    wording({
      endpoint: 'hotel-upsell',
      model: 'hotel.prod.hotel_upsell',
      columns: { stay: 0.1, loyalty: 0.5 },
      versions: [3, 4],
      minutes_ago: 70,
      per_minute: 9,
      share: 0.9,
      message: "Model is missing inputs ['loyalty']. Note that there were extra inputs: ['loyalty_level']",
      code: 'INVALID_PARAMETER_VALUE',
      ends: 'rollback',
      noise: ['{log_time} INFO upsell: schema enforcement is on'],
    }),
    wording({
      endpoint: 'heat-demand',
      model: 'energy.prod.heat_demand',
      columns: { outside: -0.4, hour: 0.1, holiday: 0.2 },
      versions: [10, 12],
      minutes_ago: 1_000,
      per_minute: 130,
      share: 0.3,
      message:
        "Incompatible input: Model is missing inputs ['holiday', 'outside']. Note that there were extra inputs: ['outside_temp', 'is_holiday', 'source'].",
      code: 'BAD_REQUEST',
      ends: 'callers',
      noise: ['/model/code/heat.py:3: FutureWarning: column names with blanks are deprecated'],
    }),
  ],
};
