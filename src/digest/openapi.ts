/**
 * Digests an endpoint's OpenAPI document (fact O1), and checks payloads against it before a call costs money.
 * The document comes from outside, so only names, types and allowed values are used. Pure.
 */
import { clipDepth } from '../depth.ts';
import { defined, isObject } from '../rest/json.ts';
import { type Column, columnOf, exampleOf, fieldsOf, plainExample, shapeOf, typeText } from './json-schema.ts';
import { type LeftOut, leftOutOf } from './left-out.ts';

export interface EntitySchema {
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
    const entity = /\/served-models\/([^/]+)\/invocations$/.exec(path)?.[1];
    const request = content(at(item, 'post', 'requestBody'));
    if (entity === undefined || !isObject(request)) return [];
    return [{ entity: decoded(entity), path, ...digest(request, content(at(item, 'post', 'responses', '200'))) }];
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
  const body = new Map<string, unknown>();
  for (const variant of variants) {
    for (const [field, schema] of Object.entries(objectAt(variant, 'properties'))) body.set(field, schema);
  }
  const rows = ROW_FORMS.filter((form) => body.has(form));
  const shown = [row(body), body.get('params'), ...(rows.length > 0 ? [] : [request]), output];
  return defined({
    forms: [...body.keys()].filter((each) => [...ROW_FORMS, ...LANGUAGE_FORMS].includes(each)),
    columns: columnsOf(body),
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
  if (values) return values.find((each) => each !== null) ?? null;
  return example ?? plainExample(type);
}

/** How many values are checked at most, in the first rows. A model with many columns and rows has more than a call can wait for. */
const MAX_VALUES = 1_000_000;
/** Different problems that are counted. */
const MAX_PROBLEMS = 100;

/**
 * Problems of rows. A problem of many rows is listed once. Model servers ignore extra columns (fact Q14). So an extra column is only
 * reported next to another problem, where it is likely a misspelling.
 */
export function problemsOfRows(given: Record<string, unknown>[], columns: Column[]): string[] {
  const rows = given.slice(0, Math.max(1, Math.floor(MAX_VALUES / Math.max(1, columns.length))));
  const problems = new Map<string, number>();
  const add = (problem: string) => {
    const times = problems.get(problem) ?? 0;
    if (times > 0 || problems.size < MAX_PROBLEMS) problems.set(problem, times + 1);
  };
  const known = new Map(columns.map((column) => [column.name, column]));
  for (const row of rows) {
    for (const column of columns) {
      if (!(column.name in row)) {
        if (column.required === true) add(`column "${column.name}" (${column.type}) is missing`);
      } else {
        const fault = mismatch(row[column.name], column);
        if (fault) add(`column "${column.name}" ${fault}`);
      }
    }
  }
  if (problems.size === 0) return [];
  for (const row of rows) {
    for (const name of Object.keys(row)) if (!known.has(name)) add(`column "${name}" is not part of the schema`);
  }
  const among = rows.length < given.length ? `of the first ${rows.length} rows` : `of ${rows.length} rows`;
  return [...problems].map(([problem, times]) => (given.length > 1 ? `${problem} (${times} ${among})` : problem));
}

function mismatch(value: unknown, column: Column): string | undefined {
  if (value === null) return column.nullable ? undefined : `is null, but must be ${column.type}`;
  if (column.enum && column.enum.length < 20 && !column.enum.some((each) => each === value)) {
    return `must be one of ${JSON.stringify(column.enum)}`;
  }
  const actual = Array.isArray(value) ? 'array' : typeof value;
  const fits = column.type.split('|').some((type) => {
    const wanted = type.split(' ')[0] ?? 'any';
    if (wanted === 'any') return true;
    if (wanted === 'integer') return Number.isInteger(value);
    return wanted === actual;
  });
  return fits
    ? undefined
    : `is ${actual === 'number' && !Number.isInteger(value) ? 'a fraction' : actual}, but must be ${column.type}`;
}

interface Split {
  columns: unknown[];
  data: unknown[][];
}

/** The problem with the length of rows. Undefined when each has a value for every column. */
export function unevenRows({ columns, data }: Split): string | undefined {
  const uneven = data.filter((row) => row.length !== columns.length);
  const [first] = uneven;
  if (!first) return undefined;
  const which = data.length > 1 ? ` (${uneven.length} of ${data.length} rows have the wrong length)` : '';
  return `a row has ${first.length} values for ${columns.length} columns${which}`;
}

/** A row in the form of `dataframe_split`. */
export function splitOf(row: Record<string, unknown>): Split {
  return { columns: Object.keys(row), data: [Object.values(row)] };
}

/** `dataframe_split` as rows, so that one check serves both. */
export function rowsOfSplit(split: Split): Record<string, unknown>[] {
  return split.data.map((values) =>
    Object.fromEntries(split.columns.map((column, index) => [String(column), values[index]])),
  );
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
