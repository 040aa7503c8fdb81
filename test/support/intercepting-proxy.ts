/** A proxy in front of a workspace. A test sees every request before the workspace does, and every answer before the client does. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';

export interface ProxiedRequest {
  method: string;
  /** Without the query. */
  path: string;
  /** Before the workspace receives the request, or after the request took effect and before the client hears of it. */
  moment: 'before' | 'after';
  /** As it was sent. */
  body: string;
}

export interface InterceptingProxy {
  /** `http://127.0.0.1:PORT`. */
  host: string;
  close(): Promise<void>;
}

/** @param watch holds a request, or its answer, until it returns. False drops it, together with the connection. */
export async function startInterceptingProxy(
  target: string,
  watch: (request: ProxiedRequest) => boolean | Promise<boolean>,
): Promise<InterceptingProxy> {
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/' } = request;
    const [path = url] = url.split('?');
    const drop = () => void request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const sent = Buffer.concat(chunks);
    const seen = { method, path, body: sent.toString('utf8') };
    if (!(await watch({ ...seen, moment: 'before' }))) return drop();
    const answer = await forwarded(target + url, method, request, sent).catch(() => undefined);
    if (!answer) return drop(); // the workspace is gone
    const { status, headers, body } = answer;
    if (!(await watch({ ...seen, moment: 'after' }))) return drop();
    response.writeHead(status, headers).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    host: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function forwarded(url: string, method: string, request: IncomingMessage, sent: Buffer) {
  const { authorization = '', 'content-type': type = 'application/json' } = request.headers;
  const answer = await fetch(url, {
    method,
    headers: { authorization, 'content-type': type },
    ...(sent.length > 0 ? { body: new Uint8Array(sent) } : {}),
  });
  const body = Buffer.from(await answer.arrayBuffer());
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body };
}
