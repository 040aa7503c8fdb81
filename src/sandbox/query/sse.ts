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

function* texts(frames: Iterable<JsonObject>, named: boolean, fault: StreamFault | undefined): Generator<string> {
  let sent = 0;
  for (const frame of frames) {
    if (fault?.error_after === sent) {
      // assumed: data.stream-error
      yield frameOf({ error: 'The model server closed the stream.', error_code: 'INTERNAL_ERROR' }, false);
      return;
    }
    yield frameOf(frame, named);
    sent += 1;
  }
  if (!named) yield 'data: [DONE]\n\n';
}

/**
 * The frames as a response body. It ends with `data: [DONE]` unless events have names. After `fault.cut_after` frames, `cut` cuts the
 * connection. After `fault.error_after` frames, an error frame ends the stream.
 */
export function sseBody(
  frames: Iterable<JsonObject>,
  named: boolean,
  fault: StreamFault | undefined,
  cut: () => void,
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
      const next = source.next();
      if (next.done === true) return controller.close();
      controller.enqueue(encoder.encode(next.value));
      sent += 1;
    },
  });
}
