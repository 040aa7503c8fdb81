/** What may pass to the protocol, judged by the head of a request alone. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import { REVISIONS } from '../mcp/revisions.ts';
import { formProblem, type Head, isHost, lengthProblem, notAllowed, pathOf, typeProblem } from '../web/head.ts';
import { type HttpRefusal, refusal, UNSUPPORTED_VERSION } from '../web/refusal.ts';

/** The one address of the protocol. Another form of it would need a redirect, and a redirect turns a POST into a GET. */
export const ENDPOINT = '/mcp';
const HEALTH = '/healthz';

export interface GateRules {
  /** Values of `Host`: a name with its port, or a name alone for all ports. Undefined: a login protects the server, and no name bypasses it. */
  hosts: readonly string[] | undefined;
  /** Values of `Origin`. A client that is no browser sends none. */
  origins: readonly string[];
  /** Longest body, in bytes. */
  maxBody: number;
}

export type Passage =
  | { to: 'protocol'; origin: string | undefined; streams: boolean; revision: string | undefined }
  | { to: 'preflight'; origin: string }
  | { to: 'health' }
  | { to: 'nowhere'; refusal: HttpRefusal; origin?: string | undefined };

/** Where a request may go. */
export function passageOf(head: Head, rules: GateRules): Passage {
  const { method, headers } = head;
  const form = formProblem(head);
  if (form) return { to: 'nowhere', refusal: form };
  const path = pathOf(head);
  if (path === HEALTH) {
    if (method === 'GET' || method === 'HEAD') return { to: 'health' };
    return { to: 'nowhere', refusal: notAllowed(`${HEALTH} answers GET and HEAD`, 'GET, HEAD') };
  }
  if (path !== ENDPOINT)
    return { to: 'nowhere', refusal: refusal(404, `there is nothing here; the protocol is at ${ENDPOINT}`) };
  if (!isHost(headers.host ?? '', rules.hosts))
    return {
      to: 'nowhere',
      refusal: refusal(403, 'this server does not go by the name in the Host header; --allow-host adds one'),
    };
  const { origin } = headers;
  if (origin !== undefined && !rules.origins.includes(origin.toLowerCase()))
    return {
      to: 'nowhere',
      refusal: refusal(403, 'pages of this origin may not call this server; --allow-origin adds one'),
    };
  if (method === 'OPTIONS' && origin !== undefined && headers['access-control-request-method'] === 'POST')
    return { to: 'preflight', origin };
  const refused = problemOf(head, rules);
  if (refused) return { to: 'nowhere', refusal: refused, origin };
  const streams = /text\/event-stream/i.test(headers.accept ?? '');
  return { to: 'protocol', origin, streams, revision: revisionOf(headers) };
}

function problemOf(head: Head, { maxBody }: GateRules): HttpRefusal | undefined {
  const { method, headers } = head;
  if (method !== 'POST')
    return notAllowed(`${ENDPOINT} answers POST: this server has no sessions and no stream of its own`, 'POST');
  const type = typeProblem(head);
  if (type) return type;
  if (!/(?:application\/(?:json|\*)|text\/event-stream|\*\/\*)/i.test(headers.accept ?? '*/*'))
    return refusal(406, 'the client must accept application/json or text/event-stream');
  const revision = revisionOf(headers);
  if (revision !== undefined && !REVISIONS.includes(revision))
    return {
      ...refusal(
        400,
        `this server does not speak the revision in MCP-Protocol-Version; it speaks ${REVISIONS.join(', ')}`,
      ),
      code: UNSUPPORTED_VERSION,
      data: { supported: [...REVISIONS], requested: revision.slice(0, 40) },
    };
  return lengthProblem(head, maxBody);
}

function revisionOf(headers: IncomingHttpHeaders): string | undefined {
  const revision = headers['mcp-protocol-version'];
  return typeof revision === 'string' ? revision : undefined;
}
