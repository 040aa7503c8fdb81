import { createParser } from 'eventsource-parser';

/** A server-sent event. */
export interface StreamEvent {
  /** Its name, for example `error`. Most have none. */
  name: string | undefined;
  data: string;
  /** Lines outside of events. */
  loose?: true;
}

/**
 * The server-sent events of a body, in order, ending at `[DONE]` or at the end of the body.
 * Decodes UTF-8 across chunk borders. CRLF and named events are fine (fact Q4). An event without its closing blank line was cut off. It is yielded
 * only if it is whole JSON or the end mark. Lines outside of events, such as the words of a proxy, come last, as one event.
 * @param onDone called at the `[DONE]` mark, so that a caller can distinguish a complete stream from a cut one.
 * @throws the error of the body when the connection is cut.
 */
export async function* events(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onDone: () => void,
): AsyncGenerator<StreamEvent> {
  const ready: StreamEvent[] = [];
  const loose: string[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => ready.push({ name: event, data }),
    onError: ({ line }) => {
      if (line !== undefined && loose.length < MAX_LOOSE) loose.push(line);
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    for (const event of ready.splice(0)) {
      if (event.data === END) return onDone();
      yield event;
    }
  }
  parser.feed(`${decoder.decode()}\n\n`);
  const [last] = ready;
  if (last !== undefined && last.data !== END && isJson(last.data)) yield last;
  if (loose.length > 0) yield { name: undefined, data: loose.join('\n'), loose: true };
  if (last?.data === END) onDone();
}

const END = '[DONE]';

/** Lines outside of events that are kept. */
const MAX_LOOSE = 100;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
