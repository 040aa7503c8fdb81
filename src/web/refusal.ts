/** A request over HTTP that is refused before the protocol sees it, as a status and an error of JSON-RPC. Pure. */

export interface HttpRefusal {
  status: number;
  /** A code of JSON-RPC 2.0, or of the protocol. */
  code: number;
  /** For the client. It contains nothing of the request that could be a secret. */
  message: string;
  data?: Record<string, unknown>;
  headers?: Record<string, string>;
}

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const INTERNAL_ERROR = -32603;
/** Of a server, for what JSON-RPC has no code for. */
const SERVER_ERROR = -32000;
/** Of the protocol: the client asks for a revision that the server does not speak. */
export const UNSUPPORTED_VERSION = -32022;

/** A refusal by the server itself. @param retryAfter seconds until the same request may succeed. */
export function refusal(status: number, message: string, retryAfter?: number): HttpRefusal {
  const headers = retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } };
  return { status, code: SERVER_ERROR, message, ...headers };
}

/** The body of the answer. The id of the request is not known, or not read. */
export function refusalBody({ code, message, data }: HttpRefusal): string {
  return JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message, ...(data && { data }) } });
}

export function isRefusal(value: unknown): value is HttpRefusal {
  return typeof value === 'object' && value !== null && 'status' in value && 'code' in value && 'message' in value;
}
