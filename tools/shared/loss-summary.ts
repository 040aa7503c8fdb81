/** What a person should know before they agree to a loss: whether the endpoint serves, whether it is used, and whose it is. */
import { byEntity, digest, parseExposition } from '../../src/digest/metrics.ts';
import type { ToolResult } from '../../src/refusal.ts';
import { type Endpoint, observe } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import { createsOf } from './journaled-changes.ts';
import { dropEmpty, serving, status } from './view.ts';

/** The endpoint in a few words. Requests are those of one minute, because the service tells no more (fact L6). */
export async function lossSummary(found: Endpoint, context: ToolContext): Promise<ToolResult> {
  const [requests, creates] = await Promise.all([lastMinute(found.name, context), createsOf(found, context)]);
  return dropEmpty({
    status: status(found),
    serving: serving(found.config),
    requests_last_minute: requests,
    creator: found.creator,
    endpoint_id: found.id,
    created_by_this_server: creates && creates.length > 0,
  });
}

async function lastMinute(name: string, { http }: ToolContext): Promise<number | undefined> {
  const text = await observe.metrics(http, name).catch(() => undefined);
  return text === undefined
    ? undefined
    : digest(byEntity(parseExposition(text), [name]).get(name) ?? parseExposition(text)).requests;
}
