/** Every tool under a forwarded token, through the protocol: what works, what says that it does not, and whose identity a request has. */
import { describe, expect, it } from 'vitest';
import type { AppIdentity } from '../../src/rights/reach.ts';
import { tools } from '../../tools/index.ts';
import { type Other, ROWS, type Row } from '../matrix/rows.ts';
import type { ForwardedOptions } from '../support/forwarded.ts';
import type { Harness } from '../support/harness.ts';
import { workspaceState } from '../support/invariants.ts';
import { BOT, safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { follow } from '../support/workspace.ts';

const FORWARDED = 'admin@example.com';

/** The user may call the model service, too. */
function workspace() {
  const basic = safetyWorkspace();
  const services = basic.model_services.map((each) => ({
    ...each,
    grants: { ...each.grants, [FORWARDED]: ['EXECUTE'] },
  }));
  return { ...basic, model_services: services };
}

const start = useHarness((appIdentity: AppIdentity, more: Partial<ForwardedOptions> = {}) => ({
  seed: workspace(),
  forwarded: { appIdentity, app: BOT, ...more },
}));

/** Another client of the workspace, with all rights. */
function another({ sandbox }: Harness): Other {
  return async (method, path, body) => {
    const response = await fetch(sandbox.host + path, {
      method,
      headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.json();
  };
}

/** The answer to the first call of a row, whose loss is agreed to. */
async function callRow(row: Row, harness: Harness) {
  const more = (await row.before?.(another(harness), harness)) ?? {};
  harness.sent();
  const answer = await harness.call(row.tool, { ...row.args, ...more });
  return answer.data.needs_consent === undefined ? answer : follow(harness, answer.data.next);
}

const needing = tools.filter(({ needs }) => needs !== undefined).map(({ name }) => name);

describe('tools that need unreached routes are those whose every call fails without them', () => {
  // An undo needs a change that was made before.
  const rows = ROWS.filter(({ tool }) => tool !== 'undo_change');

  it.each(rows.map((row) => [`${row.tool} ${row.what ?? ''}`, row] as const))('%s', async (_name, row) => {
    const harness = await start('off', { publishAll: true });
    const before = workspaceState(harness.sandbox.dump());
    const { data, isError } = await callRow(row, harness);
    const beyond = isError && data.error.code === 'not_reached';
    expect(JSON.stringify(data)).not.toContain('required scopes');
    if (needing.includes(row.tool) || beyond) {
      expect(data.error).toMatchObject({ code: 'not_reached', retryable: false });
      expect(data.error.message).toContain("under the signed-in user's forwarded token, which does not reach");
      expect(data.error.next).toContain('--app-identity');
      // A refused write has changed nothing, in none of its steps.
      if (row.before === undefined) expect(workspaceState(harness.sandbox.dump())).toEqual(before);
    } else expect(isError, JSON.stringify(data)).toBe(false);
  });

  it('and every other tool has a call that works', () => {
    const named = new Set(rows.map(({ tool }) => tool));
    expect(needing.filter((name) => !named.has(name))).toEqual([]);
    expect(needing.sort()).toEqual([
      'attach_to_app',
      'create_model_service',
      'get_permissions',
      'list_model_versions',
      'set_alias',
      'update_model_service',
      'update_permissions',
    ]);
  });
});

describe('under a forwarded token, nothing goes where it does not reach', () => {
  it('the list leaves such tools out, the instructions say which and why, and a call is refused', async () => {
    const harness = await start('off');
    const listed = (await harness.client.listTools()).tools.map(({ name }) => name);
    expect(tools.map(({ name }) => name).filter((name) => !listed.includes(name))).toEqual(
      tools.map(({ name }) => name).filter((name) => needing.includes(name)),
    );
    const instructions = harness.client.getInstructions() ?? '';
    for (const name of needing) expect(instructions).toContain(name);
    expect(instructions).toContain('does not reach models, aliases, model services and grants of Unity Catalog');
    const { data } = await harness.call('set_alias', { model: 'ml.prod.churn', alias: 'champion', version: '2' });
    expect(data.error.code).toBe('not_reached');
    expect(data.error.message).toContain('aliases');
    expect(harness.sent()).toEqual([]);
  });

  it('the token itself is refused by these routes, so that the guard hides nothing that would work', async () => {
    const { sandbox } = await start('off');
    const authorization = `Bearer ${sandbox.forwardedTokenOf(FORWARDED)}`;
    const paths = [
      '/api/2.1/unity-catalog/models',
      '/api/2.0/permissions/serving-endpoints/0123456789abcdef0123456789abcdef',
      '/api/2.0/preview/scim/v2/Groups',
      '/api/2.0/secrets/scopes/list',
      '/api/2.0/apps',
    ];
    for (const path of paths) {
      const response = await fetch(sandbox.host + path, { headers: { authorization } });
      expect([path, response.status]).toEqual([path, 403]);
      expect(await response.text()).toContain('Provided OAuth token does not have required scopes: ');
    }
    const me = await fetch(`${sandbox.host}/api/2.0/preview/scim/v2/Me`, { headers: { authorization } });
    expect(await me.json()).toMatchObject({ userName: FORWARDED });
  });

  it('a check that needs it becomes "not checked", and the write is made', async () => {
    const harness = await start('off');
    const { data } = await harness.call('create_endpoint', {
      endpoint: 'new',
      model: 'ml.prod.churn',
      version: '1',
      wait_seconds: 400,
    });
    expect(data.outcome).toBe('ready');
    expect(data.not_checked_here).toContain('does not reach models');
    expect(data.app_identity).toBeUndefined();
    expect(harness.sent().filter((line) => line.includes('unity-catalog'))).toEqual([]);
  });

  it.each([
    [
      'swap_version',
      'an alias to move',
      { version: '3', alias: 'champion' },
      /^alias: .*nothing was sent$/,
      'without alias',
    ],
    [
      'swap_version',
      'a version by alias',
      { version: '@champion' },
      /^version: @champion cannot be resolved/,
      'the number',
    ],
    [
      'roll_out',
      'an alias to move',
      { version: '3', alias: 'champion' },
      /^alias: .*nothing was sent$/,
      'without alias',
    ],
    ['roll_out', 'a version by alias', { version: '@champion' }, /version: @champion cannot be resolved/, ''],
    [
      'create_endpoint',
      'a version by alias',
      { endpoint: 'new', model: 'ml.prod.churn', version: '@champion' },
      /cannot be resolved/,
      '',
    ],
  ])(
    '%s: %s is refused by the name of the argument, before the first step',
    async (tool, _what, args, message, next) => {
      const harness = await start('off');
      const { data } = await harness.call(tool, { endpoint: 'churn', ...args, dry_run: false });
      expect(data.error.message).toMatch(message);
      expect(data.error.next).toContain(next);
      expect(harness.sent().filter((line) => !line.startsWith('GET'))).toEqual([]);
    },
  );

  it('with reads under the identity of the app, the whole write is refused for its last step', async () => {
    const harness = await start('reads');
    const args = { endpoint: 'churn', version: '3', alias: 'champion' };
    const { data } = await harness.call('swap_version', args);
    expect(data.error.message).toMatch(/^alias champion cannot change: .*; nothing was sent$/);
    expect(data.error.next).toContain('Repeat the call without alias');
    expect(data.app_identity).toContain('identity of the app');
    expect(harness.sent().filter((line) => !/^GET|oidc/.test(line))).toEqual([]);
    const preview = await harness.call('swap_version', { ...args, dry_run: true });
    expect(JSON.stringify(preview.data)).toContain('cannot change');
  });
});

describe('the identity of the app', () => {
  const principals = (harness: Harness, path: RegExp) =>
    new Set(harness.sandbox.requests.filter((each) => path.test(each.path)).map(({ principal }) => principal));

  it.each<AppIdentity>(['reads', 'all'])(
    '%s: only requests beyond the token have it, and the answer says so',
    async (identity) => {
      const harness = await start(identity);
      const { data } = await harness.call('list_model_versions', { model: 'ml.prod.churn' });
      expect(data.app_identity).toBe(
        'A part of this call ran under the identity of the app, not under that of the user.',
      );
      expect(principals(harness, /unity-catalog/)).toEqual(new Set([BOT.id]));
      expect(principals(harness, /serving-endpoints/)).toEqual(new Set([FORWARDED]));
      const own = await harness.call('get_schema', { endpoint: 'churn' });
      expect(own.data.app_identity).toBeUndefined();
      expect(harness.client.getInstructions()).toContain('app_identity');
    },
  );

  it('a write under it is recorded with the name of the user who asked, and so says the preview', async () => {
    const harness = await start('all');
    const args = { model: 'ml.prod.churn', alias: 'champion', version: '2' };
    expect((await harness.call('set_alias', { ...args, dry_run: true })).data.app_identity).toContain('the app');
    const { data } = await harness.call('set_alias', args);
    expect(data).toMatchObject({ changed: true, app_identity: expect.stringContaining('the app') });
    const id = /"id":"(\w+)"/.exec(data.undo)?.[1];
    const entry = (await harness.call('list_changes', { id })).data;
    expect(entry).toMatchObject({ app_identity: expect.stringContaining('identity of the app'), outcome: 'done' });
    expect(entry.who).toContain(FORWARDED);
  });

  it('a write that needs none of it is recorded without it', async () => {
    const harness = await start('all');
    const { data } = await harness.call('update_endpoint', { endpoint: 'churn', description: 'Scores.' });
    expect(data.changed).toBe(true);
    expect((await harness.call('list_changes', {})).text).not.toContain('app_identity');
  });
});

describe('without a journal', () => {
  const startWithout = useHarness((appIdentity: AppIdentity) => ({
    seed: safetyWorkspace(),
    forwarded: { appIdentity, app: BOT },
    journal: null,
  }));

  it('no change is made under the identity of the app: nothing would say who asked for it', async () => {
    const harness = await startWithout('all');
    const { data } = await harness.call('set_alias', { model: 'ml.prod.churn', alias: 'champion', version: '2' });
    expect(data.error.code).toBe('not_recorded');
    expect(harness.sent().filter((line) => /^(PUT|DELETE|PATCH)/.test(line))).toEqual([]);
    expect((await harness.call('update_endpoint', { endpoint: 'churn', description: 'Scores.' })).data.changed).toBe(
      true,
    );
  });
});
