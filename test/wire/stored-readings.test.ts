/** Servers that share a journal share the readings of metrics: also those that a server left when it ended. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.ts';
import { endAll, startServer } from './server-process.ts';

vi.setConfig({ testTimeout: 60_000 });
afterAll(endAll);

test('a server shows the minutes that an earlier one read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'readings-'));
  const sandbox = await startSandbox({ clock: { kind: 'manual' } });
  const login = { DATABRICKS_HOST: sandbox.host, DATABRICKS_TOKEN: sandbox.token };
  const begin = async (args: string[]) => {
    const server = startServer(args, login);
    await server.initialize();
    return server;
  };
  const journal = ['--journal', join(folder, 'changes.jsonl')];
  const ask = { endpoint: 'house-price', minutes: 5 };
  try {
    const first = await begin(journal);
    const requests: number[] = [];
    for (let id = 1; id <= 3; id++) {
      sandbox.clock.advance(60_000);
      const { total } = (await first.callTool(id, 'get_metrics', { endpoint: 'house-price' })).structuredContent;
      requests.push(total.requests);
    }
    first.end();
    await first.exited;
    const [second, apart] = await Promise.all([begin(journal), begin(['--no-journal'])]);
    const known = (await second.callTool(1, 'get_metrics', ask)).structuredContent;
    expect(known).toMatchObject({ period: '3 minutes', read_from: { now: 1, stored: 2 } });
    expect(known.series.requests).toEqual([null, null, ...requests]);
    expect((await apart.callTool(1, 'get_metrics', ask)).structuredContent.read_from).toEqual({ now: 1 });
    expect(readdirSync(folder)).toEqual(['changes.readings']);
  } finally {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
