/** What an endpoint records of its requests, and which limits they have, as its settings say. */

import type { Endpoint, RateLimit } from '../../src/rest/endpoints.ts';
import { isObject } from '../../src/rest/json.ts';
import { clip } from '../../src/text/sanitize.ts';

/** Limits that are listed. */
const MAX_LIMITS = 10;

/** @returns `recorded` and `limits`, for people who are about to send a request. */
export function recording(found: Endpoint): { recorded: string; limits: string[] | string } {
  const all = found.ai_gateway?.rate_limits ?? [];
  const limits = all.slice(0, MAX_LIMITS).map(limitLine);
  if (all.length > MAX_LIMITS) limits.push(`and ${all.length - MAX_LIMITS} more, which get_endpoint lists`);
  return {
    recorded:
      [...payloadTables(found), ...usage(found)].join('; ') ||
      'nothing, as far as its settings show: no inference table, no usage tracking',
    limits: limits.length > 0 ? limits : 'none on the endpoint; quotas of the workspace still apply',
  };
}

/** `user_group data-science: 5 calls per minute`. */
export function limitLine(limit: RateLimit): string {
  const who = [limit.key ?? 'endpoint', limit.principal].filter(Boolean).join(' ');
  const amount = limit.calls === undefined ? `${limit.tokens} tokens` : `${limit.calls} calls`;
  return `${who}: ${amount} per ${limit.renewal_period}`;
}

/** The tables that keep requests and answers: of the gateway, of telemetry (fact E17), and the older kind of the config (fact U4). */
function payloadTables(found: Endpoint): string[] {
  const telemetry = found.telemetry_config;
  const features = telemetry?.enabled_telemetry_features ?? [];
  const byTelemetry = features.length === 0 || features.includes('TELEMETRY_FEATURE_INFERENCE_TABLE');
  const tables = [
    tableOf(found.ai_gateway?.inference_table_config, found.name),
    byTelemetry && telemetry?.inference_table_config ? (telemetry.inference_table_config.name ?? 'a table') : undefined,
    tableOf(found.config?.auto_capture_config, found.name),
  ];
  return tables.flatMap((table) =>
    table === undefined ? [] : [`requests and answers, in ${clip(table, 200)} (inference table)`],
  );
}

/** `<prefix>_payload`, where the prefix is the endpoint's name by default. */
function tableOf(config: unknown, endpoint: string): string | undefined {
  if (!isObject(config) || config.enabled === false) return undefined;
  if (config.enabled !== true && config.catalog_name === undefined) return undefined;
  const { catalog_name: catalog, schema_name: schema, table_name_prefix: prefix } = config;
  return [catalog, schema, `${typeof prefix === 'string' && prefix !== '' ? prefix : endpoint}_payload`]
    .filter((part) => typeof part === 'string' && part !== '')
    .join('.');
}

function usage(found: Endpoint): string[] {
  const tracking = found.ai_gateway?.usage_tracking_config;
  return isObject(tracking) && tracking.enabled === true ? ['usage, in system.serving.endpoint_usage'] : [];
}
