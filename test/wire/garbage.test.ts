/** Whatever a client writes: the server lives on, writes nothing but JSON-RPC, and answers the next good request. */
import { PassThrough, Writable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';
import { stdioTransport } from '../../src/mcp/stdio.ts';
import { RUN_ALL } from '../support/selection.ts';
import { endAll, type ServerProcess, startServer, strayLines } from './server-process.ts';

vi.setConfig({ testTimeout: 60_000 });
afterAll(endAll);

let pings = 0;
/** The good request after the burst; its answer proves that everything before it was read. */
async function stillAnswers(server: ServerProcess): Promise<void> {
  const id = `ping-${++pings}`;
  server.send({ jsonrpc: '2.0', id, method: 'ping' });
  expect((await server.answer(id)).result).toEqual({});
}

/** How many answers there are to a request. */
function answersTo(server: ServerProcess, id: string): number {
  return server
    .stdout()
    .split('\n')
    .filter((line) => line.includes(`"id":${JSON.stringify(id)}`)).length;
}

/** Sends bursts to one and the same server and looks at it after each. */
async function bombard(
  burst: fc.Arbitrary<(string | Uint8Array)[]>,
  numRuns: number,
  args: string[] = [],
): Promise<ServerProcess> {
  const server = startServer(args);
  await server.initialize();
  await fc.assert(
    fc.asyncProperty(burst, async (lines) => {
      for (const line of lines) {
        server.raw(line);
        server.raw('\n');
      }
      await stillAnswers(server);
    }),
    { numRuns: RUN_ALL ? numRuns : numRuns / 2, endOnFailure: true },
  );
  // A long answer to the last burst may still be on its way.
  await vi.waitFor(() => expect(strayLines(server)).toEqual([]));
  expect(server.stderr()).toBe('');
  return server;
}

const json = fc.jsonValue({ maxDepth: 4 });
const METHODS = [
  'initialize',
  'ping',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/roots/list_changed',
  'elicitation/create',
  'sampling/createMessage',
  '__proto__',
  'constructor',
];
const method = fc.oneof(fc.constantFrom(...METHODS), fc.string());
/** A right value or, as often, one of any type. */
const maybe = (right: fc.Arbitrary<unknown>) => fc.oneof(right, json, fc.constant(undefined));
const id = fc.oneof(fc.integer(), fc.string(), fc.constantFrom(0, -1, 1.5, 1e21, null, '', '__proto__', {}, [], true));

/** JSON-RPC with any of its fields of any type, absent, or right. */
const envelope = fc.record({
  jsonrpc: maybe(fc.constant('2.0')),
  id: maybe(id),
  method: maybe(method),
  params: maybe(
    fc.record(
      {
        name: maybe(fc.constantFrom('get_endpoint', 'swap_version', 'toString')),
        arguments: maybe(fc.record({ endpoint: json }, { requiredKeys: [] })),
        uri: json,
        ref: json,
        argument: json,
        requestId: maybe(id),
        progressToken: maybe(id),
        progress: json,
        protocolVersion: json,
        capabilities: json,
        _meta: maybe(fc.record({ progressToken: json })),
      },
      { requiredKeys: [] },
    ),
  ),
  result: fc.oneof(fc.constant(undefined), json),
  error: fc.oneof(fc.constant(undefined), json),
});

test.concurrent('lines of any bytes, invalid UTF-8 among them', async () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  const broken = fc
    .tuple(bytes, fc.constantFrom([0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf8, 0x88], [0x00]))
    .map(([rest, wrong]) =>
      Buffer.concat([
        Buffer.from('{"jsonrpc":"2.0","id":"'),
        Buffer.from(wrong),
        rest,
        Buffer.from('","method":"ping"}'),
      ]),
    );
  await bombard(fc.array(fc.oneof(bytes, broken), { minLength: 1, maxLength: 20 }), 60);
});

test.concurrent('JSON of any form, and envelopes with fields of any type', async () => {
  const line = fc
    .oneof(envelope, envelope, json, fc.array(envelope, { maxLength: 4 }))
    .map((each) => JSON.stringify(each) ?? '');
  await bombard(fc.array(line, { minLength: 1, maxLength: 25 }), 80, ['--sandbox']);
});

test.concurrent('calls of every tool with arguments of any type are answered once each, and never as a fault of this server', async () => {
  const server = startServer(['--sandbox']);
  await server.initialize();
  const listed = await server.callTool(1, 'no_such_tool');
  expect(listed.isError).toBe(true);
  server.send({ jsonrpc: '2.0', id: 2, method: 'tools/list' });
  const tools: { name: string; inputSchema: { properties?: Record<string, unknown> } }[] = (await server.answer(2))
    .result.tools;
  const call = fc.constantFrom(...tools).chain((tool) => {
    const fields = Object.keys(tool.inputSchema.properties ?? {});
    const given = fc.record(
      Object.fromEntries(fields.map((field) => [field, fc.oneof(json, fc.constant('house-price'))])),
      {
        requiredKeys: [],
      },
    );
    // A wait that happens to be meant would only hold the test up.
    const brief = Object.fromEntries(fields.filter((field) => field === 'wait_seconds').map((field) => [field, 0]));
    return given.map((args) => ({ name: tool.name, arguments: { ...args, ...brief } }));
  });
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 20 }), async (calls) => {
      const ids = calls.map(() => `call-${++number}-`);
      for (const [index, params] of calls.entries())
        server.send({ jsonrpc: '2.0', id: ids[index], method: 'tools/call', params });
      for (const id of ids) {
        const { result } = await server.answer(id);
        expect(result.structuredContent.error?.code).not.toBe('internal_error');
      }
      await stillAnswers(server);
    }),
    { numRuns: RUN_ALL ? 40 : 20, endOnFailure: true },
  );
  for (let each = 1; each <= number; each++) expect(answersTo(server, `call-${each}-`)).toBe(1);
  expect(strayLines(server)).toEqual([]);
});

test.concurrent('deep nesting in every place is refused or answered, and ends nothing', async () => {
  const server = startServer(['--sandbox']);
  await server.initialize();
  for (const depth of [100, 5_000, 200_000]) {
    const deep = '['.repeat(depth) + ']'.repeat(depth);
    const object = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    for (const [at, nest] of [deep, object].entries()) {
      const name = `${depth}-${at}`;
      server.raw(`${nest}\n`);
      server.raw(`{"jsonrpc":"2.0","id":${nest},"method":"ping"}\n`);
      server.raw(`{"jsonrpc":"2.0","id":"a-${name}","method":"ping","params":${nest}}\n`);
      server.raw(
        `{"jsonrpc":"2.0","id":"b-${name}","method":"tools/call","params":{"name":"get_endpoint","arguments":${nest}}}\n`,
      );
      const args = `{"endpoint":"house-price","inputs":${nest}}`;
      server.raw(
        `{"jsonrpc":"2.0","id":"c-${name}","method":"tools/call","params":{"name":"query_endpoint","arguments":${args}}}\n`,
      );
      server.raw(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${nest}}}\n`);
      for (const letter of ['b', 'c']) {
        const { result, error } = await server.answer(`${letter}-${name}`);
        expect(result?.isError ?? error !== undefined).toBe(true);
      }
      await stillAnswers(server);
    }
  }
  expect(strayLines(server)).toEqual([]);
  expect(server.stderr()).toBe('');
});

test.concurrent('huge numbers, repeated members and names of the prototype end nothing', async () => {
  const huge = '9'.repeat(5_000);
  const lines = [
    `{"jsonrpc":"2.0","id":1e999,"method":"ping"}`,
    `{"jsonrpc":"2.0","id":${huge},"method":"ping"}`,
    `{"jsonrpc":"2.0","id":-1e-999,"method":"ping"}`,
    `{"jsonrpc":"2.0","id":"${'x'.repeat(1_000_000)}","method":"ping"}`,
    `{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"id":2,"method":"ping","method":"tools/list"}`,
    `{"jsonrpc":"2.0","id":"p","method":"tools/call","params":{"name":"__proto__","arguments":{"__proto__":{"isAdmin":true}}}}`,
    `{"__proto__":{"jsonrpc":"2.0"},"id":3,"method":"ping"}`,
    `{"jsonrpc":"2.0","id":"w","method":"tools/call","params":{"name":"wait_for_endpoint","arguments":{"endpoint":"house-price","wait_seconds":${huge}}}}`,
    `{"jsonrpc":"2.0","id":"l","method":"tools/call","params":{"name":"list_endpoints","arguments":{"limit":1e400}}}`,
  ];
  await bombard(fc.shuffledSubarray(lines, { minLength: 3 }), 12, ['--sandbox']);
});

test.concurrent('two requests of one id are both answered, and a batch is refused as a whole', async () => {
  const server = startServer(['--sandbox']);
  await server.initialize();
  const call = (endpoint: string) => ({ name: 'get_endpoint', arguments: { endpoint } });
  for (const endpoint of ['house-price', 'churn-legacy'])
    server.send({ jsonrpc: '2.0', id: 'twice', method: 'tools/call', params: call(endpoint) });
  server.send([
    { jsonrpc: '2.0', id: 'batch-1', method: 'ping' },
    { jsonrpc: '2.0', id: 'batch-2', method: 'ping' },
  ]);
  server.send([]);
  await server.answer('twice');
  await vi.waitFor(() => expect(answersTo(server, 'twice')).toBe(2), { timeout: 60_000 });
  expect([answersTo(server, 'batch-1'), answersTo(server, 'batch-2')]).toEqual([0, 0]);
  await stillAnswers(server);
  expect(strayLines(server)).toEqual([]);
});

test.concurrent('unsolicited answers and progress, and unknown notifications, change nothing', async () => {
  const server = startServer(['--sandbox']);
  await server.initialize({ elicitation: { form: {} } });
  for (let each = 0; each < 300; each++) {
    server.send({ jsonrpc: '2.0', id: each, result: { action: 'accept', content: { confirm: true } } });
    server.send({ jsonrpc: '2.0', id: each, error: { code: each, message: 'x' } });
    server.send({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: each, progress: each } });
    server.send({ jsonrpc: '2.0', method: `notifications/n${each}`, params: { each } });
    server.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: each } });
  }
  await stillAnswers(server);
  // A consent that arrives before its question does not count.
  server.send({
    jsonrpc: '2.0',
    id: 'd',
    method: 'tools/call',
    params: { name: 'delete_endpoint', arguments: { endpoint: 'house-price' } },
  });
  const question = await server.message((message) => message.method === 'elicitation/create');
  server.send({ jsonrpc: '2.0', id: question.id, result: { action: 'decline' } });
  expect((await server.answer('d')).result.structuredContent.error.code).toMatch(/declined|not_seen/);
  expect((await server.callTool(9_999, 'get_endpoint', { endpoint: 'house-price' })).structuredContent.endpoint).toBe(
    'house-price',
  );
  expect(strayLines(server)).toEqual([]);
});

test('many messages for a client that reads slowly wait with one listener, and all arrive in order', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  const received: unknown[] = [];
  const output = new Writable({
    highWaterMark: 1,
    write(chunk, _encoding, done) {
      received.push(JSON.parse(String(chunk)));
      setImmediate(done);
    },
  });
  const transport = stdioTransport<unknown>({
    input: new PassThrough(),
    output,
    parse: (each) => each,
    onEnd: () => {},
  });
  const numbers = Array.from({ length: 500 }, (_, each) => each);
  const sent = numbers.map((each) => transport.send(each));
  expect(output.listenerCount('drain')).toBe(1);
  await Promise.all(sent);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warned);
  expect(received).toEqual(numbers);
  expect(output.listenerCount('drain')).toBe(0);
  expect(warnings).toEqual([]);
});
