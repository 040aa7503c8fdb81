import fc from 'fast-check';
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
    for await (const { data } of events(body, () => {
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

  it('that came before a cut are kept, and the cut is reported', async () => {
    const cut = new Error('cut');
    expect(await read(chunks(['data: a\n\n'], cut))).toEqual({ data: ['a'], done: false, error: cut });
  });
});

describe('any events', () => {
  const data = fc.string({ unit: 'binary' }).map((text) => text.replace(/[\r\n\u0000\uFEFF]|[\ud800-\udfff]/g, ''));
  const event = fc.record({
    lines: fc.array(data, { minLength: 1, maxLength: 3 }),
    noise: fc.constantFrom('', ': ping', 'event: x', 'id: 1'),
  });
  const end = fc.constantFrom('\n', '\r\n');
  const written = (list: { lines: string[]; noise: string }[], newline: string) =>
    list
      .map(({ lines, noise }) =>
        [...(noise ? [noise] : []), ...lines.map((line) => `data: ${line}`), '', ''].join(newline),
      )
      .join('');
  const wanted = (list: { lines: string[] }[]) =>
    list.map(({ lines }) => lines.join('\n')).filter((each) => each !== '[DONE]');

  it('are read as they were written, wherever the bytes are cut into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event),
        end,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        async (list, newline, sizes) => {
          const bytes = encoder.encode(
            `${written(list, newline)}data: [DONE]${newline}${newline}data: late${newline}${newline}`,
          );
          const parts: Uint8Array[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = sizes[turn % sizes.length] ?? 1;
            parts.push(bytes.subarray(at, at + size));
            at += size;
          }
          const seen = await read(chunks(parts));
          expect(seen).toEqual({ data: wanted(list), done: true });
        },
      ),
    );
  });

  it('that are cut off anywhere give the first ones, each whole, and no [DONE]', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1 }),
        end,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (list, newline, where) => {
          const bytes = encoder.encode(written(list, newline));
          const seen = await read(chunks([bytes.subarray(0, Math.floor(bytes.length * where))]));
          expect(seen.done).toBe(false);
          expect(wanted(list).slice(0, seen.data.length)).toEqual(seen.data);
        },
      ),
    );
  });

  it('that are not events are skipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), async (parts) => {
        const seen = await read(chunks(parts));
        expect(seen.error).toBeUndefined();
      }),
    );
  });
});
