/** Compares an answer with the sandbox's schema of it. Pure. What it says of a value is its type, never the value. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Schema } from '../sandbox/answers/index.ts';
import { type Anonymiser, formOf } from './contract-anonymiser.ts';

/** One place in which an answer differs. */
export interface Finding {
  /** JSON pointer: `*` for the items of a list, `{key}` for a key that people choose. */
  pointer: string;
  /** What the sandbox has there. */
  sandbox: string;
  /** What the service sent. */
  service: string;
  /** The row of the evidence on which the place relies. */
  row?: string;
}

/** What the sandbox has where the service sends a field that no schema has. */
export const NEW_FIELD = 'no such field';

/** Bounds memory. A wrong field in each row of a list is a single finding, so only hostile answers have more. */
const MOST = 2_000;

const ajv = new Ajv({ strict: false, allErrors: true, verbose: true });
const compiled = new WeakMap<object, ValidateFunction>();

/** With more unknown fields at once, an object is a map, and its keys are names that people chose. */
const MOST_FIELDS = 12;

/** Every place in which the answer differs from the schema, each once. */
export function compareWith(schema: Schema, body: unknown, anonymiser: Anonymiser): Finding[] {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  if (validate(body)) return [];
  const found = new Map<string, Finding>();
  const errors = validate.errors ?? [];
  const unknown = new Map<string, number>();
  for (const { keyword, instancePath } of errors)
    if (keyword === 'additionalProperties') unknown.set(instancePath, (unknown.get(instancePath) ?? 0) + 1);
  for (const error of errors) {
    if (found.size >= MOST) break;
    const isMap = error.keyword === 'additionalProperties' && (unknown.get(error.instancePath) ?? 0) > MOST_FIELDS;
    const finding = isMap ? mapFinding(error, schema) : findingOf(error, schema, anonymiser);
    if (finding) found.set(JSON.stringify([finding.pointer, finding.sandbox, finding.service]), finding);
  }
  return [...found.values()];
}

function findingOf(error: ErrorObject, schema: Schema, anonymiser: Anonymiser): Finding | undefined {
  const said = saidOf(error, anonymiser);
  if (!said) return undefined;
  const { evidence } = Object(error.parentSchema) as Schema;
  return {
    pointer: pointerOf(error.instancePath, schema) + (said.below === undefined ? '' : `/${said.below}`) || '/',
    sandbox: said.sandbox,
    service: said.service,
    ...(typeof evidence === 'string' ? { row: evidence } : {}),
  };
}

function mapFinding({ instancePath }: ErrorObject, schema: Schema): Finding {
  return {
    pointer: `${pointerOf(instancePath, schema)}/{key}`,
    sandbox: 'a fixed list of fields',
    service: `more than ${MOST_FIELDS} fields that are new`,
  };
}

interface Said {
  sandbox: string;
  service: string;
  /** The last part of the pointer, where the error is about a field of an object. */
  below?: string;
}

function saidOf(error: ErrorObject, anonymiser: Anonymiser): Said | undefined {
  const { keyword, params, data, parentSchema = {} } = error;
  // What is wrong with the name of a key is said once, for the object.
  if (error.schemaPath.includes('/propertyNames/') || keyword === 'if') return undefined;
  switch (keyword) {
    case 'additionalProperties': {
      const name = String(params.additionalProperty);
      const value = (data as Record<string, unknown>)[name];
      return { below: anonymiser.field(name), sandbox: NEW_FIELD, service: formOf(value) };
    }
    case 'required':
      return { below: String(params.missingProperty), sandbox: 'always there', service: 'absent' };
    case 'enum':
    case 'const': {
      const words: unknown[] = keyword === 'enum' ? params.allowedValues : [params.allowedValue];
      const shown = words.length > 8 ? `one of ${words.length} words` : words.join(' | ');
      return { sandbox: shown, service: anonymiser.word(data, words) };
    }
    case 'type':
      return { sandbox: typeWords(params.type), service: formOf(data) };
    case 'minimum':
    case 'maximum':
      if (parentSchema.unit === 'ms') return { sandbox: 'milliseconds', service: unitOf(data) };
      return keyword === 'minimum'
        ? { sandbox: `at least ${params.limit}`, service: 'a smaller number' }
        : { sandbox: `at most ${params.limit}`, service: 'a larger number' };
    case 'minItems':
      return { sandbox: 'absent when it is empty', service: 'an empty list' };
    case 'minLength':
      return { sandbox: 'absent when it is empty', service: 'empty text' };
    case 'pattern':
      return {
        sandbox: PATTERNS[String(params.pattern)] ?? 'text of a known form',
        service: `${formOf(data)} of another form`,
      };
    case 'propertyNames':
      return { below: '{key}', sandbox: 'keys of a known form', service: 'a key of another form' };
    default:
      return { sandbox: keyword, service: formOf(data) };
  }
}

const TYPES: Record<string, string> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** The patterns of the schemas, for people. */
export const PATTERNS: Readonly<Record<string, string>> = {
  '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$': 'a UUID in small letters',
  '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$': 'a date and time in UTC',
  '^3\\.1\\.': 'a version that begins with 3.1',
  '^\\d{3}$': 'three digits, as text',
  '^\\d+$': 'digits, as text',
  '^/': 'text that begins with a slash',
  '^[0-9a-f]{32}$': '32 hexadecimal digits',
  '^[0-9a-f]{16}$': '16 hexadecimal digits',
  '^[0-9A-Z]{5}$': 'an SQLSTATE of five characters',
  '^[a-z-]+/[^/]+$': 'a name behind the word for its kind',
  '^[^./]+\\.[^./]+\\.[^./]+$': 'a name of three parts',
  '^[A-Za-z0-9+/]+={0,2}$': 'base64',
};

function typeWords(type: unknown): string {
  const types: unknown[] = Array.isArray(type) ? type : String(type).split(',');
  return types.map((each) => TYPES[String(each)] ?? String(each)).join(' or ');
}

/** Times of this century, in the unit that their size shows. */
function unitOf(value: unknown): string {
  const size = Math.abs(Number(value));
  if (size === 0) return 'zero';
  if (size >= 1e9 && size < 1e11) return 'seconds';
  if (size >= 1e14 && size < 1e17) return 'microseconds';
  if (size >= 1e17) return 'nanoseconds';
  return 'a number that is no time of this century';
}

/** The path of an error without indexes and without keys that people choose. */
function pointerOf(instancePath: string, schema: Schema): string {
  const parts = instancePath.split('/').slice(1);
  const shown: string[] = [];
  let at: unknown = schema;
  for (const part of parts) {
    const { items, properties, additionalProperties } = Object(at) as Schema;
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (items !== undefined) {
      shown.push('*');
      at = items;
    } else if (Object.hasOwn(Object(properties), name)) {
      shown.push(name);
      at = (Object(properties) as Record<string, unknown>)[name];
    } else {
      shown.push('{key}');
      at = additionalProperties;
    }
  }
  return shown.map((part) => `/${part}`).join('');
}
