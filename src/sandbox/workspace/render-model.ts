import { compact, type JsonObject } from '../json.ts';
import type { ModelVersion, RegisteredModel, Workspace } from '../state/state.ts';

function nameParts(model: RegisteredModel): { catalog_name: string; schema_name: string; model_name: string } {
  const [catalog_name = '', schema_name = '', model_name = ''] = model.full_name.split('.');
  return { catalog_name, schema_name, model_name };
}

/** An alias as Unity Catalog sends it. */
export function renderAlias(model: RegisteredModel, alias_name: string, version_num: number): JsonObject {
  return { alias_name, version_num, ...nameParts(model) };
}

/** A registered model. Aliases are returned only on request. evidence: catalog-routes */
export function renderModel(workspace: Workspace, model: RegisteredModel, withAliases: boolean): JsonObject {
  const { catalog_name, schema_name, model_name: name } = nameParts(model);
  const aliases = [...model.aliases].map(([alias, version]) => renderAlias(model, alias, version));
  return compact({
    name,
    full_name: model.full_name,
    catalog_name,
    schema_name,
    owner: model.owner,
    comment: model.comment === '' ? undefined : model.comment,
    metastore_id: workspace.metastore_id,
    created_at: model.created_at,
    created_by: model.owner,
    updated_at: model.updated_at,
    updated_by: model.owner,
    aliases: withAliases ? aliases : undefined,
    tags: [...model.tags].map(([key, value]) => ({ key, value })),
  });
}

/** The MLflow run that logged a version. Run ids are 32 hex digits. evidence: version-origin */
export function runOf(version: ModelVersion): string {
  return version.id.replaceAll('-', '');
}

/** Where a version came from, and where Unity Catalog keeps it once it is registered. */
export function locationOf(
  model: RegisteredModel,
  version: ModelVersion,
): { source: string; storage_location: string | undefined } {
  const location = `dbfs:/databricks/mlflow-tracking/${model.id}/${runOf(version)}`;
  const stored = version.status === 'READY';
  return { source: `${location}/artifacts/model`, storage_location: stored ? `${location}/stored` : undefined };
}

/** A model version. Its number is an integer here; serving writes it as text. */
export function renderVersion(
  workspace: Workspace,
  model: RegisteredModel,
  version: ModelVersion,
  withAliases: boolean,
): JsonObject {
  const aliases = [...model.aliases].filter(([, target]) => target === version.version);
  return compact({
    ...nameParts(model),
    version: version.version,
    status: version.status,
    ...locationOf(model, version),
    run_id: runOf(version),
    run_workspace_id: Number(workspace.org_id),
    comment: version.comment === '' ? undefined : version.comment,
    id: version.id,
    metastore_id: workspace.metastore_id,
    created_at: version.created_at,
    created_by: model.owner,
    updated_at: version.updated_at,
    updated_by: model.owner,
    aliases: withAliases ? aliases.map(([alias]) => renderAlias(model, alias, version.version)) : undefined,
    tags: [...(model.version_tags.get(version.version) ?? [])].map(([key, value]) => ({ key, value })),
  });
}
