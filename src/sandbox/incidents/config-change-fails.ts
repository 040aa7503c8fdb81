import { brokenVersion } from './broken-version.ts';
import type { Incident } from './incident.ts';
import { chat, row, weights } from './parts.ts';

const MILK = { fat: 0.4, temperature: -0.1 };
const JOBS = { salary: 0.001, skills: 0.3 };

/** The config names a secret that is not there. */
export const configChangeFails: Incident = {
  name: 'config-change-fails',
  symptom: 'A small change of the configuration fails within minutes, without any build.',
  causes: ['secret_missing'],
  wordings: [
    brokenVersion({
      endpoint: 'milk-quality',
      model: 'dairy.prod.milk_quality',
      spec: weights(MILK),
      query: row(MILK),
      serves: 2,
      minutes_ago: 33,
      per_minute: 16,
      updates: { environment_vars: { LAB_TOKEN: '{{secrets/dairy/lab_token}}' } },
      texts: ['Secret does not exist with scope: dairy and key: lab_token'],
      parts: { secret_scopes: [{ name: 'dairy', keys: ['lab_token_old', 'warehouse_token'] }] },
      calls: [
        { call: ['POST', '/api/2.0/secrets/put', { scope: 'dairy', key: 'lab_token', string_value: 'made-up' }] },
      ],
    }),
    brokenVersion({
      endpoint: 'travel-agent',
      model: 'travel.prod.travel_agent',
      spec: { kind: 'agent', protocol: 'chat' },
      query: chat('Two nights in Rome.'),
      serves: 0,
      minutes_ago: 12,
      per_minute: 0,
      updates: { environment_vars: { MAPS_KEY: '{{secrets/travel-keys/maps}}', LOG_LEVEL: 'error' } },
      texts: ['Scope travel-keys does not exist!'],
      calls: [
        { call: ['POST', '/api/2.0/secrets/scopes/create', { scope: 'travel-keys' }] },
        { call: ['POST', '/api/2.0/secrets/put', { scope: 'travel-keys', key: 'maps', string_value: 'made-up' }] },
      ],
    }),
    brokenVersion({
      endpoint: 'job-match',
      model: 'people.live.job_match',
      spec: weights(JOBS, 'logistic'),
      query: row(JOBS),
      serves: 31,
      minutes_ago: 500,
      per_minute: 140,
      updates: { environment_vars: { STORE_TOKEN: '{{secrets/ml/feature_store_tokn}}' } },
      texts: ['Secret does not exist with scope: ml and key: feature_store_tokn'],
      deploys: { environment_vars: { STORE_TOKEN: '{{secrets/ml/feature_store_token}}' } },
    }),
  ],
};
