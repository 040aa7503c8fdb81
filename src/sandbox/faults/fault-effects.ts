import { setTimeout as wait } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import type { Context, Next } from 'hono';
import { tokenExpired } from '../errors.ts';
import type { Workspace } from '../state/state.ts';
import type { AnswerFault, FaultBox, FaultEffect, StreamErrorForm } from './faults.ts';

/** Where a streamed answer breaks, counted in frames. */
export interface StreamFault {
  cut_after?: number;
  error_after?: number;
  form?: StreamErrorForm;
}

/** The variables of a request that a fault sets. */
export interface FaultEnv {
  Bindings: HttpBindings;
  Variables: {
    /** The workspace that this request sees: the current one, or the previous one under a `stale` fault. */
    workspace: Workspace;
    stream_fault: StreamFault | undefined;
    answer_fault: AnswerFault | undefined;
  };
}

/** The faults in force, and the workspace from which a `stale` one answers. */
interface FaultSource {
  readonly faults: FaultBox;
  readonly previous: Workspace | null;
}

type FaultyCall = Context<FaultEnv>;

const LOGIN_PAGE =
  '<!doctype html><html><head><title>Sign in</title></head><body><form action="/login.html">Sign in to your workspace</form></body></html>';

/**
 * The middleware that makes matching requests fail. Faults act before authentication, as a proxy in front of the workspace does.
 * `lost_reply`, `late_status`, `truncate`, `slow_body` and the later cuts run the handler first, so that its effect stays.
 */
export function faultMiddleware(source: FaultSource) {
  return async (c: FaultyCall, next: Next): Promise<Response | undefined> => {
    const effects = c.req.path.startsWith('/sandbox/') ? [] : source.faults.take(c.req.method, c.req.path);
    for (const effect of effects) {
      const answer = await before(source, c, effect);
      if (answer) return answer;
    }
    await next();
    for (const effect of effects) {
      const answer = await after(c, effect);
      if (answer) {
        // Hono merges the headers of an earlier response into a later one. A fault replaces the whole response.
        c.res = undefined;
        c.res = answer;
      }
    }
    return undefined;
  };
}

async function before(source: FaultSource, c: FaultyCall, effect: FaultEffect): Promise<Response | null> {
  if ('delay_ms' in effect) {
    await wait(effect.delay_ms);
    return null;
  }
  if ('status' in effect) {
    const text = typeof effect.body === 'string' ? effect.body : JSON.stringify(effect.body ?? {});
    const type = typeof effect.body === 'string' ? 'text/plain' : 'application/json';
    const body = effect.body === undefined ? '' : text;
    return new Response(effect.status === 204 || effect.status === 304 ? null : body, {
      status: effect.status,
      headers: { 'content-type': type, ...effect.headers },
    });
  }
  if ('cut' in effect && effect.cut === 'before') return destroySocket(c);
  if ('stale' in effect && c.req.method === 'GET' && source.previous) c.set('workspace', source.previous);
  if ('html' in effect) return new Response(LOGIN_PAGE, { headers: { 'content-type': 'text/html; charset=utf-8' } });
  if ('redirect' in effect) return new Response(null, { status: 302, headers: { location: effect.redirect } });
  if ('expired_token' in effect) {
    throw tokenExpired(effect.expired_token);
  }
  if ('huge_body' in effect) return hugeBody(effect.huge_body);
  if ('sse_cut_after' in effect) c.set('stream_fault', { ...c.get('stream_fault'), cut_after: effect.sse_cut_after });
  if ('sse_error_after' in effect) {
    const { sse_error_after: error_after, form } = effect;
    c.set('stream_fault', { ...c.get('stream_fault'), error_after, ...(form === undefined ? {} : { form }) });
  }
  if ('answer' in effect) c.set('answer_fault', effect.answer);
  return null;
}

async function after(c: FaultyCall, effect: FaultEffect): Promise<Response | null> {
  if ('lost_reply' in effect) return destroySocket(c);
  if ('late_status' in effect) return new Response(null, { status: effect.late_status });
  if ('truncate' in effect) {
    const bytes = Buffer.from(await c.res.arrayBuffer());
    return new Response(bytes.subarray(0, effect.truncate), {
      status: c.res.status,
      headers: headersWithoutLength(c.res),
    });
  }
  if ('cut' in effect && effect.cut !== 'before') return cutAnswer(c, effect.cut);
  if ('slow_body' in effect) {
    const bytes = new Uint8Array(await c.res.arrayBuffer());
    const { chunk_bytes, every_ms } = effect.slow_body;
    const body = new ReadableStream({
      async start(controller) {
        for (let at = 0; at < bytes.length; at += Math.max(1, chunk_bytes)) {
          controller.enqueue(bytes.subarray(at, at + Math.max(1, chunk_bytes)));
          await wait(every_ms);
        }
        controller.close();
      },
    });
    return new Response(body, { status: c.res.status, headers: headersWithoutLength(c.res) });
  }
  return null;
}

/** The headers of an answer whose length changes. */
function headersWithoutLength(response: Response): Headers {
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  return headers;
}

/** Tells the server adapter that the raw socket already has the answer. */
function alreadySentResponse(): Response {
  return new Response(null, { headers: { 'x-hono-already-sent': 'true' } });
}

function destroySocket(c: FaultyCall): Response {
  c.env.incoming.socket.destroy();
  return alreadySentResponse();
}

async function cutAnswer(c: FaultyCall, where: 'headers' | 'body'): Promise<Response> {
  const bytes = Buffer.from(await c.res.arrayBuffer());
  const out = c.env.outgoing;
  out.writeHead(c.res.status, {
    ...Object.fromEntries(headersWithoutLength(c.res)),
    'content-length': String(Math.max(bytes.length, 2)),
  });
  const part = where === 'headers' ? Buffer.alloc(0) : bytes.subarray(0, Math.max(1, Math.floor(bytes.length / 2)));
  out.flushHeaders();
  // Close the socket only after the part has left the process. Otherwise the client sees a reset instead of a cut body.
  if (part.length > 0) await new Promise<void>((resolve) => out.write(part, () => resolve()));
  await wait(20);
  c.env.incoming.socket.destroy();
  return alreadySentResponse();
}

function hugeBody(size: number): Response {
  const chunk = new Uint8Array(64 * 1024).fill(0x20);
  let left = size;
  const body = new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      const part = chunk.subarray(0, Math.min(left, chunk.length));
      left -= part.length;
      controller.enqueue(part);
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}
