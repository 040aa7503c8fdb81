import { pick } from '../json.ts';
import type { AiGateway, AutoCapture, Guardrail } from '../state/wire-types.ts';

/** The guardrails of one side that the service knows. It silently drops any other. evidence: guardrail-keys */
const GUARDRAILS = [
  'safety',
  'pii',
  'invalid_keywords',
  'valid_topics',
  'custom_guardrails',
] as const satisfies (keyof Guardrail)[];

/**
 * The five blocks of a gateway, as the service stores them after a PUT or a create. A block that the body omits is removed.
 * evidence: gateway-replace
 */
export function storedGateway(sent: AiGateway, before: AiGateway | null): AiGateway {
  const { fallback_config, usage_tracking_config } = sent;
  const rate_limits = sent.rate_limits?.map((limit) =>
    pick(limit, ['calls', 'tokens', 'key', 'principal', 'renewal_period']),
  );
  const guardrails = sent.guardrails && storedGuardrails(sent.guardrails);
  const table = sent.inference_table_config;
  const inference_table_config = table && storedTable(table, before?.inference_table_config);
  const blocks = { fallback_config, guardrails, inference_table_config, rate_limits, usage_tracking_config };
  return pick(blocks, Object.keys(blocks) as (keyof AiGateway)[]); // the keys are those of the line above
}

function storedGuardrails({ input, output }: { input?: Guardrail; output?: Guardrail }): AiGateway['guardrails'] {
  return { ...(input && { input: pick(input, GUARDRAILS) }), ...(output && { output: pick(output, GUARDRAILS) }) };
}

/** A table that is switched off keeps its names. evidence: table-off-names */
function storedTable(sent: AutoCapture, before: AutoCapture | undefined): AutoCapture {
  const table = pick(sent, ['catalog_name', 'schema_name', 'table_name_prefix', 'enabled']);
  return table.enabled === false ? { ...before, ...table } : table;
}
