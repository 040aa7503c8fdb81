/** A team's limits on what this server may change, whatever an agent asks for. Read at start, and checked before every write. Pure. */
import * as z from 'zod';
import { WORKLOAD_SIZES, WORKLOAD_TYPES } from '../plan/entity-rules.ts';
import { Refusal } from '../refusal.ts';
import { isServiceName } from '../rest/names.ts';
import { closest } from '../text/did-you-mean.ts';
import { duplicateKey } from '../text/duplicate-key.ts';
import { errorMessage } from '../text/error-message.ts';
import type { PlannedWrite, Step } from './planned-write.ts';
import { newlyRouted } from './routed-models.ts';

const pattern = z
  .string()
  .max(300)
  .refine(
    // Two dots, so that `prod.*` is no pattern: its author may have meant a regular expression.
    (text) => /^[A-Za-z0-9*][A-Za-z0-9_*-]{0,62}$/.test(text) || /^[^\s/.]+(\.[^\s/.]+){2}$/.test(text),
    'must consist of letters, digits, -, _ and *, and start with a letter, a digit or *, or be catalog.schema.name of a model service; no other pattern can match a name',
  );

const modelPattern = z
  .string()
  .max(300)
  .refine(
    // A name has three parts, and no part contains a dot. A star may match across parts.
    (text) => /^[^\s/.]*(\.[^\s/.]*){0,2}$/.test(text) && (text.includes('*') || /^[^.]+\.[^.]+\.[^.]+$/.test(text)),
    'must be catalog.schema.model, where * matches any text; no other pattern can match a model',
  );

const Policy = z.strictObject({
  allow_endpoints: z.array(pattern).min(1).optional(),
  protect_endpoints: z.array(pattern).min(1).optional(),
  allow_models: z.array(modelPattern).min(1).optional(),
  protect_models: z.array(modelPattern).min(1).optional(),
  allow_create: z.boolean().optional(),
  max_workload_size: z.enum(WORKLOAD_SIZES).optional(),
  workload_types: z.array(z.enum(WORKLOAD_TYPES)).min(1).optional(),
  hosts: z
    .array(z.url({ protocol: /^https?$/ }))
    .min(1)
    .optional(),
  owner: z.string().min(1).max(200).optional(),
});
/** The rules of a policy file. An absent rule forbids nothing. Each refusal names the `owner`, who can change the policy. */
export type Policy = z.infer<typeof Policy>;

/**
 * Reads a policy file. @throws Error that names the unknown key, the key given twice, or the wrong value. The server must not start with a misread
 * policy.
 */
export function parsePolicy(text: string, file: string): Policy {
  const json = text.replace(/^\uFEFF/, '');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Error(`policy ${file} is not JSON: ${errorMessage(error)}`);
  }
  const twice = duplicateKey(json);
  if (twice) {
    const { key, first, line } = twice;
    throw new Error(`policy ${file} is invalid: line ${line} gives ${key} again, after line ${first}; merge the two`);
  }
  const parsed = Policy.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(unknownRule).join('; ')
      : `${issue.path.join('.') || 'policy'}: ${issue.message}`,
  );
  throw new Error(`policy ${file} is invalid: ${problems.join('; ')}`);
}

function unknownRule(key: string): string {
  const known = Object.keys(Policy.shape);
  const hint = closest(key, known);
  return `unknown rule ${key}${hint ? `: did you mean ${hint}?` : ` (rules: ${known.join(', ')})`}`;
}

/** @throws Refusal that names the rule and the owner of the policy. */
export function checkPolicy(policy: Policy, planned: PlannedWrite): void {
  const write = { ...planned, steps: [...planned.steps, ...(planned.later ?? [])] };
  const { subject } = write;
  const own = subject.kind === 'endpoint' || subject.kind === 'model_service';
  const name = own ? subject.name : write.endpoint;
  if (name !== undefined) {
    const kind = isServiceName(name) ? 'model service' : 'endpoint';
    // Unity Catalog ignores case in names. Endpoints do not.
    const match = kind === 'endpoint' ? matches : matchesModel;
    const guarded = policy.protect_endpoints?.find((each) => match(each, name));
    if (guarded !== undefined) refuse(policy, `protect_endpoints ("${guarded}")`, `${kind} ${name} is protected`);
    if (policy.allow_endpoints && !policy.allow_endpoints.some((each) => match(each, name))) {
      refuse(policy, 'allow_endpoints', `${kind} ${name} is not on the list of ${kind}s that may be changed`);
    }
    if (policy.allow_create === false && own && write.before === undefined && write.service === undefined)
      refuse(policy, 'allow_create', `new ${kind}s are not allowed`);
  }
  checkModels(policy, write);
  for (const entity of newEntities(write)) checkCompute(policy, entity);
}

/** Only an alias move changes a model, and other people's jobs load models by alias. `allow_models` alone decides which models may serve. */
function checkModels(policy: Policy, write: PlannedWrite): void {
  const moved = write.steps.filter(({ what }) => what === 'alias').map(({ target }) => target);
  for (const model of moved) {
    const guarded = policy.protect_models?.find((each) => matchesModel(each, model));
    if (guarded !== undefined)
      refuse(policy, `protect_models ("${guarded}")`, `model ${model} is protected, so its aliases cannot move`);
  }
  if (!policy.allow_models) return;
  for (const model of [...moved, ...newlyServed(write), ...newlyRouted(write)]) {
    if (typeof model !== 'string') refuse(policy, 'allow_models', 'an entity names its model in an unknown form');
    if (!policy.allow_models.some((each) => matchesModel(each, model)))
      refuse(policy, 'allow_models', `model ${model} is not on the list of models that may be served or aliased`);
  }
}

/** The registry ignores case in names. */
function matchesModel(glob: string, model: string): boolean {
  return matches(glob.toLowerCase(), model.toLowerCase());
}

/** Models with a version that the write adds to the endpoint, in whatever form the request has them. External models are not in the registry. */
function newlyServed(write: PlannedWrite): unknown[] {
  const model = ({ entity_name, model_name }: Record<string, unknown>) => entity_name ?? model_name;
  const key = (entity: Record<string, unknown>) =>
    JSON.stringify([model(entity), entity.entity_version ?? entity.model_version]);
  const there = new Set((write.before?.config?.served_entities ?? []).map(key));
  return write.steps
    .flatMap(entitiesIn)
    .filter((entity) => entity.external_model === undefined || model(entity) !== undefined)
    .filter((entity) => !there.has(key(entity)))
    .map(model);
}

/** @throws Refusal when the workspace is not allowed. */
export function checkHost(policy: Policy, host: string): void {
  if (!policy.hosts) return;
  const origin = (text: string) => new URL(text).origin.toLowerCase();
  if (policy.hosts.some((each) => origin(each) === origin(host))) return;
  refuse(policy, 'hosts', `workspace ${host} is not allowed`);
}

/** Maximum concurrent requests of each size (fact S6). */
const CONCURRENCY: Record<string, number> = { Small: 4, Medium: 16, Large: 64 };

/** Capacity that costs money even when idle, and that no workload size limits (fact C3). */
const DEDICATED = ['provisioned_model_units', 'max_provisioned_throughput', 'min_provisioned_throughput'];

function checkCompute(policy: Policy, entity: Record<string, unknown>): void {
  const { max_workload_size: largest, workload_types: types } = policy;
  const size = String(entity.workload_size ?? 'Small');
  const concurrency = concurrencyOf(entity);
  if (largest !== undefined) {
    // A value that is no number counts as too much.
    const dedicated = DEDICATED.find((field) => !(Number(entity[field] ?? 0) <= 0));
    if (dedicated) refuse(policy, `max_workload_size ("${largest}")`, `${dedicated} reserves capacity without a size`);
    const rank = WORKLOAD_SIZES.indexOf(size as never); // -1 for an unknown size, which may be larger than all others
    const tooLarge = rank < 0 || rank > WORKLOAD_SIZES.indexOf(largest);
    if (tooLarge || !(concurrency <= (CONCURRENCY[largest] ?? 0))) {
      refuse(
        policy,
        `max_workload_size ("${largest}")`,
        `${concurrency > 0 ? `a concurrency of ${concurrency}` : `size ${size}`} is too large`,
      );
    }
  }
  const type = String(entity.workload_type ?? 'CPU');
  if (types && !types.includes(type as never)) refuse(policy, 'workload_types', `workload type ${type} is not allowed`); // compared as text
}

/** The service scales between the two values. The larger one bounds the cost. */
function concurrencyOf(entity: Record<string, unknown>): number {
  return Math.max(Number(entity.min_provisioned_concurrency ?? 0), Number(entity.max_provisioned_concurrency ?? 0));
}

/** Entities that a write adds or resizes. An entity with the compute of a running one may replace it, also with another version. */
function newEntities(write: PlannedWrite): Record<string, unknown>[] {
  const compute = (entity: Record<string, unknown>) =>
    JSON.stringify([
      entity.workload_size ?? 'Small',
      entity.workload_type ?? 'CPU',
      concurrencyOf(entity),
      DEDICATED.map((field) => entity[field] ?? 0),
    ]);
  const running = write.before?.config?.served_entities?.map(compute) ?? [];
  return write.steps.flatMap((step) => {
    const left = [...running];
    return entitiesIn(step).filter((entity) => {
      const at = left.indexOf(compute(entity));
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  });
}

/** The served entities in the request of a step. */
function entitiesIn({ what, request }: Step): Record<string, unknown>[] {
  if (what !== 'create' && what !== 'create_units' && what !== 'config' && what !== 'units') return [];
  const body = request?.body as Body | undefined; // the form of these requests
  const { served_entities = [], served_models = [] } = body?.config ?? body ?? {};
  return [served_entities, served_models].flat();
}

/** The older name of the list means the same to the service. */
interface Entities {
  served_entities?: Record<string, unknown>[];
  served_models?: Record<string, unknown>[];
}

interface Body extends Entities {
  config?: Entities;
}

/** Whether a name matches a pattern, where `*` matches any text. No pattern makes this slow: it needs no backtracking. */
export function matches(glob: string, name: string): boolean {
  const [first = '', ...parts] = glob.split('*');
  const last = parts.pop();
  if (last === undefined) return name === glob;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

function refuse(policy: Policy, rule: string, what: string): never {
  const owner = policy.owner ?? 'the person who starts this server';
  throw new Refusal(
    'policy',
    `${what}: rule ${rule} of this server's policy`,
    `Do not look for a way around it. The policy can be changed by ${owner}.`,
  );
}
