/** What is wrong with an AI Gateway block before it is sent (API contract, section 1.1). Pure. */
import { nearest } from './suggest.ts';

const PARTS = ['fallback_config', 'guardrails', 'inference_table_config', 'rate_limits', 'usage_tracking_config'];

/** Problems of a whole block as `create_endpoint` takes it; empty when it may be sent. */
export function problemsOfGateway(gateway: Record<string, unknown> | undefined): string[] {
  if (!gateway) return [];
  const problems = Object.keys(gateway)
    .filter((part) => !PARTS.includes(part))
    .map((part) => {
      const hint = nearest(part, PARTS);
      return `ai_gateway has no part ${part}${hint ? `: did you mean ${hint}?` : ` (${PARTS.join(', ')})`}`;
    });
  const limits = gateway.rate_limits;
  if (limits !== undefined && !Array.isArray(limits)) problems.push('ai_gateway.rate_limits must be a list');
  for (const [index, limit] of (Array.isArray(limits) ? limits : []).entries()) {
    for (const problem of problemsOfLimit(limit)) problems.push(`ai_gateway.rate_limits.${index}: ${problem}`);
  }
  return problems;
}

function problemsOfLimit(limit: unknown): string[] {
  if (typeof limit !== 'object' || limit === null) return ['must be an object'];
  const { key = 'endpoint', principal, calls, tokens, renewal_period } = limit as Record<string, unknown>; // checked to be an object
  const problems: string[] = [];
  if (!['endpoint', 'user', 'user_group', 'service_principal'].includes(String(key)))
    problems.push('key must be endpoint, user, user_group or service_principal');
  if ((calls === undefined) === (tokens === undefined)) problems.push('give either calls or tokens');
  if ([calls, tokens].some((each) => each !== undefined && !(Number.isInteger(each) && Number(each) >= 0)))
    problems.push('calls and tokens are whole numbers, 0 or more');
  if ((key === 'user_group' || key === 'service_principal') && typeof principal !== 'string')
    problems.push('needs principal');
  if (renewal_period !== undefined && renewal_period !== 'minute') problems.push('renewal_period can only be minute');
  return problems;
}
