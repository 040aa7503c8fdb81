/**
 * The fault matrix: every tool, at every point where it meets the service, under every fault. Each cell checks the answer, the state of the
 * workspace and the number of requests (`support/invariants.ts`). MATRIX.md lists the answers.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Journal, memoryJournal } from '../../src/journal/journal.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { tools } from '../../tools/index.ts';
import { type ClosableProxy, startClosableProxy } from '../support/closable-proxy.ts';
import { type Answer, EVERY_CHANGE, type Harness, start } from '../support/harness.ts';
import { expectInvariants, matches, type WorkspaceState, workspaceState } from '../support/invariants.ts';
import { PLANTED_BY_FORM, PLANTED_BY_NAME, refuseSecrets } from '../support/planted-secrets.ts';
import { BOT, safetyWorkspace } from '../support/safety-workspace.ts';
import { RUN_ALL } from '../support/selection.ts';
import { CHURN_PATH } from '../support/workspace.ts';
import { FAULTS, type Fault, MAX_BODY } from './faults.ts';
import { type Other, type Point, ROWS, type Row } from './rows.ts';

const FILE = new URL('MATRIX.md', import.meta.url);
const UPDATE_COMMAND = 'UPDATE=1 npm run test:all -- test/matrix/matrix.test.ts';
/** A call that takes longer hangs. Milliseconds; a cell takes about ten. */
const PATIENCE = 30_000;

/** Called at the next journal begin and at the next sleep. Each cell sets its own. */
let onBegin: (() => Promise<void>) | undefined;
let onSleep: (() => Promise<void>) | undefined;
let harness: Harness;
let proxy: ClosableProxy;
let journal: Journal;
/** What `journal` keeps. Each cell has a new one: thousands of entries of earlier cells would make every read slow. */
let kept: Journal;
/** Ids of the journal entries that the call under test began or ended. */
const touched = new Set<string>();
const words = new Map<string, Map<string, string>>();

beforeAll(async () => {
  journal = {
    path: undefined,
    read: (query) => kept.read(query),
    async begin(record) {
      await onBegin?.();
      const id = await kept.begin(record);
      touched.add(id);
      return id;
    },
    // A call that resumes an earlier one only ends its entry.
    async end(id, ended) {
      touched.add(id);
      await kept.end(id, ended);
    },
  };
  harness = await start({
    seed: safetyWorkspace(),
    client: BOT,
    journal,
    maxBody: MAX_BODY,
    via: async (host) => {
      proxy = await startClosableProxy(host);
      return proxy.host;
    },
    onAsk: () => ({ action: 'accept', content: { confirm: true } }),
    onSleep: async () => onSleep?.(),
  });
});
afterAll(async () => {
  await harness.close();
  await proxy.close();
});

/** Another client, past the proxy and all faults. */
const other: Other = async (method, path, body) => {
  const response = await fetch(harness.sandbox.host + path, {
    method,
    headers: { authorization: `Bearer ${harness.sandbox.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
};

/** Resets the workspace for a row. @returns the arguments of its call. */
async function prepare(row: Row): Promise<Record<string, unknown>> {
  onBegin = undefined;
  onSleep = undefined;
  await proxy.reopen();
  harness.sandbox.reset();
  kept = memoryJournal({ now: () => harness.sandbox.clock.now(), random: Math.random, sanitize });
  // A stale read then differs from the current state.
  await other('PATCH', `${CHURN_PATH}/tags`, { add_tags: [{ key: 'marker', value: 'new' }] });
  const more = (await row.before?.(other, harness)) ?? {};
  return { ...row.args, ...more };
}

interface Run {
  answer: Answer;
  before: WorkspaceState;
  after: WorkspaceState;
  requests: { method: string; path: string; body?: unknown }[];
  renewed: boolean;
  outcomes: (string | undefined)[];
}

async function run(row: Row, arm: () => Promise<void>): Promise<Run> {
  const { sandbox } = harness;
  const args = await prepare(row);
  const before = workspaceState(sandbox.dump());
  touched.clear();
  const start = sandbox.requests.length;
  await arm();
  const hang = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('the call hangs')), PATIENCE).unref();
  });
  const answer = await Promise.race([harness.call(row.tool, args), hang]);
  sandbox.faults.clear();
  const { entries } = await journal.read(EVERY_CHANGE);
  refuseSecrets(
    { journal: JSON.stringify(entries) },
    { ...PLANTED_BY_FORM, ...PLANTED_BY_NAME, 'token of the sandbox': sandbox.token },
  );
  const all = sandbox.requests.slice(start).map(({ method, path, body }) => ({ method, path, body }));
  return {
    answer,
    before,
    after: workspaceState(sandbox.dump()),
    requests: all.filter((each) => !/^\/(oidc|\.well-known)\//.test(each.path)),
    renewed: all.some((each) => each.path === '/oidc/v1/token'),
    outcomes: entries.filter((entry) => touched.has(entry.id)).map((entry) => entry.outcome),
  };
}

/** The requests that a fault at this point hits. */
function target(row: Row, point: Point): { method: string; path: string } {
  if (point === 'look' || point === 'wait') return { method: 'GET', path: '/api/**' };
  const request = point === 'second' ? row.second : row.change;
  if (!request) throw new Error(`${row.tool} has no request for ${point}`);
  return request;
}

/** Sets up the fault so that it happens at this point and not earlier. */
async function arm(row: Row, point: Point, fault: Fault): Promise<void> {
  const { sandbox } = harness;
  const { effects } = fault;
  if (effects === 'refused') {
    const reopenNow = async () => {
      onSleep = undefined;
      await proxy.reopen();
    };
    const closeNow = async () => {
      onBegin = undefined;
      onSleep = fault.times === 'once' ? reopenNow : undefined;
      await proxy.close();
    };
    if (point === 'look' || point === 'ask') await closeNow();
    else if (point === 'change') onBegin = closeNow;
    else
      onBegin = async () => {
        onBegin = undefined;
        onSleep = closeNow; // the first sleep after the write
      };
    return;
  }
  const times = fault.fate === 'old' ? { times: row.reads ?? 3 } : fault.times === 'once' ? { times: 1 } : {};
  const add = async () => {
    onBegin = undefined;
    for (const effect of effects) sandbox.faults.add({ match: target(row, point), ...times, effect });
  };
  // A fault for the reads after the write must not hit the reads before it.
  if (point === 'wait') onBegin = add;
  else await add();
}

/** The proxy closes at the begin of a write, so never between two writes. Faults of streams apply to streams only. */
function applies(row: Row, point: Point, fault: Fault): boolean {
  if (fault.effects === 'refused') return point !== 'second' && !(row.resumes && point === 'change');
  return fault.streams === undefined || row.streams === true;
}

/** One HTTP client sends all requests, and one runner all writes. So `npm test` tries every fault in these rows alone. */
const WITH_EVERY_FAULT = new Set([
  'get_endpoint · look',
  'swap_version · change',
  'swap_version · second',
  'query_endpoint · ask',
]);
/** One fault of each kind. At reads: retries that run out, a cut answer, a new login. */
const READ_FAULTS = ['503…', 'cut JSON', 'expired 401'];
/** At writes also silence, a page, those that leave open whether the write happened, and an outdated answer. */
const WRITE_FAULTS = [...READ_FAULTS, 'reset before', 'HTML', 'refused', 'reset after', '502', 'late empty', 'stale'];
/** What only a stream can meet, and a cut before its first text. */
const STREAM_FAULTS = ['cut JSON', 'cut SSE', 'error event'];
/** Another row of `npm test` has one fault in three of its kind. The next row has the next ones, so that each meets several tools. */
const ONE_OF = 3;

interface Place {
  row: Row;
  point: Point;
  name: string;
}

const rowName = (row: Row, point: Point) => `${row.tool}${row.what ? ` (${row.what})` : ''} · ${point}`;

const cells: Place[] = ROWS.flatMap((row) => row.points.map((point) => ({ row, point, name: rowName(row, point) })));

function isChosen({ row, point, name }: Place, fault: Fault): boolean {
  if (!applies(row, point, fault)) return false;
  if (RUN_ALL || WITH_EVERY_FAULT.has(name)) return true;
  if (point === 'ask') return STREAM_FAULTS.includes(fault.name);
  const reads = point === 'look';
  const kinds = reads ? READ_FAULTS : WRITE_FAULTS;
  const turn = cells.filter((each) => (each.point === 'look') === reads).findIndex((each) => each.name === name);
  return kinds.includes(fault.name) && (kinds.indexOf(fault.name) + turn) % ONE_OF === 0;
}

it('`npm test` tries every fault at a read, at a write and at an inference, and every row with some', () => {
  expect(cells.map(({ name }) => name)).toEqual(expect.arrayContaining([...WITH_EVERY_FAULT]));
  const names = FAULTS.map((fault) => fault.name);
  expect(names).toEqual(expect.arrayContaining([...WRITE_FAULTS, ...STREAM_FAULTS]));
  const chosen = (place: Place) => FAULTS.filter((fault) => isChosen(place, fault)).map((fault) => fault.name);
  for (const place of cells) expect(chosen(place), place.name).not.toEqual([]);
  expect(names.filter((name) => !cells.some((place) => chosen(place).includes(name)))).toEqual([]);
  const others = cells.filter(({ name, point }) => !WITH_EVERY_FAULT.has(name) && point !== 'ask');
  for (const fault of WRITE_FAULTS)
    expect(others.filter((place) => chosen(place).includes(fault)).length, fault).toBeGreaterThan(ONE_OF);
});

const effectOf = (row: Row) => tools.find((tool) => tool.name === row.tool)?.effect ?? 'read';

it('every tool has rows, so that a new tool is tested too', () => {
  expect([...new Set(ROWS.map((row) => row.tool))].sort()).toEqual(tools.map((tool) => tool.name).sort());
  for (const tool of tools.filter((each) => each.effect === 'write' || each.effect === 'destroy'))
    expect(ROWS.filter((row) => row.tool === tool.name).flatMap((row) => row.points)).toContain('change');
});

describe.each(cells)('$name', (place) => {
  const { row, point, name } = place;
  let reference: Run;
  beforeAll(async () => {
    reference = await run(row, async () => {});
    expect(reference.answer.data.error).toBeUndefined();
  });

  it.each(FAULTS.filter((fault) => isChosen(place, fault)))('$name: the answer is true', async (fault) => {
    const seen = await run(row, () => arm(row, point, fault));
    const hit = (requests: Run['requests']) =>
      requests.filter((each) => matches(target(row, point), each.method, each.path)).length;
    const hitsWithout = hit(reference.requests);
    const told = expectInvariants({
      ...seen,
      row,
      point,
      fault,
      reference: reference.answer,
      goal: reference.after,
      hits: fault.effects === 'refused' && hitsWithout > 0 ? 1 + hit(seen.requests) : hit(seen.requests),
      hitsWithout,
      writes: ['write', 'destroy'].includes(effectOf(row)),
    });
    const line = words.get(name) ?? new Map();
    words.set(name, line.set(fault.name, told));
  });
});

describe('MATRIX.md', () => {
  it('shows the answers of this run (UPDATE=1 writes it)', () => {
    if (process.env.UPDATE === '1') {
      if (!RUN_ALL) throw new Error(`MATRIX.md needs every cell: ${UPDATE_COMMAND}`);
      writeFileSync(FILE, render(new Map()));
    }
    const text = readFileSync(FILE, 'utf8');
    expect(text).toBe(render(RUN_ALL ? new Map() : cellsOf(text)));
  });
});

/** The cells of MATRIX.md by the name of their row. */
function cellsOf(text: string): Map<string, string[]> {
  const rows = text.split('\n').filter((line) => line.startsWith('| '));
  return new Map(
    rows.map((line) => {
      const [name = '', ...rest] = line.slice(2, -2).split(' | ');
      return [name, rest];
    }),
  );
}

/** @param known cells of rows for the faults that this run left out. */
function render(known: Map<string, string[]>): string {
  const word = (place: Place, fault: Fault, column: number) => {
    const { row, point, name } = place;
    if (!applies(row, point, fault)) return '';
    const seen = words.get(name)?.get(fault.name);
    return seen ?? (isChosen(place, fault) ? '?' : (known.get(name)?.[column] ?? '?'));
  };
  const line = (values: string[]) => `| ${values.join(' | ')} |`;
  return [
    '# Answers to an agent when a request fails',
    '',
    `\`${UPDATE_COMMAND}\` writes this file. In each cell the test checks the answer against the state of`,
    'the workspace, and that no request that may have taken effect was sent again.',
    '',
    'A row is a tool and the point where the fault hits it: `look` is the reads before the write, `change` the write, `wait` the reads after it,',
    '`second` a second write, `ask` an inference. A column is a fault. It hits one request, and with `…` every request.',
    '',
    '| word | the agent receives |',
    '|---|---|',
    '| ok | the answer; the fault made no difference |',
    '| retried, renewed | the answer, after a retry or with a new token |',
    '| looked | the answer; the reply was lost, and a read found its effect |',
    '| waiting | a report that the change is still in progress, and how to continue |',
    '| cut | the text up to the break of the stream, and that it broke |',
    '| error | an error; nothing was changed |',
    '| changed | an error, and that the change was made |',
    '| unknown | an error, and that the change or the inference may or may not have taken effect |',
    '| · | the call does not reach this point |',
    '',
    line(['', ...FAULTS.map((fault) => fault.name)]),
    line(['---', ...FAULTS.map(() => '---')]),
    ...cells.map((place) => line([place.name, ...FAULTS.map((fault, column) => word(place, fault, column))])),
    '',
  ].join('\n');
}
