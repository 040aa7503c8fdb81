/** Summary of embeddings: dimension, lengths and similarity. The vectors themselves come only on request. Pure. */
import { isObject } from '../rest/json.ts';

export interface EmbeddingDigest {
  count: number;
  dimension: number;
  /** Euclidean lengths of the first vectors. */
  norms: number[];
  /** Cosine of each pair, `[i, j, cosine]`, i < j. */
  similarity: [number, number, number][];
}

/** The vectors of an embeddings answer in input order (fact Q2). Undefined for other answers. */
export function vectorsOf(body: unknown): number[][] | undefined {
  if (!isObject(body) || !Array.isArray(body.data)) return undefined;
  const entries = body.data.flatMap((entry: unknown, position) => {
    if (!isObject(entry)) return [];
    const index = typeof entry.index === 'number' ? entry.index : position;
    const vector = Array.isArray(entry.embedding) ? entry.embedding.map(Number) : fromBase64(entry.embedding);
    return vector ? [{ index, vector }] : [];
  });
  return entries.length === 0 ? undefined : entries.sort((a, b) => a.index - b.index).map((entry) => entry.vector);
}

/** Without a requested format some services return little-endian 32-bit floats in base64. */
function fromBase64(value: unknown): number[] | undefined {
  if (typeof value !== 'string') return undefined;
  const bytes = Buffer.from(value, 'base64');
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readFloatLE(index * 4));
}

/** Maximum number of compared pairs. A longer list costs more tokens than it is worth. */
const MAX_PAIRS = 45;
const MAX_NORMS = 100;

/** Count, dimension of the first vector, lengths, and cosines of the first pairs, to four decimal places. */
export function digestVectors(vectors: readonly number[][]): EmbeddingDigest {
  const directions = vectors.map(toDirection);
  const similarity: EmbeddingDigest['similarity'] = [];
  // The first vector alone may have more pairs than are compared.
  for (const [i, a] of directions.slice(0, MAX_PAIRS).entries()) {
    for (const [j, b] of directions.slice(0, MAX_PAIRS + 1).entries()) {
      if (j <= i || similarity.length >= MAX_PAIRS) continue;
      similarity.push([i, j, a.norm === 0 || b.norm === 0 ? 0 : round(dot(a.values, b.values) / (a.norm * b.norm))]);
    }
  }
  return {
    count: vectors.length,
    dimension: vectors[0]?.length ?? 0,
    norms: directions.slice(0, MAX_NORMS).map(({ largest, norm }) => round(largest * norm)),
    similarity,
  };
}

interface Direction {
  /** The values divided by the largest magnitude among them. */
  values: number[];
  /** Euclidean length of `values`: 0, or between 1 and the square root of the dimension. */
  norm: number;
  largest: number;
}

/** Scales a vector before anything is squared: the square of 1e-162 has one significant bit, and that of 1e200 is infinite. */
function toDirection(vector: readonly number[]): Direction {
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return { values: [], norm: 0, largest };
  const values = vector.map((value) => value / largest);
  return { values, norm: Math.sqrt(dot(values, values)), largest };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

function round(value: number): number {
  return Number(value.toFixed(4));
}
