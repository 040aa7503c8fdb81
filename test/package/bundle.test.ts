/** The bundle is made of the files alone, so anyone can build it again and compare the hash. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundle } from '../../src/package/bundle.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bundle-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function folder(name: string, files: Record<string, string>, year: number): string {
  for (const [file, text] of Object.entries(files)) {
    const path = join(root, name, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    utimesSync(path, new Date(year, 5, 1), new Date(year, 5, 1));
  }
  return join(root, name);
}

it('holds all files, those in folders with a dot too', () => {
  const files = { 'b.txt': 'second', '.hidden/a.json': '{}', 'deep/er/c.txt': 'third' };
  const { bytes } = bundle(folder('one', files, 2026));
  const found = Object.entries(unzipSync(bytes)).map(([path, content]) => [path, strFromU8(content)]);
  expect(Object.fromEntries(found)).toEqual(files);
});

it('leaves out the SQL engine of the sandbox, two commands, and documents about the code, and keeps the views', () => {
  const files = {
    'dist/server.mjs': 'a;',
    'dist/sqlite.wasm.br': 'b',
    'dist/http-AB12CD34.mjs': 'b;',
    'dist/dashboard-AB12CD34.mjs': 'b;',
    'dist/run-statement-AB12CD34.mjs': 'b;',
    'dist/views.json.br': 'v',
    'src/rest/README.md': 'c',
    'CONTRIBUTING.md': 'd',
  };
  const { bytes } = bundle(folder('one', files, 2026));
  expect(Object.keys(unzipSync(bytes))).toEqual(['dist/server.mjs', 'dist/views.json.br']);
});

it('holds programs without what only readers need', () => {
  const text =
    '// src/a.ts\nexport function outer() {\n  function inner() {\n    return new Error("x").stack;\n  }\n  return inner();\n}\n';
  const { bytes } = bundle(folder('one', { 'dist/a.mjs': text }, 2026));
  const [program] = Object.values(unzipSync(bytes));
  const code = strFromU8(program ?? new Uint8Array());
  expect(code).not.toContain('// src');
  expect(code.length).toBeLessThan(text.length * 0.8);
  expect(code).toContain('export{');
});

it('has the same hash for the same files, whenever and in whatever order they were written', () => {
  const first = bundle(folder('one', { a: '1', 'x/b': '2' }, 2001));
  const second = bundle(folder('two', { 'x/b': '2', a: '1' }, 2026));
  expect(second.sha256).toBe(first.sha256);
  expect(bundle(folder('three', { a: '1', 'x/b': '3' }, 2001)).sha256).not.toBe(first.sha256);
  expect(first.sha256).toMatch(/^[0-9a-f]{64}$/);
});
