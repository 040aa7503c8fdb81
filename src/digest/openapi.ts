/**
 * Digests an endpoint's OpenAPI document (fact O1), and checks payloads against it before a call costs money.
 * The document comes from outside, so only names, types and enums are used. Pure.
 */
import { clipDepth } from '../depth.ts';
import { defined, isObject } from '../rest/json.ts';

export interface Column {
  name: string;
  type: string;
  nullable?: boolean;
  required?: boolean;
  enum?: unknown[];
}

export interface EntitySchema {
  entity: string;
  /** Input forms that the entity takes, such as dataframe_records. */
  forms: string[];
  columns: Column[];
  output: unknown;
}

/** @throws SyntaxError when the text is not a JSON object with `paths`. */
export function digestOpenApi(text: string): EntitySchema[] {
  const document = clipDepth(JSON.parse(text));
  const paths = at(document, 'paths');
  if (!isObject(paths)) throw new SyntaxError('the document has no paths');
  const schemas = Object.entries(paths).flatMap(([path, item]): EntitySchema[] => {
    const entity = /\/served-models\/([^/]+)\/invocations$/.exec(path)?.[1];
    const request = content(at(item, 'post', 'requestBody'));
    if (entity === undefined || !isObject(request)) return [];
    const variants = [request.oneOf, request.anyOf].find(Array.isArray) ?? [request];
    const forms = new Map<string, unknown>();
    for (const variant of variants) {
      for (const [form, schema] of Object.entries(objectAt(variant, 'properties'))) forms.set(form, schema);
    }
    const output = content(at(item, 'post', 'responses', '200'));
    return [
      {
        entity: decodeURIComponent(entity),
        forms: [...forms.keys()],
        columns: columnsOf(forms),
        output: shape(output),
      },
    ];
  });
  return schemas;
}

function columnsOf(forms: Map<string, unknown>): Column[] {
  const records = forms.get('dataframe_records');
  const row = at(records, 'items') ?? at(forms.get('instances'), 'items');
  const required = at(row, 'required');
  const names = Array.isArray(required) ? new Set(required) : undefined;
  return Object.entries(objectAt(row, 'properties')).map(([name, schema]) => {
    const types = [at(schema, 'type')].flat().filter((type): type is string => typeof type === 'string');
    const nullable = types.includes('null') || at(schema, 'nullable') === true;
    const format = at(schema, 'format');
    const values = at(schema, 'enum');
    return defined({
      name,
      type:
        types.filter((type) => type !== 'null').join('|') + (typeof format === 'string' ? ` (${format})` : '') || 'any',
      nullable: nullable || undefined,
      required: names?.has(name),
      enum: Array.isArray(values) ? values.slice(0, 20) : undefined,
    });
  });
}

/** A schema as its shape: `{"predictions": ["number"]}`. */
function shape(schema: unknown, depth = 0): unknown {
  if (!isObject(schema) || depth > 4) return 'any';
  if (isObject(schema.properties)) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, inner]) => [name, shape(inner, depth + 1)]),
    );
  }
  if (schema.type === 'array') return [shape(schema.items, depth + 1)];
  return typeof schema.type === 'string' ? schema.type : 'any';
}

/** A valid row, made from the types. */
export function exampleRow(columns: Column[]): Record<string, unknown> {
  return Object.fromEntries(columns.map((column) => [column.name, column.enum?.[0] ?? exampleValue(column.type)]));
}

function exampleValue(type: string): unknown {
  if (type.startsWith('integer')) return 1;
  if (type.startsWith('number')) return 0.5;
  if (type.startsWith('boolean')) return true;
  if (type.startsWith('array')) return [];
  if (type.startsWith('object')) return {};
  return 'text';
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
