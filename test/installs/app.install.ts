/** The Databricks App that `npm run package` writes: started by its own command behind a stand-in for the platform, and used by two people. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import DEFAULT_WORKSPACE from '../../src/sandbox/seed/default-workspace.json' with { type: 'json' };
import { tools } from '../../tools/index.ts';
import {
  ANALYST,
  APP_CLIENT,
  type AppSettings,
  asUser,
  ENGINEER,
  type RunningApp,
  startApp,
} from '../support/databricks-app.ts';
import { nodes } from './support.ts';

const FOLDER = join(inject('packages'), 'mcp-databricks-serving-app');
const ROW = { tenure: 4, monthly_charges: 70, support_tickets: 1, contract: 'one-year' };
/** What a forwarded token does not reach. */
const ABSENT = [
  'attach_to_app',
  'create_model_service',
  'get_permissions',
  'list_model_versions',
  'set_alias',
  'update_model_service',
  'update_permissions',
];

async function started(settings: Partial<AppSettings> = {}): Promise<RunningApp> {
  const app = await startApp({ folder: FOLDER, client: APP_CLIENT, ...settings });
  onTestFinished(() => app.close());
  return app;
}

async function connected(app: RunningApp, user: string): Promise<Client> {
  const client = new Client({ name: 'installs', version: '1.0.0' });
  const requestInit = { headers: { authorization: `Bearer ${app.loginOf(user)}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${app.proxy.url}/mcp`), { requestInit }));
  onTestFinished(() => client.close());
  return client;
}

it('the folder needs no installation: it has the built program and no dependency', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(['LICENSE', 'app.yaml', 'databricks.yml', 'dist', 'package.json']);
  expect(JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8'))).not.toHaveProperty('dependencies');
});

describe('two people', () => {
  it('one does the main job: list, create, wait, query, swap, delete; the other sees it and may not change it', async () => {
    const app = await started();
    const [engineer, analyst] = [asUser(app, ENGINEER), asUser(app, ANALYST)];
    expect((await engineer('list_endpoints')).endpoints.map(({ name }: { name: string }) => name)).toContain(
      'house-price',
    );
    const created = await engineer('create_endpoint', { endpoint: 'by-app', model: 'ml.prod.churn', version: '2' });
    expect(created.changed).toBe(true);
    expect((await engineer('wait_for_endpoint', { endpoint: 'by-app', wait_seconds: 30 })).outcome).toBe('ready');
    const asked = await engineer('query_endpoint', { endpoint: 'by-app', dataframe_records: [ROW] });
    expect(asked.predictions).toEqual([{ churn_probability: expect.any(Number) }]);
    const swapped = await engineer('swap_version', { endpoint: 'by-app', version: '3', wait_seconds: 30 });
    expect(swapped).toMatchObject({ changed: true, outcome: 'ready' });

    const refused = await analyst('delete_endpoint', { endpoint: 'by-app' });
    expect(refused.error.code).toMatch(/PERMISSION_DENIED|RESOURCE_DOES_NOT_EXIST/);
    const question = await engineer('delete_endpoint', { endpoint: 'by-app' });
    expect(question).not.toHaveProperty('deleted');
    expect(await engineer('get_endpoint', { endpoint: 'by-app' })).toMatchObject({ status: 'ready' });
    // The consent is a second call, which another server may answer.
    const agreed = JSON.parse(/\{.*\}/.exec(question.next)?.[0] ?? '{}');
    expect((await engineer('delete_endpoint', agreed)).deleted).toBe(true);
  });

  it('connect with an SDK of MCP, and learn what the server does not reach', async () => {
    const app = await started();
    const client = await connected(app, ENGINEER);
    expect(client.getInstructions()).toMatch(/forwarded token, which does not reach/);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect([...names, ...ABSENT].sort()).toEqual(tools.map(({ name }) => name).sort());
    const { structuredContent, isError } = await client.callTool({ name: 'set_alias', arguments: {} });
    expect(isError).toBe(true);
    expect(JSON.stringify(structuredContent)).toContain('--app-identity');
  });
});

it('an argument that needs more than the token reaches is refused before anything changes', async () => {
  const app = await started();
  const before = app.sandbox.requests.length;
  const refused = await asUser(app, ENGINEER)('swap_version', {
    endpoint: 'house-price',
    version: '2',
    alias: 'champion',
  });
  expect(refused.error.message).toContain('alias');
  const sent = app.sandbox.requests.slice(before);
  expect(sent.filter(({ method }) => method !== 'GET')).toEqual([]);
});

describe('the identity of the App', () => {
  it('reads what the token does not reach only if the operator says so, and the answer says so too', async () => {
    const app = await started({ args: ['--app-identity=reads'] });
    const engineer = asUser(app, ENGINEER);
    const versions = await engineer('list_model_versions', { model: 'ml.prod.churn' });
    expect(versions.app_identity).toContain('identity of the app');
    expect(await engineer('list_endpoints')).not.toHaveProperty('app_identity');
    const by = new Set(
      app.sandbox.requests
        .filter(({ path }) => path.startsWith('/api/2.1/unity-catalog/'))
        .map(({ principal }) => principal),
    );
    expect([...by]).toEqual([APP_CLIENT.id]);
    const client = await connected(app, ENGINEER);
    expect(client.getInstructions()).toContain('identity of the app');
    const refused = await engineer('set_alias', { model: 'ml.prod.churn', alias: 'champion', version: '2' });
    expect(JSON.stringify(refused.error)).toContain('--app-identity all');
  });

  it('changes it with the wider setting', async () => {
    const app = await started({ args: ['--app-identity=all'] });
    const swapped = await asUser(app, ENGINEER)('swap_version', {
      endpoint: 'house-price',
      version: '2',
      alias: 'champion',
      wait_seconds: 30,
    });
    expect(swapped.app_identity).toContain('identity of the app');
  });
});

it('a restart loses nothing that a client needs: the next call of the same client works', async () => {
  const app = await started();
  const client = await connected(app, ENGINEER);
  await client.callTool({ name: 'list_endpoints', arguments: {} });
  expect(await app.restart()).toBe(0);
  const { isError } = await client.callTool({ name: 'list_endpoints', arguments: {} });
  expect(isError ?? false).toBe(false);
});

describe('the journal', () => {
  const edit = { endpoint: 'house-price', description: 'by the engineer' };

  it('is off, because the disk of an App does not last, and the server says so', async () => {
    const app = await started();
    const engineer = asUser(app, ENGINEER);
    expect((await engineer('update_endpoint', edit)).changed).toBe(true);
    expect(JSON.stringify(await engineer('list_changes'))).toMatch(/journal/i);
    expect((await connected(app, ENGINEER)).getInstructions()).toMatch(/^Journal: off/m);
  });

  it('in a volume outlives a restart, and each person sees their own changes alone', async () => {
    const held = { 'account users': ['READ_VOLUME', 'WRITE_VOLUME'] };
    const app = await started({
      args: ['--journal=/Volumes/ml/prod/journal'],
      scopes: ['model-serving', 'sql', 'ai-gateway', 'files'],
      seed: { ...DEFAULT_WORKSPACE, volumes: [{ full_name: 'ml.prod.journal', grants: held }] },
    });
    const [engineer, analyst] = [asUser(app, ENGINEER), asUser(app, ANALYST)];
    expect((await engineer('update_endpoint', edit)).changed).toBe(true);
    await app.restart();
    const { changes } = await engineer('list_changes');
    expect(changes).toEqual([expect.objectContaining({ tool: 'update_endpoint' })]);
    expect(JSON.stringify(await analyst('list_changes'))).not.toContain('house-price');
    expect((await engineer('undo_change', { id: changes[0].id })).changed).toBe(true);
    expect((await connected(app, ENGINEER)).getInstructions()).toMatch(/^Journal: .*volume/m);
  });
});

it('an App without user scopes gets no token, and refuses every call', async () => {
  const app = await started({ scopes: [] });
  await expect(asUser(app, ENGINEER)('list_endpoints')).rejects.toThrow(/401: .*x-forwarded-access-token/);
});

it('a person who agreed to fewer scopes is refused by the workspace, and hears which scope is missing', async () => {
  const app = await started({ scopes: ['sql'] });
  const refused = await asUser(app, ENGINEER)('list_endpoints');
  expect(JSON.stringify(refused.error)).toContain('model-serving');
});

it.each(nodes().filter(([version]) => version.startsWith('22')))(
  'Node %s runs it, as on the platform',
  async (_version, node) => {
    const app = await started({ node });
    expect((await asUser(app, ENGINEER)('list_endpoints')).total).toBeGreaterThan(0);
  },
);
