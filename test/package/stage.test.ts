/** The staged folder: it holds what npm packs and the manifests, nothing else, and the links of its README lead somewhere. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import metadata from '../../package.json' with { type: 'json' };
import { filesOf } from '../../src/package/bundle.ts';
import { manifests } from '../../src/package/manifests.ts';
import { PRODUCT } from '../../src/package/product.ts';
import type { Publisher } from '../../src/package/publisher.ts';
import { stage } from '../../src/package/stage.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FILES = ['README.md', 'LICENSE', 'package.json', 'mcp.json', 'tools/README.md'];
const NOBODY: Publisher = { npmPackage: null, repository: null, author: null };
const ACME: Publisher = { ...NOBODY, repository: 'https://github.com/AcmeCorp/serving-mcp' };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stage-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const staged = (publisher: Publisher) => stage({ root: ROOT, files: FILES, folder, product: PRODUCT, publisher });
const read = (file: string) => readFileSync(join(folder, file), 'utf8');

it('holds the files, the manifests and the icon, and nothing of an earlier version', () => {
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist', 'old.mjs'), '');
  staged(NOBODY);
  expect(filesOf(folder)).toEqual(
    [...new Set([...FILES, ...Object.keys(manifests(PRODUCT, NOBODY)), 'icon.png'])].sort(),
  );
});

it('its package.json runs no script of the repository', () => {
  staged(NOBODY);
  const shipped = JSON.parse(read('package.json'));
  expect(shipped).toMatchObject({ name: metadata.name, version: metadata.version, engines: metadata.engines });
  for (const field of ['scripts', 'devDependencies', 'dependencies', 'files'])
    expect(shipped).not.toHaveProperty(field);
});

describe('the links of its README', () => {
  const links = () =>
    [...read('README.md').matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target.replace(/#.*/, ''));

  it('lead to files of the repository at the tag of the version, if there is a repository', () => {
    staged(ACME);
    const inside = links().filter((target) => target.startsWith(`${ACME.repository}/`));
    expect(inside.length).toBeGreaterThan(5);
    for (const target of inside) {
      const [, path = ''] = target.split(`/v${metadata.version}/`);
      expect(existsSync(join(ROOT, path)), target).toBe(true);
      expect(path).not.toBe('');
    }
    expect(links().filter((target) => target !== '' && !target.startsWith('https://'))).toEqual([]);
  });

  it('stay as they are without one', () => {
    staged(NOBODY);
    expect(read('README.md')).toBe(readFileSync(join(ROOT, 'README.md'), 'utf8'));
  });
});
