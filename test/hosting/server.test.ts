/** The server over HTTP: the protocol behind its gate, one user apart from the other, and how it stops. */
import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { readHttp } from '../../src/command-options.ts';
import { viewPage } from '../../src/mcp/view-page.ts';
import { digest } from '../support/digest.ts';
import { EVERY_CHANGE } from '../support/harness.ts';
import { holdRequests } from '../support/holding.ts';
import { type Hosted, type HostedOptions, startHosted as startAny, USER } from '../support/hosted.ts';
import type { ProxiedRequest } from '../support/intercepting-proxy.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** On the safety workspace, unless the options name another one. */
async function startHosted(options: HostedOptions = {}): Promise<Hosted> {
  const h = await startAny('seed' in options ? options : { seed: safetyWorkspace(), ...options });
  closing.push(h.close);
  return h;
}

/** A server whose requests to the workspace are held where `holds` says so, until `release`. */
async function holding(holds: (request: ProxiedRequest) => boolean, options: HostedOptions = {}) {
  const { via, held, release, close } = holdRequests(holds);
  closing.push(close);
  const h = await startHosted({ ...options, via });
  return { h, held, release };
}

const isList = ({ path, moment }: ProxiedRequest) => path === '/api/2.0/serving-endpoints' && moment === 'before';
const isWrite = ({ method, moment }: ProxiedRequest) => method !== 'GET' && moment === 'after';
const ping = (id: number | string) => ({ jsonrpc: '2.0', id, method: 'ping' });
const toolCall = (id: number, name: string, args: object, meta: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args, ...meta },
});
const toolText = (args: string) =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query_endpoint","arguments":${args}}}`;
// biome-ignore lint/suspicious/noExplicitAny: tests read answers field by field, and a wrong guess fails them
const jsonOf = async (response: Response): Promise<any> => response.json();

describe('a request', () => {
  it('is answered without any before it: nothing lasts from one to the next', async () => {
    const h = await startHosted();
    const list = await jsonOf(await h.post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }));
    expect(list.result.tools.length).toBeGreaterThan(10);
    const { endpoints } = await h.call('list_endpoints');
    expect(endpoints.map(({ name }: { name: string }) => name)).toContain('churn');
  });

  it('gets one JSON document unless it asks for progress and accepts a stream', async () => {
    const h = await startHosted();
    const both = 'application/json, text/event-stream';
    const typeOf = async (meta: object, accept: string) => {
      const response = await h.post(toolCall(1, 'wait_for_endpoint', { endpoint: 'churn', wait_seconds: 0 }, meta), {
        accept,
      });
      const type = response.headers.get('content-type');
      expect(await response.text()).toContain('"ready"');
      return type;
    };
    const asks = { _meta: { progressToken: 1 } };
    expect(await typeOf({}, both)).toBe('application/json');
    expect(await typeOf(asks, 'application/json')).toBe('application/json');
    expect(await typeOf(asks, both)).toBe('text/event-stream');
  });

  it('sees its progress on the stream, and then its answer', async () => {
    const h = await startHosted();
    await h.call('swap_version', { endpoint: 'churn', version: '3', wait_seconds: 0 });
    const response = await h.post(
      toolCall(7, 'wait_for_endpoint', { endpoint: 'churn', wait_seconds: 30 }, { _meta: { progressToken: 'p' } }),
      { accept: 'application/json, text/event-stream' },
    );
    const events = [...(await response.text()).matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
    expect(events.length).toBeGreaterThan(2);
    expect(events[0]).toMatchObject({ method: 'notifications/progress', params: { progressToken: 'p' } });
    expect(events.at(-1)).toMatchObject({ id: 7, result: { structuredContent: { endpoint: 'churn' } } });
  });

  it('keeps the digits of ids in rows', async () => {
    const h = await startHosted({ seed: undefined });
    const ask = (rooms: string) =>
      h.post(
        `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query_endpoint","arguments":{"endpoint":"house-price","instances":[{"area_m2":1,"rooms":${rooms},"age_years":1,"district":"centre"}]}}}`,
      );
    // Rounded, it would be refused.
    expect((await jsonOf(await ask('9007199254740993'))).result.structuredContent).toMatchObject({ rows: 1 });
  });

  it('may be a list in the one revision that has lists, and each message of it is answered', async () => {
    const h = await startHosted();
    const list = [ping('a'), ping('b')];
    expect(await jsonOf(await h.post(list))).toMatchObject([{ id: 'a' }, { id: 'b' }]);
    expect((await h.post(list, { 'mcp-protocol-version': '2025-03-26' })).status).toBe(200);
    const refused = await h.post(list, { 'mcp-protocol-version': '2025-11-25' });
    expect([refused.status, (await jsonOf(refused)).error.code]).toEqual([400, -32600]);
  });

  it('that is a list needs a place for each message', async () => {
    const h = await startHosted();
    const response = await h.post(Array.from({ length: 5 }, (_, at) => ping(at)));
    expect(response.status).toBe(429);
    expect((await h.post(Array.from({ length: 4 }, (_, at) => ping(at)))).status).toBe(200);
  });

  it.each([
    ['no JSON', '{"jsonrpc": ', -32700],
    ['nothing', '', -32700],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), -32700],
    ['no message', '{"id": 1}', -32600],
    ['a text', '"x"', -32600],
    ['null', 'null', -32600],
    ['an empty list', '[]', -32600],
    ['a list of lists', '[[]]', -32600],
  ])('that is %s is refused as JSON-RPC says', async (_what, body, code) => {
    const h = await startHosted();
    const response = await h.post(body);
    expect(response.status).toBe(400);
    expect(await jsonOf(response)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code } });
    expect(await h.health()).toBe(200);
  });

  it.each([
    ['a message', (deep: string) => toolText(`{"endpoint":"churn","inputs":${deep}}`)],
    ['a list', (deep: string) => deep],
  ])('that is %s nested a million levels deep is refused before it is parsed', async (_what, body) => {
    const h = await startHosted({ limits: { maxBody: 4 * 1024 * 1024 } });
    const response = await h.post(body('['.repeat(1_000_000) + ']'.repeat(1_000_000)));
    expect(response.status).toBe(400);
    expect((await jsonOf(response)).error.message).toContain('levels deep');
    // The tool itself judges one that can be parsed.
    const inside = await h.post(toolText(`{"endpoint":"churn","inputs":${'['.repeat(500)}${']'.repeat(500)}}`));
    expect((await jsonOf(inside)).result.structuredContent.error.code).toBe('invalid_arguments');
  });

  it('may read a view, whole and in one document', async () => {
    const h = await startHosted();
    const uri = 'ui://serving/endpoint';
    const { result } = await jsonOf(await h.post({ jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri } }));
    const [{ text, ...rest }] = result.contents;
    expect(digest(text)).toBe(digest(await viewPage({ view: 'endpoint' })));
    expect(rest).toMatchObject({ uri, _meta: { ui: { prefersBorder: true } } });
  });

  it('for a tool that does not exist is answered by the protocol', async () => {
    const h = await startHosted();
    const answer = await jsonOf(await h.post(toolCall(1, 'drop_everything', {})));
    expect(JSON.stringify(answer)).toContain('unknown_tool');
  });

  it('in revision 2026-07-28 is answered in it', async () => {
    const h = await startHosted();
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const response = await h.post(
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_endpoints', arguments: {}, _meta: meta } },
      { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'list_endpoints' },
    );
    expect(await jsonOf(response)).toMatchObject({
      result: { resultType: 'complete', structuredContent: { total: expect.any(Number) } },
    });
  });
});

describe('a page', () => {
  const origin = 'https://page.example';

  it('of an allowed origin gets its preflight, and may read the answer and each refusal', async () => {
    const h = await startHosted();
    const preflight = await fetch(`http://127.0.0.1:${h.port}/mcp`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type, mcp-protocol-version',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    const more: Record<string, string>[] = [{}, { authorization: 'none' }, { 'content-type': 'text/plain' }];
    for (const headers of more) {
      const response = await h.post(ping(1), { origin, ...headers });
      expect(response.headers.get('access-control-allow-origin')).toBe(origin);
      expect(response.headers.get('vary')).toBe('Origin');
    }
  });

  it('of another origin gets neither', async () => {
    const h = await startHosted();
    const response = await h.post(ping(1), { origin: 'https://page.example.evil.example' });
    expect(response.status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a caller', () => {
  it('who is not known is refused, with what the client needs for a login', async () => {
    const h = await startHosted();
    const response = await h.post(ping(1), { authorization: 'Bearer secret-of-no-one' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.text()).not.toContain('secret-of-no-one');
    expect(h.logs.join('\n')).not.toContain('secret-of-no-one');
  });

  it('calls with their own token, also next to others', async () => {
    const h = await startHosted();
    const users = ['engineer@example.com', USER];
    await Promise.all(Array.from({ length: 8 }, (_, at) => h.call('list_endpoints', {}, users[at % 2])));
    const seen = h.sandbox.requests
      .filter(({ path }) => path === '/api/2.0/serving-endpoints')
      .map(({ principal }) => principal);
    expect(seen.filter((user) => user === USER)).toHaveLength(4);
    expect(seen.filter((user) => user === users[0])).toHaveLength(4);
  });

  it('with too many calls waits, and others do not', async () => {
    const { h, held, release } = await holding(isList);
    const mine = Array.from({ length: 4 }, () => h.call('list_endpoints'));
    await held;
    await expect.poll(async () => (await h.post(ping(1))).status).toBe(429);
    const refused = await h.post(ping(1));
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await jsonOf(refused)).toMatchObject({ error: { message: expect.stringContaining('4 calls under way') } });
    expect((await h.post(ping(1), { authorization: 'Bearer engineer@example.com' })).status).toBe(200);
    release();
    await Promise.all(mine);
    expect((await h.post(ping(1))).status).toBe(200);
  });

  it('finds all places taken when others have them, and the health check still answers', async () => {
    const { h, held, release } = await holding(isList, { limits: { total: 3 } });
    const others = [USER, USER, 'engineer@example.com'].map((user) => h.call('list_endpoints', {}, user));
    await held;
    await expect
      .poll(async () => (await h.post(ping(1), { authorization: 'Bearer analyst@example.com' })).status)
      .toBe(503);
    expect(await h.health()).toBe(200);
    release();
    await Promise.all(others);
    expect((await h.post(ping(1))).status).toBe(200);
  });

  it('who goes away during a read gives the place back', async () => {
    const { h, held } = await holding(isList, { limits: { total: 1 } });
    const controller = new AbortController();
    const gone = h.call('list_endpoints', {}, USER, controller.signal).catch(() => 'gone');
    await held;
    controller.abort();
    expect(await gone).toBe('gone');
    await expect.poll(async () => (await h.post(ping(1))).status).toBe(200);
  });

  it('who goes away during a change keeps the place until the change has ended, and the journal knows its end', async () => {
    const { h, held, release } = await holding(isWrite, { limits: { total: 1 } });
    const controller = new AbortController();
    const change = { model: 'ml.prod.churn', alias: 'challenger', version: '2' };
    const gone = h.call('set_alias', change, USER, controller.signal).catch(() => 'gone');
    await held;
    controller.abort();
    expect(await gone).toBe('gone');
    expect((await h.post(ping(1))).status).toBe(503);
    release();
    await expect.poll(async () => (await h.post(ping(1))).status).toBe(200);
    const { entries } = await h.journalOf(USER).read(EVERY_CHANGE);
    expect(entries).toMatchObject([{ tool: 'set_alias', outcome: 'done' }]);
  });
});

describe('a call that takes too long', () => {
  it('is answered in time, while its change goes on', async () => {
    const { h, held, release } = await holding(isWrite, { callLimit: { callMs: 700, answerMs: 800 } });
    const answer = h.call('set_alias', { model: 'ml.prod.churn', alias: 'challenger', version: '2' });
    await held;
    expect(await answer).toMatchObject({ error: { code: 'time_limit', retryable: false } });
    release();
    await expect.poll(async () => (await h.journalOf(USER).read(EVERY_CHANGE)).entries[0]?.outcome).toBe('done');
  });

  it('and has no limit of its own gets an error, and not a cut connection', async () => {
    const { h } = await holding(isList, { limits: { answerMs: 200 } });
    expect(await h.call('list_endpoints')).toMatchObject({ status: 504, error: { code: -32000 } });
  });
});

describe('a server that stops', () => {
  it('begins no call, says so in its health check, and lets running ones end', async () => {
    const { h, held, release } = await holding(isList);
    const running = h.call('list_endpoints');
    await held;
    const stopped = h.server.stop(60_000);
    expect(await h.health()).toBe(503);
    const refused = await h.post(ping(1));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    release();
    expect((await running).endpoints).toBeDefined();
    expect(await stopped).toEqual([]);
    await expect(h.post(ping(1))).rejects.toThrow();
  });

  it('begins no call whose body is still on its way', async () => {
    const h = await startHosted();
    const body = JSON.stringify(ping(1));
    const headers = { authorization: `Bearer ${USER}`, 'content-type': 'application/json', expect: '100-continue' };
    const sent = request({ port: h.port, host: '127.0.0.1', path: '/mcp', method: 'POST', headers });
    sent.flushHeaders();
    await once(sent, 'continue'); // it has a place, and the server waits for its body
    const stopped = h.server.stop(60_000);
    expect(await h.health()).toBe(503);
    const answered = once(sent, 'response');
    sent.end(body);
    const [response] = await answered;
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '5']);
    response.resume();
    expect(await stopped).toEqual([]);
  });

  it('ends what runs longer than its deadline, with an answer', async () => {
    const { h, held } = await holding(isList);
    const running = h.call('list_endpoints');
    await held;
    expect(await h.server.stop(40)).toEqual([]);
    expect(await running).toMatchObject({ error: { code: 'server_stopping', retryable: true } });
  });

  it('names the changes that have not ended, and the journal has them open', async () => {
    const { h, held } = await holding(isWrite);
    const running = h
      .call('set_alias', { model: 'ml.prod.churn', alias: 'challenger', version: '2' })
      .catch(() => 'cut');
    await held;
    expect(await h.server.stop(40)).toEqual(['set_alias of ml.prod.churn']);
    expect(await running).toBe('cut');
    const [entry] = (await h.journalOf(USER).read(EVERY_CHANGE)).entries;
    expect(entry).toMatchObject({ tool: 'set_alias' });
    expect(entry?.outcome).toBeUndefined();
  });
});

it('a failure of the server itself says nothing of its inside', async () => {
  const h = await startHosted();
  h.journalOf(USER); // known before its secret is planted
  const broken = await startAny({ seed: safetyWorkspace() });
  closing.push(broken.close);
  // A user without a token in the sandbox makes the opening of the call fail.
  const response = await broken.post(ping(1), { authorization: 'Bearer nobody@nowhere.example' });
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ id: null, error: { code: -32603 } });
  expect(text).not.toMatch(/nobody|at .*\.ts|Error:/);
});

describe('the options of the command', () => {
  const read = (...pairs: [string, string][]) => readHttp(new Map(pairs));

  it('have defaults', () => {
    expect(read()).toEqual({
      port: 8000,
      hosts: [],
      origins: [],
      appIdentity: 'off',
      maxCalls: 256,
      maxCallsPerUser: 8,
    });
    expect(read(['max-calls', '4'])).toMatchObject({ maxCalls: 4, maxCallsPerUser: 4 });
    expect(read(['allow-host', ' A.example , [::2]:80,'], ['allow-origin', 'https://a.example'])).toMatchObject({
      hosts: ['a.example', '[::2]:80'],
      origins: ['https://a.example'],
    });
  });

  it.each([
    ['port', '65536'],
    ['port', 'x'],
    ['port', ''],
    ['max-calls', '0'],
    ['max-calls', '1.5'],
    ['max-calls-per-user', '257'],
    ['allow-host', 'https://a.example'],
    ['allow-host', 'a.example/x'],
    ['allow-host', '*'],
    ['allow-origin', '*'],
    ['allow-origin', 'a.example'],
    ['allow-origin', 'https://a.example/'],
    ['allow-origin', 'null'],
    ['allow-origin', 'https://*.example'],
  ])('%s %s is refused by name', (name, value) => {
    expect(read([name, value])).toMatch(new RegExp(`^--${name} `));
  });
});
