/** Makes the packages once for all files: without a publisher, and with one under a scoped name. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder with the packages of `publisher.json` as it is. */
    packages: string;
    /** Folder with those of a made-up publisher. */
    published: string;
    /** What the two runs printed. */
    said: { packages: string; published: string };
  }
}

const PUBLISHER = {
  npmPackage: '@acme/serving',
  repository: 'https://github.com/AcmeCorp/serving-mcp',
  author: { name: 'Acme', email: 'mcp@acme.example', url: 'https://acme.example' },
};
const NOBODY = { npmPackage: null, repository: null, author: null };

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'packages-'));
  function make(name: string, publisher: object, command: string, ...args: string[]): string {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(publisher));
    return execFileSync(command, [...args, '--out', join(folder, name), '--publisher', file], {
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
  }
  project.provide('said', {
    packages: make('packages', NOBODY, 'npm', 'run', '--silent', 'package', '--'),
    // The first one has built `dist/`.
    published: make('published', PUBLISHER, 'npx', 'tsx', 'src/package/package.ts'),
  });
  project.provide('packages', join(folder, 'packages'));
  project.provide('published', join(folder, 'published'));
  return () => rmSync(folder, { recursive: true, force: true });
}
