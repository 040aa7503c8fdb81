/** A workspace with an endpoint in every state, so that every check has something to judge. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_REQUESTS } from '../../src/doctor/contract-reader.ts';
import { type Client, ENDPOINTS, startClient } from '../sandbox/client.ts';
import { RUN_ALL } from '../support/selection.ts';
import { type Compared, compare } from './run-contract.ts';

const DEFAULT = JSON.parse(
  readFileSync(new URL('../../src/sandbox/seed/default-workspace.json', import.meta.url), 'utf8'),
);

const logistic = {
  kind: 'logistic',
  inputs: [
    { name: 'age', type: 'long' },
    { name: 'plan', type: 'string', required: false },
  ],
  intercept: 0,
  coefficients: { age: 0.1 },
};
const model = (full_name: string, more: Record<string, unknown> = {}) => ({
  full_name,
  owner: 'ml-engineer@example.com',
  versions: [{ version: 1, status: 'READY', spec: logistic, ...more }],
});
const entity = (entity_name: string, more: Record<string, unknown> = {}) => ({
  entity_name,
  entity_version: '1',
  workload_size: 'Small',
  scale_to_zero_enabled: true,
  ...more,
});
const config = (name: string) => ({ served_entities: [entity(name)] });

const SEED = {
  ...DEFAULT,
  models: [
    ...DEFAULT.models,
    model('ml.prod.first'),
    model('ml.prod.unbuildable', { failure: { phase: 'build' } }),
    model('ml.prod.slow', { deploy_minutes: 600 }),
    ...Array.from({ length: 100 }, (_, at) => model(`ml.many.model_${at}`)),
  ],
  endpoints: [
    { name: 'a-first', config: config('ml.prod.first'), traffic: { requests_per_minute: 5 } },
    {
      name: 'failed-first',
      update_in_progress: { config: config('ml.prod.unbuildable'), started_minutes_ago: 5_000 },
    },
    {
      name: 'updating',
      config: config('ml.prod.first'),
      update_in_progress: { config: config('ml.prod.slow'), started_minutes_ago: 1 },
    },
    {
      name: 'canceled',
      config: config('ml.prod.first'),
      update_in_progress: { config: config('ml.prod.slow'), started_minutes_ago: 100, canceled_after_minutes: 10 },
    },
    { name: 'bare' },
    {
      name: 'reserved',
      config: {
        served_entities: [
          {
            entity_name: 'system.ai.meta_llama_v3_1_8b_instruct',
            entity_version: '3',
            min_provisioned_throughput: 970,
            max_provisioned_throughput: 970,
          },
        ],
      },
    },
    ...DEFAULT.endpoints,
  ],
};

let client: Client;
let compared: Compared;
// It deploys and compares for seconds, and the plain workspace shows most kinds.
describe.runIf(RUN_ALL)('a workspace with an endpoint in every state', () => {
  beforeAll(async () => {
    client = await startClient({ seed: SEED });
    client.minutes(5);
    const table = { catalog_name: 'ml', schema_name: 'prod', table_name_prefix: 'payload' };
    await client.call('PUT', `${ENDPOINTS}/a-first/ai-gateway`, {
      inference_table_config: { ...table, enabled: true },
    });
    await client.call('PUT', `${ENDPOINTS}/a-first/ai-gateway`, { inference_table_config: { enabled: false } });
    await client.call('PATCH', `${ENDPOINTS}/a-first/budget-policy`, { name: 'a-first', budget_policy_id: 'p-1' });
    compared = await compare(client.sandbox.host, client.sandbox.token);
  });
  afterAll(() => client.sandbox.close());

  it('has no difference in any kind of endpoint', () => {
    expect(compared.report.differences).toEqual([]);
    expect(new Set(compared.report.endpoints.map(({ kind }) => kind))).toEqual(
      new Set([
        ...['tile', 'foundation', 'stopped', 'failed', 'canceled', 'updating', 'without-config'],
        ...['external', 'agent', 'language-model', 'custom'],
      ]),
    );
  });

  it('judges what only such a workspace can show', () => {
    const confirmed = compared.report.confirmed.map(({ id }) => id);
    const missing = [
      ...['pending-config', 'failed-update', 'cancel-keeps-pending', 'no-config', 'message-order', 'message-failed'],
      ...['budget-policy', 'table-off-names', 'page-size', 'log-version', 'build-retries', 'data.openapi-optional'],
      'data.openapi-throughput',
    ].filter((id) => !confirmed.includes(id));
    expect(missing.map((id) => compared.report.not_reached.find((each) => each.id === id))).toEqual([]);
  });

  it('reaches everything within the limit of requests', () => {
    expect(compared.report.not_reached.filter(({ why }) => why !== 'none')).toEqual([]);
  });

  it('still asks a bounded number of questions', () => {
    expect(compared.report.requests).toBeLessThanOrEqual(MAX_REQUESTS);
  });
});
