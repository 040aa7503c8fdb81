/** Set-ups that work, and what may be odd without being wrong. And that the doctor always ends. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { CHECKS } from '../../src/doctor/check.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { examineHere, makeHome, removeHomes } from './run-doctor.ts';

vi.setConfig({ testTimeout: 60_000 });

const closing: (() => unknown)[] = [];
afterAll(removeHomes);
afterAll(() => Promise.all(closing.map((close) => close())));

async function workspace(seed?: unknown): Promise<Sandbox> {
  const sandbox = await startSandbox(seed === undefined ? {} : { seed });
  closing.push(() => sandbox.close());
  return sandbox;
}

describe.concurrent('a set-up that works', () => {
  test('says where each setting came from, and who this is', async () => {
    const { host, tokenOf } = await workspace();
    const token = tokenOf('analyst@example.com');
    const given = {
      args: ['--profile', 'dev'],
      env: { DATABRICKS_TOKEN: token },
      files: { '.databrickscfg': `[dev]\r\nhost = "${host}/browse?o=1"\r\n` },
    };
    const { code, report } = await examineHere(given);
    expect([code, report.ok, report.workspace]).toEqual([0, true, host]);
    const says = Object.fromEntries(report.checks.map((check) => [check.check, check.says]));
    expect(says.configuration).toMatch(
      /^token from DATABRICKS_TOKEN; host from profile dev in .*\.databrickscfg, chosen by --profile$/,
    );
    expect(says.identity).toMatch(/^analyst@example\.com, logged in by pat of profile dev;/);
    expect(says.may_create).toMatch(/has the entitlement workspace-access/);
    expect(Object.keys(says)).toEqual([...CHECKS]);
  });

  test('never writes: only reads reach the workspace, and no file appears', async () => {
    const { host, token, requests } = await workspace();
    const home = mkdtempSync(join(tmpdir(), 'doctor-'));
    const journal = join(home, 'changes.jsonl');
    writeFileSync(journal, 'not a record\n', { mode: 0o644 });
    const env = { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token, HOME: home };
    const { report } = await examineHere({ args: ['--journal', journal], env });
    expect(report.checks.find(({ check }) => check === 'journal')).toMatchObject({ status: 'warning' });
    expect(readFileSync(journal, 'utf8')).toBe('not a record\n');
    expect(readdirSync(home)).toEqual(['changes.jsonl']);
    expect(requests.length).toBeGreaterThan(3);
    expect(requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    rmSync(home, { recursive: true });
  });

  test('of a principal without the entitlement is a warning, and of one whose groups cannot be read is not known', async () => {
    const seed = {
      users: [
        { user_name: 'admin@example.com', admin: true },
        { user_name: 'guest@example.com', entitlements: [], groups: ['guests'] },
      ],
      groups: [{ display_name: 'guests' }],
    };
    const { host, tokenOf, faults } = await workspace(seed);
    const env = { DATABRICKS_HOST: host, DATABRICKS_TOKEN: tokenOf('guest@example.com') };
    const create = async () => {
      const { code, report } = await examineHere({ env });
      return { code, ...report.checks.find(({ check }) => check === 'may_create') };
    };
    expect(await create()).toMatchObject({ code: 0, status: 'not_checked', says: expect.stringMatching(/^not known/) });
    faults.add({
      match: { path: '/api/2.0/preview/scim/v2/Me' },
      effect: { status: 200, body: { userName: 'guest@example.com', entitlements: [], groups: [] } },
    });
    expect(await create()).toMatchObject({
      code: 0,
      status: 'warning',
      remedy: expect.stringMatching(/workspace-access/),
    });
  });

  test('knows a client by its entry, also one for a single folder of Claude Code', async () => {
    const { host, token } = await workspace();
    const run = { command: process.execPath, args: [process.execPath, '--sandbox'] };
    const files = {
      '.cursor/mcp.json': `// mine\n${JSON.stringify({ mcpServers: { 'databricks-serving': run, other: { command: 'x' } } })}`,
      '.config/Code/User/mcp.json': '{"servers": {}}',
    };
    const env = { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token };
    const { code, report } = await examineHere({ env, files });
    expect(code).toBe(0);
    const clients = report.checks.filter(({ check }) => check === 'clients');
    expect(clients).toEqual([
      expect.objectContaining({ client: 'cursor', status: 'ok' }),
      { check: 'clients', status: 'ok', says: 'without an entry for this server: VS Code' },
    ]);
    const only = await examineHere({ env, files: { '.gemini/settings.json': '{}' } });
    expect(only.report.checks.at(-1)).toEqual({
      check: 'clients',
      status: 'warning',
      says: 'found, but without an entry for this server: Gemini CLI',
      remedy: 'Run: databricks-serving-mcp install gemini',
    });
    const cwd = '/home/me/churn';
    const local = {
      projects: { [cwd]: { mcpServers: { mine: { command: 'npx', args: ['databricks-serving-mcp@1'] } } } },
    };
    const folder = await examineHere({ env, files: { '.claude.json': JSON.stringify(local) } }, { cwd });
    expect(folder.report.checks.at(-1)).toMatchObject({
      client: 'claude-code',
      says: expect.stringMatching(/^mine in /),
    });
  });
});

test('the doctor takes the command line of a server, and says what it narrows', async () => {
  const args = ['--read-only', '--no-query', '--toolsets', 'observe,query', '--consent', 'confirm', '--no-journal'];
  const { report } = await examineHere({ args });
  expect(report.checks.find(({ check }) => check === 'server')?.says).toMatch(
    /server\.mjs; read-only; without queries; with only these groups of tools: query, observe$/,
  );
});

test('the doctor starts no program that the files of a project name, and puts no strange name into a command', async () => {
  const { host, token } = await workspace();
  const marker = '#!/bin/sh\ntouch HOME/started\necho v18.0.0\n';
  const servers = (command: string) => ({
    'x; rm -rf .': { command, args: ['/gone/databricks-serving-mcp/dist/server.mjs'] },
  });
  for (const command of ['HOME/evil/node', 'evil/node', './evil/node']) {
    const files = {
      'project/evil/node': marker,
      'project/.cursor/mcp.json': JSON.stringify({ mcpServers: servers(command) }),
      'project/.mcp.json': JSON.stringify({ mcpServers: servers(command.replace('HOME/', 'HOME/project/')) }),
      '.cursor/x': '',
      '.claude.json': '{}',
    };
    const home = makeHome(files);
    const env = { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token, HOME: home };
    const { report } = await examineHere({ env }, { homeDir: home, cwd: join(home, 'project') });
    const clients = report.checks.filter(({ client }) => client !== undefined);
    expect(clients.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(readdirSync(home)).not.toContain('started');
    for (const { remedy } of clients) expect(remedy).toMatch(/^Correct or remove this entry in /);
  }
});

describe.concurrent('the doctor ends in time', () => {
  /** Accepts connections and never answers. */
  async function silence(): Promise<string> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => void sockets.add(socket.on('error', () => {})));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `127.0.0.1:${address.port}`;
  }

  test('at a host that accepts and never answers, and at one that never finishes TLS', async () => {
    const place = await silence();
    const limits = { connect: 1_500, answer: 1_500 };
    const env = { DATABRICKS_TOKEN: 'not-a-token' };
    const plain = await examineHere({ env: { ...env, DATABRICKS_HOST: `http://${place}` } }, { limits });
    const secure = await examineHere({ env: { ...env, DATABRICKS_HOST: `https://${place}` } }, { limits });
    for (const [{ code, report }, what] of [
      [plain, 'no answer within 1.5 s'],
      [secure, 'no TLS handshake within 1.5 s'],
    ] as const) {
      expect(code).toBe(1);
      expect(report.checks.find(({ check }) => check === 'host')).toMatchObject({
        status: 'failed',
        says: expect.stringContaining(what),
        remedy: expect.stringMatching(/^Check the network, the VPN/),
      });
    }
  });

  test('at a login program that never ends', async () => {
    const { host } = await workspace();
    // The current CLI is a large program. A small one is the old one, which is not asked.
    const files = { 'bin/databricks': `#!/bin/sh\nexec sleep 30\n${'#'.repeat(1_100_000)}` };
    const env = { DATABRICKS_HOST: host, PATH: 'HOME/bin:/bin:/usr/bin' };
    const { report } = await examineHere({ env, files }, { limits: { login: 700 } });
    expect(report.checks.find(({ check }) => check === 'identity')).toMatchObject({
      status: 'failed',
      says: 'the login did not end within 0.7 s',
      remedy: expect.stringMatching(/run: databricks auth login --host/),
    });
  });

  test('at a workspace that answers one route and not the next', async () => {
    const { host, token, faults } = await workspace();
    faults.add({ match: { path: '/api/2.0/serving-endpoints' }, effect: { delay_ms: 5_000 } });
    const env = { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token };
    const { report } = await examineHere({ env }, { limits: { answer: 1_500 } });
    const failures = report.checks.filter(({ status }) => status === 'failed');
    expect(failures).toEqual([
      expect.objectContaining({
        check: 'may_list',
        says: expect.stringMatching(/no (?:result|answer).* within 1\.5 s/),
      }),
    ]);
  });

  test('when the whole time is used up', async () => {
    const { host, token } = await workspace();
    const env = { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token };
    let now = 0;
    const { code, report } = await examineHere({ env }, { now: () => (now += 10_000) });
    expect([code, report.ok]).toEqual([1, false]);
  });
});
