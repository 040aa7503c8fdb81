import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAuth, type RunResult } from '../../src/auth/index.ts';
import { failureOf, visible } from './failure.ts';
import { type FakeIssuer, type Handler, redirectTo, startFakeIssuer, testEnvironment } from './fake-issuer.ts';

const HOST = 'https://adb-1.2.azuredatabricks.net';
const RESOURCE_ID = '/subscriptions/sub-1/resourceGroups/rg/providers/Microsoft.Databricks/workspaces/ws';
const DATABRICKS = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d';
const MANAGEMENT = 'https://management.core.windows.net/';

const SERVICE_PRINCIPAL = {
  ARM_CLIENT_ID: 'app',
  ARM_CLIENT_SECRET: 'fake-azure-secret',
  ARM_TENANT_ID: 'tenant-1',
};

/** Entra ID, Resource Manager and the workspace's login page in one; tokens name the resource they are for. */
const azure: Handler = (seen) => {
  if (seen.path.endsWith('/oauth2/token')) {
    return { json: { access_token: `for ${seen.form.resource}`, expires_in: '3600' } };
  }
  if (seen.path === '/aad/auth') {
    return {
      status: 302,
      headers: { location: 'https://login.microsoftonline.com/found-tenant/oauth2/authorize?x=1' },
    };
  }
  if (seen.host === 'management.azure.com')
    return { json: { properties: { workspaceUrl: 'adb-9.9.azuredatabricks.net' } } };
  return { status: 404, json: {} };
};

function azureEnvironment(server: FakeIssuer, env: Record<string, string>) {
  return testEnvironment(env, { dispatcher: redirectTo(server) });
}

describe('azure-client-secret', () => {
  it('asks Entra ID for a Databricks token, and for no other without a resource id', async () => {
    const server = await startFakeIssuer(azure);
    const credentials = await createAuth(
      {},
      azureEnvironment(server, { DATABRICKS_HOST: HOST, ...SERVICE_PRINCIPAL }),
    ).resolve();
    expect(credentials).toMatchObject({ authType: 'azure-client-secret', cloud: 'azure', host: HOST });
    expect(await credentials.headers()).toEqual({ authorization: `Bearer for ${DATABRICKS}` });
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]).toMatchObject({
      host: 'login.microsoftonline.com',
      path: '/tenant-1/oauth2/token',
      form: {
        grant_type: 'client_credentials',
        client_id: 'app',
        client_secret: 'fake-azure-secret',
        resource: DATABRICKS,
      },
    });
  });

  it('finds the host by resource id and adds the management headers', async () => {
    const server = await startFakeIssuer(azure);
    const env = { DATABRICKS_AZURE_RESOURCE_ID: RESOURCE_ID, ...SERVICE_PRINCIPAL };
    const credentials = await createAuth({}, azureEnvironment(server, env)).resolve();
    expect(credentials.host).toBe('https://adb-9.9.azuredatabricks.net');
    expect(await credentials.headers()).toEqual({
      authorization: `Bearer for ${DATABRICKS}`,
      'x-databricks-azure-sp-management-token': `for ${MANAGEMENT}`,
      'x-databricks-azure-workspace-resource-id': RESOURCE_ID,
    });
    const asked = server.seen.find(({ host }) => host === 'management.azure.com');
    expect(asked).toMatchObject({
      path: `${RESOURCE_ID}?api-version=2018-04-01`,
      headers: { authorization: 'Bearer for https://management.azure.com/' },
    });
  });

  it('finds the tenant at the login page of the workspace', async () => {
    const server = await startFakeIssuer(azure);
    const { ARM_TENANT_ID: _absent, ...rest } = SERVICE_PRINCIPAL;
    await createAuth({}, azureEnvironment(server, { DATABRICKS_HOST: HOST, ...rest })).resolve();
    expect(server.seen.map(({ host, path }) => host + path)).toEqual([
      'adb-1.2.azuredatabricks.net/aad/auth',
      'login.microsoftonline.com/found-tenant/oauth2/token',
    ]);
  });

  it.each([
    ['https://adb-1.2.databricks.azure.us', 'login.microsoftonline.us'],
    ['https://adb-1.2.databricks.azure.cn', 'login.chinacloudapi.cn'],
  ])('asks the cloud of %s at %s', async (host, login) => {
    const server = await startFakeIssuer(azure);
    await createAuth({}, azureEnvironment(server, { DATABRICKS_HOST: host, ...SERVICE_PRINCIPAL })).resolve();
    expect(server.seen[0]?.host).toBe(login);
  });

  it('is not the method for a host elsewhere', async () => {
    const env = { DATABRICKS_HOST: 'https://dbc-1.cloud.databricks.com', ...SERVICE_PRINCIPAL };
    const error = await failureOf(createAuth({}, testEnvironment(env)).resolve());
    expect(error.tried).toContainEqual({
      method: 'azure-client-secret',
      missing: 'an Azure host or azure_workspace_resource_id',
    });
  });

  it('never shows the secret when Entra ID refuses', async () => {
    const server = await startFakeIssuer(() => ({
      status: 401,
      json: {
        error: 'invalid_client',
        error_description: 'AADSTS7000215: bad fake-azure-secret',
        error_codes: [7000215],
      },
    }));
    const error = await failureOf(
      createAuth({}, azureEnvironment(server, { DATABRICKS_HOST: HOST, ...SERVICE_PRINCIPAL })).resolve(),
    );
    expect(error.code).toBe('token_rejected');
    expect(error.message).toContain('AADSTS7000215: bad ***');
    expect(visible(error)).not.toContain('fake-azure-secret');
  });
});

describe('azure-msi', () => {
  it('asks the instance metadata service', async () => {
    const environment = azureEnvironment(await startFakeIssuer(), {
      DATABRICKS_HOST: HOST,
      ARM_USE_MSI: 'true',
      ARM_CLIENT_ID: 'identity',
    });
    const server = await startFakeIssuer(() => ({
      json: { access_token: 'fake-msi', expires_on: String(environment.clock / 1000 + 86_400) },
    }));
    environment.dispatcher = redirectTo(server);
    const credentials = await createAuth({}, environment).resolve();
    expect(credentials.authType).toBe('azure-msi');
    expect(await credentials.bearer()).toBe('fake-msi');
    expect(server.seen[0]).toMatchObject({
      host: '169.254.169.254',
      path: `/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${DATABRICKS}&client_id=identity`,
      headers: { metadata: 'true' },
    });
  });

  it('is off unless azure_use_msi is true', async () => {
    const env = { DATABRICKS_HOST: HOST, ARM_USE_MSI: 'false' };
    const error = await failureOf(createAuth({ authType: 'azure-msi' }, testEnvironment(env)).resolve());
    expect(error.tried).toEqual([{ method: 'azure-msi', missing: 'azure_use_msi' }]);
  });
});

describe('azure-cli', () => {
  async function azDirectory(name = 'az'): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'auth-az-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await mkdir(join(directory, 'bin'));
    await writeFile(join(directory, 'bin', name), '', { mode: 0o755 });
    return directory;
  }

  /** An environment with an `az` that is logged in as this user; `refuse` picks calls that fail. */
  async function azCliEnvironment(
    user: object,
    env: Record<string, string>,
    refuse: (args: string[]) => boolean = () => false,
  ) {
    const calls: string[][] = [];
    const directory = await azDirectory();
    const environment = azureEnvironment(await startFakeIssuer(azure), {
      PATH: join(directory, 'bin'),
      DATABRICKS_HOST: HOST,
      DATABRICKS_AUTH_TYPE: 'azure-cli',
      ...env,
    });
    environment.run = async (_command, args): Promise<RunResult> => {
      calls.push(args);
      if (args[1] === 'show') return { code: 0, stdout: JSON.stringify({ user }), stderr: '' };
      if (refuse(args)) return { code: 1, stdout: '', stderr: 'AADSTS50020: no access' };
      const resource = args[args.indexOf('--resource') + 1];
      return {
        code: 0,
        stdout: JSON.stringify({ accessToken: `for ${resource}`, expires_on: environment.clock / 1000 + 3600 }),
        stderr: '',
      };
    };
    return { environment, calls };
  }

  const person = { name: 'ml-engineer@example.com', type: 'user' };

  it('asks for a token of the tenant of the workspace', async () => {
    const { environment, calls } = await azCliEnvironment(person, {});
    const credentials = await createAuth({}, environment).resolve();
    expect(await credentials.headers()).toEqual({ authorization: `Bearer for ${DATABRICKS}` });
    expect(calls).toEqual([
      ['account', 'show', '--output', 'json'],
      ['account', 'get-access-token', '--resource', DATABRICKS, '--tenant', 'found-tenant', '--output', 'json'],
    ]);
  });

  it('names no tenant for a managed identity', async () => {
    const { environment, calls } = await azCliEnvironment(
      { name: 'systemAssignedIdentity', type: 'servicePrincipal' },
      {},
    );
    await createAuth({}, environment).resolve();
    expect(calls[1]).not.toContain('--tenant');
  });

  it('asks a federated service principal again without tenant', async () => {
    const { environment, calls } = await azCliEnvironment({ name: 'app', type: 'servicePrincipal' }, {}, (args) =>
      args.includes('--tenant'),
    );
    await createAuth({}, environment).resolve();
    expect(calls.map((args) => args.includes('--tenant'))).toEqual([false, true, false]);
  });

  it('continues without a management token for a user who may not have one', async () => {
    const { environment } = await azCliEnvironment(person, { DATABRICKS_AZURE_RESOURCE_ID: RESOURCE_ID }, (args) =>
      args.includes(MANAGEMENT),
    );
    const credentials = await createAuth({}, environment).resolve();
    expect(await credentials.headers()).toEqual({ authorization: `Bearer for ${DATABRICKS}` });
  });

  it('asks for a login when there is none', async () => {
    const { environment } = await azCliEnvironment(person, {}, () => true);
    const error = await failureOf(createAuth({}, environment).resolve());
    expect(error).toMatchObject({ code: 'login_required', next: 'Log in with: az login' });
  });

  it('runs the Python behind az.cmd on Windows, because a batch file needs a shell', async () => {
    const directory = await azDirectory('az.cmd');
    await writeFile(join(directory, 'python.exe'), '');
    const { environment } = await azCliEnvironment(person, { PATH: join(directory, 'bin') });
    const commands: string[][] = [];
    const { run } = environment;
    environment.platform = 'win32';
    environment.run = async (command, args, options) => {
      commands.push([command, ...args.slice(0, 4)]);
      if (run === undefined) throw new Error('azCliEnvironment sets run');
      return run(command, args.slice(2), options);
    };
    await createAuth({}, environment).resolve();
    expect(commands[0]).toEqual([join(directory, 'python.exe'), '-IBm', 'azure.cli', 'account', 'show']);
  });
});
