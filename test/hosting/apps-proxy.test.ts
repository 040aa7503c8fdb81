/** The stand-in for the platform does what the platform does to an App: it gives up on a silent one, cuts long streams, and holds nothing back. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type AppsProxy, type AppsProxyOptions, startAppsProxy } from '../support/apps-proxy.ts';
import { ANALYST } from '../support/databricks-app.ts';

let sandbox: Sandbox;
let proxy: AppsProxy | undefined;
let app: Server | undefined;
beforeEach(async () => {
  sandbox = await startSandbox({ clock: { kind: 'manual' } });
});
afterEach(async () => {
  await proxy?.close();
  app?.closeAllConnections();
  app?.close();
  await sandbox.close();
});

/** A request of a signed-in user to an App that answers in this way. */
async function through(answer: RequestListener, options: Partial<AppsProxyOptions> = {}): Promise<Response> {
  app = createServer(answer).listen(0, '127.0.0.1');
  await once(app, 'listening');
  const address = app.address();
  if (address === null || typeof address === 'string') throw new Error('the app has no port');
  proxy = await startAppsProxy({ sandbox, scopes: ['model-serving'], ...options });
  proxy.leadTo(address.port);
  const login = sandbox.forwardedTokenOf(ANALYST, ['all-apis']);
  return fetch(proxy.url, { headers: { authorization: `Bearer ${login}` } });
}

describe('the time limits', () => {
  it('a silent App ends in 504', async () => {
    expect((await through(() => {}, { silentMs: 50 })).status).toBe(504);
  });

  it('a stream is cut, although the App still sends', async () => {
    const answer = await through(
      (_request, response) => {
        const beat = setInterval(() => response.write(': still here\n\n'), 5);
        response.on('close', () => clearInterval(beat));
      },
      { streamMs: 100 },
    );
    await expect(answer.text()).rejects.toThrow();
  });
});

it('what the App writes arrives before its answer ends', async () => {
  const answer = await through((_request, response) => void response.write('first'));
  const part = await answer.body?.getReader().read();
  expect(Buffer.from(part?.value ?? '').toString()).toBe('first');
});

describe('the headers', () => {
  it('name the user in the forms of the platform', async () => {
    const me = await fetch(`${sandbox.host}/api/2.0/preview/scim/v2/Me`, {
      headers: { authorization: `Bearer ${sandbox.tokenOf(ANALYST)}` },
    });
    const { id } = (await me.json()) as { id: string };
    await through((_request, response) => void response.end());
    expect(proxy?.passed).toEqual([
      expect.objectContaining({
        host: proxy?.name,
        'x-forwarded-host': proxy?.name,
        'x-forwarded-user': `${id}@${me.headers.get('x-databricks-org-id')}`,
        'x-forwarded-email': ANALYST,
        'x-forwarded-preferred-username': 'Analyst',
        'x-forwarded-access-token': expect.stringMatching(/^eyJ/),
        'x-request-id': expect.stringMatching(/^[\da-f-]{36}$/),
      }),
    ]);
    expect(proxy?.passed[0]).not.toHaveProperty('authorization');
  });

  it('have no token where the App declares no scopes', async () => {
    await through((_request, response) => void response.end(), { scopes: [] });
    expect(proxy?.passed[0]).not.toHaveProperty('x-forwarded-access-token');
  });
});

it('an App that is not there ends in 502', async () => {
  await through((_request, response) => void response.end());
  proxy?.leadTo(undefined);
  const login = sandbox.forwardedTokenOf(ANALYST, ['all-apis']);
  const answer = await fetch(proxy?.url ?? '', { headers: { authorization: `Bearer ${login}` } });
  expect(answer.status).toBe(502);
});
