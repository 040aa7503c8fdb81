/** What must hold of an answer, whatever happened on the way: derived from the kind of request that was hit, never written cell by cell. */
import { expect } from 'vitest';
import type { Fault } from '../matrix/faults.ts';
import { mayRepeat, type Point, type Row, replacesWhole } from '../matrix/rows.ts';
import type { Answer } from './harness.ts';

/** One call under one fault, and what could be seen of it. */
export interface Cell {
  row: Row;
  point: Point;
  fault: Fault;
  answer: Answer;
  /** The same call without a fault. */
  reference: Answer;
  /** Requests of the call, those for tokens apart. */
  requests: { method: string; path: string }[];
  /** Requests that the fault could hit, in this call and in the one without a fault. */
  hits: number;
  hitsWithout: number;
  renewed: boolean;
  /** Whether the tool is one that changes something. */
  writes: boolean;
  before: World;
  after: World;
  /** The world after the call without a fault. */
  goal: World;
  /** What the journal says of the writes of this call. */
  noted: (string | undefined)[];
}

/** The part of the sandbox's state that a person would call the state of the workspace. */
export interface World {
  endpoints: Record<string, { serves: string[]; ready: boolean; pending: boolean; settings: unknown }>;
  aliases: Record<string, Record<string, number>>;
  apps: unknown;
}

/** Words in which an answer admits that it does not know. */
const OPEN = /it is not known|may have run|may have been moved|the answer was cut/i;

/** @returns what the agent is told, in one word. */
export function expectTruth(cell: Cell): string {
  const { row, point, fault, answer, before, after, goal } = cell;
  const { writes } = cell;
  const { data, isError } = answer;
  const same = (a: World, b: World) => JSON.stringify(a) === JSON.stringify(b);
  const unknown = OPEN.test(`${data.error?.message} ${data.error?.next} ${data.next}`);

  if (isError) {
    expect(data.error).toMatchObject({
      code: expect.stringMatching(/^[A-Za-z_0-9]+$/),
      message: expect.stringMatching(/\S/),
      next: expect.stringMatching(/\S/),
      retryable: expect.any(Boolean),
    });
    expect(data.error.message.length).toBeLessThan(1_500);
    // An error is never about less than what happened, and never about more.
    if (data.changed === true) expect(same(after, before), 'it says changed').toBe(false);
    else if (!unknown && writes) expect(same(after, before), 'it says neither changed nor unknown').toBe(true);
    if (unknown) expect(data.error.retryable, 'what may have run is not called retryable').toBe(false);
    const open = fault.fate === 'silent' || fault.fate === 'done';
    if (point === 'ask' && open) expect(unknown, 'a model that may have run').toBe(true);
    if (!writes && point !== 'ask') expect(unknown, 'a read changes nothing').toBe(false);
  } else if (data.changed === true) {
    if (data.outcome !== 'waiting') expect(after, 'it says changed').toEqual(goal);
    else expect(same(after, before)).toBe(false);
  } else if (data.changed === false) {
    expect(after, 'it says unchanged').toEqual(before);
  }
  expectNoFalseReady(cell);
  expectSentOnce(cell);
  expectJournalTrue(cell, unknown);
  if (
    !isError &&
    data.changed === undefined &&
    fault.fate !== 'old' &&
    data.incomplete === undefined &&
    data.outcome !== 'waiting'
  )
    expect(shape(data)).toBe(shape(cell.reference.data));

  const succeeds = mustSucceed(cell);
  if (succeeds !== undefined && row.streams === undefined)
    expect(isError, succeeds ? 'it could go on and must' : 'nothing came back').toBe(!succeeds);
  return word(cell, unknown);
}

/** `ready` speaks of what is asked for, and an alias is where the answer says. */
function expectNoFalseReady({ row, answer: { data }, after }: Cell): void {
  if (data.outcome === 'ready') {
    const found = after.endpoints[String(row.args.endpoint ?? 'churn')];
    expect(found).toMatchObject({ ready: true, pending: false });
    const { version, model = 'ml.prod.churn' } = row.args;
    if (typeof version === 'string' && !version.startsWith('@')) expect(found?.serves).toContain(`${model} ${version}`);
  }
  if (data.alias?.name !== undefined)
    expect(data.alias.version).toBe(after.aliases['ml.prod.churn']?.[data.alias.name] ?? null);
}

/** What may have had its effect is not sent again; what was not accepted a few times at most, and what replaces a whole only with a new token. */
function expectSentOnce({ row, point, fault, requests }: Cell): void {
  const counts = new Map<string, number>();
  for (const { method, path } of requests) {
    if (method !== 'GET') counts.set(`${method} ${path}`, (counts.get(`${method} ${path}`) ?? 0) + 1);
  }
  for (const [request, count] of counts) {
    const [method = '', path = ''] = request.split(' ');
    const hit =
      point !== 'look' && point !== 'wait' && matches(point === 'second' ? row.second : row.change, method, path);
    const again = hit && (mayRepeat({ method, path }) || fault.fate === 'unheard');
    const tries = replacesWhole({ method, path }) ? (refusesToken(fault) ? 2 : 1) : 5;
    // Undoing a swap makes the same requests as its previews name, once.
    expect(count, request).toBeLessThanOrEqual(again ? tries : 1);
  }
}

function expectJournalTrue({ row, answer, noted, before, after, requests }: Cell, unknown: boolean): void {
  const happened = JSON.stringify(after) !== JSON.stringify(before);
  const sent = requests.some(({ method, path }) => method !== 'GET' && !path.endsWith('/invocations'));
  for (const outcome of noted) expect(outcome, 'every write that was begun has an end').toBeDefined();
  if (noted.length === 0) {
    expect(sent, 'nothing is sent that was not noted').toBe(false);
    return;
  }
  const last = noted[0];
  if (last === 'failed') expect(happened, 'noted as failed').toBe(false);
  const { changed, outcome, error } = answer.data;
  // A continuation that only waited has sent nothing.
  if (!answer.isError) expect(last).toBe(changed === false ? 'failed' : outcome === 'waiting' ? 'started' : 'done');
  else if (error.code === 'outcome_unseen') expect(last).toBe('started');
  // Of one that goes on with an earlier call, that one's part was done.
  else expect(last).toBe(unknown ? 'unknown' : changed === true || row.resumes ? 'partly' : 'failed');
}

const refusesToken = ({ name }: Fault) => name.startsWith('expired');

/** Whether the call must succeed all the same; undefined where both are true answers. */
function mustSucceed({ point, fault, hits, row }: Cell): boolean | undefined {
  if (hits === 0) return true;
  const reads = point === 'look' || point === 'wait';
  const request = point === 'second' ? row.second : row.change;
  const gaveUp = ['HTML', 'login page', 'huge', '429 +1h'].includes(fault.name);
  if (fault.fate === 'answered' || fault.fate === 'old') return true;
  if (fault.times === 'always') return undefined;
  if (gaveUp) return point === 'wait' || row.patient ? undefined : false;
  if (reads) return true;
  if (fault.fate === 'unheard') return !(request && replacesWhole(request)) || refusesToken(fault);
  if (point === 'ask') return false;
  if (fault.fate === 'done') return true;
  return request !== undefined && mayRepeat(request) ? true : undefined;
}

function word({ answer: { data, isError }, point, fault, hits, hitsWithout, renewed }: Cell, unknown: boolean): string {
  if (hits === 0) return '·';
  if (isError) return data.changed === true ? 'changed' : unknown ? 'unknown' : 'error';
  if (data.incomplete !== undefined) return 'cut';
  if (data.outcome === 'waiting') return 'waiting';
  if (renewed && refusesToken(fault)) return 'renewed';
  if (hits > hitsWithout) return 'retried';
  const lost = fault.fate === 'done' || fault.fate === 'silent';
  return lost && (point === 'change' || point === 'second') ? 'looked' : 'ok';
}

export function matches(request: { method: string; path: string } | undefined, method: string, path: string): boolean {
  if (!request || request.method !== method) return false;
  const pattern = request.path
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('**', '.+')
    .replace(/(?<!\.)\*/g, '[^/]*');
  return new RegExp(`^${pattern}$`).test(path);
}

/** An answer without what differs from run to run. */
function shape(data: unknown): string {
  return JSON.stringify(data)
    .replace(/[0-9a-f]{8,}/g, '#')
    .replace(/\[[a-z0-9]{10}\]/g, '[#]')
    .replace(/\d+(\.\d+)?/g, '#');
}

/** The world as a dump of the sandbox tells it. */
export function worldOf(dump: unknown): World {
  const { endpoints, models, apps } = dump as {
    // biome-ignore lint/suspicious/noExplicitAny: the dump is the sandbox's own state, looked into field by field
    endpoints: Record<string, any>;
    models: Record<string, { aliases: Record<string, number> }>;
    apps: Record<string, { resources: unknown }>;
  };
  const anonymous = (value: unknown) =>
    JSON.parse(
      JSON.stringify(value ?? null).replace(/[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/g, 'ID'),
    );
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const config = (each: any) =>
    each && {
      version: each.config_version,
      // biome-ignore lint/suspicious/noExplicitAny: as above
      entities: each.served_entities.map((entity: any) => entity.config),
      routes: each.routes,
    };
  return {
    endpoints: Object.fromEntries(
      Object.entries(endpoints).map(([name, each]) => [
        name,
        {
          serves: (each.config?.served_entities ?? [])
            .filter((entity: { deployment: string }) => entity.deployment === 'DEPLOYMENT_READY')
            .map(
              (entity: { config: Record<string, unknown> }) =>
                `${entity.config.entity_name} ${entity.config.entity_version}`,
            ),
          ready: each.config !== null,
          pending: each.pending !== null,
          settings: anonymous({
            config: config(each.config),
            pending: config(each.pending),
            tags: each.tags,
            gateway: each.ai_gateway,
            grants: each.grants,
            notifications: each.email_notifications,
          }),
        },
      ]),
    ),
    aliases: Object.fromEntries(Object.entries(models).map(([name, { aliases }]) => [name, aliases])),
    apps: anonymous(Object.values(apps).map((app) => app.resources)),
  };
}

const UNORDERED = new Set(['rate_limits', 'grants', 'tags', 'routes', 'served_entities']);

/** Everything that a person set, without the number of the config, which only grows. */
export function settingsOf(sandbox: { dump(): unknown }) {
  const { endpoints, aliases, apps } = worldOf(sandbox.dump());
  const text = JSON.stringify({ endpoints, aliases, apps }, (key, value) => (key === 'version' ? undefined : value));
  return JSON.parse(text, (key, value) =>
    UNORDERED.has(key) ? inOrder(value) : key === 'notifications' ? noted(value) : value,
  );
}

/** A list whose order the service does not keep, each member with its fields in order. An app's principal keeps what it was once given. */
function inOrder(list: Record<string, unknown>[]): string[] {
  return list
    .filter((each) => each.kind !== 'service_principal_name')
    .map((each) => JSON.stringify(Object.entries(each).sort()))
    .sort();
}

/** Addresses; nobody is nobody, said or not. */
function noted(value: Record<string, string[]> | null): unknown {
  return Object.entries(value ?? {}).filter(([, addresses]) => addresses.length > 0);
}
