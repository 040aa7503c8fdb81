import { describe, expect, it } from 'vitest';
import { events } from '../../src/rest/sse.ts';

const encoder = new TextEncoder();

async function* chunks(parts: (string | Uint8Array)[], end?: Error): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? encoder.encode(part) : part;
  if (end) throw end;
}

async function read(body: AsyncIterable<Uint8Array>): Promise<{ data: string[]; done: boolean; error?: unknown }> {
  const seen: { data: string[]; done: boolean; error?: unknown } = { data: [], done: false };
  try {
    for await (const data of events(body, () => {
      seen.done = true;
    })) {
      seen.data.push(data);
    }
  } catch (error) {
    seen.error = error;
  }
  return seen;
}

/** Every way to cut some bytes in two. */
function splits(text: string): Uint8Array[][] {
  const bytes = encoder.encode(text);
  return Array.from({ length: bytes.length - 1 }, (_, at) => [bytes.subarray(0, at + 1), bytes.subarray(at + 1)]);
}

describe('events', () => {
  it('are the same wherever the bytes are split, in the middle of a character or a line end too', async () => {
    const text = 'data: {"t":"é€😀"}\r\n\r\ndata: b\r\n\r\ndata: [DONE]\r\n\r\n';
    for (const parts of splits(text)) {
      expect(await read(chunks(parts))).toEqual({ data: ['{"t":"é€😀"}', 'b'], done: true });
    }
  });

  it('come one byte at a time', async () => {
    const bytes = [...encoder.encode('data: é\n\ndata: [DONE]\n\n')].map((byte) => Uint8Array.of(byte));
    expect(await read(chunks(bytes))).toEqual({ data: ['é'], done: true });
  });

  it('end at [DONE]; what follows it is not read', async () => {
    let pulled = 0;
    async function* body() {
      for (const part of ['data: a\n\n', 'data: [DONE]\n\n', 'data: late\n\n']) {
        pulled++;
        yield encoder.encode(part);
      }
    }
    expect(await read(body())).toEqual({ data: ['a'], done: true });
    expect(pulled).toBe(2);
  });

  it('may be named, may have comments and several data lines', async () => {
    const text = ': ping\n\nevent: message\nid: 7\ndata: {"a":\ndata: 1}\n\n';
    expect(await read(chunks([text]))).toEqual({ data: ['{"a":\n1}'], done: false });
  });

  it('that lack their closing blank line were cut off and are not yielded', async () => {
    expect(await read(chunks(['data: whole\n\ndata: {"ha']))).toEqual({ data: ['whole'], done: false });
  });

  it('that came before a cut are kept, and the cut is told', async () => {
    const cut = new Error('cut');
    expect(await read(chunks(['data: a\n\n'], cut))).toEqual({ data: ['a'], done: false, error: cut });
  });
});
