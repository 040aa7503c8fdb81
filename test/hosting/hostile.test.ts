/** Requests that no honest client sends. Each is refused in an orderly way, and the server keeps answering. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { HostLimits } from '../../src/hosting/server.ts';
import { type Hosted, startHosted as startAny, USER } from '../support/hosted.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function startHosted(limits: Partial<HostLimits> = {}): Promise<Hosted> {
  const h = await startAny({ limits, rules: { hosts: ['h'] } });
  open.push(h.close);
  return h;
}

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const PONG = /"id":1[},]/;

/** A request head, with lines that replace or follow the usual ones. */
function post(lines: string[], body = ''): string {
  const usual = ['Host: h', `Authorization: Bearer ${USER}`, 'Content-Type: application/json'];
  const name = (line: string) => line.split(':')[0]?.toLowerCase();
  const kept = usual.filter((line) => !lines.some((each) => name(each) === name(line)));
  return `POST /mcp HTTP/1.1\r\n${[...kept, ...lines].join('\r\n')}\r\n\r\n${body}`;
}
const sized = (body: string, more: string[] = []) =>
  post([...more, `Content-Length: ${Buffer.byteLength(body)}`], body);

/** The statuses of all answers, in turn. */
const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

/** The server answers another client, and nothing of its inside was said. */
async function expectAlive(h: Hosted, said = ''): Promise<void> {
  expect(await h.health()).toBe(200);
  const response = await h.post(PING, { connection: 'close' }).catch(() => undefined);
  expect([200, 403]).toContain(response?.status); // fetch sends the address as the host
  expect(said).not.toMatch(/node:|\.ts|at \w+ \(|Bearer/);
}

it('the tests themselves send what the server accepts', async () => {
  const h = await startHosted();
  expect(await h.raw(sized(PING, ['Connection: close']))).toMatch(PONG);
});

describe('a length that lies', () => {
  it('and is longer than the body ends when the time for the body is up', async () => {
    const h = await startHosted({ bodyMs: 100 });
    const said = await h.raw(post(['Content-Length: 400'], PING));
    expect(statuses(said)).toEqual([408]);
    expect(said).toMatch(/connection: close/i);
    await expectAlive(h, said);
  });

  it('and is shorter leaves a rest, which is no request', async () => {
    const h = await startHosted();
    const said = await h.raw(post([`Content-Length: ${PING.length}`], `${PING}${PING}`));
    expect(statuses(said).at(-1)).not.toBe(500);
    expect(statuses(said).length).toBeLessThanOrEqual(2);
    await expectAlive(h, said);
  });

  it.each(['-1', '+40', '4e1', '0x28', '40, 40', '40 40', '', '99999999999999999999999', 'NaN'])(
    '"%s" is no length',
    async (length) => {
      const h = await startHosted();
      const said = await h.raw(post([`Content-Length: ${length}`, 'Connection: close'], PING));
      expect([400, 413]).toContain(statuses(said)[0]);
      expect(said).not.toMatch(PONG);
      await expectAlive(h, said);
    },
  );

  it('beyond the limit is refused before a byte of the body arrives', async () => {
    const h = await startHosted();
    const said = await h.raw(post([`Content-Length: ${2 * 1024 * 1024}`]), /MiB/);
    expect(statuses(said)).toEqual([413]);
    await expectAlive(h, said);
  });

  it('beyond the limit is not asked for by a client that waits to be asked', async () => {
    const h = await startHosted();
    const refused = await h.raw(post([`Content-Length: ${2 * 1024 * 1024}`, 'Expect: 100-continue']), /MiB/);
    expect(statuses(refused)).toEqual([413]);
    const unknown = await h.raw(
      post(['Content-Length: 40', 'Expect: 100-continue', 'Authorization: none']),
      /names no user/,
    );
    expect(statuses(unknown)).toEqual([401]);
    const asked = await h.raw([
      post([`Content-Length: ${PING.length}`, 'Expect: 100-continue', 'Connection: close']),
      PING,
    ]);
    expect(statuses(asked)).toEqual([100, 200]);
  });
});

describe('a body in chunks', () => {
  const chunked = (body: string, more: string[] = []) => post(['Transfer-Encoding: chunked', ...more], body);
  const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

  it('is read', async () => {
    const h = await startHosted();
    const said = await h.raw(
      chunked(`${chunk(PING.slice(0, 10))}${chunk(PING.slice(10))}0\r\n\r\n`, ['Connection: close']),
    );
    expect(said).toMatch(PONG);
  });

  it.each([
    ['without a size', 'hello\r\n'],
    ['of a negative size', `-1\r\n${PING}\r\n0\r\n\r\n`],
    ['of an endless size', `${'f'.repeat(40)}\r\n${PING}`],
    ['longer than its size', `5\r\n${PING}\r\n0\r\n\r\n`],
    ['of bytes', '\u0000\u0001\u0002\u0003\r\n\r\n'],
  ])('%s is refused', async (_what, body) => {
    const h = await startHosted();
    const said = await h.raw(chunked(body));
    expect(statuses(said)).toEqual([400]);
    expect(said).not.toMatch(PONG);
    await expectAlive(h, said);
  });

  it('that never ends is refused at the limit, and its client can read why', async () => {
    const h = await startHosted();
    const part = chunk('x'.repeat(256 * 1024));
    const said = await h.raw([chunked(part), part, part, part, part], /MiB/);
    expect(statuses(said)).toEqual([413]);
    await expectAlive(h, said);
  });

  it('with huge extensions around them is refused', async () => {
    const h = await startHosted();
    const said = await h.raw(chunked(`1;${'a'.repeat(100_000)}\r\n`));
    expect([400, 413, 431]).toContain(statuses(said)[0]);
    await expectAlive(h, said);
  });
});

describe('two readings of one request', () => {
  it.each([
    ['a length and chunks', post(['Content-Length: 4', 'Transfer-Encoding: chunked'], `0\r\n\r\n${sized(PING)}`)],
    ['two lengths', post(['Content-Length: 4', `Content-Length: ${PING.length}`], PING)],
    ['two equal lengths', post([`Content-Length: ${PING.length}`, `Content-Length: ${PING.length}`], PING)],
    ['chunks in another coding', post(['Transfer-Encoding: chunked, identity'], `0\r\n\r\n`)],
    ['a coding that no one knows', post(['Transfer-Encoding: xchunked'], PING)],
    ['a blank before the colon', post(['Transfer-Encoding : chunked'], '0\r\n\r\n')],
    ['a folded header', post(['X-A: b\r\n Content-Length: 4'], PING)],
    ['a line feed alone', post([`X-A: b\nContent-Length: ${PING.length}`], PING)],
    ['a zero byte in a header', post([`X-A: \u0000`, `Content-Length: ${PING.length}`], PING)],
    ['a carriage return in a header', post([`X-A: a\rb`, `Content-Length: ${PING.length}`], PING)],
    ['two hosts', sized(PING, ['Host: h', 'Host: evil.example'])],
    ['no host', sized(PING).replace('Host: h\r\n', '')],
    ['two logins', sized(PING, [`Authorization: Bearer ${USER}`, 'Authorization: Bearer engineer@example.com'])],
    ['two forwarded tokens', sized(PING, ['X-Forwarded-Access-Token: a', 'X-Forwarded-Access-Token: b'])],
    ['an absolute address', sized(PING).replace('/mcp', 'http://evil.example/mcp')],
    ['no version of HTTP', sized(PING).replace(' HTTP/1.1', '')],
    ['HTTP/2 without an upgrade', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a method in lower case', sized(PING).replace('POST', 'post')],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: h\r\n\r\n'],
  ])('%s: one refusal, and no answer to what may hide in it', async (_what, bytes) => {
    const h = await startHosted();
    const said = await h.raw(Buffer.from(bytes, 'latin1'), /\r\n\r\n\{.*\}$/s);
    expect(said).not.toMatch(PONG);
    expect(statuses(said)).toHaveLength(1);
    expect(statuses(said)[0]).toBeGreaterThanOrEqual(400);
    expect(statuses(said)[0]).not.toBe(500);
    await expectAlive(h, said);
  });
});

describe('a head', () => {
  it.each([
    ['of one endless header', `X-A: ${'a'.repeat(100_000)}`],
    ['of a thousand headers', Array.from({ length: 1_000 }, (_, at) => `X-${at}: a`).join('\r\n')],
    ['of a hundred and one', Array.from({ length: 101 }, (_, at) => `X-${at}: a`).join('\r\n')],
  ])('%s is refused', async (_what, lines) => {
    const h = await startHosted();
    const said = await h.raw(sized(PING, [lines]), /\}$/);
    expect(statuses(said)).toEqual([431]);
    await expectAlive(h, said);
  });

  it('with an endless address is refused', async () => {
    const h = await startHosted();
    const said = await h.raw(sized(PING).replace('/mcp', `/mcp?${'a'.repeat(100_000)}`));
    expect(statuses(said)).toEqual([431]);
    await expectAlive(h, said);
  });

  it('that comes a byte at a time ends when its time is up', async () => {
    const h = await startHosted({ headMs: 200 });
    const socket = connect(h.port, '127.0.0.1');
    socket.on('error', () => {});
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk.toString();
    });
    socket.write('POST /mcp HTTP/1.1\r\nX-A: ');
    const drip = setInterval(() => socket.write('a'), 20);
    await once(socket, 'close');
    clearInterval(drip);
    expect(statuses(said)).toEqual([408]);
    await expectAlive(h, said);
  });

  it('of an upgrade is read as a request', async () => {
    const h = await startHosted();
    const said = await h.raw(sized(PING, ['Connection: Upgrade', 'Upgrade: websocket']), /\}\]?$/);
    expect(statuses(said)).toEqual([200]);
    await expectAlive(h, said);
  });
});

describe('a body that is slow', () => {
  it('ends when its time is up, and gives its place back', async () => {
    const h = await startHosted({ bodyMs: 200, total: 1 });
    const socket = connect(h.port, '127.0.0.1');
    socket.on('error', () => {});
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk.toString();
    });
    socket.write(post(['Content-Length: 1000']));
    const drip = setInterval(() => socket.write(' '), 20);
    await once(socket, 'close');
    clearInterval(drip);
    expect(statuses(said)).toEqual([408]);
    expect(await h.raw(sized(PING, ['Connection: close']))).toMatch(PONG);
  });

  it('and many of them fill a bounded memory, and no more', async () => {
    const h = await startHosted({ bytes: 100_000, total: 100, perUser: 100 });
    const half = post(['Content-Length: 60000'], 'x'.repeat(50_000));
    const sockets = await Promise.all([hold(h, half), hold(h, half)]);
    const said = await h.raw(post(['Content-Length: 60000'], 'x'.repeat(50_000)), /memory/);
    expect(statuses(said)).toEqual([503]);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => h.raw(sized(PING, ['Connection: close']))).toMatch(PONG);
  });
});

/** A connection that stays open, and has sent this. */
async function hold(h: Hosted, sent?: string): Promise<Socket> {
  const socket = connect(h.port, '127.0.0.1');
  socket.on('error', () => {});
  open.push(async () => socket.destroy());
  await once(socket, 'connect');
  if (sent !== undefined) await new Promise<void>((resolve) => socket.write(sent, () => resolve()));
  return socket;
}

describe('half a request', () => {
  const whole = sized(PING);

  it.each([1, 15, 40, whole.length - PING.length, whole.length - 1])(
    'of %i bytes, and then the end, leaves nothing',
    async (length) => {
      const h = await startHosted({ total: 1 });
      for (let each = 0; each < 5; each++) {
        const socket = await hold(h, whole.slice(0, length));
        socket.end();
        socket.resume();
        await once(socket, 'close');
      }
      expect(await h.raw(sized(PING, ['Connection: close']))).toMatch(PONG);
    },
  );

  it.each([1, 40, whole.length - 1])('of %i bytes, and then a reset, leaves nothing', async (length) => {
    const h = await startHosted({ total: 1 });
    for (let each = 0; each < 5; each++) (await hold(h, whole.slice(0, length))).resetAndDestroy();
    await expect.poll(() => h.raw(sized(PING, ['Connection: close']))).toMatch(PONG);
  });

  it('and then garbage is refused once', async () => {
    const h = await startHosted();
    const said = await h.raw([post(['Transfer-Encoding: chunked'], '5\r\nhello\r\n'), 'garbage\r\n']);
    expect(statuses(said)).toEqual([400]);
    await expectAlive(h, said);
  });
});

describe('requests in a row on one connection', () => {
  it('are answered in their order', async () => {
    const h = await startHosted();
    const ids = Array.from({ length: 4 }, (_, at) => at + 1);
    const all = ids.map((id) =>
      sized(PING.replace('1}', '1}').replace('"id":1', `"id":${id}`), id === 4 ? ['Connection: close'] : []),
    );
    const said = await h.raw(all.join(''));
    expect([...said.matchAll(/"id":(\d)/g)].map(([, id]) => Number(id))).toEqual(ids);
  });

  it('beyond the limit of a user are refused one by one, in their order', async () => {
    const h = await startHosted({ perUser: 1, total: 4 });
    const slow = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_endpoints","arguments":{}}}';
    const said = await h.raw(
      [...Array.from({ length: 60 }, () => sized(slow)), sized(PING, ['Connection: close'])].join(''),
    );
    expect(statuses(said)).toHaveLength(61);
    expect(statuses(said)[0]).toBe(200);
    expect(statuses(said)).toContain(429);
    await expectAlive(h, said);
  });

  it('of which a later one is garbage leave no answer that an earlier one could be given', async () => {
    const h = await startHosted();
    const slow = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_endpoints","arguments":{}}}';
    const said = await h.raw(`${sized(slow)}garbage\r\n\r\n`);
    // Either the first was answered before, or the connection was closed: the refusal never comes first.
    expect([[], [200], [200, 400]]).toContainEqual(statuses(said));
    await expectAlive(h, said);
  });
});

describe('a thousand connections', () => {
  it('that say nothing keep no one from an answer, and end when their time is up', async () => {
    const h = await startHosted({ headMs: 3_000 });
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => hold(h)));
    expect(await h.raw(sized(PING, ['Connection: close']))).toMatch(PONG);
    expect(await h.health()).toBe(200);
    await Promise.all(sockets.map((socket) => (socket.resume().destroyed ? undefined : once(socket, 'close'))));
    expect(await h.health()).toBe(200);
  });

  it('that once were answered make room for the next ones', async () => {
    const h = await startHosted({ connections: 200, total: 300, perUser: 300 });
    const sockets = await Promise.all(Array.from({ length: 200 }, () => hold(h, sized(PING))));
    await Promise.all(sockets.map((socket) => once(socket, 'data')));
    await expect.poll(() => h.raw(sized(PING, ['Connection: close']))).toMatch(PONG);
  });

  it('with half a request each keep no one from an answer', async () => {
    const h = await startHosted({ total: 2_000, perUser: 2_000 });
    await Promise.all(Array.from({ length: 1_000 }, () => hold(h, post(['Content-Length: 400'], PING))));
    expect(await h.raw(sized(PING, ['Connection: close']))).toMatch(PONG);
    expect(await h.health()).toBe(200);
  });
});

it('a client that never reads its answers loses its connection, and its place is free', async () => {
  const h = await startHosted({ total: 1, sendMs: 2_000 });
  const list = sized('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
  const socket = connect(h.port, '127.0.0.1');
  socket.on('error', () => {});
  open.push(async () => socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  const ask = () => h.raw(sized(PING, ['Connection: close']));
  // More and more, until the system keeps no more for a reader that does not read.
  for (let said = ''; !said.includes('all are taken'); said = await ask())
    for (let each = 0; each < 20; each++) {
      socket.write(list);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  await expect.poll(ask, { timeout: 20_000 }).toMatch(PONG);
});
