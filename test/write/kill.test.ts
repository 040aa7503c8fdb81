/**
 * The server is killed, by SIGKILL, at every request of a swap, of an update in steps and of an undo: before the request goes in, and after it
 * had its effect. Another server with the same journal then knows what is unfinished, and the same call finishes it; nothing is done twice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { parseCalls } from '../../src/refusal.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Door, openDoor, type Passing } from '../support/intercepting-proxy.ts';
import { settingsOf } from '../support/invariants.ts';
import { world } from '../support/safety-workspace.ts';
import { endAll, type ServerProcess, startServer } from '../wire/server-process.ts';

// Several processes each, and several tests at once.
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

/** As long as the versions of this workspace take to deploy, sandbox milliseconds. */
const DEPLOYMENT = 3 * 60_000;

/** A workspace behind a door, and a journal; servers come and go. */
interface Site {
  sandbox: Sandbox;
  /** What happens at the door; nothing by default. */
  watch: (passing: Passing) => boolean;
  start(): Promise<ServerProcess>;
  close(): Promise<void>;
}

async function openSite(): Promise<Site> {
  const sandbox = await startSandbox({ seed: world(), clock: { kind: 'manual' } });
  const folder = mkdtempSync(join(tmpdir(), 'kill-'));
  // A look takes the time of a deployment: the first one after a write sees it under way and the next one sees its end, however fast this is.
  const door: Door = await openDoor(sandbox.host, (passing) => {
    if (passing.moment === 'after' && passing.method === 'GET') sandbox.clock.advance(DEPLOYMENT);
    return site.watch(passing);
  });
  const site: Site = {
    sandbox,
    watch: () => true,
    async start() {
      const args = ['--journal', join(folder, 'changes.jsonl')];
      const server = startServer(args, { DATABRICKS_HOST: door.host, DATABRICKS_TOKEN: sandbox.token });
      await server.initialize();
      return server;
    },
    async close() {
      await door.close();
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

/** Makes a call and those that its answers ask for until there is no more to wait for. */
async function finish(server: ServerProcess, tool: string, args: Record<string, unknown>) {
  let data = await call(server, tool, args);
  for (let turns = 0; data.outcome === 'waiting' && turns < 20; turns++) {
    const [next] = parseCalls(data.next) ?? [];
    if (!next) throw new Error(`no call in ${data.next}`);
    data = await call(server, next.tool, next.args);
  }
  return data;
}

const label = ({ moment, method, path }: Passing, count: number) => `${moment} ${method} ${path} (${count})`;

/** Calls `act` with the label of everything that passes: what it is, and the how manieth of its kind. */
function counting(act: (passing: Passing, label: string) => boolean): (passing: Passing) => boolean {
  const counts = new Map<string, number>();
  return (passing) => {
    const kind = `${passing.moment} ${passing.method} ${passing.path}`;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return act(passing, label(passing, count));
  };
}

/** Writes that the workspace received, in order. */
function written(sandbox: Sandbox): string[] {
  return sandbox.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
}

/** A run to the end that nobody disturbs: what passes, what is written, and what the world is before and after. */
async function undisturbed(job: Job) {
  const site = await openSite();
  try {
    const args = await job.args(site);
    const before = settingsOf(site.sandbox);
    const already = written(site.sandbox).length;
    const server = await site.start();
    const passed: { label: string; passing: Passing }[] = [];
    site.watch = counting((passing, label) => passed.push({ label, passing }) > 0);
    await finish(server, job.tool, args);
    return { passed, before, after: settingsOf(site.sandbox), writes: written(site.sandbox).slice(already) };
  } finally {
    await site.close();
  }
}

const wholes = await Promise.all(JOBS.map(async (job) => ({ job, whole: await undisturbed(job) })));

for (const { job, whole } of wholes) {
  const firstWrite = whole.passed.findIndex(({ passing }) => passing.method !== 'GET');

  describe.concurrent(`${job.what}, killed`, () => {
    it.each(whole.passed)('$label', async ({ label: step }) => {
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
        // What it began goes on without it.
        site.sandbox.clock.advance(DEPLOYMENT);

        const server = await site.start();
        const noted = (await call(server, 'list_changes', {})).changes ?? [];
        const unfinished = noted.filter((each: { outcome: string }) => each.outcome === 'unfinished');
        // Before the first write nothing was begun; from then on the change is known, with the call that goes on.
        const steppedOver = whole.passed.findIndex(({ label }) => label === step) >= firstWrite;
        if (steppedOver) expect(unfinished.length).toBeGreaterThan(0);
        if (begun.length === 0) expect(written(site.sandbox)).toHaveLength(already);
        for (const each of unfinished) expect(parseCalls(each.call)).toHaveLength(1);

        const done = await finish(server, job.tool, args);
        expect(done.error).toBeUndefined();
        expect(settingsOf(site.sandbox)).toEqual(whole.after);
        expect(written(site.sandbox).slice(already)).toEqual(whole.writes);
        const { changes } = await call(server, 'list_changes', { limit: 50 });
        for (const each of changes) expect(each.outcome).not.toBe('unfinished');

        // What was interrupted can be taken back as a whole.
        const first = unfinished.at(-1);
        if (job.tool === 'undo_change' || !first) return;
        const undone = await finish(server, 'undo_change', { id: first.id });
        expect(undone.error).toBeUndefined();
        expect(settingsOf(site.sandbox)).toEqual(whole.before);
      } finally {
        await site.close();
      }
    });
  });
}
