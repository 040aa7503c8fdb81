/** Single checks with arguments that this machine cannot give: other versions, clocks, disks and systems. */
import { chmodSync, symlinkSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { checkClock } from '../../src/doctor/clock-skew.ts';
import { checkJournal, type Disk, disk } from '../../src/doctor/files.ts';
import { checkNode } from '../../src/doctor/program.ts';
import { checkCertificates, checkProxy } from '../../src/doctor/way.ts';
import { makeHome, removeHomes } from './run-doctor.ts';

afterAll(removeHomes);

const PROGRAM = {
  name: 'databricks-serving-mcp',
  version: '0.1.0',
  started: '/x/server.mjs',
  file: '/x/server.mjs',
  engines: '>=20.18.1 <21 || >=22.3.0',
};

describe('Node', () => {
  it.each([
    ['18.20.4', 'failed'],
    ['20.9.0', 'failed'],
    ['20.18.0', 'failed'],
    ['20.18.1', 'ok'],
    ['20.20.2', 'ok'],
    ['21.7.3', 'failed'],
    ['22.2.0', 'failed'],
    ['22.3.0', 'ok'],
    ['23.0.0', 'ok'],
    ['26.1.0-nightly', 'ok'],
  ])('%s is %s', (version, status) => {
    const found = checkNode(version, PROGRAM);
    expect(found.status).toBe(status);
    if (status === 'failed') expect(found.remedy).toMatch(/^Install Node 22\.3\.0 or later/);
  });
});

describe('the clock', () => {
  const minutes = (count: number) => count * 60_000;
  it.each([
    [0, 'ok', /to the second/],
    [1_500, 'ok', /to the second/],
    [-20_000, 'ok', /20 s behind/],
    [minutes(-1), 'warning', /60 s behind/],
    [minutes(4.9), 'warning', /5 minutes ahead/],
    [minutes(5), 'failed', /5 minutes ahead of the host, so OAuth tokens/],
    [minutes(-600), 'failed', /10 hours behind/],
  ])('%s ms ahead is %s', (ahead, status, says) => {
    const found = checkClock(new URL('https://a.example'), { theirs: 1_000_000, ours: 1_000_000 + ahead });
    expect([found.status, found.says]).toEqual([status, expect.stringMatching(says)]);
  });

  it('is not judged without a Date header, nor by the simulated clock of a sandbox', () => {
    expect(checkClock(new URL('https://a.example'), undefined).status).toBe('not_checked');
    expect(checkClock(new URL('http://127.0.0.1:1'), { theirs: 0, ours: minutes(60) }).status).toBe('ok');
  });
});

describe('the proxy', () => {
  it.each<[string, Record<string, string>, string, RegExp]>([
    ['https://a.example', {}, 'ok', /no proxy is set/],
    [
      'https://a.example',
      { HTTPS_PROXY: 'http://me:secret@p.corp:8080' },
      'ok',
      /^HTTPS_PROXY names the proxy p\.corp:8080$/,
    ],
    ['https://a.example', { http_proxy: 'p.corp' }, 'ok', /^http_proxy names the proxy p\.corp:80$/],
    [
      'https://a.example',
      { HTTPS_PROXY: 'p.corp:1', NO_PROXY: '.example' },
      'ok',
      /does not count for a\.example: NO_PROXY lists it/,
    ],
    ['https://a.example', { HTTPS_PROXY: 'p.corp:1', no_proxy: '*' }, 'ok', /no_proxy lists it/],
    ['http://127.0.0.1:1', { HTTP_PROXY: 'p.corp:1' }, 'ok', /this machine is never reached through a proxy/],
    [
      'https://a.example',
      { ALL_PROXY: 'socks5://p.corp:1' },
      'warning',
      /^ALL_PROXY is set, but this server does not read it/,
    ],
    ['https://a.example', { HTTPS_PROXY: 'http://' }, 'failed', /^HTTPS_PROXY is not the address of a proxy$/],
  ])('for %s with %j', (origin, env, status, says) => {
    const { finding } = checkProxy(new URL(origin), env);
    expect([finding.status, finding.says]).toEqual([status, expect.stringMatching(says)]);
    expect(finding.says).not.toContain('secret');
  });
});

describe('certificates', () => {
  const read = async (path: string) => (path === '/ca.pem' ? '-----BEGIN CERTIFICATE-----\n' : 'nothing of the kind');
  it.each([
    [{}, 'ok', /^Node's own$/],
    [{ NODE_EXTRA_CA_CERTS: '/ca.pem' }, 'ok', /those in \/ca\.pem/],
    [{ NODE_EXTRA_CA_CERTS: '/other' }, 'failed', /\/other, which has no certificate in PEM form/],
    [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'warning', /switches the check of certificates off/],
  ])('%j', async (env, status, says) => {
    const found = await checkCertificates(env, read);
    expect([found.status, found.says]).toEqual([status, expect.stringMatching(says)]);
  });
});

describe('the journal', () => {
  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('that this user may not read', async () => {
    const home = makeHome({ 'changes.jsonl': '' });
    chmodSync(`${home}/changes.jsonl`, 0o000);
    const found = await checkJournal(`${home}/changes.jsonl`, Date.now, roomy);
    expect([found.status, found.says]).toEqual(['failed', expect.stringMatching(/\(EACCES\)$/)]);
  });

  const roomy: Disk = { freeBytes: async () => 1e9, typeOf: async () => 0xef53, mayCreateIn: async () => {} };
  const refuse = (code: string) => async () => {
    throw Object.assign(new Error(code), { code });
  };
  it.skipIf(process.platform === 'win32').each<[string, string, RegExp, RegExp]>([
    ['loop', 'a/x.jsonl', /: its links lead to each other \(ELOOP\)$/, /^Correct or remove the links\./],
    ['loop of itself', 'a', /: its links lead to each other \(ELOOP\)$/, /^Correct or remove the links\./],
    ['file', 'file/deep/x.jsonl', /: .*\/file is not a folder \(ENOTDIR\)$/, /^Name a file in a folder/],
    [
      'dangling link',
      'gone/x.jsonl',
      /: .*\/gone is a link to .*\/none\/there, which does not exist$/,
      /^Make the folder .* or remove the link/,
    ],
    [
      'link into no folder',
      'gone',
      /: it is a link to .*\/none\/there, and there is no folder .*\/none$/,
      /^Make the folder/,
    ],
    ['name without end', 'n'.repeat(300), /: its name is too long \(ENAMETOOLONG\)$/, /^Choose a shorter name/],
  ])('whose place is wrong: %s', async (_what, path, says, remedy) => {
    const home = makeHome({ file: '' });
    for (const [from, to] of [
      ['a', 'b'],
      ['b', 'a'],
      ['gone', 'none/there'],
    ] as const)
      symlinkSync(to, `${home}/${from}`);
    const found = await checkJournal(`${home}/${path}`, Date.now, disk);
    expect(found).toMatchObject({
      status: 'failed',
      says: expect.stringMatching(says),
      remedy: expect.stringMatching(remedy),
    });
    expect(found.remedy).toMatch(/name another file with --journal FILE|--journal FILE, or use/);
  });

  it.skipIf(process.platform !== 'linux').each(['/proc/x/y', '/proc/self/comm', '/sys/kernel/x'])(
    'in a place of the kernel: %s',
    async (path) => {
      const found = await checkJournal(path, Date.now, { ...disk, freeBytes: async () => 0 });
      expect(found).toMatchObject({
        status: 'failed',
        says: expect.stringMatching(/ belongs to the kernel, which keeps no files there$/),
        remedy: expect.stringMatching(/^Choose a folder on a disk/),
      });
    },
  );

  it.skipIf(process.platform === 'win32')('through a link to a file that is made later', async () => {
    const home = makeHome({ 'real/x': '' });
    symlinkSync('real/changes.jsonl', `${home}/link`);
    expect((await checkJournal(`${home}/link`, Date.now, roomy)).status).toBe('ok');
  });

  const line = JSON.stringify({ event: 'end', id: 'c1', ended_at: 'x', outcome: 'done' });

  it.each<[string, string, Partial<Disk>, string, RegExp]>([
    ['that does not exist yet', 'new/deep/changes.jsonl', {}, 'ok', /can be created$/],
    ['with lines of another program', 'changes.jsonl', {}, 'warning', /2 lines cannot be read$/],
    ['that is empty', 'empty.jsonl', {}, 'ok', /has 0 changes$/],
    [
      'in a folder that cannot be written',
      'new/changes.jsonl',
      { mayCreateIn: refuse('EACCES') },
      'failed',
      /\(EACCES\)$/,
    ],
    [
      'on a file system that cannot be written',
      'changes2.jsonl',
      { mayCreateIn: refuse('EROFS') },
      'failed',
      /\(EROFS\)$/,
    ],
    ['on a full disk', 'empty.jsonl', { freeBytes: async () => 4096 }, 'failed', /is full \(4 KiB free\)$/],
    ['on a disk of unknown size', 'empty.jsonl', { freeBytes: async () => undefined }, 'ok', /has 0 changes$/],
  ])('%s', async (_what, file, change, status, says) => {
    const home = makeHome({ 'changes.jsonl': `not JSON\n${line}\n{"event":"begin"}\n`, 'empty.jsonl': '' });
    const found = await checkJournal(`${home}/${file}`, Date.now, { ...roomy, ...change });
    expect([found.status, found.says]).toEqual([status, expect.stringMatching(says)]);
    if (status === 'failed') expect(found.remedy).toMatch(/--journal FILE/);
  });
});
