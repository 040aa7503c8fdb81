import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../src/digest/exposition.ts';

describe('an exposition text', () => {
  it.each<[string, string, unknown]>([
    ['a value', 'x 4', { name: 'x', labels: {}, value: 4 }],
    [
      'labels and a timestamp in milliseconds',
      'x{a="b"} 4.5 1788718020000',
      { name: 'x', labels: { a: 'b' }, value: 4.5, at: 1_788_718_020_000 },
    ],
    ['a timestamp in seconds', 'x 4.0 1788718020.5', { name: 'x', labels: {}, value: 4, at: 1_788_718_020_500 }],
    [
      'an exemplar',
      'x_bucket{le="5"} 3 # {trace_id="ab c"} 0.5 1788718020',
      { name: 'x_bucket', labels: { le: '5' }, value: 3 },
    ],
    [
      'an exemplar after a timestamp',
      'x 3 1788718020000 # {a="b"} 1',
      { name: 'x', labels: {}, value: 3, at: 1_788_718_020_000 },
    ],
    ['an exponent', 'x 1.5e-3', { name: 'x', labels: {}, value: 0.0015 }],
    ['infinity', 'x +Inf', { name: 'x', labels: {}, value: Number.POSITIVE_INFINITY }],
    ['minus infinity', 'x -Inf', { name: 'x', labels: {}, value: Number.NEGATIVE_INFINITY }],
    ['escapes', 'x{a="q\\"b\\\\n\\n"} 1', { name: 'x', labels: { a: 'q"b\\n\n' }, value: 1 }],
    ['a brace in a label', 'x{a="{b}"} 1', { name: 'x', labels: { a: '{b}' }, value: 1 }],
    ['empty labels', 'x{} 1', { name: 'x', labels: {}, value: 1 }],
    ['a line end of Windows', 'x 1\r', { name: 'x', labels: {}, value: 1 }],
  ])('with %s', (_what, line, sample) => {
    expect(parseExposition(line)).toEqual([sample]);
  });

  it.each([
    '# HELP x words',
    '# TYPE x gauge',
    '# EOF',
    '',
    'x NaN',
    'x{a="b"} NaN 17',
    'no value here',
    '<html>',
    'x one',
  ])('has no sample in %j', (line) => {
    expect(parseExposition(line)).toEqual([]);
  });

  it('is read in linear time, for any content', () => {
    // Time that grew with the square of a megabyte would be minutes, which no test is given.
    expect(parseExposition(`${'x{a="'.repeat(200_000)} 1`)).toEqual([]);
    expect(parseExposition(`x{${'} 1#'.repeat(4_000)}\u2028x\n`.repeat(300))).toHaveLength(300);
  });

  it('has no sample in a line that no service writes: it is longer than 16 KiB', () => {
    const line = (letters: number) => `x{a="${'b'.repeat(letters)}"} 1`;
    expect(parseExposition(`${line(16_000)}\n${line(1_000_000)}\ny 2`).map(({ name }) => name)).toEqual(['x', 'y']);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseExposition(text)));
  });
});
