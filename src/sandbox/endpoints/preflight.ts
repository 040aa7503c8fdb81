import { invalid, missing } from '../errors.ts';
import type { ModelVersion, Workspace } from '../state/state.ts';
import type { ConfigInput, EntityInput } from '../state/wire-types.ts';
import { entitiesOf } from './accept-config.ts';

/**
 * Checks the models of a config: each version exists, is READY, and suits the requested throughput.
 * assumed: model-check-text
 */
export function checkModels(workspace: Workspace, config: ConfigInput): void {
  for (const entity of entitiesOf(config)) {
    if (entity.entity_name) checkModel(workspace, entity, entity.entity_name);
  }
}

function checkModel(workspace: Workspace, entity: EntityInput, name: string): void {
  const model = workspace.models.get(name);
  if (!model) throw missing(`Registered model '${name}' does not exist.`);
  const featureSpec = model.versions.get(1)?.spec.kind === 'feature-spec';
  if (entity.entity_version === undefined) {
    if (featureSpec) return;
    throw invalid(`entity_version is required for the model '${name}'.`);
  }
  // The field takes a version number as text. The service accepts no alias here.
  if (!/^[1-9]\d*$/.test(entity.entity_version)) {
    throw invalid(`Invalid entity_version '${entity.entity_version}' for '${name}': a version number is expected.`);
  }
  const version = model.versions.get(Number(entity.entity_version));
  if (!version) throw missing(`Model version '${entity.entity_version}' of '${name}' does not exist.`);
  if (version.status !== 'READY') {
    throw invalid(
      `Model version '${entity.entity_version}' of '${name}' is not ready: its status is ${version.status}.`,
    );
  }
  checkDependencies(name, version);
  checkThroughput(
    entity,
    name,
    version.optimization?.throughput_chunk_size,
    version.optimization?.optimizable === true,
  );
}

/** The service reads the dependencies that were logged with a version, each time. evidence: dependency-check */
function checkDependencies(model: string, { version, missing_tables }: ModelVersion): void {
  const [table] = missing_tables;
  if (table === undefined) return;
  throw invalid(
    `User cannot serve registered model '${model}' version '${version}'. Dependencies do not exist: table '${table}'`,
  );
}

function checkThroughput(entity: EntityInput, name: string, chunk: number | undefined, eligible: boolean): void {
  const asked = [entity.min_provisioned_throughput, entity.max_provisioned_throughput].filter((n) => n !== undefined);
  if (asked.length === 0) return;
  if (!eligible) throw invalid(`Served entity ${name} is not eligible for Provisioned Throughput.`);
  if (chunk !== undefined && asked.some((n) => n % chunk !== 0)) {
    throw invalid(`Provisioned throughput of ${name} must be a multiple of ${chunk}.`);
  }
}
