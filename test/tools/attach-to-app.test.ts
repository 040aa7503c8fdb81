import { expect, it } from 'vitest';
import { startHarness } from '../codegen/generated.ts';
import { ask } from '../support/tool-test.ts';
import { follow } from '../support/workspace.ts';

const PRICE = { name: 'price-model', serving_endpoint: { name: 'house-price', permission: 'CAN_QUERY' } };
const args = { app: 'listing-app', endpoint: 'churn' };

async function patches(harness: Awaited<ReturnType<typeof startHarness>>) {
  return harness.sandbox.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
}

it('adds the endpoint and keeps what the app has', async () => {
  const harness = await startHarness();
  const { data } = await harness.call('attach_to_app', args);
  expect(data).toMatchObject({
    changed: true,
    resource_name: 'serving-endpoint',
    permission: 'CAN_QUERY',
    app_yaml: 'env:\n  - name: DATABRICKS_SERVING_ENDPOINT_NAME\n    valueFrom: "serving-endpoint"',
  });
  expect(data.undo).toBeUndefined();
  expect(data.not_undone).toEqual([expect.stringContaining('resource serving-endpoint: remove it')]);
  const { changes } = (await harness.call('list_changes')).data;
  expect(changes).toMatchObject([{ tool: 'attach_to_app', outcome: 'done' }]);
  expect(changes[0].undo).toBeUndefined();
  expect(await patches(harness)).toEqual([
    {
      name: 'listing-app',
      description: 'Listing page with price estimates.',
      compute_size: 'MEDIUM',
      forward_user_access_token: true,
      resources: [PRICE, { name: 'serving-endpoint', serving_endpoint: { name: 'churn', permission: 'CAN_QUERY' } }],
    },
  ]);
});

it('sends back every setting of the app, also one that is new, and nothing that the service says about it', async () => {
  const harness = await startHarness();
  const settings = {
    name: 'listing-app',
    description: '',
    compute_size: 'LARGE',
    compute_max_instances: 3,
    forward_user_access_token: false,
    user_api_scopes: ['sql'],
    budget_policy_id: 'b-1',
    usage_policy_id: 'u-1',
    git_repository: { url: 'https://git.example.com/app' },
    telemetry_export_destinations: [{ unity_catalog: { logs_table: 'a.b.c' } }],
    setting_of_tomorrow: 0,
  };
  const outputs = {
    id: '1',
    url: 'https://listing-app.example.com',
    creator: 'ada@example.com',
    updater: 'ada@example.com',
    create_time: 'x',
    update_time: 'x',
    app_status: { state: 'RUNNING' },
    compute_status: { state: 'ACTIVE' },
    active_deployment: { deployment_id: '1' },
    pending_deployment: { deployment_id: '2' },
    default_source_code_path: '/x',
    effective_user_api_scopes: ['sql'],
    effective_budget_policy_id: 'b-1',
    oauth2_app_client_id: 'x',
    service_principal_id: 1,
    service_principal_client_id: 'x',
    thumbnail_url: null,
  };
  harness.sandbox.faults.add({
    match: { method: 'GET', path: '/api/2.0/apps/listing-app' },
    effect: { status: 200, body: { ...settings, ...outputs, resources: [PRICE] } },
  });
  await harness.call('attach_to_app', args);
  const [body] = await patches(harness);
  expect(body).toEqual({
    ...settings,
    resources: [PRICE, { name: 'serving-endpoint', serving_endpoint: { name: 'churn', permission: 'CAN_QUERY' } }],
  });
});

it('keeps what the app has where PATCH replaces it', async () => {
  const harness = await startHarness();
  const path = '/api/2.0/apps/listing-app';
  const set = { compute_size: 'XLARGE', forward_user_access_token: false };
  await ask(harness, path, { method: 'PATCH', body: JSON.stringify(set) });
  await harness.call('attach_to_app', args);
  expect(await ask(harness, path)).toMatchObject(set);
});

it('returns the parts for the files of the app, because the next deployment of a bundle removes what it lacks', async () => {
  const harness = await startHarness();
  const { data } = await harness.call('attach_to_app', args);
  expect(data.databricks_yml).toBe(
    'user_api_scopes:\n  - model-serving\nresources:\n  - name: "serving-endpoint"\n    serving_endpoint:\n      name: "churn"\n      permission: CAN_QUERY\n',
  );
  expect(data.merge).toContain('Keep everything else in both files');
  expect(data.scopes).toContain('needs model-serving in user_api_scopes');
});

it.each(['model-serving', 'serving.serving-endpoints'])('an app with the scope %s needs no other', async (scope) => {
  const harness = await startHarness();
  const app = { name: 'listing-app', user_api_scopes: [scope], resources: [] };
  const path = '/api/2.0/apps/listing-app';
  harness.sandbox.faults.add({ match: { method: 'GET', path }, effect: { status: 200, body: app } });
  expect((await harness.call('attach_to_app', args)).data.scopes).toBeUndefined();
});

it('a repeat changes nothing and sends nothing', async () => {
  const harness = await startHarness();
  await harness.call('attach_to_app', args);
  const { data } = await harness.call('attach_to_app', args);
  expect(data).toMatchObject({ changed: false, resource_name: 'serving-endpoint' });
  expect(await patches(harness)).toHaveLength(1);
});

it('an endpoint that is attached under another key stays there', async () => {
  const harness = await startHarness();
  const { data } = await harness.call('attach_to_app', { app: 'listing-app', endpoint: 'house-price' });
  expect(data).toMatchObject({ changed: false, resource_name: 'price-model' });
  expect(data.app_yaml).toContain('valueFrom: "price-model"');
  expect(await patches(harness)).toEqual([]);
});

it('changes a permission that is named, keeps one that is not, and undoes itself', async () => {
  const harness = await startHarness();
  const first = await harness.call('attach_to_app', { ...args, permission: 'CAN_MANAGE' });
  expect(first.data.changed).toBe(true);
  expect((await harness.call('attach_to_app', args)).data).toMatchObject({ changed: false, permission: 'CAN_MANAGE' });
  const lowered = await harness.call('attach_to_app', { ...args, permission: 'CAN_VIEW' });
  expect(lowered.data.changed).toBe(true);
  expect((await follow(harness, lowered.data.undo)).data).toMatchObject({ changed: true, permission: 'CAN_MANAGE' });
});

it('a dry run shows the request and sends none', async () => {
  const harness = await startHarness();
  const { data } = await harness.call('attach_to_app', { ...args, dry_run: true });
  expect(data).toMatchObject({ dry_run: true, changed: false });
  expect(data.changes).toEqual([
    { field: 'resources.serving-endpoint', to: { name: 'churn', permission: 'CAN_QUERY' } },
  ]);
  expect(data.requests[0].body.resources).toHaveLength(2);
  expect(await patches(harness)).toEqual([]);
});

it('a key that means something else is refused, and nothing is sent', async () => {
  const harness = await startHarness();
  const { isError, data } = await harness.call('attach_to_app', { ...args, resource_name: 'price-model' });
  expect([isError, data.error.code]).toEqual([true, 'resource_name_taken']);
  expect(data.resources).toEqual(['price-model']);
  expect(await patches(harness)).toEqual([]);
});

it('an unknown app is named with the nearest one', async () => {
  const harness = await startHarness();
  const { isError, data } = await harness.call('attach_to_app', { ...args, app: 'listing-ap' });
  expect([isError, data.error.code, data.error.next]).toEqual([true, 'app_not_found', 'Did you mean listing-app?']);
});

it.each([
  [{ error_code: 'ENDPOINT_NOT_FOUND', message: "No API found for 'GET /apps/listing-app'" }, /has no such route/],
  ['<html><title>404 Not Found</title></html>', /./],
])('a 404 that is not about the app does not say that there is no app: %j', async (body, next) => {
  const harness = await startHarness();
  harness.sandbox.faults.add({ match: { path: '/api/2.0/apps/listing-app' }, effect: { status: 404, body } });
  const { isError, data } = await harness.call('attach_to_app', args);
  expect(isError).toBe(true);
  expect(data.error.code).not.toBe('app_not_found');
  expect(data.error.message).not.toContain('there is no app');
  expect(data.error.next).toMatch(next);
});

it('an unknown endpoint is refused before anything is sent', async () => {
  const harness = await startHarness();
  const { isError, data } = await harness.call('attach_to_app', { ...args, endpoint: 'nothing' });
  expect([isError, data.error.code]).toEqual([true, 'RESOURCE_DOES_NOT_EXIST']);
  expect(await patches(harness)).toEqual([]);
});

it('a refusal says which two permissions are needed', async () => {
  const harness = await startHarness();
  harness.sandbox.faults.add({
    match: { method: 'PATCH' },
    effect: { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'User does not have CAN_MANAGE' } },
  });
  const { isError, data } = await harness.call('attach_to_app', args);
  expect([isError, data.error.code]).toEqual([true, 'permission_denied']);
  expect(data.error.next).toContain('CAN_MANAGE on both the app and the endpoint');
});

it('a refusal of another kind is not about permissions', async () => {
  const harness = await startHarness();
  const message = 'Provided OAuth token does not have required scopes: apps';
  harness.sandbox.faults.add({
    match: { method: 'PATCH' },
    effect: { status: 403, body: { error_code: 'PERMISSION_DENIED', message } },
  });
  const { data } = await harness.call('attach_to_app', args);
  expect(data.error.next).toMatch(/adds the scope/);
});

it('the app’s service principal may query afterwards', async () => {
  const harness = await startHarness();
  const { data } = await harness.call('attach_to_app', args);
  const { data: grants } = await harness.call('get_permissions', { endpoint: 'churn' });
  expect(JSON.stringify(grants)).toContain(data.service_principal);
});
