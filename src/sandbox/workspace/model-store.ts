import type { SandboxContext } from '../context.ts';
import { ApiError, invalid, missing } from '../errors.ts';
import { mayManageModel } from '../identity/access.ts';
import { uuid } from '../ids.ts';
import type { ModelVersion, Principal, RegisteredModel, Workspace } from '../state/state.ts';

/** A registered model by its full name, or 404. assumed: catalog-missing-text */
export function modelNamed(workspace: Workspace, name: string): RegisteredModel {
  const model = workspace.models.get(name);
  if (!model || isFeatureSpec(model)) throw missing(`Routine or Model '${name}' does not exist.`);
  return model;
}

/** All registered models. A feature spec is stored with them here, but in Unity Catalog it is a function. */
export function registeredModels(workspace: Workspace): RegisteredModel[] {
  return [...workspace.models.values()].filter((model) => !isFeatureSpec(model));
}

function isFeatureSpec(model: RegisteredModel): boolean {
  return model.versions.get(1)?.spec.kind === 'feature-spec';
}

/** A model that the caller may change, as its owner or an admin. assumed: catalog-owner-writes */
export function writableModel(workspace: Workspace, caller: Principal, name: string): RegisteredModel {
  const model = modelNamed(workspace, name);
  if (!mayManageModel(caller, model)) {
    throw new ApiError(403, 'PERMISSION_DENIED', `User is not an owner of Routine or Model '${name}'.`);
  }
  return model;
}

/** A version by its number as text, or 404. assumed: catalog-missing-text */
export function versionIn(model: RegisteredModel, number: string): ModelVersion {
  const version = /^\d+$/.test(number) ? model.versions.get(Number(number)) : undefined;
  if (!version) throw missing(`Model Version '${number}' of '${model.full_name}' does not exist.`);
  return version;
}

/** The version behind an alias, or 404. assumed: catalog-missing-text */
export function versionOfAlias(model: RegisteredModel, alias: string): ModelVersion {
  const number = model.aliases.get(alias);
  if (number === undefined) throw missing(`Alias '${alias}' of '${model.full_name}' does not exist.`);
  return versionIn(model, String(number));
}

/** The versions of a model. The service lists them in no useful order, and sorting by random ids keeps that. */
export function versionsOf(model: RegisteredModel): ModelVersion[] {
  return [...model.versions.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Registers an empty model. Throws 400 for a name without three parts and 409 for one that is taken. */
export function addModel(ctx: SandboxContext, full_name: string, owner: string, comment: unknown): RegisteredModel {
  if (!/^[^./ ]+\.[^./ ]+\.[^./ ]+$/.test(full_name)) {
    throw invalid(`'${full_name}' is not a name of three levels: catalog, schema and model.`);
  }
  if (ctx.workspace.models.has(full_name)) {
    throw new ApiError(409, 'RESOURCE_ALREADY_EXISTS', `Routine or Model '${full_name}' already exists.`);
  }
  const now = ctx.clock.now();
  const model: RegisteredModel = {
    full_name,
    id: uuid(ctx.random),
    owner,
    comment: typeof comment === 'string' ? comment : '',
    grants: new Map(),
    aliases: new Map(),
    tags: new Map(),
    version_tags: new Map(),
    versions: new Map(),
    created_at: now,
    updated_at: now,
  };
  ctx.workspace.models.set(full_name, model);
  return model;
}

/** Changes what a body names: comment, owner, or the last part of the name. */
export function changeModel(
  ctx: SandboxContext,
  model: RegisteredModel,
  { comment, owner, new_name }: Record<string, unknown>,
): void {
  if (typeof comment === 'string') model.comment = comment;
  if (typeof owner === 'string') model.owner = owner;
  if (typeof new_name === 'string') {
    ctx.workspace.models.delete(model.full_name);
    // MLflow sends the whole name, the other clients its last part.
    model.full_name = [...model.full_name.split('.').slice(0, 2), new_name.split('.').at(-1)].join('.');
    ctx.workspace.models.set(model.full_name, model);
  }
  model.updated_at = ctx.clock.now();
}

/** Points an alias to a version of the model. */
export function setAlias(ctx: SandboxContext, model: RegisteredModel, alias: string, version: ModelVersion): void {
  model.aliases.set(alias, version.version);
  model.updated_at = ctx.clock.now();
}

/** Removes an alias, or throws 404. */
export function removeAlias(ctx: SandboxContext, model: RegisteredModel, alias: string): void {
  versionOfAlias(model, alias);
  model.aliases.delete(alias);
  model.updated_at = ctx.clock.now();
}

/** Removes a version and the aliases that point to it. */
export function removeVersion(model: RegisteredModel, { version }: ModelVersion): void {
  model.versions.delete(version);
  model.version_tags.delete(version);
  for (const [alias, target] of model.aliases) if (target === version) model.aliases.delete(alias);
}

/** The tags of a model, or of one of its versions. A change of the map changes them. */
export function tagsOf(model: RegisteredModel, version?: ModelVersion): Map<string, string> {
  if (!version) return model.tags;
  const held = model.version_tags.get(version.version) ?? new Map<string, string>();
  model.version_tags.set(version.version, held);
  return held;
}
