import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitToLimit, MAX_RESULT } from '../../src/text/fit.ts';

const size = (value: unknown) => JSON.stringify(value).length;

describe('a result', () => {
  it('that fits stays unchanged', () => {
    const value = { list: Array.from({ length: 100 }, (_, at) => at), text: 'x'.repeat(20_000), undo: 'set_alias {}' };
    expect(fitToLimit(value)).toBe(value);
  });

  it('that does not is shortened where it is longest, and says where', () => {
    const found = fitToLimit({
      endpoint: 'churn',
      text: 'x'.repeat(90_000),
      list: Array.from({ length: 500 }, () => 'short'),
    });
    expect(size(found)).toBeLessThanOrEqual(MAX_RESULT);
    expect(found.endpoint).toBe('churn');
    expect(found.truncated).toEqual(['text: 7999 of 90000 characters shown', 'list: 200 of 500 shown']);
    expect(found.list).toHaveLength(200);
    expect(String(found.text)).toMatch(/^x+…$/);
  });

  it.each(['undo', 'next', 'cli', 'bundle', 'curl', 'content'])(
    'keeps %s whole or omits it, because half of a call is a wrong call',
    (key) => {
      const call = `update_endpoint ${JSON.stringify({ a: 'x'.repeat(500) })}`;
      const found = fitToLimit({ [key]: call, text: 'y'.repeat(90_000) });
      expect(found[key]).toBe(call);
      const long = fitToLimit({ [key]: 'x'.repeat(90_000), text: 'y' });
      expect(long[key]).toBeUndefined();
      expect(long.truncated).toEqual([expect.stringContaining(`${key}: 90002 characters, too long to show`)]);
    },
  );

  it('of texts that grow in JSON fits too', () => {
    expect(size(fitToLimit({ a: '"\n'.repeat(90_000), b: '\u0001'.repeat(90_000) }))).toBeLessThanOrEqual(MAX_RESULT);
  });

  it('of twenty thousand fields keeps the outermost and shortens the inner ones', () => {
    const usage = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`field_${at}`, at]));
    const found = fitToLimit({ text: 'ok', usage });
    expect(found.text).toBe('ok');
    expect(Object.keys(found.usage as object)).toHaveLength(200);
  });

  it('always fits, stays an object, and keeps lists and objects what they are', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 20 }), fc.jsonValue({ maxDepth: 4 })),
        fc.integer({ min: 300, max: 4_000 }),
        (value, limit) => {
          const found = fitToLimit(value, limit);
          expect(size(found)).toBeLessThanOrEqual(Math.max(limit, size(value) <= limit ? size(value) : limit));
          for (const [key, inner] of Object.entries(found)) {
            if (key in value && key !== 'truncated') expect(Array.isArray(inner)).toBe(Array.isArray(value[key]));
          }
        },
      ),
    );
  });
});
