import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PATTERNS } from '../../src/doctor/contract-compare.ts';
import { DISK } from '../../src/doctor/contract-file.ts';
import { MAX_REQUESTS } from '../../src/doctor/contract-reader.ts';
import { CHECKS } from '../../src/doctor/contract-results.ts';
import { ANSWERS } from '../../src/sandbox/answers/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type DifferingService, type Planted, startDifferingService } from '../support/differing-service.ts';
import { EVIDENCE } from '../support/evidence.ts';
import { RUN_ALL } from '../support/selection.ts';
import { PLANTED } from './contract-planted.ts';
import { type Compared, compare, type Given } from './run-contract.ts';

/** Each asks the sandbox about 60 questions. The others are enough between two runs of all. */
const costly = it.runIf(RUN_ALL);

let sandbox: Sandbox;
let service: DifferingService;
let plain: Compared;
/** What the plain comparison asked. */
let asked: { method: string; path: string }[];

beforeAll(async () => {
  sandbox = await startSandbox({ clock: { kind: 'manual' } });
  service = await startDifferingService(sandbox.host);
  plain = await compare(service.host, sandbox.token);
  asked = [...sandbox.requests];
});
afterEach(() => service.plant([]));
afterAll(async () => {
  await service.close();
  await sandbox.close();
});

const confirmed = ({ report }: Compared) => report.confirmed.map(({ id }) => id);
const reasonOf = ({ report }: Compared, id: string) => report.not_reached.find((each) => each.id === id);

async function planted(plant: Planted[], given: Given = {}): Promise<Compared> {
  service.plant(plant);
  return compare(service.host, sandbox.token, given);
}

describe('against the plain sandbox', () => {
  it('finds no difference, and reaches all that its workspace has', () => {
    expect([plain.code, plain.report.differences, plain.report.summary.different]).toEqual([0, [], 0]);
    expect(plain.report.summary.confirmed).toBeGreaterThan(80);
    expect([...new Set(plain.report.not_reached.map(({ why }) => why))]).toEqual(['none']);
  });

  costly.each(['analyst@example.com', '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21'])(
    'finds no difference for a caller who is no admin: %s',
    async (who) => {
      const { code, report } = await compare(sandbox.host, sandbox.tokenOf(who));
      expect([code, report.differences]).toEqual([0, []]);
      expect(report.summary.confirmed).toBeGreaterThan(70);
    },
  );

  it('counts each behaviour of the sandbox once', () => {
    expect(new Set(CHECKS.map(({ row }) => row)).size).toBe(CHECKS.length);
    const known = EVIDENCE.map(({ id }) => id);
    expect(CHECKS.filter(({ row }) => !known.includes(row))).toEqual([]);
    expect(plain.report.summary.not_judged).toBe(EVIDENCE.length - CHECKS.length);
  });

  it('only reads, and asks a bounded number of questions', () => {
    expect([...new Set(asked.map(({ method }) => method))]).toEqual(['GET']);
    expect(asked.filter(({ path }) => /invocations|completions|embeddings|\/get$/.test(path))).toEqual([]);
    expect(asked.length).toBe(plain.report.requests);
    expect(plain.report.requests).toBeLessThanOrEqual(MAX_REQUESTS);
  });
});

describe('a planted difference', () => {
  it('has enough kinds', () => expect(new Set(PLANTED.map(({ name }) => name)).size).toBeGreaterThan(35));

  it.each(RUN_ALL ? PLANTED : PLANTED.slice(8, 9))(
    'is found, and nothing else: $name',
    async ({ plant, finds, touches }) => {
      const { code, report } = await planted(plant);
      const { service: said, ...place } = finds;
      const difference = { ...place, service: expect.stringContaining(said) };
      expect(report.differences).toContainEqual(expect.objectContaining(difference));
      expect(code).toBe(1);
      const still = new Set(report.confirmed.map(({ id }) => id));
      const lost = confirmed(plain).filter((id) => !still.has(id));
      // The long log of this sandbox has its first line only at some hours of the day.
      const expected = touches.filter((id) => id !== 'data.service-log' || confirmed(plain).includes(id));
      expect(lost.sort()).toEqual(expected.sort());
    },
  );

  it('is found next to all others', async () => {
    const together = PLANTED.filter(({ name }) => !/status|page in|JSON lines|another body/.test(name));
    const { report } = await planted(together.flatMap(({ plant }) => plant));
    const pointers = new Set(report.differences.map(({ pointer }) => pointer));
    expect(together.filter(({ finds }) => !pointers.has(finds.pointer)).map(({ name }) => name)).toEqual([]);
  });
});

describe('what cannot be reached names the reason', () => {
  const refused = { error_code: 'PERMISSION_DENIED', message: 'You may not.' };
  const closed = (path: RegExp, as: number, body: unknown = refused): Planted => ({
    path,
    status: () => true,
    as,
    json: () => body,
  });

  costly.each([
    ['apps', /\/api\/2\.0\/apps/, ['answer.app-page', 'app-missing-text', 'app-defaults'], 'CAN_USE on the app'],
    [
      'access lists',
      /permissions\/serving-endpoints\/[0-9a-f]{32}/,
      ['acl-by-id', 'answer.levels'],
      'CAN_MANAGE on the endpoint',
    ],
    ['secrets', /\/secrets\//, ['answer.scopes', 'scope-missing-text'], 'READ on the secret scope'],
    ['metrics', /metrics$/, ['data.metrics-gauges', 'answer.metrics'], 'CAN_VIEW on the endpoint'],
    ['catalogs', /unity-catalog\/(?:catalogs|schemas|metastore)/, ['catalog-objects'], 'USE CATALOG'],
  ] as const)('the right that is missing: %s', async (_name, path, rows, right) => {
    const result = await planted([closed(path, 403)]);
    for (const row of rows) {
      expect(reasonOf(result, row)).toMatchObject({ why: 'right', says: expect.stringContaining(right) });
    }
    expect(result.report.differences.filter(({ row }) => !/readable|no-view/.test(row ?? ''))).toEqual([]);
  });

  it('the scope that the token lacks, and no other word of the answer', async () => {
    const message = 'Provided OAuth token does not have required scopes: apps, zebra-secret';
    const result = await planted([closed(/\/api\/2\.0\/apps/, 403, { ...refused, message })]);
    expect(reasonOf(result, 'answer.app-page')).toMatchObject({
      why: 'scope',
      says: 'an OAuth scope of the token: apps',
    });
    expect(result.stdout).not.toContain('zebra');
  });

  costly.each([
    [404, 'absent', 'the service answered 404'],
    [501, 'feature', 'the workspace does not have the route (501)'],
    [500, 'failed', 'the service failed (500)'],
  ] as const)('a route that answers %i', async (status, why, says) => {
    const result = await planted([closed(/\/events/, status)]);
    for (const row of ['events-route', 'events-texts', 'answer.events'])
      expect(reasonOf(result, row)).toMatchObject({ why, says });
    expect(result.code).toBe(0);
  });

  costly('and the words of a refusal are compared, where the sandbox knows them', async () => {
    const said = (message: string) => planted([closed(/house-price\/metrics/, 403, { ...refused, message })]);
    const known = await said("User does not have permission 'View' on Endpoint house-price");
    expect(confirmed(known)).toContain('no-view-text');
    const other = await said('No.');
    expect(other.report.different.map(({ id }) => id)).toEqual(['no-view-text']);
  });

  costly('a feature that is off', async () => {
    const result = await planted([closed(/foundation-models/, 404, { ...refused, error_code: 'FEATURE_DISABLED' })]);
    expect(reasonOf(result, 'foundation-list')).toMatchObject({ why: 'feature' });
  });

  it('an answer that does not come in time', async () => {
    const result = await planted([{ path: /permissionLevels/, hang: true }], { patience: 60 });
    expect(reasonOf(result, 'answer.levels')).toMatchObject({ why: 'timeout' });
    expect(reasonOf(result, 'app-defaults')).toBeUndefined();
  });

  costly('a host that stops answering: the rest is not asked', async () => {
    const result = await planted([{ path: /serving-endpoints\/(?!databricks)/, hang: true }], { patience: 40 });
    expect(result.report.requests).toBeLessThan(30);
    expect(reasonOf(result, 'answer.app-page')).toMatchObject({ why: 'connection' });
  });

  costly('too little time', async () => {
    const result = await planted([], { tick: 9_000 });
    expect(result.report.requests).toBeLessThan(MAX_REQUESTS);
    expect(reasonOf(result, 'answer.scopes')).toMatchObject({ why: 'time' });
    expect(result.code).toBe(0);
  });
});

describe('a service that asks to wait', () => {
  it('is asked once more after that time, and no third time', async () => {
    const busy: Planted = {
      path: /scopes\/list$/,
      as: 429,
      headers: (headers) => Object.assign(headers, { 'retry-after': '7' }),
    };
    const result = await planted([
      { ...busy, json: () => ({ error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'Wait.' }) },
    ]);
    expect(result.pauses).toEqual([7_000]);
    expect(service.requests.filter(({ path }) => busy.path.test(path))).toHaveLength(2);
    expect(reasonOf(result, 'answer.scopes')).toMatchObject({ why: 'busy' });
  });

  costly('is not waited for when it asks for minutes', async () => {
    const later = (headers: Record<string, string>) => Object.assign(headers, { 'retry-after': '600' });
    const result = await planted([
      { path: /scopes\/list$/, as: 503, headers: later, json: () => ({ error_code: 'X', message: 'Wait.' }) },
    ]);
    expect(result.pauses).toEqual([]);
  });
});

describe('a workspace', () => {
  costly('in which an endpoint disappears meanwhile is compared by the next one', async () => {
    const gone: Planted = {
      path: /house-price$/,
      as: 404,
      json: () => ({ error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'x' }),
    };
    const { report } = await planted([gone]);
    expect(report.endpoints.filter(({ kind }) => kind === 'custom')).toHaveLength(2);
    expect(report.differences).toEqual([]);
  });

  costly('without anything in it is not reached, and breaks nothing', async () => {
    const users = [{ user_name: 'admin@example.com', admin: true, token: 'sandbox-admin-token' }];
    const empty = await startSandbox({ seed: { users, foundation_models: [] }, clock: { kind: 'manual' } });
    try {
      const { code, report } = await compare(empty.host, empty.token);
      expect([code, report.differences, report.endpoints]).toEqual([0, [], []]);
      expect(report.not_reached.length).toBeGreaterThan(40);
    } finally {
      await empty.close();
    }
  });

  costly('with 1,000 endpoints is asked as few questions', async () => {
    const many = (body: Record<string, unknown>) => {
      const [first] = (body.endpoints as Record<string, unknown>[]).filter(({ name }) => name === 'house-price');
      return {
        endpoints: Array.from({ length: 1_000 }, (_, at) => ({
          ...first,
          name: at === 0 ? 'house-price' : `copy-${at}`,
        })),
      };
    };
    const { report } = await planted([{ path: /serving-endpoints$/, json: many }]);
    expect(report.requests).toBeLessThanOrEqual(MAX_REQUESTS);
    expect(report.differences).toEqual([]);
  });

  costly('that answers with odd values in every place breaks nothing', async () => {
    for (const odd of [
      null,
      [],
      'text',
      7,
      { endpoints: [null, { name: '..' }, { name: 7 }] },
      { endpoints: { a: 1 } },
    ]) {
      const { code } = await planted([{ path: /./, json: () => odd }]);
      expect(code).toBe(1);
    }
  });
});

describe('a check that cannot run', () => {
  it.each<[string, Planted, string]>([
    ['the login is refused', { path: /./, status: () => true, as: 401 }, 'the workspace refused the login'],
    [
      'the host is no workspace',
      { path: /./, status: () => true, headers: (headers) => Object.assign(headers, { 'content-type': 'text/html' }) },
      'the host answers with pages',
    ],
  ])('says why, with an exit code of its own: %s', async (_name, plant, says) => {
    const result = await planted([plant]);
    expect(result.code).toBe(3);
    expect(result.stderr).toContain(says);
    expect(JSON.parse(result.stdout).could_not_run).toContain(says);
  });

  costly('because nothing listens', async () => {
    const { code, stderr } = await compare('http://127.0.0.1:9', 'token');
    expect(code).toBe(3);
    expect(stderr).toContain('the workspace did not answer');
    expect(stderr).not.toContain('127.0.0.1');
  });
});

describe('the report', () => {
  it('is for a person: the numbers first, then each difference with its place', async () => {
    const [{ plant } = { plant: [] }] = PLANTED.filter(({ name }) => name === 'another word for a stopped endpoint');
    const { stdout } = await planted(plant, { json: false });
    const lines = stdout.split('\n');
    expect(lines[2]).toMatch(
      /^\*\*2 behaviours differ, at 1 place\.\*\* \d+ behaviours are confirmed, and \d+ were not reached\./,
    );
    expect(stdout).toContain('## Different: 2 behaviours, 1 place\n');
    expect(stdout).toContain('databricks-serving-mcp 1.2.3, 2026-11-27, cloud: aws');
    expect(stdout).toContain('nothing was changed');
    expect(stdout).toContain(
      '1. `suspend`. Sandbox: `NOT_SUSPENDED | STOPPED`. Service: `PAUSED_BY_USER`. At `/state/suspend` of `GET /api/2.0/serving-endpoints/{name}`. In 1 answer: endpoint-3 (stopped). Behaviour `stopped-state`.',
    );
    expect(stdout.split(/\s+/).length).toBeLessThan(600);
  });

  costly('goes into a new file', async () => {
    const files = new Map<string, string>();
    const { code, stdout, stderr } = await planted([], { reportFile: 'report.md', files, json: false });
    expect([code, stdout]).toEqual([0, '']);
    expect(files.get('report.md')).toContain('# What this workspace answers');
    expect(stderr).toContain('The report is written');
  });

  it('never replaces a file, and says so before it asks anything', async () => {
    const files = new Map([['report.md', 'mine']]);
    const { code, stderr } = await planted([], { reportFile: 'report.md', files });
    expect([code, files.get('report.md'), service.requests]).toEqual([2, 'mine', []]);
    expect(stderr).toContain('exists already');
  });

  it('has one line for a difference at many places, and leaves out what no person reads', async () => {
    const flooded = (value: unknown, depth = 0): unknown => {
      if (Array.isArray(value)) return value.map((one) => flooded(one, depth));
      if (typeof value !== 'object' || value === null) return value;
      const old = Object.entries(value).map(([key, inner]): [string, unknown] => [key, flooded(inner, depth + 1)]);
      const more = Array.from({ length: 12 }, (_, at): [string, unknown] => [
        `${['new', 'old', 'max', 'min'][at % 4]}_${['rate', 'cost', 'time'][at % 3]}_v${depth}`,
        at,
      ]);
      return Object.fromEntries([...old, ...more]);
    };
    const everywhere: Planted = { path: /./, status: () => true, json: (body) => flooded(body) };
    const { stdout } = await planted([everywhere], { json: false });
    const lines = stdout.split('\n').filter((line) => /^\d+\. /.test(line));
    expect(lines).toHaveLength(30);
    expect(stdout).toMatch(/^\d{1,2} more differences are left out here/m);
    expect(stdout).toMatch(/^## Different: \d+ behaviours, \d{3,} places$/m);
    expect(stdout.length).toBeLessThan(20_000);
    if (!RUN_ALL) return;
    const { report } = await planted([everywhere]);
    expect(report.summary.places).toBeGreaterThan(500);
    expect(report.differences.length).toBeGreaterThanOrEqual(report.summary.places);
    expect(stdout).toContain(`${report.groups.length - 30} more differences are left out here`);
    expect(stdout).toContain(`${report.summary.different} behaviours, ${report.summary.places} places`);
  });

  it.each([
    ['a folder', '.', 'this is a folder'],
    ['a folder that does not exist', join('no-such-folder', 'x.md'), 'the folder of the file does not exist'],
    ['a file in the place of a folder', join('package.json', 'x.md'), 'a part of the path is a file'],
    ['a file', 'package.json', 'the file exists already'],
    ['a name that is too long', 'x'.repeat(300), 'the name of the file is too long'],
  ])('has no file, and nothing is asked, when its path is %s', async (_name, reportFile, says) => {
    const { code, stdout, stderr } = await planted([], { reportFile, disk: DISK });
    expect([code, stdout, service.requests]).toEqual([2, '', []]);
    expect(stderr).toContain(`--report: ${says}`);
  });

  it('is printed when the file cannot be written in the end', async () => {
    const create = () => Promise.reject(new Error('full'));
    const disk = { refusal: async () => undefined, create };
    const { code, stdout, stderr } = await planted([], { reportFile: 'report.md', disk, json: false });
    expect([code, stdout.split('\n')[0]]).toEqual([2, expect.stringContaining('# What this workspace answers')]);
    expect(stderr).toContain('could not be written');
  });

  it('has words for every pattern of the schemas', () => {
    const patterns = [...JSON.stringify(ANSWERS).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(([, text = '']) =>
      String(JSON.parse(text)),
    );
    // The key of an OpenAPI path has words of its own.
    const unsaid = patterns.filter((pattern) => !(pattern in PATTERNS) && !pattern.startsWith('^/served-models/'));
    expect(unsaid).toEqual([]);
  });
});
