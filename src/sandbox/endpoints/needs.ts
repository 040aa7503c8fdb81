import { holds, placesOf } from '../identity/grants.ts';
import { isObject } from '../json.ts';
import type { Need } from '../state/mishap.ts';
import { missingSecret } from '../state/secrets.ts';
import type { Endpoint, Workspace } from '../state/state.ts';
import type { EntityConfig } from '../state/wire-types.ts';

/** The mishap that waits for a need. */
interface Waiting {
  endpoint: Endpoint;
  since: number;
}

/**
 * Whether the parts of a need that concern the workspace and the endpoint hold.
 * @param waiting absent for a deployment. It has no settings, and it waits since the workspace began.
 */
export function metByWorkspace(workspace: Workspace, need: Need, waiting?: Waiting): boolean {
  const { fact, secret, secret_renewed, privilege, member, setting } = need;
  if (secret_renewed !== undefined && !isRenewed(workspace, secret_renewed, waiting?.since ?? workspace.started_at))
    return false;
  if (fact !== undefined && !workspace.facts.has(fact)) return false;
  if (secret !== undefined && missingSecret(workspace, `{{secrets/${secret}}}`) !== null) return false;
  if (privilege !== undefined) {
    const principal = workspace.principals.get(privilege.principal);
    const places = placesOf(workspace, privilege.on);
    if (!principal || !places || !holds(principal, privilege.privilege, places)) return false;
  }
  if (member !== undefined && workspace.principals.get(member)?.active !== true) return false;
  if (setting === undefined) return true;
  return waiting !== undefined && setting.in.some((value) => value === valueAt(waiting.endpoint, setting.path));
}

function isRenewed({ scopes }: Workspace, secret: string, since: number): boolean {
  const [scope = '', key = ''] = secret.split('/');
  return (scopes.get(scope)?.keys.get(key) ?? 0) >= since;
}

/** Whether the parts of a need that concern the served entity hold. */
export function metByEntity(need: Need, config: EntityConfig): boolean {
  const { workload_size: sizes, workload_type: types, environment = {} } = need;
  if (sizes !== undefined && !sizes.includes(config.workload_size ?? 'Small')) return false;
  if (types !== undefined && !types.includes(config.workload_type ?? 'CPU')) return false;
  return Object.entries(environment).every(([name, wanted]) => {
    const value = config.environment_vars?.[name];
    return value !== undefined && (wanted === true || value === wanted);
  });
}

/** The value at a path such as `ai_gateway.guardrails.input.pii.behavior`. */
function valueAt(endpoint: Endpoint, path: string): unknown {
  let value: unknown = endpoint;
  for (const key of path.split('.')) value = isObject(value) ? value[key] : undefined;
  return value ?? null;
}

/** Ends every mishap whose cause went away. It runs after each change, so that requests of before keep their outcome. */
export function settleMishaps(workspace: Workspace, now: number): void {
  for (const endpoint of workspace.endpoints.values()) {
    for (const mishap of endpoint.mishaps) {
      if (mishap.ended_at !== null || mishap.until === null) continue;
      if (
        !concernsWorkspace(mishap.until) ||
        !metByWorkspace(workspace, mishap.until, { endpoint, since: Math.max(mishap.since, workspace.started_at) })
      )
        continue;
      mishap.ended_at = now;
    }
  }
}

/** Whether more than the served entity decides. */
export function concernsWorkspace({ fact, secret, secret_renewed, privilege, member, setting }: Need): boolean {
  return [fact, secret, secret_renewed, privilege, member, setting].some((part) => part !== undefined);
}

/** Whether the parts of a need that concern the served entity are any. */
export function concernsEntity({ workload_size, workload_type, environment }: Need): boolean {
  return [workload_size, workload_type, environment].some((part) => part !== undefined);
}
