/** JSON values as block YAML. Pure. */
import { yaml } from './literals.ts';

/** Every text is quoted as in JSON, which YAML reads the same way. @param depth levels of indentation. */
export function block(value: unknown, depth: number): string {
  const pad = '  '.repeat(depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []';
    return value.map((item) => `${pad}- ${block(item, depth + 1).trimStart()}`).join('\n');
  }
  if (typeof value !== 'object' || value === null) return `${pad}${yaml(value)}`;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  if (entries.length === 0) return `${pad}{}`;
  return entries
    .map(([key, inner]) => {
      const name = /^[A-Za-z_][\w-]*$/.test(key) && !WORDS.test(key) ? key : yaml(key);
      const nested = typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0;
      return nested ? `${pad}${name}:\n${block(inner, depth + 1)}` : `${pad}${name}: ${yaml(inner)}`;
    })
    .join('\n');
}

/** YAML 1.1, which many parsers still use, reads these as booleans and null, even as keys. */
const WORDS = /^(y|n|yes|no|on|off|true|false|null)$/i;
