import type { SandboxContext } from '../context.ts';
import { uuid } from '../ids.ts';
import type { Endpoint } from '../state/state.ts';
import type { TelemetryConfig } from '../state/wire-types.ts';

/** Null when the endpoint can have telemetry, else the endpoint type the refusal names (API contract, section 1.11). */
export function supportsTelemetry(endpoint: Endpoint): 'NO_CONFIG' | 'EXTERNAL_MODELS' | null {
  const config = endpoint.config ?? endpoint.pending;
  if (!config) return 'NO_CONFIG';
  return config.served_entities.some((e) => e.type === 'EXTERNAL_MODEL') ? 'EXTERNAL_MODELS' : null;
}

/**
 * Stores a telemetry config. `table_names` makes a new profile and is not echoed; a config with neither profile nor tables keeps what
 * was there (API contract, section 1.11).
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
