import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** SQLite as WebAssembly, from the package sql.js. The build replaces this file: `dist/` has it compressed. */
export async function sqliteWasm(): Promise<Uint8Array> {
  return readFile(createRequire(import.meta.url).resolve('sql.js/dist/sql-wasm.wasm'));
}
