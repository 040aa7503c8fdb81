/** Inference tables: the bodies that were really sent and answered, and those of seeded requests. */
import { afterEach, expect, it } from 'vitest';
import { manualClock } from '../../../src/sandbox/clock.ts';
import { ANALYST, ENDPOINTS, ENGINEER } from '../client.ts';
import { type SqlClient, startSql } from './client.ts';
import { seedWith, TRACKED } from './seeds.ts';

let client: SqlClient;
afterEach(() => client.sandbox.close());

const TABLE = { enabled: true, catalog_name: 'ml', schema_name: 'logs', table_name_prefix: 'busy' };
const gateway = { ...TRACKED, inference_table_config: TABLE };
const read =
  'SELECT status_code, request, response, requester, logging_error_codes FROM ml.logs.busy_payload ORDER BY request_time';

it('a table appears with its first rows, and has what was sent and answered', async () => {
  client = await startSql({ seed: seedWith(undefined, { ai_gateway: gateway }) });
  expect((await client.send(read)).body.status.sql_state).toBe('42P01');
  const body = JSON.stringify({ dataframe_records: [{ x: 2 }] });
  const good = await client.call('POST', '/serving-endpoints/busy/invocations', body);
  client.minutes(1);
  const bad = await client.call('POST', '/serving-endpoints/busy/invocations', '{"nothing": 1}');
  expect([good.status, bad.status]).toEqual([200, 400]);
  client.minutes(3);
  expect((await client.send(read)).body.status.sql_state).toBe('42P01');
  client.minutes(3);
  expect(await client.rows(read)).toEqual([
    ['200', body, good.text, 'admin@example.com', '[]'],
    ['400', '{"nothing": 1}', bad.text, 'admin@example.com', '[]'],
  ]);
  const [[id, day, entity] = []] = await client.rows(
    `SELECT p.databricks_request_id, p.request_date, e.endpoint_name FROM ml.logs.busy_payload p
     JOIN system.serving.served_entities e USING (served_entity_id) ORDER BY p.request_time LIMIT 1`,
  );
  expect([id, entity]).toEqual([good.headers.get('x-request-id'), 'busy']);
  expect(day).toMatch(/^\d{4}-\d\d-\d\d$/);
});

it('a body over a mebibyte is absent, and its error code says why', async () => {
  client = await startSql({ seed: seedWith(undefined, { ai_gateway: gateway }) });
  const dataframe_records = [{ x: 2, note: 'n'.repeat(2 ** 20) }];
  await client.call('POST', '/serving-endpoints/busy/invocations', { dataframe_records });
  client.minutes(6);
  const [[, request, , , codes] = []] = await client.rows(read);
  expect([request, codes]).toEqual([null, '["MAX_REQUEST_SIZE_EXCEEDED"]']);
});

it('a table that is switched off keeps its rows and gets no more', async () => {
  client = await startSql({ seed: seedWith(undefined, { ai_gateway: gateway }) });
  const send = () => client.call('POST', '/serving-endpoints/busy/invocations', { inputs: [[1]] });
  await send();
  client.minutes(1);
  await client.call('PUT', `${ENDPOINTS}/busy/ai-gateway`, TRACKED);
  await send();
  client.minutes(6);
  expect(await client.rows(read)).toHaveLength(1);
});

it('seeded requests have bodies, from which one sees why those of one caller fail', async () => {
  const callers = [{ principal: ENGINEER, share: 0.5, error_rate: 1, error_status: 400 }];
  client = await startSql({ seed: seedWith({ requests_per_minute: 0.1, callers }, { ai_gateway: gateway }) });
  const rows = await client.rows(read);
  const failed = rows.filter(([status]) => status === '400');
  const fine = rows.filter(([status]) => status === '200');
  expect(Math.min(failed.length, fine.length)).toBeGreaterThan(10);
  expect(new Set(failed.map((row) => row[3]))).toEqual(new Set([ENGINEER]));
  for (const [, request, response] of failed) {
    expect(JSON.parse(request ?? '')).toEqual({ dataframe_records: [{}] });
    expect(response).toContain("missing inputs ['x']");
  }
  for (const [, request, response] of fine) {
    const [{ x }] = JSON.parse(request ?? '').dataframe_records;
    expect(JSON.parse(response ?? '').predictions[0]).toBeCloseTo(1 + 2 * x, 6);
  }
});

it('of a busy endpoint there are rows at every minute of an hour', async () => {
  client = await startSql({ seed: seedWith({ requests_per_minute: 90 }, { ai_gateway: gateway }) });
  for (let at = 0; at < 15; at += 1) {
    client.minutes(5 + 7 / 60);
    expect(await client.rows(read.replace(/ORDER BY.*/, 'LIMIT 500'))).toHaveLength(500);
  }
});

it('only those with a right on the schema read it', async () => {
  client = await startSql({ seed: seedWith(undefined, { ai_gateway: gateway }) });
  await client.call('POST', '/serving-endpoints/busy/invocations', { inputs: [[1]] });
  client.minutes(6);
  const { body } = await client.send(read, {}, ANALYST);
  expect(body.status.sql_state).toBe('42501');
  expect(body.status.error.message).toContain("User does not have SELECT on Table 'ml.logs.busy_payload'");
  expect(await client.rows('SHOW TABLES IN ml.logs')).toEqual([['logs', 'busy_payload', 'false']]);
});

it('of a busy endpoint the newest rows have bodies, and the others have the rest', async () => {
  // Twenty minutes after each hour, part of the rows of the last hour are still on their way.
  const clock = manualClock(Date.UTC(2026, 0, 5, 9));
  client = await startSql({ clock, seed: seedWith({ requests_per_minute: 400 }, { ai_gateway: gateway }) });
  const [[all, bodies, timed] = []] = await client.rows(
    'SELECT count(*), count(request), count(execution_duration_ms) FROM ml.logs.busy_payload',
  );
  expect(Number(all)).toBeGreaterThan(8_000);
  expect(Number(bodies)).toBeGreaterThan(500);
  expect(Number(bodies)).toBeLessThanOrEqual(2_500);
  expect(timed).toBe(all);
});
