import { setTimeout as wait } from 'node:timers/promises';
import type { StreamFault } from '../faults/fault-effects.ts';
import type { JsonObject } from '../json.ts';

/** Milliseconds between the last frame and the cut. A socket that closes earlier gives the client a reset instead of a cut stream. */
const CUT_DELAY = 20;

/** One SSE frame: `data:` alone, or with the event name that Anthropic's clients expect. evidence: data.sse-frames */
export function frameOf(event: JsonObject, named: boolean): string {
  const name = named && typeof event.type === 'string' ? `event: ${event.type}\n` : '';
  return `${name}data: ${JSON.stringify(event)}\n\n`;
}

const FAILED = 'The model server closed the stream.';

/** An error in mid-stream, in one of the forms that clients meet. evidence: data.stream-error-event, assumed: data.stream-error */
function errorFrame(form: StreamFault['form']): string {
  if (form === 'event') return `event: error\n${frameOf({ error: FAILED, error_code: 'INTERNAL_ERROR' }, false)}`;
  if (form === 'error_code') return frameOf({ error_code: 'INTERNAL_ERROR', message: FAILED }, false);
  return frameOf({ error: FAILED, error_code: 'INTERNAL_ERROR' }, false);
}

function* texts(frames: Iterable<JsonObject>, named: boolean, fault: StreamFault | undefined): Generator<string> {
  let sent = 0;
  for (const frame of frames) {
    if (fault?.error_after === sent) {
      yield errorFrame(fault.form);
      return;
    }
    yield frameOf(frame, named);
    sent += 1;
  }
  if (!named) yield 'data: [DONE]\n\n';
}

/** How a stream is sent. */
export interface StreamOptions {
  /** Each frame has the name of its event, and no `[DONE]` follows. */
  named: boolean;
  fault: StreamFault | undefined;
  /** Cuts the connection. */
  cut(): void;
  /** Waits between two frames. */
  pause(): Promise<void>;
}

/**
 * The frames as a response body, with a pause between them. It ends with `data: [DONE]` unless events have names. After
 * `fault.cut_after` frames, the connection is cut. After `fault.error_after` frames, an error frame ends the stream.
 */
export function sseBody(
  frames: Iterable<JsonObject>,
  { named, fault, cut, pause }: StreamOptions,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const source = texts(frames, named, fault);
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      if (fault?.cut_after === sent) {
        await wait(CUT_DELAY);
        cut();
        return controller.close();
      }
      if (sent > 0) await pause();
      const next = source.next();
      if (next.done === true) return controller.close();
      controller.enqueue(encoder.encode(next.value));
      sent += 1;
    },
  });
}
