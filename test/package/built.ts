/** The files of `dist/` as text. `npm test` builds them first. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** One built file: the sources in it, which the bundler names in comments, and the files that it imports. */
export interface BuiltFile {
  text: string;
  /** Paths from the root of the repository, or from `node_modules/`. */
  sources: string[];
  /** Files that load with this one. */
  loads: string[];
  /** Files that load at first use. */
  loadsLater: string[];
}

export function builtFiles(): Map<string, BuiltFile> {
  const names = readdirSync(DIST).filter((name) => name.endsWith('.mjs'));
  return new Map(
    names.map((name) => {
      const text = readFileSync(`${DIST}${name}`, 'utf8');
      const matches = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);
      const sources = matches(/^ *\/\/ ((?:[\w@.-]+\/)*[\w@.-]+\.(?:ts|js|mjs|cjs|json))$/gm);
      return [
        name,
        {
          text,
          sources: sources.map((path) => path.replace(/^.*?(?=node_modules\/)/, '')),
          loads: matches(/^(?:import|export|\}) ?(?:[^"();]* from )?"\.\/([^"]+)";$/gm),
          loadsLater: matches(/\bimport\("\.\/([^"]+)"\)/g),
        },
      ];
    }),
  );
}
