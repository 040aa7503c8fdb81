/** Child processes of the bench. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

export const SERVER = fileURLToPath(new URL('../../dist/server.mjs', import.meta.url));

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'bench', version: '1.0.0' } },
};
const LIST = [
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  { jsonrpc: '2.0', id: 2, method: 'tools/list' },
];

/** Milliseconds from the spawn of a bare Node to its end: what no Node program can be faster than. */
export async function bareNode(node: string): Promise<number> {
  const started = performance.now();
  const child = spawn(node, ['-e', '0'], { stdio: 'ignore' });
  await once(child, 'exit');
  return performance.now() - started;
}

/** Milliseconds from the spawn of the server to its answer; all that it needs is in the pipe from the start. */
export async function serverAnswers(
  node: string,
  home: string,
  what: 'initialize' | 'tools/list',
  args: readonly string[] = [],
): Promise<number> {
  const messages = what === 'initialize' ? [INITIALIZE] : [INITIALIZE, ...LIST];
  const started = performance.now();
  const child = spawnServer(node, home, args);
  child.stdin.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  const wanted = messages.at(-1)?.id;
  const at = await new Promise<number>((resolve, reject) => {
    let text = '';
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it answered ${what}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const lines = text.split('\n').slice(0, -1);
      if (lines.some((line) => JSON.parse(line).id === wanted)) resolve(performance.now());
    });
  });
  child.removeAllListeners('exit');
  await ended(child);
  return at - started;
}

/** A session that ends as clients end it. Node writes its compile cache then, and not when the process is killed. */
export async function fillCompileCache(node: string, home: string): Promise<void> {
  const child = spawnServer(node, home);
  child.stdout.resume();
  const gone = once(child, 'exit');
  child.stdin.end([INITIALIZE, ...LIST].map((message) => `${JSON.stringify(message)}\n`).join(''));
  await gone;
}

function spawnServer(node: string, home: string, args: readonly string[] = []) {
  // The folders that hold a user's cache on the three platforms.
  const env = { ...process.env, HOME: home, XDG_CACHE_HOME: home, LOCALAPPDATA: home };
  return spawn(node, [SERVER, ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] });
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** A client connected to a server that runs as a child process. */
export async function connect(args: string[], env: Record<string, string> = {}): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args,
      env: { HOME: '/nonexistent', ...env },
      stderr: 'inherit',
    }),
  );
  return client;
}

export interface Workspace {
  host: string;
  token: string;
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** The sandbox in a process of its own. */
export async function startWorkspace(): Promise<Workspace> {
  const child = spawn(process.execPath, [SERVER, 'sandbox'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    const env = Object.fromEntries(
      [...text.matchAll(/^export (DATABRICKS_\w+)=(\S+)\n/gm)].map(([, key, value]) => [key, value]),
    );
    const { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token } = env;
    if (host && token)
      return { host, token, env: { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token }, stop: () => ended(child) };
  }
  throw new Error(`the sandbox did not start: ${text}`);
}

/** The server over HTTP in a process of its own, on a free port. */
export async function startHttpServer(env: Record<string, string>): Promise<{ url: string; stop(): Promise<void> }> {
  const args = [SERVER, 'http', '--port', '0', '--no-journal'];
  const child = spawn(process.execPath, args, {
    env: { HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  for await (const chunk of child.stderr) {
    text += String(chunk);
    const url = /serves MCP at (\S+)\n/.exec(text)?.[1];
    if (url) return { url, stop: () => ended(child) };
  }
  throw new Error(`the server did not start: ${text}`);
}
