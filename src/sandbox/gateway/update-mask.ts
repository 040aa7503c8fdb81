import { invalid } from '../errors.ts';

/** Which fields an update changes. */
export interface UpdateMask {
  /** Whether the path, or the whole of which it is a part, is named. */
  names(path: string): boolean;
  /** Whether `config` itself is named, so that what the body omits is cleared. */
  whole: boolean;
}

export interface MaskRules {
  method: 'UpdateModelService' | 'UpdateModelProviderService';
  /** The paths that can be named, besides `config`. */
  paths: readonly string[];
  /** Paths between them, which cannot. */
  between: readonly string[];
}

/** The JSON form of a field mask spells paths in camel case. assumed: gateway-mask */
function snakeCase(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Reads `update_mask`, a list with commas. Throws 400 for a missing mask, for unknown paths and for `*`. assumed: gateway-mask */
export function readMask(text: string | undefined, { method, paths, between }: MaskRules): UpdateMask {
  if (text === undefined || text === '') throw invalid('Missing required field: update_mask.');
  const named = text.split(',').map(snakeCase);
  for (const path of named) {
    // evidence: gateway-mask-text
    if (between.includes(path)) throw invalid(`Field '${path}' is not yet supported by ${method}.`);
    if (path !== 'config' && !paths.includes(path)) throw invalid(`Invalid update_mask: unknown field '${path}'.`);
  }
  const whole = named.includes('config');
  return { whole, names: (path) => named.includes(path) || (whole && path.startsWith('config.')) };
}
