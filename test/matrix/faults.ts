/** The columns of the fault matrix: what happens to a request, and what the client can conclude from it. */
import type { FaultEffect } from '../../src/sandbox/index.ts';

export interface Fault {
  name: string;
  /** Effects of the sandbox, all at once. `refused` closes the proxy in front of it. */
  effects: FaultEffect[] | 'refused';
  /** Hits the first request, or every one. */
  times: 'once' | 'always';
  /**
   * The effect of the request, and what the client learns of it. `unheard`: no effect, and the client knows. `silent`: no effect, and the client
   * does not know. `done`: it took effect, and the client does not know. `answered`: it took effect, with a complete answer. `old`: a stale answer.
   */
  fate: 'unheard' | 'silent' | 'done' | 'answered' | 'old';
  /** Only for streamed answers. */
  streams?: true;
}

/** The longest response body that the server of the matrix reads, in bytes. */
export const MAX_BODY = 1024 * 1024;

const KINDS: (Omit<Fault, 'times'> & { both: boolean })[] = [
  { name: 'refused', effects: 'refused', fate: 'unheard', both: true },
  { name: 'reset before', effects: [{ cut: 'before' }], fate: 'silent', both: true },
  { name: 'reset after', effects: [{ lost_reply: true }], fate: 'done', both: true },
  { name: 'cut headers', effects: [{ cut: 'headers' }], fate: 'done', both: false },
  { name: 'slow body', effects: [{ slow_body: { chunk_bytes: 200, every_ms: 1 } }], fate: 'answered', both: false },
  {
    name: '429',
    effects: [{ status: 429, body: { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'slow down' } }],
    fate: 'unheard',
    both: true,
  },
  { name: '429 +2s', effects: [{ status: 429, headers: { 'retry-after': '2' } }], fate: 'unheard', both: true },
  { name: '429 +1h', effects: [{ status: 429, headers: { 'retry-after': '3600' } }], fate: 'unheard', both: false },
  {
    name: '500',
    effects: [{ status: 500, body: { error_code: 'INTERNAL_ERROR', message: 'boom' } }],
    fate: 'silent',
    both: true,
  },
  { name: '502', effects: [{ status: 502, body: 'bad gateway' }], fate: 'silent', both: true },
  {
    name: '503',
    effects: [{ status: 503, body: { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'later' } }],
    fate: 'unheard',
    both: true,
  },
  { name: '504', effects: [{ status: 504, body: '' }], fate: 'silent', both: true },
  { name: '520', effects: [{ status: 520, body: '' }], fate: 'silent', both: false },
  { name: 'late 520', effects: [{ late_status: 520 }], fate: 'done', both: false },
  { name: 'empty', effects: [{ status: 200 }], fate: 'silent', both: false },
  { name: 'late empty', effects: [{ late_status: 200 }], fate: 'done', both: false },
  { name: 'HTML', effects: [{ html: true }], fate: 'unheard', both: false },
  { name: 'cut JSON', effects: [{ truncate: 1 }], fate: 'done', both: true },
  { name: 'stale', effects: [{ stale: true }], fate: 'old', both: false },
  { name: 'expired 401', effects: [{ expired_token: 401 }], fate: 'unheard', both: true },
  { name: 'expired 403', effects: [{ expired_token: 403 }], fate: 'unheard', both: true },
  {
    name: 'login page',
    effects: [{ redirect: 'https://login.example.com/?token=none' }],
    fate: 'unheard',
    both: false,
  },
  { name: 'huge', effects: [{ huge_body: 2 * MAX_BODY }], fate: 'silent', both: false },
  { name: 'cut SSE', effects: [{ sse_cut_after: 2 }], fate: 'done', both: false, streams: true },
  { name: 'error event', effects: [{ sse_error_after: 2 }], fate: 'done', both: false, streams: true },
];

/** Each fault for one request, and again for every request where that makes a difference. */
export const FAULTS: Fault[] = KINDS.flatMap(({ both, ...kind }): Fault[] => [
  { ...kind, times: 'once' },
  ...(both ? [{ ...kind, name: `${kind.name}…`, times: 'always' } as const] : []),
]);
