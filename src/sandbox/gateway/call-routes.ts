import type { SandboxApp, SandboxContext } from '../context.ts';
import type { Call } from '../http.ts';
import type { QueryRoute } from '../models/answer-query.ts';
import { modelIn, modelList, OPENAI_PATHS } from '../query/data-plane.ts';
import { runQuery } from '../query/query.ts';
import { callService } from './call-service.ts';
import { callableNames, serviceMeant } from './callable.ts';
import { platformServices } from './platform.ts';

/** Bases in the style of OpenAI. The last one is that of Codex, and the second that of the gateway's own host. evidence: gateway-call-routes */
const BASES = [
  { base: '/ai-gateway/mlflow/v1', api: 'mlflow/v1', paths: OPENAI_PATHS },
  { base: '/mlflow/v1', api: 'mlflow/v1', paths: OPENAI_PATHS },
  { base: '/ai-gateway/openai/v1', api: 'openai/v1', paths: OPENAI_PATHS },
  {
    base: '/ai-gateway/codex/v1',
    api: 'openai/v1',
    paths: OPENAI_PATHS.filter(([, route]) => route === 'responses'),
  },
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
    app.get(`${base}/models`, (c) => c.json(allModels(ctx, c)));
  }
  app.post('/ai-gateway/anthropic/v1/messages', async (c) =>
    call(c, modelIn(c), 'anthropic', 'anthropic/v1/messages', await c.req.text()),
  );
  app.get('/ai-gateway/anthropic/v1/models', (c) => c.json(anthropicModels(ctx, c)));
  // The model and the method are one part of the path, such as `main.ai.chat:generateContent`. assumed: gateway-gemini
  app.post('/ai-gateway/gemini/v1beta/models/:target{.+:(?:stream)?[gG]enerateContent}', async (c) => {
    const [, model = '', stream] = /^(.+):(stream)?[gG]enerateContent$/.exec(c.req.param('target')) ?? [];
    const api_type = `gemini/v1beta/${stream ? 'streamGenerateContent' : 'generateContent'}`;
    return call(c, model, 'gemini', api_type, withStream(await c.req.text(), stream !== undefined));
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

function callableServices(ctx: SandboxContext, c: Call) {
  const all = [...platformServices(ctx.workspace), ...ctx.workspace.model_services.values()];
  const names = new Set(callableNames(ctx.workspace, c.get('principal'), all));
  return all
    .filter(({ full_name }) => names.has(full_name))
    .map(({ full_name, created_at, owner }) => ({ name: full_name, created_at, owner }));
}

/** assumed: gateway-models-list */
function allModels(ctx: SandboxContext, c: Call): Record<string, unknown> {
  return modelList(ctx, c, callableServices(ctx, c));
}

/** The services in the form of Anthropic's list. assumed: gateway-models-list */
function anthropicModels(ctx: SandboxContext, c: Call): Record<string, unknown> {
  const data = callableServices(ctx, c).map(({ name, created_at }) => ({
    ...{ type: 'model', id: name, display_name: name, created_at: new Date(created_at).toISOString() },
  }));
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
