/** A service that differs from the sandbox in chosen places: a proxy in front of it that changes answers. */
import { once } from 'node:events';
import { createServer } from 'node:http';

export interface Answered {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** What is different. */
export interface Planted {
  /** Paths with their query. */
  path: RegExp;
  /** Which statuses are changed. Default: all below 400. */
  status?: (status: number) => boolean;
  /** Changes the JSON, in place or by returning another value. */
  json?: (body: Record<string, unknown>) => unknown;
  text?: (text: string) => string;
  headers?: (headers: Record<string, string>) => void;
  /** Answers with another status. */
  as?: number;
  /** Never answers. */
  hang?: boolean;
}

export interface DifferingService {
  /** `http://127.0.0.1:PORT`. */
  host: string;
  /** Method and path of every request, in order. */
  requests: { method: string; path: string }[];
  /** What is different from now on. */
  plant(planted: readonly Planted[]): void;
  close(): Promise<void>;
}

/** @param target the address of the sandbox. */
export async function startDifferingService(target: string): Promise<DifferingService> {
  let planted: readonly Planted[] = [];
  const requests: DifferingService['requests'] = [];
  /** Answers of the sandbox, whose clock stands while differences are tried. */
  const known = new Map<string, Answered>();
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/' } = request;
    requests.push({ method, path: url });
    const { authorization } = request.headers;
    const key = `${method} ${url} ${authorization}`;
    const answer = known.get(key) ?? (await forwarded(target + url, method, authorization));
    known.set(key, answer);
    const reply = { ...answer, headers: { ...answer.headers } };
    for (const each of planted) {
      if (!each.path.test(url) || !(each.status ?? ((status) => status < 400))(answer.status)) continue;
      if (each.hang) return;
      change(reply, each);
    }
    response.sendDate = false;
    response.writeHead(reply.status, reply.headers).end(reply.text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the service has no port');
  return {
    host: `http://127.0.0.1:${address.port}`,
    requests,
    plant(next) {
      planted = next;
      requests.length = 0;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function forwarded(url: string, method: string, authorization: string | undefined): Promise<Answered> {
  const answer = await fetch(url, {
    method,
    redirect: 'manual',
    headers: authorization === undefined ? {} : { authorization },
  });
  const headers = Object.fromEntries(answer.headers);
  for (const name of ['content-length', 'connection', 'keep-alive', 'transfer-encoding']) delete headers[name];
  return { status: answer.status, headers, text: await answer.text() };
}

function change(reply: Answered, { json, text, headers, as }: Planted): void {
  if (json) {
    const body = parsed(reply.text);
    const changed = json(body);
    reply.text = JSON.stringify(changed === undefined ? body : changed);
    reply.headers['content-type'] = 'application/json';
  }
  if (text) reply.text = text(reply.text);
  headers?.(reply.headers);
  if (as !== undefined) reply.status = as;
}

/** An answer that is no JSON has no fields. */
function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
