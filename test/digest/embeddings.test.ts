import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestVectors, vectorsOf } from '../../src/digest/embeddings.ts';

describe('vectors of an answer', () => {
  it('come in the order of the inputs, for any order of the answer', () => {
    const data = [
      { index: 1, embedding: [0, 1] },
      { index: 0, embedding: [1, 0] },
    ];
    expect(vectorsOf({ data })).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it('are taken by position when there is no index', () => {
    expect(vectorsOf({ data: [{ embedding: [1] }, { embedding: [2] }] })).toEqual([[1], [2]]);
  });

  it('are decoded from base64 floats', () => {
    const bytes = Buffer.alloc(8);
    bytes.writeFloatLE(0.5, 0);
    bytes.writeFloatLE(-2, 4);
    expect(vectorsOf({ data: [{ embedding: bytes.toString('base64') }] })).toEqual([[0.5, -2]]);
  });

  it.each([[null], ['text'], [{}], [{ data: [] }], [{ data: [{ text: 'x' }] }], [{ data: [null] }]])(
    'are not found in %j',
    (body) => {
      expect(vectorsOf(body)).toBeUndefined();
    },
  );
});

describe('a digest', () => {
  it('has dimension, lengths and the cosine of each pair', () => {
    expect(
      digestVectors([
        [3, 4],
        [4, 3],
        [-3, -4],
      ]),
    ).toMatchObject({
      count: 3,
      dimension: 2,
      norms: [5, 5, 5],
      similarity: [
        { rows: [0, 1], cosine: 0.96 },
        { rows: [0, 2], cosine: -1 },
        { rows: [1, 2], cosine: -0.96 },
      ],
    });
  });

  it('gives no cosine with a vector of zeros, which has no direction, and says so', () => {
    expect(
      digestVectors([
        [0, 0],
        [1, 0],
      ]).similarity,
    ).toEqual([{ rows: [0, 1], cosine: null }]);
  });

  it.each([
    ['the square of a value has one significant bit', 0.001, 2.222869887422552e-162],
    ['the smallest number there is', 1, Number.MIN_VALUE],
    ['the square of a value is infinite', 1e200, 2e200],
  ])('scales vectors before squaring them: %s', (_why, a, b) => {
    expect(
      digestVectors([
        [a, 0, 0],
        [b, 0, 0],
        [0, -b, 0],
        [-b, 0, 0],
      ]),
    ).toMatchObject({
      norms: [Number(a.toFixed(4)), ...Array(3).fill(Number(b.toFixed(4)))],
      similarity: [
        { rows: [0, 1], cosine: 1 },
        { rows: [0, 2], cosine: 0 },
        { rows: [0, 3], cosine: -1 },
        { rows: [1, 2], cosine: 0 },
        { rows: [1, 3], cosine: -1 },
        { rows: [2, 3], cosine: 0 },
      ],
    });
  });

  it('bounds pairs and lengths, not the count', () => {
    const digest = digestVectors(Array.from({ length: 500 }, () => [1, 0]));
    expect(digest.count).toBe(500);
    expect(digest.similarity).toHaveLength(45);
    expect(digest.norms).toHaveLength(100);
  });

  it('calls each vector like itself, and likeness never passes 1', () => {
    const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(vector, vector, (a, b) => {
        fc.pre(a.some((value) => value !== 0));
        const [self, other] = digestVectors([a, a, b]).similarity;
        expect(self?.cosine).toBe(1);
        expect(Math.abs(other?.cosine ?? 0)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
