import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';

const READER = 'reader@example.com';
const WRITER = 'writer@example.com';
const STRANGER = 'stranger@example.com';
const ROOT = '/Volumes/ops/audit/changes';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({
    clock: { kind: 'manual' },
    seed: {
      users: [
        { user_name: 'admin@example.com', admin: true },
        ...[READER, WRITER, STRANGER].map((user_name) => ({ user_name })),
      ],
      volumes: [
        {
          full_name: 'ops.audit.changes',
          grants: { [READER]: ['READ_VOLUME'], [WRITER]: ['READ_VOLUME', 'WRITE_VOLUME'] },
        },
      ],
    },
  });
});
afterEach(() => sandbox.close());

function ask(method: string, path: string, { who = WRITER, body }: { who?: string; body?: string | Uint8Array } = {}) {
  const headers = { authorization: `Bearer ${sandbox.tokenOf(who)}`, 'content-type': 'application/octet-stream' };
  return fetch(sandbox.host + path, { method, headers, ...(body === undefined ? {} : { body: Buffer.from(body) }) });
}

const file = (path: string) => `/api/2.0/fs/files${ROOT}/${path}`;
const folder = (path: string) => `/api/2.0/fs/directories${ROOT}/${path}`;

describe('files of a volume', () => {
  it('have exactly the bytes that were sent, whatever these are', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    const stored = await ask('PUT', file('all.bin'), { body: bytes });
    expect([stored.status, await stored.text()]).toEqual([204, '']);
    const found = await ask('GET', file('all.bin'), { who: READER });
    expect(new Uint8Array(await found.arrayBuffer())).toEqual(bytes);
    expect(found.headers.get('content-type')).toBe('application/octet-stream');
    const head = await ask('HEAD', file('all.bin'));
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '256']);
    expect(head.headers.get('last-modified')).toMatch(/GMT$/);
  });

  it('are replaced, unless overwrite is false', async () => {
    await ask('PUT', file('a.txt'), { body: 'one' });
    await ask('PUT', file('a.txt'), { body: 'two' });
    expect((await ask('PUT', `${file('a.txt')}?overwrite=false`, { body: 'three' })).status).toBe(409);
    expect(await (await ask('GET', file('a.txt'))).text()).toBe('two');
    expect((await ask('DELETE', file('a.txt'))).status).toBe(204);
    expect((await ask('GET', file('a.txt'))).status).toBe(404);
  });

  it('need their directory, which may be made again', async () => {
    const early = await ask('PUT', file('of/ada/a.txt'), { body: 'x' });
    expect(early.status).toBe(404);
    expect((await ask('PUT', folder('of/ada'))).status).toBe(204);
    expect((await ask('PUT', folder('of/ada/'))).status).toBe(204);
    expect((await ask('PUT', file('of/ada/a%20b.txt'), { body: 'x' })).status).toBe(204);
    const { contents } = (await (await ask('GET', folder('of/ada'))).json()) as { contents: unknown[] };
    expect(contents).toEqual([
      {
        path: `${ROOT}/of/ada/a b.txt`,
        name: 'a b.txt',
        is_directory: false,
        file_size: 1,
        last_modified: expect.any(Number),
      },
    ]);
    expect((await ask('DELETE', folder('of/ada'))).status).toBe(400);
    expect((await ask('DELETE', file('of/ada/a%20b.txt'))).status).toBe(204);
    expect((await ask('DELETE', folder('of/ada'))).status).toBe(204);
    expect((await ask('GET', folder('of/ada'))).status).toBe(404);
  });

  it('that are missing say so, and a missing volume says its name', async () => {
    expect(await (await ask('GET', file('none'))).json()).toMatchObject({
      error_code: 'NOT_FOUND',
      message: 'The file being accessed is not found.',
    });
    expect(await (await ask('GET', '/api/2.0/fs/files/Volumes/ops/audit/none/a')).json()).toMatchObject({
      message: "Volume 'ops.audit.none' does not exist.",
    });
  });

  it.each([
    ['GET', READER, 404],
    ['PUT', READER, 403],
    ['DELETE', READER, 403],
    ['GET', STRANGER, 403],
    ['PUT', STRANGER, 403],
    ['PUT', 'admin@example.com', 204],
  ])('%s as %s: %s', async (method, who, status) => {
    const answer = await ask(method, file('a.txt'), { who, ...(method === 'PUT' ? { body: 'x' } : {}) });
    expect(answer.status).toBe(status);
  });

  it.each(['a%2Fb.txt', '%2e%2e/a.txt', 'a//b.txt', '%zz'])('path %s is refused', async (path) => {
    expect([400, 404]).toContain((await ask('PUT', file(path), { body: 'x' })).status);
    expect(JSON.stringify(sandbox.dump())).not.toContain('"content"');
  });

  it('need the scope files', async () => {
    const token = (scopes: string[]) => ({ authorization: `Bearer ${sandbox.forwardedTokenOf(WRITER, scopes)}` });
    const put = (headers: Record<string, string>) =>
      fetch(sandbox.host + file('a.txt'), { method: 'PUT', headers, body: 'x' });
    expect((await put(token(['files']))).status).toBe(204);
    const refused = await put(token(['sql']));
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('required scopes: files')]);
  });
});
