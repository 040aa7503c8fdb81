/** A folder as the zip file that a client installs (MCPB). The same files make the same bytes, so its hash can be checked by building again. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Zippable, zipSync } from 'fflate';

/** The first moment that the format can express. It is local time, so every time zone writes the same. */
const TIME = new Date(1980, 0, 1);
/** Marks the permissions as those of Unix. */
const UNIX = 3;

/**
 * The SQL engine of the sandbox. It is a quarter of the bundle, which must stay below a megabyte, so the npm package alone has it. Without it, the
 * sandbox refuses statements and says why.
 */
export const LEFT_OUT = ['dist/sqlite.wasm.br'];

/** The content of a zip file with the files of a folder, and its SHA-256 in hexadecimal. */
export function bundle(folder: string): { bytes: Uint8Array; sha256: string } {
  const paths = filesOf(folder).filter((path) => !LEFT_OUT.includes(path));
  const files: Zippable = Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path))]));
  const bytes = zipSync(files, { level: 9, mtime: TIME, os: UNIX, attrs: 0o644 << 16 });
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The files of a folder, as sorted paths with forward slashes. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll('\\', '/'))
    .sort();
}
