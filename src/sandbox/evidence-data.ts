import type { Evidence } from './evidence.ts';

/** What the query, metrics and OpenAPI routes rest on. */
export const DATA_EVIDENCE: readonly Evidence[] = [];
