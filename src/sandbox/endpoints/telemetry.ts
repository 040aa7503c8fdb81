import type { SandboxContext } from '../context.ts';
import { uuid } from '../ids.ts';
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
 * nothing. evidence: telemetry-rules
 */
export function acceptTelemetry(ctx: SandboxContext, endpoint: Endpoint, sent: TelemetryConfig): void {
  const { table_names, ...kept } = sent;
  if (table_names) {
    endpoint.telemetry = {
      ...kept,
      telemetry_profile_id: uuid(ctx.random),
      ...(table_names.logs_table && {
        inference_table_config: { ...kept.inference_table_config, name: `${table_names.logs_table}_payload` },
      }),
    };
  } else if (sent.telemetry_profile_id) {
    endpoint.telemetry = kept;
  }
}
