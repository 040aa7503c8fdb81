/** The line reader on its own: any split of any lines gives the same messages. */
import { PassThrough, Writable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stdioTransport } from '../../src/mcp/stdio.ts';
import { exactNumber } from '../../src/rest/exact-json.ts';

interface Seen {
  messages: unknown[];
  answers: unknown[];
  ended: number;
  errors: number;
}

/** Feeds chunks, ends the input, and returns the output. `parse` accepts everything but objects with a member `bad`. */
async function feed(chunks: Uint8Array[], maxLine?: number): Promise<Seen> {
  const input = new PassThrough();
  const seen: Seen = { messages: [], answers: [], ended: 0, errors: 0 };
  const output = new Writable({
    write(chunk, _encoding, done) {
      seen.answers.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const transport = stdioTransport<unknown>({
    input,
    output,
    parse(value) {
      if (typeof value === 'object' && value !== null && 'bad' in value) throw new Error('bad');
      return value;
    },
    onEnd: () => {
      seen.ended++;
    },
    ...(maxLine === undefined ? {} : { maxLine }),
  });
  transport.onmessage = (message) => seen.messages.push(message);
  transport.onerror = () => {
    seen.errors++;
  };
  await transport.start();
  const over = new Promise((resolve) => input.once('close', resolve));
  for (const chunk of chunks) input.write(chunk);
  input.end();
  await over;
  return seen;
}

/** Cuts bytes at the given places, anywhere: in a line, in a character, between CR and LF. */
function cutAt(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, index) => bytes.subarray(from, sorted[index] ?? bytes.length));
}

/** JSON.stringify escapes line breaks in texts, so a value never spans lines. */
const value = fc.jsonValue();
const ending = fc.constantFrom('\n', '\r\n', '\n\n', '  \n');
const places = fc.array(fc.nat(), { maxLength: 40 });

test('any split of any lines gives the same messages', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(value, ending), { maxLength: 12 }), places, async (lines, where) => {
      const bytes = Buffer.from(lines.map(([each, end]) => JSON.stringify(each) + end).join(''));
      const { messages, answers, ended } = await feed(cutAt(bytes, where));
      // Through JSON once: -0 is written as 0.
      const expected = lines.map(([each]) => JSON.parse(JSON.stringify(each)));
      const isBad = (each: unknown) => typeof each === 'object' && each !== null && 'bad' in each;
      expect(messages).toEqual(expected.filter((each) => !isBad(each)));
      expect(answers).toHaveLength(expected.filter(isBad).length);
      expect(ended).toBe(1);
    }),
  );
});

test('texts of every script survive a cut in the middle of a character', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1 }), places, async (text, where) => {
      const bytes = Buffer.from(`${JSON.stringify({ text })}\n`);
      const { messages } = await feed(cutAt(bytes, where));
      expect(messages).toEqual([JSON.parse(bytes.toString())]);
    }),
  );
});

test('whatever bytes come, each line that is not blank is a message or gets one error, and nothing throws', async () => {
  const line = fc.oneof(
    fc.uint8Array({ maxLength: 30 }).map((bytes) => bytes.filter((byte) => byte !== 10)),
    value.map((each) => Buffer.from(JSON.stringify(each))),
    fc.constant(Buffer.from('{"bad":true,"id":7}')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), places, async (lines, where) => {
      const bytes = Buffer.concat(lines.flatMap((each) => [each, Buffer.from('\n')]));
      const whole = await feed([bytes]);
      const split = await feed(cutAt(bytes, where));
      expect(split).toEqual(whole);
      const filled = lines.filter((each) => Buffer.from(each).toString().trim() !== '').length;
      expect(whole.messages.length + whole.answers.length).toBe(filled);
      expect(whole.errors).toBe(whole.answers.length);
    }),
  );
});

test('a line over the limit is skipped with one error, wherever it is cut, and its neighbours arrive', async () => {
  const maxLine = 1_000;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: maxLine + 1, max: 5_000 }), places, async (length, where) => {
      const long = JSON.stringify({ id: 1, text: 'x'.repeat(length - '{"id":1,"text":""}'.length) });
      expect(long).toHaveLength(length);
      const bytes = Buffer.from(`{"id":0}\n${long}\n{"id":2}\n`);
      const { messages, answers } = await feed(cutAt(bytes, where), maxLine);
      expect(messages).toEqual([{ id: 0 }, { id: 2 }]);
      expect(answers).toEqual([
        { jsonrpc: '2.0', id: null, error: { code: -32600, message: expect.stringContaining('skipped') } },
      ]);
    }),
  );
});

test('a line of exactly the limit passes', async () => {
  const line = JSON.stringify('x'.repeat(98));
  expect((await feed([Buffer.from(`${line}\n`)], 100)).messages).toEqual(['x'.repeat(98)]);
  expect((await feed([Buffer.from(`${line} \n`)], 100)).messages).toEqual([]);
});

test('a last line without its newline is a message, and the end is reported once', async () => {
  expect(await feed([Buffer.from('{"id":1}\n{"id"'), Buffer.from(':2}')])).toEqual({
    messages: [{ id: 1 }, { id: 2 }],
    answers: [],
    ended: 1,
    errors: 0,
  });
});

test('an error keeps the id of its line when that is a text or a number', async () => {
  const lines = ['{"bad":1,"id":5}', '{"bad":1,"id":"a"}', '{"bad":1,"id":{}}', '{"bad":1}', 'null x'];
  const { answers } = await feed([Buffer.from(lines.join('\n'))]);
  expect(answers).toEqual(
    [5, 'a', null, null]
      .map((id) => ({ jsonrpc: '2.0', id, error: { code: -32600, message: expect.any(String) } }))
      .concat([{ jsonrpc: '2.0', id: null, error: { code: -32700, message: expect.any(String) } }]),
  );
});

test('messages are written one to a line, whatever they hold', async () => {
  const chunks: string[] = [];
  const output = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  const input = new PassThrough();
  const transport = stdioTransport<unknown>({ input, output, parse: (each) => each, onEnd: () => {} });
  await fc.assert(
    fc.asyncProperty(value, async (each) => {
      chunks.length = 0;
      await transport.send({ each });
      const text = chunks.join('');
      expect(text.indexOf('\n')).toBe(text.length - 1);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ each })));
    }),
  );
});

test('numbers beyond 2^53 keep their digits in the arguments of a tool call, and are plain numbers elsewhere', async () => {
  const big = '9007199254740993';
  const lines = [
    `{"id":${big},"method":"tools/call","params":{"_meta":{"a":${big}},"arguments":{"id":${big},"x":[1.5e16,1,"${big}"]}}}`,
    `{"id":1,"method":"other","params":{"arguments":{"id":${big}}}}`,
    `{"id":2,"method":"tools/call"}`,
  ];
  const { messages } = await feed([Buffer.from(`${lines.join('\n')}\n`)]);
  expect(messages).toEqual([
    {
      id: 2 ** 53,
      method: 'tools/call',
      params: { _meta: { a: 2 ** 53 }, arguments: { id: exactNumber(big), x: [exactNumber('1.5e16'), 1, big] } },
    },
    { id: 1, method: 'other', params: { arguments: { id: 2 ** 53 } } },
    { id: 2, method: 'tools/call' },
  ]);
});

test('each message that was written is reported, and one that the client did not take is not', async () => {
  let gone = false;
  const output = new Writable({ write: (_chunk, _encoding, done) => done(gone ? new Error('closed') : undefined) });
  output.on('error', () => {});
  const written: string[] = [];
  const input = new PassThrough();
  const onWritten = () => written.push('one');
  const transport = stdioTransport<unknown>({ input, output, parse: (each) => each, onWritten, onEnd: () => {} });
  await transport.start();
  await transport.send({ id: 1 });
  input.write('no JSON\n'); // is answered too
  await new Promise((resolve) => setImmediate(resolve));
  expect(written).toEqual(['one', 'one']);
  gone = true;
  void transport.send({ id: 2 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(written).toHaveLength(2);
});
