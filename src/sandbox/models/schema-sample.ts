import { isObject, type JsonObject } from '../json.ts';

/** Limit for deep or self-referring schemas. The value below this depth is null. */
const MAX_DEPTH = 12;

function resolve(schema: JsonObject, root: JsonObject): JsonObject {
  if (typeof schema.$ref !== 'string' || !schema.$ref.startsWith('#/')) return schema;
  let found: unknown = root;
  for (const part of schema.$ref.slice(2).split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    found = isObject(found) ? found[key] : undefined;
  }
  return isObject(found) ? found : {};
}

const FORMATS: Record<string, string> = {
  date: '2024-01-01',
  'date-time': '2024-01-01T00:00:00Z',
  time: '00:00:00Z',
  email: 'sandbox@example.com',
  uri: 'https://example.com/sandbox',
  uuid: '00000000-0000-4000-8000-000000000000',
  ipv4: '127.0.0.1',
};

const numeric = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

function text(schema: JsonObject, hint: string): string {
  const formatted = typeof schema.format === 'string' ? FORMATS[schema.format] : undefined;
  if (formatted !== undefined) return formatted;
  const wanted = hint === '' ? 'sandbox' : hint;
  const padded = wanted.padEnd(numeric(schema.minLength) ?? 0, '.');
  return [...padded].slice(0, numeric(schema.maxLength) ?? padded.length).join('');
}

function number(schema: JsonObject, whole: boolean): number {
  const step = numeric(schema.multipleOf) ?? (whole ? 1 : undefined);
  const low = numeric(schema.minimum);
  const above = numeric(schema.exclusiveMinimum);
  const high = numeric(schema.maximum);
  const below = numeric(schema.exclusiveMaximum);
  const unit = step ?? 0.5;
  let value =
    low ?? (above !== undefined ? above + unit : Math.min(0, high ?? 0, below !== undefined ? below - unit : 0));
  if (step !== undefined) value = Math.ceil(value / step) * step;
  if (above !== undefined && value <= above) value += unit;
  // The range is narrower than the step of a plain number, so take its middle.
  const top = high ?? below;
  if (step === undefined && top !== undefined && value > top) value = ((low ?? above ?? top) + top) / 2;
  return value;
}

function sample(schema: JsonObject, root: JsonObject, hint: string, depth: number): unknown {
  if (depth > MAX_DEPTH) return null;
  const next = (part: unknown, at = depth + 1): unknown =>
    isObject(part) ? sample(resolve(part, root), root, hint, at) : null;
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0];
  for (const union of [schema.anyOf, schema.oneOf]) {
    if (Array.isArray(union) && union.length > 0) {
      // An optional field is usually a union with null. A value shows more than null does.
      return next(union.find((part) => isObject(part) && part.type !== 'null') ?? union[0]);
    }
  }
  if (Array.isArray(schema.allOf)) {
    const parts = schema.allOf.filter(isObject).map((part) => resolve(part, root));
    const properties = Object.assign({}, schema.properties, ...parts.map((part) => part.properties));
    const required = [schema, ...parts].flatMap((part) => (Array.isArray(part.required) ? part.required : []));
    return sample(
      { ...Object.assign({}, ...parts), ...schema, allOf: undefined, properties, required },
      root,
      hint,
      depth + 1,
    );
  }
  const type = Array.isArray(schema.type) ? (schema.type.find((name) => name !== 'null') ?? 'null') : schema.type;
  if (type === 'object' || (type === undefined && isObject(schema.properties))) {
    const properties = isObject(schema.properties) ? schema.properties : {};
    const required = Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : [];
    const names = [...new Set([...required, ...(depth < 3 ? Object.keys(properties) : [])])];
    return Object.fromEntries(names.map((name) => [name, next(properties[name] ?? {})]));
  }
  if (type === 'array') {
    const items = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
    const length = Math.max(items.length, numeric(schema.minItems) ?? 0);
    return Array.from({ length }, (_, at) => next(items[at] ?? schema.items ?? {}));
  }
  if (type === 'integer' || type === 'number') return number(schema, type === 'integer');
  if (type === 'boolean') return true;
  if (type === 'null') return null;
  return text(schema, hint);
}

/**
 * A valid value for a JSON Schema of the kind that structured output and tools use: objects, arrays, unions, enums, bounds, `$ref` into the
 * document. Strings without a format are `hint`. Patterns and `uniqueItems` above one item are ignored.
 */
export function sampleOf(schema: unknown, hint: string): unknown {
  return isObject(schema) ? sample(resolve(schema, schema), schema, hint, 0) : {};
}
