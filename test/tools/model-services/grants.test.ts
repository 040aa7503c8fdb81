/** Grants on a model service: privileges of Unity Catalog, single changes, the right word for a level, and exact undo. */
import { describe, expect, it } from 'vitest';
import { CHAT, makeService } from '../../support/gateway-site.ts';
import type { Harness, HarnessOptions } from '../../support/harness.ts';
import { agree, ask } from '../../support/tool-test.ts';
import { useHarness } from '../../support/use-harness.ts';
import { follow } from '../../support/workspace.ts';

const PATH = `/api/2.1/unity-catalog/permissions/model_service/${CHAT}`;
const start = useHarness((options: HarnessOptions = {}) => options);

async function begin(options: HarnessOptions = {}): Promise<Harness> {
  const h = await start(options);
  await makeService(h);
  await give(h, 'data-science', ['EXECUTE', 'MANAGE']);
  return h;
}

const give = (h: Harness, principal: string, add: string[]) =>
  ask(h, PATH, { method: 'PATCH', body: JSON.stringify({ changes: [{ principal, add }] }) });

async function held(h: Harness): Promise<Record<string, string[]>> {
  const { privilege_assignments = [] } = (await ask(h, PATH)) as {
    privilege_assignments?: { principal: string; privileges: string[] }[];
  };
  return Object.fromEntries(
    privilege_assignments.map(({ principal, privileges }) => [principal, privileges.toSorted()]),
  );
}

const change = (h: Harness, args: Record<string, unknown>) => h.call('update_permissions', { endpoint: CHAT, ...args });
const sent = (h: Harness) =>
  h.sandbox.requests.filter(({ method, path }) => method === 'PATCH' && path === PATH).slice(1);

it('are shown with the owner and what comes from above', async () => {
  const h = await begin();
  await ask(h, '/api/2.1/unity-catalog/permissions/schema/ml.prod', {
    method: 'PATCH',
    body: JSON.stringify({ changes: [{ principal: 'analysts', add: ['EXECUTE', 'CREATE_MODEL'] }] }),
  });
  const { data } = await h.call('get_permissions', { endpoint: CHAT });
  expect(data).toMatchObject({
    model_service: CHAT,
    gateway: 'Unity Gateway',
    owner: 'admin@example.com',
    grants: [{ principal: 'data-science', privileges: ['EXECUTE', 'MANAGE'] }],
  });
  expect(data.inherited).toContainEqual({
    principal: 'analysts',
    privileges: ['EXECUTE'],
    inherited_from: 'schema ml.prod',
  });
  expect(JSON.stringify(data.inherited)).not.toContain('CREATE_MODEL');
});

describe('a change', () => {
  it('sends what is added alone, and its undo takes it back', async () => {
    const h = await begin();
    const before = await held(h);
    const made = await change(h, {
      grant: [
        { principal: 'analysts', level: 'EXECUTE' },
        { principal: 'data-science', level: 'READ_METADATA' },
      ],
    });
    expect(made.data).toMatchObject({ model_service: CHAT, changed: true });
    expect(sent(h).map(({ body }) => body)).toEqual([
      {
        changes: [
          { principal: 'data-science', add: ['READ_METADATA'] },
          { principal: 'analysts', add: ['EXECUTE'] },
        ],
      },
    ]);
    const back = await follow(h, made.data.undo);
    expect(back.data.error ?? back.data.needs_consent).toContain('READ_METADATA');
    const agreed = await follow(h, back.data.next);
    expect(agreed.data.changed).toBe(true);
    expect(await held(h)).toEqual(before);
  });

  it('that is there already sends nothing', async () => {
    const h = await begin();
    const { data } = await change(h, { grant: [{ principal: 'data-science', level: 'EXECUTE' }] });
    expect(data.changed).toBe(false);
    expect(sent(h)).toEqual([]);
  });

  it('revokes all of a principal, and the undo grants it again', async () => {
    const h = await begin({ onAsk: agree });
    const made = await change(h, { revoke: ['data-science'] });
    expect(await held(h)).toEqual({});
    const back = await follow(h, made.data.undo);
    expect(back.data.changed).toBe(true);
    expect(await held(h)).toEqual({ 'data-science': ['EXECUTE', 'MANAGE'] });
  });

  it('to fewer privileges asks first', async () => {
    const h = await begin();
    const { data } = await change(h, {
      revoke: ['data-science'],
      grant: [{ principal: 'data-science', level: 'EXECUTE' }],
    });
    expect(data.needs_consent).toContain(`This takes MANAGE from "data-science" on model service ${CHAT}.`);
    expect(sent(h)).toEqual([]);
    expect((await follow(h, data.next)).data.changed).toBe(true);
    expect(await held(h)).toEqual({ 'data-science': ['EXECUTE'] });
  });
});

it('to everyone of the account is possible, although no list of the workspace has this group', async () => {
  const h = await begin();
  const { data } = await change(h, { grant: [{ principal: 'account users', level: 'EXECUTE' }] });
  expect(data.changed).toBe(true);
  expect(await held(h)).toMatchObject({ 'account users': ['EXECUTE'] });
});

it('to a group that no workspace lists is left to the service, which knows those of the account', async () => {
  const h = await begin();
  const { data, isError } = await change(h, { grant: [{ principal: 'finance-of-the-account', level: 'EXECUTE' }] });
  expect(isError).toBe(true);
  expect(data.error.message).toContain('finance-of-the-account');
  expect(sent(h)).toHaveLength(1);
  expect(await held(h)).not.toHaveProperty('finance-of-the-account');
});

describe('is refused before anything is sent', () => {
  it('with the level of an endpoint, an unknown principal and a grant that is not there, all at once', async () => {
    const h = await begin();
    const { data } = await change(h, {
      grant: [
        { principal: 'analysts', level: 'CAN_QUERY' },
        { principal: 'analists', level: 'EXECUTE' },
      ],
      revoke: ['analyst@example.com'],
    });
    expect(data.problems).toEqual([
      'CAN_QUERY is a level of endpoints; on a model service it is EXECUTE',
      expect.stringContaining('no user, group or service principal is named "analists"'),
      expect.stringContaining('"analyst@example.com" has no direct grant on this model service'),
    ]);
    expect(sent(h)).toEqual([]);
  });

  it('with a privilege on an endpoint', async () => {
    const h = await begin();
    const grant = [{ principal: 'analysts', level: 'EXECUTE' }];
    const { data } = await h.call('update_permissions', { endpoint: 'churn-prod', grant });
    expect(data.problems).toEqual(['EXECUTE is a privilege of model services; on an endpoint it is CAN_QUERY']);
  });
});
