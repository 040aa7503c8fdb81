/** Failures of SQL statements and warehouses. Every failed statement has the same code, so only the words tell them apart. */
import type { Row } from './row.ts';

export const SQL: readonly Row[] = [
  {
    id: 'sql_table_missing',
    words: ['[TABLE_OR_VIEW_NOT_FOUND]'],
    again: false,
    who: 'caller',
    say: 'The table does not exist, or the caller may not see it. Correct its name. An inference table appears with its first rows. For a table of the system catalog, an account admin enables the schema.',
  },
  {
    id: 'sql_column_unknown',
    words: ['[UNRESOLVED_COLUMN.WITH_SUGGESTION]', '[UNRESOLVED_COLUMN'],
    again: false,
    who: 'caller',
    say: 'The table has no such column. Its columns may have changed: read them first.',
  },
  {
    id: 'sql_syntax',
    words: ['[PARSE_SYNTAX_ERROR]'],
    again: false,
    who: 'caller',
    say: 'The statement is not valid SQL. Correct it. Two statements in one request also cause this.',
  },
  {
    id: 'sql_service_down',
    words: ['SERVICE_UNDER_MAINTENANCE', 'WORKSPACE_TEMPORARILY_UNAVAILABLE'],
    codes: ['SERVICE_UNDER_MAINTENANCE', 'WORKSPACE_TEMPORARILY_UNAVAILABLE'],
    again: true,
    who: 'caller',
    say: 'The SQL service is down for a while. The statement is not the cause. Repeat the call later.',
  },
  {
    id: 'sql_result_too_large',
    words: ['Inline byte limit exceeded'],
    again: false,
    who: 'caller',
    say: 'The result is larger than 25 MiB. Ask for fewer rows or columns, or for external links.',
  },
  {
    id: 'warehouse_id_wrong',
    words: ['is not a valid endpoint id'],
    again: false,
    who: 'caller',
    say: 'The id of the SQL warehouse is empty or wrong; it is no serving endpoint. Correct it.',
  },
  {
    id: 'warehouse_starting',
    words: [
      'is not ready to accept connections (current state: STARTING)',
      '503 when connecting to resource',
      "Couldn't create directory /local_disk0/",
    ],
    again: true,
    who: 'caller',
    say: 'The SQL warehouse is starting. Wait and repeat the call: seconds for a serverless warehouse, minutes for others.',
  },
];
