/** The traffic on the pipe: only JSON-RPC lines out, and an answer to every line in. */
import { afterAll, expect, test, vi } from 'vitest';
import { RUN_ALL } from '../support/selection.ts';
import { endAll, type ServerProcess, startServer, strayLines } from './server-process.ts';

// Sixteen megabytes take a while on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
afterAll(endAll);

async function sandboxed(): Promise<ServerProcess> {
  const server = startServer(['--sandbox', '--sandbox-minutes-per-second', '60']);
  await server.initialize();
  return server;
}

/** Without a workspace, for lines that need none: a sandbox costs as much as the rest of a start. */
async function alone(): Promise<ServerProcess> {
  const server = startServer();
  await server.initialize();
  return server;
}

const ping = (id: string | number) => ({ jsonrpc: '2.0', id, method: 'ping' });

test.concurrent('bad lines, unknown methods and unknown tools each get their error, and stdout holds nothing but JSON-RPC', async () => {
  const server = await alone();
  server.raw('not json\n');
  server.raw('\n   \n\r\n');
  server.raw('{"jsonrpc":"2.0","id":1,"method":"ping"\n');
  server.send({ jsonrpc: '2.0', id: 2, method: 'no/such/method' });
  server.send({ jsonrpc: '2.0', method: 'notifications/unheard_of' });
  server.send({ jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'swap_versoin', arguments: {} } });
  server.send({ jsonrpc: '2.0', id: 4, method: 'tools/call', params: {} });
  server.send({ jsonrpc: '2.0', id: 5, result: {} });
  server.send(ping(6));

  expect((await server.answer(2)).error?.code).toBe(-32601);
  expect((await server.answer(3)).result.structuredContent.error).toMatchObject({ code: 'unknown_tool' });
  expect((await server.answer(3)).result.isError).toBe(true);
  expect((await server.answer(4)).error?.code).toBeLessThan(-32000);
  expect((await server.answer(6)).result).toEqual({});
  expect(strayLines(server)).toEqual([]);
  expect(server.stderr()).toBe('');
});

test.concurrent('an id beyond 2^53 on the line reaches the service with all its digits', async () => {
  const server = await sandboxed();
  const ask = (id: number, rooms: string) =>
    server.raw(
      `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"query_endpoint","arguments":{"endpoint":"house-price","instances":[{"area_m2":1,"rooms":${rooms},"age_years":1,"district":"centre"}]}}}\n`,
    );
  ask(1, '9007199254740993');
  // Rounded, it would be refused.
  expect((await server.answer(1)).result.structuredContent).toMatchObject({ rows: 1 });
  ask(2, '1234567890123456800');
  expect((await server.answer(2)).result.structuredContent.warnings).toEqual([
    expect.stringContaining('rooms (1234567890123456800) was sent with the digits that this server got'),
  ]);
});

test.concurrent('a line that is not JSON is answered with -32700 and the id null, and the session continues', async () => {
  const server = await alone();
  server.raw('{"jsonrpc":"2.0","id":1,\n');
  expect(await server.answer(null)).toEqual({
    jsonrpc: '2.0',
    id: null,
    error: { code: -32700, message: expect.any(String) },
  });
  server.send(ping(2));
  expect((await server.answer(2)).result).toEqual({});
});

test.concurrent('JSON that is no message is answered with -32600 and its id where it has one', async () => {
  const server = await alone();
  for (const [line, id] of [
    [{ id: 41, method: 'ping' }, 41],
    [{ jsonrpc: '1.0', id: 'forty', method: 'ping' }, 'forty'],
    [{ jsonrpc: '2.0', id: 42, method: 7 }, 42],
    [{ jsonrpc: '2.0', id: 43 }, 43],
  ] as const) {
    server.send(line);
    expect((await server.answer(id)).error?.code, JSON.stringify(line)).toBe(-32600);
  }
  server.send(ping('after'));
  expect((await server.answer('after')).result).toEqual({});
  expect(strayLines(server)).toEqual([]);
});

test.concurrent.each([
  ['a list', [{ jsonrpc: '2.0', id: 44, method: 'ping' }]],
  ['a number', 45],
])('JSON that is %s has no id to answer, and is refused with -32600', async (_what, line) => {
  const server = await alone();
  server.send(line);
  expect((await server.answer(null)).error?.code).toBe(-32600);
  server.send(ping('after'));
  expect((await server.answer('after')).result).toEqual({});
  expect(strayLines(server)).toEqual([]);
});

test.concurrent('a request that comes in single bytes, and one whose characters are split across chunks, are read whole', async () => {
  const server = await alone();
  const request = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'prüfe_modell_💡', arguments: {} } };
  for (const byte of Buffer.from(`${JSON.stringify(request)}\n`)) {
    server.raw(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { error } = (await server.answer(1)).result.structuredContent;
  expect(error.message).toBe('there is no tool "prüfe_modell_💡"');
});

test.concurrent('many requests in one chunk are all answered, under their own ids', async () => {
  const server = await sandboxed();
  const ids = Array.from({ length: 200 }, (_, index) => index + 1);
  const call = (id: number) => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name: 'get_endpoint', arguments: { endpoint: id % 2 === 0 ? 'house-price' : `missing-${id}` } },
  });
  server.raw(ids.map((id) => `${JSON.stringify(call(id))}\n`).join(''));
  for (const id of ids) {
    const { structuredContent, isError } = (await server.answer(id)).result;
    if (id % 2 === 0) expect(structuredContent.endpoint).toBe('house-price');
    else expect([isError, structuredContent.error.message]).toEqual([true, expect.stringContaining('does not exist')]);
  }
  expect(strayLines(server)).toEqual([]);
});

test.concurrent('before initialize, nothing reaches the workspace; after it, the same call works', async () => {
  const server = startServer(['--sandbox']);
  const call = { name: 'set_rate_limits', arguments: { endpoint: 'churn-legacy', set: [{ key: 'user', calls: 1 }] } };
  const early = [
    { method: 'tools/call', params: call },
    { method: 'resources/read', params: { uri: 'databricks-serving://endpoints' } },
    {
      method: 'completion/complete',
      params: { ref: { type: 'ref/prompt', name: 'swap_version' }, argument: { name: 'endpoint', value: '' } },
    },
  ];
  for (const [id, request] of early.entries()) {
    server.send({ jsonrpc: '2.0', id, ...request });
    expect((await server.answer(id)).error).toMatchObject({
      code: -32600,
      message: expect.stringContaining('initialize first'),
    });
  }
  server.send(ping(7));
  expect((await server.answer(7)).result).toEqual({});
  await server.initialize();
  expect((await server.callTool(8, 'set_rate_limits', { ...call.arguments, dry_run: true })).isError).toBeUndefined();
});

test.concurrent('a last line without its newline is still answered', async () => {
  const server = startServer();
  await server.initialize();
  server.raw(JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'tools/list' }));
  server.end();
  expect((await server.answer(9)).result.tools.length).toBeGreaterThan(8);
  expect((await server.exited).code).toBe(0);
  expect(strayLines(server)).toEqual([]);
});

/** One call with this many rows; a row and its comma are 84 bytes. */
const ROW = { tenure: 2, monthly_charges: 89.9, support_tickets: 4, contract: 'month-to-month' };
function query(rows: number) {
  return { endpoint: 'churn-legacy', dataframe_records: Array.from({ length: rows }, () => ROW) };
}

test.concurrent('a payload above 16 MB is refused before it is sent, with what to do, and the session continues', async () => {
  const server = await sandboxed();
  const { isError, structuredContent } = await server.callTool(1, 'query_endpoint', query(215_000));
  expect(isError).toBe(true);
  expect(structuredContent.error).toMatchObject({
    code: 'payload_too_large',
    message: expect.stringMatching(/17\.\d MB.*at most 16 MB; nothing was sent/),
    next: expect.stringContaining('fewer rows'),
  });
  server.send(ping(2));
  expect((await server.answer(2)).result).toEqual({});
});

// Its processor time is that of all other tests here together.
test.runIf(RUN_ALL)(
  'a payload just under 16 MB is answered, on one bounded line that says what it left out',
  async () => {
    const server = await sandboxed();
    const { structuredContent, content, isError } = await server.callTool(1, 'query_endpoint', query(195_000));
    expect(isError).toBeUndefined();
    expect(structuredContent.rows).toBe(195_000);
    expect(structuredContent.predictions[0].churn_probability).toBeCloseTo(0.9384, 4);
    expect(structuredContent.predictions.length + structuredContent.omitted_rows).toBe(195_000);
    expect(content[0].text.length).toBeLessThan(40_000);
    server.send(ping(2));
    expect((await server.answer(2)).result).toEqual({});
    expect(strayLines(server)).toEqual([]);
  },
);
