/** Generated code as users have it: requested through the protocol, written to a folder, and run as a separate program. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type Harness, start } from '../support/harness.ts';
import { CLIENT_ID, CLIENT_SECRET, workspace } from './workspace.ts';

/** A harness on the workspace of `workspace.ts`, closed with the test. */
export async function startHarness(lifetime?: number): Promise<Harness> {
  const harness = await start({ seed: workspace(lifetime) });
  onTestFinished(() => harness.close());
  return harness;
}

/** The folder with the generated files. */
export async function generate(
  harness: Harness,
  endpoint: string,
  target: string,
  more: Record<string, unknown> = {},
): Promise<string> {
  const { data } = await harness.call('get_integration_code', { endpoint, target, ...more });
  const folder = await mkdtemp(join(tmpdir(), 'generated-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const { path, content } of data.files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** The environment of the program: only PATH from this process. */
export function machine(harness: Harness): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    DATABRICKS_HOST: harness.sandbox.host,
    DATABRICKS_CLIENT_ID: CLIENT_ID,
    DATABRICKS_CLIENT_SECRET: CLIENT_SECRET,
  };
}

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs a program to its end. */
export function run(command: string, args: string[], cwd: string, env: Record<string, string>): Promise<Ended> {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = collect(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...ended, code }));
  });
}

function collect(child: ChildProcess): Ended {
  const ended: Ended = { code: null, out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    ended.out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    ended.err += text;
  });
  return ended;
}

export interface Served {
  post(body: unknown): Promise<{ status: number; text: string; cut: boolean }>;
  url: string;
  /** Whether the program still runs, a moment after the last answer. */
  alive(): Promise<boolean>;
  err(): string;
}

/** The time of a generated JavaScript program, in place of the system's: it passes when the program sleeps and when the test says so. */
export interface ProgramClock {
  /** The arguments of the program. */
  env: Record<string, string>;
  /** Milliseconds that have passed. */
  passed(): number;
  advance(ms: number): void;
}

export function programClock(): ProgramClock {
  const folder = mkdtempSync(join(tmpdir(), 'clock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'now');
  const start = Date.now();
  const passed = () => Number(readFileSync(file, 'utf8')) - start;
  const advance = (ms: number) => writeFileSync(file, String(start + ms));
  advance(0);
  return {
    env: { CLOCK_FILE: file, NODE_OPTIONS: `--import ${new URL('clock.mjs', import.meta.url)}` },
    passed,
    advance: (ms) => advance(passed() + ms),
  };
}

/** Starts a program that serves HTTP on PORT; ended with the test. */
export async function serve(
  cwd: string,
  file: string,
  env: Record<string, string>,
  command = process.execPath,
): Promise<Served> {
  const port = await freePort();
  const child = spawn(command, [file], { cwd, env: { ...env, PORT: String(port) } });
  const ended = collect(child);
  onTestFinished(() => void child.kill());
  while (!(await open(port))) {
    if (child.exitCode !== null) throw new Error(`${file} does not listen: ${ended.err}`);
    await wait(50);
  }
  const url = `http://127.0.0.1:${port}/`;
  return {
    url,
    async post(body) {
      const reply = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
      let text = '';
      try {
        const decoder = new TextDecoder();
        for await (const chunk of reply.body ?? []) text += decoder.decode(chunk, { stream: true });
      } catch {
        return { status: reply.status, text, cut: true };
      }
      return { status: reply.status, text, cut: false };
    },
    async alive() {
      await wait(100); // an unhandled rejection ends a process in its next turn
      return child.exitCode === null && (await open(port));
    },
    err: () => ended.err,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function open(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
