/** The form of the report: short whatever was found, and one line for one cause. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CHECKS, type Check, type Status } from '../../src/doctor/check.ts';
import { asJson, asText, MAX_LINES, type Report } from '../../src/doctor/report.ts';

function report(checks: Check[]): Report {
  const ok = checks.every(({ status }) => status !== 'failed');
  return { ok, server: 'server', version: '1.2.3', workspace: 'https://a.example', sandbox: false, checks };
}

const statuses = fc.constantFrom<Status>('ok', 'warning', 'failed', 'not_checked');
const finding = (check: Check['check'], client?: string) =>
  fc.record({ status: statuses, other: fc.constantFrom('needs host', 'needs identity', 'not known') }).map(
    ({ status, other }): Check => ({
      check,
      ...(client === undefined ? {} : { client }),
      status,
      says: status === 'not_checked' ? other : `what ${check} ${client ?? ''} found`,
      ...(status === 'failed' || status === 'warning' ? { remedy: `Remedy of ${check} ${client ?? ''}.` } : {}),
    }),
  );
const CLIENTS = ['claude-desktop', 'claude-code', 'cursor', 'vscode', 'codex', 'gemini'];
const anything = fc.tuple(...CHECKS.map((check) => finding(check)), ...CLIENTS.map((name) => finding('clients', name)));

it('has fifteen lines at most, and loses no failure and no remedy', () => {
  fc.assert(
    fc.property(anything, (checks) => {
      const text = asText(report(checks));
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(MAX_LINES);
      for (const { status, says, remedy } of checks) {
        if (status === 'failed' || status === 'warning') expect(text).toContain(says);
        if (remedy !== undefined) expect(text).toContain(remedy);
      }
    }),
  );
});

it('says in its first line how many checks failed, and gives each remedy a line where there is room', () => {
  const text = asText(
    report([
      { check: 'node', status: 'ok', says: 'Node 20 runs this server' },
      { check: 'host', status: 'failed', says: 'no way to https://a.example', remedy: 'Check the VPN.' },
      { check: 'clock', status: 'not_checked', says: 'needs host' },
      { check: 'identity', status: 'not_checked', says: 'needs host' },
      { check: 'may_list', status: 'not_checked', says: 'needs host' },
      { check: 'clients', client: 'cursor', status: 'warning', says: 'switched off', remedy: 'Switch it on.' },
    ]),
  );
  expect(text.split('\n')).toEqual([
    'server 1.2.3: 1 of 6 checks failed, 1 with a warning, 3 not checked',
    'ok       node    Node 20 runs this server',
    'FAILED   host    no way to https://a.example',
    '         -> Check the VPN.',
    'skipped  clock, identity, may list: needs host',
    'warning  cursor  switched off',
    '         -> Switch it on.',
    '',
  ]);
});

it('is one JSON object with the same content', () => {
  const found = report([{ check: 'node', status: 'ok', says: 'fine' }]);
  expect(JSON.parse(asJson(found))).toEqual(found);
});

it('is documented: the README lists every check and every key', () => {
  const readme = readFileSync(new URL('../../src/doctor/README.md', import.meta.url), 'utf8');
  const listed = [...readme.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(listed.filter((name) => CHECKS.some((check) => check === name))).toEqual([...CHECKS]);
  const check: Required<Check> = { check: 'clients', client: 'cursor', status: 'failed', says: 'x', remedy: 'y' };
  for (const key of Object.keys(report([]))) expect(readme).toContain(`\`${key}\``);
  for (const key of Object.keys(check)) expect(readme).toContain(`\`checks[].${key}\``);
});

it('shows what a client has as long as there is room, and folds first what tells little', () => {
  const fine = CHECKS.filter((check) => check !== 'clients').map(
    (check): Check => ({ check, status: 'ok', says: `${check} is fine` }),
  );
  const entries = (count: number) =>
    Array.from(
      { length: count },
      (_, index): Check => ({
        check: 'clients',
        client: 'cursor',
        status: 'ok',
        says: `entry ${index} in this project`,
      }),
    );
  const few = asText(report([...fine, ...entries(2)]));
  expect(few).toMatch(/^ok {2}node, proxy, certificates, clock, policy$/m);
  expect(few).toMatch(/^ok {2}identity +identity is fine$/m);
  const more = asText(report([...fine, ...entries(9)]));
  expect(more).toMatch(/^ok {2}node, server, /m);
  expect(more).toMatch(/^ok {2}cursor {2}entry 8 in this project$/m);
  const many = asText(report([...fine, ...entries(40)]));
  expect(many.trimEnd().split('\n')).toHaveLength(2);
  expect(many).toMatch(/, policy, cursor$/m);
});
