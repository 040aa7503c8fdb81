import { constant, literalSql } from '../engine/casts.ts';
import { parseStatement } from '../engine/parse-query.ts';
import type { Raw } from '../engine/scalar-functions.ts';
import type { Value } from '../engine/scope.ts';
import { NotInEngine, SqlError } from '../engine/sql-error.ts';
import type { Statement } from '../engine/syntax.ts';
import { translateQuery } from '../engine/translate-query.ts';
import { apiName, type SqlType, STRING, typeNamed, typeText, VOID } from '../engine/types.ts';
import { apiText, castText } from '../engine/values.ts';
import type { ResultColumn, StatementOutcome } from '../state/sql-state.ts';
import type { Principal, Workspace } from '../state/state.ts';
import { allTables, findTable, fullName, type Looker } from './catalog.ts';
import type { StatementInput } from './check-statement.ts';
import { missingRight } from './rights.ts';
import { forgetStore, loadTable, type Store, storeOf } from './store.ts';

/** The most bytes of an inline result. */
const INLINE_BYTES = 25 * 2 ** 20;

/** Runs a statement at a moment. A statement that the service would refuse is an outcome, and so is one that only it can run. */
export async function runStatement(
  workspace: Workspace,
  principal: Principal,
  input: StatementInput,
  now: number,
): Promise<StatementOutcome | { kind: 'unsupported'; message: string }> {
  const { catalog = 'hive_metastore', schema = 'default' } = input;
  try {
    const store = await storeOf(workspace);
    return outcomeOf(store, { workspace, principal, catalog, schema, now }, input);
  } catch (error) {
    if (error instanceof NotInEngine) return { kind: 'unsupported', message: error.message };
    // evidence: sql-failed-is-200
    if (error instanceof SqlError) {
      return { kind: 'failure', error_code: 'BAD_REQUEST', message: error.message, sql_state: error.sql_state };
    }
    // SQLite ran out of memory, or wrote where it may not. Its tables are lost, and the next statement reads them again.
    if (error instanceof Error && error.name === 'RuntimeError') forgetStore(workspace);
    const said = error instanceof Error ? error.message : String(error);
    return { kind: 'unsupported', message: `The SQL engine of the sandbox cannot run this statement: ${said}.` };
  }
}

function outcomeOf(store: Store, looker: Looker, input: StatementInput): StatementOutcome {
  const statement = parseStatement(input.statement);
  if (statement.kind !== 'query') return listed(looker, statement);
  const { sql, columns } = translateQuery(statement.query, {
    ...{ now: looker.now, user: looker.principal.name, catalog: looker.catalog, schema: looker.schema },
    params: paramsOf(input),
    table: (name) => {
      const table = findTable(looker, name);
      const { catalog, schema, name: last } = table;
      return {
        sql: loadTable(store, table, looker.workspace, looker.now),
        path: [catalog, schema, last],
        columns: table.columns,
      };
    },
  });
  return collected(store, sql, columns, input);
}

/** The rows of a query, up to the limits of the call. */
function collected(
  store: Store,
  sql: string,
  columns: readonly { name: string; type: SqlType }[],
  { row_limit, byte_limit }: StatementInput,
): StatementOutcome {
  const rows: (string | null)[][] = [];
  let bytes = 0;
  let truncated = false;
  let tooLarge = false;
  store.opened.each(sql, (values: Raw[]) => {
    if (row_limit !== undefined && rows.length >= row_limit) {
      truncated = true;
      return false;
    }
    const row = columns.map(({ type }, at) => apiText(values[at], type));
    bytes += row.reduce((sum, cell) => sum + Buffer.byteLength(cell ?? 'null') + 3, 2);
    if (byte_limit !== undefined && bytes > byte_limit) {
      truncated = true;
      return false;
    }
    tooLarge = bytes > INLINE_BYTES;
    rows.push(row);
    return !tooLarge;
  });
  if (tooLarge) {
    // evidence: sql-inline-limit
    const message = `Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result size of at most ${INLINE_BYTES} bytes. Please execute the statement with disposition=EXTERNAL_LINKS if you want to download the full result.`;
    return { kind: 'failure', error_code: 'BAD_REQUEST', message };
  }
  return { kind: 'result', columns: columns.map(resultColumn), rows, truncated };
}

function resultColumn({ name, type }: { name: string; type: SqlType }): ResultColumn {
  const { precision, scale } = type;
  const digits = type.name === 'DECIMAL' ? { precision: precision ?? 10, scale: scale ?? 0 } : {};
  return { name, type_name: apiName(type), type_text: typeText(type), ...digits };
}

/** The named parameters as values. A text that does not fit its type is the service's error. evidence: sql-parameters */
function paramsOf({ parameters = [] }: StatementInput): Map<string, Value> {
  const all = parameters.map(({ name, value, type = 'STRING' }): [string, Value] => {
    const known = typeNamed(type);
    if (known === undefined && type.toUpperCase() !== 'VOID')
      throw new NotInEngine(`its parameter ${name} has the type ${type}`);
    if (value === undefined || known === undefined) return [name.toLowerCase(), constant('NULL', known ?? VOID)];
    return [name.toLowerCase(), constant(literalSql(castText(value, known, false), known), known)];
  });
  return new Map(all);
}

const text = (...names: string[]): ResultColumn[] =>
  names.map((name) => ({ name, type_name: apiName(STRING), type_text: 'STRING' }));

/** Statements that list what there is. Their columns are those of Databricks SQL. */
function listed(looker: Looker, statement: Exclude<Statement, { kind: 'query' }>): StatementOutcome {
  const rows = (columns: ResultColumn[], all: (string | null)[][]): StatementOutcome => ({
    kind: 'result',
    columns,
    rows: all,
    truncated: false,
  });
  const readable = allTables(looker).filter(
    (each) => missingRight(looker.workspace, looker.principal, each) === undefined,
  );
  switch (statement.kind) {
    case 'describe': {
      const table = findTable(looker, statement.table);
      const lines = table.columns.map(({ name, type }) => [name, typeText(type).toLowerCase(), null]);
      return rows(text('col_name', 'data_type', 'comment'), lines);
    }
    case 'show-tables': {
      const [catalog = '', schema = ''] = fullName(looker, [...statement.schema, '']);
      const like = statement.like === null ? null : wildcard(statement.like);
      const found = readable.filter(
        (each) => each.catalog === catalog && each.schema === schema && (like === null || like.test(each.name)),
      );
      const columns = [
        ...text('database', 'tableName'),
        { name: 'isTemporary', type_name: 'BOOLEAN', type_text: 'BOOLEAN' },
      ];
      return rows(
        columns,
        found.map((each) => [each.schema, each.name, 'false']),
      );
    }
    case 'show-schemas': {
      const catalog = statement.catalog[0] ?? looker.catalog;
      const known = [...looker.workspace.schemas.keys(), ...readable.map((each) => `${each.catalog}.${each.schema}`)];
      const mine = known.filter((each) => each.startsWith(`${catalog}.`)).map((each) => each.slice(catalog.length + 1));
      return rows(
        text('databaseName'),
        [...new Set([...mine, 'information_schema'])].sort().map((each) => [each]),
      );
    }
    case 'show-catalogs': {
      const names = new Set(['system', ...looker.workspace.catalogs.keys(), ...readable.map((each) => each.catalog)]);
      return rows(
        text('catalog'),
        [...names].sort().map((each) => [each]),
      );
    }
  }
}

/** A pattern of SHOW TABLES: a star is any text, and a bar is a choice. */
function wildcard(like: string): RegExp {
  const choices = like.split('|').map((part) =>
    part
      .trim()
      .replace(/[.+?^${}()[\]\\]/g, '\\$&')
      .replaceAll('*', '.*'),
  );
  return new RegExp(`^(?:${choices.join('|')})$`, 'i');
}
