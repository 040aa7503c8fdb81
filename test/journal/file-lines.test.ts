/** Lines of any file in bounded memory. */
import { expect, it } from 'vitest';
import { splitLines } from '../../src/journal/file-lines.ts';

const MIB = 1024 * 1024;

it('a line keeps no more memory than the longest that is written, however long it is', async () => {
  const chunk = Buffer.alloc(MIB, 'x');
  let pieces = 0;
  async function* chunks() {
    yield Buffer.from('first\n');
    for (; pieces < 2_000; pieces++) yield chunk; // 2 GB, longer than a string can be
    yield Buffer.from('\nlast');
  }
  const lines: string[] = [];
  for await (const line of splitLines(chunks(), 1024)) lines.push(line);
  expect(lines).toEqual(['first', '(too long)', 'last']);
});

it('lines are the same wherever a chunk ends', async () => {
  const text = Buffer.from('one\n\n  \nzwölf \u2028 drei\r\n12345678901234567890\n12345678');
  for (let size = 1; size <= text.length; size++) {
    async function* chunks() {
      for (let from = 0; from < text.length; from += size) yield text.subarray(from, from + size);
    }
    const lines: string[] = [];
    for await (const line of splitLines(chunks(), 19)) lines.push(line);
    expect(lines).toEqual(['one', 'zwölf \u2028 drei', '(too long)', '12345678']);
  }
});
