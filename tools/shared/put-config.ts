/** Sending a planned config: preview, the one PUT, the wait, and the answer. Used by every tool that changes entities or traffic. */
import type { FieldDiff } from '../../src/plan/diff.ts';
import type { WaitTarget } from '../../src/readiness.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { type ConfigInput, endpointPath } from '../../src/rest/endpoints.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import { confirmIfLost } from '../../src/rest/lost-answer.ts';
import type { ToolContext } from '../../src/tool.ts';
import { awaitEndpoint } from './await-endpoint.ts';

export interface NewConfig {
  endpoint: string;
  /** As it was read for the plan. */
  current: Endpoint;
  config: ConfigInput;
}

export interface ConfigUpdate extends NewConfig {
  changes: FieldDiff[];
  waitSeconds: number;
}

/** The request of a config update, for previews. */
export function configRequest(update: Pick<NewConfig, 'endpoint' | 'config'>) {
  return { method: 'PUT', path: `${endpointPath(update.endpoint)}/config`, body: update.config };
}

/** Refuses while another update runs: the service would, and a config built from the old one would undo it. */
export function refuseWhileUpdating(current: Endpoint): void {
  if (current.state.config_update !== 'IN_PROGRESS') return;
  const message = `endpoint ${current.name} is being updated; nothing was sent`;
  throw new Refusal(
    'update_in_progress',
    message,
    `Call ${call('wait_for_endpoint', { endpoint: current.name })}, then repeat this call.`,
    {},
    { retryable: true },
  );
}

/** The config may be that of before, as when somebody took it back meanwhile: an accepted one has a newer version. */
function tookEffect(found: Endpoint, { current, config }: NewConfig): boolean {
  const before = Math.max(current.config?.config_version ?? 0, current.pending_config?.config_version ?? 0);
  return [found.pending_config, found.config].some(
    (each) => (each?.config_version ?? 0) > before && endpoints.sameConfig(each, config),
  );
}

/** Sends a config once; when the answer is lost, a look decides. @param put the route: that of model units is another. */
export async function putConfigOnce(update: NewConfig, http: Http, put = endpoints.putConfig): Promise<Endpoint> {
  const { endpoint: name, config } = update;
  return confirmIfLost(
    () => put(http, name, config),
    async () => {
      const found = await endpoints.get(http, name);
      return tookEffect(found, update) ? found : undefined;
    },
  );
}

/** The config version that an accepted update has. */
export function acceptedVersion({ pending_config, config }: Endpoint): number | undefined {
  return pending_config?.config_version ?? config?.config_version;
}

/** Sends the config once, waits for that very config version, and says what serves. @param put as for {@link putConfigOnce}. */
export async function sendConfig(
  update: ConfigUpdate,
  context: ToolContext,
  put = endpoints.putConfig,
): Promise<ToolResult> {
  const { endpoint: name } = update;
  const configVersion = acceptedVersion(await putConfigOnce(update, context.http, put));
  const wanted: WaitTarget = configVersion === undefined ? {} : { configVersion };
  const { verdict, view } = await awaitEndpoint(name, wanted, update.waitSeconds, context);
  const version = configVersion === undefined ? {} : { config_version: configVersion };
  if (verdict.kind === 'failed') {
    const message = `the change of ${name} did not come up; what served before goes on serving`;
    const next = `Read the reason and log_lines; more with ${call('get_logs', { endpoint: name })}.`;
    throw new Refusal(verdict.code, message, next, { changed: true, ...view, ...version });
  }
  const next = verdict.kind === 'pending' ? { next: call('wait_for_endpoint', { endpoint: name, ...version }) } : {};
  return { changed: true, changes: update.changes, ...view, ...version, ...next };
}
