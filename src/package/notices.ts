/** The notices of the packages whose code is in a bundle. Their licenses ask that a copy carries them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

export interface BundledPackage {
  name: string;
  version: string;
  /** SPDX identifier. */
  license: string;
  /** License texts, and the notice of a package that has one. */
  text: string;
}

/** Packages with code in an output of these builds, by name. Throws for one without a license text: it must not be shipped. */
export function bundledPackages(metafiles: readonly Metafile[], root: string): BundledPackage[] {
  const outputs = metafiles.flatMap((each) => Object.values(each.outputs));
  const folders = outputs.flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? packageFolder(path) : [])),
  );
  return [...new Set(folders)]
    .map((folder) => readPackage(join(root, folder)))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** The text of the file that is shipped. */
export function notices(packages: readonly BundledPackage[]): string {
  const parts = packages.map(
    ({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text.trim()}\n`,
  );
  return ['This program contains code of these packages.\n', ...parts].join(`\n${'-'.repeat(80)}\n\n`);
}

/** The innermost package of a path, if it is in one. */
function packageFolder(path: string): string[] {
  const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path);
  return found ? [found[0]] : [];
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  if (typeof license !== 'string' || files.length === 0) throw new Error(`${name} has no license text`);
  const text = files.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
  return { name, version, license, text };
}
