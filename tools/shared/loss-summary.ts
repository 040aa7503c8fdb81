/** What the user should know before agreeing to a loss: whether the endpoint serves, whether it is used, and who created it. */
import { byEntity, digest } from '../../src/digest/metrics.ts';
import { isStale } from '../../src/digest/readings.ts';
import type { ToolResult } from '../../src/refusal.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import { createsOf } from './journaled-changes.ts';
import { readMetrics } from './read-metrics.ts';
import { dropEmpty, serving, status } from './view.ts';

/** A short summary of the endpoint. It counts the requests of one minute, because the service reports no longer period (fact L6). */
export async function lossSummary(found: Endpoint, context: ToolContext): Promise<ToolResult> {
  const [requests, creates] = await Promise.all([lastMinute(found.name, context), createsOf(found, context)]);
  return dropEmpty({
    status: status(found),
    serving: serving(found),
    requests_last_minute: requests,
    creator: found.creator,
    endpoint_id: found.id,
    created_by_this_server: creates && creates.length > 0,
  });
}

async function lastMinute(name: string, context: ToolContext): Promise<number | undefined> {
  const reading = await readMetrics(name, context).catch(() => undefined);
  if (reading === undefined || isStale(reading.at, context.http.time())) return undefined;
  const { samples } = reading;
  return digest(byEntity(samples, [name]).get(name) ?? samples).requests;
}
