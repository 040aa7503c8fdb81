/** The step that sends a config and waits until it serves, for every tool that changes entities or traffic. */
import type { FieldDiff } from '../../src/plan/diff.ts';
import { pendingUpdate } from '../../src/plan/pending-update.ts';
import { isStopped } from '../../src/plan/stopped.ts';
import type { WaitTarget } from '../../src/readiness.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import type { ConfigInput } from '../../src/rest/endpoints.ts';
import type { WriteRequest } from '../../src/rest/http.ts';
import { type Config, type Endpoint, endpoints } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import { type Reached, type Step, step } from '../../src/write/planned-write.ts';
import { authorship, type Made } from './authorship.ts';
import { awaitEndpoint } from './await-endpoint.ts';
import { type Start, startAdvice, startOf } from './start.ts';
import { comparison } from './view.ts';

export interface NewConfig {
  endpoint: string;
  /** The endpoint as it was read for the plan. */
  current: Endpoint;
  config: ConfigInput;
}

/**
 * The refusal while an update runs, with who started it and what it changes. The service would refuse too (fact U2), and a config built from the
 * old one would undo that update. Undefined when none runs.
 */
export function refusalWhileUpdating(current: Endpoint): Refusal | undefined {
  const pending_update = pendingUpdate(current);
  if (pending_update === undefined) return undefined;
  return new Refusal(
    'update_in_progress',
    `endpoint ${current.name} is being updated`,
    `Call ${call('wait_for_endpoint', { endpoint: current.name })}, then repeat this call.`,
    { pending_update },
    { retryable: true },
  );
}

/** As {@link refusalWhileUpdating}, where the endpoint has no config yet on which a change could be planned. */
export function refuseFirstDeployment(current: Endpoint): void {
  const refusal = current.config ? undefined : refusalWhileUpdating(current);
  if (refusal) throw refusal;
}

/**
 * The step of a config update, and its changes. An update of a stopped endpoint starts it. When an update in progress has exactly this config, an
 * earlier call sent it. The step then only waits, and nothing is left to change.
 * @param update with `start`, a stopped endpoint is started even if nothing else changes.
 * @param seconds how long to wait for the config to serve.
 */
export function updateSteps(
  update: NewConfig & { changes: FieldDiff[]; start?: boolean | undefined },
  seconds: number,
  context: ToolContext,
): Start & { steps: Step[] } {
  const { endpoint, current, config, changes, start = false } = update;
  const underWay = sameUpdate(current, config);
  const sends = changes.length > 0 || (start && isStopped(current));
  const started = startOf(current, sends);
  if (underWay && (sends || start)) {
    const reach = () => reachConfig(endpoint, { configVersion: underWay.config_version }, seconds, context);
    return { ...started, changes: [], steps: [{ what: 'wait', label: 'config', target: endpoint, reach }] };
  }
  if (!sends) return { ...started, steps: [] };
  const starts = started.changes.length > 0;
  const reach = (configVersion: number | undefined) =>
    reachConfig(endpoint, { configVersion, starts }, seconds, context);
  return { ...started, changes: [...changes, ...started.changes], steps: [configStep(update, context, reach)] };
}

/** The update in progress, when it has exactly this config. */
export function sameUpdate({ state, pending_config }: Endpoint, config: ConfigInput): Config | undefined {
  return state.config_update === 'IN_PROGRESS' && endpoints.sameConfig(pending_config, config)
    ? pending_config
    : undefined;
}

/** The step that sends a config once. @param reach runs when the service has accepted this config version. */
export function configStep(
  update: NewConfig,
  context: ToolContext,
  reach: (configVersion: number | undefined) => Promise<Reached>,
  { what, request }: { what: 'config' | 'units'; request: WriteRequest<Endpoint> } = {
    what: 'config',
    request: endpoints.putConfig(update.endpoint, update.config),
  },
): Step {
  return step<Endpoint>({
    what,
    label: 'config',
    target: update.endpoint,
    request,
    async lost(since) {
      const found = await endpoints.get(context.http, update.endpoint);
      const accepted = acceptedConfig(found, update);
      if (!accepted) return undefined;
      const by = await authorship(context.http, madeIn(accepted, update.current), since);
      return by === 'other' ? undefined : { answer: found, ours: by === 'ours' };
    },
    reach: ({ pending_config, config }) => reach(pending_config?.config_version ?? config?.config_version),
  });
}

/** The config, if it was accepted: it is then the next version (fact R7). The same config with an older version was there before. */
function acceptedConfig(found: Endpoint, { current, config }: NewConfig): Config | undefined {
  const before = Math.max(current.config?.config_version ?? 0, current.pending_config?.config_version ?? 0);
  return [found.pending_config, found.config].find(
    (each) => each?.config_version === before + 1 && endpoints.sameConfig(each, config),
  );
}

/** What an update made: its entities, except those that it took over. An update of the traffic makes none, and only its start is known. */
function madeIn(accepted: Config, { config, pending_config }: Endpoint): Made[] {
  const there = [...endpoints.entitiesOf(config), ...endpoints.entitiesOf(pending_config)];
  const made = endpoints
    .entitiesOf(accepted)
    .filter(({ name, creation_timestamp: at }) =>
      there.every((each) => each.name !== name || each.creation_timestamp !== at),
    );
  const start: Made[] = accepted.start_time === undefined ? [] : [{ at: accepted.start_time }];
  return made.length === 0 ? start : made.map(({ creator, creation_timestamp: at }) => ({ creator, at }));
}

/** Waits until a config version serves. @param seconds how long to wait. */
export async function reachConfig(
  name: string,
  wanted: Pick<WaitTarget, 'configVersion' | 'starts'>,
  seconds: number,
  context: ToolContext,
): Promise<Reached> {
  const { verdict, seen, view } = await awaitEndpoint(name, wanted, seconds, context);
  const version = versionView(wanted.configVersion);
  switch (verdict.kind) {
    case 'failed': {
      if (verdict.code === 'stopped') {
        const message = `the change of ${name} was accepted, but the endpoint is stopped, so it serves nothing`;
        const cause = new Refusal(verdict.code, message, startAdvice(name), { ...view, ...version });
        return { kind: 'failed', harmless: false, cause };
      }
      const message = `the change of ${name} failed to deploy; ${afterFailure(seen)}`;
      const next = `See reason, cause and log_lines, and ${call('diagnose_endpoint', { endpoint: name })} for more.`;
      const cause = new Refusal(verdict.code, message, next, { ...view, ...version });
      return { kind: 'failed', harmless: true, cause };
    }
    case 'pending': {
      const next = { tool: 'wait_for_endpoint', args: { endpoint: name, ...version } };
      return { kind: 'waiting', view: { ...view, ...version }, next };
    }
    case 'done':
      return { kind: 'reached', view: { ...view, ...version, ...(seen && comparison(seen)) } };
  }
}

/** What serves after a failed update. */
export function afterFailure(seen: Endpoint | undefined): string {
  if (seen?.state.ready === 'READY') return 'the previous config keeps serving';
  return seen && isStopped(seen) ? 'the endpoint is stopped' : 'nothing is serving';
}

/** The config version in an answer. */
export function versionView(configVersion: number | undefined): ToolResult {
  return configVersion === undefined ? {} : { config_version: configVersion };
}
