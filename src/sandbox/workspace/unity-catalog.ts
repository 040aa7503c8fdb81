import type { SandboxApp, SandboxContext } from '../context.ts';
import { invalid } from '../errors.ts';
import { answer, type Call, jsonBody } from '../http.ts';
import { isObject } from '../json.ts';
import type { ModelVersion, RegisteredModel } from '../state/state.ts';
import {
  addModel,
  changeModel,
  modelNamed,
  registeredModels,
  removeAlias,
  removeVersion,
  setAlias,
  tagsOf,
  versionIn,
  versionOfAlias,
  versionsOf,
  writableModel,
} from './model-store.ts';
import { pageOf } from './paging.ts';
import { renderAlias, renderModel, renderVersion } from './render-model.ts';

const ROOT = '/api/2.1/unity-catalog';
const BASE = `${ROOT}/models`;

/** Mounts registered models, versions, aliases and tags. Everyone may read them. assumed: catalog-readable */
export function mountUnityCatalog(app: SandboxApp, ctx: SandboxContext): void {
  app.get(BASE, (c) => {
    const { catalog_name: catalog, schema_name: schema } = c.req.query();
    if ((catalog === undefined) !== (schema === undefined)) {
      throw invalid('catalog_name and schema_name must be given together.');
    }
    const workspace = c.get('workspace');
    const prefix = catalog === undefined ? '' : `${catalog}.${schema}.`;
    const models = registeredModels(workspace).filter((m) => m.full_name.startsWith(prefix));
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
    const model = addModel(ctx, `${catalog_name}.${schema_name}.${name}`, c.get('principal').name, comment);
    return answer(c, renderModel(ctx.workspace, model, false));
  });

  app.get(`${BASE}/:model`, (c) => answer(c, renderModel(c.get('workspace'), modelOf(c), withAliases(c))));

  app.patch(`${BASE}/:model`, async (c) => {
    const body = await jsonBody(c);
    const model = writable(ctx, c);
    changeModel(ctx, model, body);
    return answer(c, renderModel(ctx.workspace, model, false));
  });

  app.delete(`${BASE}/:model`, (c) => {
    ctx.workspace.models.delete(writable(ctx, c).full_name);
    return answer(c, {});
  });

  app.get(`${BASE}/:model/versions`, (c) => {
    const workspace = c.get('workspace');
    const model = modelOf(c);
    const page = pageOf(versionsOf(model), c.req.query());
    return answer(c, {
      model_versions: page.items.map((v) => renderVersion(workspace, model, v, false)),
      ...page.next,
    });
  });

  const showVersion = (c: Call, model: RegisteredModel, version: ModelVersion) =>
    answer(c, renderVersion(c.get('workspace'), model, version, withAliases(c)));

  app.get(`${BASE}/:model/versions/:version`, (c) => {
    const model = modelOf(c);
    return showVersion(c, model, versionIn(model, c.req.param('version')));
  });

  app.patch(`${BASE}/:model/versions/:version`, async (c) => {
    const body = await jsonBody(c);
    const model = writable(ctx, c);
    const version = versionIn(model, c.req.param('version'));
    if (typeof body.comment === 'string') version.comment = body.comment;
    version.updated_at = ctx.clock.now();
    return answer(c, renderVersion(ctx.workspace, model, version, false));
  });

  app.delete(`${BASE}/:model/versions/:version`, (c) => {
    const model = writable(ctx, c);
    removeVersion(model, versionIn(model, c.req.param('version')));
    return answer(c, {});
  });

  app.get(`${BASE}/:model/aliases/:alias`, (c) => {
    const model = modelOf(c);
    return showVersion(c, model, versionOfAlias(model, c.req.param('alias')));
  });

  app.put(`${BASE}/:model/aliases/:alias`, async (c) => {
    const { version_num } = await jsonBody(c);
    const model = writable(ctx, c);
    if (typeof version_num !== 'number' || !Number.isInteger(version_num))
      throw invalid('version_num must be an integer.');
    const version = versionIn(model, String(version_num));
    const alias = c.req.param('alias');
    setAlias(ctx, model, alias, version);
    return answer(c, renderAlias(model, alias, version.version));
  });

  app.delete(`${BASE}/:model/aliases/:alias`, (c) => {
    removeAlias(ctx, writable(ctx, c), c.req.param('alias'));
    return answer(c, {});
  });

  // MLflow changes tags here. A model is a securable of the type function. evidence: mlflow-registry
  app.patch(`${ROOT}/securable-tags/FUNCTION/:model`, async (c) => {
    const body = await jsonBody(c);
    changeTags(tagsOf(writable(ctx, c)), body);
    return answer(c, {});
  });
  app.patch(`${ROOT}/subentity-tags/FUNCTION/:model/:version`, async (c) => {
    const body = await jsonBody(c);
    const model = writable(ctx, c);
    changeTags(tagsOf(model, versionIn(model, c.req.param('version'))), body);
    return answer(c, {});
  });
}

function changeTags(tags: Map<string, string>, { changes }: Record<string, unknown>): void {
  if (!isObject(changes)) throw invalid('Missing required field: changes.');
  const { add_tags, remove } = changes;
  for (const tag of Array.isArray(add_tags) ? add_tags : []) {
    if (isObject(tag) && typeof tag.key === 'string') tags.set(tag.key, String(tag.value ?? ''));
  }
  for (const key of Array.isArray(remove) ? remove : []) tags.delete(String(key));
}

function withAliases(c: Call): boolean {
  return c.req.query('include_aliases')?.toLowerCase() === 'true';
}

function modelOf(c: Call): RegisteredModel {
  return modelNamed(c.get('workspace'), c.req.param('model') ?? '');
}

function writable(ctx: SandboxContext, c: Call): RegisteredModel {
  return writableModel(ctx.workspace, c.get('principal'), c.req.param('model') ?? '');
}
