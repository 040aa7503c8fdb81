/** Nothing is changed unseen: what the journal keeps, who can read it, and that a journal that cannot be kept stops the write. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { fileJournal, type Journal, journalPath } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { EVERY_CHANGE, type HarnessOptions } from '../support/harness.ts';
import { RECORD } from '../support/journal-record.ts';
import { PLANTED_BY_FORM, PLANTED_BY_NAME } from '../support/planted-secrets.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { writes } from '../support/workspace.ts';
import { WRITES } from '../support/writes.ts';
import { endAll, startSandboxProcess, startServer } from '../wire/server-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'journal-'));
let count = 0;
/** A path of its own for each test. */
const fresh = () => join(folder, String(++count), 'changes.jsonl');
const at = (path: string): Journal => fileJournal(path, { now: Date.now, random: Math.random, sanitize });
const lines = (path: string) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const begin = useHarness((options: HarnessOptions = {}) => ({ seed: safetyWorkspace(), ...options }));

const LIMIT = { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] };
/** A write that goes again after a 503. */
const TAG = { endpoint: 'churn', tags: { team: 'risk' } };
describe('every write is recorded before it is sent, and its outcome afterwards', () => {
  it.each(WRITES)('%s: %s', async (tool, _what, args) => {
    const path = fresh();
    const h = await begin({ journal: at(path), onAsk: () => ({ action: 'accept', content: { confirm: true } }) });
    const { data, isError } = await h.call(tool, args);
    expect(isError).toBe(false);
    const [first, second, ...rest] = lines(path);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      event: 'begin',
      id: second.id,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      host: h.sandbox.host,
      who: 'pat',
      tool,
      subject: {
        kind: expect.any(String),
        name: args.endpoint && tool !== 'attach_to_app' ? args.endpoint : expect.any(String),
      },
      call: expect.stringContaining(`${tool} {`),
      changes: expect.arrayContaining([expect.objectContaining({ field: expect.any(String) })]),
    });
    expect(second).toMatchObject({
      event: 'end',
      // A rollout waits for measurements after its change is done.
      outcome: data.outcome === 'waiting' && tool !== 'roll_out' ? 'started' : 'done',
      request_ids: expect.arrayContaining([expect.any(String)]),
    });
    const ids = h.sandbox.requests.filter((each) => each.method !== 'GET').map((each) => each.id);
    expect(second.request_ids).toEqual(ids);
    if (first.subject.kind === 'endpoint' && tool !== 'create_endpoint') expect(first.prior.config).toBeDefined();
  });

  it('the begin is on the disk while the request is on its way', async () => {
    const path = fresh();
    const seen: string[] = [];
    const h = await begin({ journal: at(path), onSleep: () => void seen.push(readFileSync(path, 'utf8')) });
    h.sandbox.faults.add({ match: { method: 'PATCH' }, times: 1, effect: { status: 503 } });
    await h.call('update_endpoint', TAG);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain('"event":"begin"');
    expect(seen[0]).not.toContain('"event":"end"');
  });

  it('a refusal, a preview and a call that changes nothing leave no line', async () => {
    const path = fresh();
    const h = await begin({ journal: at(path), policy: { protect_endpoints: ['split'] } });
    await h.call('set_rate_limits', { ...LIMIT, dry_run: true });
    await h.call('set_traffic', { endpoint: 'split', traffic: { 'churn-1': 1, 'churn-2': 99 } });
    await h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 5 }] });
    await h.call('delete_endpoint', { endpoint: 'churn' });
    await h.call('get_endpoint', { endpoint: 'churn' });
    await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    expect(existsSync(path)).toBe(false);
  });

  it('a refused write is recorded as failed, with the code', async () => {
    const path = fresh();
    const h = await begin({ journal: at(path), as: 'analyst@example.com' });
    await h.call('set_rate_limits', LIMIT);
    expect(lines(path)[1]).toMatchObject({ event: 'end', outcome: 'failed', code: 'PERMISSION_DENIED' });
  });

  it('--no-journal: writes still work, and list_changes and undo_change say why they have nothing', async () => {
    const h = await begin({ journal: null });
    expect((await h.call('set_rate_limits', LIMIT)).data.changed).toBe(true);
    for (const [tool, args] of [
      ['list_changes', {}],
      ['undo_change', { id: 'c1' }],
    ] as const) {
      expect((await h.call(tool, args)).data.error.code).toBe('no_journal');
    }
  });
});

describe('only its owner can read it', () => {
  it('the file has mode 0600 and its folder 0700', async () => {
    const path = fresh();
    await at(path).begin(RECORD);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  });

  it('a file that others could read is closed to them with the next line', async () => {
    const path = fresh();
    mkdirSync(dirname(path));
    writeFileSync(path, '', { mode: 0o644 });
    chmodSync(path, 0o666);
    await at(path).begin(RECORD);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('it contains no secret, wherever the secret was', async () => {
    const path = fresh();
    const journal = at(path);
    const secrets = Object.values(PLANTED_BY_FORM);
    const id = await journal.begin({
      ...RECORD,
      undo: [
        {
          tool: 'x',
          args: { note: PLANTED_BY_FORM.pat, url: `postgres://app:${PLANTED_BY_NAME.urlPassword}@db.example/x` },
        },
      ],
      call: `create_endpoint {"x":"${PLANTED_BY_FORM.openai}","password":"${PLANTED_BY_NAME.urlPassword}"}`,
      changes: secrets.map((secret) => ({ field: `field ${secret}`, from: secret, to: [secret] })),
      prior: {
        config: {
          served_entities: [{ environment_vars: { DB_PWD: PLANTED_BY_NAME.variable, MODE: secrets.join(' ') } }],
        },
        tags: [{ key: 'note', value: `postgres://app:${PLANTED_BY_NAME.urlPassword}@db.example/x` }],
      },
    });
    await journal.begin({
      ...RECORD,
      call: `update_endpoint {"tags":{"api_token":"${PLANTED_BY_NAME.variable}"}}`,
      undo: [{ tool: 'x', args: { tags: { api_token: PLANTED_BY_NAME.variable } } }],
      changes: [{ field: 'tags.db_password', from: PLANTED_BY_NAME.variable, to: PLANTED_BY_NAME.urlPassword }],
      prior: {
        config: { served_entities: [{ password: PLANTED_BY_NAME.variable }] },
        tags: [{ key: 'db_password', value: PLANTED_BY_NAME.variable }],
        resources: [{ env: { DB_PASSWORD: PLANTED_BY_NAME.clientSecret } }],
      },
    });
    await journal.end(id, { outcome: 'failed', code: `boom ${PLANTED_BY_FORM.jwt}` });
    const text = readFileSync(path, 'utf8');
    for (const secret of [...secrets, ...Object.values(PLANTED_BY_NAME)])
      expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
  });

  it('it lies in the state directory of the platform', () => {
    const home = '/home/me';
    expect(journalPath('linux', {}, home)).toBe('/home/me/.local/state/databricks-serving-mcp/changes.jsonl');
    expect(journalPath('linux', { XDG_STATE_HOME: '/state' }, home)).toBe(
      '/state/databricks-serving-mcp/changes.jsonl',
    );
    for (const relative of ['', 'state', './state', '../state'])
      expect(journalPath('linux', { XDG_STATE_HOME: relative }, home)).toBe(journalPath('linux', {}, home));
    for (const relative of ['', 'AppData'])
      expect(journalPath('win32', { LOCALAPPDATA: relative }, home)).toBe(journalPath('win32', {}, home));
    expect(journalPath('darwin', {}, home)).toContain('/home/me/Library/Application Support/');
    expect(journalPath('win32', { LOCALAPPDATA: '/local' }, home)).toBe('/local/databricks-serving-mcp/changes.jsonl');
  });
});

describe('a journal that cannot be written stops the write: nothing is sent', () => {
  const cases: [string, () => string][] = [
    ['its folder is a file', () => join(writtenFile(), 'changes.jsonl')],
    ['it is a folder', () => madeFolder()],
    ['it leads nowhere and round', () => loop()],
    ...(existsSync('/dev/full') ? [['it is a device', () => '/dev/full'] as [string, () => string]] : []),
    ...(process.platform === 'win32' ? [] : [['it is a named pipe', pipe] as [string, () => string]]),
  ];

  it.each(cases)('%s', async (_what, path) => {
    const h = await begin({ journal: at(path()) });
    for (const [tool, args] of [
      ['set_rate_limits', LIMIT],
      ['swap_version', { endpoint: 'churn', version: '2', alias: 'champion' }],
      ['set_alias', { model: 'ml.prod.churn', alias: 'champion', version: '2' }],
      ['create_endpoint', { endpoint: 'new', model: 'ml.prod.churn', version: '1' }],
      ['delete_endpoint', { endpoint: 'churn' }],
    ] as const) {
      const { data, isError } = await h.call(tool, args);
      if (tool === 'delete_endpoint' && !isError) continue; // it only showed
      expect(data.error).toMatchObject({ code: 'journal_unavailable', next: expect.stringContaining('--no-journal') });
    }
    expect(writes(h)).toEqual([]);
  });

  it.each(cases)('reading it says so as well, in words: %s', async (_what, path) => {
    const h = await begin({ journal: at(path()) });
    const listed = await h.call('list_changes');
    expect(listed.data.error?.code ?? 'empty').toMatch(/journal_unavailable|empty/);
    const undone = await h.call('undo_change', { id: 'c1' });
    expect(undone.data.error.code).toMatch(/journal_unavailable|unknown_change/);
  });

  it.skipIf(process.platform === 'win32')('a file that becomes a named pipe stops the next write', async () => {
    const path = fresh();
    const h = await begin({ journal: at(path) });
    await h.call('set_rate_limits', LIMIT);
    rmSync(path);
    execFileSync('mkfifo', [path]);
    const { data } = await h.call('update_endpoint', TAG);
    expect(data.error).toMatchObject({ code: 'journal_unavailable' });
    expect(writes(h)).toHaveLength(1);
  });

  it('a folder without write access, for users other than root', async () => {
    if (process.getuid?.() === 0) return; // root may write everywhere
    const path = fresh();
    mkdirSync(dirname(path), { mode: 0o500 });
    const h = await begin({ journal: at(path) });
    expect((await h.call('set_rate_limits', LIMIT)).data.error.code).toBe('journal_unavailable');
    expect(writes(h)).toEqual([]);
  });

  it('one that fails only once the write was made does not call the write an error, and says that the end is missing', async () => {
    const path = fresh();
    const h = await begin({
      journal: at(path),
      onSleep: () => {
        rmSync(path);
        mkdirSync(path);
      },
    });
    h.sandbox.faults.add({ match: { method: 'PATCH' }, times: 1, effect: { status: 503 } });
    const { data } = await h.call('update_endpoint', TAG);
    expect(data).toMatchObject({ changed: true, journal: expect.stringContaining('recording it failed') });
  });

  it('reads and queries still work', async () => {
    const h = await begin({ journal: at(join(writtenFile(), 'changes.jsonl')) });
    expect((await h.call('get_endpoint', { endpoint: 'churn' })).isError).toBe(false);
    expect((await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] })).isError).toBe(false);
    expect((await h.call('set_rate_limits', { ...LIMIT, dry_run: true })).isError).toBe(false);
  });

  it('the built program refuses too', async () => {
    const sandbox = await startSandboxProcess(60);
    const server = startServer(['--journal', join(writtenFile(), 'changes.jsonl')], sandbox.env);
    await server.initialize();
    const { structuredContent } = await server.callTool(1, 'update_endpoint', {
      endpoint: 'house-price',
      tags: { team: 'x' },
    });
    expect(structuredContent.error.code).toBe('journal_unavailable');
    const { requests } = await sandbox.get('/sandbox/requests');
    expect(requests.filter((each: { method: string }) => each.method !== 'GET')).toEqual([]);
  });
});

describe('a journal that is unreadable is read as far as it can be', () => {
  it.each<[string, string | Buffer]>([
    ['no JSON', 'not JSON at all'],
    ['a line that was cut', '{"event":"begin","id":"c1","at":"2026-01-01T00:00:00.000Z","ho'],
    ['another object', '{"level":"info","msg":"hello"}'],
    ['a begin without its fields', '{"event":"begin","id":"c1"}'],
    [
      'a begin with wrong fields',
      '{"event":"begin","id":"c1","at":1,"host":"x","who":"y","tool":"z","subject":"s","call":"c","changes":"no"}',
    ],
    ['an end with an unknown outcome', '{"event":"end","id":"c1","ended_at":"x","outcome":"maybe"}'],
    ['an unknown event', '{"event":"middle","id":"c1"}'],
    ['a list', '[1,2,3]'],
    ['null', 'null'],
    ['bytes that are not text', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
    ['nested beyond reason', `${'['.repeat(50_000)}`],
  ])('%s is counted and skipped, and the lines around it are kept', async (_what, garbage) => {
    const path = fresh();
    const h = await begin({ journal: at(path) });
    await h.call('set_rate_limits', LIMIT);
    const before = readFileSync(path);
    writeFileSync(path, Buffer.concat([Buffer.from(garbage), Buffer.from('\n'), before]));
    await h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 8 }] });
    const { data, isError } = await h.call('list_changes');
    expect(isError).toBe(false);
    expect(data).toMatchObject({ total: 2, unreadable_lines: 1 });
    expect(data.changes.map((each: { outcome: string }) => each.outcome)).toEqual(['done', 'done']);
    expect(readFileSync(path).subarray(0, Buffer.byteLength(garbage))).toEqual(Buffer.from(garbage));
  });

  it('a last line that was cut, as by a full disk, costs only itself', async () => {
    const path = fresh();
    const journal = at(path);
    await journal.end(await journal.begin(RECORD), { outcome: 'done' });
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `${text}{"event":"begin","id":"c9"`);
    await journal.end(await journal.begin(RECORD), { outcome: 'failed' });
    const { entries, unreadable } = await journal.read(EVERY_CHANGE);
    expect(unreadable).toBe(1);
    expect(entries.map((entry) => entry.outcome).sort()).toEqual(['done', 'failed']);
  });
});

describe('several servers and one journal', () => {
  it('lose nothing when they write at once', async () => {
    const path = fresh();
    const journals = Array.from({ length: 4 }, () => at(path));
    const long = 'y'.repeat(20_000);
    await Promise.all(
      journals.flatMap((journal, server) =>
        Array.from({ length: 50 }, async (_, number) => {
          const prior = number % 5 === 0 ? long : undefined;
          const id = await journal.begin({ ...RECORD, call: `server ${server} ${number}`, prior });
          await journal.end(id, { outcome: 'done' });
        }),
      ),
    );
    const { entries, unreadable } = await at(path).read(EVERY_CHANGE);
    expect(unreadable).toBe(0);
    expect(entries).toHaveLength(200);
    expect(entries.every((entry) => entry.outcome === 'done')).toBe(true);
  });

  it('two built programs at once: every change of both is in list_changes of either', async () => {
    const sandbox = await startSandboxProcess(60);
    const path = fresh();
    const servers = [1, 2].map(() => startServer(['--journal', path], sandbox.env));
    await Promise.all(servers.map((server) => server.initialize()));
    const calls = servers.flatMap((server, which) =>
      Array.from({ length: 10 }, (_, number) =>
        server.callTool(number, 'update_endpoint', { endpoint: 'house-price', tags: { [`s${which}`]: `v${number}` } }),
      ),
    );
    for (const result of await Promise.all(calls)) expect(result.structuredContent.changed).toBe(true);
    for (const server of servers) {
      const { structuredContent } = await server.callTool(99, 'list_changes', { limit: 50 });
      expect(structuredContent).toMatchObject({ total: 20 });
      expect(structuredContent.unreadable_lines).toBeUndefined();
      expect(new Set(structuredContent.changes.map((each: { outcome: string }) => each.outcome))).toEqual(
        new Set(['done']),
      );
    }
  });

  it('changes of another workspace are not shown', async () => {
    const path = fresh();
    await at(path).begin(RECORD);
    const h = await begin({ journal: at(path) });
    expect((await h.call('list_changes')).data).toMatchObject({ total: 0, note: expect.any(String) });
  });
});

describe('list_changes', () => {
  it('newest first, with what, outcome and how to undo; one change in full by its id', async () => {
    const h = await begin();
    await h.call('set_rate_limits', LIMIT);
    await h.call('update_endpoint', { endpoint: 'churn', tags: { team: 'risk' } });
    await h.call('set_alias', { model: 'ml.prod.churn', alias: 'champion', version: '2' });
    const { data } = await h.call('list_changes');
    expect(data.changes.map((each: { tool: string }) => each.tool)).toEqual([
      'set_alias',
      'update_endpoint',
      'set_rate_limits',
    ]);
    expect(data.changes[1]).toMatchObject({
      endpoint: 'churn',
      fields: ['tags.team'],
      outcome: 'done',
      undo: 'undo_change',
    });
    const one = (await h.call('list_changes', { id: data.changes[2].id })).data;
    expect(one).toMatchObject({
      changes: [{ field: 'rate_limits.user calls', from: 5, to: 9 }],
      prior: { ai_gateway: {} },
    });
    // The alias belongs to the model that churn serves.
    expect((await h.call('list_changes', { endpoint: 'churn' })).data.total).toBe(3);
    expect((await h.call('list_changes', { endpoint: 'talk' })).data.total).toBe(0);
    expect((await h.call('list_changes', { limit: 1 })).data).toMatchObject({ total: 3, omitted: 2 });
    expect((await h.call('list_changes', { id: 'c0' })).data.error.code).toBe('unknown_change');
  });
});

function writtenFile(): string {
  const path = fresh();
  mkdirSync(dirname(path));
  writeFileSync(path, 'a file');
  return path;
}

function madeFolder(): string {
  const path = fresh();
  mkdirSync(path, { recursive: true });
  return path;
}

function pipe(): string {
  const path = fresh();
  mkdirSync(dirname(path));
  execFileSync('mkfifo', [path]);
  return path;
}

function loop(): string {
  const path = fresh();
  mkdirSync(dirname(path));
  symlinkSync(path, path);
  return path;
}
