/** `create_model_service`, `delete_endpoint` on a model service, and their undo. */
import { describe, expect, it } from 'vitest';
import { CHAT, CHAT_PATH, CLAUDE, editElsewhere, GPT, makeService, serviceNow } from '../../support/gateway-site.ts';
import type { Harness, HarnessOptions } from '../../support/harness.ts';
import { PROVIDERS_PATH, perToken, SERVICES_PATH } from '../../support/model-services.ts';
import { agree, ask, inSession } from '../../support/tool-test.ts';
import { useHarness } from '../../support/use-harness.ts';
import { follow, parseCall } from '../../support/workspace.ts';

const begin = useHarness((options: HarnessOptions = {}) => options);

const NEW = 'ml.prod.desk';
const create = (h: Harness, args: Record<string, unknown>) =>
  h.call('create_model_service', { model_service: NEW, ...args });
const writesTo = (h: Harness, method: string) =>
  h.sandbox.requests.filter((each) => each.method === method && each.path.startsWith(SERVICES_PATH));

describe('creating', () => {
  it('sends one request with routing, fallback, table and comment, and says what to do next', async () => {
    const h = await begin();
    const { data } = await create(h, {
      destinations: [
        { model: GPT, percent: 60 },
        { name: 'claude', model: CLAUDE, percent: 40 },
      ],
      fallbacks: [{ name: 'spare', model: 'system.ai.databricks-gpt-oss-20b' }],
      inference_table: { schema: 'ml.prod' },
      comment: 'For the desk.',
    });
    expect(data.error).toBeUndefined();
    expect(writesTo(h, 'POST').map(({ query, body }) => [query, body])).toEqual([
      [
        { parent: 'schemas/ml.prod', model_service_id: 'desk' },
        {
          comment: 'For the desk.',
          config: {
            routing: {
              destinations: [
                perToken('databricks-gpt-5', GPT, { traffic_percentage: 60 }),
                perToken('claude', CLAUDE, { traffic_percentage: 40 }),
              ],
              fallback: { destinations: [perToken('spare', 'system.ai.databricks-gpt-oss-20b')] },
            },
            inference_table: { parent: 'schemas/ml.prod' },
          },
        },
      ],
    ]);
    expect(data).toMatchObject({
      model_service: NEW,
      gateway: 'Unity Gateway',
      availability: 'may be in preview in your region',
      changed: true,
      destinations: { claude: { model: CLAUDE, percent: 40 } },
      next: expect.stringContaining('update_permissions'),
    });
  });

  it('routes to provisioned throughput, and refuses an endpoint that has none with those that do', async () => {
    const h = await begin();
    const entity = { entity_name: 'system.ai.gpt-oss-120b', entity_version: '1', provisioned_model_units: 50 };
    await ask(h, '/api/2.0/serving-endpoints/pt', {
      method: 'POST',
      body: JSON.stringify({ name: 'oss-pt', config: { served_entities: [entity] } }),
    });
    const plain = await create(h, { destinations: [{ endpoint: 'house-price' }] });
    expect(plain.data.problems[0]).toContain('endpoint house-price serves no provisioned throughput');
    const absent = await create(h, { destinations: [{ endpoint: 'oss-tp' }] });
    expect(absent.data.problems).toEqual(['there is no endpoint oss-tp: did you mean oss-pt?']);
    const made = await create(h, { destinations: [{ endpoint: 'oss-pt' }] });
    expect(made.data).toMatchObject({
      changed: true,
      destinations: { 'oss-pt': { endpoint: 'oss-pt', percent: 100 } },
    });
  });

  it('again changes nothing, and another service of the name is not touched', async () => {
    const h = await begin();
    const args = { destinations: [{ model: GPT }] };
    await create(h, args);
    const again = await create(h, args);
    expect(again.data).toMatchObject({ changed: false, note: expect.stringContaining('routes so already') });
    const other = await create(h, { destinations: [{ model: CLAUDE }] });
    expect(other.data.error.code).toBe('name_taken');
    expect(other.data.differs.length).toBeGreaterThan(0);
    expect(writesTo(h, 'POST')).toHaveLength(1);
  });

  it('under the name of a provider service is refused with all other problems', async () => {
    const h = await begin();
    const body = {
      name: `model-provider-services/${NEW}`,
      config: { provider_type: 'EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI' },
    };
    h.sandbox.faults.add({ match: { method: 'GET', path: `${PROVIDERS_PATH}/${NEW}` }, effect: { status: 200, body } });
    const { data } = await create(h, { destinations: [{ model: GPT, percent: 50 }] });
    expect(data.problems).toEqual([
      `${NEW} is the name of a provider service: choose another one`,
      expect.stringContaining('gets 100 percent, not 50'),
    ]);
    expect(writesTo(h, 'POST')).toEqual([]);
  });

  it('a lost reply is settled by a read', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'POST', path: SERVICES_PATH }, effect: { lost_reply: true }, times: 1 });
    const { data } = await create(h, { destinations: [{ model: GPT }] });
    expect(data).toMatchObject({ changed: true, lost_reply: expect.stringContaining('A read shows') });
    expect(writesTo(h, 'POST')).toHaveLength(1);
  });

  it('that may or may not have been made is looked up by its name', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'POST', path: SERVICES_PATH }, effect: { status: 500 }, times: 1 });
    const { data } = await create(h, { destinations: [{ model: GPT }] });
    expect(data.error.next).toContain('may or may not have taken effect');
    expect(parseCall(data.error.next)).toEqual({ name: 'get_endpoint', args: { endpoint: NEW } });
  });

  it('is undone by a delete that asks, and only of the service that it made', async () => {
    const h = await begin({ onAsk: agree });
    const made = await create(h, { destinations: [{ model: GPT }] });
    const back = await follow(h, made.data.undo);
    expect(back.data).toMatchObject({ deleted: true, model_service: NEW });
    const again = await create(h, { destinations: [{ model: GPT }] });
    await ask(h, `${SERVICES_PATH}/${NEW}`, { method: 'DELETE' });
    h.sandbox.clock.advance(60 * 60_000);
    await makeService(h, NEW);
    const refused = await follow(h, again.data.undo);
    expect(refused.data.error.code).toBe('changed_since');
    expect((await serviceNow(h, NEW)).name).toBe(`model-services/${NEW}`);
  });
});

describe('deleting', () => {
  it('asks with what is lost, sends the etag, and cannot be undone', async () => {
    const asked: string[] = [];
    const h = await begin({
      onAsk: (question) => {
        asked.push(question);
        return agree();
      },
    });
    const { etag } = await makeService(h);
    const { data } = await h.call('delete_endpoint', { endpoint: CHAT });
    expect(asked[0]).toContain(`This permanently deletes model service ${CHAT} with its grants and limits`);
    expect(data).toMatchObject({ model_service: CHAT, gateway: 'Unity Gateway', deleted: true });
    expect(writesTo(h, 'DELETE').map(({ query }) => query)).toEqual([{ etag }]);
    const { changes } = (await h.call('list_changes', { endpoint: CHAT })).data;
    const undo = await h.call('undo_change', { id: changes[0].id });
    expect(undo.data.error).toMatchObject({
      code: 'not_undoable',
      next: expect.stringContaining('create_model_service'),
    });
    const shown = await h.call('list_changes', { id: changes[0].id });
    expect(shown.data.prior.config.routing.destinations).toHaveLength(2);
  });

  it('without a dialog takes the name and the fingerprint, and no other name', async () => {
    const h = await begin();
    await makeService(h);
    const first = await h.call('delete_endpoint', { endpoint: CHAT });
    expect(first.data.needs_consent).toContain('permanently deletes');
    expect(writesTo(h, 'DELETE')).toEqual([]);
    expect((await follow(h, first.data.next)).data.deleted).toBe(true);
  });

  inSession('of a service that changed since its etag was read is refused with the difference', async () => {
    const h = await begin({ onAsk: agree });
    const original = await makeService(h);
    // Both plans, before and after the question, see the earlier state.
    h.sandbox.faults.add({
      match: { method: 'GET', path: CHAT_PATH },
      effect: { status: 200, body: original },
      times: 2,
    });
    await editElsewhere(h, 'comment', { comment: 'Still needed.' });
    const { data } = await h.call('delete_endpoint', { endpoint: CHAT });
    expect(data.error.code).toBe('changed_meanwhile');
    expect(data.changed_meanwhile).toEqual([{ field: 'comment', from: 'For the help desk.', to: 'Still needed.' }]);
    expect((await serviceNow(h)).comment).toBe('Still needed.');
  });

  inSession(
    'whose reply is lost is unknown when a later 404 may come from elsewhere, and done when the service says so',
    async () => {
      const h = await begin({ onAsk: agree });
      await makeService(h);
      h.sandbox.faults.add({ match: { method: 'DELETE', path: CHAT_PATH }, effect: { lost_reply: true }, times: 1 });
      const elsewhere = { error_code: 'NOT_FOUND', message: 'no such route' };
      // The service is read before the question and after it.
      h.sandbox.faults.add({
        match: { method: 'GET', path: CHAT_PATH },
        effect: { status: 404, body: elsewhere },
        skip: 2,
      });
      const { data } = await h.call('delete_endpoint', { endpoint: CHAT });
      expect(data.error.message).toMatch(/the answer to DELETE .* was lost/);
      h.sandbox.faults.clear();
      await makeService(h);
      h.sandbox.faults.add({ match: { method: 'DELETE', path: CHAT_PATH }, effect: { lost_reply: true }, times: 1 });
      const again = await h.call('delete_endpoint', { endpoint: CHAT });
      expect(again.data).toMatchObject({ deleted: true, lost_reply: expect.stringContaining('A read shows') });
    },
  );

  it('of nothing says so, and of a service of the platform is refused', async () => {
    const h = await begin({ onAsk: agree });
    const none = await h.call('delete_endpoint', { endpoint: 'ml.prod.none' });
    expect(none.data).toMatchObject({ deleted: false, changed: false, note: expect.stringContaining('no privilege') });
    const body = { ...(await makeService(h)), name: 'model-services/system.ai.gpt' };
    h.sandbox.faults.add({
      match: { method: 'GET', path: `${SERVICES_PATH}/system.ai.gpt` },
      effect: { status: 200, body },
    });
    const own = await h.call('delete_endpoint', { endpoint: 'system.ai.gpt' });
    expect(own.data.error.code).toBe('not_deletable');
    expect(writesTo(h, 'DELETE')).toEqual([]);
  });
});

describe('as commands', () => {
  it.each<[tool: string, args: Record<string, unknown>, text: string]>([
    [
      'create_model_service',
      { model_service: NEW, destinations: [{ model: GPT }] },
      'databricks ai-gateway create-model-service schemas/ml.prod desk --json',
    ],
    [
      'update_model_service',
      { model_service: CHAT, comment: 'x' },
      `databricks ai-gateway update-model-service model-services/${CHAT} comment --etag`,
    ],
    [
      'set_rate_limits',
      { endpoint: CHAT, set: [{ key: 'user', calls: 1 }] },
      `update-model-service model-services/${CHAT} config.rate_limits --etag`,
    ],
    ['delete_endpoint', { endpoint: CHAT }, `databricks ai-gateway delete-model-service model-services/${CHAT} --etag`],
    [
      'update_permissions',
      { endpoint: CHAT, revoke: [], grant: [{ principal: 'analysts', level: 'EXECUTE' }] },
      `databricks grants update model_service ${CHAT} --json`,
    ],
  ])('%s', async (tool, args, text) => {
    const h = await begin();
    await makeService(h);
    expect((await h.call(tool, { ...args, dry_run: 'cli' })).data.cli).toContain(text);
    expect((await h.call(tool, { ...args, dry_run: 'curl' })).data.curl).toContain('/api/2.1/unity-catalog/');
    if (tool !== 'delete_endpoint')
      expect((await h.call(tool, { ...args, dry_run: 'bundle' })).data.bundle).toContain('model_services:');
  });
});
