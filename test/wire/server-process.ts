/** The built server as a child process, seen byte by byte. `npm test` builds it first. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PLANTED_BY_FORM, PLANTED_BY_NAME, refuseSecrets } from '../support/planted-secrets.ts';

/** The built program. */
export const BUILT = fileURLToPath(new URL('../../dist/server.mjs', import.meta.url));
/** How long an answer may take before a test gives up, milliseconds. Far above what any takes. */
const PATIENCE = 50_000;

export interface Message {
  jsonrpc: string;
  id?: string | number | null;
  method?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages field by field, and a wrong guess fails them
  params?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  result?: any;
  error?: { code: number; message: string };
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  /** One message on one line. */
  send(message: unknown): void;
  raw(bytes: string | Uint8Array): void;
  /** Ends the input, as a client does that leaves. */
  end(): void;
  /** Closes the reading end of its output. */
  stopReading(): void;
  kill(signal: NodeJS.Signals): void;
  /** The answer to a request; rejects when none comes. */
  answer(id: string | number | null): Promise<Message>;
  /** The next message, from those that came since the start, for which `wanted` holds. */
  message(wanted: (message: Message) => boolean): Promise<Message>;
  initialize(capabilities?: Record<string, unknown>): Promise<Message>;
  /** Result of one tool call as the client sees it. */
  callTool(id: number, name: string, args?: Record<string, unknown>): Promise<Message['result']>;
  /** Everything on stdout so far. */
  stdout(): string;
  stderr(): string;
  exited: Promise<Ended>;
}

const running = new Set<ChildProcess>();
const homes: string[] = [];
/** Servers since the last {@link endAll}, with the secrets that each was given. */
const started: { server: ServerProcess; secrets: Record<string, string> }[] = [];

/** Ends what a test left running, and looks whether any secret came out of it; for `afterEach`. */
export async function endAll(): Promise<void> {
  for (const child of running) child.kill('SIGKILL');
  await Promise.all([...running].map((child) => once(child, 'exit')));
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
  for (const { server, secrets } of started.splice(0))
    refuseSecrets(
      { stdout: server.stdout(), stderr: server.stderr() },
      { ...PLANTED_BY_FORM, ...PLANTED_BY_NAME, ...secrets },
    );
}

/** Values of variables whose names say that they are secrets. */
function secretsOf(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => /TOKEN|SECRET|PASSWORD/.test(name)));
}

/**
 * Starts `databricks-serving-mcp` with these arguments. Its environment holds nothing but what is given: an empty home, no PATH, so that no
 * credentials and no `databricks` program of the machine take part.
 */
export function startServer(
  args: string[] = [],
  env: Record<string, string> = {},
  { stderr: end = 'read' }: { stderr?: 'read' | 'closed' } = {},
): ServerProcess {
  const home = mkdtempSync(join(tmpdir(), 'wire-'));
  homes.push(home);
  const child = spawn(process.execPath, [BUILT, ...args], {
    env: { HOME: home, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  let over = false;
  const exited = once(child, 'close').then(([code, signal]): Ended => {
    running.delete(child);
    over = true;
    for (const wake of arrived.splice(0)) wake();
    return { code, signal };
  });
  child.stdin.on('error', () => {}); // a process that ended does not read on

  const out: Buffer[] = [];
  let stderr = '';
  let unfinished: Buffer[] = [];
  const messages: Message[] = [];
  const arrived: (() => void)[] = [];
  if (end === 'closed') child.stderr.destroy();
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdout.on('data', (chunk: Buffer) => {
    out.push(chunk);
    const end = chunk.lastIndexOf(10);
    if (end === -1) {
      unfinished.push(chunk);
      return;
    }
    const lines = Buffer.concat([...unfinished, chunk.subarray(0, end)]).toString();
    unfinished = [chunk.subarray(end + 1)];
    for (const line of lines.split('\n')) {
      const message = parsed(line);
      if (message) messages.push(message);
    }
    for (const wake of arrived.splice(0)) wake();
  });

  const server: ServerProcess = {
    exited,
    send: (message) => server.raw(`${JSON.stringify(message)}\n`),
    raw: (bytes) => void child.stdin.write(bytes),
    end: () => void child.stdin.end(),
    stopReading: () => void child.stdout.destroy(),
    kill: (signal) => void child.kill(signal),
    stdout: () => Buffer.concat(out).toString(),
    stderr: () => stderr,
    async message(wanted) {
      const deadline = performance.now() + PATIENCE;
      for (;;) {
        const found = messages.find(wanted);
        if (found) return found;
        const left = deadline - performance.now();
        if (over || left <= 0)
          throw new Error(`no such message came; stdout ${server.stdout().slice(-2000)} stderr ${stderr}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          arrived.push(() => {
            clearTimeout(timer);
            resolve();
          });
        });
      }
    },
    answer: (id) => server.message((message) => message.id === id && message.method === undefined),
    async initialize(capabilities = {}) {
      const clientInfo = { name: 'wire', version: '0.0.0' };
      const params = { protocolVersion: '2025-06-18', capabilities, clientInfo };
      server.send({ jsonrpc: '2.0', id: 'init', method: 'initialize', params });
      const answer = await server.answer('init');
      server.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
      return answer;
    },
    async callTool(id, name, given = {}) {
      server.send({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: given } });
      return (await server.answer(id)).result;
    },
  };
  // The sandbox command prints the token of its workspace on purpose.
  if (args[0] !== 'sandbox') started.push({ server, secrets: secretsOf(env) });
  return server;
}

/** Lines of stdout that are not one JSON-RPC 2.0 message each; must be empty, whatever was sent. */
export function strayLines(server: ServerProcess): string[] {
  const text = server.stdout();
  const lines = text.split('\n');
  const last = lines.pop(); // what follows the last newline
  return [...lines.filter((line) => parsed(line)?.jsonrpc !== '2.0'), ...(last ? [last] : [])];
}

function parsed(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Message) : undefined; // fields are read, not trusted
  } catch {
    return undefined;
  }
}

export interface SandboxProcess {
  host: string;
  token: string;
  /** For a server that works on it. */
  env: { DATABRICKS_HOST: string; DATABRICKS_TOKEN: string };
  get(path: string): Promise<Message['result']>;
  /** Moves its clock on. */
  advance(minutes: number): Promise<void>;
}

/** The `sandbox` command in a process of its own: a workspace that outlives the server. */
export async function startSandboxProcess(minutesPerSecond: number): Promise<SandboxProcess> {
  const process = startServer(['sandbox', '--sandbox-minutes-per-second', String(minutesPerSecond)]);
  const deadline = performance.now() + PATIENCE;
  let host: string | undefined;
  let token: string | undefined;
  while (!host || !token) {
    if (performance.now() > deadline)
      throw new Error(`the sandbox did not start: ${process.stdout()}${process.stderr()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    host = /DATABRICKS_HOST=(\S+)\n/.exec(process.stdout())?.[1];
    token = /DATABRICKS_TOKEN=(\S+)\n/.exec(process.stdout())?.[1];
  }
  const authorization = `Bearer ${token}`;
  return {
    host,
    token,
    env: { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token },
    get: async (path) => (await fetch(`${host}${path}`, { headers: { authorization } })).json(),
    async advance(minutes) {
      const headers = { authorization, 'content-type': 'application/json' };
      const body = JSON.stringify({ advance_minutes: minutes });
      const { ok, status } = await fetch(`${host}/sandbox/clock`, { method: 'POST', headers, body });
      if (!ok) throw new Error(`the clock was not moved: ${status}`);
    },
  };
}
