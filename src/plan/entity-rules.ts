/**
 * Finds all problems of served entities and their traffic at once, before anything is sent (facts S8 and T2). Pure. Values that may be
 * secrets are never repeated.
 */

import { isObject } from '../rest/json.ts';
import { ENDPOINT_NAME, NO_NAME } from '../rest/names.ts';
import { closest } from '../text/did-you-mean.ts';
import { meantName } from '../text/other-names.ts';
import { looksSecret, redact, secretReference } from '../text/redact.ts';
import { defaultEntityName } from './config-input.ts';
import { problemsOfExternalModel } from './external-model-rules.ts';

/** Sizes from the smallest to the largest (fact S6), and types of compute (fact S7). */
export const WORKLOAD_SIZES = ['Small', 'Medium', 'Large'] as const;
export const WORKLOAD_TYPES = [
  'CPU',
  'CPU_MEDIUM',
  'CPU_LARGE',
  'GPU_SMALL',
  'GPU_MEDIUM',
  'GPU_LARGE',
  'GPU_XLARGE',
  'GPU_XLARGE_8',
  'MULTIGPU_MEDIUM',
] as const;
/** The documentation says 10, but the service takes 15 (fact S4). */
export const MAX_ENTITIES = 15;

/** The ways to scale. They exclude each other (fact S5). */
const FAMILIES: Record<string, readonly string[]> = {
  'workload size': ['workload_size'],
  'provisioned concurrency': ['min_provisioned_concurrency', 'max_provisioned_concurrency'],
  'provisioned throughput': ['min_provisioned_throughput', 'max_provisioned_throughput'],
  'model units': ['provisioned_model_units'],
};
const FIELDS = [
  'name',
  'entity_name',
  'entity_version',
  'external_model',
  'workload_type',
  'scale_to_zero_enabled',
  'burst_scaling_enabled',
  'environment_vars',
  'instance_profile_arn',
  ...Object.values(FAMILIES).flat(),
];

/** Fields that hold one text. */
const TEXTS = ['entity_name', 'workload_size', 'workload_type', 'instance_profile_arn'];

export type EntityInput = Record<string, unknown>;

/** The name that an entity will have: its own, or the one that the service makes (fact S1). */
export function nameOf(entity: EntityInput): string {
  if (typeof entity.name === 'string' && entity.name !== '') return entity.name;
  const external = entity.external_model;
  if (isObject(external) && 'name' in external) return String(external.name).replace(/[.:]/g, '-');
  const model = String(entity.entity_name ?? '');
  return entity.entity_version === undefined
    ? (model.split('.').at(-1) ?? '')
    : defaultEntityName(model, String(entity.entity_version));
}

/** All problems of a list of entities and their traffic. */
export function problemsOfEntities(
  entities: readonly EntityInput[],
  traffic: Record<string, number> | undefined,
): string[] {
  return [
    ...entities.flatMap(problemsOfEntity),
    ...problemsOfList(entities),
    ...problemsOfTraffic(entities.map(nameOf), traffic),
  ];
}

/** Problems of the list as a whole: number, names and combinations of entities. */
export function problemsOfList(entities: readonly EntityInput[]): string[] {
  const problems: string[] = [];
  if (entities.length === 0) problems.push('there is no served entity');
  if (entities.length > MAX_ENTITIES)
    problems.push(`there are ${entities.length} entities, but an endpoint takes at most ${MAX_ENTITIES}`);
  const names = entities.map(nameOf);
  for (const name of new Set(names.filter((each, index) => names.indexOf(each) !== index))) {
    problems.push(`two entities have the name ${name}: rename one of them`);
  }
  const external = entities.filter((entity) => entity.external_model !== undefined).length;
  if (external > 0 && external < entities.length)
    problems.push('external models and registered models cannot share an endpoint');
  const tasks = new Set(
    entities.map((entity) => field(entity.external_model, 'task')).filter((task) => task !== undefined),
  );
  if (tasks.size > 1)
    problems.push(`the external models have different tasks (${[...tasks].join(', ')}), but an endpoint has one task`);
  return problems;
}

/** Every route must name an existing entity, and the shares must add up to 100 (facts T2 and T3). */
export function problemsOfTraffic(names: readonly string[], traffic: Record<string, number> | undefined): string[] {
  if (traffic === undefined) {
    return names.length > 1 ? [`${names.length} entities need traffic: give each a share, 100 in total`] : [];
  }
  const problems = Object.keys(traffic)
    .filter((name) => !names.includes(name))
    .map((name) => {
      const hint = closest(name, [...names]);
      return `traffic has ${redact(name)}, which is not an entity of this endpoint${hint ? `: did you mean ${hint}?` : ` (${names.join(', ')})`}`;
    });
  const sum = Object.values(traffic).reduce((a, b) => a + b, 0);
  if (sum !== 100) problems.push(`the traffic adds up to ${sum} instead of 100`);
  return problems;
}

/** All problems of one entity, each prefixed with its name. */
export function problemsOfEntity(entity: EntityInput): string[] {
  return faultsOf(entity).map((fault) => `${nameOf(entity) || 'entity'}: ${fault}`);
}

function faultsOf(entity: EntityInput): string[] {
  const problems: string[] = [];
  for (const key of Object.keys(entity)) {
    if (FIELDS.includes(key)) continue;
    const hint = meantName(key, FIELDS);
    problems.push(`unknown field ${key}${hint ? `: did you mean ${hint}?` : ''}`);
  }
  if ((entity.entity_name === undefined) === (entity.external_model === undefined)) {
    problems.push('give either entity_name (for a registered model) or external_model');
  }
  // A list with one text looks like the text in many places, but a policy does not see it.
  for (const each of TEXTS)
    if (entity[each] !== undefined && typeof entity[each] !== 'string') problems.push(`${each} must be one text`);
  const version = entity.entity_version;
  if (version !== undefined && !(isScalar(version) && /^[1-9]\d*$/.test(String(version))))
    problems.push('entity_version must be a version number, not an alias');
  // The default name of an entity with an invalid version is not a second problem.
  else if (entity.name !== undefined && (typeof entity.name !== 'string' || !ENDPOINT_NAME.test(entity.name)))
    problems.push('name must be 1 to 63 letters, digits, - or _');
  else if (entity.name === undefined && nameOf(entity).length > 63)
    problems.push('its default name has more than 63 characters: give it a shorter name');
  else if (typeof entity.name === 'string' && NO_NAME.test(entity.name))
    problems.push('name says that there is no value: omit it, or give a name');
  const used = Object.entries(FAMILIES).filter(([, fields]) => fields.some((each) => entity[each] !== undefined));
  if (used.length > 1)
    problems.push(`${used.map(([family]) => family).join(' and ')} cannot be combined: choose one way to scale`);
  for (const each of Object.values(FAMILIES).flat().slice(1)) {
    const value = entity[each];
    if (value !== undefined && (typeof value !== 'number' || !Number.isInteger(value) || value < 0))
      problems.push(`${each} must be a whole number, 0 or more`);
  }
  problems.push(...problemsOfConcurrency(entity));
  problems.push(...ordered(entity, 'min_provisioned_concurrency', 'max_provisioned_concurrency'));
  problems.push(...ordered(entity, 'min_provisioned_throughput', 'max_provisioned_throughput'));
  problems.push(...oneOf(entity, 'workload_size', WORKLOAD_SIZES), ...oneOf(entity, 'workload_type', WORKLOAD_TYPES));
  if (entity.scale_to_zero_enabled !== undefined && typeof entity.scale_to_zero_enabled !== 'boolean')
    problems.push('scale_to_zero_enabled must be true or false');
  problems.push(...problemsOfVariables(entity.environment_vars));
  if (entity.external_model !== undefined) {
    if (used.length > 0 || entity.workload_type !== undefined)
      problems.push('an external model has no compute here: omit size, type and throughput');
    problems.push(...problemsOfExternalModel(entity.external_model));
  }
  return problems;
}

/** Concurrency comes in steps of 4, and an upper bound of 0 would serve nothing (fact S11). */
function problemsOfConcurrency(entity: EntityInput): string[] {
  const bounds = ['min_provisioned_concurrency', 'max_provisioned_concurrency'];
  const steps = bounds.flatMap((field) => {
    const value = entity[field];
    if (typeof value !== 'number' || !Number.isInteger(value) || value % 4 === 0) return [];
    return [`${field} must be a multiple of 4, such as ${Math.max(4, Math.round(value / 4) * 4)}`];
  });
  const most = entity.max_provisioned_concurrency;
  return most === 0 ? [...steps, 'max_provisioned_concurrency must be at least 4'] : steps;
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

/** Values that look like credentials must be references, because GET returns plain values (fact K3). Messages do not repeat them. */
export function problemsOfVariables(variables: unknown): string[] {
  if (variables === undefined) return [];
  if (!isObject(variables)) return ['environment_vars must be an object of strings'];
  return Object.entries(variables).flatMap(([name, value]) => {
    if (typeof value !== 'string') return [`environment_vars.${name} must be a string`];
    if (!/^[A-Za-z_]\w{0,254}$/.test(name)) return [`environment_vars: ${redact(name)} is not a valid variable name`];
    if (!looksSecret(name, value)) return [];
    return [
      `environment_vars.${name} looks like a raw secret: store it in a secret scope and pass {{secrets/scope/key}}`,
    ];
  });
}

/** Other texts of a request that look like a raw key. The message does not repeat the key. */
export function problemsOfTexts(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return redact(value) === value ? [] : [`${path} looks like a raw secret`];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => problemsOfTexts(inner, path === '' ? key : `${path}.${key}`));
}

function ordered(entity: EntityInput, low: string, high: string): string[] {
  const [min, max] = [entity[low], entity[high]];
  return typeof min === 'number' && typeof max === 'number' && min > max ? [`${low} is above ${high}`] : [];
}

function oneOf(entity: EntityInput, name: string, allowed: readonly string[]): string[] {
  const value = entity[name];
  if (value === undefined || allowed.includes(String(value))) return [];
  return [`${name} must be one of ${allowed.join(', ')}`];
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

/** Every `{{secrets/scope/key}}` in a value, so that a check can look up scope and key. */
export function secretReferences(value: unknown): { scope: string; key: string }[] {
  if (typeof value === 'string') {
    const reference = secretReference(value);
    return reference ? [reference] : [];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretReferences) : [];
}
