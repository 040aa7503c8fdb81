/** Forbidden changes are never made, whatever an agent asks for: each rule, the owner in its refusal, and that nothing is sent. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { models } from '../../src/rest/index.ts';
import type { PlannedWrite } from '../../src/write/planned-write.ts';
import { checkHost, checkPolicy, matches, type Policy, parsePolicy } from '../../src/write/policy.ts';
import type { HarnessOptions } from '../support/harness.ts';
import { PLANTED_BY_FORM } from '../support/planted-secrets.ts';
import { BOT, safetyWorkspace } from '../support/safety-workspace.ts';
import { RUN_ALL } from '../support/selection.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, writes } from '../support/workspace.ts';
import { endAll, startServer } from '../wire/server-process.ts';

const OWNER = 'the platform team (ml-platform@example.com)';

const folder = mkdtempSync(join(tmpdir(), 'policy-'));
afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const begin = useHarness((options: HarnessOptions = {}) => ({ seed: safetyWorkspace(), ...options }));

const under = (policy: Policy) =>
  begin({ policy: { owner: OWNER, ...policy }, seed: safetyWorkspace({ endpoints: [endpoint('big', [BIG])] }) });

/** A running endpoint that is larger than the policy allows. */
const BIG = churnEntity('1', { workload_size: 'Large', workload_type: 'GPU_SMALL' });

type Case = [rule: string, policy: Policy, tool: string, args: Record<string, unknown>];

const SWAP = { endpoint: 'churn', version: '3', alias: 'champion' };
const CREATE = { endpoint: 'new', model: 'ml.prod.churn', version: '1' };
const ALIAS = { model: 'ml.prod.churn', alias: 'champion', version: '2' };

const FORBIDDEN: Case[] = [
  ['protect_endpoints ("chu*")', { protect_endpoints: ['chu*'] }, 'swap_version', SWAP],
  [
    'protect_endpoints ("churn")',
    { protect_endpoints: ['churn'] },
    'update_endpoint',
    { endpoint: 'churn', scale_to_zero: true },
  ],
  [
    'protect_endpoints ("*")',
    { protect_endpoints: ['*'] },
    'set_traffic',
    { endpoint: 'split', traffic: { 'churn-1': 10, 'churn-2': 90 } },
  ],
  [
    'protect_endpoints ("c*n")',
    { protect_endpoints: ['c*n'] },
    'set_rate_limits',
    { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] },
  ],
  [
    'protect_endpoints ("churn")',
    { protect_endpoints: ['churn'] },
    'update_ai_gateway',
    { endpoint: 'churn', fallback: true },
  ],
  [
    'protect_endpoints ("churn")',
    { protect_endpoints: ['churn'] },
    'update_permissions',
    { endpoint: 'churn', grant: [{ principal: 'data-science', level: 'CAN_QUERY' }] },
  ],
  [
    'protect_endpoints ("churn")',
    { protect_endpoints: ['churn'] },
    'attach_to_app',
    { app: 'listing-app', endpoint: 'churn' },
  ],
  ['protect_endpoints ("new")', { protect_endpoints: ['new'] }, 'create_endpoint', CREATE],
  ['protect_endpoints ("churn")', { protect_endpoints: ['other', 'churn'] }, 'delete_endpoint', { endpoint: 'churn' }],
  ['allow_endpoints', { allow_endpoints: ['dev-*'] }, 'swap_version', SWAP],
  ['allow_endpoints', { allow_endpoints: ['dev-*', 'chur'] }, 'delete_endpoint', { endpoint: 'churn' }],
  ['allow_endpoints', { allow_endpoints: ['dev-*'] }, 'attach_to_app', { app: 'listing-app', endpoint: 'churn' }],
  ['protect_models ("ml.prod.*")', { protect_models: ['ml.prod.*'] }, 'set_alias', ALIAS],
  [
    'protect_models ("*.churn")',
    { protect_models: ['ml.dev.*', '*.churn'] },
    'set_alias',
    { model: 'ml.prod.churn', alias: 'champion', remove: true },
  ],
  ['protect_models ("ml.prod.churn")', { protect_models: ['ml.prod.churn'] }, 'swap_version', SWAP],
  ['allow_models', { allow_endpoints: ['dev-*'], allow_models: ['*.dev.*'] }, 'set_alias', ALIAS],
  ['allow_models', { allow_models: ['*.dev.*'] }, 'swap_version', { endpoint: 'churn', version: '3' }],
  ['allow_models', { allow_models: ['ml.dev.churn', 'ml.prod.chur'] }, 'create_endpoint', CREATE],
  [
    'allow_models',
    { allow_models: ['ml.prod.churn'] },
    'update_endpoint',
    {
      endpoint: 'split',
      add_entities: [{ entity_name: 'ml.prod.other', entity_version: '1', workload_size: 'Small' }],
      traffic: { 'churn-1': 60, 'churn-2': 30, 'other-1': 10 },
    },
  ],
  ['allow_create', { allow_create: false }, 'create_endpoint', CREATE],
  [
    'max_workload_size ("Small")',
    { max_workload_size: 'Small' },
    'create_endpoint',
    { ...CREATE, workload_size: 'Medium' },
  ],
  [
    'max_workload_size ("Small")',
    { max_workload_size: 'Small' },
    'update_endpoint',
    { endpoint: 'split', entity: 'churn-1', workload_size: 'Large' },
  ],
  [
    'max_workload_size ("Small")',
    { max_workload_size: 'Small' },
    'update_endpoint',
    { endpoint: 'split', entity: 'churn-1', min_concurrency: 4, max_concurrency: 8 },
  ],
  [
    'max_workload_size ("Medium")',
    { max_workload_size: 'Medium' },
    'create_endpoint',
    { endpoint: 'new', entities: [BIG] },
  ],
  ['workload_types', { workload_types: ['CPU'] }, 'create_endpoint', { ...CREATE, workload_type: 'GPU_MEDIUM' }],
  ['workload_types', { workload_types: ['GPU_SMALL'] }, 'create_endpoint', CREATE],
  [
    'workload_types',
    { workload_types: ['CPU'] },
    'update_endpoint',
    { endpoint: 'split', entity: 'churn-2', workload_type: 'GPU_SMALL' },
  ],
];

describe('a rule of the policy refuses, names itself and who can change it, and nothing is sent', () => {
  it.each(FORBIDDEN)('%s %j stops %s', async (rule, policy, tool, args) => {
    const h = await under(policy);
    const before = JSON.stringify(h.sandbox.dump());
    const { data, isError } = await h.call(tool, args);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'policy', retryable: false });
    expect(data.error.message).toContain(`rule ${rule} of this server's policy; nothing was sent`);
    expect(data.error.next).toContain(OWNER);
    expect(writes(h)).toEqual([]);
    expect(withoutTime(JSON.stringify(h.sandbox.dump()))).toBe(withoutTime(before));
  });

  it('who can change it is named even when the policy does not say', async () => {
    const harness = await begin({ policy: { protect_endpoints: ['churn'] } });
    const { data } = await harness.call('swap_version', SWAP);
    expect(data.error.next).toContain('the person who starts this server');
  });
});

describe('no way around a rule', () => {
  it('undo_change is held to the policy too', async () => {
    const policy: Policy = { owner: OWNER };
    const h = await begin({ policy });
    await h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] });
    const { changes } = (await h.call('list_changes')).data;
    policy.protect_endpoints = ['churn'];
    h.sent();
    const { data } = await h.call('undo_change', { id: changes[0].id });
    expect(data.error).toMatchObject({ code: 'policy', message: expect.stringContaining('protect_endpoints') });
    expect(h.sent().filter((each) => !each.startsWith('GET'))).toEqual([]);
  });

  it('dedicated throughput, which has no workload size, does not bypass max_workload_size', async () => {
    const h = await under({ max_workload_size: 'Small' });
    const entities = [{ entity_name: 'ml.prod.units', entity_version: '1', provisioned_model_units: 50 }];
    const { data } = await h.call('create_endpoint', { endpoint: 'new', entities });
    expect(data.error).toMatchObject({ code: 'policy', message: expect.stringContaining('max_workload_size') });
    expect(writes(h)).toEqual([]);
  });

  it('an entity that is too large but already runs may stay, but no second one may be added', async () => {
    const h = await under({ max_workload_size: 'Small', workload_types: ['CPU'] });
    const grown = { endpoint: 'big', add_entities: [{ ...BIG, entity_version: '2' }] };
    const { data } = await h.call('update_endpoint', grown);
    expect(data.error?.code).toBe('policy');
    expect(writes(h)).toEqual([]);
    const swapped = await h.call('swap_version', { endpoint: 'big', version: '2', wait_seconds: 1800 });
    expect(swapped.isError).toBe(false);
  });

  it('a swap that would move a protected alias sends no config either; without the alias it may run', async () => {
    const h = await under({ protect_models: ['ml.prod.churn'] });
    expect((await h.call('swap_version', { ...SWAP, wait_seconds: 1800 })).data.error?.code).toBe('policy');
    expect(writes(h)).toEqual([]);
    const { alias: _, ...swap } = SWAP;
    expect((await h.call('swap_version', { ...swap, wait_seconds: 1800 })).data.serving).toContain('churn-3');
    // All that is left to do now is the alias.
    expect((await h.call('swap_version', { ...SWAP, wait_seconds: 1800 })).data.error?.code).toBe('policy');
  });

  it('the registry knows no case, so a model in other letters is the same', async () => {
    const name = 'ML.Prod.Churn';
    const alias = { name: 'champion', version: 2 };
    const request = models.setAlias(name, 'champion', 2);
    const planned: PlannedWrite = {
      subject: { kind: 'model', name },
      before: undefined,
      changes: [],
      steps: [{ what: 'alias', label: 'alias champion', target: name, alias, request }],
      undo: [],
    };
    expect(() => checkPolicy({ protect_models: ['ml.prod.*'] }, planned)).toThrow(/protect_models/);
    expect(() => checkPolicy({ allow_models: ['Ml.*'] }, planned)).not.toThrow();
  });

  it('a model that is not allowed and serves already may be resized, split and moved back to, but no version joins it', async () => {
    const h = await under({ allow_models: ['*.dev.*'] });
    const resized = { endpoint: 'split', entity: 'churn-1', workload_size: 'Medium', wait_seconds: 1800 };
    expect((await h.call('update_endpoint', resized)).isError).toBe(false);
    const divided = { endpoint: 'split', traffic: { 'churn-1': 10, 'churn-2': 90 }, wait_seconds: 1800 };
    expect((await h.call('set_traffic', divided)).isError).toBe(false);
    expect((await h.call('set_rate_limits', { endpoint: 'split', set: [{ key: 'user', calls: 9 }] })).isError).toBe(
      false,
    );
    const third = { ...churnEntity('3'), name: 'churn-3' };
    const { data } = await h.call('update_endpoint', {
      endpoint: 'split',
      add_entities: [third],
      traffic: { 'churn-1': 10, 'churn-2': 80, 'churn-3': 10 },
    });
    expect(data.error?.code).toBe('policy');
  });

  it('a name that differs in case or only contains the pattern is another name', () => {
    expect(matches('prod-*', 'Prod-x')).toBe(false);
    expect(matches('prod-*', 'xprod-x')).toBe(false);
    expect(matches('*-prod', 'x-prod-y')).toBe(false);
    expect(matches('a*b*c', 'a--b--c')).toBe(true);
    expect(matches('*', 'anything')).toBe(true);
  });

  it('a pattern with many stars is answered without trying every place for each of them', () => {
    // There are 2·10^10 ways to lay nine of them out over 62 letters: minutes, which no test is given.
    expect(matches(`${'*a'.repeat(9)}b`, `${'a'.repeat(62)}c`)).toBe(false);
  });

  it('reading and asking stay free', async () => {
    const h = await under({ protect_endpoints: ['*'], allow_create: false });
    expect((await h.call('get_endpoint', { endpoint: 'churn' })).isError).toBe(false);
    const asked = await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    expect(asked.isError).toBe(false);
    expect((await h.call('swap_version', { ...SWAP, dry_run: true })).data.changed).toBe(false);
  });

  it('an allowed change is made', async () => {
    const h = await under({
      allow_endpoints: ['churn'],
      allow_models: ['ml.prod.*'],
      protect_models: ['ml.prod.other'],
      max_workload_size: 'Medium',
      workload_types: ['CPU'],
    });
    const { isError } = await h.call('swap_version', { ...SWAP, wait_seconds: 1800 });
    expect(isError).toBe(false);
  });
});

describe('allowed hosts', () => {
  it.each([
    [['https://one.example.com'], 'https://one.example.com', true],
    [['https://one.example.com/'], 'https://ONE.example.com', true],
    [['https://one.example.com'], 'https://one.example.com.evil.example', false],
    [['https://one.example.com'], 'http://one.example.com', false],
    [['https://one.example.com'], 'https://two.example.com', false],
  ])('%j and %s: %s', (hosts, host, allowed) => {
    const check = () => checkHost({ hosts }, host);
    if (allowed) expect(check).not.toThrow();
    else expect(check).toThrow(/rule hosts/);
  });

  it('another workspace hears nothing, not even a read or a request for a token', async () => {
    const elsewhere = await begin();
    const file = join(folder, 'hosts.json');
    writeFileSync(file, JSON.stringify({ hosts: ['https://prod.example.com'], owner: OWNER }));
    const credentials: Record<string, string>[] = [
      { DATABRICKS_TOKEN: elsewhere.sandbox.token },
      { DATABRICKS_CLIENT_ID: BOT.id, DATABRICKS_CLIENT_SECRET: BOT.secret },
    ];
    for (const env of credentials) {
      const server = startServer(['--policy', file], { DATABRICKS_HOST: elsewhere.sandbox.host, ...env });
      await server.initialize();
      const { structuredContent } = await server.callTool(1, 'list_endpoints');
      expect(structuredContent.error).toMatchObject({ code: 'policy', next: expect.stringContaining(OWNER) });
      expect(structuredContent.error.message).toContain('rule hosts');
    }
    expect(elsewhere.sandbox.requests.map((each) => `${each.method} ${each.path}`)).toEqual([]);
  });
});

describe('a policy that cannot be meant stops the start: no policy is better than a misread one', () => {
  it.each<[string, string, RegExp]>([
    ['a misspelt rule', '{"protect_endpoint":["x"]}', /unknown rule protect_endpoint.*protect_endpoints/],
    ['another case', '{"Allow_Create":false}', /unknown rule Allow_Create/],
    ['a wrong type', '{"allow_create":"false"}', /allow_create/],
    ['an unknown size', '{"max_workload_size":"Tiny"}', /max_workload_size/],
    ['an empty list', '{"allow_endpoints":[]}', /allow_endpoints/],
    [
      'a rule that is given twice, which would drop the first',
      '{"protect_endpoints":["prod-*"],\n"protect_endpoints":["dev-*"]}',
      /line 2 gives protect_endpoints again, after line 1/,
    ],
    [
      'a rule that is given twice with the same value',
      '{"allow_create":false,"allow_create":false}',
      /line 1 gives allow_create again/,
    ],
    ['a rule that is given twice in two spellings', '{"owner":"a","\\u006fwner":"b"}', /line 1 gives owner again/],
    ['a pattern that can match no name', '{"protect_endpoints":["prod/*"]}', /protect_endpoints\.0/],
    ['a pattern that begins as no name does', '{"protect_endpoints":["-prod"]}', /protect_endpoints\.0/],
    ['a pattern with a space at its end', '{"protect_endpoints":["prod-* "]}', /protect_endpoints\.0/],
    ['a model pattern without its three parts', '{"protect_models":["churn"]}', /protect_models\.0/],
    ['a model pattern with four parts', '{"allow_models":["ml.prod.*.x"]}', /allow_models\.0/],
    ['a model pattern with a blank', '{"allow_models":["ml.prod.* "]}', /allow_models\.0/],
    ['a host that is not an address', '{"hosts":["prod.example.com"]}', /hosts\.0/],
    ['no object', '["churn"]', /policy/],
    ['no JSON', '{"allow_create":', /is not JSON/],
    ['nothing', '', /is not JSON/],
  ])('%s', async (what, text, words) => {
    expect(() => parsePolicy(text, 'rules.json')).toThrow(words);
    if (!RUN_ALL && what !== 'a misspelt rule') return;
    const file = join(folder, 'rules.json');
    writeFileSync(file, text);
    const server = startServer(['--sandbox', '--policy', file]);
    const { code } = await server.exited;
    expect(code).toBe(2);
    expect(server.stderr()).toMatch(words);
    expect(server.stdout()).toBe('');
  });

  it('a file that is not there', async () => {
    const server = startServer(['--sandbox', '--policy', join(folder, 'nowhere.json')]);
    expect((await server.exited).code).toBe(2);
    expect(server.stderr()).toContain('nowhere.json');
  });

  it('the text of another file is not repeated with its secrets', async () => {
    const file = join(folder, 'databrickscfg');
    const token = PLANTED_BY_FORM.pat ?? '';
    writeFileSync(file, `token = ${token}`);
    const server = startServer(['--sandbox', '--policy', file]);
    expect((await server.exited).code).toBe(2);
    expect(server.stderr()).not.toContain(token);
  });

  it('a policy with the byte order mark that some editors write is read', () => {
    expect(parsePolicy('\uFEFF{"allow_create":false}', 'rules.json')).toEqual({ allow_create: false });
  });
});

describe('a misspelt option does not allow writes: the start stops with the closest option', () => {
  it.each([
    ['--readonly', '--read-only'],
    ['--read_only', '--read-only'],
    ['--read-onyl', '--read-only'],
    ['--no-querry', '--no-query'],
    ['--polcy', '--policy'],
    ['--no-jounal', '--no-journal'],
  ])('%s → %s', async (given, meant) => {
    expect(() => readConfig(['--sandbox', given])).toThrow(`did you mean "${meant}"?`);
    if (!RUN_ALL && given !== '--readonly') return;
    const server = startServer(['--sandbox', given]);
    expect((await server.exited).code).toBe(2);
    expect(server.stderr()).toContain(`did you mean "${meant}"?`);
  });

  it.each([
    [['read_only-true']],
    [['read-only']],
    [['--read-only=no']],
    [['--read-only', 'true']],
    [['-r']],
    [['--no-read-only']],
    [['--READ-ONLY']],
    [['--policy']],
    [['--journal', 'x.jsonl', '--no-journal']],
  ])('%j stops the start', async (args) => {
    expect(() => readConfig(['--sandbox', ...args])).toThrow();
    if (!RUN_ALL && !args.includes('--read-only=no')) return;
    const server = startServer(['--sandbox', ...args]);
    expect((await server.exited).code).toBe(2);
    expect(server.stderr().trimEnd()).not.toBe('');
    expect(server.stdout()).toBe('');
  });
});

function withoutTime(dump: string): string {
  return dump.replace(/"(now|at|last_used_at)":\d+/g, '');
}
