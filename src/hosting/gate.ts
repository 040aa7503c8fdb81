/** What may pass to the protocol, judged by the head of a request alone. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import { REVISIONS } from '../mcp/revisions.ts';
import { type HttpRefusal, refusal, UNSUPPORTED_VERSION } from './refusal.ts';

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

/** The head of a request. */
export interface Head {
  method: string;
  /** Of HTTP. */
  version: string;
  /** As it was sent. */
  url: string;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as they were sent. */
  rawHeaders: readonly string[];
}

export type Passage =
  | { to: 'protocol'; origin: string | undefined; streams: boolean; revision: string | undefined }
  | { to: 'preflight'; origin: string }
  | { to: 'health' }
  | { to: 'nowhere'; refusal: HttpRefusal; origin?: string | undefined };

/** Headers of a request. Node bounds their bytes. */
const MAX_HEADERS = 100;

/** A second value of these could be read differently by a proxy and by this server. */
const ONCE =
  /^(?:host|origin|authorization|content-(?:type|length|encoding)|mcp-[\w-]+|x-forwarded-(?:access-token|user|email|preferred-username))$/;

/** Where a request may go. */
export function passageOf(head: Head, rules: GateRules): Passage {
  const { method, headers } = head;
  const form = formProblem(head);
  if (form) return { to: 'nowhere', refusal: form };
  const path = head.url.replace(/\?.*$/s, '');
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

function formProblem({ version, rawHeaders }: Head): HttpRefusal | undefined {
  if (version !== '1.1' && version !== '1.0') return refusal(505, 'this server speaks HTTP/1.1');
  const names = rawHeaders.filter((_each, at) => at % 2 === 0).map((name) => name.toLowerCase());
  if (names.length > MAX_HEADERS) return refusal(431, `a request can have at most ${MAX_HEADERS} headers`);
  const twice = names.find((name, at) => ONCE.test(name) && names.indexOf(name) !== at);
  return twice === undefined ? undefined : refusal(400, `the header ${twice} came twice`);
}

/** @param hosts {@link GateRules.hosts} */
function isHost(given: string, hosts: GateRules['hosts']): boolean {
  if (hosts === undefined) return true;
  const host = given.toLowerCase();
  return hosts.includes(host) || hosts.includes(host.replace(/:\d+$/, ''));
}

function problemOf({ method, headers }: Head, { maxBody }: GateRules): HttpRefusal | undefined {
  if (method !== 'POST')
    return notAllowed(`${ENDPOINT} answers POST: this server has no sessions and no stream of its own`, 'POST');
  if (!/^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i.test(headers['content-type'] ?? ''))
    return refusal(415, 'the Content-Type must be application/json');
  if (!/^(?:|identity)$/i.test(headers['content-encoding'] ?? ''))
    return refusal(415, 'the body must not be compressed');
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
  if (Number(headers['content-length'] ?? 0) > maxBody) return tooLarge(maxBody);
  return undefined;
}

function revisionOf(headers: IncomingHttpHeaders): string | undefined {
  const revision = headers['mcp-protocol-version'];
  return typeof revision === 'string' ? revision : undefined;
}

function notAllowed(message: string, allow: string): HttpRefusal {
  return { ...refusal(405, message), headers: { allow } };
}

export function tooLarge(maxBody: number): HttpRefusal {
  return refusal(413, `a request can have at most ${Math.floor(maxBody / 1024 / 1024)} MiB`);
}
