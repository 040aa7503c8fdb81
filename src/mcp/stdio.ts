/**
 * JSON-RPC lines over a pair of streams. The SDK's own stdio transport closes the session at a message of 10 MB, copies the whole buffer for
 * each chunk, and does not answer a request with a malformed envelope. Here a 16 MB inference request passes, and no client hangs.
 */
import type { Readable, Writable } from 'node:stream';
import { isObject } from '../rest/json.ts';
import { readMessage } from './read-message.ts';

/** Structurally the SDK's `Transport`. `parse` is a parameter, so that this file does not import the SDK. */
export interface StdioTransport<Message> {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: Message) => void;
  start(): Promise<void>;
  send(message: Message): Promise<void>;
  close(): Promise<void>;
}

/** One line may hold a 16 MB payload (fact Q10), escaped twice in the worst case. Longer ones are skipped. */
export const MAX_LINE = 64 * 1024 * 1024;

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;

/**
 * @param parse throws when a value is not a JSON-RPC message.
 * @param onWritten called after each message that the system took.
 * @param onEnd called once when the input ends, because the client is gone.
 */
export function stdioTransport<Message>(options: {
  input: Readable;
  output: Writable;
  parse: (value: unknown) => Message;
  onWritten?: () => void;
  onEnd: () => void;
  maxLine?: number;
}): StdioTransport<Message> {
  const { input, output, parse, onWritten = () => {} } = options;
  const maxLine = options.maxLine ?? MAX_LINE;
  let parts: Buffer[] = [];
  let size = 0;
  let skipping = false;
  const writers: (() => void)[] = [];

  const transport: StdioTransport<Message> = {
    async start() {
      input.on('data', take);
      input.on('error', fail);
      input.once('end', end);
      input.once('close', end);
    },
    send: (message) => write(message),
    async close() {
      input.off('data', take);
      input.off('error', fail);
      input.off('end', end);
      input.off('close', end);
      input.pause();
      transport.onclose?.();
    },
  };

  function take(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(10, from); at !== -1; at = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, at));
      from = at + 1;
      finishLine();
    }
    keep(chunk.subarray(from));
  }

  function keep(bytes: Buffer): void {
    size += bytes.length;
    if (size > maxLine && !skipping) {
      skipping = true;
      parts = [];
      refuse(
        undefined,
        INVALID_REQUEST,
        `a message can have at most ${Math.floor(maxLine / 1024 / 1024)} MiB; this one was skipped`,
      );
    }
    if (!skipping && bytes.length > 0) parts.push(bytes);
  }

  function finishLine(): void {
    const line = skipping ? '' : Buffer.concat(parts).toString('utf8').trim();
    parts = [];
    size = 0;
    skipping = false;
    if (line !== '') handle(line);
  }

  function handle(line: string): void {
    let value: unknown;
    try {
      value = readMessage(line);
    } catch {
      refuse(undefined, PARSE_ERROR, 'the line is not JSON');
      return;
    }
    let message: Message;
    try {
      message = parse(value);
    } catch {
      refuse(idOf(value), INVALID_REQUEST, 'the line is not a JSON-RPC 2.0 message');
      return;
    }
    transport.onmessage?.(message);
  }

  function refuse(id: string | number | undefined, code: number, message: string): void {
    fail(new Error(message));
    // A line without a readable id is answered with the id null (JSON-RPC 2.0, section 5).
    void write({ jsonrpc: '2.0', id: id ?? null, error: { code, message } });
  }

  function write(message: unknown): Promise<void> {
    return new Promise((resolve) => {
      const line = `${JSON.stringify(message)}\n`;
      if (output.write(line, (error) => error ?? onWritten())) return resolve();
      // With a slow client many writers wait, so one listener wakes them all.
      if (writers.push(resolve) === 1) {
        output.once('drain', () => {
          for (const wake of writers.splice(0)) wake();
        });
      }
    });
  }

  function fail(error: Error): void {
    transport.onerror?.(error);
  }

  let ended = false;
  function end(): void {
    if (ended) return;
    ended = true;
    finishLine(); // a last line without its newline is still a message
    options.onEnd();
  }

  return transport;
}

function idOf(value: unknown): string | number | undefined {
  if (!isObject(value)) return undefined;
  return typeof value.id === 'string' || typeof value.id === 'number' ? value.id : undefined;
}
