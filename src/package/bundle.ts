/** A folder as the zip file that a client installs (MCPB). The same files make the same bytes, so its hash can be checked by building again. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { transformSync } from 'esbuild';
import { type Zippable, zipSync } from 'fflate';

/** The first moment that the format can express. It is local time, so every time zone writes the same. */
const TIME = new Date(1980, 0, 1);
/** Marks the permissions as those of Unix. */
const UNIX = 3;

/**
 * What the bundle leaves out, because it must stay below a megabyte: documents that no one reads in an extension, the files that seeds are written
 * by, the SQL engine of the sandbox and what runs statements on it, which would be a quarter of it, and two commands. A client starts a process of
 * its own and not the server over HTTP, and it draws the views itself, without the dashboard. The npm package has all of them. Without the engine,
 * the sandbox refuses statements and says why. The commands do the same.
 */
export const isLeftOut = (path: string) =>
  /^(?:(?:README|CONTRIBUTING|SECURITY|CHANGELOG)\.md|(?:src\/\w+|tools)\/README\.md|src\/sandbox\/seed\/[\w.-]+\.json|test\/demo\/[\w-]+\.(?:svg|webp)|dist\/sqlite\.wasm\.br|dist\/(?:http|dashboard|run-statement)-\w+\.mjs)$/.test(
    path,
  );

/** The content of a zip file with the files of a folder, and its SHA-256 in hexadecimal. */
export function bundle(folder: string): { bytes: Uint8Array; sha256: string } {
  const paths = filesOf(folder).filter((path) => !isLeftOut(path));
  const files: Zippable = Object.fromEntries(paths.map((path) => [path, contentOf(folder, path)]));
  const bytes = zipSync(files, { level: 9, mtime: TIME, os: UNIX, attrs: 0o644 << 16 });
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** A file as it is, or a program without what only readers need. The licenses of other packages are in a file of their own. */
function contentOf(folder: string, path: string): Uint8Array {
  const content = readFileSync(join(folder, path));
  if (!path.endsWith('.mjs')) return content;
  const { code } = transformSync(content.toString(), {
    format: 'esm',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
  });
  return Buffer.from(code);
}

/** The files of a folder, as sorted paths with forward slashes. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll('\\', '/'))
    .sort();
}
