/** JSON Schemas from outside with their references put in, as far as they lead into the same document. Pure. */
import { isObject } from '../rest/json.ts';

/** Levels and schemas of the result. Text from outside must not decide how large it gets. */
const MAX_LEVELS = 24;
const MAX_SCHEMAS = 20_000;

/** The schema without `$ref` and `allOf`. A reference to itself, or out of the document, becomes a schema of anything. */
export function withoutRefs(schema: unknown, document: unknown): unknown {
  if (!JSON.stringify(schema ?? null).match(/"(?:\$ref|allOf)"/)) return schema;
  let left = MAX_SCHEMAS;
  const inside = (value: unknown, open: readonly string[], levels: number): unknown => {
    if (Array.isArray(value)) return value.map((each) => inside(each, open, levels - 1));
    if (!isObject(value)) return value;
    if (levels <= 0 || left-- <= 0) return {};
    const { $ref: ref, allOf, ...own } = value;
    const rest = Object.fromEntries(Object.entries(own).map(([key, each]) => [key, inside(each, open, levels - 1)]));
    if (typeof ref === 'string' && !open.includes(ref)) {
      const target = inside(targetOf(ref, document), [...open, ref], levels - 1);
      return isObject(target) ? { ...target, ...rest } : rest;
    }
    if (!Array.isArray(allOf)) return rest;
    return [...allOf.map((each) => inside(each, open, levels - 1)), rest].reduce<Record<string, unknown>>(both, {});
  };
  return inside(schema, [], MAX_LEVELS);
}

/** The place that a local reference names: `#/components/schemas/Row` (RFC 6901). */
function targetOf(ref: string, document: unknown): unknown {
  if (!ref.startsWith('#/')) return undefined;
  const path = ref.slice(2).split('/');
  return path.reduce<unknown>((value, part) => {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }, document);
}

/** One schema that asks for what both ask. */
function both(a: Record<string, unknown>, b: unknown): Record<string, unknown> {
  if (!isObject(b)) return a;
  const properties = {
    ...(isObject(a.properties) ? a.properties : {}),
    ...(isObject(b.properties) ? b.properties : {}),
  };
  const required = [a.required, b.required].flatMap((each) => (Array.isArray(each) ? each : []));
  return {
    ...a,
    ...b,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(required.length > 0 ? { required } : {}),
  };
}
