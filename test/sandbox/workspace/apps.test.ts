import { afterAll, beforeAll, expect, it } from 'vitest';
import { ANALYST, type Client, ENGINEER, startClient } from '../client.ts';

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.sandbox.close());

const APPS = '/api/2.0/apps';
const resource = (name: string, permission = 'CAN_QUERY') => ({
  name: 'model',
  serving_endpoint: { name, permission },
});
const aclOf = async (endpoint: string) => {
  const { id } = (await client.get(endpoint)).body;
  return (await client.call('GET', `/api/2.0/permissions/serving-endpoints/${id}`)).body.access_control_list;
};

it('an app with a serving endpoint gives its service principal a grant', async () => {
  const { body } = await client.call(
    'POST',
    APPS,
    { name: 'retention', resources: [resource('churn-legacy')] },
    ENGINEER,
  );
  expect(body).toMatchObject({ name: 'retention', creator: ENGINEER, compute_status: { state: 'ACTIVE' } });
  const grant = (await aclOf('churn-legacy')).find(
    (e: Record<string, string>) => e.service_principal_name === body.service_principal_client_id,
  );
  expect(grant.all_permissions).toEqual([{ permission_level: 'CAN_QUERY', inherited: false }]);
});

it('an unknown endpoint is refused at once', async () => {
  const { status, body } = await client.call('POST', APPS, {
    name: 'lost',
    resources: [resource('system.ai.nothing')],
  });
  expect([status, body.message]).toEqual([404, "Endpoint with name 'system.ai.nothing' does not exist."]);
});

it('replacing the access list of the endpoint removes the grant of the app', async () => {
  const { id } = (await client.get('house-price')).body;
  const app = (await client.call('GET', `${APPS}/listing-app`)).body;
  const has = async () =>
    (await aclOf('house-price')).some(
      (e: Record<string, string>) => e.service_principal_name === app.service_principal_client_id,
    );
  expect(await has()).toBe(true);
  await client.call('PUT', `/api/2.0/permissions/serving-endpoints/${id}`, {
    access_control_list: [{ group_name: 'data-science', permission_level: 'CAN_MANAGE' }],
  });
  expect(await has()).toBe(false);
  await client.call('POST', `${APPS}/listing-app/deployments`, { source_code_path: '/apps/listing' });
  expect(await has()).toBe(true);
});

it('PATCH replaces the resource list, and so does an update with a mask, which the clock ends', async () => {
  const patched = await client.call('PATCH', `${APPS}/listing-app`, {
    resources: [resource('churn-legacy', 'CAN_VIEW')],
  });
  expect(patched.body.resources).toEqual([resource('churn-legacy', 'CAN_VIEW')]);
  expect((await client.call('PATCH', `${APPS}/listing-app`)).status).toBe(400);
  expect((await client.call('GET', `${APPS}/listing-app/update`)).body.status.state).toBe('NOT_UPDATED');
  await client.call('POST', `${APPS}/listing-app/update`, { app: { resources: [] }, update_mask: 'resources' });
  expect((await client.call('GET', `${APPS}/listing-app/update`)).body.status.state).toBe('IN_PROGRESS');
  client.minutes(1);
  expect((await client.call('GET', `${APPS}/listing-app/update`)).body.status.state).toBe('SUCCEEDED');
  expect((await client.call('GET', `${APPS}/listing-app`)).body).not.toHaveProperty('resources');
});

it('the clock ends deployments, variables are masked, and deletion has two steps', async () => {
  const body = { source_code_path: '/apps/x', env_vars: [{ name: 'KEY', value: 'fake-value' }] };
  const made = await client.call('POST', `${APPS}/retention/deployments`, body);
  expect(made.body.status.state).toBe('IN_PROGRESS');
  expect(made.text).not.toContain('fake-value');
  client.minutes(2);
  const later = await client.call('GET', `${APPS}/retention/deployments/${made.body.deployment_id}`);
  expect(later.body.status.state).toBe('SUCCEEDED');
  expect((await client.call('DELETE', `${APPS}/retention`)).status).toBe(200);
  const again = await client.call('DELETE', `${APPS}/retention`);
  expect([again.status, again.body.error_code]).toEqual([400, 'BAD_REQUEST']);
  client.minutes(2);
  expect((await client.call('GET', `${APPS}/retention`)).status).toBe(404);
});

it('only creator, managers and admins may change an app, and its permissions are addressed by name', async () => {
  expect((await client.call('PATCH', `${APPS}/listing-app`, { description: 'x' }, ANALYST)).status).toBe(403);
  const { body } = await client.call('PATCH', '/api/2.0/permissions/apps/listing-app', {
    access_control_list: [{ user_name: ANALYST, permission_level: 'CAN_MANAGE' }],
  });
  expect(body.object_id).toBe('/apps/listing-app');
  expect((await client.call('PATCH', `${APPS}/listing-app`, { description: 'x' }, ANALYST)).status).toBe(200);
});

it('an app says its defaults and omits the lists that nothing fills, so that Terraform sees no change', async () => {
  const plain = (await client.call('POST', APPS, { name: 'plain', description: 'd' })).body;
  expect(plain).toMatchObject({ compute_size: 'MEDIUM', forward_user_access_token: true, description: 'd' });
  expect(plain).not.toHaveProperty('resources');
  expect(plain).not.toHaveProperty('user_api_scopes');
  const set = { name: 'set', compute_size: 'LARGE', forward_user_access_token: false, user_api_scopes: ['sql'] };
  expect((await client.call('POST', APPS, set)).body).toMatchObject({ ...set, description: '' });
  const mask = { app: { compute_size: 'XLARGE' }, update_mask: 'compute_size, user_api_scopes' };
  await client.call('POST', `${APPS}/set/update`, mask);
  const updated = (await client.call('GET', `${APPS}/set`)).body;
  expect(updated).toMatchObject({ compute_size: 'XLARGE', forward_user_access_token: false });
  expect(updated).not.toHaveProperty('user_api_scopes');
  expect((await client.call('PATCH', `${APPS}/set`, { compute_size: 'HUGE' })).status).toBe(400);
});

it('a deployment is pending until the clock ends it, and shows the names of its variables only', async () => {
  await client.call('POST', APPS, { name: 'vars' });
  const body = { source_code_path: '/apps/v', env_vars: [{ name: 'A', value: 'v' }, { name: 'B' }] };
  const made = (await client.call('POST', `${APPS}/vars/deployments`, body)).body;
  expect(made.env_vars).toEqual([{ name: 'A' }, { name: 'B' }]);
  const during = (await client.call('GET', `${APPS}/vars`)).body;
  expect(during.pending_deployment.deployment_id).toBe(made.deployment_id);
  expect(during).not.toHaveProperty('active_deployment');
  client.minutes(2);
  const after = (await client.call('GET', `${APPS}/vars`)).body;
  expect(after.active_deployment.env_vars).toEqual([{ name: 'A' }, { name: 'B' }]);
  expect(after.default_source_code_path).toBe('/apps/v');
  expect(after).not.toHaveProperty('pending_deployment');
});
