/** Set-ups that are broken in one way, each with the check that fails, what it says and what it advises. */
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'vitest';
import type { CheckName } from '../../src/doctor/check.ts';
import { type FaultRule, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { selfSigned } from '../support/certificate.ts';
import { destroy, openAndDestroy, startHttpProxy, status, type Treatment } from '../support/http-proxy.ts';
import type { Examined, Given } from './run-doctor.ts';

const closing: (() => unknown)[] = [];

/** Ends the services that the set-ups started, for `afterAll`. */
export async function closeSetUps(): Promise<void> {
  await Promise.all(closing.splice(0).map((close) => close()));
}

/** A workspace that a profile or the environment reaches. */
async function workspace(...faults: FaultRule[]): Promise<Sandbox> {
  const sandbox = await startSandbox();
  closing.push(() => sandbox.close());
  for (const fault of faults) sandbox.faults.add(fault);
  return sandbox;
}

/** Variables for a sandbox. */
async function withFaults(...faults: FaultRule[]): Promise<Given> {
  const { host, token } = await workspace(...faults);
  return { env: { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token } };
}

async function throughProxy(treatment: Treatment, login = ''): Promise<Given> {
  const proxy = await startHttpProxy(treatment);
  closing.push(() => proxy.close());
  const env = {
    DATABRICKS_HOST: 'https://dbc-1.cloud.databricks.com',
    DATABRICKS_TOKEN: 'not-a-token',
    HTTPS_PROXY: `http://${login}${proxy.name}`,
  };
  return { env };
}

const WRONG_BY_MINUTES = 10;

/** An https service on this machine whose clock is wrong by some minutes. */
async function secureService(): Promise<{ origin: string; certificate: string }> {
  const pair = selfSigned(Date.now());
  const service = createSecureServer(pair, (_request, response) => {
    response.setHeader('date', new Date(Date.now() - WRONG_BY_MINUTES * 60_000).toUTCString());
    response.setHeader('content-type', 'application/json').end('{"userName":"me@example.com"}');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  closing.push(() => service.close());
  const { port } = service.address() as AddressInfo; // it listens on a port
  return { origin: `https://localhost:${port}`, certificate: pair.cert };
}

const LIST = '/api/2.0/serving-endpoints';
const denied = (message: string) => ({ error_code: 'PERMISSION_DENIED', message });
const refusedBy = (message: string): FaultRule['effect'] => ({ status: 403, body: denied(message) });

/** What is broken, the set-up, the check that fails, and what it says and advises. */
export type Row = [broken: string, given: () => Given | Promise<Given>, check: CheckName, says: RegExp, remedy: RegExp];

export const ROWS: readonly Row[] = [
  [
    'no profile and no variable',
    () => ({}),
    'configuration',
    /^no Databricks workspace is configured$/,
    /databricks auth login --host .* --sandbox/,
  ],
  [
    'a profile that does not exist, with a similar one',
    () => ({
      args: ['--profile', 'deev'],
      files: { '.databrickscfg': '[dev]\nhost = https://a.example\ntoken = t\n' },
    }),
    'configuration',
    /has no deev profile configured; it has dev$/,
    /^Did you mean --profile dev\? .*databricks auth login --profile deev/,
  ],
  [
    'a profile file with a line that is none',
    () => ({ files: { '.databrickscfg': '[DEFAULT]\nhost https\n' } }),
    'configuration',
    /cannot parse .*\.databrickscfg: line 2/,
    /^Correct line 2/,
  ],
  [
    'two credentials at once',
    () => ({
      env: {
        DATABRICKS_HOST: 'https://a.example',
        DATABRICKS_TOKEN: 'not-a-token',
        DATABRICKS_CLIENT_ID: 'id',
        DATABRICKS_CLIENT_SECRET: 'not-a-secret',
      },
    }),
    'configuration',
    /more than one authorization method configured: oauth and pat \(.*client_secret from env DATABRICKS_CLIENT_SECRET/,
    /^Unset the one that you do not want, or set DATABRICKS_AUTH_TYPE/,
  ],
  [
    'a host without https',
    () => ({ env: { DATABRICKS_HOST: 'http://a.example', DATABRICKS_TOKEN: 'not-a-token' } }),
    'configuration',
    /http:\/\/a\.example is not https/,
    /^Use an https:\/\/ address/,
  ],
  [
    'the name of a profile in place of the host',
    () => ({ files: { '.databrickscfg': '[DEFAULT]\nhost = prod/x\ntoken = t\n' } }),
    'configuration',
    /the configured host is a word, not an address/,
    /To name a profile, use --profile/,
  ],
  [
    'a host with a typing mistake, next to that of a profile',
    () => ({
      args: ['--host', 'https://dbc-a1b2c3d5.invalid'],
      env: { DATABRICKS_TOKEN: 'not-a-token' },
      files: { '.databrickscfg': '[dev]\nhost = https://dbc-a1b2c3d4.invalid\n' },
    }),
    'host',
    /^https:\/\/dbc-a1b2c3d5\.invalid (?:is not a known host|cannot be reached) \(E\w+\)/,
    /^Did you mean https:\/\/dbc-a1b2c3d4\.invalid \(profile dev\)\?/,
  ],
  [
    'a host with the ending of no cloud',
    () => ({ args: ['--host', 'dbc-a1b2c3d4.cloud.databrick.invalid'], env: { DATABRICKS_TOKEN: 'not-a-token' } }),
    'host',
    /^https:\/\/dbc-a1b2c3d4\.cloud\.databrick\.invalid (?:is not a known host|cannot be reached)/,
    /^(?:Correct|Check) the/,
  ],
  [
    'the name of a profile as the host, with a typing mistake',
    () => ({ args: ['--host', 'deev'], files: { '.databrickscfg': '[dev]\nhost = https://a.example\ntoken = t\n' } }),
    'configuration',
    /^the configured host is a word, not an address$/,
    /^Did you mean --profile dev\?/,
  ],
  [
    'the address of the account console',
    () => ({ env: { DATABRICKS_HOST: 'https://accounts.cloud.databricks.com', DATABRICKS_TOKEN: 'not-a-token' } }),
    'configuration',
    /is the account console/,
    /^Set the host to the address of a workspace/,
  ],
  [
    'a method of login with a typing mistake',
    () => ({ args: ['--auth-type', 'databricks-clii'], env: { DATABRICKS_HOST: 'https://a.example' } }),
    'configuration',
    /does not support auth_type databricks-clii \(option\)$/,
    /^Did you mean --auth-type databricks-cli\? Use one of: pat, /,
  ],
  [
    'a config file that is missing',
    () => ({ args: ['--config-file', 'HOME/none'] }),
    'configuration',
    /^there is no file .*none, which --config-file names$/,
    /^Correct --config-file/,
  ],
  [
    'a service that is no web server',
    async () => {
      const server = createServer((socket) => void socket.on('error', () => {}).end('SSH-2.0-x\r\n'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      closing.push(() => server.close());
      const { port } = server.address() as AddressInfo; // it listens on a port
      return { env: { DATABRICKS_HOST: `http://127.0.0.1:${port}`, DATABRICKS_TOKEN: 'not-a-token' } };
    },
    'host',
    /does not answer as a web server does|was lost/,
    /^Check the/,
  ],
  [
    'a web service that is no workspace',
    async () => {
      const { host } = await workspace({ effect: { status: 200, body: {} } });
      return { env: { DATABRICKS_HOST: host, DATABRICKS_TOKEN: 'not-a-token' } };
    },
    'identity',
    /did not name the caller$/,
    /^Check that the host is a Databricks workspace/,
  ],
  [
    'a host that refuses connections',
    () => ({ env: { DATABRICKS_HOST: 'http://127.0.0.1:9', DATABRICKS_TOKEN: 'not-a-token' } }),
    'host',
    /cannot be reached \(ECONNREFUSED\)/,
    /^Check the network, the VPN and the workspace host/,
  ],
  [
    'a certificate that nobody signed',
    async () => ({ env: { DATABRICKS_HOST: (await secureService()).origin, DATABRICKS_TOKEN: 'not-a-token' } }),
    'host',
    /the certificate of https:\/\/localhost:\d+ is not valid \(DEPTH_ZERO_SELF_SIGNED_CERT\).*accepts connections/,
    /Set NODE_EXTRA_CA_CERTS to its CA file/,
  ],
  [
    'a CA file that does not exist',
    async () => {
      const { env } = await withFaults();
      return { env: { ...env, NODE_EXTRA_CA_CERTS: 'HOME/ca.pem' } };
    },
    'certificates',
    /^NODE_EXTRA_CA_CERTS names .*ca\.pem, which cannot be read \(ENOENT\), so Node ignores it$/,
    /^Set NODE_EXTRA_CA_CERTS to a readable PEM file/,
  ],
  [
    'a clock that is ten minutes off',
    async () => {
      const { origin, certificate } = await secureService();
      return {
        env: { DATABRICKS_HOST: origin, DATABRICKS_TOKEN: 'not-a-token', NODE_EXTRA_CA_CERTS: 'HOME/ca.pem' },
        files: { 'ca.pem': certificate },
      };
    },
    'clock',
    /^this machine is 10 minutes ahead of the host/,
    /^Set the clock of this machine/,
  ],
  [
    'a proxy that refuses the tunnel',
    () => throughProxy(status(403)),
    'host',
    /^the proxy at 127\.0\.0\.1:\d+ refused a tunnel to dbc-1\.cloud\.databricks\.com:443 \(403\)/,
    /^Ask the administrator of the proxy to allow/,
  ],
  [
    'a proxy that closes the tunnel',
    () => throughProxy(destroy),
    'host',
    /^the proxy at 127\.0\.0\.1:\d+ closed the tunnel/,
    /^Check HTTPS_PROXY/,
  ],
  [
    'a proxy that opens the tunnel and then drops it',
    () => throughProxy(openAndDestroy),
    'host',
    /\(so far: it is reached through a tunnel of the proxy 127\.0\.0\.1:\d+\)$/,
    /network/,
  ],
  [
    'a proxy that wants a password',
    () => throughProxy(status(407, 'proxy-authenticate: Basic realm="x"\r\n')),
    'host',
    /requires a login \(407\)/,
    /^In HTTPS_PROXY, put a user and a password/,
  ],
  [
    'a proxy that rejects the password',
    () => throughProxy(status(407, 'proxy-authenticate: Basic realm="x"\r\n'), 'me:not-a-real-password-1@'),
    'host',
    /rejected the login in HTTPS_PROXY \(407\)/,
    /^In HTTPS_PROXY, put a user and a password/,
  ],
  [
    'a SOCKS proxy',
    () => ({
      env: {
        DATABRICKS_HOST: 'https://a.example',
        DATABRICKS_TOKEN: 'not-a-token',
        HTTPS_PROXY: 'socks5://10.0.0.1:1080',
      },
    }),
    'proxy',
    /^HTTPS_PROXY names a socks5 proxy at 10\.0\.0\.1:1080, and this server uses only HTTP proxies$/,
    /^Set HTTPS_PROXY to http:\/\/HOST:PORT/,
  ],
  [
    'a personal token that has expired',
    () => withFaults({ effect: { expired_token: 403 } }),
    'identity',
    /did not say who this is: .*expir/i,
    /token|log in again/,
  ],
  [
    'a personal token that the workspace does not know',
    async () => ({ env: { ...(await withFaults()).env, DATABRICKS_TOKEN: 'not-a-token-of-this-workspace' } }),
    'identity',
    /Invalid access token/,
    /renew it or log in again \(databricks auth login\)/,
  ],
  [
    'a service principal whose secret was revoked',
    async () => {
      const { host } = await workspace();
      const secret = {
        DATABRICKS_CLIENT_ID: '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21',
        DATABRICKS_CLIENT_SECRET: 'revoked-12',
      };
      return { env: { DATABRICKS_HOST: host, ...secret } };
    },
    'identity',
    /oauth-m2m: the Databricks token endpoint refused \(HTTP 401\)/,
    /^Check client_id \(env DATABRICKS_CLIENT_ID\) and client_secret/,
  ],
  [
    'a CLI login without the CLI',
    async () => {
      const { host } = await workspace();
      return { files: { '.databrickscfg': `[DEFAULT]\nhost = ${host}\nauth_type = databricks-cli\n` } };
    },
    'identity',
    /auth_type is databricks-cli, which lacks its inputs: databricks-cli lacks the Databricks CLI/,
    /install the Databricks CLI and run: databricks auth login --host/,
  ],
  [
    'no right to list endpoints',
    () =>
      withFaults({ match: { path: LIST }, effect: refusedBy("User does not have permission 'View' on Endpoint list") }),
    'may_list',
    /^the endpoints cannot be listed: .*\(403 PERMISSION_DENIED\)$/,
    /CAN_VIEW/,
  ],
  [
    'no metastore',
    () =>
      withFaults({
        match: { path: '/api/2.1/unity-catalog/**' },
        effect: {
          status: 404,
          body: { error_code: 'METASTORE_DOES_NOT_EXIST', message: 'No metastore assigned for the current workspace.' },
        },
      }),
    'unity_catalog',
    /No metastore assigned for the current workspace/,
    /account admin assigns/,
  ],
  [
    'an address that the workspace blocks',
    () =>
      withFaults({
        match: { path: '/api/**' },
        effect: refusedBy('Source IP address: 203.0.113.7 is blocked by Databricks IP ACL for workspace: 1'),
      }),
    'identity',
    /is blocked by Databricks IP ACL/,
    /A workspace admin allows the address/,
  ],
  [
    'a login page in place of JSON',
    () => withFaults({ match: { path: '/api/**' }, effect: { html: true } }),
    'host',
    /got an HTML page instead of JSON/,
    /^Check the workspace host/,
  ],
  [
    'a company login that redirects everything',
    () => withFaults({ effect: { redirect: 'https://sso.example/login?next=secret-path' } }),
    'host',
    /was redirected to https:\/\/sso\.example\/login/,
    /^Check the workspace host/,
  ],
  [
    'a policy with an unknown rule',
    async () => ({
      ...(await withFaults()),
      args: ['--policy', 'HOME/p.json'],
      files: { 'p.json': '{"allow_endpoint":[]}' },
    }),
    'policy',
    /unknown rule allow_endpoint: did you mean allow_endpoints\?/,
    /^Correct the file/,
  ],
  [
    'a policy file that is missing',
    async () => ({ ...(await withFaults()), args: ['--policy', 'HOME/none.json'] }),
    'policy',
    /none\.json cannot be read \(ENOENT\)$/,
    /^Name a readable file with --policy FILE/,
  ],
  [
    'a policy that forbids the workspace',
    async () => ({
      ...(await withFaults()),
      args: ['--policy', 'HOME/p.json'],
      files: { 'p.json': '{"hosts":["https://a.example"],"owner":"the platform team"}' },
    }),
    'policy',
    /^workspace http:\/\/127\.0\.0\.1:\d+ is not allowed: rule hosts/,
    /can be changed by the platform team/,
  ],
  [
    'a journal that is a folder',
    async () => ({ ...(await withFaults()), args: ['--journal', 'HOME/folder'], files: { 'folder/x': '' } }),
    'journal',
    /^changes cannot be recorded in .*folder: it is a folder, not a regular file$/,
    /^Name a regular file with --journal FILE, or use --no-journal/,
  ],
  [
    'a journal below a file',
    async () => ({ ...(await withFaults()), args: ['--journal', 'HOME/file/x.jsonl'], files: { file: '' } }),
    'journal',
    /^changes cannot be recorded in .*x\.jsonl: .*file is not a folder \(ENOTDIR\)$/,
    /--journal FILE, or use --no-journal/,
  ],
  [
    'a client with a broken configuration',
    async () => ({ ...(await withFaults()), files: { '.cursor/mcp.json': '{"mcpServers": {\n  "a": }' } }),
    'clients',
    /\.cursor\/mcp\.json .*\(line 2, column 8\)$/,
    /^Correct .*\.cursor\/mcp\.json\. Cursor cannot use it as it is\.$/,
  ],
  [
    'an entry whose file is gone',
    async () => ({
      ...(await withFaults()),
      files: { '.cursor/mcp.json': entry({ command: process.execPath, args: ['HOME/gone/dist/server.mjs'] }) },
    }),
    'clients',
    /^databricks-serving in .*mcp\.json: the file .*\/gone\/dist\/server\.mjs does not exist$/,
    /^Run: .*(?:databricks-serving-mcp|server\.mjs) install cursor --name databricks-serving$/,
  ],
  [
    'an entry whose program is gone',
    async () => ({
      ...(await withFaults()),
      files: { '.cursor/mcp.json': entry({ command: 'HOME/bin/node', args: ['/x/server.mjs', '--read-only'] }) },
    }),
    'clients',
    /the command .*\/bin\/node does not exist$/,
    /^Run: .* install cursor --name databricks-serving --read-only$/,
  ],
  [
    'an entry with a Node that is too old',
    async () => ({
      ...(await withFaults()),
      files: {
        'old/node': '#!/bin/sh\necho v18.20.4\n',
        '.cursor/mcp.json': entry({ command: 'HOME/old/node', args: ['HOME/old/node'] }),
      },
    }),
    'clients',
    /\/old\/node is Node 18\.20\.4, which is too old for this server \(20\.18\.1 or later before 21, or 22\.3\.0 or later\)$/,
    /^Install Node 22\.3\.0 or later/,
  ],
  [
    'an entry that names a profile with a typing mistake',
    async () => {
      const { host, token } = await workspace();
      const run = { command: process.execPath, args: [process.execPath, '--profile', 'deev'] };
      return {
        args: ['--profile', 'dev'],
        files: {
          '.databrickscfg': `[dev]\nhost = ${host}\ntoken = ${token}\n`,
          '.codex/config.toml': `[mcp_servers.databricks-serving]\ncommand = ${JSON.stringify(run.command)}\nargs = ${JSON.stringify(run.args)}\n`,
        },
      };
    },
    'clients',
    /the entry names the profile deev, which .*\.databrickscfg does not have$/,
    /^Did you mean dev\?/,
  ],
];

function entry(run: { command: string; args: string[] }): string {
  return JSON.stringify({ mcpServers: { 'databricks-serving': run } });
}

const RIGHTS: CheckName[] = ['may_list', 'may_create', 'unity_catalog'];
/** What cannot be checked after a failure. */
const NEEDED_BY: Partial<Record<CheckName, CheckName[]>> = {
  configuration: ['proxy', 'host', 'clock', 'identity', ...RIGHTS],
  proxy: ['host', 'clock', 'identity', ...RIGHTS],
  host: ['identity', ...RIGHTS],
  identity: RIGHTS,
};

/** Node reads its certificates at its start. */
export const NEEDS_PROGRAM: ReadonlySet<string> = new Set(['a clock that is ten minutes off']);

/** Whether a report is about the row and nothing else. */
export function expectNamed([, , name, says, remedy]: Row, { code, report }: Examined): void {
  const found = report.checks.filter(({ check, status }) => check === name && status !== 'ok');
  expect(found).toEqual([
    expect.objectContaining({
      status: 'failed',
      says: expect.stringMatching(says),
      remedy: expect.stringMatching(remedy),
    }),
  ]);
  expect([code, report.ok]).toEqual([1, false]);
  // One cause is one failure: what depends on it is not checked, and what does not is fine.
  const skipped = report.checks.filter(({ says: why }) => why === `needs ${name}`).map(({ check }) => check);
  expect(skipped).toEqual(expect.arrayContaining(NEEDED_BY[name] ?? []));
  const failures = report.checks.filter(({ status }) => status === 'failed').map(({ check }) => check);
  expect(failures).toEqual([name]);
}
