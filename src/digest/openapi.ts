/**
 * Digests an endpoint's OpenAPI document (fact O1).
 * The document comes from outside, so only names, types and allowed values are used. Pure.
 */
import { clipDepth } from '../depth.ts';
import { defined, isObject } from '../rest/json.ts';
import { withoutRefs } from './json-refs.ts';
import { type Column, columnOf, exampleOf, fieldsOf, plainExample, shapeOf, typeText } from './json-schema.ts';
import { type LeftOut, leftOutOf } from './left-out.ts';

export interface EntitySchema {
  /** Empty for a path of the endpoint itself. */
  entity: string;
  /** The path in the document. It follows the URL of the endpoint. */
  path: string;
  /** Input forms that the entity takes, such as dataframe_records. A request has exactly one. */
  forms: string[];
  columns: Column[];
  /** Inference parameters, which a request has as one object next to the input. */
  params: Column[];
  /** All fields of the body of a language model (fact O3). Empty for rows and tensors. */
  fields: Column[];
  /** The form of a model that takes tensors, which have no columns. Its example is missing when it would be too large. */
  tensor?: { form: string; type: string; example?: unknown };
  output: unknown;
  /** What the digest of this entity leaves out, counted. */
  leftOut: LeftOut;
  /** The schema of the request, as published. */
  request: unknown;
}

/** The forms of rows and tensors. A body has one of them, with `params` next to it (facts Q1 and O2). */
const ROW_FORMS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'];
const LANGUAGE_FORMS = ['messages', 'prompt', 'input'];

/** @throws SyntaxError when the text is not a JSON object with `paths`. */
export function digestOpenApi(text: string): EntitySchema[] {
  const document = clipDepth(JSON.parse(text));
  const paths = at(document, 'paths');
  if (!isObject(paths)) throw new SyntaxError('the document has no paths');
  return Object.entries(paths).flatMap(([path, item]): EntitySchema[] => {
    if (!/(?:^|\/)invocations\/?$/.test(path)) return [];
    const entity = /\/served-(?:models|entities)\/([^/]+)\/invocations\/?$/.exec(path)?.[1] ?? '';
    const schemaOf = (...part: string[]) =>
      withoutRefs(content(withoutRefs(at(item, 'post', ...part), document)), document);
    const request = schemaOf('requestBody');
    if (!isObject(request)) return [];
    return [{ entity: decoded(entity), path, ...digest(request, schemaOf('responses', '200')) }];
  });
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function digest(request: Record<string, unknown>, output: unknown): Omit<EntitySchema, 'entity' | 'path'> {
  const variants = [request.oneOf, request.anyOf].find(Array.isArray) ?? [request];
  // Fields next to the alternatives belong to each of them.
  const body = new Map<string, unknown>(Object.entries(objectAt(request, 'properties')));
  for (const variant of variants) {
    for (const [field, schema] of Object.entries(objectAt(variant, 'properties'))) body.set(field, schema);
  }
  const rows = ROW_FORMS.filter((form) => body.has(form));
  const shown = [row(body), body.get('params'), ...(rows.length > 0 ? [] : [request]), output];
  return defined({
    forms: [...body.keys()].filter((each) => [...ROW_FORMS, ...LANGUAGE_FORMS].includes(each)),
    columns: withValues(columnsOf(body), variants),
    params: fieldsOf(body.get('params')),
    fields: rows.length > 0 ? [] : fieldsOf({ ...request, properties: Object.fromEntries(body) }),
    tensor: tensorOf(body),
    output: shapeOf(output),
    leftOut: {
      ...(rows.length > 0 && variants.length > 1 ? { branches: variants.length - 1 } : {}),
      ...leftOutOf(shown),
    },
    request,
  });
}

/**
 * The columns with the values of the document's own example, which the model was logged with. It is next to an alternative of the request, with
 * or without the name of the form.
 */
function withValues(columns: Column[], variants: readonly unknown[]): Column[] {
  const row = variants.map((variant) => rowOfExample(at(variant, 'examples'))).find((each) => each !== undefined);
  if (!row) return columns;
  return columns.map((column) => {
    const value = row[column.name];
    return fitsType(value, column.type) ? { ...column, example: value } : column;
  });
}

function rowOfExample(examples: unknown): Record<string, unknown> | undefined {
  const [first] = Array.isArray(examples) ? examples : [];
  const form = at(first, 'dataframe_split') ?? at(first, 'dataframe_records') ?? first;
  const [record] = Array.isArray(form) ? form : [];
  if (isObject(record)) return record;
  const [columns, data] = [at(form, 'columns'), at(form, 'data')];
  const [values] = Array.isArray(data) ? data : [];
  if (!Array.isArray(columns) || !Array.isArray(values)) return undefined;
  return Object.fromEntries(columns.map((name, index) => [String(name), values[index]]));
}

function fitsType(value: unknown, type: string): boolean {
  const kind = Array.isArray(value) ? 'array' : typeof value;
  return (
    value !== null &&
    type.split('|').some((each) => {
      const [wanted] = each.split(' ');
      return wanted === kind || (wanted === 'integer' && Number.isInteger(value));
    })
  );
}

/** The schema of one row. */
function row(body: Map<string, unknown>): unknown {
  return at(body.get('dataframe_records'), 'items') ?? at(body.get('instances'), 'items');
}

function columnsOf(body: Map<string, unknown>): Column[] {
  const columns = fieldsOf(row(body));
  return columns.length > 0 ? columns : columnsOfSplit(body.get('dataframe_split'));
}

/** The columns of a split: names, and types in the same order. It names the required ones in a description only. */
function columnsOfSplit(split: unknown): Column[] {
  const names = at(split, 'properties', 'columns', 'items', 'enum');
  const types = at(split, 'properties', 'data', 'items', 'prefixItems');
  if (!Array.isArray(names) || !Array.isArray(types)) return [];
  return names.map((name, index) => columnOf(String(name), types[index]));
}

function tensorOf(body: Map<string, unknown>): EntitySchema['tensor'] {
  if (columnsOf(body).length > 0) return undefined;
  const form = ['instances', 'inputs'].find((each) => body.has(each));
  if (form === undefined) return undefined;
  const schema = body.get(form);
  const example = exampleOf(schema);
  const empty = JSON.stringify(example) === '[]' || JSON.stringify(example) === '[[]]';
  return defined({ form, type: typeText(schema), example: empty || !hasTypes(schema) ? undefined : example });
}

/** Whether a schema says what is in its arrays. Otherwise an example would be invented. */
function hasTypes(schema: unknown): boolean {
  const text = typeText(schema);
  return text !== 'any' && !/\bany\b/.test(text) && text !== 'array';
}

/** A valid row, made from the columns. */
export function exampleRow(columns: Column[]): Record<string, unknown> {
  return Object.fromEntries(columns.map((column) => [column.name, exampleOfColumn(column)]));
}

function exampleOfColumn({ enum: values, example, type }: Column): unknown {
  if (example !== undefined) return example;
  return values ? (values.find((each) => each !== null) ?? null) : plainExample(type);
}

function content(part: unknown): unknown {
  return at(part, 'content', 'application/json', 'schema');
}

function at(value: unknown, ...path: string[]): unknown {
  let current = value;
  for (const key of path) current = isObject(current) ? current[key] : undefined;
  return current;
}

function objectAt(value: unknown, key: string): Record<string, unknown> {
  const found = at(value, key);
  return isObject(found) ? found : {};
}
