import { differences } from '../../src/plan/diff.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { type Endpoint, endpoints, provisioned } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import { commit } from '../../src/write/commit.ts';
import type { WriteArgs } from '../../src/write/planned-write.ts';
import { sendConfig } from './put-config.ts';
import { brief } from './view.ts';

interface UnitsArgs extends WriteArgs {
  endpoint: string;
  model_units?: number | undefined;
  burst_scaling?: boolean | undefined;
  wait_seconds: number;
  /** Whether the call names other changes too. */
  mixed: boolean;
}

/** Model units go through their own route, which replaces the entity; what it never tells must be said again. */
export async function updateUnits(args: UnitsArgs, current: Endpoint, context: ToolContext): Promise<ToolResult> {
  const there = endpoints.entitiesOf(current.config);
  const only = there[0];
  if (!only || there.length > 1 || only.provisioned_model_units === undefined) {
    throw new Refusal(
      'no_model_units',
      `endpoint ${args.endpoint} does not run on provisioned model units; nothing was sent`,
      `See ${call('get_endpoint', { endpoint: args.endpoint })}.`,
    );
  }
  if (args.mixed || args.burst_scaling === undefined) {
    const message = args.mixed
      ? 'model_units and burst_scaling go through a route of their own and cannot be mixed with other changes'
      : 'burst_scaling must be said: the service never tells its setting, and leaving it out would switch it on';
    throw new Refusal(
      'invalid_request',
      `${message}; nothing was sent`,
      'Repeat the call with model_units and burst_scaling alone.',
    );
  }
  const units = args.model_units ?? Number(only.provisioned_model_units);
  const served = {
    name: only.name,
    entity_name: only.entity_name,
    entity_version: only.entity_version,
    provisioned_model_units: units,
    burst_scaling_enabled: args.burst_scaling,
  };
  const config = {
    served_entities: [served],
    traffic_config: { routes: [{ served_entity_name: only.name, traffic_percentage: 100 }] },
  };
  const changes = [
    ...differences({ model_units: only.provisioned_model_units }, { model_units: units }),
    { field: 'burst_scaling', to: args.burst_scaling },
  ];
  const request = { method: 'PUT', path: provisioned.configPath(args.endpoint), body: { config } };
  const back = { model_units: only.provisioned_model_units, burst_scaling: args.burst_scaling };
  return commit(
    {
      subject: { kind: 'endpoint', name: args.endpoint },
      before: current,
      changes,
      requests: [request],
      undo: call('update_endpoint', { endpoint: args.endpoint, ...back }),
      undoLacks: ['burst_scaling: the service does not tell what it was'],
    },
    args,
    context,
    (writing) =>
      sendConfig(
        { endpoint: args.endpoint, current, config, changes, waitSeconds: args.wait_seconds },
        { ...context, http: writing },
        provisioned.putConfig,
      ),
    () => ({ changed: false, ...brief(current) }),
  );
}
