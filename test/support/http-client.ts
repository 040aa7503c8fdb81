/** Messages of HTTP clients, for the answerer without a socket: one of revision 2025-11-25 or older, and one of 2026-07-28. */
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/server';
import type { Answerer, HttpExchange } from '../../src/mcp/sdk-v2.ts';

type Served = Pick<HttpExchange, 'environment' | 'handlers' | 'caller'>;

export interface Reply {
  status: number;
  type: string;
  /** The messages of the reply, in their order: one for a plain reply. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read messages field by field, and a wrong guess fails them
  messages: any[];
}

export interface Sending {
  /** Accepts one JSON document and no stream. */
  plain?: boolean;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** Sends a body as it is. */
export async function post(answerer: Answerer, served: Served, body: unknown, sending: Sending = {}): Promise<Reply> {
  const { plain = false, signal = new AbortController().signal, headers = {} } = sending;
  const response = await answerer.answer({
    ...served,
    url: 'http://127.0.0.1/mcp',
    headers: {
      'content-type': 'application/json',
      ...headers,
    },
    body,
    plain,
    signal,
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const parts = type.includes('event-stream')
    ? text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice('data: '.length)] : []))
    : [text];
  return {
    status: response.status,
    type,
    messages: parts.filter((part) => part !== '').map((part) => JSON.parse(part)),
  };
}

/** A request of revision 2025-11-25 or older. */
export function request(method: string, params: object = {}): object {
  return { jsonrpc: '2.0', id: 1, method, params };
}

export const MODERN = '2026-07-28';

/** A request of revision 2026-07-28, which says by itself who sends it. @param capabilities of the client. */
export function postModern(
  answerer: Answerer,
  served: Served,
  method: string,
  params: Record<string, unknown> = {},
  { capabilities = {}, ...sending }: Sending & { capabilities?: object } = {},
): Promise<Reply> {
  const { _meta, ...rest } = params;
  const meta = {
    ...(_meta as object | undefined), // a test gives an object or nothing
    [PROTOCOL_VERSION_META_KEY]: MODERN,
    [CLIENT_INFO_META_KEY]: { name: 'test', version: '0.0.0' },
    [CLIENT_CAPABILITIES_META_KEY]: capabilities,
  };
  const name = params.name ?? params.uri;
  const headers = {
    'mcp-protocol-version': MODERN,
    'mcp-method': method,
    ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    ...sending.headers,
  };
  return post(answerer, served, request(method, { ...rest, _meta: meta }), { ...sending, headers });
}

/** The `fetch` of an HTTP client whose server is an answerer. @param hear is called with the body of each reply. */
export function overHttp(answerer: Answerer, served: Served, hear: (text: string) => void): typeof fetch {
  return async (url, init = {}) => {
    // There is neither a stream of the server's own nor a session to end.
    if (init.method !== 'POST') return new Response(null, { status: 405 });
    const exchange = new AbortController();
    init.signal?.addEventListener('abort', () => exchange.abort(), { once: true });
    const response = await answerer.answer({
      ...served,
      url: String(url),
      headers: Object.fromEntries(new Headers(init.headers)),
      body: JSON.parse(String(init.body)),
      plain: false,
      signal: exchange.signal,
    });
    if (response.body === null) return response;
    const listening = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        hear(new TextDecoder().decode(chunk));
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body.pipeThrough(listening), response);
  };
}
