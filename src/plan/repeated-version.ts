/** The same model and version twice in one endpoint, which the service refuses (fact S10). Pure. */
import type { EntityInput } from './entity-rules.ts';
import { nameOf } from './entity-rules.ts';

/** Settings that make two entities of one version differ in size, with the defaults of the service. */
const SIZE: [field: string, otherwise: unknown][] = [
  ['workload_size', undefined],
  ['workload_type', 'CPU'],
  ['min_provisioned_concurrency', undefined],
  ['max_provisioned_concurrency', undefined],
  ['min_provisioned_throughput', undefined],
  ['max_provisioned_throughput', undefined],
  ['provisioned_model_units', undefined],
];

/** Without any size, the service takes Small. */
function sizeOf(entity: EntityInput): string {
  const size = SIZE.map(([field, otherwise]) => entity[field] ?? otherwise);
  const scales = size.some((value, at) => at !== 1 && value !== undefined);
  return JSON.stringify(scales ? size : ['Small', ...size.slice(1)]);
}

export interface RepeatedVersions {
  problems: string[];
  /** Pairs that may be allowed. */
  warnings: string[];
}

/**
 * Pairs of entities with the same model and version. With the same size, the service certainly refuses them. Whether another size makes a
 * difference is not known, so that is a warning.
 * @param added names of the entities that the caller adds or changes. Pairs that are there already are no one's mistake.
 */
export function repeatedVersions(entities: readonly EntityInput[], added: readonly string[]): RepeatedVersions {
  const problems: string[] = [];
  const warnings: string[] = [];
  const serves = ({ entity_name, entity_version }: EntityInput) =>
    JSON.stringify([entity_name, String(entity_version)]);
  for (const [at, entity] of entities.entries()) {
    if (entity.entity_name === undefined || entity.entity_version === undefined) continue;
    for (const other of entities.slice(at + 1)) {
      const names = [nameOf(entity), nameOf(other)];
      if (serves(entity) !== serves(other) || !names.some((name) => added.includes(name))) continue;
      const pair = `${names.join(' and ')} serve the same version of the same model`;
      if (sizeOf(entity) === sizeOf(other)) problems.push(`${pair}, which one endpoint may serve only once`);
      else warnings.push(`${pair} in different sizes, which the service may refuse`);
    }
  }
  return { problems, warnings };
}
