/** A read-only server changes nothing and shows exactly what it would have sent. A server without queries sends none. */
import { afterEach, describe, expect, it } from 'vitest';
import { memoryJournal } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { tools } from '../../tools/index.ts';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { writes } from '../support/workspace.ts';
import { WRITES } from '../support/writes.ts';
import { endAll, startServer } from '../wire/server-process.ts';

afterEach(endAll);

const begin = useHarness((options: HarnessOptions) => ({ seed: safetyWorkspace(), ...options }));

const published = async (h: Harness) => (await h.client.listTools()).tools.map((tool) => tool.name).sort();
const named = (...effects: string[]) =>
  tools
    .filter((tool) => effects.includes(tool.effect))
    .map((tool) => tool.name)
    .sort();

describe('--read-only', () => {
  it('publishes the tools that look and those that ask, and no other', async () => {
    expect(await published(await begin({ readOnly: true }))).toEqual(named('read', 'query'));
  });

  it('every tool that writes is among the calls of this test', () => {
    const tried = new Set([...WRITES.map(([tool]) => tool), 'undo_change']);
    expect([...tried].sort()).toEqual(named('write', 'destroy'));
  });

  it.each(WRITES)(
    'refuses %s and returns the very requests that a writing server sends: %s',
    async (tool, _what, args) => {
      const h = await begin({ readOnly: true });
      const { data, isError } = await h.call(tool, args);
      expect(isError).toBe(true);
      expect(data.error).toMatchObject({ code: 'read_only', message: expect.stringContaining('nothing was sent') });
      expect(data.changes.length).toBeGreaterThan(0);
      expect(writes(h)).toEqual([]);

      const writing = await begin({ onAsk: () => ({ action: 'accept', content: { confirm: true } }) });
      const done = await writing.call(tool, args);
      expect(done.data.error).toBeUndefined();
      const sent = writing.sandbox.requests.filter(
        (each) => each.method !== 'GET' && !each.path.endsWith('/invocations'),
      );
      // The etag of the other workspace is another one.
      const shown = sent.map(({ method, path, query: { etag: _, ...query }, body }) => ({
        method,
        path: Object.keys(query).length === 0 ? path : `${path}?${new URLSearchParams(query)}`,
        ...(body ? { body } : {}),
      }));
      expect(shown).toEqual(withIdsOf(writing, data.requests));
    },
  );

  it.each(WRITES)(
    'wins over a confirmation, a fingerprint and a permissive policy: %s, %s',
    async (tool, _what, args) => {
      const h = await begin({ readOnly: true, policy: { allow_endpoints: ['*'], allow_create: true } });
      const shown = await h.call(tool, { ...args, dry_run: true });
      expect(shown.isError).toBe(false);
      const { data } = await h.call(tool, {
        ...args,
        ...(tool === 'delete_endpoint' ? { confirm: 'churn', if_fingerprint: shown.data.fingerprint } : {}),
      });
      expect(data.error.code).toBe('read_only');
      expect(writes(h)).toEqual([]);
    },
  );

  it('refuses to undo the change of a server that may write', async () => {
    const journal = memoryJournal({ now: Date.now, random: Math.random, sanitize });
    const h = await begin({ readOnly: true, journal });
    const id = await journal.begin({
      host: h.sandbox.host,
      who: 'pat',
      tool: 'set_rate_limits',
      subject: { kind: 'endpoint', name: 'churn' },
      call: 'set_rate_limits {}',
      changes: [{ field: 'rate_limits.user calls', from: 3, to: 5 }],
      undo: [{ tool: 'set_rate_limits', args: { endpoint: 'churn', set: [{ key: 'user', calls: 3 }] } }],
    });
    await journal.end(id, { outcome: 'done' });
    const { data } = await h.call('undo_change', { id });
    expect(data.error.code).toBe('read_only');
    expect(data.changes).toEqual([{ field: 'rate_limits.user calls', from: 5, to: 3 }]);
    expect(writes(h)).toEqual([]);
  });

  it('an endpoint that is there already, a swap with nothing to swap: no write, so no refusal', async () => {
    const h = await begin({ readOnly: true });
    const { data, isError } = await h.call('swap_version', { endpoint: 'churn', version: '1', alias: 'champion' });
    expect(isError).toBe(false);
    expect(data).toMatchObject({ changed: false, outcome: 'ready' });
    expect(writes(h)).toEqual([]);
  });

  it.each<[string, HarnessOptions]>([
    ['alone', { readOnly: true }],
    ['with --no-query', { readOnly: true, noQuery: true }],
  ])('a tool that writes sends no probe either, to a version that serves already: %s', async (_what, options) => {
    const h = await begin(options);
    const probe = { dataframe_records: [{ x: 1 }] };
    const swap = { endpoint: 'churn', version: '1', probe };
    const { data } = await h.call('swap_version', swap);
    expect(data.error).toMatchObject({
      code: 'read_only',
      message: expect.stringContaining('so it sends no probe'),
      next: expect.stringContaining('without probe'),
    });
    const shown = await h.call('swap_version', { ...swap, dry_run: true });
    expect(shown.data.would_be_refused).toMatchObject({ code: 'read_only' });
    const changing = await h.call('swap_version', { ...swap, version: '2' });
    expect(changing.data).toMatchObject({ error: { code: 'read_only' }, changes: expect.any(Array) });
    expect(h.sandbox.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('every refusal says why, and how a person can enable writing', async () => {
    const h = await begin({ readOnly: true });
    const { error } = (await h.call('delete_endpoint', { endpoint: 'churn' })).data;
    expect(error.message).toContain('this server was started read-only, so it changes nothing');
    expect(error.next).toMatch(
      /A person can enable writing: switch --read-only off .* configuration of the MCP client/,
    );
  });

  it.each([
    ['get_endpoint', 'permission'],
    ['get_permissions', 'your_permission'],
  ])('%s says next to the permission that this server changes nothing', async (tool, field) => {
    const reading = (await (await begin({ readOnly: true })).call(tool, { endpoint: 'churn' })).data;
    expect(reading).toMatchObject({ [field]: 'CAN_MANAGE', server: expect.stringContaining('read-only') });
    const writing = (await (await begin({})).call(tool, { endpoint: 'churn' })).data;
    expect(writing[field]).toBe('CAN_MANAGE');
    expect(writing.server).toBeUndefined();
  });
});

describe('--no-query', () => {
  it('publishes no tool that asks a model', async () => {
    expect(await published(await begin({ noQuery: true }))).toEqual(named('read', 'write', 'destroy'));
    expect(await published(await begin({ noQuery: true, readOnly: true }))).toEqual(named('read'));
  });

  it('refuses a query that is called all the same', async () => {
    const h = await begin({ noQuery: true });
    const { data } = await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    expect(data.error).toMatchObject({ code: 'no_query', next: expect.stringContaining('--no-query') });
    expect(h.sent()).toEqual([]);
  });

  it('a probe is an inference too: the swap is refused before anything is sent', async () => {
    const h = await begin({ noQuery: true });
    const probe = { dataframe_records: [{ x: 1 }] };
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '2', probe });
    expect(data.error).toMatchObject({ code: 'no_query', message: expect.stringContaining('nothing was sent') });
    expect(writes(h)).toEqual([]);
  });

  it('a probe that fails where nothing was swapped does not call it a change', async () => {
    const h = await begin({});
    const probe = { dataframe_records: [{ wrong: 1 }] };
    const { data } = await h.call('swap_version', { endpoint: 'churn', version: '1', probe });
    expect(data).toMatchObject({ error: { code: 'probe_failed' }, changed: false });
  });
});

it('the built program obeys both options', async () => {
  const server = startServer(['--sandbox', '--read-only', '--no-query']);
  await server.initialize();
  server.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const { result } = await server.answer(1);
  expect(result.tools.map((tool: { name: string }) => tool.name).sort()).toEqual(named('read'));
  const { structuredContent } = await server.callTool(2, 'delete_endpoint', { endpoint: 'house-price' });
  expect(structuredContent.error.code).toBe('read_only');
});

/** The other workspace has other ids. */
function withIdsOf(h: Harness, requests: { method: string; path: string; body?: unknown }[]) {
  const id = h.sandbox.requests.find((each) => /\/permissions\/serving-endpoints\/[0-9a-f]{32}$/.test(each.path))?.path;
  return requests.map((each) => ({
    ...each,
    path: each.path.includes('/permissions/') ? id : each.path.replace(/&etag=[^&]+/, ''),
  }));
}
