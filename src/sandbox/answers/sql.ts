/** Answers of SQL warehouses and of the statement API. */
import { anyList, COUNT, closed, FLAG, list, seenIn, TEXT, words } from './forms.ts';

const WAREHOUSE_FIELDS =
  'creator_id health jdbc_url odbc_params size tags custom_tags endpoint_urls instance_profile_arn enable_serverless_compute_override';

/** A SQL warehouse. */
export const WAREHOUSE = closed(
  ['id', 'name', 'state', 'cluster_size'],
  {
    id: { type: 'string', pattern: '^[0-9a-f]{16}$' },
    name: TEXT,
    cluster_size: TEXT,
    state: seenIn('sql-warehouses', words('RUNNING', 'STOPPED', 'STARTING', 'STOPPING', 'DELETED', 'DELETING')),
    creator_name: TEXT,
    warehouse_type: words('PRO', 'CLASSIC', 'TYPE_UNSPECIFIED'),
    enable_serverless_compute: FLAG,
    enable_photon: FLAG,
    auto_stop_mins: COUNT,
    min_num_clusters: COUNT,
    max_num_clusters: COUNT,
    num_clusters: COUNT,
    num_active_sessions: COUNT,
    channel: closed([], { name: TEXT }, { known: 'dbsql_version' }),
    spot_instance_policy: TEXT,
  },
  { known: WAREHOUSE_FIELDS },
);

export const WAREHOUSES = closed([], { warehouses: list(WAREHOUSE) }, { known: 'next_page_token' });

const COLUMN = closed(
  ['name', 'type_name', 'type_text', 'position'],
  {
    name: TEXT,
    type_name: words(
      'ARRAY',
      'BINARY',
      'BOOLEAN',
      'BYTE',
      'CHAR',
      'DATE',
      'DECIMAL',
      'DOUBLE',
      'FLOAT',
      'INT',
      'INTERVAL',
      'LONG',
      'MAP',
      'NULL',
      'SHORT',
      'STRING',
      'STRUCT',
      'TIMESTAMP',
      'USER_DEFINED_TYPE',
    ),
    type_text: TEXT,
    type_precision: COUNT,
    type_scale: COUNT,
    position: COUNT,
  },
  { known: 'type_interval_type' },
);

const CELL = { type: ['string', 'null'], evidence: 'sql-value-texts' };

/** One chunk of a result. An empty result has no fields. */
export const RESULT_CHUNK = closed(
  [],
  {
    chunk_index: COUNT,
    row_offset: COUNT,
    row_count: COUNT,
    data_array: anyList(anyList(CELL)),
    next_chunk_index: COUNT,
    next_chunk_internal_link: TEXT,
  },
  { known: 'byte_count external_links attachment' },
);

const MANIFEST = closed(
  ['schema'],
  {
    format: words('JSON_ARRAY', 'ARROW_STREAM', 'CSV'),
    schema: closed(['column_count'], { column_count: COUNT, columns: list(COLUMN) }),
    total_chunk_count: COUNT,
    chunks: list(
      closed(
        ['chunk_index', 'row_offset', 'row_count'],
        { chunk_index: COUNT, row_offset: COUNT, row_count: COUNT },
        { known: 'byte_count' },
      ),
    ),
    total_row_count: COUNT,
    truncated: FLAG,
  },
  { known: 'total_byte_count is_volume_operation' },
);

/** A statement: its state, and its result when it succeeded. */
export const STATEMENT = closed(['statement_id', 'status'], {
  statement_id: TEXT,
  status: closed(['state'], {
    state: seenIn('sql-statement-states', words('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED', 'CLOSED')),
    error: closed(['error_code', 'message'], { error_code: TEXT, message: TEXT }, { evidence: 'sql-failed-is-200' }),
    sql_state: { type: 'string', pattern: '^[0-9A-Z]{5}$' },
  }),
  manifest: MANIFEST,
  result: RESULT_CHUNK,
});
