/** Statements on the SQL warehouse that a call names, and their failures as refusals. */
import { causeInText } from '../../src/advice/advice.ts';
import { howToEnable, Refusal, readOnlyRefusal } from '../../src/refusal.ts';
import { run, StatementError, StatementTimeout, type Table, type Warehouse, warehouses } from '../../src/rest/sql.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { lackOf } from '../../src/usage/failure.ts';
import { COLUMNS, type Query, quoted, type Scope, statementOf } from '../../src/usage/statement.ts';
import { missingColumns, type Row, rowsOf } from '../../src/usage/table.ts';
import { type Choice, chooseWarehouse, listed, nearWarehouses } from '../../src/usage/warehouse.ts';

/** All statements of a call, in milliseconds. Many clients end a call after a minute. */
const LIMIT = 45_000;

export interface Found {
  rows: Row[];
  truncated: boolean;
}

/** A warehouse that may be used. */
export interface Reader {
  warehouse: Warehouse;
  /** It was stopped, and the first statement starts it. */
  starts: boolean;
  /** The rows of a query. @throws Refusal that names a missing table, right or column. */
  read(query: Query, scope: Scope, tag: string): Promise<Found>;
  /** The columns of a table. @throws Refusal as above. */
  columns(parts: readonly string[], scope: Scope, tag: string): Promise<Table['columns']>;
}

type Context = Pick<ToolContext, 'http' | 'clock' | 'signal' | 'progress' | 'readOnly' | 'warehouse'>;

/**
 * Chooses the warehouse: that of the call, else that of the start of the server, else the only one that runs.
 * @param start whether the call allows that a stopped one starts. A read-only server never does.
 * @param limit milliseconds for all statements together.
 * @throws Refusal that lists the warehouses.
 */
export async function openWarehouse(
  context: Context,
  named: string | undefined,
  start: boolean,
  limit = LIMIT,
): Promise<Reader> {
  const { http, clock, signal } = context;
  const until = clock.now() + limit;
  const all = await warehouses(http);
  const wanted = named ?? context.warehouse;
  const choice = chooseWarehouse(all, wanted);
  if ('problem' in choice) throw noWarehouse(choice.problem, all, wanted, named === undefined);
  const { warehouse, starts } = choice;
  if (starts && (context.readOnly || !start)) throw stopped(warehouse, all, context.readOnly);

  async function table(query: Query, scope: Scope, tag: string): Promise<Table> {
    const onState = (state: string) =>
      context.progress(state === 'PENDING' ? 'waiting for the SQL warehouse' : 'the statement runs');
    const statement = statementOf(query, scope, tag);
    return run(http, statement, { warehouse: warehouse.id, clock, signal, until, onState });
  }

  /** A missing column by name, from the tables' own lists. */
  async function nameColumns(needs: Query['needs'], scope: Scope, tag: string): Promise<string[]> {
    const missing: string[] = [];
    for (const [name, columns] of Object.entries(needs)) {
      const found = await table(COLUMNS, { ...scope, table: quoted(name.split('.')) }, tag).catch((error: unknown) => {
        if (error instanceof StatementError) return undefined;
        throw error;
      });
      if (found) missing.push(...missingColumns(found, columns).map((column) => `${name}.${column}`));
    }
    return missing;
  }

  async function refusalOf(error: unknown, query: Query, scope: Scope, tag: string): Promise<unknown> {
    if (error instanceof StatementTimeout) return tooSlow(error, warehouse, limit);
    if (!(error instanceof StatementError)) return error;
    const tables = Object.keys(query.needs);
    const lack = lackOf(error, tables.length > 0 ? tables : [unquoted(scope.table)]);
    const missing = lack?.code === 'column_missing' ? await nameColumns(query.needs, scope, tag) : [];
    return failed(error, lack, missing);
  }

  return {
    warehouse,
    starts,
    async read(query, scope, tag) {
      try {
        const found = await table(query, scope, tag);
        const result = rowsOf(found, query.returns);
        if ('rows' in result) return { rows: result.rows, truncated: found.truncated };
        throw columnsMissing(result.missing, 'the result of the statement');
      } catch (error) {
        throw await refusalOf(error, query, scope, tag);
      }
    },
    async columns(parts, scope, tag) {
      const named = { ...scope, table: quoted(parts) };
      try {
        return (await table(COLUMNS, named, tag)).columns;
      } catch (error) {
        throw await refusalOf(error, COLUMNS, named, tag);
      }
    },
  };
}

function unquoted(table: string | undefined): string {
  return (table ?? '').replaceAll('`', '');
}

const CHOOSE = 'Name one with warehouse, by id or name.';
const COSTS =
  'A stopped one starts only with start_warehouse: true. A running warehouse costs money, so ask the user first.';
const SET = 'A person can also name one at the start of this server, with --warehouse.';

function noWarehouse(
  problem: Extract<Choice, { problem: string }>['problem'],
  all: readonly Warehouse[],
  wanted: string | undefined,
  byOption: boolean,
): Refusal {
  const name = `"${clip(wanted ?? '', 100)}"`;
  const correct = byOption ? ` It comes from --warehouse, which a person can correct. ` : ' ';
  const words: Record<typeof problem, [message: string, next: string]> = {
    unknown: [`there is no SQL warehouse ${name} that you can see`, `${CHOOSE}${correct}`.trim()],
    ambiguous: [`several SQL warehouses are called ${name}`, `Name one by its id.${correct}`.trim()],
    deleted: [`the SQL warehouse ${name} is deleted`, `${CHOOSE}${correct}`.trim()],
    none: [
      'there is no SQL warehouse that you can see, and usage is read over one',
      'Someone who manages a SQL warehouse grants CAN_USE on it to the identity of this server.',
    ],
    none_running: ['no SQL warehouse runs, and the call names none', `${CHOOSE} ${COSTS} ${SET}`],
    several_running: ['several SQL warehouses run, and the call names none', `${CHOOSE} ${SET}`],
  };
  const [message, next] = words[problem];
  const near = problem === 'unknown' && wanted !== undefined ? nearWarehouses(all, wanted) : [];
  return new Refusal(`warehouse_${problem}`, message, next, {
    ...(near.length > 0 ? { near } : {}),
    warehouses: listed(all),
  });
}

function stopped(warehouse: Warehouse, all: readonly Warehouse[], readOnly: boolean): Refusal {
  const data = { warehouse: listed([warehouse])[0], running: listed(all.filter((each) => each.state === 'RUNNING')) };
  if (readOnly)
    return readOnlyRefusal(
      'so it starts no SQL warehouse, and this one is stopped',
      'Name one that runs, or ask a person to start it.',
      data,
    );
  return new Refusal('warehouse_stopped', 'this SQL warehouse is stopped', `${COSTS} Or name one that runs.`, data);
}

function tooSlow({ state }: StatementTimeout, warehouse: Warehouse, limit: number): Refusal {
  const seconds = limit / 1000;
  const data = { warehouse: listed([warehouse])[0] };
  return state === 'PENDING'
    ? new Refusal(
        'warehouse_starting',
        `the SQL warehouse did not begin within ${seconds} s, so the statement was cancelled; it may still be starting`,
        'Repeat the call in a minute. A serverless warehouse starts within seconds, others take minutes.',
        data,
        { retryable: true },
      )
    : new Refusal(
        'statement_timeout',
        `the statement took longer than ${seconds} s and was cancelled`,
        'Ask for one endpoint or a shorter window, or name a larger warehouse.',
        data,
        { retryable: true },
      );
}

function failed(error: StatementError, lack: ReturnType<typeof lackOf>, missing: readonly string[]): Refusal {
  const data = { service_says: clip(error.detail, 400), sql_state: error.sqlState?.slice(0, 5) };
  if (missing.length > 0) return columnsMissing(missing, 'the tables of the service', data);
  if (lack) {
    // The name of an inference table is text from outside.
    const isSystem = lack.table?.startsWith('system.') === true;
    const table = lack.table === undefined ? 'a table of this report' : isSystem ? lack.table : 'the inference table';
    const message = {
      table_missing: `${table} does not exist, or it may not be seen`,
      right_missing: `${table} may not be read: a right is missing`,
      column_missing: `${table} lacks a column that this report needs`,
    }[lack.code];
    const named = isSystem || lack.table === undefined ? data : { ...data, table: clip(lack.table, 300) };
    return new Refusal(lack.code, message, lack.next, named);
  }
  const advice = causeInText(error.detail);
  const ended = error.state === 'FAILED' ? 'failed' : 'was ended in the workspace';
  return new Refusal(
    advice?.cause ?? 'statement_failed',
    `the statement ${ended}`,
    advice?.next ?? 'The query history of the warehouse has more about it. Repeat the call if the cause has gone.',
    data,
    { retryable: advice?.again ?? false },
  );
}

function columnsMissing(missing: readonly string[], where: string, data: Record<string, unknown> = {}): Refusal {
  const names = missing.slice(0, 5).join(', ');
  return new Refusal(
    'column_missing',
    `a column is missing in ${where}: ${names}`,
    'The service has changed its tables. A newer version of this server may know the new columns.',
    data,
  );
}

/** How a person allows what this server was not started for. */
export function needsPayloads(): Refusal {
  return new Refusal(
    'payloads_off',
    'this server was started without --payloads, so it does not read the bodies of requests: they are the data of customers',
    howToEnable('it', ['add --payloads']),
  );
}
