import type { SandboxApp, SandboxContext } from '../context.ts';
import { ApiError, invalid, missing } from '../errors.ts';
import { answer, type Call, jsonBody } from '../http.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { Principal, SecretLevel, SecretScope, Workspace } from '../state/state.ts';

const BASE = '/api/2.0/secrets';
const LEVELS: readonly SecretLevel[] = ['READ', 'WRITE', 'MANAGE'];

/** Largest value of a secret in bytes. The service documents 128 KB. */
const LARGEST_VALUE = 128 * 1024;

/** Mounts secret scopes, the names of secrets and their access lists. Values are not kept, so none can be read. evidence: secret-routes */
export function mountSecrets(app: SandboxApp, ctx: SandboxContext): void {
  mountScopes(app, ctx);
  mountKeys(app, ctx);
  mountAcls(app, ctx);
}

function mountScopes(app: SandboxApp, ctx: SandboxContext): void {
  app.get(`${BASE}/scopes/list`, (c) => {
    const scopes = [...c.get('workspace').scopes.values()].map(({ name, backend_type }) => ({ name, backend_type }));
    return answer(c, { scopes });
  });

  app.post(`${BASE}/scopes/create`, async (c) => {
    const { scope, initial_manage_principal: manager, scope_backend_type: type, ...rest } = await jsonBody(c);
    if (typeof scope !== 'string' || !/^[\w\-@.]{1,128}$/.test(scope)) throw invalid(`Invalid scope name: ${scope}.`);
    if (ctx.workspace.scopes.has(scope)) throw alreadyThere(`Scope ${scope} already exists!`);
    if (type === 'AZURE_KEYVAULT' && !isObject(rest.backend_azure_keyvault)) {
      throw invalid('Scope with Azure KeyVault must have AzureKeyVaultSecretScopeMetadata defined!');
    }
    const holder = manager === 'users' ? 'users' : c.get('principal').name;
    ctx.workspace.scopes.set(scope, {
      name: scope,
      backend_type: type === 'AZURE_KEYVAULT' ? type : 'DATABRICKS',
      keys: new Map(),
      acls: new Map([[holder, 'MANAGE']]),
    });
    return answer(c, {});
  });

  app.post(`${BASE}/scopes/delete`, async (c) => {
    const { name } = scopeFor(ctx.workspace, c, (await jsonBody(c)).scope, 'MANAGE');
    ctx.workspace.scopes.delete(name);
    return answer(c, {});
  });
}

function mountKeys(app: SandboxApp, ctx: SandboxContext): void {
  app.get(`${BASE}/list`, (c) => {
    const { keys } = scopeFor(c.get('workspace'), c, c.req.query('scope'), 'READ');
    return answer(c, { secrets: [...keys].map(([key, last_updated_timestamp]) => ({ key, last_updated_timestamp })) });
  });

  app.post(`${BASE}/put`, async (c) => {
    const body = await jsonBody(c);
    const { keys } = scopeFor(ctx.workspace, c, body.scope, 'WRITE');
    keys.set(checkSecret(body), ctx.clock.now());
    return answer(c, {});
  });

  app.post(`${BASE}/delete`, async (c) => {
    const { scope, key } = await jsonBody(c);
    const { keys, name } = scopeFor(ctx.workspace, c, scope, 'WRITE');
    if (!keys.delete(String(key))) throw missing(`Secret does not exist with scope: ${name} and key: ${key}`);
    return answer(c, {});
  });
}

function mountAcls(app: SandboxApp, ctx: SandboxContext): void {
  app.get(`${BASE}/acls/list`, (c) => {
    const { acls } = scopeFor(c.get('workspace'), c, c.req.query('scope'), 'MANAGE');
    return answer(c, { items: [...acls].map(([principal, permission]) => ({ principal, permission })) });
  });

  app.get(`${BASE}/acls/get`, (c) => {
    const scope = scopeFor(c.get('workspace'), c, c.req.query('scope'), 'MANAGE');
    const principal = c.req.query('principal') ?? '';
    return answer(c, { principal, permission: levelIn(scope, principal) });
  });

  app.post(`${BASE}/acls/put`, async (c) => {
    const { scope, principal, permission } = await jsonBody(c);
    const { acls } = scopeFor(ctx.workspace, c, scope, 'MANAGE');
    const level = LEVELS.find((each) => each === permission);
    if (typeof principal !== 'string' || !level) throw invalid(`permission must be one of ${LEVELS.join(', ')}.`);
    const { principals, groups } = ctx.workspace;
    if (!principals.has(principal) && !groups.has(principal)) throw missing(`Principal ${principal} does not exist.`);
    acls.set(principal, level);
    return answer(c, {});
  });

  app.post(`${BASE}/acls/delete`, async (c) => {
    const { scope, principal } = await jsonBody(c);
    const found = scopeFor(ctx.workspace, c, scope, 'MANAGE');
    levelIn(found, String(principal));
    found.acls.delete(String(principal));
    return answer(c, {});
  });
}

/** A scope on which the caller has a level. assumed: scope-missing-text, assumed: scope-permissions */
function scopeFor(workspace: Workspace, c: Call, name: unknown, level: SecretLevel): SecretScope {
  if (typeof name !== 'string' || name === '') throw invalid('Missing required field: scope.');
  const scope = workspace.scopes.get(name);
  if (!scope) throw missing(`Scope ${name} does not exist!`);
  if (!allows(scope, c.get('principal'), level)) {
    throw new ApiError(403, 'PERMISSION_DENIED', `User does not have ${level} permission on scope ${name}.`);
  }
  return scope;
}

/** Admins manage all scopes. The group users is everyone. */
function allows({ acls }: SecretScope, { admin, name, groups }: Principal, level: SecretLevel): boolean {
  const held = [name, ...groups, 'users'].flatMap((each) => acls.get(each) ?? []);
  return admin || held.some((each) => LEVELS.indexOf(each) >= LEVELS.indexOf(level));
}

function levelIn({ acls, name }: SecretScope, principal: string): SecretLevel {
  const level = acls.get(principal);
  if (!level) throw missing(`No access list entry of ${principal} on scope ${name}.`);
  return level;
}

/** The key of a secret whose body is complete. Exactly one of the two kinds of value is needed. */
function checkSecret({ key, string_value, bytes_value }: JsonObject): string {
  if (typeof key !== 'string' || !/^[\w\-.]{1,128}$/.test(key)) throw invalid(`Invalid secret key: ${key}.`);
  if ((string_value === undefined) === (bytes_value === undefined)) {
    throw invalid('Exactly one of string_value and bytes_value must be given.');
  }
  const value = string_value ?? bytes_value;
  if (typeof value !== 'string') throw invalid('The value of a secret is text.');
  const bytes = Buffer.byteLength(value, bytes_value === undefined ? 'utf8' : 'base64');
  if (bytes > LARGEST_VALUE) throw invalid(`The value of a secret has at most ${LARGEST_VALUE} bytes.`);
  return key;
}

function alreadyThere(message: string): ApiError {
  return new ApiError(400, 'RESOURCE_ALREADY_EXISTS', message);
}
