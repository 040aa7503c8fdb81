import type { Context } from 'hono';
import type { SandboxContext, SandboxEnv } from './context.ts';
import { isObject } from './json.ts';
import type { Workspace } from './state/state.ts';

/** Changes to keep. The number is the sandbox's own. */
const KEPT_CHANGES = 2000;
const ENDPOINTS = '/api/2.0/serving-endpoints';
const ENDPOINT_ACL = '/api/2.0/permissions/serving-endpoints/';

/** Paths below /api/ that run a model, a connection or a statement, and change nothing. */
const QUERIES = /^\/api\/(serving-endpoints|2\.0\/external-function|2\.0\/sql\/statements)(\/|$)/;

/** Words for the last part of a path below an endpoint. */
const PARTS: Record<string, string> = {
  config: 'update config',
  tags: 'update tags',
  'ai-gateway': 'update AI Gateway',
  'rate-limits': 'update rate limits',
  notifications: 'update notifications',
  'telemetry-config': 'update telemetry',
  description: 'update description',
  'budget-policy': 'update budget policy',
};

/** Records a change that the workspace accepted: who, when and what. Call it after the handler of a request that is not a read. */
export function recordChange(ctx: SandboxContext, c: Context<SandboxEnv>): void {
  const { method, path } = c.req;
  if (c.res.status >= 400 || !path.startsWith('/api/') || QUERIES.test(path)) return;
  const { changes } = ctx.workspace;
  const endpoint = endpointOf(ctx.workspace, path, c.get('record').body);
  changes.push({
    at: ctx.clock.now(),
    principal: c.get('principal').name,
    action: actionOf(method, path),
    ...{ method, path },
    ...(endpoint === undefined ? {} : { endpoint }),
    request_id: c.get('request_id'),
  });
  changes.splice(0, changes.length - KEPT_CHANGES);
}

function actionOf(method: string, path: string): string {
  if (path.startsWith(ENDPOINT_ACL)) return 'update permissions';
  const verb = method === 'DELETE' ? 'delete' : method === 'POST' ? 'create' : 'update';
  if (!path.startsWith(ENDPOINTS)) return verb;
  return PARTS[path.split('/').at(-1) ?? ''] ?? `${verb} endpoint`;
}

function endpointOf(workspace: Workspace, path: string, body: unknown): string | undefined {
  if (path.startsWith(ENDPOINT_ACL)) {
    const id = path.slice(ENDPOINT_ACL.length).split('/')[0];
    return [...workspace.endpoints.values()].find((endpoint) => endpoint.id === id)?.name;
  }
  if (!path.startsWith(ENDPOINTS)) return undefined;
  const [, name] = path.slice(ENDPOINTS.length).split('/');
  if (name !== undefined && name !== '' && name !== 'pt') return decodeURIComponent(name);
  const named = path.slice(`${ENDPOINTS}/pt/`.length).split('/')[0];
  if (name === 'pt' && named !== undefined && named !== '') return decodeURIComponent(named);
  return isObject(body) && typeof body.name === 'string' ? body.name : undefined;
}
