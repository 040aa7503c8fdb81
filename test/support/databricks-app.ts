/** The folder of the App, started as Databricks Apps starts it: its command, its variables and those of the platform, behind the stand-in. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { type AppsProxy, type AppsProxyOptions, startAppsProxy } from './apps-proxy.ts';
import { startTlsFront } from './tls-front.ts';
import { readYaml } from './yaml.ts';

interface Bundle {
  resources: { apps: Record<string, { name: string; user_api_scopes: string[] }> };
}
interface AppYaml {
  command: [string, ...string[]];
  env: { name: string; value: string }[];
}

export interface RunningApp {
  sandbox: Sandbox;
  proxy: AppsProxy;
  /** Where the App itself listens, past the proxy. */
  port: number;
  /** The origin of the workspace, which the pages of Databricks have. */
  origin: string;
  /** Everything that it printed. */
  output(): string;
  /** An OAuth token with which a user signs in. */
  loginOf(user: string): string;
  /** Stops the App as the platform does, and starts it again. @returns the exit code. */
  restart(): Promise<number | null>;
  close(): Promise<void>;
}

export interface AppSettings extends Omit<AppsProxyOptions, 'sandbox' | 'scopes'> {
  /** The folder that `npm run package` writes. */
  folder: string;
  seed?: SandboxOptions['seed'];
  /** Further words of the command. */
  args?: readonly string[];
  /** Default: those of the bundle. */
  scopes?: readonly string[];
  /** The Node that the command finds. Default: the one of the tests. */
  node?: string;
  /** The service principal of the App. */
  client: { id: string; secret: string };
}

/** Users of the built-in workspace: one manages endpoints, the other may query them. */
export const ENGINEER = 'ml-engineer@example.com';
export const ANALYST = 'analyst@example.com';
/** A service principal of the built-in workspace. */
export const APP_CLIENT = { id: '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21', secret: 'sandbox-not-a-secret' };

/** Time for a start, in milliseconds. Far above what one takes. */
const PATIENCE = 30_000;

export async function startApp({
  folder,
  seed,
  args = [],
  client,
  node = process.execPath,
  ...limits
}: AppSettings): Promise<RunningApp> {
  const { resources } = readYaml(readFileSync(join(folder, 'databricks.yml'), 'utf8')) as Bundle; // our own file
  const [app] = Object.values(resources.apps);
  if (app === undefined) throw new Error('the bundle has no app');
  const { command, env } = readYaml(readFileSync(join(folder, 'app.yaml'), 'utf8')) as AppYaml; // our own file
  const sandbox = await startSandbox({
    clock: { kind: 'scaled', minutesPerSecond: 60 },
    ...(seed !== undefined && { seed }),
  });
  const front = await startTlsFront(sandbox.host, Date.now());
  const proxy = await startAppsProxy({ scopes: app.user_api_scopes, ...limits, sandbox });
  const home = mkdtempSync(join(tmpdir(), 'app-'));
  writeFileSync(join(home, 'workspace.pem'), front.cert);
  const port = await freePort();
  let output = '';

  async function start(): Promise<ChildProcess> {
    const [program, ...words] = command;
    const child = spawn(program, [...words, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: dirname(node),
        HOME: home,
        // Of the workspace of the test alone.
        NODE_EXTRA_CA_CERTS: join(home, 'workspace.pem'),
        DATABRICKS_APP_NAME: app?.name,
        DATABRICKS_APP_PORT: String(port),
        DATABRICKS_HOST: front.host,
        DATABRICKS_CLIENT_ID: client.id,
        DATABRICKS_CLIENT_SECRET: client.secret,
        ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
      },
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part) => {
        output += String(part);
      });
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the App ended at its start:\n${output}`);
    });
    await Promise.race([healthy(port), ended]);
    ended.catch(() => {});
    proxy.leadTo(port);
    return child;
  }

  async function stop(child: ChildProcess): Promise<number | null> {
    proxy.leadTo(undefined);
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    return child.exitCode;
  }

  let child = await start();
  return {
    sandbox,
    proxy,
    port,
    origin: `https://${front.host}`,
    output: () => output,
    loginOf: (user) => sandbox.forwardedTokenOf(user, ['all-apis']),
    async restart() {
      const code = await stop(child);
      child = await start();
      return code;
    },
    async close() {
      await stop(child);
      await proxy.close();
      await front.close();
      await sandbox.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Sends one message to the App. @param through default: the platform. */
export function send(
  { proxy }: RunningApp,
  message: object,
  headers: Record<string, string>,
  through: string = proxy.url,
): Promise<Response> {
  return fetch(`${through}/mcp`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(message),
  });
}

/** Calls tools as a user who signed in, each call with a new login. @returns what the tool answered. */
// biome-ignore lint/suspicious/noExplicitAny: tests read results field by field, and a wrong guess fails them
export function asUser(app: RunningApp, user: string): (name: string, args?: object) => Promise<any> {
  return async (name, args = {}) => {
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
    const answer = await send(app, call, { authorization: `Bearer ${app.loginOf(user)}` });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${answer.status}: ${text}`);
    return JSON.parse(text).result.structuredContent;
  };
}

/** The health check of a deployment. */
async function healthy(port: number): Promise<void> {
  const until = Date.now() + PATIENCE;
  while (Date.now() < until) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the App does not pass its health check');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('there is no free port');
  server.close();
  await once(server, 'close');
  return address.port;
}
