/** A gateway as it is after a PUT, compared with what was sent. The service drops what it does not know, and answers 200 (fact G9). Pure. */
import { hasAll } from '../rest/asked.ts';
import type { AiGateway, RateLimit } from '../rest/endpoints.ts';
import { isObject } from '../rest/json.ts';
import { setsSomething } from './gateway-rules.ts';

export interface GatewayDeviation {
  /** Paths that were sent and are not there. */
  dropped: string[];
  /** Paths that were left out and still have an effect. */
  still_there: string[];
}

/** What differs in meaning. Names of a table that is off, and usage tracking that no one sent, mean nothing (fact G9). */
export function deviation(sent: AiGateway, found: AiGateway): GatewayDeviation {
  return { dropped: missing(sent, found, ''), still_there: left(sent, found) };
}

/** Whether a gateway means what was sent. @param isStrict usage tracking that was not sent counts as well. */
export function isKept(sent: AiGateway, found: AiGateway, isStrict = false): boolean {
  const { dropped, still_there } = deviation(sent, found);
  if (dropped.length > 0 || still_there.length > 0) return false;
  return !isStrict || isOn(sent.usage_tracking_config) === isOn(found.usage_tracking_config);
}

function missing(sent: unknown, found: unknown, path: string): string[] {
  if (hasAll(found, sent)) return [];
  if (!isObject(sent)) return [path];
  const there = isObject(found) ? found : {};
  return Object.entries(sent).flatMap(([key, value]) =>
    missing(value, there[key], path === '' ? key : `${path}.${key}`),
  );
}

function left(sent: AiGateway, found: AiGateway): string[] {
  const parts = ['fallback_config', 'inference_table_config'].filter((part) => isOn(found[part]) && !isOn(sent[part]));
  const limits = (found.rate_limits ?? []).some(
    (limit) => !(sent.rate_limits ?? []).some((each) => sameLimit(limit, each)),
  );
  return [...parts, ...(limits ? ['rate_limits'] : []), ...leftGuardrails(sent.guardrails, found.guardrails)];
}

function leftGuardrails(sent: unknown, found: unknown): string[] {
  const inside = (value: unknown, key: string) => (isObject(value) && isObject(value[key]) ? value[key] : {});
  return Object.keys(isObject(found) ? found : {}).flatMap((side) =>
    Object.entries(inside(found, side))
      .filter(([rule, value]) => setsSomething(value) && inside(sent, side)[rule] === undefined)
      .map(([rule]) => `guardrails.${side}.${rule}`),
  );
}

function sameLimit(found: RateLimit, sent: RateLimit): boolean {
  return hasAll({ key: 'endpoint', ...found }, sent);
}

function isOn(part: unknown): boolean {
  return isObject(part) && part.enabled === true;
}
