/**
 * Digests an endpoint's OpenAPI document (fact O1).
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
