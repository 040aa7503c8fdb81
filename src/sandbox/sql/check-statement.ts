import { shapeCheck } from '../check-body.ts';
import { ApiError, invalid } from '../errors.ts';

const TEXT = { type: 'string' };
const COUNT = { type: 'integer', minimum: 1 };
const PAIR = { type: 'object', required: ['key'], properties: { key: TEXT, value: TEXT } };

const BODY = {
  type: 'object',
  required: ['statement', 'warehouse_id'],
  properties: {
    statement: { type: 'string', minLength: 1 },
    warehouse_id: TEXT,
    catalog: TEXT,
    schema: TEXT,
    wait_timeout: TEXT,
    on_wait_timeout: { enum: ['CONTINUE', 'CANCEL'] },
    format: { enum: ['JSON_ARRAY', 'ARROW_STREAM', 'CSV'] },
    disposition: { enum: ['INLINE', 'EXTERNAL_LINKS'] },
    row_limit: COUNT,
    byte_limit: COUNT,
    query_tags: { type: 'array', items: PAIR },
    parameters: {
      type: 'array',
      items: { type: 'object', required: ['name'], properties: { name: TEXT, value: TEXT, type: TEXT } },
    },
  },
};

/** A statement as it is sent. The API ignores members that it does not know. */
export interface StatementInput {
  statement: string;
  warehouse_id: string;
  catalog?: string;
  schema?: string;
  wait_timeout?: string;
  on_wait_timeout?: 'CONTINUE' | 'CANCEL';
  format?: string;
  disposition?: string;
  row_limit?: number;
  byte_limit?: number;
  query_tags?: { key: string; value?: string }[];
  parameters?: { name: string; value?: string; type?: string }[];
}

const checkShape = shapeCheck<StatementInput>(BODY);
/** Without a value, a call waits this long. */
const USUAL_WAIT = 10;

/** Checks a body, and reads how many seconds the call waits. assumed: sql-wait-refusal, assumed: sql-inline-only */
export function checkStatement(body: Record<string, unknown>): { input: StatementInput; wait: number } {
  const input = checkShape(body);
  const wait = input.wait_timeout === undefined ? USUAL_WAIT : Number(/^(\d+)s$/.exec(input.wait_timeout)?.[1]);
  if (Number.isNaN(wait) || (wait !== 0 && (wait < 5 || wait > 50))) {
    throw invalid(`Invalid wait_timeout '${input.wait_timeout}': it must be 0s, or between 5s and 50s.`);
  }
  if (wait === 0 && input.on_wait_timeout === 'CANCEL') {
    throw invalid('on_wait_timeout CANCEL cannot be used with a wait_timeout of 0s.');
  }
  if (input.disposition === 'EXTERNAL_LINKS') {
    throw new ApiError(
      501,
      'NOT_IMPLEMENTED',
      'The sandbox has no results in external links. Use the disposition INLINE.',
    );
  }
  if (input.format !== undefined && input.format !== 'JSON_ARRAY') {
    throw invalid(`The format ${input.format} is only supported with the disposition EXTERNAL_LINKS.`);
  }
  const tags = new Set(input.query_tags?.map(({ key }) => key));
  if (tags.size < (input.query_tags?.length ?? 0)) throw invalid('query_tags has the same key twice.');
  return { input, wait };
}
