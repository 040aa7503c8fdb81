/** The built server and its sandbox as processes, and the server's memory seen from inside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { record } from './json.ts';

const SERVER = fileURLToPath(new URL('../../dist/server.mjs', import.meta.url));

/** A snapshot of the resources of the server process. */
export interface Reading {
  /** Resident memory, bytes. */
  rss: number;
  /** Bytes of live objects; exact only when the garbage was collected just before. */
  heap: number;
  /** The handles that keep the process alive: open pipes, sockets in use, timers. */
  resources: string[];
  /** Warnings since the start, such as too many listeners. */
  warnings: string[];
}

/** Loaded into the server process without its knowledge. It reports measurements over a channel other than stdio. */
const PROBE = `
void process.stderr; // its pipe opens when it is first looked at
const warnings = [];
process.on('warning', ({ name, message }) => warnings.push(name + ': ' + message));
process.on('message', ({ collect }) => {
  if (collect) globalThis.gc();
  const { rss, heapUsed: heap } = process.memoryUsage();
  process.send({ rss, heap, warnings, resources: process.getActiveResourcesInfo() });
});
process.channel.unref();
`;

export interface ServerChild {
  child: ChildProcess;
  write(line: string): void;
  onLine(take: (line: string) => void): void;
  read(collect?: boolean): Promise<Reading>;
  stderr(): string;
}

/** @param args of the command line. */
export function startServer(env: Record<string, string>, args: readonly string[] = []): ServerChild {
  const probe = `data:text/javascript,${encodeURIComponent(PROBE)}`;
  const child = spawn(process.execPath, ['--expose-gc', '--import', probe, SERVER, ...args], {
    env,
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return {
    child,
    write: (line) => void child.stdin?.write(`${line}\n`),
    onLine(take) {
      let rest = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) take(line);
      });
    },
    async read(collect = false) {
      const answer = once(child, 'message');
      child.send({ collect });
      const [reading] = await answer;
      return reading;
    },
    stderr: () => stderr,
  };
}

export interface Workspace {
  env: { DATABRICKS_HOST: string; DATABRICKS_TOKEN: string };
  /** A request of the experimenter, past the server. */
  ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  child: ChildProcess;
}

/** The `sandbox` command on a seed file. @param minutesPerSecond how fast its clock runs. */
export async function startWorkspace(seed: string, minutesPerSecond: number): Promise<Workspace> {
  const args = [SERVER, 'sandbox', '--sandbox-seed', seed, '--sandbox-minutes-per-second', String(minutesPerSecond)];
  const child = spawn(process.execPath, args, { env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    const host = /DATABRICKS_HOST=(\S+)\n/.exec(text)?.[1];
    const token = /DATABRICKS_TOKEN=(\S+)\n/.exec(text)?.[1];
    if (!host || !token) continue;
    return {
      env: { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token },
      child,
      async ask(method, path, body) {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const payload = body === undefined ? {} : { body: JSON.stringify(body) };
        const answer = await fetch(host + path, { method, headers, ...payload });
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
        return record(await answer.json());
      },
    };
  }
  throw new Error(`the sandbox did not start: ${text}`);
}

/** Ends a child by its id and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
