/** Counts what a digest of a JSON Schema does not show. Pure. */
import { isObject } from '../rest/json.ts';
import { MAX_ENUM } from './json-schema.ts';

/** How many of each kind. A kind of which there is none is missing. */
export interface LeftOut {
  /** Alternatives of the request, which hold the same columns in another form. */
  branches?: number;
  descriptions?: number;
  /** Bounds, lengths and patterns. */
  constraints?: number;
  examples?: number;
  /** Allowed values after the first 20 of a column. */
  enum_values?: number;
  /** Parts behind `$ref`, `allOf` or `not`, which are not read. */
  references?: number;
}

const CONSTRAINTS = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
]);
const INNER = ['items', 'prefixItems', 'oneOf', 'anyOf', 'additionalProperties'];

/** @param schemas the schemas that the digest shows. Their depth is limited by the caller. */
export function leftOutOf(schemas: readonly unknown[]): LeftOut {
  const counts: LeftOut = {};
  const add = (kind: keyof LeftOut, many = 1) => {
    counts[kind] = (counts[kind] ?? 0) + many;
  };
  const read = (schema: unknown): void => {
    if (Array.isArray(schema)) for (const each of schema) read(each);
    if (!isObject(schema)) return;
    // The names in `properties` are those of columns, so a column may be called `description`.
    if (isObject(schema.properties)) for (const each of Object.values(schema.properties)) read(each);
    if (typeof schema.description === 'string' && schema.description !== '') add('descriptions');
    if (schema.examples !== undefined || schema.example !== undefined) add('examples');
    if (Array.isArray(schema.enum) && schema.enum.length > MAX_ENUM) add('enum_values', schema.enum.length - MAX_ENUM);
    if (['$ref', 'allOf', 'not'].some((key) => schema[key] !== undefined)) add('references');
    for (const key of Object.keys(schema)) if (CONSTRAINTS.has(key)) add('constraints');
    for (const key of INNER) read(schema[key]);
  };
  for (const each of schemas) read(each);
  return counts;
}
