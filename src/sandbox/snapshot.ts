import { settleAll } from './endpoints/lifecycle.ts';
import type { Workspace } from './state/state.ts';

/**
 * A copy of the workspace that later changes do not reach. Identities, tokens and the request log are shared, because no fault reads them
 * stale.
 */
export function snapshot(workspace: Workspace): Workspace {
  return {
    ...workspace,
    endpoints: structuredClone(workspace.endpoints),
    models: structuredClone(workspace.models),
    model_services: structuredClone(workspace.model_services),
    provider_services: structuredClone(workspace.provider_services),
    apps: structuredClone(workspace.apps),
    scopes: structuredClone(workspace.scopes),
    dead_grants: structuredClone(workspace.dead_grants),
  };
}

/** The state as plain JSON values at `now`, without tokens and client secrets. Maps become objects, sets become lists. */
export function dump(workspace: Workspace, now: number): unknown {
  settleAll(workspace, now);
  const { tokens: _, logins: ___, principals, sql, ...rest } = workspace;
  const people = [...principals.values()].map(({ client_secret: __, ...principal }) => principal);
  // Results and bodies are large, and bodies are other people's text.
  return { now, ...toPlain(rest), warehouses: toPlain(sql.warehouses), principals: people };
}

function toPlain<T extends object>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) =>
      inner instanceof Map ? Object.fromEntries(inner) : inner instanceof Set ? [...inner] : inner,
    ),
  );
}
