/** Judges the head of a request to a server of this program, before its body is read. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import { type HttpRefusal, refusal } from './refusal.ts';

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

/** Headers of a request. Node bounds their bytes. */
const MAX_HEADERS = 100;

/** A second value of these could be read differently by a proxy and by this server. */
const ONCE =
  /^(?:host|origin|authorization|content-(?:type|length|encoding)|mcp-[\w-]+|x-forwarded-(?:access-token|user|email|preferred-username))$/;

/** What no request may be, whatever it asks for. */
export function formProblem({ version, rawHeaders }: Head): HttpRefusal | undefined {
  if (version !== '1.1' && version !== '1.0') return refusal(505, 'this server speaks HTTP/1.1');
  const names = rawHeaders.filter((_each, at) => at % 2 === 0).map((name) => name.toLowerCase());
  if (names.length > MAX_HEADERS) return refusal(431, `a request can have at most ${MAX_HEADERS} headers`);
  const twice = names.find((name, at) => ONCE.test(name) && names.indexOf(name) !== at);
  return twice === undefined ? undefined : refusal(400, `the header ${twice} came twice`);
}

/** @param hosts values of `Host`: a name with its port, or a name alone for all ports. Undefined: any. */
export function isHost(given: string, hosts: readonly string[] | undefined): boolean {
  if (hosts === undefined) return true;
  const host = given.toLowerCase();
  return hosts.includes(host) || hosts.includes(host.replace(/:\d+$/, ''));
}

/** The path of a request, without its query. */
export function pathOf({ url }: Head): string {
  return url.replace(/\?.*$/s, '');
}

/** Only plain JSON is read. A form of another page cannot send this type. */
export function typeProblem({ headers }: Pick<Head, 'headers'>): HttpRefusal | undefined {
  if (!/^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i.test(headers['content-type'] ?? ''))
    return refusal(415, 'the Content-Type must be application/json');
  if (!/^(?:|identity)$/i.test(headers['content-encoding'] ?? ''))
    return refusal(415, 'the body must not be compressed');
  return undefined;
}

/** A body that says that it is too long is refused before a byte of it arrives. @param maxBody in bytes. */
export function lengthProblem({ headers }: Pick<Head, 'headers'>, maxBody: number): HttpRefusal | undefined {
  return Number(headers['content-length'] ?? 0) > maxBody ? tooLarge(maxBody) : undefined;
}

export function notAllowed(message: string, allow: string): HttpRefusal {
  return { ...refusal(405, message), headers: { allow } };
}

export function tooLarge(maxBody: number): HttpRefusal {
  const [size, unit] = maxBody < 1024 * 1024 ? [maxBody / 1024, 'KiB'] : [maxBody / 1024 / 1024, 'MiB'];
  return refusal(413, `a request can have at most ${Math.floor(size)} ${unit}`);
}

/** The names of this machine for itself, with the port of the server: a page that a name of the internet leads here has another one. */
export function ownNames(port: number): string[] {
  return ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
}
