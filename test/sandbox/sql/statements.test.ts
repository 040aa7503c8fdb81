import { afterEach, describe, expect, it } from 'vitest';
import { ANALYST, BOT, ENGINEER } from '../client.ts';
import { RUNNING, type SqlClient, STATEMENTS, STOPPED, startSql, WAREHOUSES } from './client.ts';

let client: SqlClient;
afterEach(() => client.sandbox.close());

const stateOf = async (id: string) => (await client.call('GET', `${STATEMENTS}/${id}`)).body.status.state;
const warehouse = async (id: string) => (await client.call('GET', `${WAREHOUSES}/${id}`)).body;

/** The default workspace with other settings of its warehouses. */
async function withWarehouses(...warehouses: Record<string, unknown>[]): Promise<void> {
  const users = [
    { user_name: 'admin@example.com', admin: true },
    { user_name: ANALYST },
    { user_name: ENGINEER, groups: ['data-science'] },
  ];
  client = await startSql({ seed: { users, warehouses } });
}

describe('warehouses', () => {
  it('are listed with their state, for those who may see them', async () => {
    client = await startSql();
    const { body } = await client.call('GET', WAREHOUSES);
    expect(body.warehouses.map((each: Record<string, unknown>) => [each.id, each.state])).toEqual([
      [RUNNING, 'RUNNING'],
      [STOPPED, 'STOPPED'],
    ]);
    expect(body.warehouses[0]).toMatchObject({ enable_serverless_compute: true, cluster_size: 'Small' });
    const theirs = await client.call('GET', WAREHOUSES, undefined, ANALYST);
    expect(theirs.body.warehouses.map((each: Record<string, unknown>) => each.id)).toEqual([RUNNING]);
    expect((await client.call('GET', `${WAREHOUSES}/${RUNNING}`)).body).toEqual(body.warehouses[0]);
  });

  it('start, stop, and stop by themselves when no one uses them', async () => {
    client = await startSql();
    expect((await client.call('POST', `${WAREHOUSES}/${STOPPED}/start`)).body).toEqual({});
    expect((await warehouse(STOPPED)).state).toBe('STARTING');
    client.minutes(4);
    expect((await warehouse(STOPPED)).state).toBe('RUNNING');
    client.minutes(44);
    expect((await warehouse(STOPPED)).state).toBe('RUNNING');
    client.minutes(1);
    expect((await warehouse(STOPPED)).state).toBe('STOPPED');
    await client.call('POST', `${WAREHOUSES}/${RUNNING}/stop`);
    expect((await warehouse(RUNNING)).state).toBe('STOPPED');
  });

  it('refuse those without a right, in the words of the service', async () => {
    client = await startSql();
    const text = `${ANALYST} is not authorized to use this SQL Endpoint. Please contact your administrator.`;
    const statement = { statement: 'SELECT 1', warehouse_id: STOPPED };
    for (const reply of [
      await client.call('GET', `${WAREHOUSES}/${STOPPED}`, undefined, ANALYST),
      await client.call('POST', `${WAREHOUSES}/${STOPPED}/start`, {}, ANALYST),
      await client.call('POST', `${WAREHOUSES}/${RUNNING}/stop`, {}, ANALYST),
      await client.call('POST', STATEMENTS, statement, ANALYST),
    ]) {
      expect([reply.status, reply.body.error_code, reply.body.message]).toEqual([403, 'PERMISSION_DENIED', text]);
    }
    expect((await warehouse(STOPPED)).state).toBe('STOPPED');
    expect((await client.call('POST', STATEMENTS, statement, BOT)).body.status.state).toBe('PENDING');
  });

  it('that do not exist are refused', async () => {
    client = await startSql();
    const { status, body } = await client.send('SELECT 1', { warehouse_id: 'abc' });
    expect([status, body.error_code, body.message]).toEqual([
      400,
      'INVALID_PARAMETER_VALUE',
      'abc is not a valid endpoint id.',
    ]);
    expect((await client.call('GET', `${WAREHOUSES}/0000000000000000`)).status).toBe(404);
  });
});

describe('a statement', () => {
  it('starts a stopped warehouse, and the clock alone brings it to its end', async () => {
    client = await startSql();
    const { body } = await client.send('SELECT 1 AS a', { warehouse_id: STOPPED, wait_timeout: '50s' });
    expect(body).toEqual({ statement_id: body.statement_id, status: { state: 'PENDING' } });
    expect((await warehouse(STOPPED)).state).toBe('STARTING');
    for (let look = 0; look < 3; look += 1) expect(await stateOf(body.statement_id)).toBe('PENDING');
    client.minutes(4);
    const done = await client.call('GET', `${STATEMENTS}/${body.statement_id}`);
    expect(done.body).toMatchObject({ status: { state: 'SUCCEEDED' }, result: { data_array: [['1']] } });
    client.minutes(60);
    expect(await stateOf(body.statement_id)).toBe('CLOSED');
    expect((await client.call('GET', `${STATEMENTS}/${body.statement_id}/result/chunks/0`)).status).toBe(400);
  });

  it('is PENDING without a wait, RUNNING for its time, then SUCCEEDED', async () => {
    await withWarehouses({ name: 'slow', id: RUNNING, statement_seconds: 120 });
    const { body } = await client.send('SELECT 1', { wait_timeout: '0s' });
    expect(body.status).toEqual({ state: 'PENDING' });
    expect(await stateOf(body.statement_id)).toBe('RUNNING');
    client.minutes(2);
    expect(await stateOf(body.statement_id)).toBe('SUCCEEDED');
  });

  it('takes as long as a tester says', async () => {
    client = await startSql();
    const set = { statement_seconds: 30, chunk_rows: 1, state: 'STOPPED', start_seconds: 60 };
    expect((await client.call('PUT', `/sandbox/warehouses/${RUNNING}`, set)).body).toMatchObject(set);
    const { body } = await client.send('SELECT * FROM VALUES (1), (2)');
    expect(body.status.state).toBe('PENDING');
    client.minutes(1);
    expect(await stateOf(body.statement_id)).toBe('RUNNING');
    client.minutes(0.5);
    const done = await client.call('GET', `${STATEMENTS}/${body.statement_id}`);
    expect(done.body.manifest.total_chunk_count).toBe(2);
    expect((await client.call('PUT', `/sandbox/warehouses/${RUNNING}`, { statement_seconds: -1 })).status).toBe(400);
  });

  it('waits in real time on a clock that runs', async () => {
    const users = [{ user_name: 'admin@example.com', admin: true }];
    const warehouses = [{ name: 'slow', id: RUNNING, statement_seconds: 3 }];
    client = await startSql({ seed: { users, warehouses }, clock: { kind: 'scaled', minutesPerSecond: 1 } });
    expect((await client.send('SELECT 1')).body.status.state).toBe('SUCCEEDED');
  });

  it('is canceled, and its result never appears', async () => {
    await withWarehouses({ name: 'slow', id: RUNNING, statement_seconds: 120 });
    const { body } = await client.send('SELECT 1', { wait_timeout: '5s' });
    expect(body.status.state).toBe('RUNNING');
    const canceled = await client.call('POST', `${STATEMENTS}/${body.statement_id}/cancel`);
    expect([canceled.status, canceled.body]).toEqual([200, {}]);
    expect(await stateOf(body.statement_id)).toBe('CANCELED');
    client.minutes(10);
    const after = await client.call('GET', `${STATEMENTS}/${body.statement_id}`);
    expect(after.body).toEqual({ statement_id: body.statement_id, status: { state: 'CANCELED' } });
  });

  it('is canceled by its own wait, if the call says so', async () => {
    await withWarehouses({ name: 'slow', id: RUNNING, statement_seconds: 120 });
    const wait = { wait_timeout: '5s', on_wait_timeout: 'CANCEL' };
    expect((await client.send('SELECT 1', wait)).body.status.state).toBe('CANCELED');
  });

  it('that is done cannot be canceled', async () => {
    client = await startSql();
    const { body } = await client.send('SELECT 1');
    await client.call('POST', `${STATEMENTS}/${body.statement_id}/cancel`);
    expect(await stateOf(body.statement_id)).toBe('SUCCEEDED');
  });

  it('comes in chunks, which together are the result', async () => {
    await withWarehouses({ name: 'small', id: RUNNING, chunk_rows: 2 });
    const { body } = await client.send("SELECT * FROM VALUES ('a'), ('b'), ('c'), ('d'), ('e')");
    expect(body.manifest).toMatchObject({ total_chunk_count: 3, total_row_count: 5, truncated: false });
    expect(body.manifest.chunks[2]).toEqual({ chunk_index: 2, row_offset: 4, row_count: 1 });
    const rows = [...body.result.data_array];
    for (let next = body.result.next_chunk_internal_link; next !== undefined; ) {
      const chunk = (await client.call('GET', next)).body;
      rows.push(...chunk.data_array);
      next = chunk.next_chunk_internal_link;
    }
    expect(rows).toEqual([['a'], ['b'], ['c'], ['d'], ['e']]);
    expect((await client.call('GET', `${STATEMENTS}/${body.statement_id}/result/chunks/3`)).status).toBe(400);
  });

  it('ends at the limits of the call, and says so', async () => {
    client = await startSql();
    const all = 'SELECT * FROM VALUES (1), (2), (3)';
    const rows = (await client.send(all, { row_limit: 2 })).body;
    expect([rows.manifest.truncated, rows.result.data_array]).toEqual([true, [['1'], ['2']]]);
    expect((await client.send(all, { row_limit: 3 })).body.manifest.truncated).toBe(false);
    expect((await client.send(all, { byte_limit: 13 })).body.manifest).toMatchObject({
      truncated: true,
      total_row_count: 2,
    });
  });

  it('fails when an inline result is too large', async () => {
    client = await startSql();
    const { body } = await client.send(
      "SELECT repeat('x', 1000000) FROM VALUES (1), (2), (3) a, VALUES (1), (2), (3) b, VALUES (1), (2), (3) c",
    );
    expect(body.status).toMatchObject({ state: 'FAILED', error: { error_code: 'BAD_REQUEST' } });
    expect(body.status.error.message).toMatch(/^Inline byte limit exceeded\./);
  });

  it('without rows has a schema and no data', async () => {
    client = await startSql();
    const { body } = await client.send('SELECT 1 AS a WHERE FALSE');
    expect(body).toMatchObject({ manifest: { schema: { column_count: 1 }, total_row_count: 0 }, result: {} });
    expect(body.result.data_array).toBeUndefined();
  });

  it('belongs to its caller, and keeps its tags', async () => {
    client = await startSql();
    const query_tags = [{ key: 'tool', value: 'get_usage' }];
    const { body } = await client.send('SELECT 1', { query_tags }, ANALYST);
    const path = `${STATEMENTS}/${body.statement_id}`;
    expect((await client.call('GET', path, undefined, ANALYST)).status).toBe(200);
    expect((await client.call('GET', path, undefined, BOT)).body.error_code).toBe('RESOURCE_DOES_NOT_EXIST');
    const { statements } = (await client.call('GET', '/sandbox/statements')).body;
    expect(statements).toMatchObject([{ statement: 'SELECT 1', principal: ANALYST, query_tags, rows: 1 }]);
  });

  it.each<[body: Record<string, unknown>, message: RegExp]>([
    [{ wait_timeout: '3s' }, /^Invalid wait_timeout '3s'/],
    [{ wait_timeout: '51s' }, /^Invalid wait_timeout '51s'/],
    [{ wait_timeout: 'soon' }, /^Invalid wait_timeout 'soon'/],
    [{ wait_timeout: '0s', on_wait_timeout: 'CANCEL' }, /^on_wait_timeout CANCEL/],
    [{ statement: '' }, /statement/],
    [{ warehouse_id: null }, /^Missing required field: warehouse_id/],
    [{ format: 'CSV' }, /^The format CSV/],
    [{ row_limit: 0 }, /row_limit/],
    [{ query_tags: [{ key: 'a' }, { key: 'a' }] }, /^query_tags/],
  ])('is refused with %o', async (more, message) => {
    client = await startSql();
    const { status, body } = await client.send('SELECT 1', more);
    expect([status, body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(body.message).toMatch(message);
  });

  it('needs the scope sql', async () => {
    client = await startSql();
    const form = { grant_type: 'client_credentials', client_id: BOT, client_secret: 'sandbox-not-a-secret' };
    const tokenFor = async (scope: string) => {
      const body = new URLSearchParams({ ...form, scope });
      const answer = await fetch(`${client.sandbox.host}/oidc/v1/token`, { method: 'POST', body });
      const { access_token }: { access_token?: string } = Object(await answer.json());
      return access_token;
    };
    const list = async (scope: string) =>
      fetch(client.sandbox.host + WAREHOUSES, { headers: { authorization: `Bearer ${await tokenFor(scope)}` } });
    expect((await list('sql')).status).toBe(200);
    const refused = await list('model-serving');
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain('Provided OAuth token does not have required scopes: sql');
  });

  it('changes nothing that a stale read could show', async () => {
    client = await startSql();
    await client.send('SELECT 1');
    expect((await client.call('GET', '/sandbox/changes')).body).toEqual({ changes: [] });
  });
});
