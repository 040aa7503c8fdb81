/** Where the AI Gateway sent requests: a table that only account admins may read, unless they grant it (fact W14). Pure. */
import { clip } from '../text/sanitize.ts';
import type { Query } from './statement.ts';
import { numberIn, type Row, textIn } from './table.ts';

/** Requests by destination, with their latency. Percentiles are computed from the requests themselves. */
export const GATEWAY_USAGE: Query = {
  text: `SELECT destination_model AS destination, COUNT(*) AS requests,
  COUNT_IF(status_code = 429) AS limited, COUNT_IF(status_code >= 500) AS server_errors,
  PERCENTILE_APPROX(latency_ms, 0.5) AS p50_ms, PERCENTILE_APPROX(latency_ms, 0.95) AS p95_ms,
  PERCENTILE_APPROX(time_to_first_byte_ms, 0.5) AS first_byte_p50_ms
FROM system.ai_gateway.usage
WHERE event_time >= :since AND event_time < :until AND endpoint_name = :endpoint
GROUP BY 1
ORDER BY requests DESC
LIMIT 11`,
  needs: {
    'system.ai_gateway.usage': [
      'destination_model',
      'status_code',
      'latency_ms',
      'time_to_first_byte_ms',
      'event_time',
      'endpoint_name',
    ],
  },
  returns: ['destination', 'requests', 'limited', 'server_errors', 'p50_ms', 'p95_ms', 'first_byte_p50_ms'],
  rowLimit: 10,
};

/** A destination as an answer shows it. */
export function gatewayView(row: Row): Record<string, unknown> {
  const known = (column: string) => (textIn(row, column) === undefined ? undefined : numberIn(row, column));
  return {
    destination: clip(textIn(row, 'destination') ?? 'unknown', 100),
    requests: numberIn(row, 'requests'),
    limited_429: numberIn(row, 'limited') || undefined,
    errors_5xx: numberIn(row, 'server_errors') || undefined,
    p50_ms: known('p50_ms'),
    p95_ms: known('p95_ms'),
    first_byte_p50_ms: known('first_byte_p50_ms'),
  };
}
