import type { SandboxApp, SandboxContext } from '../context.ts';
import { ApiError, invalid, missing } from '../errors.ts';
import { answer, type Call, jsonBody } from '../http.ts';
import { mayManageModel } from '../identity/access.ts';
import { uuid } from '../ids.ts';
import type { ModelVersion, RegisteredModel } from '../state/state.ts';
import { pageOf } from './paging.ts';
import { renderAlias, renderModel, renderVersion } from './render-model.ts';

const BASE = '/api/2.1/unity-catalog/models';

/** Mounts registered models, versions and aliases. Everyone may read them. assumed: catalog-readable */
export function mountUnityCatalog(app: SandboxApp, ctx: SandboxContext): void {
  app.get(BASE, (c) => {
    const { catalog_name: catalog, schema_name: schema } = c.req.query();
    if ((catalog === undefined) !== (schema === undefined)) {
      throw invalid('catalog_name and schema_name must be given together.');
    }
    const workspace = c.get('workspace');
    const prefix = catalog === undefined ? '' : `${catalog}.${schema}.`;
    const models = [...workspace.models.values()].filter((m) => m.full_name.startsWith(prefix) && !isFeatureSpec(m));
    const page = pageOf(models, c.req.query());
    return answer(c, {
      registered_models: page.items.map((m) => renderModel(workspace, m, false)),
      ...page.next,
    });
  });

  app.post(BASE, async (c) => {
    const { catalog_name, schema_name, name, comment } = await jsonBody(c);
    for (const part of [catalog_name, schema_name, name]) {
      if (typeof part !== 'string' || !/^[^./ ]+$/.test(part))
        throw invalid('catalog_name, schema_name and name are required.');
    }
    const full_name = `${catalog_name}.${schema_name}.${name}`;
    if (ctx.workspace.models.has(full_name)) {
      throw new ApiError(409, 'RESOURCE_ALREADY_EXISTS', `Routine or Model '${full_name}' already exists.`);
    }
    const now = ctx.clock.now();
    const model: RegisteredModel = {
      full_name,
      id: uuid(ctx.random),
      owner: c.get('principal').name,
      comment: typeof comment === 'string' ? comment : '',
      grants: new Map(),
      aliases: new Map(),
      versions: new Map(),
      created_at: now,
      updated_at: now,
    };
    ctx.workspace.models.set(full_name, model);
    return answer(c, renderModel(ctx.workspace, model, false));
  });

  app.get(`${BASE}/:model`, (c) => {
    return answer(c, renderModel(c.get('workspace'), modelOf(c), c.req.query('include_aliases') === 'true'));
  });

  app.patch(`${BASE}/:model`, async (c) => {
    const body = await jsonBody(c);
    const model = writableModel(ctx, c);
    if (typeof body.comment === 'string') model.comment = body.comment;
    if (typeof body.owner === 'string') model.owner = body.owner;
    if (typeof body.new_name === 'string') {
      ctx.workspace.models.delete(model.full_name);
      model.full_name = [...model.full_name.split('.').slice(0, 2), body.new_name].join('.');
      ctx.workspace.models.set(model.full_name, model);
    }
    model.updated_at = ctx.clock.now();
    return answer(c, renderModel(ctx.workspace, model, false));
  });

  app.delete(`${BASE}/:model`, (c) => {
    ctx.workspace.models.delete(writableModel(ctx, c).full_name);
    return answer(c, {});
  });

  app.get(`${BASE}/:model/versions`, (c) => {
    const workspace = c.get('workspace');
    const model = modelOf(c);
    // The service lists versions in no useful order. Sorting by random ids keeps that.
    const versions = [...model.versions.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const page = pageOf(versions, c.req.query());
    return answer(c, {
      model_versions: page.items.map((v) => renderVersion(workspace, model, v, false)),
      ...page.next,
    });
  });

  app.get(`${BASE}/:model/versions/:version`, (c) => {
    const model = modelOf(c);
    const version = versionIn(model, c.req.param('version'));
    return answer(c, renderVersion(c.get('workspace'), model, version, c.req.query('include_aliases') === 'true'));
  });

  app.patch(`${BASE}/:model/versions/:version`, async (c) => {
    const body = await jsonBody(c);
    const model = writableModel(ctx, c);
    const version = versionIn(model, c.req.param('version'));
    if (typeof body.comment === 'string') version.comment = body.comment;
    version.updated_at = ctx.clock.now();
    return answer(c, renderVersion(ctx.workspace, model, version, false));
  });

  app.delete(`${BASE}/:model/versions/:version`, (c) => {
    const model = writableModel(ctx, c);
    const { version } = versionIn(model, c.req.param('version'));
    model.versions.delete(version);
    for (const [alias, target] of model.aliases) if (target === version) model.aliases.delete(alias);
    return answer(c, {});
  });

  app.get(`${BASE}/:model/aliases/:alias`, (c) => {
    const model = modelOf(c);
    const version = versionIn(model, String(aliasIn(model, c.req.param('alias'))));
    return answer(c, renderVersion(c.get('workspace'), model, version, c.req.query('include_aliases') === 'true'));
  });

  app.put(`${BASE}/:model/aliases/:alias`, async (c) => {
    const { version_num } = await jsonBody(c);
    const model = writableModel(ctx, c);
    if (typeof version_num !== 'number' || !Number.isInteger(version_num))
      throw invalid('version_num must be an integer.');
    const { version } = versionIn(model, String(version_num));
    const alias = c.req.param('alias');
    model.aliases.set(alias, version);
    model.updated_at = ctx.clock.now();
    return answer(c, renderAlias(model, alias, version));
  });

  app.delete(`${BASE}/:model/aliases/:alias`, (c) => {
    const model = writableModel(ctx, c);
    aliasIn(model, c.req.param('alias'));
    model.aliases.delete(c.req.param('alias'));
    model.updated_at = ctx.clock.now();
    return answer(c, {});
  });
}

/** assumed: catalog-missing-text */
function modelOf(c: Call): RegisteredModel {
  const name = c.req.param('model') ?? '';
  const model = c.get('workspace').models.get(name);
  if (!model || isFeatureSpec(model)) throw missing(`Routine or Model '${name}' does not exist.`);
  return model;
}

/** A feature spec is stored with the models here, but it is not one. In Unity Catalog it is a function. */
function isFeatureSpec(model: RegisteredModel): boolean {
  return model.versions.get(1)?.spec.kind === 'feature-spec';
}

/** A model that the caller may change, as its owner or an admin. assumed: catalog-owner-writes */
function writableModel(ctx: SandboxContext, c: Call): RegisteredModel {
  const name = modelOf(c).full_name;
  const model = ctx.workspace.models.get(name);
  if (!model) throw missing(`Routine or Model '${name}' does not exist.`);
  if (!mayManageModel(c.get('principal'), model)) {
    throw new ApiError(403, 'PERMISSION_DENIED', `User is not an owner of Routine or Model '${name}'.`);
  }
  return model;
}

function versionIn(model: RegisteredModel, number: string): ModelVersion {
  const version = /^\d+$/.test(number) ? model.versions.get(Number(number)) : undefined;
  if (!version) throw missing(`Model Version '${number}' of '${model.full_name}' does not exist.`);
  return version;
}

function aliasIn(model: RegisteredModel, alias: string): number {
  const version = model.aliases.get(alias);
  if (version === undefined) throw missing(`Alias '${alias}' of '${model.full_name}' does not exist.`);
  return version;
}
