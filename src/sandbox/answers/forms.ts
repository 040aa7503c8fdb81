/**
 * The parts of the answer schemas. A schema is a plain JSON Schema. Two more keywords are for readers of a failure: `evidence` names the row of
 * `evidence.json` on which a place relies, and `unit: 'ms'` marks epoch milliseconds.
 */
export type Schema = Record<string, unknown>;

export const TEXT: Schema = { type: 'string' };
export const TIME: Schema = { type: 'integer', minimum: 1_000_000_000_000, maximum: 99_999_999_999_999, unit: 'ms' };
export const COUNT: Schema = { type: 'integer', minimum: 0 };
export const NUMBER: Schema = { type: 'number', minimum: 0 };
export const FLAG: Schema = { type: 'boolean' };
export const UUID: Schema = { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' };
/** RFC 3339, in UTC. Databricks Apps write times so, and no other family here does. */
export const MOMENT: Schema = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$' };
/** An object whose keys are chosen by people. */
export const TEXT_MAP: Schema = { type: 'object', additionalProperties: TEXT };

/**
 * An object that has no other fields.
 * @param known fields that official clients know and that this sandbox never sends. Their values are not described.
 */
export function closed(
  required: readonly string[],
  properties: Record<string, Schema>,
  more: { evidence?: string; known?: string } = {},
): Schema {
  const { known = '', evidence } = more;
  const names = known.split(' ').filter((name) => name !== '' && !(name in properties));
  return {
    type: 'object',
    required,
    additionalProperties: false,
    properties: { ...properties, ...Object.fromEntries(names.map((name) => [name, {}])) },
    ...(evidence === undefined ? {} : { evidence }),
  };
}

/** The service leaves an empty list out. */
export function list(items: Schema, evidence = 'empty-lists'): Schema {
  return { type: 'array', items, minItems: 1, evidence };
}

/** A list that is there even when it is empty. */
export function anyList(items: Schema): Schema {
  return { type: 'array', items };
}

/** One of some words. */
export function words(...values: string[]): Schema {
  return { enum: values };
}

/** The same place, relying on a row of the evidence. */
export function seenIn(id: string, schema: Schema): Schema {
  const evidence = id;
  return { ...schema, evidence };
}

/** A page of a list. The last one has no token. */
export function page(field: string, items: Schema): Schema {
  return closed([], {
    [field]: list(items),
    next_page_token: { type: 'string', minLength: 1, evidence: 'last-page' },
  });
}
