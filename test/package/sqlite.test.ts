/** The SQL engine of the built program: files of their own, which some packages leave out. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isLeftOut } from '../../src/package/bundle.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { builtFiles, DIST } from './built.ts';

let copy = '';
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'dist-'));
  cpSync(DIST, copy, { recursive: true, filter: (path) => !isLeftOut(`dist/${basename(path)}`) });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Runs a statement in the sandbox of a built program. */
async function answered(folder: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const [name = ''] = [...builtFiles()].find(([, { sources }]) => sources.includes('src/sandbox/index.ts')) ?? [];
  const built: { startSandbox(): Promise<Sandbox> } = await import(pathToFileURL(join(folder, name)).href);
  const sandbox = await built.startSandbox();
  try {
    const statement = { statement: 'SELECT 1 + 1 AS two', warehouse_id: '4f1c2a9be07d3568' };
    const headers = { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(statement) };
    const response = await fetch(`${sandbox.host}/api/2.0/sql/statements`, init);
    return { status: response.status, body: Object(await response.json()) };
  } finally {
    await sandbox.close();
  }
}

it('runs statements', async () => {
  const { status, body } = await answered(DIST);
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: { state: 'SUCCEEDED' }, result: { data_array: [['2']] } });
});

it('refuses statements without those files, and says why', async () => {
  const gone = readdirSync(DIST).filter((name) => !existsSync(join(copy, name)));
  expect(gone).toEqual(expect.arrayContaining([expect.stringMatching(/^run-statement-\w+\.mjs$/), 'sqlite.wasm.br']));
  const { status, body } = await answered(copy);
  expect([status, body.error_code]).toEqual([501, 'NOT_IMPLEMENTED']);
  expect(body.message).toContain(
    'This package has to be small and comes without an SQL engine; the npm package has it',
  );
});
