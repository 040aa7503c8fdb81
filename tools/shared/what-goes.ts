/** What a person should know before they agree to a loss: whether the endpoint serves, whether it is used, and whose it is. */
import type { Entry } from '../../src/entry.ts';
import { byEntity, digest, parseExposition } from '../../src/metrics.ts';
import { type Endpoint, endpoints, observe } from '../../src/rest/index.ts';
import { call, Refusal, type ToolContext, type ToolResult } from '../../src/tool.ts';
import { dropEmpty, serving, status } from './view.ts';

/** The endpoint in a few words. Requests are those of one minute, because the service tells no more (API contract, section 11). */
export async function whatGoes(found: Endpoint, context: ToolContext): Promise<ToolResult> {
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

/** A create whose end nobody saw left no id: then its time must be that of the endpoint, give or take two clocks. Milliseconds. */
const CLOSE = 10 * 60_000;

/**
 * The noted creates that made this very endpoint: a name alone may have passed to an endpoint of somebody else.
 * @returns undefined when no journal is kept: then nobody can tell.
 */
async function createsOf(found: Endpoint, { journal, http }: ToolContext): Promise<Entry[] | undefined> {
  if (!journal) return undefined;
  const { host } = await http.signer();
  const where = ({ tool, subject, ...entry }: Entry) =>
    entry.host === host && subject.name === found.name && (tool === 'create_endpoint' || tool === 'delete_endpoint');
  const { entries } = await journal.read({ where, newest: 20 });
  const made = entries.filter(({ outcome }) => outcome !== 'failed');
  const deleted = made.findIndex(({ tool }) => tool === 'delete_endpoint');
  const since = deleted < 0 ? made : made.slice(0, deleted);
  return made.filter((entry) => {
    if (entry.tool !== 'create_endpoint') return false;
    if (entry.endpoint_id !== undefined) return entry.endpoint_id === found.id;
    const [from, to] = [Date.parse(entry.at) - CLOSE, Date.parse(entry.ended_at ?? entry.at) + CLOSE];
    const at = found.creation_timestamp ?? 0;
    return since.includes(entry) && from <= at && at <= to;
  });
}

/** @throws Refusal when a create would be undone and the endpoint that bears its name now is another one. */
export async function refuseAnother(entry: Entry, context: ToolContext): Promise<void> {
  if (entry.tool !== 'create_endpoint') return;
  const { name } = entry.subject;
  const found = await endpoints.find(context.http, name);
  if (!found) return;
  const creates = await createsOf(found, context);
  if (creates?.some(({ id }) => id === entry.id)) return;
  const message = `endpoint ${name} as it is now was not made by change ${entry.id}, as far as can be told; nothing was sent`;
  const next = `See whose it is with ${call('get_endpoint', { endpoint: name })}. There is nothing to undo.`;
  throw new Refusal('changed_since', message, next);
}
