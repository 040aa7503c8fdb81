/** A proxy that opens no tunnel is an error in words, within the usual tries, and nothing goes on after the answer. */
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { proxyFor } from '../../src/connection/proxy.ts';
import { openTunnel } from '../../src/connection/tunnel.ts';
import type { TransportError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import {
  destroy,
  finish,
  forward,
  hold,
  openAndDestroy,
  startHttpProxy,
  status,
  type TestProxy,
  type Treatment,
} from '../support/http-proxy.ts';
import { tryHttp } from '../support/scripted-service.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint } from '../support/workspace.ts';

/** No test reaches it: only the proxy sees its name. */
const WORKSPACE = 'https://adb-1.2.azuredatabricks.net';
const PASSWORD = 'fake/secret';
const TRIES = 4;

const begin = useHarness(withEndpoints);
const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function proxy(treatment: Treatment): Promise<TestProxy> {
  const started = await startHttpProxy(treatment);
  open.push(started);
  return started;
}

/** As the environment names it, with a login. */
function named({ name }: TestProxy, login = `user:${encodeURIComponent(PASSWORD)}@`) {
  return proxyFor(new URL(WORKSPACE), { HTTPS_PROXY: `http://${login}${name}` });
}

function connection(through: TestProxy, origin = WORKSPACE): { http: Http; pauses: number[] } {
  const tried = tryHttp(origin, { proxy: () => named(through) });
  open.push(tried.http);
  return tried;
}

/** A server whose every request goes through the proxy. */
function server(through: TestProxy, options: HarnessOptions = {}): Promise<Harness> {
  return begin([endpoint('churn', [churnEntity('1')])], { proxy: () => named(through), ...options });
}

const failure = (work: Promise<unknown>): Promise<TransportError> =>
  work.then(
    () => Promise.reject(new Error('it succeeded')),
    (error) => error,
  );

/** Time for connections that nobody asked for. */
const aMoment = () => delay(100);

describe('a proxy that opens tunnels', () => {
  it('carries reads, writes and queries, and gets the login', async () => {
    const through = await proxy(forward);
    const h = await server(through);
    expect((await h.call('get_endpoint', { endpoint: 'churn' })).isError).toBe(false);
    expect((await h.call('update_endpoint', { endpoint: 'churn', tags: { a: 'b' } })).data.changed).toBe(true);
    const queried = await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    expect(queried.data.predictions).toHaveLength(1);
    expect(through.asked[0]).toContain(`CONNECT ${new URL(h.sandbox.host).host} HTTP/1.1`);
    expect(through.asked[0]).toContain(Buffer.from(`user:${PASSWORD}`).toString('base64'));
    // One connection serves many requests.
    expect(through.connections()).toBeLessThan(5);
  });
});

const FAILURES: [what: string, treatment: Treatment, words: string, transient: boolean, next: string][] = [
  ['destroys the connection', destroy, 'closed the tunnel to', true, 'NO_PROXY'],
  ['closes the connection', finish, 'closed the tunnel to', true, 'NO_PROXY'],
  ['answers 502', status(502), 'could not reach', true, 'NO_PROXY'],
  ['answers 503', status(503), 'could not reach', true, 'NO_PROXY'],
  ['answers 403', status(403), 'refused a tunnel to', false, 'administrator'],
  ['answers 404', status(404), 'refused a tunnel to', false, 'administrator'],
  [
    'answers a redirect',
    status(302, 'location: https://login.example\r\n'),
    'refused a tunnel to',
    false,
    'administrator',
  ],
  [
    'answers 407',
    status(407),
    'rejected the login in HTTPS_PROXY (407)',
    false,
    'put a user and a password in front of the host',
  ],
  [
    'answers 407 and takes no password',
    status(407, 'proxy-authenticate: Negotiate\r\nproxy-authenticate: NTLM\r\n'),
    'rejected the login in HTTPS_PROXY (407)',
    false,
    'px or cntlm',
  ],
  [
    'speaks another protocol',
    (socket) => void socket.end('220 mail.example ESMTP\r\n'),
    'did not answer as an HTTP proxy',
    true,
    'HTTPS_PROXY',
  ],
];

describe.each(FAILURES)('a proxy that %s', (_what, treatment, words, transient, next) => {
  it('is named in the error, which says what to do: nothing was sent, and nothing follows', async () => {
    const through = await proxy(treatment);
    const h = await server(through);
    const calls = [
      ['get_endpoint', { endpoint: 'churn' }],
      ['update_endpoint', { endpoint: 'churn', tags: { a: 'b' } }],
      ['query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] }],
    ] as const;
    for (const [tool, args] of calls) {
      const before = through.connections();
      const { error } = (await h.call(tool, args)).data;
      expect(error).toMatchObject({ code: 'connection', next: expect.stringContaining(next), retryable: transient });
      expect(error.message).toMatch(new RegExp(`^the proxy at ${through.name} .*nothing was sent`));
      expect(error.message).toContain(words);
      expect(JSON.stringify(error)).not.toMatch(/fake|bug in this server|may have|may or may not|lost/);
      expect(through.connections() - before).toBe(transient ? TRIES : 1);
    }
    const answered = through.connections();
    await aMoment();
    expect(through.connections()).toBe(answered);
    expect(h.sent()).toEqual([]);
  });

  it('leaves a write to a host elsewhere unsent: its outcome is known', async () => {
    const through = await proxy(treatment);
    const { http, pauses } = connection(through);
    const error = await failure(http.json('PUT', '/p', { body: {} }));
    expect(error).toMatchObject({ sent: false, kind: transient ? 'refused' : 'unreachable' });
    expect(error.message).toContain(words);
    expect(pauses).toHaveLength(transient ? TRIES - 1 : 0);
    expect(through.asked[0]).toContain('CONNECT adb-1.2.azuredatabricks.net:443 HTTP/1.1');
  });
});

describe('a connection through a proxy', () => {
  it('without a login says how to give one', async () => {
    const through = await proxy(status(407));
    const h = await server(through, { proxy: () => named(through, '') });
    const { error } = (await h.call('list_endpoints')).data;
    expect(error.message).toContain('requires a login (407)');
  });

  it('to a closed port is an error that names the port, with and without a scheme', async () => {
    const through = await proxy(destroy);
    await through.close();
    for (const value of [through.name, `http://${through.name}`]) {
      const chosen = proxyFor(new URL(WORKSPACE), { HTTPS_PROXY: value });
      const { http } = tryHttp(WORKSPACE, { proxy: () => chosen });
      const error = await failure(http.json('GET', '/p'));
      expect(error.message).toBe(`the proxy at ${through.name} cannot be reached (ECONNREFUSED); nothing was sent`);
      await http.close();
    }
  });

  it('whose address is not one is an error of the call, not of this server', async () => {
    const h = await begin([], {
      proxy: () => proxyFor(new URL(WORKSPACE), { HTTPS_PROXY: 'http://user:fake-secret@p.example:port' }),
    });
    const { error } = (await h.call('list_endpoints')).data;
    expect(error).toMatchObject({
      code: 'connection',
      message: expect.stringContaining('HTTPS_PROXY'),
      retryable: false,
    });
    expect(JSON.stringify(error)).not.toContain('fake-secret');
  });

  it('that ends after the tunnel was open, before a request could pass, leaves nothing sent', async () => {
    const through = await proxy(openAndDestroy);
    const { http } = connection(through);
    expect(await failure(http.json('PUT', '/p', { body: {} }))).toMatchObject({ kind: 'refused', sent: false });
    const answered = through.connections();
    expect(answered).toBe(TRIES);
    await aMoment();
    expect(through.connections()).toBe(answered);
  });

  it('that a caller cancels is not tried again', async () => {
    const through = await proxy(hold);
    const { http } = connection(through);
    const cancelling = new AbortController();
    const call = failure(http.bind({ signal: cancelling.signal, access: 'read' }).json('GET', '/p'));
    await expect.poll(() => through.asked.length).toBe(1);
    cancelling.abort();
    expect(await call).toMatchObject({ name: 'AbortError' });
    through.drop();
    await aMoment();
    expect(through.connections()).toBe(1);
  });

  it('that never answers ends in time', async () => {
    const through = await proxy(hold);
    const chosen = named(through);
    if (!chosen) throw new Error('no proxy');
    const error = await failure(openTunnel(chosen, 'dbc-1.example:443', 5));
    expect(error.message).toContain(`the proxy at ${through.name} did not open a tunnel to dbc-1.example:443 within`);
  });
});

it('a connection without a proxy that ends before a request could pass leaves nothing sent', async () => {
  let count = 0;
  const reset: Server = createServer((socket) => {
    count++;
    socket.on('error', () => {}).once('data', () => socket.destroy());
  });
  await new Promise<void>((resolve) => reset.listen(0, '127.0.0.1', resolve));
  open.push(reset);
  const address = reset.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const { http } = tryHttp(`https://127.0.0.1:${port}`);
  open.push(http);
  const error = await failure(http.json('PUT', '/p', { body: {} }));
  expect(error).toMatchObject({ kind: 'refused', sent: false });
  expect(error.message).toContain('failed before anything was sent (ECONNRESET)');
  expect(count).toBe(TRIES);
});
