import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { run, type Statement, StatementError, StatementTimeout, warehouses } from '../../src/rest/sql.ts';
import { json, type Received, type Service, startService, tryHttp } from '../support/scripted-service.ts';

let service: Service;
const opened: Http[] = [];
beforeAll(async () => {
  service = await startService();
});
afterEach(async () => {
  for (const http of opened.splice(0)) await http.close();
});
afterAll(() => service.close());

const ROOT = '/api/2.0/sql/statements';
const STATEMENT: Statement = {
  text: 'SELECT a FROM b WHERE c = :c AND d = :d',
  parameters: [
    { name: 'c', value: 'x', type: 'STRING' },
    { name: 'd', value: null, type: 'TIMESTAMP' },
  ],
  rowLimit: 4,
  tag: 'traffic',
};

/** A call with a clock that only its own pauses move. */
function call(onPause: (pauses: number) => void = () => {}) {
  const controller = new AbortController();
  const { http } = tryHttp(service.origin);
  opened.push(http);
  let now = 0;
  let pauses = 0;
  const clock = {
    now: () => now,
    random: () => 0,
    async sleep(ms: number) {
      now += ms;
      onPause(++pauses);
      controller.signal.throwIfAborted();
    },
  };
  const bound = http.bind({ signal: controller.signal, access: 'read' });
  return {
    controller,
    http: bound,
    run: (statement = STATEMENT, until = 10_000) =>
      run(bound, statement, { warehouse: 'w1', clock, signal: controller.signal, until }),
  };
}

const state = (name: string, more: object = {}) => ({ statement_id: 's1', status: { state: name }, ...more });
const COLUMNS = { schema: { columns: [{ name: 'a', type_name: 'STRING', position: 0 }] }, truncated: false };
const done = (rows: unknown[][], more: object = {}, manifest: object = {}) =>
  state('SUCCEEDED', { manifest: { ...COLUMNS, ...manifest }, result: { data_array: rows, ...more } });

/** Answers requests by `METHOD path`, each with its values in turn; the last one repeats. */
function script(answers: Record<string, unknown[]>): void {
  const asked = new Map<string, number>();
  service.answer(({ method, url }: Received, response: ServerResponse) => {
    const key = `${method} ${url.replace(ROOT, '')}`;
    const list = answers[key];
    const at = asked.get(key) ?? 0;
    asked.set(key, at + 1);
    const value = list?.[Math.min(at, list.length - 1)];
    if (value === undefined) json(response, 501, { error_code: 'NOT_IMPLEMENTED', message: key });
    else if (typeof value === 'number') json(response, value, { error_code: 'X', message: 'no' });
    else json(response, 200, value);
  });
}
const sent = () => service.received.map(({ method, url }) => `${method} ${url.replace(ROOT, '')}`);

describe('a statement', () => {
  it('is sent as it is, with its values as parameters, its limits and its tags', async () => {
    script({ 'POST ': [state('PENDING')], 'GET /s1': [done([['1']])] });
    await call().run();
    expect(JSON.parse(service.received[0]?.body ?? '')).toEqual({
      statement: STATEMENT.text,
      warehouse_id: 'w1',
      parameters: [
        { name: 'c', value: 'x', type: 'STRING' },
        { name: 'd', type: 'TIMESTAMP' },
      ],
      row_limit: 4,
      byte_limit: 4 * 1024 * 1024,
      format: 'JSON_ARRAY',
      disposition: 'INLINE',
      wait_timeout: '0s',
      on_wait_timeout: 'CONTINUE',
      query_tags: [
        { key: 'source', value: 'databricks-serving-mcp' },
        { key: 'report', value: 'traffic' },
      ],
    });
  });

  it('is polled until it is done, also through states that no one knows', async () => {
    script({
      'POST ': [state('PENDING')],
      'GET /s1': [state('PENDING'), state('QUEUED_SOMEHOW'), state('RUNNING'), done([['1'], [null]])],
    });
    const table = await call().run();
    expect(table).toEqual({ columns: [{ name: 'a', type: 'STRING' }], rows: [['1'], [null]], truncated: false });
    expect(sent()).toEqual(['POST ', 'GET /s1', 'GET /s1', 'GET /s1', 'GET /s1']);
  });

  it('needs no poll when its first answer has the rows', async () => {
    script({ 'POST ': [done([['1']])] });
    expect((await call().run()).rows).toEqual([['1']]);
    expect(sent()).toEqual(['POST ']);
  });

  it('returns the rows of all chunks, up to its row limit', async () => {
    script({
      'POST ': [done([['1'], ['2']], { next_chunk_index: 1 })],
      'GET /s1/result/chunks/1': [{ data_array: [['3']], next_chunk_index: 2 }],
      'GET /s1/result/chunks/2': [{ data_array: [['4'], ['5']] }],
    });
    expect(await call().run()).toMatchObject({ rows: [['1'], ['2'], ['3'], ['4']], truncated: true });
    expect((await call().run({ ...STATEMENT, rowLimit: 9 })).rows).toHaveLength(5);
  });

  it('ends at a chunk that names itself as the next', async () => {
    script({
      'POST ': [done([], { next_chunk_index: 1 })],
      'GET /s1/result/chunks/1': [{ data_array: [], next_chunk_index: 1 }],
    });
    expect((await call().run()).truncated).toBe(true);
    expect(sent().length).toBeLessThan(60);
  });

  it('says that the service left rows out', async () => {
    script({ 'POST ': [done([['1']], {}, { truncated: true })] });
    expect((await call().run()).truncated).toBe(true);
  });

  it('without rows still has its columns, in the order of their positions', async () => {
    const columns = [
      { name: 'b', type_name: 'STRUCT', type_text: 'STRUCT<x: INT>', position: 1 },
      { name: 'a', type_name: 'STRING', position: 0 },
    ];
    script({ 'POST ': [state('SUCCEEDED', { manifest: { schema: { columns } }, result: {} })] });
    expect(await call().run()).toEqual({
      columns: [
        { name: 'a', type: 'STRING' },
        { name: 'b', type: 'STRUCT<x: INT>' },
      ],
      rows: [],
      truncated: false,
    });
  });

  it.each<[what: string, status: object, error: Partial<StatementError>]>([
    [
      'with a state of its own',
      {
        state: 'FAILED',
        sql_state: '42P01',
        error: { error_code: 'BAD_REQUEST', message: '[TABLE_OR_VIEW_NOT_FOUND] x' },
      },
      { state: 'FAILED', errorCode: 'BAD_REQUEST', sqlState: '42P01', detail: '[TABLE_OR_VIEW_NOT_FOUND] x' },
    ],
    [
      'with the state in its words',
      { state: 'FAILED', error: { error_code: 'BAD_REQUEST', message: 'no. SQLSTATE: 42501 (line 1)' } },
      { sqlState: '42501' },
    ],
    ['without words', { state: 'FAILED' }, { errorCode: undefined, sqlState: undefined, detail: 'no message' }],
    ['cancelled by a person', { state: 'CANCELED' }, { state: 'CANCELED' }],
    ['closed', { state: 'CLOSED' }, { state: 'CLOSED' }],
  ])('that failed is a typed error although its status is 200: %s', async (_what, status, expected) => {
    script({ 'POST ': [{ statement_id: 's1', status }] });
    const error = await call()
      .run()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StatementError);
    expect(error).toMatchObject(expected);
    expect(sent()).toEqual(['POST ']); // nothing is left to cancel
  });
});

describe('a statement that no call waits for', () => {
  it('is cancelled with its call', async () => {
    script({ 'POST ': [state('PENDING')], 'GET /s1': [state('RUNNING')], 'POST /s1/cancel': [{}] });
    const one = call((pauses) => pauses === 3 && one.controller.abort());
    await expect(one.run()).rejects.toMatchObject({ name: 'AbortError' });
    expect(sent()).toEqual(['POST ', 'GET /s1', 'GET /s1', 'POST /s1/cancel']);
  });

  it('is cancelled even if the call ends before the service has answered its start', async () => {
    const one = call();
    service.answer(({ method, url }, response) => {
      if (url !== ROOT) return json(response, 200, {});
      one.controller.abort();
      json(response, 200, state('PENDING'));
      return expect(method).toBe('POST');
    });
    await expect(one.run()).rejects.toMatchObject({ name: 'AbortError' });
    expect(sent()).toEqual(['POST ', 'POST /s1/cancel']);
  });

  it('is not started for a call that has ended', async () => {
    script({ 'POST ': [done([])] });
    const one = call();
    one.controller.abort();
    await expect(one.run()).rejects.toMatchObject({ name: 'AbortError' });
    expect(sent()).toEqual([]);
  });

  it('is cancelled when its time is up, and the error says what it waited for', async () => {
    script({ 'POST ': [state('PENDING')], 'GET /s1': [state('PENDING')], 'POST /s1/cancel': [{}] });
    const error = await call()
      .run(STATEMENT, 5_000)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StatementTimeout);
    expect(error).toMatchObject({ state: 'PENDING' });
    expect(sent().at(-1)).toBe('POST /s1/cancel');
  });

  it('is cancelled when its polls fail, and a failed cancellation does not hide why', async () => {
    script({ 'POST ': [state('PENDING')], 'GET /s1': [403], 'POST /s1/cancel': [500] });
    await expect(call().run()).rejects.toMatchObject({ name: 'ApiError', status: 403 });
    expect(sent()).toEqual(['POST ', 'GET /s1', 'POST /s1/cancel']);
  });
});

describe('the start of a statement', () => {
  it('is tried again while the service is busy', async () => {
    script({ 'POST ': [429, 503, done([['1']])] });
    expect((await call().run()).rows).toEqual([['1']]);
    expect(sent()).toHaveLength(3);
  });

  it('is not tried again when it is refused', async () => {
    script({ 'POST ': [400] });
    await expect(call().run()).rejects.toBeInstanceOf(ApiError);
    expect(sent()).toHaveLength(1);
  });
});

describe('a connection that reads', () => {
  it('may start and cancel a statement, and send no other change', async () => {
    script({ 'POST ': [{}], 'POST /s1/cancel': [{}] });
    const { http } = call();
    await http.json('POST', ROOT);
    await http.json('POST', `${ROOT}/s1/cancel`);
    for (const [method, path] of [
      ['POST', '/api/2.0/sql/warehouses/w1/start'],
      ['POST', '/api/2.0/sql/warehouses'],
      ['POST', `${ROOT}/s1`],
      ['POST', `${ROOT}/s1/cancel/more`],
      ['DELETE', ROOT],
    ] as const)
      await expect(http.json(method, path), path).rejects.toThrow(/was blocked/);
    expect(sent()).toHaveLength(2);
  });

  it('knows the workspace once an answer names it', async () => {
    service.answer((_request, response) => json(response, 200, {}, { 'x-databricks-org-id': '4711' }));
    const { http } = call();
    expect(http.workspaceId()).toBeUndefined();
    await http.json('GET', '/x');
    expect(http.workspaceId()).toBe('4711');
    service.answer((_request, response) => json(response, 200, {}, { 'x-databricks-org-id': "1' OR 1=1" }));
    await http.json('GET', '/x');
    expect(http.workspaceId()).toBe('4711');
  });
});

describe('warehouses', () => {
  it('come from all pages, and reading them starts none', async () => {
    service.answer(({ url }, response) =>
      json(
        response,
        200,
        url.includes('page_token=2')
          ? { warehouses: [{ id: 'b', state: 'STOPPED', name: 'B' }] }
          : { warehouses: [{ id: 'a', state: 'RUNNING', extra: 1 }], next_page_token: '2' },
      ),
    );
    expect((await warehouses(call().http)).map(({ id, name, state: at }) => [id, name, at])).toEqual([
      ['a', '', 'RUNNING'],
      ['b', 'B', 'STOPPED'],
    ]);
    expect(service.received.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  it('may be none', async () => {
    service.answer((_request, response) => json(response, 200, {}));
    expect(await warehouses(call().http)).toEqual([]);
  });
});
