import { isObject } from '../json.ts';

/** The header with which a caller tags a request. It counts on the gateway's paths only. evidence: gateway-request-tags */
export const TAGS_HEADER = 'databricks-ai-gateway-request-tags';

/** The tags in a header: the texts of a JSON object. Anything else gives none. assumed: gateway-tags-wrong */
export function requestTags(header: string | undefined): { request_tags?: Record<string, string> } {
  let sent: unknown;
  try {
    sent = JSON.parse(header ?? '{}');
  } catch {
    return {};
  }
  const pairs = isObject(sent) ? Object.entries(sent).filter(([, value]) => typeof value === 'string') : [];
  if (pairs.length === 0) return {};
  return { request_tags: Object.fromEntries(pairs.map(([key, value]) => [key, String(value)])) };
}
