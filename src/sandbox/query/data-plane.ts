import type { DataPlaneOptions, SandboxApp, SandboxContext } from '../context.ts';
import { ApiError, invalid, missing, queryEndpointMissing } from '../errors.ts';
import { type Call, endpointOf, jsonBody } from '../http.ts';
import { may, requirePermission } from '../identity/access.ts';
import { DATA_PLANE_PREFIX } from '../identity/authenticate.ts';
import { isObject } from '../json.ts';
import type { QueryRoute } from '../models/answer-query.ts';
import { openApiDocument } from '../observe/openapi.ts';
import type { Endpoint } from '../state/state.ts';
import { servedSpec } from '../traffic/served-model.ts';
import { runQuery } from './query.ts';

/** The paths below a base in the style of OpenAI. */
export const OPENAI_PATHS: [path: string, route: QueryRoute][] = [
  ['chat/completions', 'chat'],
  ['completions', 'completions'],
  ['embeddings', 'embeddings'],
  ['responses', 'responses'],
];

/** Mounts the query and OpenAPI routes. */
export function mountDataPlane(app: SandboxApp, ctx: SandboxContext, options: DataPlaneOptions = {}): void {
  mountByModel(app, ctx, options);
  mountByName(app, ctx, options);
  mountSchema(app, ctx);
  app.post('/api/2.0/external-function', async (c) => externalFunction(await jsonBody(c)));
}

/** The routes that take the endpoint from the body's `model`. Literal paths come before those with a name in them. */
function mountByModel(app: SandboxApp, ctx: SandboxContext, options: DataPlaneOptions): void {
  const mount = (path: string, route: QueryRoute): void => {
    app.post(path, (c) => runQuery(ctx, c, { endpoint: modelIn(c), route, gateway: false, dedicated: false }, options));
  };
  for (const [path, route] of OPENAI_PATHS) mount(`/serving-endpoints/${path}`, route);
  app.get('/serving-endpoints/models', (c) => c.json(modelList(ctx, c)));
  mount('/serving-endpoints/anthropic/v1/messages', 'anthropic');
}

/** The `model` of a body. Throws 400 without one. */
export function modelIn(c: Call): string {
  const { body } = c.get('record');
  if (isObject(body) && typeof body.model === 'string') return body.model;
  // assumed: data.model-missing
  throw new ApiError(400, 'BAD_REQUEST', 'The model field names the endpoint and is missing.', { detailed: false });
}

/** The routes with the endpoint's name in the path, and the dedicated URL of a route-optimized endpoint. */
function mountByName(app: SandboxApp, ctx: SandboxContext, options: DataPlaneOptions): void {
  const invoke = (c: Call, endpoint: string, rest: { entity?: string; dedicated?: boolean } = {}): Promise<Response> =>
    runQuery(ctx, c, { endpoint, route: 'invocations', gateway: false, dedicated: false, ...rest }, options);
  // One of the official clients sends '/api/serving-endpoints'. '/realtime-inference' is the oldest spelling.
  for (const base of ['/serving-endpoints', '/api/serving-endpoints', '/realtime-inference']) {
    app.post(`${base}/:name/served-models/:entity/invocations`, (c) =>
      invoke(c, c.req.param('name'), { entity: c.req.param('entity') }),
    );
    app.post(`${base}/:name/invocations`, (c) => invoke(c, c.req.param('name')));
  }
  app.post(`${DATA_PLANE_PREFIX}:route_id/:org/serving-endpoints/:name/invocations`, (c) => {
    const { route_id, name } = c.req.param();
    if (ctx.workspace.endpoints.get(name)?.route_id !== route_id) throw queryEndpointMissing();
    return invoke(c, name, { dedicated: true });
  });
}

/** The endpoints that the caller may query, in OpenAI's form. assumed: data.models-list */
function modelList(ctx: SandboxContext, c: Call): Record<string, unknown> {
  const visible = [...ctx.workspace.endpoints.values()].filter((endpoint) =>
    may(c.get('principal'), endpoint, 'Query'),
  );
  const data = visible.map(({ name, created_at, foundation, creator }) => ({
    ...{ id: name, object: 'model', created: Math.floor(created_at / 1000) },
    owned_by: foundation ? 'databricks' : (creator ?? 'databricks'),
  }));
  return { object: 'list', data };
}

function mountSchema(app: SandboxApp, ctx: SandboxContext): void {
  app.get('/api/2.0/serving-endpoints/:name/openapi', (c) => {
    const endpoint = viewableEndpoint(c);
    const entities = (endpoint.config?.served_entities ?? []).flatMap((entity) =>
      entity.config.external_model || endpoint.foundation || endpoint.tile
        ? []
        : [{ name: entity.config.name, spec: servedSpec(ctx.workspace, endpoint, entity) }],
    );
    const document = openApiDocument(endpoint.name, endpoint.config?.config_version ?? 0, ctx.host, entities);
    // assumed: data.openapi-missing
    if (document === undefined) throw missing(`No OpenAPI schema is available for endpoint ${endpoint.name}.`);
    // assumed: data.openapi-type
    return c.body(JSON.stringify(document), 200, { 'content-type': 'application/json' });
  });
}

function viewableEndpoint(c: Call): Endpoint {
  const endpoint = endpointOf(c, c.req.param('name') ?? '');
  requirePermission(c.get('principal'), endpoint, 'View');
  return endpoint;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The sandbox has no connections, so a well-formed call ends in 404. assumed: data.external-function */
function externalFunction(body: Record<string, unknown>): never {
  const { connection_name, method, path } = body;
  if (typeof connection_name !== 'string' || typeof path !== 'string')
    throw invalid('connection_name and path are required.');
  if (typeof method !== 'string' || !METHODS.includes(method))
    throw invalid(`method must be one of ${METHODS.join(', ')}.`);
  for (const field of ['headers', 'json', 'params']) {
    const value = body[field];
    if (value !== undefined && typeof value !== 'string')
      throw invalid(`${field} must be a JSON object encoded as a string.`);
  }
  throw missing(`Connection '${connection_name}' does not exist.`);
}
