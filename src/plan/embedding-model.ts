/** What is known about an embedding model without running it. Pure. */
import type { Endpoint } from '../rest/endpoints.ts';
import { normalize } from '../text/did-you-mean.ts';
import { clip } from '../text/sanitize.ts';
import { MAX_DESCRIPTION, modelOf } from './foundation.ts';

export interface EmbeddingModel {
  /** Numbers in a vector. Some models give shorter ones on request. */
  dimensions?: number | string;
  /** Longest text, in tokens. */
  max_tokens?: number | string;
  languages?: string;
  /** Whether vectors have the length 1, so that their product is their cosine. */
  normalized?: boolean;
  /** Where the values come from. */
  source?: string;
}

/** Embedding models of the documentation, by the end of their names (fact F5). Descriptions of the service do not have these values. */
const DOCUMENTED: [name: RegExp, known: EmbeddingModel][] = [
  [/gtelargeen(v15)?$/, { dimensions: 1024, max_tokens: 8192, languages: 'English', normalized: false }],
  [/bgelargeen(v15)?$/, { dimensions: 1024, max_tokens: 512, languages: 'English', normalized: true }],
  [/qwen3embedding06b$/, { dimensions: 'up to 1024', max_tokens: 'about 32,000', languages: 'more than 100' }],
];

/** Values of the service's own description come first. The documentation fills in the others. */
export function embeddingModel(endpoint: Endpoint): EmbeddingModel {
  const model = modelOf(endpoint);
  const described = fromDescription(model?.description);
  const names = [endpoint.name, endpoint.config?.served_entities?.[0]?.entity_name, model?.name];
  const documented = DOCUMENTED.find(([pattern]) => names.some((name) => name && pattern.test(normalize(name))))?.[1];
  const source = [
    Object.keys(described).length > 0 && 'description',
    documented && Object.keys(documented).some((key) => !(key in described)) && 'Databricks documentation',
  ].flatMap((each) => each || []);
  return source.length === 0 ? {} : { ...documented, ...described, source: source.join(', ') };
}

/** Reads `1024 dimensions`, `up to 8192 tokens` and the language from a description, which is text from outside. Two different numbers count as none. */
function fromDescription(whole: unknown): EmbeddingModel {
  if (typeof whole !== 'string') return {};
  const description = whole.slice(0, MAX_DESCRIPTION);
  const dimensions = only([
    ...description.matchAll(/\b(\d[\d,]{1,6})[-\s]+dimension/gi),
    ...description.matchAll(/\bdimensions?\s*(?:of|is|:|=)?\s*(\d[\d,]{1,6})\b/gi),
  ]);
  const tokens = only([...description.matchAll(/\b(\d[\d,]{1,8})[-\s]+tokens?\b/gi)]);
  const language = /\b(?:(?:over|more than) )?\d+\+? languages\b|\bmultilingual\b|\bEnglish\b/i.exec(description)?.[0];
  return {
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(tokens === undefined ? {} : { max_tokens: tokens }),
    ...(language === undefined ? {} : { languages: clip(language, 40) }),
  };
}

function only(matches: RegExpExecArray[]): number | undefined {
  const [value, ...others] = new Set(matches.map(([, digits = '']) => Number(digits.replaceAll(',', ''))));
  return others.length > 0 ? undefined : value;
}
