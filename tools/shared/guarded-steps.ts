/** The requests of a guarded rollout that change the config, as steps of a write. */

import type { FieldDiff } from '../../src/plan/diff.ts';
import { planUpdate } from '../../src/plan/update.ts';
import { call, Refusal, type ToolCall, type ToolResult } from '../../src/refusal.ts';
import type { ConfigInput } from '../../src/rest/endpoints.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import type { Reached, Step } from '../../src/write/planned-write.ts';
import { awaitEndpoint } from './await-endpoint.ts';
import { rolloutChanges } from './guarded-state.ts';
import type { Part } from './own-routes.ts';
import { refuseProblems } from './preflight.ts';
import { afterFailure, configStep } from './put-config.ts';

/** The config with another split between two entities, and nothing else changed. @throws Refusal when the config cannot be written. */
export function splitConfig(
  current: Endpoint,
  shares: Record<string, number>,
  remove: readonly string[] = [],
): { config: ConfigInput; changes: FieldDiff[] } {
  const { config, changes, problems } = planUpdate(current, {
    settings: {},
    add: [],
    remove: [...remove],
    traffic: shares,
  });
  refuseProblems(problems);
  return { config, changes };
}

export interface ConfigChange {
  current: Endpoint;
  config: ConfigInput;
  changes: FieldDiff[];
  /** The split that a read must show afterwards. */
  shares: Record<string, number>;
  /** The call that continues the rollout. */
  next: ToolCall;
  /** Fields for the answer once the config serves. */
  view?: ToolResult;
  waitSeconds: number;
}

/** Sends a config, waits until it serves, and reads that it has the requested split. */
export function configPart(change: ConfigChange, context: ToolContext): Part {
  if (change.changes.length === 0) return { changes: [], steps: [] };
  const { current, config, changes } = change;
  const reach = (configVersion: number | undefined) => reachSplit(change, configVersion, context);
  return { changes, steps: [configStep({ endpoint: current.name, current, config }, context, reach)] };
}

async function reachSplit(
  { current: { name }, shares: wantedShares, next, view, waitSeconds }: ConfigChange,
  configVersion: number | undefined,
  context: ToolContext,
): Promise<Reached> {
  const wanted = configVersion === undefined ? {} : { configVersion };
  const { verdict, seen, view: found } = await awaitEndpoint(name, wanted, waitSeconds, context);
  if (verdict.kind === 'pending') {
    const come_back_in_seconds = Math.ceil(60 / context.http.pace());
    return { kind: 'waiting', view: { outcome: 'waiting', note: verdict.note, come_back_in_seconds }, next };
  }
  if (verdict.kind === 'failed') {
    const message = `the update of ${name} failed; ${afterFailure(seen)}`;
    const advice = `${call(next.tool, next.args)} ends the rollout and shows more.`;
    return { kind: 'failed', harmless: true, cause: new Refusal(verdict.code, message, advice, found) };
  }
  const shares = endpoints.trafficOf(seen?.config);
  const differs = Object.entries(wantedShares).find(([entity, share]) => shares.get(entity) !== share);
  if (!differs) return { kind: 'reached', ...(view ? { view } : {}) };
  // While this call waited, the server that watches may have seen enough.
  const [newest] = await rolloutChanges(name, context);
  if (newest?.event === 'roll_back' && shares.get(newest.baseline) === 100) {
    const note = 'meanwhile this rollout was rolled back; the next call says why';
    return { kind: 'waiting', view: { outcome: 'waiting', note, come_back_in_seconds: 1 }, next };
  }
  const message = `the service accepted the split of ${name}, but a read shows another one`;
  const advice = `Someone else may have changed it. See ${call('get_endpoint', { endpoint: name })}, then repeat ${call(next.tool, next.args)}.`;
  return { kind: 'failed', harmless: false, cause: new Refusal('changed_meanwhile', message, advice, found) };
}

/** The version of the config after a change (fact R7). */
export function nextVersion({ config, pending_config }: Endpoint): number {
  return Math.max(config?.config_version ?? 0, pending_config?.config_version ?? 0) + 1;
}

/** All changes and steps of parts, in their order. */
export function joined(...parts: readonly Part[]): { changes: FieldDiff[]; steps: Step[] } {
  return { changes: parts.flatMap(({ changes }) => changes), steps: parts.flatMap(({ steps }) => steps) };
}
