/**
 * SIGKILL ends the server at each request of a swap, of an update in steps and of an undo: before it, and after a write took effect. A second
 * server with the same journal then lists the unfinished change, and the same call finishes it. No request takes effect twice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { parseCalls } from '../../src/journal/lines.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type InterceptingProxy, type ProxiedRequest, startInterceptingProxy } from '../support/intercepting-proxy.ts';
import { workspaceSettings } from '../support/invariants.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { RUN_ALL } from '../support/selection.ts';
import { endAll, type ServerProcess, startServer } from '../wire/server-process.ts';

// Each test starts several processes, and several tests run at once.
vi.setConfig({ testTimeout: 120_000 });
afterAll(endAll);

interface Job {
  what: string;
  tool: string;
  args: (site: Site) => Promise<Record<string, unknown>>;
}

const SWAP = { endpoint: 'churn', version: '3', alias: 'champion', wait_seconds: 600 };
const JOBS: Job[] = [
  { what: 'a swap with an alias', tool: 'swap_version', args: async () => SWAP },
  {
    what: 'an update in three steps',
    tool: 'update_endpoint',
    args: async () => ({
      endpoint: 'churn',
      tags: { team: 'risk' },
      notifications: { on_update_failure: ['engineer@example.com'] },
      workload_size: 'Small',
      wait_seconds: 600,
    }),
  },
  {
    what: 'the undo of a swap that made an alias',
    tool: 'undo_change',
    async args(site) {
      const server = await site.start();
      await finish(server, 'swap_version', { ...SWAP, alias: 'challenger' });
      const { changes } = await call(server, 'list_changes', {});
      server.end();
      await server.exited;
      return { id: changes[0].id };
    },
  },
];

/** How long the versions of this workspace take to deploy, in milliseconds of the sandbox's clock. */
const DEPLOYMENT = 3 * 60_000;

/** A workspace behind a proxy, and a journal that the servers of a test share. */
interface Site {
  sandbox: Sandbox;
  /** Sees every request at the proxy. By default it lets all pass. */
  watch: (request: ProxiedRequest) => boolean;
  start(): Promise<ServerProcess>;
  close(): Promise<void>;
}

async function openSite(): Promise<Site> {
  const sandbox = await startSandbox({ seed: safetyWorkspace(), clock: { kind: 'manual' } });
  const folder = mkdtempSync(join(tmpdir(), 'kill-'));
  // Each read takes as long as a deployment. The first read after a write sees it in progress, and the next one sees its end, at any speed.
  const proxy: InterceptingProxy = await startInterceptingProxy(sandbox.host, (request) => {
    if (request.moment === 'after' && request.method === 'GET') sandbox.clock.advance(DEPLOYMENT);
    return site.watch(request);
  });
  const site: Site = {
    sandbox,
    watch: () => true,
    async start() {
      const args = ['--journal', join(folder, 'changes.jsonl')];
      const server = startServer(args, { DATABRICKS_HOST: proxy.host, DATABRICKS_TOKEN: sandbox.token });
      await server.initialize();
      return server;
    },
    async close() {
      await proxy.close();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return site;
}

let ids = 0;
async function call(server: ServerProcess, tool: string, args: Record<string, unknown>) {
  return (await server.callTool(++ids, tool, args)).structuredContent;
}

/** Makes a call, then the calls that its answers propose, until nothing is left to wait for. */
async function finish(server: ServerProcess, tool: string, args: Record<string, unknown>) {
  let data = await call(server, tool, args);
  for (let turns = 0; data.outcome === 'waiting' && turns < 20; turns++) {
    const [next] = parseCalls(data.next) ?? [];
    if (!next) throw new Error(`no call in ${data.next}`);
    data = await call(server, next.tool, next.args);
  }
  return data;
}

const label = ({ moment, method, path }: ProxiedRequest, count: number) => `${moment} ${method} ${path} (${count})`;

/** Calls `act` with each request and its label, which counts requests of the same kind. */
function counting(act: (request: ProxiedRequest, label: string) => boolean): (request: ProxiedRequest) => boolean {
  const counts = new Map<string, number>();
  return (request) => {
    const kind = `${request.moment} ${request.method} ${request.path}`;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return act(request, label(request, count));
  };
}

/** Writes that the workspace received, in order of arrival. */
function written(sandbox: Sandbox): string[] {
  return sandbox.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
}

/** An undisturbed run: its requests, its writes, and the settings before and after. */
async function undisturbed(job: Job) {
  const site = await openSite();
  try {
    const args = await job.args(site);
    const before = workspaceSettings(site.sandbox);
    const already = written(site.sandbox).length;
    const server = await site.start();
    const passed: Passed[] = [];
    site.watch = counting((request, label) => passed.push({ label, request }) > 0);
    await finish(server, job.tool, args);
    return { passed, before, after: workspaceSettings(site.sandbox), writes: written(site.sandbox).slice(already) };
  } finally {
    await site.close();
  }
}

interface Passed {
  label: string;
  request: ProxiedRequest;
}

/**
 * The requests to kill at. A read changes nothing, so whether it arrived makes no difference. Before the first write nothing is noted, so the last of
 * these reads stands for all. `npm test` kills at writes, which reads differ from in the journal alone, and for the other jobs only after them.
 */
function killedAt({ what }: Job, passed: readonly Passed[], firstWrite: number): Passed[] {
  const lastLook = passed.slice(0, firstWrite).findLastIndex(({ request }) => request.moment === 'before');
  return passed.filter(({ request: { moment, method } }, at) => {
    if (method === 'GET') return RUN_ALL && moment === 'before' && at >= lastLook;
    return RUN_ALL || moment === 'after' || what === JOBS[0]?.what;
  });
}

const wholes = await Promise.all(JOBS.map(async (job) => ({ job, whole: await undisturbed(job) })));

for (const { job, whole } of wholes) {
  const firstWrite = whole.passed.findIndex(({ request }) => request.method !== 'GET');

  describe.concurrent(`${job.what}, killed`, () => {
    it.each(killedAt(job, whole.passed, firstWrite))('$label', async ({ label: step }) => {
      const site = await openSite();
      try {
        const args = await job.args(site);
        const already = written(site.sandbox).length;
        const victim = await site.start();
        const begun: string[] = [];
        let dead = false;
        site.watch = counting(({ method }, seen) => {
          if (method !== 'GET' && !dead) begun.push(seen);
          if (seen === step) {
            victim.kill('SIGKILL');
            dead = true;
          }
          return !dead;
        });
        victim.send({ jsonrpc: '2.0', id: 'last', method: 'tools/call', params: { name: job.tool, arguments: args } });
        expect((await victim.exited).signal).toBe('SIGKILL');
        expect(dead).toBe(true);
        expect(victim.stdout()).not.toContain('"id":"last"');
        site.watch = () => true;
        // The deployment that it started continues without it.
        site.sandbox.clock.advance(DEPLOYMENT);

        const server = await site.start();
        const noted = (await call(server, 'list_changes', {})).changes ?? [];
        const unfinished = noted.filter((each: { outcome: string }) => each.outcome === 'unfinished');
        // From the first write on, the journal lists the change, with the call that continues it.
        const steppedOver = whole.passed.findIndex(({ label }) => label === step) >= firstWrite;
        if (steppedOver) expect(unfinished.length).toBeGreaterThan(0);
        if (begun.length === 0) expect(written(site.sandbox)).toHaveLength(already);
        for (const each of unfinished) expect(parseCalls(each.call)).toHaveLength(1);

        const done = await finish(server, job.tool, args);
        expect(done.error).toBeUndefined();
        expect(workspaceSettings(site.sandbox)).toEqual(whole.after);
        expect(written(site.sandbox).slice(already)).toEqual(whole.writes);
        const { changes } = await call(server, 'list_changes', { limit: 50 });
        for (const each of changes) expect(each.outcome).not.toBe('unfinished');

        // The interrupted change can be undone as a whole.
        const first = unfinished.at(-1);
        if (job.tool === 'undo_change' || !first) return;
        const undone = await finish(server, 'undo_change', { id: first.id });
        expect(undone.error).toBeUndefined();
        expect(workspaceSettings(site.sandbox)).toEqual(whole.before);
      } finally {
        await site.close();
      }
    });
  });
}
