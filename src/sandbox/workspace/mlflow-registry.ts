import type { SandboxApp, SandboxContext } from '../context.ts';
import { invalid } from '../errors.ts';
import { answer, type Call, jsonBody } from '../http.ts';
import { compact, type JsonObject } from '../json.ts';
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
import { locationOf, runOf } from './render-model.ts';

const BASE = '/api/2.0/mlflow/unity-catalog';
const MODELS = `${BASE}/registered-models`;
const VERSIONS = `${BASE}/model-versions`;

/**
 * Mounts MLflow's view of the registered models: the same models under other names, and with versions as text. Names are in the query of a
 * GET and in the body of a DELETE. evidence: mlflow-registry
 */
export function mountMlflowRegistry(app: SandboxApp, ctx: SandboxContext): void {
  mountModels(app, ctx);
  mountAliases(app, ctx);
  mountVersions(app, ctx);
  mountTags(app, ctx);
}

function mountModels(app: SandboxApp, ctx: SandboxContext): void {
  app.get(`${MODELS}/get`, (c) => answer(c, { registered_model: renderModel(asked(c), true) }));

  app.get(`${MODELS}/search`, (c) => {
    const page = pageOf(registeredModels(c.get('workspace')), c.req.query());
    return answer(c, { registered_models: page.items.map((model) => renderModel(model, false)), ...page.next });
  });

  app.post(`${MODELS}/create`, async (c) => {
    const body = await jsonBody(c);
    const model = addModel(ctx, text(body, 'name'), c.get('principal').name, body.description);
    for (const tag of Array.isArray(body.tags) ? body.tags : [])
      tagsOf(model).set(String(tag?.key), String(tag?.value));
    return answer(c, { registered_model: renderModel(model, true) });
  });

  app.patch(`${MODELS}/update`, async (c) => {
    const body = await jsonBody(c);
    const model = writable(ctx, c, body);
    changeModel(ctx, model, { comment: body.description, new_name: body.new_name });
    return answer(c, { registered_model: renderModel(model, true) });
  });

  app.delete(`${MODELS}/delete`, async (c) => {
    ctx.workspace.models.delete(writable(ctx, c, await jsonBody(c)).full_name);
    return answer(c, {});
  });
}

function mountAliases(app: SandboxApp, ctx: SandboxContext): void {
  app.get(`${MODELS}/alias`, (c) => {
    const model = asked(c);
    return answer(c, {
      model_version: renderVersion(model, versionOfAlias(model, text(c.req.query(), 'alias')), true),
    });
  });

  app.post(`${MODELS}/alias`, async (c) => {
    const body = await jsonBody(c);
    const model = writable(ctx, c, body);
    setAlias(ctx, model, text(body, 'alias'), versionIn(model, text(body, 'version')));
    return answer(c, {});
  });

  app.delete(`${MODELS}/alias`, async (c) => {
    const body = await jsonBody(c);
    removeAlias(ctx, writable(ctx, c, body), text(body, 'alias'));
    return answer(c, {});
  });
}

function mountVersions(app: SandboxApp, ctx: SandboxContext): void {
  app.get(`${VERSIONS}/get`, (c) => {
    const model = asked(c);
    return answer(c, { model_version: renderVersion(model, versionIn(model, text(c.req.query(), 'version')), true) });
  });

  app.get(`${VERSIONS}/search`, (c) => {
    const name = filteredName(c.req.query('filter') ?? '');
    // A search for a model that does not exist finds nothing.
    const model = registeredModels(c.get('workspace')).find((each) => each.full_name === name);
    if (!model) return answer(c, {});
    const page = pageOf(versionsOf(model), c.req.query());
    return answer(c, { model_versions: page.items.map((each) => renderVersion(model, each, false)), ...page.next });
  });

  app.get(`${VERSIONS}/get-download-uri`, (c) => {
    const model = asked(c);
    const version = versionIn(model, text(c.req.query(), 'version'));
    return answer(c, compact({ artifact_uri: locationOf(model, version).storage_location }));
  });

  app.patch(`${VERSIONS}/update`, async (c) => {
    const body = await jsonBody(c);
    const model = writable(ctx, c, body);
    const version = versionIn(model, text(body, 'version'));
    if (typeof body.description === 'string') version.comment = body.description;
    version.updated_at = ctx.clock.now();
    return answer(c, { model_version: renderVersion(model, version, true) });
  });

  app.delete(`${VERSIONS}/delete`, async (c) => {
    const body = await jsonBody(c);
    const model = writable(ctx, c, body);
    removeVersion(model, versionIn(model, text(body, 'version')));
    return answer(c, {});
  });
}

function mountTags(app: SandboxApp, ctx: SandboxContext): void {
  for (const base of [MODELS, VERSIONS]) {
    const tags = (c: Call, body: JsonObject): Map<string, string> => {
      const model = writable(ctx, c, body);
      return base === MODELS ? tagsOf(model) : tagsOf(model, versionIn(model, text(body, 'version')));
    };
    app.post(`${base}/set-tag`, async (c) => {
      const body = await jsonBody(c);
      tags(c, body).set(text(body, 'key'), String(body.value ?? ''));
      return answer(c, {});
    });
    app.delete(`${base}/delete-tag`, async (c) => {
      const body = await jsonBody(c);
      tags(c, body).delete(text(body, 'key'));
      return answer(c, {});
    });
  }
}

/** A required text. MLflow sends version numbers as text, too. */
function text(from: Record<string, unknown>, field: string): string {
  const value = from[field];
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value === '') throw invalid(`Missing required field: ${field}.`);
  return value;
}

function asked(c: Call): RegisteredModel {
  return modelNamed(c.get('workspace'), text(c.req.query(), 'name'));
}

function writable(ctx: SandboxContext, c: Call, body: JsonObject): RegisteredModel {
  return writableModel(ctx.workspace, c.get('principal'), text(body, 'name'));
}

/** The model that a search names. The registry of Unity Catalog supports no other condition. */
function filteredName(filter: string): string {
  const name = /^\s*name\s*=\s*(?:'([^']+)'|"([^"]+)")\s*$/i.exec(filter);
  const found = name?.[1] ?? name?.[2];
  if (found === undefined)
    throw invalid(`Unsupported filter query : \`${filter}\`. Use name = 'catalog.schema.model'.`);
  return found;
}

const asTags = (tags: Map<string, string> | undefined) => [...(tags ?? [])].map(([key, value]) => ({ key, value }));

/** A search leaves aliases and tags out. */
function renderModel(model: RegisteredModel, whole: boolean): JsonObject {
  const { full_name: name, owner: user_id, created_at, updated_at, comment } = model;
  const aliases = [...model.aliases].map(([alias, version]) => ({ alias, version: String(version) }));
  return compact({
    name,
    user_id,
    creation_timestamp: created_at,
    last_updated_timestamp: updated_at,
    description: comment === '' ? undefined : comment,
    ...(whole && { aliases, tags: asTags(model.tags) }),
  });
}

function renderVersion(model: RegisteredModel, version: ModelVersion, whole: boolean): JsonObject {
  const aliases = [...model.aliases].filter(([, target]) => target === version.version);
  const number = String(version.version);
  return compact({
    name: model.full_name,
    version: number,
    user_id: model.owner,
    creation_timestamp: version.created_at,
    last_updated_timestamp: version.updated_at,
    description: version.comment === '' ? undefined : version.comment,
    run_id: runOf(version),
    status: version.status,
    ...locationOf(model, version),
    ...(whole && {
      aliases: aliases.map(([alias]) => ({ alias, version: number })),
      tags: asTags(model.version_tags.get(version.version)),
    }),
  });
}
