import type { SandboxApp, SandboxContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import type { Call } from '../http.ts';
import type { QueryRoute } from '../models/answer-query.ts';
import { modelIn, OPENAI_PATHS } from '../query/data-plane.ts';
import { runQuery } from '../query/query.ts';
import { MESSAGES, typesOfEndpoint } from './api-types.ts';
import { callService } from './call-service.ts';
import { serviceMeant } from './callable.ts';

const only = (wanted: QueryRoute) => OPENAI_PATHS.filter(([, route]) => route === wanted);

/** Bases in the style of OpenAI. The second one is that of the gateway's own host. evidence: gateway-call-routes */
const BASES = [
  { base: '/ai-gateway/mlflow/v1', api: 'mlflow/v1', paths: OPENAI_PATHS },
  { base: '/mlflow/v1', api: 'mlflow/v1', paths: OPENAI_PATHS },
  { base: '/ai-gateway/openai/v1', api: 'openai/v1', paths: OPENAI_PATHS },
  { base: '/ai-gateway/codex/v1', api: 'codex/v1', paths: only('responses') },
  { base: '/ai-gateway/cursor/v1', api: 'cursor/v1', paths: only('chat') },
];

/** Mounts the paths on which Unity Gateway takes calls. Literal paths come before those with a name in them. */
export function mountGatewayCalls(app: SandboxApp, ctx: SandboxContext): void {
  const call = (c: Call, model: string, route: QueryRoute, api_type: string, text: string): Promise<Response> => {
    const service = serviceMeant(ctx.workspace, model);
    if (service !== undefined) return callService(ctx, c, { service, route, api_type, text }, ctx.data_plane);
    return runQuery(ctx, c, { endpoint: model, route, gateway: true, dedicated: false }, ctx.data_plane);
  };
  for (const { base, api, paths } of BASES) {
    for (const [path, route] of paths)
      app.post(`${base}/${path}`, async (c) => call(c, modelIn(c), route, `${api}/${path}`, await c.req.text()));
  }
  app.post('/ai-gateway/anthropic/v1/messages', async (c) =>
    call(c, modelIn(c), 'anthropic', MESSAGES, await c.req.text()),
  );
  app.get('/ai-gateway/anthropic/v1/models', (c) => c.json(anthropicModels(ctx)));
  // The model and the method are one part of the path, such as `main.ai.chat:generateContent`. assumed: gateway-gemini
  app.post('/ai-gateway/gemini/v1beta/models/:target{.+:(?:stream)?[gG]enerateContent}', async (c) => {
    const [, model = '', stream] = /^(.+):(stream)?[gG]enerateContent$/.exec(c.req.param('target')) ?? [];
    const api_type = `gemini/v1/${stream ? 'streamGenerateContent' : 'generateContent'}`;
    return call(c, model, 'gemini', api_type, withStream(await c.req.text(), stream !== undefined));
  });
  // Lists of models too. evidence: gateway-path-unknown
  app.all('/ai-gateway/:api{anthropic|codex|cursor|gemini|mlflow|openai}/*', (c) => {
    const { pathname, search } = new URL(c.req.url);
    throw new ApiError(
      400,
      'BAD_REQUEST',
      `Request path '${pathname}${search}' doesn't match any known API type and is classified as an unmanaged api request. Set the Databricks-Model-Provider-Service header to the name of the model provider service to forward this request to.`,
      { detailed: false },
    );
  });
}

/** A body that says whether it streams. One that is not JSON stays as it is, so that the model refuses it. */
function withStream(text: string, stream: boolean): string {
  try {
    return JSON.stringify({ ...JSON.parse(text), stream });
  } catch {
    return text;
  }
}

/** The platform's models with the form of Claude, by the names of their endpoints. assumed: gateway-models-list */
function anthropicModels({ workspace }: SandboxContext): Record<string, unknown> {
  const models = [...workspace.endpoints.values()].filter(
    (endpoint) => endpoint.foundation !== null && typesOfEndpoint(endpoint).includes(MESSAGES),
  );
  const data = models.map(({ name, created_at }) => ({
    ...{ type: 'model', id: name, display_name: name, created_at: new Date(created_at).toISOString() },
  }));
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
