/** The right form of a refused call: arguments that fit stay, and examples stand for the others. Pure. */
import { call } from '../refusal.ts';
import { isObject } from '../rest/json.ts';
import { redact } from '../text/redact.ts';
import type { Tool } from '../tool.ts';
import { accepts, definition, formsOf, type Schema } from './schema-forms.ts';

/** Characters of a call. */
const MAX_CALL = 600;

/** Arguments that only another answer or a person can give. An example of them would be a guess. */
const NO_EXAMPLE: ReadonlySet<string> = new Set(['confirm', 'if_fingerprint', 'config_version', 'cursor']);

/** Examples by argument, for readers. The first that the schema accepts is taken. */
const EXAMPLES: Record<string, readonly unknown[]> = {
  version: ['1'],
  alias: ['champion'],
  grant: [[{ principal: 'analysts', level: 'CAN_QUERY' }]],
  revoke: [['analysts']],
  set: [[{ key: 'user', calls: 60 }]],
  traffic: [{ 'my_model-1': 100 }],
  tags: [{ team: 'risk' }],
  environment_vars: [{ MODE: 'strict', TOKEN: '{{secrets/scope/key}}' }],
  remove_environment_vars: [['MODE']],
  notifications: [{ on_update_failure: ['team@example.com'] }],
  guardrails: [{ input: { safety: true } }],
  inference_table: [{ enabled: true, catalog_name: 'main', schema_name: 'default' }, { schema: 'main.default' }],
  model_service: ['main.default.my_service'],
  destinations: [[{ model: 'system.ai.gpt-5', percent: 100 }]],
  fallbacks: [[{ model: 'system.ai.gpt-5' }]],
  schema: ['main.default'],
  comment: ['Chat of the support team'],
  ai_gateway: [{ usage_tracking_config: { enabled: true } }],
  messages: [[{ role: 'user', content: 'Hello' }]],
  dataframe_records: [[{ x: 1 }]],
  dataframe_split: [{ columns: ['x'], data: [[1]] }],
  inputs: [[[1]]],
  probe: [{ dataframe_records: [{ x: 1 }] }],
  entities: [[{ entity_name: 'main.default.my_model', entity_version: '1', workload_size: 'Small' }]],
  add_entities: [[{ entity_name: 'main.default.my_model', entity_version: '1', workload_size: 'Small' }]],
};

/** Texts for all other arguments. */
const TEXTS = ['my-endpoint', 'main.default.my_model', '1', 'team@example.com', 'inference_table'];

/**
 * @param given the arguments as they were read, under their right names.
 * @returns a call that the schema accepts. A write is a dry run, because the examples are not what the caller wants.
 */
export function exampleCall(
  { name, input, asks = [] }: Pick<Tool, 'name' | 'input' | 'asks'>,
  given: Record<string, unknown>,
): string {
  const fields: [string, Schema][] = Object.entries(input.shape);
  const preview = 'dry_run' in input.shape ? { dry_run: true } : {};
  const whole = (entries: [string, unknown][]) => withAsked(Object.fromEntries(entries), asks, fields);
  const args = whole(fields.flatMap(([field, schema]) => argument(field, schema, given[field])));
  const text = call(name, { ...args, ...preview });
  if (accepts(input, args) && text.length <= MAX_CALL) return text;
  const required = fields.flatMap(([field, schema]) => argument(field, schema, undefined));
  return call(name, { ...whole(required), ...preview });
}

/** The arguments with an example of each group that they lack. */
function withAsked(
  args: Record<string, unknown>,
  asks: readonly (readonly string[])[],
  fields: readonly [string, Schema][],
): Record<string, unknown> {
  const schemas = new Map(fields);
  const lacking = asks.filter((group) => !group.some((field) => args[field] !== undefined));
  const added = lacking.flatMap(([field = '']): [string, unknown][] => {
    const schema = schemas.get(field);
    const value = schema && exampleOf(field, schema);
    return value === undefined ? [] : [[field, value]];
  });
  return { ...args, ...Object.fromEntries(added) };
}

/** The argument as given where it fits, also as the only item of a list. Otherwise an example, if there is one. */
function argument(name: string, schema: Schema, given: unknown): [string, unknown][] {
  if (given === undefined && accepts(schema, undefined)) return [];
  const fitting = [given, [given]].find((each) => accepts(schema, each));
  if (given !== undefined && fitting !== undefined && isPlain(fitting)) return [[name, fitting]];
  const value = NO_EXAMPLE.has(name) ? undefined : exampleOf(name, schema);
  return value === undefined ? [] : [[name, value]];
}

/** Whether a value may be repeated: short, made of names and numbers, and no secret. */
function isPlain(value: unknown): boolean {
  const text = JSON.stringify(value) ?? '';
  return text.length <= 300 && redact(text) === text && texts(value).every((each) => /^[\w.@ -]{0,100}$/.test(each));
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.entries(value).flat().flatMap(texts) : [];
}

function exampleOf(name: string, schema: Schema): unknown {
  const known = Object.hasOwn(EXAMPLES, name) ? (EXAMPLES[name] ?? []) : [];
  return [...known, ...formsOf(schema).flatMap(examples)].find((each) => accepts(schema, each));
}

/** Values that a schema may accept, from its type alone. */
function examples(form: Schema): unknown[] {
  const def = definition(form);
  switch (def.type) {
    case 'string':
      return [...TEXTS, '0123456789ab'];
    case 'number':
      return [1, 0.5, 10, 100];
    case 'boolean':
      return [true];
    case 'enum':
      return Object.values(def.entries);
    case 'array': {
      const { element } = def;
      return formsOf(element)
        .flatMap(examples)
        .filter((each) => accepts(element, each))
        .map((each) => [each]);
    }
    case 'object': {
      const required = Object.entries(def.shape).filter(([, field]) => !accepts(field, undefined));
      return [Object.fromEntries(required.map(([name, field]) => [name, exampleOf(name, field)]))];
    }
    case 'record':
      return [{ x: 1 }, { x: 'example' }];
    default:
      return [];
  }
}

/** Renames unknown arguments that mean a known one which is not given as well. */
export function renamed(given: unknown, names: ReadonlyMap<string, string>): Record<string, unknown> {
  if (!isObject(given)) return {};
  const { ...args } = given;
  for (const [from, to] of names) if (args[to] === undefined) args[to] = args[from];
  return args;
}
