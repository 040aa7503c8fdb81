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
import { isObject } from '../rest/json.ts';
import { accepts, definition, formsOf, isAny, type Schema } from './schema-forms.ts';

/**
 * @returns the arguments to check with the schema.
 * @throws Refusal when a text holds a number that would lose digits, or when a value is nested too deep.
 */
export function readArguments(given: unknown, input: z.ZodObject): unknown {
  for (const [name, value] of Object.entries(given ?? {})) refuseTooDeep(value, name);
  return read(given ?? {}, input, '');
}

function read(given: unknown, schema: Schema, path: string): unknown {
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
  const kind = Array.isArray(value) ? 'array' : typeof value;
  return kinds.some((each) => each === kind || (each === 'record' && isObject(value))) ? value : text;
}

/** The value of a JSON text. Undefined for any other text. */
function parse(text: string, path: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  refuseTooDeep(value, path);
  const lost = lostNumber(text);
  if (lost === undefined) return value;
  throw new Refusal(
    'invalid_arguments',
    `${path} holds the number ${lost}, which loses digits as a JSON number; nothing was sent`,
    `Give ${lost} as text, in quotes, if the model accepts it.`,
  );
}

function refuseTooDeep(value: unknown, name: string): void {
  if (!isTooDeep(value)) return;
  const message = `${name.slice(0, 60)} is nested more than ${MAX_DEPTH} levels deep; nothing was sent`;
  throw new Refusal('invalid_arguments', message, 'Send a flatter value. No model or setting takes one this deep.');
}

/** The first whole number in a JSON text that a double does not keep. */
function lostNumber(text: string): string | undefined {
  if (!/\d{16}/.test(text)) return undefined;
  const numbers = outsideQuotes(text).match(/-?\d{16,}(?![\d.eE])/g) ?? [];
  return numbers.find((each) => !Number.isSafeInteger(Number(each)))?.slice(0, 40);
}

/** A JSON text without its strings. A pattern for them needs memory for each character, and a payload has millions. */
function outsideQuotes(json: string): string {
  const parts: string[] = [];
  for (let at = 0; at < json.length; ) {
    const open = json.indexOf('"', at);
    parts.push(json.slice(at, open < 0 ? json.length : open));
    if (open < 0) break;
    let close = open + 1;
    while (close < json.length && json[close] !== '"') close += json[close] === '\\' ? 2 : 1;
    at = close + 1;
  }
  return parts.join('""');
}
