/** The contract check as the built program. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { MAX_REQUESTS } from '../../src/doctor/contract-reader.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type DifferingService, startDifferingService } from '../support/differing-service.ts';
import { PLANTED_BY_FORM } from '../support/planted-secrets.ts';
import { RUN_ALL } from '../support/selection.ts';
import { endAll, startServer } from '../wire/server-process.ts';
import { flood, SEED, shown } from './contract-flood.ts';

let sandbox: Sandbox;
let service: DifferingService;

beforeAll(async () => {
  sandbox = await startSandbox({ clock: { kind: 'manual' }, seed: SEED });
  service = await startDifferingService(sandbox.host);
});
afterEach(endAll);
afterAll(async () => {
  await service.close();
  await sandbox.close();
});

it.runIf(RUN_ALL)('reports nothing different of its own sandbox, and says how far it is', async () => {
  const { stdout, stderr, exited } = startServer(['doctor', '--contract', '--sandbox']);
  expect((await exited).code).toBe(0);
  expect(stdout()).toContain('No behaviour differs');
  expect(stderr()).toContain(`60 of at most ${MAX_REQUESTS} requests`);
});

it('writes the report into a new file, without a name or a secret there, on stdout and on stderr', async () => {
  service.plant(flood());
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  try {
    const file = join(folder, 'report.json');
    const env = { DATABRICKS_HOST: service.host, DATABRICKS_TOKEN: sandbox.token };
    const first = startServer(['doctor', '--contract', '--json', '--report', file], env);
    expect((await first.exited).code).toBe(1);
    expect(existsSync(file)).toBe(true);
    expect(first.stdout()).toBe('');
    expect(shown([readFileSync(file, 'utf8'), first.stderr()])).toEqual([]);
    expect(service.requests.every(({ method }) => method === 'GET')).toBe(true);
    if (!RUN_ALL) return;
    const again = startServer(['doctor', '--contract', '--report', file], env);
    expect((await again.exited).code).toBe(2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.runIf(RUN_ALL)('shows neither the host nor the login when it cannot run', async () => {
  const env = { DATABRICKS_HOST: 'http://zebra.localhost:9', DATABRICKS_TOKEN: PLANTED_BY_FORM.pat ?? '' };
  const failed = startServer(['doctor', '--contract'], env);
  expect((await failed.exited).code).toBe(3);
  expect(shown([failed.stdout(), failed.stderr()])).toEqual([]);
  expect(failed.stderr()).toContain('could not run');
});
