/**
 * Reads given arguments in the form that a tool's input schema expects, before the schema checks them: generous in form, strict in meaning.
 *
 * - `null` and `""` for an optional argument or field mean that it is not given.
 * - A number, boolean, array or object may arrive as text. It is parsed only where the schema does not accept the text itself.
 * - Blanks around a value are dropped where the schema does not accept them.
 *
 * Items of arrays and values of records are data: `null` and `""` stay. An unknown argument stays too, and the schema refuses it. Pure.
 */
import type * as z from 'zod';
import { isTooDeep, MAX_DEPTH } from '../depth.ts';
import { Refusal } from '../refusal.ts';
import { isExact, parseExact } from '../rest/exact-json.ts';
import { isObject } from '../rest/json.ts';
import { refuseExactNumbers } from './lost-digits.ts';
import { accepts, definition, formsOf, isAny, type Schema } from './schema-forms.ts';

/**
 * @param keepsDigits whether the tool sends numbers beyond 2^53 as they are written.
 * @returns the arguments to check with the schema.
 * @throws Refusal when a number would lose digits, or when a value is nested too deep.
 */
export function readArguments(given: unknown, input: z.ZodObject, keepsDigits = false): unknown {
  for (const [name, value] of Object.entries(given ?? {})) refuseTooDeep(value, name);
  const args = read(given ?? {}, input, '');
  if (!keepsDigits) refuseExactNumbers(args);
  return args;
}

function read(given: unknown, schema: Schema, path: string): unknown {
  // A setting is a plain number. Only data may have more digits.
  if (isExact(given)) return formsOf(schema).some(isAny) ? given : Number(given.toString());
  const value = typeof given === 'string' ? readText(given, schema, path) : given;
  const at = (name: string | number) => (path === '' ? `${name}` : `${path}.${name}`);
  for (const form of formsOf(schema)) {
    const def = definition(form);
    if (def.type === 'array' && Array.isArray(value))
      return value.map((item, index) => read(item, def.element, at(index)));
    if (!isObject(value)) continue;
    const entries = Object.entries(value);
    if (def.type === 'record')
      return Object.fromEntries(entries.map(([name, each]) => [name, read(each, def.valueType, at(name))]));
    if (def.type === 'object') {
      const given = entries.filter(([name, each]) => !isLeftOut(each, fieldOf(def, name)));
      return Object.fromEntries(given.map(([name, each]) => [name, readField(each, fieldOf(def, name), at(name))]));
    }
  }
  return value;
}

/** An argument of any type is data, except that text of an array or an object is parsed. */
function readField(value: unknown, field: Schema | undefined, path: string): unknown {
  if (!field) return value;
  if (!formsOf(field).some(isAny)) return read(value, field, path);
  return typeof value === 'string' && /^\s*[[{]/.test(value) ? (parse(value, path) ?? value) : value;
}

function fieldOf({ shape }: z.core.$ZodObjectDef, name: string): Schema | undefined {
  return Object.hasOwn(shape, name) ? shape[name] : undefined;
}

/** Whether a value says that its optional field is not given. `null` may have a meaning of its own. */
function isLeftOut(value: unknown, field: Schema | undefined): boolean {
  if (!field || !accepts(field, undefined)) return false;
  return value === '' || (value === null && (formsOf(field).some(isAny) || !accepts(field, null)));
}

/** A text in the form that the schema expects. A text that fits no form stays, and the schema refuses it. */
function readText(text: string, schema: Schema, path: string): unknown {
  const trimmed = text.trim();
  for (const each of [text, trimmed]) if (accepts(schema, each)) return each;
  const kinds = formsOf(schema).map((form) => definition(form).type);
  if (kinds.includes('string')) return text;
  const value = parse(/^(true|false)$/i.test(trimmed) ? trimmed.toLowerCase() : trimmed, path);
  if (isExact(value)) return text;
  const kind = Array.isArray(value) ? 'array' : typeof value;
  return kinds.some((each) => each === kind || (each === 'record' && isObject(value))) ? value : text;
}

/** The value of a JSON text. Undefined for any other text. */
function parse(text: string, path: string): unknown {
  let value: unknown;
  try {
    value = parseExact(text);
  } catch {
    return undefined;
  }
  refuseTooDeep(value, path);
  return value;
}

function refuseTooDeep(value: unknown, name: string): void {
  if (!isTooDeep(value)) return;
  const message = `${name.slice(0, 60)} is nested more than ${MAX_DEPTH} levels deep; nothing was sent`;
  throw new Refusal('invalid_arguments', message, 'Send a flatter value. No model or setting takes one this deep.');
}
