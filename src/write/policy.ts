/** What a team allows this server to change, whatever an agent asks for. Read at start, checked before every write. Pure. */
import * as z from 'zod';
import { WORKLOAD_SIZES, WORKLOAD_TYPES } from '../plan/entity-rules.ts';
import { Refusal } from '../refusal.ts';
import { closest } from '../text/did-you-mean.ts';
import type { PlannedWrite, Step } from './planned-write.ts';

const pattern = z
  .string()
  .regex(
    /^[A-Za-z0-9*][A-Za-z0-9_*-]{0,62}$/,
    'must be made of letters, digits, -, _ and *, and begin with one of the first two or *: anything else can never match an endpoint name',
  );

const modelPattern = z
  .string()
  .max(300)
  .refine(
    // Names have three parts without dots in them; a star may stand for any of that.
    (text) => /^[^\s/.]*(\.[^\s/.]*){0,2}$/.test(text) && (text.includes('*') || /^[^.]+\.[^.]+\.[^.]+$/.test(text)),
    'must be catalog.schema.model, where * stands for any text: anything else can never match a model',
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
/** Rules of a policy file; a rule that is absent forbids nothing. `owner` is told with each refusal: who can change the policy. */
export type Policy = z.infer<typeof Policy>;

/** Reads a policy file. @throws Error that names the unknown key or the wrong value: no policy is better than a misread one. */
export function parsePolicy(text: string, file: string): Policy {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Error(`policy ${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = Policy.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(unknownRule).join('; ')
      : `${issue.path.join('.') || 'policy'}: ${issue.message}`,
  );
  throw new Error(`policy ${file} is wrong: ${problems.join('; ')}`);
}

function unknownRule(key: string): string {
  const known = Object.keys(Policy.shape);
  const hint = closest(key, known);
  return `unknown rule ${key}${hint ? `: did you mean ${hint}?` : ` (rules: ${known.join(', ')})`}`;
}

/** @throws Refusal that names the rule and who can change it. */
export function checkPolicy(policy: Policy, write: PlannedWrite): void {
  const name = write.subject.kind === 'endpoint' ? write.subject.name : write.endpoint;
  if (name !== undefined) {
    const guarded = policy.protect_endpoints?.find((each) => matches(each, name));
    if (guarded !== undefined) refuse(policy, `protect_endpoints ("${guarded}")`, `endpoint ${name} is protected`);
    if (policy.allow_endpoints && !policy.allow_endpoints.some((each) => matches(each, name))) {
      refuse(policy, 'allow_endpoints', `endpoint ${name} is not among those that may be changed`);
    }
    if (policy.allow_create === false && write.subject.kind === 'endpoint' && write.before === undefined)
      refuse(policy, 'allow_create', 'new endpoints are not allowed');
  }
  checkModels(policy, write);
  for (const entity of newEntities(write)) checkCompute(policy, entity);
}

/** A model is changed by its aliases alone, which jobs of others load by; what it may be used for is a matter of `allow_models` only. */
function checkModels(policy: Policy, write: PlannedWrite): void {
  const moved = write.steps.filter(({ what }) => what === 'alias').map(({ target }) => target);
  for (const model of moved) {
    const guarded = policy.protect_models?.find((each) => matchesModel(each, model));
    if (guarded !== undefined)
      refuse(policy, `protect_models ("${guarded}")`, `model ${model} is protected: its aliases stay`);
  }
  if (!policy.allow_models) return;
  for (const model of [...moved, ...newlyServed(write)]) {
    if (!policy.allow_models.some((each) => matchesModel(each, model)))
      refuse(policy, 'allow_models', `model ${model} is not among those that may be served or get another alias`);
  }
}

/** The registry compares names without regard to case. */
function matchesModel(glob: string, model: string): boolean {
  return matches(glob.toLowerCase(), model.toLowerCase());
}

/** Models of which a write brings a version into service that the endpoint does not have. External models are in no registry. */
function newlyServed(write: PlannedWrite): string[] {
  const key = ({ entity_name, entity_version }: Record<string, unknown>) =>
    JSON.stringify([entity_name, entity_version]);
  const there = new Set((write.before?.config?.served_entities ?? []).map(key));
  return write.steps
    .flatMap(entitiesIn)
    .filter((entity) => !there.has(key(entity)))
    .flatMap(({ entity_name }) => (typeof entity_name === 'string' ? [entity_name] : []));
}

/** @throws Refusal when the workspace is not one of the allowed. */
export function checkHost(policy: Policy, host: string): void {
  if (!policy.hosts) return;
  const origin = (text: string) => new URL(text).origin.toLowerCase();
  if (policy.hosts.some((each) => origin(each) === origin(host))) return;
  refuse(policy, 'hosts', `workspace ${host} is not among the allowed`);
}

/** Most concurrent requests of each size (fact S6). */
const CONCURRENCY: Record<string, number> = { Small: 4, Medium: 16, Large: 64 };

/** Capacity that is paid for whether it is used or not, and that no workload size bounds (fact C3). */
const DEDICATED = ['provisioned_model_units', 'max_provisioned_throughput', 'min_provisioned_throughput'];

function checkCompute(policy: Policy, entity: Record<string, unknown>): void {
  const { max_workload_size: largest, workload_types: types } = policy;
  const size = String(entity.workload_size ?? 'Small');
  const concurrency = concurrencyOf(entity);
  if (largest !== undefined) {
    const dedicated = DEDICATED.find((field) => Number(entity[field] ?? 0) > 0);
    if (dedicated)
      refuse(policy, `max_workload_size ("${largest}")`, `${dedicated} is dedicated capacity without a size`);
    const tooLarge = WORKLOAD_SIZES.indexOf(size as never) > WORKLOAD_SIZES.indexOf(largest); // an unknown size has index -1 and is refused elsewhere
    if (tooLarge || concurrency > (CONCURRENCY[largest] ?? 0)) {
      refuse(
        policy,
        `max_workload_size ("${largest}")`,
        `${concurrency > 0 ? `a concurrency of ${concurrency}` : `size ${size}`} is too large`,
      );
    }
  }
  const type = String(entity.workload_type ?? 'CPU');
  if (types && !types.includes(type as never))
    refuse(policy, 'workload_types', `workload type ${type} is not among the allowed`); // compared as text
}

/** The service scales between the two; the greater is what may be paid for. */
function concurrencyOf(entity: Record<string, unknown>): number {
  return Math.max(Number(entity.min_provisioned_concurrency ?? 0), Number(entity.max_provisioned_concurrency ?? 0));
}

/** Entities that a write brings in or resizes; as many as run already with the same compute may go on, in another version too. */
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

/** The served entities that a step sends. */
function entitiesIn({ what, request }: Step): Record<string, unknown>[] {
  if (what !== 'create' && what !== 'create_units' && what !== 'config' && what !== 'units') return [];
  const body = request?.body as Body | undefined; // the bodies of these requests
  const entities = body?.config?.served_entities ?? body?.served_entities;
  return Array.isArray(entities) ? entities : [];
}

interface Body {
  served_entities?: Record<string, unknown>[];
  config?: { served_entities?: Record<string, unknown>[] };
}

/** Whether a name matches a pattern, in which `*` stands for any text. In time that grows with their lengths, whatever the pattern. */
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
  const who = policy.owner ?? 'whoever starts this server';
  throw new Refusal(
    'policy',
    `${what}: rule ${rule} of this server's policy`,
    `Do not try another way. The policy can be changed by ${who}.`,
  );
}
