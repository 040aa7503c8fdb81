/**
 * Reads a JSON Schema from outside: its type in words, its fields, and a value that fits. References are put in before.
 * Pure.
 */
import { defined, isObject } from '../rest/json.ts';

/** A column, a parameter or a field of an object. */
export interface Column {
  name: string;
  /** In words: `integer (int64)`, `array of string`, `string|number`. */
  type: string;
  nullable?: boolean;
  required?: boolean;
  enum?: unknown[];
  /** The fields of an object, or of the objects in an array. */
  fields?: Column[];
  /** A value that fits. Set where the type alone does not lead to it. */
  example?: unknown;
}

/** Levels of objects and arrays that are read. */
const MAX_LEVELS = 6;
/** Allowed values that are kept. */
export const MAX_ENUM = 20;
/** Values of an example. A tensor of an image has more. */
const MAX_VALUES = 1_000;

/** The fields of an object schema. */
export function fieldsOf(schema: unknown, levels = MAX_LEVELS): Column[] {
  if (!isObject(schema) || !isObject(schema.properties)) return [];
  const names = Array.isArray(schema.required) ? new Set<unknown>(schema.required) : undefined;
  return Object.entries(schema.properties).map(([name, inner]) => columnOf(name, inner, names?.has(name), levels));
}

/** One schema as a column. @param required undefined when the document does not say. */
export function columnOf(name: string, schema: unknown, required?: boolean, levels = MAX_LEVELS): Column {
  const values = isObject(schema) && Array.isArray(schema.enum) ? schema.enum : undefined;
  const type = typeText(schema);
  const inner = levels > 0 ? fieldsOf(innermost(schema), levels - 1) : [];
  const example = exampleOf(schema);
  return defined({
    name,
    type,
    nullable: isNullable(schema) || undefined,
    required,
    enum: values?.slice(0, MAX_ENUM),
    fields: inner.length > 0 ? inner : undefined,
    example: values || same(example, plainExample(type)) ? undefined : example,
  });
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The schema itself, or that of the items of an array, also of nested arrays. */
function innermost(schema: unknown): unknown {
  let current = schema;
  for (let level = 0; level < MAX_LEVELS; level++) {
    const [first] = alternatives(current);
    if (isObject(first) && isObject(first.items)) current = first.items;
    else return first;
  }
  return current;
}

/** The alternatives of a schema without `null`. One schema is its own only alternative. */
function alternatives(schema: unknown): unknown[] {
  if (!isObject(schema)) return [schema];
  const list = [schema.oneOf, schema.anyOf].find(Array.isArray);
  const others = list?.filter((each) => !isObject(each) || each.type !== 'null');
  return others !== undefined && others.length > 0 ? others : [schema];
}

function isNullable(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  const list = [schema.oneOf, schema.anyOf].find(Array.isArray) ?? [];
  return (
    schema.nullable === true ||
    typeNames(schema).includes('null') ||
    list.some((each) => isObject(each) && each.type === 'null')
  );
}

function typeNames(schema: Record<string, unknown>): string[] {
  const given = [schema.type].flat().filter((type): type is string => typeof type === 'string');
  if (given.length > 0) return given;
  if (isObject(schema.properties)) return ['object'];
  return schema.items !== undefined || schema.prefixItems !== undefined ? ['array'] : [];
}

/** The type in words. */
export function typeText(schema: unknown, levels = MAX_LEVELS): string {
  const texts = alternatives(schema).map((each) => oneType(each, levels));
  return [...new Set(texts)].join('|');
}

function oneType(schema: unknown, levels: number): string {
  if (!isObject(schema)) return 'any';
  const format = typeof schema.format === 'string' ? ` (${schema.format})` : '';
  const types = typeNames(schema).filter((type) => type !== 'null');
  if (types.length === 1 && types[0] === 'array' && isObject(schema.items) && levels > 0) {
    const { minItems, maxItems } = schema;
    const length = typeof minItems === 'number' && minItems === maxItems ? ` of ${minItems} × ` : ' of ';
    return `array${length}${typeText(schema.items, levels - 1)}`;
  }
  return (types.join('|') || 'any') + format;
}

/** A schema as its shape: `{"predictions": ["number (double)"]}`. */
export function shapeOf(schema: unknown, levels = MAX_LEVELS): unknown {
  const [first, ...others] = alternatives(schema);
  if (!isObject(first) || others.length > 0 || levels === 0) return typeText(schema);
  if (isObject(first.properties)) {
    const entries = Object.entries(first.properties);
    return Object.fromEntries(entries.map(([name, inner]) => [name, shapeOf(inner, levels - 1)]));
  }
  if (typeNames(first)[0] === 'array') return [shapeOf(first.items, levels - 1)];
  const values = Array.isArray(first.enum) ? first.enum.filter((each) => typeof each === 'string') : [];
  return values.length > 0 && values.length <= 10 ? values.join(' | ') : typeText(first);
}

/** A value that fits the schema. Undefined when it would have too many values, as the tensor of an image. */
export function exampleOf(schema: unknown): unknown {
  const budget = { left: MAX_VALUES };
  const value = fittingValue(schema, MAX_LEVELS, budget);
  return budget.left < 0 ? undefined : value;
}

function fittingValue(schema: unknown, levels: number, budget: { left: number }): unknown {
  budget.left--;
  const [first] = alternatives(schema);
  if (!isObject(first) || budget.left < 0) return plainExample('any');
  if ('const' in first) return first.const;
  if (Array.isArray(first.enum) && first.enum.length > 0) return first.enum.find((each) => each !== null) ?? null;
  const type = typeNames(first).find((each) => each !== 'null') ?? 'any';
  const given = [first.examples, first.example, first.default].flat().map((each) => asType(each, type));
  const found = given.find((each) => each !== undefined);
  if (found !== undefined) return found;
  if (type === 'array') return listOf(first, levels, budget);
  if (type === 'object') return levels > 0 ? objectOf(first, levels, budget) : {};
  if (type === 'integer' || type === 'number') return numberWithin(first, type === 'integer' ? 1 : 0.5);
  return type === 'string' ? textOf(first) : plainExample(type);
}

/** A plain value of the document, if it has the type. The service writes the default of a number as text. */
function asType(value: unknown, type: string): unknown {
  if (type === 'string' || type === 'boolean') return typeof value === type ? value : undefined;
  if (type !== 'integer' && type !== 'number') return undefined;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return undefined;
  return type === 'integer' && !Number.isSafeInteger(number) ? undefined : number;
}

function listOf(schema: Record<string, unknown>, levels: number, budget: { left: number }): unknown[] {
  if (levels === 0) return [];
  if (Array.isArray(schema.prefixItems))
    return schema.prefixItems.map((each) => fittingValue(each, levels - 1, budget));
  if (schema.items === undefined) return [];
  const wanted = typeof schema.minItems === 'number' ? Math.max(1, Math.floor(schema.minItems)) : 1;
  const list: unknown[] = [];
  while (list.length < wanted && budget.left >= 0) list.push(fittingValue(schema.items, levels - 1, budget));
  return list;
}

function objectOf(schema: Record<string, unknown>, levels: number, budget: { left: number }): Record<string, unknown> {
  if (!isObject(schema.properties)) {
    return isObject(schema.additionalProperties)
      ? { key: fittingValue(schema.additionalProperties, levels - 1, budget) }
      : {};
  }
  const entries: [string, unknown][] = [];
  for (const [name, inner] of Object.entries(schema.properties)) {
    if (budget.left < 0) break;
    entries.push([name, fittingValue(inner, levels - 1, budget)]);
  }
  return Object.fromEntries(entries);
}

function numberWithin(schema: Record<string, unknown>, usual: number): number {
  const bound = (key: string) => (typeof schema[key] === 'number' ? schema[key] : undefined);
  const whole = Number.isInteger(usual);
  const step = bound('multipleOf') ?? (whole ? 1 : 0);
  const above = bound('exclusiveMinimum');
  const below = bound('exclusiveMaximum');
  const small = whole ? 1 : step || 1e-3;
  const least = bound('minimum') ?? (above === undefined ? -Infinity : above + small);
  const most = bound('maximum') ?? (below === undefined ? Infinity : below - small);
  const value = Math.min(Math.max(usual, least), most);
  if (step === 0) return value;
  const up = Math.ceil(value / step) * step;
  return up <= most ? up : Math.floor(value / step) * step;
}

/** Values of the formats that JSON Schema and OpenAPI name. Bytes are base64. */
const FORMATS: Record<string, string> = {
  'date-time': '2026-01-31T12:00:00Z',
  date: '2026-01-31',
  time: '12:00:00Z',
  duration: 'PT1H',
  byte: 'dGV4dA==',
  binary: 'dGV4dA==',
  base64: 'dGV4dA==',
  uuid: '00000000-0000-4000-8000-000000000000',
  email: 'person@example.com',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
};

function textOf(schema: Record<string, unknown>): string {
  const { format, contentEncoding, minLength, maxLength } = schema;
  const known =
    FORMATS[typeof format === 'string' ? format : ''] ?? FORMATS[contentEncoding === 'base64' ? 'base64' : ''];
  if (known !== undefined) return known;
  const least = typeof minLength === 'number' ? Math.min(minLength, MAX_VALUES) : 0;
  const text = 'text'.padEnd(least, ' text');
  return typeof maxLength === 'number' ? text.slice(0, maxLength) : text;
}

/** The value for a type in words, where nothing else is known. */
export function plainExample(type: string): unknown {
  if (type.startsWith('integer')) return 1;
  if (type.startsWith('number')) return 0.5;
  if (type.startsWith('boolean')) return true;
  if (type.startsWith('array')) return [];
  if (type.startsWith('object')) return {};
  return 'text';
}
