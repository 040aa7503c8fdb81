/** Lays out the one folder from which every package is made. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { absoluteLinks } from './links.ts';
import { manifests } from './manifests.ts';
import type { Product } from './product.ts';
import type { Publisher } from './publisher.ts';
import { tagOf } from './server-json.ts';

export interface Staging {
  /** The repository. */
  root: string;
  /** What npm packs there: `dist/` and the documents. */
  files: readonly string[];
  /** It is emptied first. */
  folder: string;
  product: Product;
  publisher: Publisher;
}

/**
 * Copies the files, writes the manifests and adds the icon.
 * @throws Error of the file system when a file is missing.
 */
export function stage({ root, files, folder, product, publisher }: Staging): void {
  rmSync(folder, { recursive: true, force: true });
  const generated = manifests(product, publisher);
  for (const path of files) if (!(path in generated)) cpSync(join(root, path), join(folder, path));
  cpSync(join(root, 'src/package/icon.png'), join(folder, 'icon.png'));
  for (const [path, content] of Object.entries(generated)) writeJson(join(folder, path), content);
  if (publisher.repository !== null) {
    const readme = join(folder, 'README.md');
    writeFileSync(readme, absoluteLinks(readFileSync(readme, 'utf8'), publisher.repository, tagOf(product.version)));
  }
}

/** What an App needs of a staged package. */
const OF_THE_PACKAGE = ['dist', 'LICENSE'];

/**
 * Lays out the folder of a Databricks App.
 * @param from the staged package. @param files its own files, by path.
 * @throws Error of the file system when a file is missing.
 */
export function stageApp({
  folder,
  from,
  files,
}: {
  folder: string;
  from: string;
  files: Record<string, string>;
}): void {
  rmSync(folder, { recursive: true, force: true });
  for (const path of OF_THE_PACKAGE) cpSync(join(from, path), join(folder, path), { recursive: true });
  for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
}

export function writeJson(file: string, content: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}
