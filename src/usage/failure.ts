/** What a failed statement lacks, and who can provide it (fact W1). Pure. */
import type { StatementError } from '../rest/sql.ts';

export interface Lack {
  code: 'table_missing' | 'right_missing' | 'column_missing';
  /** The table that the service names, or the only one that the statement reads. */
  table: string | undefined;
  /** Who does what, in words of ours. */
  next: string;
}

/** By their SQL states, which say more than the words. Without one, the words decide. */
const KINDS: readonly { code: Lack['code']; states: readonly string[]; words: RegExp }[] = [
  {
    code: 'table_missing',
    states: ['42P01'],
    words: /\[(TABLE_OR_VIEW|SCHEMA|CATALOG)_NOT_FOUND\]|NO_SUCH_(CATALOG|SCHEMA)/,
  },
  {
    code: 'column_missing',
    states: ['42703', '42704'],
    words: /\[(UNRESOLVED_COLUMN|FIELD_NOT_FOUND|NO_SUCH_STRUCT_FIELD)/,
  },
  {
    code: 'right_missing',
    states: ['42501'],
    words: /\[INSUFFICIENT_PERMISSIONS\]|does not have (SELECT|USE SCHEMA|USE CATALOG)|PERMISSION_DENIED/i,
  },
];

/**
 * What is missing. Undefined for any other failure.
 * @param tables what the statement reads, such as `system.serving.endpoint_usage`.
 */
export function lackOf(
  error: Pick<StatementError, 'sqlState' | 'detail'>,
  tables: readonly string[],
): Lack | undefined {
  const { sqlState, detail } = error;
  const kind =
    KINDS.find(({ states }) => sqlState !== undefined && states.includes(sqlState)) ??
    KINDS.find(({ words }) => words.test(detail));
  if (kind === undefined) return undefined;
  const said = detail.replaceAll('`', '');
  const named = tables.filter((table) => said.includes(table));
  const bySchema = tables.filter((table) => said.includes(schemaOf(table)));
  const table = named[0] ?? (tables.length === 1 ? tables[0] : bySchema.length === 1 ? bySchema[0] : undefined);
  return { code: kind.code, table, next: adviceOn(kind.code, table ?? tables[0] ?? '') };
}

function schemaOf(table: string): string {
  return table.split('.').slice(0, 2).join('.');
}

function adviceOn(code: Lack['code'], table: string): string {
  const isSystem = table.startsWith('system.');
  if (code === 'column_missing')
    return 'The columns of the table have changed. A newer version of this server may know them.';
  if (isSystem && code === 'table_missing')
    return `An account admin enables the schema ${schemaOf(table)}. A metastore admin then grants USE SCHEMA and SELECT on it: without them, a table also looks absent.`;
  if (isSystem)
    return `An account or metastore admin grants the identity of this server USE CATALOG on system, and USE SCHEMA and SELECT on ${schemaOf(table)}.`;
  if (code === 'table_missing')
    return 'An inference table appears with its first rows, some minutes after the first request. Without SELECT on it, it also looks absent: its owner grants that.';
  return 'The owner of the table grants SELECT on it, with USE CATALOG and USE SCHEMA above it, to the identity of this server.';
}
