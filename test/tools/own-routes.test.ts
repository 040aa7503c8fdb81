/** Description and budget policy have routes of their own. A workspace without them is reported plainly, and nothing is tried again. */
import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { ask, settings, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, CHURN_PATH, CONFIG_PATH, churnEntity, endpoint, follow, writes } from '../support/workspace.ts';

const begin = useHarness(
  (more: Record<string, unknown> = {}, options: HarnessOptions = {}, seed: Record<string, unknown> = {}) =>
    withEndpoints([endpoint('churn', [churnEntity('1')], [], more)], options, seed),
);

const CHURN = { endpoint: 'churn' };
const DESCRIPTION = `${CHURN_PATH}/description`;
const BUDGET = `${CHURN_PATH}/budget-policy`;
const OLD = 'b-old';
const NEW = 'b-new';

const update = (h: Harness, args: Record<string, unknown>) => h.call('update_endpoint', { ...CHURN, ...args });
/** Sets the budget policy past the server under test. */
const withPolicy = (h: Harness) =>
  ask(h, BUDGET, { method: 'PATCH', body: JSON.stringify({ name: 'churn', budget_policy_id: OLD }) });
const policyOf = async (h: Harness) =>
  ((await ask(h, CHURN_PATH)) as Record<string, unknown>).effective_budget_policy_id;

describe('a description', () => {
  it.each([
    ['a new one', '', { description: 'Scores customers.' }, 'Scores customers.'],
    ['another one', 'Old.', { description: 'Scores customers.' }, 'Scores customers.'],
    ['a removal, by a word', 'Old.', { remove: ['description'] }, ''],
  ])('changes by its own route, and the undo restores the earlier one: %s', async (_what, before, args, after) => {
    const h = await begin({ description: before });
    const made = await update(h, args);
    expect(made.data).toMatchObject({ changed: true, changes: [{ field: 'description', from: before, to: after }] });
    expect(bodies(h, 'PATCH', DESCRIPTION)).toEqual([{ name: 'churn', description: after }]);
    expect(writes(h)).toEqual([`PATCH ${DESCRIPTION}`]);
    expect((await settings(h, 'churn')).description).toBe(after);
    expect((await follow(h, made.data.undo)).data.changed).toBe(true);
    expect((await settings(h, 'churn')).description).toBe(before);
  });

  it.each([
    ['the same', { description: 'Old.' }],
    ['the removal of one that is not there', { remove: ['description'] }],
  ])('%s sends nothing', async (what, args) => {
    const h = await begin({ description: what === 'the same' ? 'Old.' : '' });
    expect((await update(h, args)).data.changed).toBe(false);
    expect(writes(h)).toEqual([]);
  });

  it.each([
    ['set and removed', { description: 'x', remove: ['description'] }, /both set and removed/],
    ['a raw key', { description: `dapi${'0'.repeat(32)}` }, /looks like a raw secret/],
  ])('%s is refused', async (_what, args, problem) => {
    const h = await begin();
    const { data } = await update(h, args);
    expect(data.error).toMatchObject({ code: 'invalid_request', message: expect.stringMatching(problem) });
    expect(writes(h)).toEqual([]);
  });

  it('whose reply is lost is resolved by reading', async () => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'PATCH', path: DESCRIPTION }, times: 1, effect: { lost_reply: true } });
    expect((await update(h, { description: 'New.' })).data.changed).toBe(true);
    expect((await settings(h, 'churn')).description).toBe('New.');
  });
});

describe('a budget policy', () => {
  it('changes by its own route, and the undo restores the earlier one', async () => {
    const h = await begin();
    await withPolicy(h);
    const made = await update(h, { budget_policy_id: NEW });
    expect(made.data).toMatchObject({ changed: true, changes: [{ field: 'budget_policy_id', from: OLD, to: NEW }] });
    expect(bodies(h, 'PATCH', BUDGET).at(-1)).toEqual({ name: 'churn', budget_policy_id: NEW });
    expect(await policyOf(h)).toBe(NEW);
    expect((await h.call('get_endpoint', CHURN)).data.budget_policy_id).toBe(NEW);
    expect((await follow(h, made.data.undo)).data.changed).toBe(true);
    expect(await policyOf(h)).toBe(OLD);
  });

  it('on an endpoint without one says that no request removes it', async () => {
    const h = await begin();
    const { data } = await update(h, { budget_policy_id: NEW });
    expect(data).toMatchObject({ changed: true, not_undone: [expect.stringContaining('no request removes it')] });
    expect(data.undo).toBeUndefined();
  });

  it('that is there sends nothing', async () => {
    const h = await begin();
    await withPolicy(h);
    expect((await update(h, { budget_policy_id: OLD })).data.changed).toBe(false);
    expect(writes(h)).toHaveLength(1);
  });
});

describe('a workspace without these routes', () => {
  const BARE = { features: { description_route: false, budget_policy_route: false } };

  it.each([
    ['description', { description: 'New.' }, DESCRIPTION, /tag can hold the text/],
    ['budget_policy_id', { budget_policy_id: NEW }, BUDGET, /Only create_endpoint/],
  ])('%s: nothing changed, do not retry, and what to do instead', async (field, args, path, instead) => {
    const h = await begin({}, {}, BARE);
    const { data, isError } = await update(h, args);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'not_available', retryable: false });
    expect(data.error.message).toContain(`no route to change the ${field}`);
    expect(data.error.message).toContain('did not change');
    expect(data.error.next).toMatch(/^Do not retry/);
    expect(data.error.next).toMatch(instead);
    expect(data.error.next).not.toMatch(/list_endpoints|Did you mean/);
    expect(writes(h)).toEqual([`PATCH ${path}`]);
    expect((await h.call('list_changes')).data.changes).toMatchObject([{ outcome: 'failed', code: 'not_available' }]);
  });

  it.each([404, 405, 501])('whatever says that the route is missing: %s', async (status) => {
    const h = await begin();
    h.sandbox.faults.add({ match: { method: 'PATCH', path: DESCRIPTION }, effect: { status, body: {} } });
    expect((await update(h, { description: 'New.' })).data.error.code).toBe('not_available');
  });

  it('is met first, so the other changes of the call are not half done', async () => {
    const h = await begin({}, {}, BARE);
    const { data } = await update(h, { description: 'New.', tags: { team: 'x' }, workload_size: 'Small' });
    expect(data.error.code).toBe('not_available');
    expect(data.changed).toBe(false);
    expect(writes(h)).toEqual([`PATCH ${DESCRIPTION}`]);
  });

  it('but a missing grant is a missing grant', async () => {
    const h = await begin();
    const message = "User does not have permission 'Manage' on Endpoint churn";
    const body = { error_code: 'PERMISSION_DENIED', message };
    h.sandbox.faults.add({ match: { method: 'PATCH', path: DESCRIPTION }, effect: { status: 403, body } });
    const { data } = await update(h, { description: 'New.' });
    expect(data.error).toMatchObject({ code: 'PERMISSION_DENIED', next: expect.stringContaining('CAN_MANAGE') });
  });
});

describe('previews and exports', () => {
  const BOTH = { description: 'It scores.', budget_policy_id: NEW };

  it('name the requests in the order in which they are sent, before the config', async () => {
    const h = await begin();
    const args = { ...BOTH, tags: { a: 'b' }, workload_size: 'Small', wait_seconds: 1800 };
    const { data } = await update(h, { ...args, dry_run: true });
    const planned = data.requests.map(({ method, path }: { method: string; path: string }) => `${method} ${path}`);
    await update(h, args);
    expect(writes(h)).toEqual(planned);
    expect(planned).toEqual([
      `PATCH ${DESCRIPTION}`,
      `PATCH ${BUDGET}`,
      `PATCH ${CHURN_PATH}/tags`,
      `PUT ${CONFIG_PATH}`,
    ]);
  });

  it('use databricks api, because the CLI has no command for them', async () => {
    const h = await begin();
    const { data } = await update(h, { ...BOTH, dry_run: 'cli' });
    expect(data.cli.split(' &&\n')).toEqual([
      `databricks api patch ${DESCRIPTION} --json '{"name":"churn","description":"It scores."}'`,
      `databricks api patch ${BUDGET} --json '{"name":"churn","budget_policy_id":"${NEW}"}'`,
    ]);
    expect((await update(h, { ...BOTH, dry_run: 'curl' })).data.curl).toContain(`-X PATCH "$DATABRICKS_HOST${BUDGET}"`);
  });

  it('of a bundle alone are refused, because it would replace the endpoint', async () => {
    const h = await begin();
    const { data } = await update(h, { description: 'New.', dry_run: 'bundle' });
    expect(data.error).toMatchObject({ code: 'no_bundle', message: expect.stringContaining('replace the endpoint') });
  });

  it('of a bundle with more keep the description of the resource, and leave a command for it', async () => {
    const h = await begin({ description: 'Old.' });
    const { data } = await update(h, { description: 'New.', tags: { a: 'b' }, dry_run: 'bundle' });
    expect(data.bundle).toContain('description: "Old."');
    expect(data.bundle).toMatch(/^# .*databricks api patch .*\/description --json /m);
  });
});

it('get_endpoint gives another fingerprint when one of the two changes', async () => {
  const h = await begin({ description: 'Old.' });
  const print = async () => (await h.call('get_endpoint', CHURN)).data.fingerprint;
  const seen = [await print()];
  for (const args of [{ description: 'New.' }, { budget_policy_id: NEW }]) {
    await update(h, args);
    seen.push(await print());
  }
  expect(new Set(seen).size).toBe(3);
});

it.each([
  ['description', { description: 'x' }],
  ['remove', { remove: ['telemetry'] }],
  ['telemetry', { telemetry: { telemetry_profile_id: 'p' } }],
  ['start', { start: true }],
])('model units cannot be combined with %s', async (_what, args) => {
  const h = await begin();
  const { data } = await update(h, { model_units: 50, burst_scaling: true, ...args });
  expect(data.error.code).toMatch(/no_model_units|invalid_request/);
  expect(writes(h)).toEqual([]);
});
