/** Which packages the notices list, and that a package without a license text stops the build. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundledPackages, notices } from '../../src/package/notices.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'notices-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function addPackage(path: string, name: string, files: Record<string, string>): void {
  mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, path, 'package.json'), JSON.stringify({ name, version: '1.2.3', license: 'MIT' }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(root, path, file), text);
}

/** What esbuild reports of one output. */
function output(inputs: Record<string, number>) {
  const used = Object.entries(inputs).map(([path, bytesInOutput]) => [path, { bytesInOutput }]);
  return { inputs: Object.fromEntries(used), bytes: 0, imports: [], exports: [] };
}

it('lists each package with code in an output once, scoped and nested ones too, with license and notice', () => {
  addPackage('node_modules/b', 'b', { 'LICENSE.md': 'license of b' });
  addPackage('node_modules/@scope/a', '@scope/a', { LICENSE: 'license of a', NOTICE: 'notice of a' });
  addPackage('node_modules/b/node_modules/c', 'c', { licence: 'license of c' });
  const metafile = {
    inputs: {},
    outputs: {
      'dist/x.mjs': output({ 'src/main.ts': 9, 'node_modules/b/index.js': 1, 'node_modules/b/lib/more.js': 2 }),
      'dist/y.mjs': output({
        'node_modules/b/node_modules/c/index.js': 1,
        'node_modules/@scope/a/a.js': 1,
        'node_modules/gone/shaken-off.js': 0,
      }),
    },
  };
  const packages = bundledPackages([metafile], root);
  expect(packages.map(({ name }) => name)).toEqual(['@scope/a', 'b', 'c']);
  const text = notices(packages);
  expect(text).toContain('@scope/a 1.2.3 (MIT)\n\nlicense of a\n\nnotice of a\n');
  expect(text).toContain('c 1.2.3 (MIT)\n\nlicense of c\n');
});

it('refuses a package without a license text', () => {
  addPackage('node_modules/bare', 'bare', {});
  const metafile = { inputs: {}, outputs: { 'dist/x.mjs': output({ 'node_modules/bare/index.js': 1 }) } };
  expect(() => bundledPackages([metafile], root)).toThrow('bare has no license text');
});
