/** Summary of embeddings: dimension, lengths and similarity. The vectors themselves come only on request. Pure. */
import { isObject } from '../rest/json.ts';

export interface EmbeddingDigest {
  /** Number of vectors, one per text. */
  count: number;
  /** Values of each vector. A list when they differ. */
  dimension: number | number[];
  /** Euclidean lengths of the first vectors. */
  norms: (number | null)[];
  /** The cosine of pairs of rows. Null for a vector of zeros, for vectors of different dimensions, or with a value that is no number. */
  similarity: { rows: [number, number]; cosine: number | null }[];
  /** Pairs that were not compared. */
  omitted_pairs?: number;
  /** What the numbers mean. */
  legend: string;
}

const LEGEND =
  'Rows are numbered from 0, in the order of the texts. Cosine: 1 is the same direction, 0 none in common. Norms and cosines are rounded to 4 decimals.';

const LEGEND_OF_NULL =
  'null: not comparable, because a vector has zeros only, another dimension, or a value that is no number.';

/** The vectors of an embeddings answer in input order (fact Q2). Undefined for other answers, and when one of them has another form. */
export function vectorsOf(body: unknown): number[][] | undefined {
  if (!isObject(body) || !Array.isArray(body.data) || body.data.length === 0) return undefined;
  const entries = body.data.map((entry: unknown, position) => {
    if (!isObject(entry)) return undefined;
    const index = typeof entry.index === 'number' ? entry.index : position;
    const vector = Array.isArray(entry.embedding) ? numbers(entry.embedding) : fromBase64(entry.embedding);
    return vector && { index, vector };
  });
  if (!entries.every((entry) => entry !== undefined)) return undefined;
  return entries.sort((a, b) => a.index - b.index).map((entry) => entry.vector);
}

/** A missing value is no number, and no zero either. */
function numbers(values: unknown[]): number[] | undefined {
  if (values.some((value) => Array.isArray(value))) return undefined;
  return values.map((value) => (value === null ? Number.NaN : Number(value)));
}

/** Without a requested format some services return little-endian 32-bit floats in base64. */
function fromBase64(value: unknown): number[] | undefined {
  if (typeof value !== 'string') return undefined;
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length === 0 || bytes.length % 4 !== 0) return undefined;
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}

/** Maximum number of compared pairs. A longer list costs more tokens than it is worth. */
const MAX_PAIRS = 45;
const MAX_NORMS = 100;
const MAX_DIMENSIONS = 20;

/** Count, dimension, lengths, and cosines of the first pairs, to four decimal places. */
export function digestVectors(vectors: readonly number[][]): EmbeddingDigest {
  const directions = vectors.map(toDirection);
  const similarity: EmbeddingDigest['similarity'] = [];
  // The first vector alone may have more pairs than are compared.
  for (const [i, a] of directions.slice(0, MAX_PAIRS).entries()) {
    for (const [j, b] of directions.slice(0, MAX_PAIRS + 1).entries()) {
      if (j <= i || similarity.length >= MAX_PAIRS) continue;
      similarity.push({ rows: [i, j], cosine: round(cosineOf(a, b)) });
    }
  }
  const dimensions = [...new Set(vectors.map(({ length }) => length))];
  const pairs = (vectors.length * (vectors.length - 1)) / 2;
  return {
    count: vectors.length,
    dimension: dimensions.length > 1 ? dimensions.slice(0, MAX_DIMENSIONS) : (dimensions[0] ?? 0),
    norms: directions.slice(0, MAX_NORMS).map(({ largest, norm }) => round(largest * norm)),
    similarity,
    ...(pairs > similarity.length ? { omitted_pairs: pairs - similarity.length } : {}),
    legend: similarity.some(({ cosine }) => cosine === null) ? `${LEGEND} ${LEGEND_OF_NULL}` : LEGEND,
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

/** NaN with a vector of zeros, which has no direction, and for vectors of different dimensions. */
function cosineOf(a: Direction, b: Direction): number {
  if (a.norm === 0 || b.norm === 0) return Number.NaN;
  return a.values.length === b.values.length ? dot(a.values, b.values) / (a.norm * b.norm) : Number.NaN;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

function round(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(4)) : null;
}
