/** The client's side of the pipe, message by message: every answer must belong to exactly one request that waits for it. */
import { record } from './json.ts';
import type { ServerChild } from './process.ts';

export interface ToolAnswer {
  isError: boolean;
  data: Record<string, unknown>;
}

export interface Peer {
  /** A tool call; `onProgress` asks for progress. */
  call(
    name: string,
    args: Record<string, unknown>,
    onProgress?: (message: string, progress: number) => void,
  ): Promise<ToolAnswer>;
  /** Any other request: its result, or its error. */
  request(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** A tool call that is cancelled after `ms`; its answer counts when it was quicker. */
  cancelled(name: string, args: Record<string, unknown>, ms: number): Promise<ToolAnswer | undefined>;
  initialize(): Promise<void>;
  counts: { sent: number; answered: number; cancelled: number; late: number; progress: number };
  /** Violations: unsolicited answers, second answers, lines that are not messages, progress for calls that are over. */
  faults: string[];
}

interface Waiting {
  take(message: Record<string, unknown>): void;
  onProgress?: ((message: string, progress: number) => void) | undefined;
}

export function createPeer(server: ServerChild): Peer {
  const waiting = new Map<number, Waiting>();
  const given = new Set<number>();
  const counts = { sent: 0, answered: 0, cancelled: 0, late: 0, progress: 0 };
  const faults: string[] = [];
  const left = (reason: string) => {
    for (const each of waiting.values()) each.take({ error: { code: 0, message: reason } });
    waiting.clear();
  };
  server.child.once('exit', (code, signal) => left(`the server ended: ${code ?? signal} ${server.stderr()}`));

  server.onLine((line) => {
    const message = parse(line);
    if (!message) return void faults.push(`no message: ${line.slice(0, 200)}`);
    if (message.method === 'notifications/progress') return progress(message.params);
    const { id } = message;
    const request = typeof id === 'number' ? waiting.get(id) : undefined;
    if (!request || typeof id !== 'number') return void faults.push(`no call waits for ${line.slice(0, 200)}`);
    waiting.delete(id);
    if (given.delete(id)) counts.late++;
    counts.answered++;
    request.take(message);
  });

  function progress(params: unknown): void {
    const { progressToken: token, progress, message } = record(params);
    const request = typeof token === 'number' ? waiting.get(token) : undefined;
    counts.progress++;
    if (!request?.onProgress) faults.push(`progress for ${String(token)}, which waits for none`);
    else request.onProgress(String(message), Number(progress));
  }

  function send(
    method: string,
    params: Record<string, unknown>,
    onProgress?: Waiting['onProgress'],
  ): { id: number; answer: Promise<Record<string, unknown>> } {
    const id = ++counts.sent;
    const answer = new Promise<Record<string, unknown>>((resolve) => waiting.set(id, { take: resolve, onProgress }));
    const meta = onProgress ? { _meta: { progressToken: id } } : {};
    server.write(JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, ...meta } }));
    return { id, answer };
  }

  return {
    counts,
    faults,
    async call(name, args, onProgress) {
      return toolAnswer(await send('tools/call', { name, arguments: args }, onProgress).answer);
    },
    request: (method, params) => send(method, params).answer,
    async cancelled(name, args, ms) {
      const { id, answer } = send('tools/call', { name, arguments: args });
      await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, ms))]);
      if (!waiting.has(id)) return toolAnswer(await answer);
      counts.cancelled++;
      // An answer may already be on its way. That is allowed, but it must be the right one.
      given.add(id);
      server.write(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } }));
      return undefined;
    },
    async initialize() {
      const clientInfo = { name: 'soak', version: '1.0.0' };
      const { result } = await this.request('initialize', {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo,
      });
      if (!result) throw new Error('the server did not initialize');
      server.write(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
    },
  };
}

function toolAnswer(message: Record<string, unknown>): ToolAnswer {
  if (message.error) throw new Error(`a protocol error: ${JSON.stringify(message.error)}`);
  const result = record(message.result);
  const [first] = Array.isArray(result.content) ? result.content : [];
  if (JSON.stringify(result.structuredContent) !== first?.text) throw new Error('the two forms of a result differ');
  return { isError: result.isError === true, data: record(result.structuredContent) };
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value = record(JSON.parse(line));
    return value.jsonrpc === '2.0' ? value : undefined;
  } catch {
    return undefined;
  }
}
