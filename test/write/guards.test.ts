/** The guards of every write, each by name. `npm run test:mutants` removes them one by one and expects these tests to fail. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fileJournal, type Journal, memoryJournal } from '../../src/journal/journal.ts';
import { createServer } from '../../src/mcp/sdk-v1.ts';
import { type Access, createHttp } from '../../src/rest/http.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { defineTool, type Effect, type ToolContext } from '../../src/tool.ts';
import { checkHost, parsePolicy } from '../../src/write/policy.ts';
import { EVERY_CHANGE, type Harness, type HarnessOptions } from '../support/harness.ts';
import { json, type Service, startService } from '../support/scripted-service.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, CHURN_PATH, churnEntity, endpoint, follow, seed, writes } from '../support/workspace.ts';

let service: Service | undefined;
afterEach(async () => {
  await service?.close();
  service = undefined;
});

const GUARDED = {
  ai_gateway: {
    guardrails: { input: { safety: true, pii: { behavior: 'BLOCK' } }, output: { safety: true } },
    usage_tracking_config: { enabled: true },
    rate_limits: [{ calls: 60, key: 'user', renewal_period: 'minute' }],
  },
};
const MANAGED = { grants: [{ user_name: 'engineer@example.com', permission_level: 'CAN_MANAGE' }] };

const begin = useHarness((options: HarnessOptions = {}) => ({
  seed: seed([
    endpoint('churn', [churnEntity('1', { name: 'churn-1' })], [], { ...GUARDED, ...MANAGED }),
    endpoint('prod-churn', [churnEntity('1', { name: 'churn-1' })]),
  ]),
  ...options,
}));

/** One write of each tool that changes an endpoint or a model, as an agent would make it. */
const WRITES: [tool: string, args: Record<string, unknown>][] = [
  ['create_endpoint', { endpoint: 'new', model: 'ml.prod.churn', version: 1 }],
  ['swap_version', { endpoint: 'churn', version: 2, alias: 'champion', wait_seconds: 0 }],
  ['set_traffic', { endpoint: 'split', traffic: { a: 20, b: 80 }, wait_seconds: 0 }],
  ['update_endpoint', { endpoint: 'churn', workload_size: 'Small', wait_seconds: 0 }],
  ['update_endpoint', { endpoint: 'churn', tags: { team: 'risk' } }],
  ['set_rate_limits', { endpoint: 'churn', set: [{ key: 'endpoint', calls: 9 }] }],
  ['update_ai_gateway', { endpoint: 'churn', usage_tracking: false }],
  ['update_permissions', { endpoint: 'churn', grant: [{ principal: 'analyst@example.com', level: 'CAN_QUERY' }] }],
  ['set_alias', { model: 'ml.prod.churn', alias: 'champion', version: 2 }],
  ['delete_endpoint', { endpoint: 'churn' }],
];

const SPLIT = endpoint('split', [churnEntity('1', { name: 'a' }), churnEntity('2', { name: 'b' })], [50, 50]);
const everything = seed([
  endpoint('churn', [churnEntity('1', { name: 'churn-1' })], [], { ...GUARDED, ...MANAGED }),
  SPLIT,
]);

describe('read-only', () => {
  it.each(WRITES)('refuses %s, shows the change it would have made, and sends nothing', async (tool, args) => {
    const harness = await begin({ seed: everything, readOnly: true });
    const { isError, data } = await harness.call(tool, args);
    expect(isError).toBe(true);
    expect(data.error.code).toBe('read_only');
    expect(data.changes.length).toBeGreaterThan(0);
    expect(data.requests.length).toBeGreaterThan(0);
    expect(writes(harness)).toEqual([]);
  });

  it('does not publish what writes', async () => {
    const harness = await begin({ seed: everything, readOnly: true });
    const names = (await harness.client.listTools()).tools.map((tool) => tool.name);
    for (const [tool] of WRITES) expect(names).not.toContain(tool);
    expect(names).toContain('get_endpoint');
  });

  it('sends no probe of a tool that writes, not even to a version that serves already', async () => {
    const harness = await begin({ readOnly: true });
    const swap = { endpoint: 'churn', version: 1, probe: { dataframe_records: [{ x: 1 }] } };
    expect((await harness.call('swap_version', swap)).data.error.code).toBe('read_only');
    expect(writes(harness)).toEqual([]);
  });

  it('no query: inferences are neither published nor sent', async () => {
    const harness = await begin({ seed: everything, noQuery: true });
    const names = (await harness.client.listTools()).tools.map((tool) => tool.name);
    expect(names).not.toContain('query_endpoint');
    const { data } = await harness.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    expect(data.error.code).toBe('no_query');
    expect(writes(harness)).toEqual([]);
  });
});

/** A server with one tool, which does what a careless author might write. */
async function careless(
  effect: Effect,
  run: (context: ToolContext) => Promise<unknown>,
): Promise<{ text: string; sent: string[] }> {
  service = await startService();
  service.answer((_request, response) => json(response, 200, {}));
  const { origin } = service;
  const signer = {
    host: origin,
    authType: 'pat',
    headers: async () => ({ authorization: 'Bearer dapi-not-a-real-token' }),
    bearer: async () => 'dapi-not-a-real-token',
    invalidate: () => false,
  };
  const environment = { now: Date.now, random: () => 0.5, sleep: async () => {}, log: () => {} };
  const http = createHttp({ ...environment, credentials: async () => signer, userAgent: 'test/0.0.0' });
  const tool = defineTool({
    name: 'careless',
    title: 'Careless',
    effect,
    toolsets: ['query'],
    description: 'Sends what it should not.',
    input: z.strictObject({}),
    output: z.looseObject({}),
    async run(_args, context) {
      return { answer: await run(context) };
    },
  });
  const server = createServer({
    ...environment,
    name: 'test',
    version: '0.0.0',
    instructions: '',
    loadTools: async () => [tool],
    http,
    readOnly: false,
    noQuery: false,
    toolsets: undefined,
    dialogs: true,
    policy: {},
    journal: undefined,
  });
  const client = new Client({ name: 'test', version: '0.0.0' });
  const [left, right] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(right), client.connect(left)]);
  const { content } = await client.callTool({ name: 'careless', arguments: {} });
  await client.close();
  await server.stop();
  await http.close();
  return { text: JSON.stringify(content), sent: service.received.map(({ method, url }) => `${method} ${url}`) };
}

describe('the access of a connection stops a tool that bypasses commit', () => {
  const invocation = '/serving-endpoints/churn/invocations';
  it.each<[Effect, 'POST' | 'PUT' | 'PATCH' | 'DELETE', string, Access]>([
    ['read', 'POST', invocation, 'read'],
    ['read', 'DELETE', CHURN_PATH, 'read'],
    ['query', 'PUT', `${CHURN_PATH}/config`, 'query'],
    ['query', 'POST', '/api/2.0/serving-endpoints', 'query'],
    ['write', 'PUT', `${CHURN_PATH}/config`, 'read'],
    ['write', 'PATCH', `${CHURN_PATH}/tags`, 'read'],
    ['write', 'POST', invocation, 'read'],
    ['destroy', 'DELETE', CHURN_PATH, 'read'],
  ])('a %s tool cannot %s %s with the connection that it gets', async (effect, method, path, access) => {
    const { text, sent } = await careless(effect, ({ http }) => http.json(method, path, { body: {} }));
    expect(text).toContain(`this connection has ${access} access only`);
    expect(sent).toEqual([]);
  });

  it('a query tool may send its inference, and a tool its reads', async () => {
    const { sent } = await careless('query', async ({ http }) => {
      await http.json('GET', CHURN_PATH);
      await http.json('POST', invocation, { body: {} });
    });
    expect(sent).toEqual([`GET ${CHURN_PATH}`, `POST ${invocation}`]);
  });

  it('in read-only mode no connection that writes is made, not even for the steps of a write', async () => {
    const accesses: Access[] = [];
    const harness = await begin({ seed: everything, readOnly: true, onBind: (access) => accesses.push(access) });
    for (const [tool, args] of WRITES) await harness.call(tool, args);
    expect(new Set(accesses)).toEqual(new Set(['read']));
  });
});

describe('policy', () => {
  const owner = 'the platform team';
  it.each<[string, HarnessOptions['policy'], string, Record<string, unknown>, RegExp]>([
    [
      'a protected endpoint',
      { protect_endpoints: ['prod-*'] },
      'swap_version',
      { endpoint: 'prod-churn', version: 2 },
      /protect_endpoints \("prod-\*"\)/,
    ],
    [
      'an endpoint that is not allowed',
      { allow_endpoints: ['dev-*'] },
      'set_rate_limits',
      { endpoint: 'churn', set: [{ key: 'endpoint', calls: 1 }] },
      /rule allow_endpoints/,
    ],
    [
      'a delete of a protected endpoint',
      { protect_endpoints: ['churn'] },
      'delete_endpoint',
      { endpoint: 'churn' },
      /protect_endpoints/,
    ],
    [
      'an alias of a protected model',
      { protect_models: ['*.prod.*'] },
      'set_alias',
      { model: 'ml.prod.churn', alias: 'champion', version: 2 },
      /protect_models \("\*\.prod\.\*"\)/,
    ],
    [
      'an alias of a model that is not allowed',
      { allow_models: ['*.dev.*'] },
      'set_alias',
      { model: 'ml.prod.churn', alias: 'champion', version: 2 },
      /rule allow_models/,
    ],
    [
      'a version of a model that is not allowed',
      { allow_models: ['*.dev.*'] },
      'swap_version',
      { endpoint: 'churn', version: 2 },
      /rule allow_models/,
    ],
    [
      'a new endpoint',
      { allow_create: false },
      'create_endpoint',
      { endpoint: 'new', model: 'ml.prod.churn', version: 1 },
      /rule allow_create/,
    ],
    [
      'a size above the largest',
      { max_workload_size: 'Medium' },
      'update_endpoint',
      { endpoint: 'churn', workload_size: 'Large' },
      /max_workload_size \("Medium"\)/,
    ],
    [
      'concurrency above the largest size',
      { max_workload_size: 'Small' },
      'update_endpoint',
      { endpoint: 'churn', min_concurrency: 4, max_concurrency: 64 },
      /concurrency of 64/,
    ],
    [
      'a type that is not allowed',
      { workload_types: ['CPU'] },
      'create_endpoint',
      { endpoint: 'new', model: 'ml.prod.churn', version: 1, workload_type: 'GPU_LARGE' },
      /rule workload_types/,
    ],
  ])('stops %s before any request, names the rule and who can change it', async (_what, policy, tool, args, rule) => {
    const harness = await begin({ policy: { ...policy, owner } });
    const { isError, data } = await harness.call(tool, args);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'policy', message: expect.stringMatching(rule) });
    expect(data.error.next).toContain(owner);
    expect(writes(harness)).toEqual([]);
  });

  it('lets pass what no rule names, and leaves alone what runs already', async () => {
    const { call } = await begin({ policy: { protect_endpoints: ['prod-*'], max_workload_size: 'Small' } });
    // churn runs at Medium, above the limit; a tag or a version does not make it larger.
    expect((await call('swap_version', { endpoint: 'churn', version: 2, wait_seconds: 0 })).isError).toBe(false);
  });
});

describe('policy of hosts and its file', () => {
  it.each([
    'https://other.cloud.databricks.com',
    'http://dev.cloud.databricks.com',
    'https://dev.cloud.databricks.com.example.com',
  ])('another workspace than the allowed is refused: %s', (host) => {
    const policy = { hosts: ['https://dev.cloud.databricks.com'], owner: 'the platform team' };
    expect(() => checkHost(policy, host)).toThrow(/rule hosts/);
    expect(() => checkHost(policy, 'https://dev.cloud.databricks.com')).not.toThrow();
  });

  it.each<[string, string, RegExp]>([
    [
      'an unknown rule',
      '{"protect_endpoint":["prod-*"]}',
      /unknown rule protect_endpoint: did you mean protect_endpoints\?/,
    ],
    ['a rule of the wrong type', '{"allow_create":"no"}', /allow_create/],
    ['an empty list', '{"allow_endpoints":[]}', /allow_endpoints/],
    [
      'a pattern that can match no name',
      '{"protect_endpoints":["prod.*"]}',
      /protect_endpoints\.0.*no other pattern can match/,
    ],
    [
      'a rule that is given twice',
      '{\n"allow_endpoints":["dev-*"],\n"allow_endpoints":["*"]}',
      /line 3 gives allow_endpoints again, after line 2/,
    ],
    ['no JSON', 'protect: prod', /not JSON/],
  ])('a policy file with %s is refused by name: none is better than a misread one', (_what, text, words) => {
    expect(() => parsePolicy(text, 'policy.json')).toThrow(words);
    expect(() => parsePolicy(text, 'policy.json')).toThrow(/policy\.json/);
  });
});

it('whatever a tool answers leaves clean: no token, no escape, no hidden character', async () => {
  const secret = 'dapi0123456789abcdef0123456789abcdef';
  const { text } = await careless('read', async () => ({ [`key ${secret}`]: `\u001b[31mred\u202e ${secret}\u200b` }));
  expect(text).toContain('red');
  expect(text).not.toContain(secret);
  expect(text).not.toMatch(/\\u001b|\\u202e|[\u001b\u202e\u200b]/);
});

describe('consent', () => {
  const drop = { endpoint: 'churn', remove: ['guardrails'] };

  it('guardrails are not dropped before a person agreed to exactly that', async () => {
    const opened = await begin();
    const first = await opened.call('update_ai_gateway', drop);
    expect(first.data).toMatchObject({ changed: false, needs_consent: expect.stringContaining('guardrails') });
    expect(writes(opened)).toEqual([]);
    expect((await follow(opened, first.data.next)).data.changed).toBe(true);
    expect(bodies(opened, 'PUT', `${CHURN_PATH}/ai-gateway`)).toEqual([
      expect.not.objectContaining({ guardrails: expect.anything() }),
    ]);
  });

  it('the consent that was given does not count when the endpoint changed since', async () => {
    const opened = await begin();
    const first = await opened.call('update_ai_gateway', drop);
    await opened.call('update_endpoint', { endpoint: 'churn', tags: { team: 'risk' } });
    const before = writes(opened).length;
    const second = await follow(opened, first.data.next);
    expect(second.data.error.code).toBe('consent_mismatch');
    expect(writes(opened)).toHaveLength(before);
  });

  it('the last manager is not taken away before a person agreed', async () => {
    const opened = await begin({ onAsk: () => ({ action: 'decline' }) });
    const revoke = ['engineer@example.com', 'admin@example.com'];
    const { data } = await opened.call('update_permissions', { endpoint: 'churn', revoke });
    expect(data.error.code).toBe('declined');
    expect(writes(opened)).toEqual([]);
  });

  it('a dialog that is closed is not consent', async () => {
    const opened = await begin({ onAsk: () => ({ action: 'cancel' }) });
    expect((await opened.call('delete_endpoint', { endpoint: 'churn' })).data.error.code).toBe('dismissed');
    expect(writes(opened)).toEqual([]);
  });

  it('what changed while the person thought stops the write', async () => {
    const opened = await begin({
      onAsk: async () => {
        await fetch(`${opened.sandbox.host}${CHURN_PATH}/tags`, {
          method: 'PATCH',
          headers: { authorization: `Bearer ${opened.sandbox.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ add_tags: [{ key: 'team', value: 'risk' }] }),
        });
        return { action: 'accept', content: { confirm: true } };
      },
    });
    const { data } = await opened.call('update_ai_gateway', drop);
    expect(data.error.code).toBe('changed_meanwhile');
    expect(writes(opened)).toEqual([`PATCH ${CHURN_PATH}/tags`]);
  });
});

describe('journal', () => {
  const limit = { endpoint: 'churn', set: [{ key: 'endpoint', calls: 9 }] };

  it('a write is recorded before it is sent, and its end after it', async () => {
    const events: string[] = [];
    const inner = memoryJournal({ now: () => 0, random: () => 0, sanitize });
    const sent = () => writes(opened).length;
    const journal: Journal = {
      ...inner,
      async begin(record) {
        events.push(`begin, ${sent()} sent`);
        return inner.begin(record);
      },
      async end(id, record) {
        events.push(`end ${record.outcome}, ${sent()} sent`);
        return inner.end(id, record);
      },
    };
    const opened: Harness = await begin({ journal });
    await opened.call('set_rate_limits', limit);
    expect(events).toEqual(['begin, 0 sent', 'end done, 1 sent']);
  });

  it('a journal that cannot be written refuses the write, and says what to do', async () => {
    const journal: Journal = {
      ...memoryJournal({ now: () => 0, random: () => 0, sanitize }),
      path: '/nowhere/changes.jsonl',
      begin: async () => {
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      },
    };
    const opened = await begin({ journal });
    const { data } = await opened.call('set_rate_limits', limit);
    expect(data.error).toMatchObject({ code: 'journal_unavailable', message: expect.stringContaining('ENOSPC') });
    expect(data.error.next).toContain('--no-journal');
    expect(writes(opened)).toEqual([]);
  });

  it('a journal that fails at the end does not turn a write that was made into an error', async () => {
    const journal: Journal = {
      ...memoryJournal({ now: () => 0, random: () => 0, sanitize }),
      end: async () => {
        throw new Error('disk is gone');
      },
    };
    const opened = await begin({ journal });
    expect((await opened.call('set_rate_limits', limit)).data).toMatchObject({ changed: true });
    const { data } = await opened.call('list_changes');
    expect(data.changes[0]).toMatchObject({ outcome: 'unfinished', tool: 'set_rate_limits' });
  });

  it('holds no secret: raw variables of the settings before are masked', async () => {
    const journal = memoryJournal({ now: () => 0, random: () => 0, sanitize });
    const variables = { API_TOKEN: 'fake-raw-value', REF: '{{secrets/ml/token}}' };
    const harness = await begin({
      journal,
      seed: seed([endpoint('churn', [churnEntity('1', { environment_vars: variables })])]),
    });
    const call = { endpoint: 'churn', tags: { team: 'risk' } };
    expect((await harness.call('update_endpoint', call)).isError).toBe(false);
    const id = (await journal.read(EVERY_CHANGE)).entries[0]?.id;
    const kept = JSON.stringify(await journal.read({ ...EVERY_CHANGE, whole: id }));
    expect(kept).toContain('{{secrets/ml/token}}');
    expect(kept).not.toContain('fake-raw-value');
  });

  it.skipIf(process.platform === 'win32')('its file and folder are for their owner only', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'journal-'));
    try {
      const path = join(folder, 'state', 'changes.jsonl');
      const journal = fileJournal(path, { now: () => 0, random: () => 0, sanitize });
      const subject = { kind: 'endpoint' as const, name: 'churn' };
      await journal.begin({ host: 'h', who: 'pat', tool: 't', subject, call: 't', changes: [] });
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700);
      expect(readFileSync(path, 'utf8').endsWith('\n')).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('a write whose effect is unknown is recorded as unknown', async () => {
    const opened = await begin();
    opened.sandbox.faults.add({ match: { method: 'PUT' }, effect: { cut: 'before' } });
    expect((await opened.call('swap_version', { endpoint: 'churn', version: 2 })).isError).toBe(true);
    opened.sandbox.faults.clear();
    expect((await opened.call('list_changes')).data.changes[0]).toMatchObject({ outcome: 'unknown' });
  });

  it('undoing is refused when a later change would be lost', async () => {
    const opened = await begin();
    await opened.call('set_rate_limits', limit);
    await opened.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'endpoint', calls: 20 }] });
    const { changes } = (await opened.call('list_changes')).data;
    const before = writes(opened).length;
    const { data } = await opened.call('undo_change', { id: changes[1].id });
    expect(data.error.code).toBe('changed_since');
    expect(writes(opened)).toHaveLength(before);
    expect((await opened.call('undo_change', { id: changes[0].id })).data.undone).toBe(changes[0].id);
  });
});
