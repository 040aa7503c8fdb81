import { hash32 } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import type { Answer } from './answer.ts';
import { badRequest, COMMON_FIELDS, refuseUnknown } from './chat-request.ts';
import { countTokens } from './tokens.ts';

export interface EmbeddingRequest {
  input: string[];
  encoding: 'float' | 'base64';
}

const EMBEDDING_FIELDS = new Set([...COMMON_FIELDS, 'input', 'encoding_format', 'instruction', 'user']);

/** Reads an embeddings request. `strict` refuses unknown fields, as a foundation model does. */
export function readEmbedding(body: JsonObject, strict: boolean): { request: EmbeddingRequest } | { refused: Answer } {
  const unknown = strict ? refuseUnknown(body, EMBEDDING_FIELDS) : undefined;
  if (unknown !== undefined) return { refused: unknown };
  const given = Array.isArray(body.input) ? body.input : [body.input];
  const input = given.filter((item) => typeof item === 'string');
  if (input.length === 0 || input.length !== given.length) {
    return { refused: badRequest('input must be a string or a non-empty list of strings') };
  }
  const format = body.encoding_format ?? 'float';
  if (format !== 'float' && format !== 'base64')
    return { refused: badRequest('encoding_format must be float or base64') };
  return { request: { input, encoding: format } };
}

/** English words that say little about a subject. Without a lower weight, they would make unrelated sentences similar. */
const FUNCTION_WORDS = new Set(
  'a an and are as at be but by can do does for from has have how i if in is it its me my no not of on or our so that the their them then there they this to was we were what when where which who why will with you your'.split(
    ' ',
  ),
);
const FUNCTION_WEIGHT = 0.02;

/** Weighted features of a text: its words, and the three-letter sequences in them. Texts that share words or spellings share features. */
function features(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const weight = FUNCTION_WORDS.has(word) ? FUNCTION_WEIGHT : 1;
    const padded = [...`^${word}$`];
    const runs = padded.slice(0, -2).map((_, at) => padded.slice(at, at + 3).join(''));
    // A long word has more sequences, so each of them weighs less.
    const share = weight / Math.sqrt(Math.max(1, runs.length));
    found.set(`w:${word}`, (found.get(`w:${word}`) ?? 0) + weight);
    for (const run of runs) found.set(run, (found.get(run) ?? 0) + share);
  }
  return found;
}

/**
 * A text as a vector of length 1, by feature hashing: each feature adds its weight, or takes it away, at the place that its hash names. The
 * same text always gives the same vector. The cosine of texts that share words is high, and that of unrelated texts is near 0. It compares
 * spellings, not meanings. A text without letters or digits gives one fixed vector. assumed: data.embedding-vectors
 */
export function embed(text: string, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  const found = features(text);
  for (const [feature, weight] of found.size === 0 ? [['empty', 1] as const] : found) {
    const hash = hash32(feature);
    const bucket = (hash >>> 1) % dimensions;
    // A text that repeats a word is about it, but not in proportion.
    vector[bucket] = (vector[bucket] ?? 0) + (hash % 2 === 0 ? 1 : -1) * Math.sqrt(weight);
  }
  const norm = Math.hypot(...vector);
  // In very small dimensions, opposite signs can cancel out completely.
  if (norm === 0) return vector.map((_, at) => (at === 0 ? 1 : 0));
  return vector.map((value) => value / norm);
}

/** Little-endian 32-bit floats in base64, the form that OpenAI clients decode. */
export function floatsToBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, at) => {
    bytes.writeFloatLE(value, at * 4);
  });
  return bytes.toString('base64');
}

/**
 * The embeddings answer. `honourBase64: false` is a server that always answers floats. That corrupts the vectors of clients that do not
 * check.
 */
export function embeddingsAnswer(
  request: EmbeddingRequest,
  model: string,
  dimensions: number,
  honourBase64: boolean,
): { body: Record<string, unknown>; prompt_tokens: number } {
  const base64 = honourBase64 && request.encoding === 'base64';
  const data = request.input.map((text, index) => {
    const vector = embed(text, dimensions);
    return { object: 'embedding', index, embedding: base64 ? floatsToBase64(vector) : vector };
  });
  const prompt_tokens = request.input.reduce((sum, text) => sum + countTokens(text), 0);
  const usage = { prompt_tokens, completion_tokens: 0, total_tokens: prompt_tokens };
  return { body: { object: 'list', model, data, usage }, prompt_tokens };
}
