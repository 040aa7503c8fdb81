/** Finds the faults of an AI Gateway block before it is sent (facts G1 and G4). Pure. */
import { isObject } from '../rest/json.ts';
import { meantName } from '../text/other-names.ts';
import { repeatedLimits } from './rate-limits.ts';

const PARTS = ['fallback_config', 'guardrails', 'inference_table_config', 'rate_limits', 'usage_tracking_config'];

/** Problems of a whole block, as given to `create_endpoint`. Empty when it can be sent. */
export function problemsOfGateway(gateway: Record<string, unknown> | undefined): string[] {
  if (!gateway) return [];
  const problems = Object.keys(gateway)
    .filter((part) => !PARTS.includes(part))
    .map((part) => {
      const hint = meantName(part, PARTS);
      return `ai_gateway has no part ${part}${hint ? `: did you mean ${hint}?` : ` (${PARTS.join(', ')})`}`;
    });
  problems.push(...problemsOfGuardrails(gateway.guardrails), ...problemsOfTable(gateway.inference_table_config));
  const limits = gateway.rate_limits;
  if (limits !== undefined && !Array.isArray(limits)) problems.push('ai_gateway.rate_limits must be a list');
  for (const [index, limit] of (Array.isArray(limits) ? limits : []).entries()) {
    for (const problem of problemsOfLimit(limit)) problems.push(`ai_gateway.rate_limits.${index}: ${problem}`);
  }
  for (const repeated of repeatedLimits((Array.isArray(limits) ? limits : []).filter(isObject)))
    problems.push(`ai_gateway.rate_limits: limit ${repeated} is set more than once`);
  return problems;
}

/** The guardrails of one side. The service drops any other without a word (fact G9). */
const GUARDRAILS = ['safety', 'pii', 'invalid_keywords', 'valid_topics', 'custom_guardrails'];

/** Guardrails that the service may drop, as paths. */
export function unknownGuardrails(guardrails: unknown): string[] {
  if (!isObject(guardrails)) return [];
  return Object.entries(guardrails).flatMap(([side, rules]) => {
    if (side !== 'input' && side !== 'output') return [`guardrails.${side}`];
    return Object.keys(isObject(rules) ? rules : {})
      .filter((rule) => !GUARDRAILS.includes(rule))
      .map((rule) => `guardrails.${side}.${rule}`);
  });
}

function problemsOfGuardrails(guardrails: unknown): string[] {
  return unknownGuardrails(guardrails).map((path) => {
    const rule = path.split('.').at(-1) ?? '';
    const hint = meantName(rule, [...GUARDRAILS, 'input', 'output']);
    return `ai_gateway.${path} is no guardrail that the service keeps${hint ? `: did you mean ${hint}?` : ` (${GUARDRAILS.join(', ')})`}`;
  });
}

/** Problems of the inference table of a new endpoint. */
function problemsOfTable(table: unknown): string[] {
  if (!isObject(table)) return [];
  const { enabled, catalog_name, schema_name, table_name_prefix: prefix } = table;
  const problems: string[] = [];
  if (enabled === true && !(catalog_name && schema_name))
    problems.push('ai_gateway.inference_table_config needs catalog_name and schema_name');
  if (typeof prefix === 'string' && prefix.length > 63)
    problems.push('ai_gateway.inference_table_config.table_name_prefix has at most 63 characters');
  return problems;
}

/** The parts of a gateway that a call sets. */
export interface GatewayParts {
  guardrails?: boolean;
  tokenLimits?: boolean;
  fallback?: boolean;
}

/** Whether the guardrails switch on anything, at any depth. */
export function setsSomething(value: unknown): boolean {
  if (isObject(value)) return Object.values(value).some(setsSomething);
  return value !== undefined && value !== null && value !== false && value !== 'NONE';
}

/** The parts that a whole block sets. */
export function partsOf(gateway: Record<string, unknown> = {}): GatewayParts {
  const { guardrails, rate_limits, fallback_config } = gateway;
  return {
    guardrails: setsSomething(guardrails),
    tokenLimits:
      Array.isArray(rate_limits) && rate_limits.some((limit) => isObject(limit) && limit.tokens !== undefined),
    fallback: isObject(fallback_config) && fallback_config.enabled === true,
  };
}

/**
 * Warns about settings that may have no effect on an endpoint. Undefined when there are none. These are not problems: their effect on custom models
 * depends on the release of the service (fact G2). An entity to fall back to may come later. A new endpoint has no task yet.
 */
export function warningOfGateway(
  { guardrails, tokenLimits, fallback }: GatewayParts,
  { entities, task }: { entities: readonly Record<string, unknown>[]; task?: string | undefined },
): string | undefined {
  const doubted = [guardrails ? 'guardrails' : '', tokenLimits ? 'token limits' : ''].filter(Boolean).join(' and ');
  const custom = task === undefined && entities.length > 0 && entities.every(isCustom);
  const warnings = [
    ...(custom && doubted !== ''
      ? [
          `${doubted} may have no effect here: for custom models that are not agents, only usage tracking and inference tables are documented`,
        ]
      : []),
    ...(fallback && entities.length === 1 ? ['fallback has no effect: the endpoint has only one entity'] : []),
  ];
  return warnings.join('; ') || undefined;
}

/** A registered model on its own compute, not an external model, a foundation model or provisioned throughput. */
function isCustom(entity: Record<string, unknown>): boolean {
  return (
    typeof entity.entity_name === 'string' &&
    !entity.entity_name.startsWith('system.ai.') &&
    !Object.keys(entity).some((field) => /throughput$|^provisioned_model_units$/.test(field))
  );
}

function problemsOfLimit(limit: unknown): string[] {
  if (!isObject(limit)) return ['must be an object'];
  const { key = 'endpoint', principal, calls, tokens, renewal_period } = limit;
  const problems: string[] = [];
  if (!['endpoint', 'user', 'user_group', 'service_principal'].includes(String(key)))
    problems.push('key must be endpoint, user, user_group or service_principal');
  if ((calls === undefined) === (tokens === undefined)) problems.push('give either calls or tokens');
  if ([calls, tokens].some((each) => each !== undefined && !(Number.isInteger(each) && Number(each) >= 0)))
    problems.push('calls and tokens must be whole numbers, 0 or more');
  if ((key === 'user_group' || key === 'service_principal') && typeof principal !== 'string')
    problems.push('needs principal');
  if (renewal_period !== undefined && renewal_period !== 'minute') problems.push('renewal_period can only be minute');
  return problems;
}
