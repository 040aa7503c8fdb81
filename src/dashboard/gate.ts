/** What may pass to the dashboard, judged by the head of a request alone. Pure. */
import { formProblem, type Head, isHost, lengthProblem, notAllowed, pathOf, typeProblem } from '../web/head.ts';
import { type HttpRefusal, refusal } from '../web/refusal.ts';

/** The addresses of the server. Only the first is for people. */
export const PATHS = { page: '/', session: '/session', call: '/call' } as const;

export interface GateRules {
  /** The port that the server listens on. */
  port: number;
  /** Longest body, in bytes. */
  maxBody: number;
}

export type Passage = { to: keyof typeof PATHS } | { to: 'nowhere'; refusal: HttpRefusal };

/**
 * Where a request may go. The name in `Host` comes first: a page of the internet can lead its own name to this machine. Only pages of this server send
 * its origin, and every browser sends an origin with a POST.
 */
export function passageOf(head: Head, { port, maxBody }: GateRules): Passage {
  const { method, headers } = head;
  const form = formProblem(head);
  if (form) return nowhere(form);
  const { host = '', origin } = headers;
  if (!isHost(host, [`127.0.0.1:${port}`, `localhost:${port}`]))
    return nowhere(refusal(403, `the dashboard goes by the name 127.0.0.1:${port} alone`));
  const path = pathOf(head);
  if (path === PATHS.page)
    return method === 'GET' || method === 'HEAD'
      ? { to: 'page' }
      : nowhere(notAllowed('the page answers GET and HEAD', 'GET, HEAD'));
  if (path !== PATHS.session && path !== PATHS.call) return nowhere(refusal(404, 'there is nothing here'));
  if (method !== 'POST') return nowhere(notAllowed(`${path} answers POST`, 'POST'));
  if (origin?.toLowerCase() !== `http://${host.toLowerCase()}`)
    return nowhere(refusal(403, 'only the page of the dashboard may call it'));
  const problem = typeProblem(head) ?? lengthProblem(head, maxBody);
  if (problem) return nowhere(problem);
  return { to: path === PATHS.call ? 'call' : 'session' };
}

function nowhere(refused: HttpRefusal): Passage {
  return { to: 'nowhere', refusal: refused };
}
