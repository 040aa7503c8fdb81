import { createParser } from 'eventsource-parser';

/**
 * The `data` of each server-sent event, in order, ending at `[DONE]` or at the end of the body.
 * Decodes UTF-8 across chunk borders. CRLF and named events are fine (fact Q4). An event without its closing blank line was cut off and is not
 * yielded.
 * @param onDone called at the `[DONE]` mark, so that a caller can distinguish a complete stream from a cut one.
 * @throws the error of the body when the connection is cut.
 */
export async function* events(body: AsyncIterable<Uint8Array>, onDone: () => void): AsyncGenerator<string> {
  const ready: string[] = [];
  const parser = createParser({ onEvent: (event) => ready.push(event.data) });
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    for (const data of ready.splice(0)) {
      if (data === '[DONE]') return onDone();
      yield data;
    }
  }
}
