import { expect, it } from 'vitest';
import { startHarness } from '../../codegen/generated.ts';
import { makeService, perToken } from '../../support/model-services.ts';

const NAME = 'ml.prod.chat';
const PRICE = { name: 'price-model', serving_endpoint: { name: 'house-price', permission: 'CAN_QUERY' } };
const ASK = { app: 'listing-app', endpoint: NAME };

async function workspace() {
  const h = await startHarness();
  await makeService(h, NAME, { routing: { destinations: [perToken('main', 'system.ai.claude-sonnet-4-5')] } });
  return h;
}

const patches = (h: Awaited<ReturnType<typeof workspace>>) =>
  h.sandbox.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body);

it('attaches a model service as a securable with EXECUTE, and keeps what the app has', async () => {
  const h = await workspace();
  const { data } = await h.call('attach_to_app', ASK);
  expect(data).toMatchObject({
    changed: true,
    model_service: NAME,
    gateway: 'Unity Gateway',
    resource_name: 'model-service',
    permission: 'EXECUTE',
    app_yaml: expect.stringContaining('DATABRICKS_MODEL_SERVICE_NAME'),
    databricks_yml: expect.stringContaining('securable_type: MODEL_SERVICE'),
    scopes: expect.stringContaining('ai-gateway'),
  });
  const securable = { securable_full_name: NAME, securable_type: 'MODEL_SERVICE', permission: 'EXECUTE' };
  expect(patches(h)).toMatchObject([{ resources: [PRICE, { name: 'model-service', uc_securable: securable }] }]);
});

it('changes nothing for a service that is attached already, whatever its key', async () => {
  const h = await workspace();
  await h.call('attach_to_app', { ...ASK, resource_name: 'chat' });
  const { data } = await h.call('attach_to_app', ASK);
  expect(data).toMatchObject({ changed: false, resource_name: 'chat' });
  expect(patches(h)).toHaveLength(1);
});

it.each([
  [{ permission: 'CAN_QUERY' }, 'unused_argument'],
  [{ resource_name: 'price-model' }, 'resource_name_taken'],
  [{ endpoint: 'ml.prod.nowhere' }, 'model_service_not_found'],
])('refuses %j before anything is sent', async (more, code) => {
  const h = await workspace();
  const { data } = await h.call('attach_to_app', { ...ASK, ...more });
  expect(data.error).toMatchObject({ code });
  expect(patches(h)).toEqual([]);
});
