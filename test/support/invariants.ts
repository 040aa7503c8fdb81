/** Statements that every answer must satisfy. They follow from the kind of request that the fault hit, and are never written cell by cell. */
import { expect } from 'vitest';
import type { Fault } from '../matrix/faults.ts';
import { mayRepeat, type Point, type Row, replacesWhole } from '../matrix/rows.ts';
import type { Answer } from './harness.ts';

/** One call under one fault, with everything that was observed. */
export interface Cell {
  row: Row;
  point: Point;
  fault: Fault;
  answer: Answer;
  /** The same call without a fault. */
  reference: Answer;
  /** Requests of the call, except those for tokens. */
  requests: { method: string; path: string; body?: unknown }[];
  /** Number of requests that the fault matches, in this call and in the call without a fault. */
  hits: number;
  hitsWithout: number;
  renewed: boolean;
  /** The tool is a write. */
  writes: boolean;
  before: WorkspaceState;
  after: WorkspaceState;
  /** The state after the call without a fault. */
  goal: WorkspaceState;
  /** Outcomes in the journal for the writes of this call. */
  outcomes: (string | undefined)[];
}

/** The part of the sandbox's state that users see as their workspace. */
export interface WorkspaceState {
  endpoints: Record<string, { serves: string[]; ready: boolean; pending: boolean; settings: unknown }>;
  aliases: Record<string, Record<string, number>>;
  apps: unknown;
  /** Comment, config and grants of each model service. */
  services: Record<string, unknown>;
}

/** Words of an answer that admits an unknown outcome, or an answer of the model that could not be read. */
const OPEN =
  /may or may not have|may have run|the answer was cut|accepted with an empty answer|answered, and this could not be read/i;

/** Checks all invariants of a cell. @returns the answer in one word, for MATRIX.md. */
export function expectInvariants(cell: Cell): string {
  const { row, point, fault, answer, before, after, goal } = cell;
  const { writes } = cell;
  const { data, isError } = answer;
  const same = (a: WorkspaceState, b: WorkspaceState) => JSON.stringify(a) === JSON.stringify(b);
  const unknown = OPEN.test(`${data.error?.message} ${data.error?.next} ${data.note}`);

  if (isError) {
    expect(data.error).toMatchObject({
      code: expect.stringMatching(/^[A-Za-z_0-9]+$/),
      message: expect.stringMatching(/\S/),
      next: expect.stringMatching(/\S/),
      retryable: expect.any(Boolean),
    });
    expect(data.error.message.length).toBeLessThan(1_500);
    // An error reports exactly the change that happened.
    if (data.changed === true) expect(same(after, before), 'it says changed').toBe(false);
    else if (!unknown && writes)
      expect(same(after, before), 'it reports neither a change nor an unknown outcome').toBe(true);
    if (unknown) expect(data.error.retryable, 'a request that may have run is not retryable').toBe(false);
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
    expect(isError, succeeds ? 'it could succeed and must' : 'no answer came back').toBe(!succeeds);
  return word(cell, unknown);
}

/** `ready` refers to the requested version, and the alias points where the answer says. */
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

const isStatement = (path: string) => path.startsWith('/api/2.0/sql/statements');

/** A request that may have taken effect is sent once, and so is each statement of a report. A rejected one has few retries, and a full replacement only one, with a new token. */
function expectSentOnce({ row, point, fault, requests }: Cell): void {
  const counts = new Map<string, number>();
  for (const { method, path, body } of requests) {
    const request = `${method} ${path}${isStatement(path) ? ` ${JSON.stringify(body)}` : ''}`;
    if (method !== 'GET') counts.set(request, (counts.get(request) ?? 0) + 1);
  }
  for (const [request, count] of counts) {
    const [method = '', path = ''] = request.split(' ');
    const hit =
      point !== 'look' && point !== 'wait' && matches(point === 'second' ? row.second : row.change, method, path);
    const again = hit && (mayRepeat({ method, path }) || fault.fate === 'unheard');
    const tries = replacesWhole({ method, path }) ? (refusesToken(fault) ? 2 : 1) : 5;
    expect(count, request).toBeLessThanOrEqual(again ? tries : 1);
  }
}

function expectJournalTrue({ row, answer, outcomes, before, after, requests }: Cell, unknown: boolean): void {
  const happened = JSON.stringify(after) !== JSON.stringify(before);
  // An inference and a statement are no writes.
  const isWrite = (path: string) => !isStatement(path) && !/\/invocations$|^\/ai-gateway\//.test(path);
  const sent = requests.some(({ method, path }) => method !== 'GET' && isWrite(path));
  for (const outcome of outcomes) expect(outcome, 'every write in the journal has an outcome').toBeDefined();
  if (outcomes.length === 0) {
    expect(sent, 'no write is sent without a journal entry').toBe(false);
    return;
  }
  const last = outcomes[0];
  if (last === 'failed') expect(happened, 'the journal says failed').toBe(false);
  const { changed, outcome, error } = answer.data;
  // A call that only continued a wait changed nothing. A rollout waits for measurements after its change is done.
  const waits = outcome === 'waiting' && (row.tool !== 'roll_out' || last === 'started');
  if (!answer.isError) expect(last).toBe(changed === false ? 'failed' : waits ? 'started' : 'done');
  else if (error.code === 'outcome_unseen') expect(last).toBe('started');
  // A call that resumes an earlier one counts the earlier part as done.
  else expect(last).toBe(unknown ? 'unknown' : changed === true || row.resumes ? 'partly' : 'failed');
}

const refusesToken = ({ name }: Fault) => name.startsWith('expired');

/** Whether the call must succeed despite the fault. Undefined where success and failure are both correct. */
function mustSucceed({ point, fault, hits, row }: Cell): boolean | undefined {
  if (hits === 0) return true;
  const reads = point === 'look' || point === 'wait';
  const request = point === 'second' ? row.second : row.change;
  const gaveUp = ['HTML', 'login page', 'huge', '429 +1h'].includes(fault.name);
  if (fault.fate === 'answered' || fault.fate === 'old') return true;
  if (fault.times === 'always') return undefined;
  // No later try, and no read, can make up for a success that was none.
  if (fault.name === 'empty' && !reads) return false;
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

/** An answer without the parts that differ from run to run. Metrics are as old as their minute is at the start of the clock. */
function shape(data: unknown): string {
  return JSON.stringify(data)
    .replace(/"seconds_behind":\d+,/, '')
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '#')
    .replace(/[0-9a-f]{8,}/g, '#')
    .replace(/\[[a-z0-9]{5}\]/g, '[#]')
    .replace(/\d+(\.\d+)?/g, '#');
}

/** Reads the state of the workspace from a dump of the sandbox. */
export function workspaceState(dump: unknown): WorkspaceState {
  const { endpoints, models, apps, model_services } = dump as {
    // biome-ignore lint/suspicious/noExplicitAny: the dump is the sandbox's own state, read field by field
    endpoints: Record<string, any>;
    models: Record<string, { aliases: Record<string, number> }>;
    apps: Record<string, { resources: unknown }>;
    model_services: Record<string, { comment: string; config: unknown; grants: unknown }>;
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
            description: each.description,
            budget: each.budget_policy_id,
            telemetry: each.telemetry,
          }),
        },
      ]),
    ),
    aliases: Object.fromEntries(Object.entries(models).map(([name, { aliases }]) => [name, aliases])),
    apps: anonymous(Object.values(apps).map((app) => app.resources)),
    services: Object.fromEntries(
      Object.entries(model_services).map(([name, { comment, config, grants }]) => [
        name,
        {
          comment,
          config,
          rights: anonymous(Object.entries(grants ?? {}))
            .map(String)
            .sort(),
        },
      ]),
    ),
  };
}

const UNORDERED = new Set(['rate_limits', 'grants', 'tags', 'routes', 'served_entities']);

/** All settings, without the config version, which only grows. */
export function workspaceSettings(sandbox: { dump(): unknown }) {
  const { endpoints, aliases, apps, services } = workspaceState(sandbox.dump());
  const text = JSON.stringify({ endpoints, aliases, apps, services }, (key, value) =>
    key === 'version' ? undefined : value,
  );
  return JSON.parse(text, (key, value) =>
    UNORDERED.has(key) ? inOrder(value) : key === 'notifications' ? withAddresses(value) : value,
  );
}

/** Sorts a list whose order the service does not keep. An app's principal keeps its grants, so they are left out. */
function inOrder(list: Record<string, unknown>[]): string[] {
  return list
    .filter((each) => each.kind !== 'service_principal_name')
    .map((each) => JSON.stringify(Object.entries(each).sort()))
    .sort();
}

/** The notifications with addresses. An empty list equals an absent one. */
function withAddresses(value: Record<string, string[]> | null): unknown {
  return Object.entries(value ?? {}).filter(([, addresses]) => addresses.length > 0);
}
