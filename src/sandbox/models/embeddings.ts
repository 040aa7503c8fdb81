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

/** Words, and the three-letter sequences in them. Texts that share words or spellings get similar vectors. */
function features(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.flatMap((word) => {
    const padded = [...`^${word}$`];
    const runs = padded.slice(0, -2).map((_, at) => padded.slice(at, at + 3).join(''));
    return [`w:${word}`, ...runs];
  });
}

/**
 * A text as a vector of length 1, by feature hashing: each feature adds +1 or −1 to the bucket that its hash names. The same text always
 * gives the same vector, and similar texts have a high cosine. A text without letters or digits gives one fixed vector.
 */
export function embed(text: string, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  const found = features(text);
  for (const feature of found.length === 0 ? ['empty'] : found) {
    const hash = hash32(feature);
    const bucket = (hash >>> 1) % dimensions;
    vector[bucket] = (vector[bucket] ?? 0) + (hash % 2 === 0 ? 1 : -1);
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
