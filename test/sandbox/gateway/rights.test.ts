import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANALYST, BOT, ENGINEER } from '../client.ts';
import {
  external,
  type Gateway,
  openAi,
  PROVIDERS,
  paid,
  provisioned,
  refusal,
  routed,
  SERVICES,
  startGateway,
} from './services.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
  await gateway.createProvider('openai', openAi());
  await gateway.create('shared', routed(paid('a')));
});
afterAll(() => gateway.sandbox.close());

const UC = '/api/2.1/unity-catalog';
const HIDDEN = [404, 'NOT_FOUND', "Model Service 'ml.prod.shared' does not exist."];
const revoke = (type: string, name: string, principal: string, ...remove: string[]) =>
  gateway.call('PATCH', `${UC}/permissions/${type}/${name}`, { changes: [{ principal, remove }] });

describe('seeing a service', () => {
  it('needs a privilege on it; without one it looks absent, also to its grants', async () => {
    expect(refusal(await gateway.read('shared', ANALYST))).toEqual(HIDDEN);
    expect(refusal(await gateway.update('shared', 'comment', { comment: 'x' }, ANALYST))).toEqual(HIDDEN);
    const path = `${SERVICES}/ml.prod.shared`;
    expect(refusal(await gateway.call('DELETE', path, undefined, ANALYST))).toEqual(HIDDEN);
    const grants = await gateway.call('GET', `${UC}/permissions/model_service/ml.prod.shared`, undefined, ANALYST);
    expect(refusal(grants)).toEqual(HIDDEN);
  });

  it.each(['EXECUTE', 'READ_METADATA', 'MANAGE'])('is open to a holder of %s', async (privilege) => {
    await gateway.grant('model_service', 'ml.prod.shared', ANALYST, privilege);
    expect((await gateway.read('shared', ANALYST)).status).toBe(200);
    await revoke('model_service', 'ml.prod.shared', ANALYST, privilege);
    expect((await gateway.read('shared', ANALYST)).status).toBe(404);
  });

  it('needs USE_SCHEMA and USE_CATALOG too, and the list is empty without', async () => {
    await gateway.grant('model_service', 'ml.prod.shared', ANALYST, 'EXECUTE');
    for (const [type, name, privilege] of [
      ['schema', 'ml.prod', 'USE_SCHEMA'],
      ['catalog', 'ml', 'USE_CATALOG'],
    ] as const) {
      const everyone = 'account users';
      await revoke(type, name, everyone, privilege);
      expect(refusal(await gateway.read('shared', ANALYST))).toEqual(HIDDEN);
      const list = await gateway.call('GET', `${SERVICES}?parent=schemas/ml.prod`, undefined, ANALYST);
      expect([list.status, list.body]).toEqual([200, {}]);
      await gateway.grant(type, name, everyone, privilege);
      expect((await gateway.read('shared', ANALYST)).status).toBe(200);
    }
    await revoke('model_service', 'ml.prod.shared', ANALYST, 'EXECUTE');
  });
});

describe('changing a service', () => {
  it('needs ownership or MANAGE: EXECUTE and ALL_PRIVILEGES are not enough', async () => {
    const denied = [403, 'PERMISSION_DENIED', "User is not an owner of Model Service 'ml.prod.shared'."];
    const change = () => gateway.update('shared', 'comment', { comment: 'x' }, ANALYST);
    await gateway.grant('model_service', 'ml.prod.shared', ANALYST, 'EXECUTE', 'ALL_PRIVILEGES');
    expect(refusal(await change())).toEqual(denied);
    const path = `${SERVICES}/ml.prod.shared`;
    expect(refusal(await gateway.call('DELETE', path, undefined, ANALYST))).toEqual(denied);
    await gateway.grant('model_service', 'ml.prod.shared', ANALYST, 'MANAGE');
    expect((await change()).body.updated_by).toBe(ANALYST);
    await revoke('model_service', 'ml.prod.shared', ANALYST, 'EXECUTE', 'ALL_PRIVILEGES', 'MANAGE');
  });

  it('new destinations need EXECUTE of the caller and of the owner, and levels on an endpoint', async () => {
    await gateway.throughput('oss-pt');
    await gateway.create('owned', routed(paid('a')));
    await gateway.grant('model_service', 'ml.prod.owned', ANALYST, 'MANAGE');
    const route = (destination: Record<string, unknown>, who: string) =>
      gateway.update('owned', 'config.routing.destinations', { config: routed(destination) }, who);
    const caller = await route(external('b', 'openai'), ANALYST);
    expect(refusal(caller)[2]).toBe("User does not have EXECUTE on Model Provider Service 'ml.prod.openai'.");
    await gateway.grant('model_provider_service', 'ml.prod.openai', ANALYST, 'EXECUTE');
    expect((await route(external('b', 'openai'), ANALYST)).status).toBe(200);
    const level = await route(provisioned('c', 'oss-pt'), ANALYST);
    expect(refusal(level)[2]).toBe("User does not have permission 'Manage' on Endpoint oss-pt.");
    await revoke('model_provider_service', 'ml.prod.openai', ANALYST, 'EXECUTE');
    // The admin may, and the owner of the provider is the engineer. A service of the bot cannot use it.
    await gateway.grant('schema', 'ml.prod', BOT, 'CREATE_SERVICE');
    expect((await gateway.create('of-bot', routed(paid('a')), BOT)).status).toBe(200);
    await gateway.grant('model_service', 'ml.prod.of-bot', ENGINEER, 'MANAGE');
    const fallback = { config: { routing: { fallback: { destinations: [external('b', 'openai')] } } } };
    const owner = await gateway.update('of-bot', 'config.routing.fallback.destinations', fallback, ENGINEER);
    expect(refusal(owner)).toEqual([
      403,
      'PERMISSION_DENIED',
      `Owner ${BOT} of the model service does not have EXECUTE on Model Provider Service 'ml.prod.openai'.`,
    ]);
    const query = await gateway.update(
      'of-bot',
      'config.routing.destinations',
      { config: routed(provisioned('c', 'oss-pt')) },
      ENGINEER,
    );
    expect(refusal(query)[2]).toContain("does not have permission 'Query' on Endpoint oss-pt.");
    // What is not changed is not checked.
    expect((await gateway.update('of-bot', 'comment', { comment: 'x' }, ENGINEER)).status).toBe(200);
  });
});

describe('creating a service', () => {
  it('needs CREATE_SERVICE on the schema, and EXECUTE on each destination', async () => {
    const create = () => gateway.create('by-analyst', routed(external('a', 'openai')), ANALYST);
    expect(refusal(await create())).toEqual([
      403,
      'PERMISSION_DENIED',
      "User does not have CREATE SERVICE on Schema 'ml.prod'.",
    ]);
    await gateway.grant('schema', 'ml.prod', ANALYST, 'CREATE_SERVICE');
    expect(refusal(await create())[2]).toBe("User does not have EXECUTE on Model Provider Service 'ml.prod.openai'.");
    await gateway.grant('model_provider_service', 'ml.prod.openai', ANALYST, 'EXECUTE');
    expect((await create()).body.effective_owner).toBe(ANALYST);
    const table = { ...routed(paid('a')), inference_table: { parent: 'schemas/ml.prod' } };
    const logged = await gateway.create('logged', table, ANALYST);
    expect(refusal(logged)[2]).toBe("User does not have CREATE TABLE on Schema 'ml.prod'.");
    await gateway.grant('schema', 'ml.prod', ANALYST, 'CREATE_TABLE');
    expect((await gateway.create('logged', table, ANALYST)).status).toBe(200);
  });

  it('of a provider with a key as plain text needs CREATE_CONNECTION, but not with a reference', async () => {
    await gateway.grant('schema', 'ml.prod', ANALYST, 'CREATE_SERVICE');
    const plain = await gateway.createProvider('of-analyst', openAi(), ANALYST);
    expect(refusal(plain)[2]).toBe("User does not have CREATE CONNECTION on Schema 'ml.prod'.");
    const secret_reference = { name: 'secrets/ml.prod.key' };
    const config = openAi({ openai: { direct: { api_key: { secret_reference } } } });
    expect((await gateway.createProvider('of-analyst', config, ANALYST)).status).toBe(200);
    await gateway.grant('schema', 'ml.prod', ANALYST, 'CREATE_CONNECTION');
    expect((await gateway.createProvider('of-analyst-2', openAi(), ANALYST)).status).toBe(200);
  });
});

it('grants on services are read, changed and inherited like those on models', async () => {
  const path = `${UC}/permissions/model_service/ml.prod.shared`;
  await gateway.grant('model_service', 'ml.prod.shared', 'analysts', 'EXECUTE');
  expect((await gateway.call('GET', path)).body).toEqual({
    privilege_assignments: [{ principal: 'analysts', privileges: ['EXECUTE'] }],
  });
  expect((await gateway.read('shared', ANALYST)).status).toBe(200);
  const changes = [{ principal: BOT, add: ['EXECUTE'] }];
  expect((await gateway.call('PATCH', path, { changes }, ANALYST)).status).toBe(403);
  expect((await gateway.call('PATCH', path, { changes }, ENGINEER)).status).toBe(200);
  const effective = `${UC}/effective-permissions/model_service/ml.prod.shared`;
  const { privilege_assignments } = (await gateway.call('GET', effective)).body;
  expect(privilege_assignments).toContainEqual({ principal: 'analysts', privileges: [{ privilege: 'EXECUTE' }] });
  expect(JSON.stringify(privilege_assignments)).toContain('"inherited_from_name":"ml.prod"');
  const lost = await gateway.call('GET', `${UC}/permissions/model_provider_service/ml.prod.none`);
  expect(refusal(lost)).toEqual([404, 'NOT_FOUND', "Model Provider Service 'ml.prod.none' does not exist."]);
  expect((await gateway.call('GET', `${UC}/permissions/model_provider_service/ml.prod.openai`)).status).toBe(200);
});

describe('an app', () => {
  const resource = (securable_full_name: string, permission = 'EXECUTE') => ({
    name: 'chat',
    uc_securable: { securable_full_name, securable_type: 'MODEL_SERVICE', permission },
  });
  const app = (name: string, resources: unknown[], who = ENGINEER) =>
    gateway.call('POST', '/api/2.0/apps', { name, resources, user_api_scopes: ['ai-gateway'] }, who);

  it('with a model service as a resource may execute it, and keeps its scope', async () => {
    const { status, body } = await app('chat-app', [resource('ml.prod.shared')]);
    expect(status).toBe(200);
    expect(body.resources).toEqual([resource('ml.prod.shared')]);
    expect(body.effective_user_api_scopes).toContain('ai-gateway');
    const grants = (await gateway.call('GET', `${UC}/permissions/model_service/ml.prod.shared`)).body;
    expect(grants.privilege_assignments).toContainEqual({
      principal: body.service_principal_client_id,
      privileges: ['EXECUTE'],
    });
  });

  it.each<[what: string, resource: unknown, who: string, status: number, text: string]>([
    ['another permission', resource('ml.prod.shared', 'SELECT'), ENGINEER, 400, 'needs the permission EXECUTE'],
    ['a missing service', resource('ml.prod.none'), ENGINEER, 404, "Model Service 'ml.prod.none' does not exist."],
    [
      'a service that its creator does not manage',
      resource('ml.prod.shared'),
      BOT,
      403,
      'User is not an owner of Model Service',
    ],
  ])('with %s is refused', async (_what, wanted, who, status, text) => {
    await gateway.grant('model_service', 'ml.prod.shared', BOT, 'EXECUTE');
    const reply = await app('refused-app', [wanted], who);
    expect([reply.status, reply.body.message]).toEqual([status, expect.stringContaining(text)]);
    expect((await gateway.call('GET', '/api/2.0/apps/refused-app')).status).toBe(404);
  });
});

it('the services of the platform are open to all, and only an admin limits them', async () => {
  const list = await gateway.call('GET', `${SERVICES}?parent=schemas/system.ai`, undefined, ANALYST);
  const names = list.body.model_services.map(({ name }: { name: string }) => name);
  expect(names).toContain('model-services/system.ai.claude-sonnet-4-6');
  expect(names.every((name: string) => !name.includes('databricks-'))).toBe(true);
  const path = `${SERVICES}/system.ai.gpt-5`;
  expect((await gateway.call('GET', path, undefined, ANALYST)).body.effective_owner).toBe('System user');
  const limit = { key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE', requests: 9 };
  const change = (mask: string, who?: string) =>
    gateway.call('PATCH', `${path}?update_mask=${mask}`, { config: { rate_limits: [limit] } }, who);
  expect((await change('config.rate_limits', ENGINEER)).status).toBe(403);
  expect((await change('config.rate_limits')).body.config.rate_limits).toEqual([limit]);
  // What it is stays the platform's.
  const kept = (what: string) => [
    403,
    'PERMISSION_DENIED',
    `Cannot ${what} the system-provided Model Service 'system.ai.gpt-5'.`,
  ];
  for (const mask of ['config', 'config.routing.destinations', 'config.routing.fallback.destinations'])
    expect(refusal(await change(mask))).toEqual(kept('change the routing of'));
  expect(refusal(await gateway.call('DELETE', path))).toEqual(kept('delete'));
  expect((await gateway.call('GET', `${PROVIDERS}?parent=schemas/system.ai`)).body).toEqual({});
});
