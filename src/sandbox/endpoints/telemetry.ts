import type { SandboxContext } from '../context.ts';
import { uuid } from '../ids.ts';
import { pick } from '../json.ts';
import type { Endpoint } from '../state/state.ts';
import type { TelemetryConfig } from '../state/wire-types.ts';

/** Null when the endpoint can have telemetry. Otherwise the endpoint type that the refusal names. evidence: telemetry-rules */
export function supportsTelemetry(endpoint: Endpoint): 'NO_CONFIG' | 'EXTERNAL_MODELS' | null {
  const config = endpoint.config ?? endpoint.pending;
  if (!config || endpoint.tile) return 'NO_CONFIG';
  return config.served_entities.some((e) => e.type === 'EXTERNAL_MODEL') ? 'EXTERNAL_MODELS' : null;
}

/**
 * Stores a telemetry config. `table_names` creates a new profile and is not returned. A config with neither profile nor tables changes
 * nothing. The name of the table is output only: it belongs to the profile. evidence: telemetry-rules
 */
export function acceptTelemetry(ctx: SandboxContext, endpoint: Endpoint, sent: TelemetryConfig): void {
  const { table_names: tables, telemetry_profile_id: profile } = sent;
  if (!tables && !profile) return;
  const logs = tables?.logs_table;
  const name = tables ? logs && `${logs}_payload` : tableOfProfile(ctx, profile);
  const sampling = pick(sent.inference_table_config ?? {}, ['sampling_fraction']);
  const table = name ? { name, ...sampling } : sampling;
  endpoint.telemetry = {
    ...pick(sent, ['enabled_telemetry_features']),
    telemetry_profile_id: tables ? uuid(ctx.random) : profile,
    ...(Object.keys(table).length > 0 && { inference_table_config: table }),
  };
}

/** The inference table of a profile, from any endpoint that has it. */
function tableOfProfile(ctx: SandboxContext, profile: string | undefined): string | undefined {
  const owners = [...ctx.workspace.endpoints.values()].filter((e) => e.telemetry?.telemetry_profile_id === profile);
  return owners[0]?.telemetry?.inference_table_config?.name;
}
