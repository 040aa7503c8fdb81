import { differences, type FieldDiff } from '../../src/plan/diff.ts';
import { modelsOf } from '../../src/plan/who-may.ts';
import { call, Refusal } from '../../src/refusal.ts';
import { type Endpoint, endpoints, provisioned } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import { endpointSubject, type PlannedWrite } from '../../src/write/planned-write.ts';
import { configStep, reachConfig, refusalWhileUpdating } from './put-config.ts';
import { startOf } from './start.ts';
import { brief } from './view.ts';
import { whoMay } from './who-may.ts';

interface UnitsArgs {
  endpoint: string;
  model_units?: number | undefined;
  burst_scaling?: boolean | undefined;
  wait_seconds: number;
  /** Whether the call names other changes too. */
  mixed: boolean;
}

/** Model units have their own route, which replaces the entity. Settings that the service never returns must be given in every call. */
export async function planUnits(args: UnitsArgs, current: Endpoint, context: ToolContext): Promise<PlannedWrite> {
  const there = endpoints.entitiesOf(current.config);
  const only = there[0];
  if (!only || there.length > 1 || only.provisioned_model_units === undefined) {
    throw new Refusal(
      'no_model_units',
      `endpoint ${args.endpoint} does not run on provisioned model units`,
      `See its compute settings with ${call('get_endpoint', { endpoint: args.endpoint })}.`,
    );
  }
  if (args.mixed || args.burst_scaling === undefined) {
    const message = args.mixed
      ? 'model_units and burst_scaling cannot be combined with other changes'
      : 'burst_scaling is required here: the service never returns it, and omitting it turns it on';
    throw new Refusal('invalid_request', message, 'Repeat the call with only model_units and burst_scaling.');
  }
  const units = args.model_units ?? Number(only.provisioned_model_units);
  const isThere = differences(only.provisioned_model_units, units).length === 0;
  const made = (changes: readonly FieldDiff[]) => changes.some(({ field }) => field === 'model_units');
  // The units of the interrupted call are there, so its request took effect, and burst_scaling with it.
  if (isThere && (await context.isRepeat(undefined, made)))
    return {
      subject: endpointSubject(args.endpoint),
      before: current,
      changes: [],
      steps: [],
      unchanged: brief(current),
      undo: [],
    };
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
  const started = startOf(current, true);
  const may = await whoMay({ endpoint: args.endpoint, creator: current.creator }, modelsOf([served]), context);
  const changes = [
    ...differences({ model_units: only.provisioned_model_units }, { model_units: units }),
    { field: 'burst_scaling', to: args.burst_scaling },
    ...started.changes,
  ];
  const { endpoint: name } = args;
  const starts = started.changes.length > 0;
  const reach = (configVersion: number | undefined) =>
    reachConfig(name, { configVersion, starts }, args.wait_seconds, context);
  const request = provisioned.putConfig(name, config);
  const back = { model_units: only.provisioned_model_units, burst_scaling: args.burst_scaling };
  return {
    subject: endpointSubject(name),
    before: current,
    changes,
    steps: [configStep({ endpoint: name, current, config }, context, reach, { what: 'units', request })],
    refusal: refusalWhileUpdating(current) ?? may.refusal,
    answer: { changes },
    about: { ...started.about, ...may.about },
    warning: may.warning,
    undo: [{ tool: 'update_endpoint', args: { endpoint: name, ...back } }],
    undoOmits: ['burst_scaling: the service does not return its earlier value', ...started.omits],
  };
}
