/** Looks into the input schema of a tool: which values it accepts at which place. The only file that knows how zod builds a schema. Pure. */
import * as z from 'zod';
import { formOf } from '../tool.ts';

export type Schema = z.core.$ZodType;

/** The schemas that a value can have, without their wrappers: one, or the options of a union. */
export function formsOf(schema: Schema): Schema[] {
  const form = formOf(schema);
  if (form) return formsOf(form);
  const def = definition(schema);
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
      return formsOf(def.innerType);
    case 'pipe':
      return formsOf(def.in);
    case 'union':
      return def.options.flatMap(formsOf);
    default:
      return [schema];
  }
}

export function isAny(schema: Schema): boolean {
  return definition(schema).type === 'unknown';
}

export function accepts(schema: Schema, value: unknown): boolean {
  return z.safeParse(schema, value).success;
}

/** The names that are known at a place of the arguments: those of the arguments, or of the fields of an object in them. */
export function fieldsAt(schema: Schema, path: readonly PropertyKey[]): string[] {
  const [name, ...rest] = path;
  return formsOf(schema).flatMap((form) => {
    const def = definition(form);
    if (def.type === 'object') {
      if (name === undefined) return Object.keys(def.shape);
      const field = def.shape[String(name)];
      return field ? fieldsAt(field, rest) : [];
    }
    if (name === undefined) return [];
    if (def.type === 'array') return fieldsAt(def.element, rest);
    return def.type === 'record' ? fieldsAt(def.valueType, rest) : [];
  });
}

/** What a schema is made of. */
export function definition(schema: Schema): z.core.$ZodTypes['_zod']['def'] {
  return (schema as z.core.$ZodTypes)._zod.def; // every schema of zod is one of these
}
