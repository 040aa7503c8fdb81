/**
 * What an entry starts. Desktop apps know neither the shell's search path nor its folder, so an entry names Node and the server by absolute paths. The
 * cache of npx is no place to name: npm cleans it. An entry from there names the package and its version instead.
 */
import { posix, win32 } from 'node:path';
import type { Run } from './entries.ts';
import { invocation, quoted } from './invocation.ts';
import { Stop } from './stop.ts';

/** How this program was started. The functions look at the file system and never throw. */
export interface Started {
  platform: string;
  /** The Node that runs. */
  node: string;
  /** The path that Node was given, which may be a link. */
  started: string;
  /** The file that Node runs, without links. */
  script: string;
  /** The name of this program on a command line, and its version. */
  command: string;
  version: string;
  /** The text of a file. Undefined when it cannot be read. */
  readText(path: string): string | undefined;
  /** A path without links. Undefined when nothing is there. */
  real(path: string): string | undefined;
}

/** Folders from which pnpm, yarn and bun run a package once. */
const ONE_RUN = /[\\/](?:dlx(?:-[^\\/]*)?|bunx-[^\\/]*|xfs-[^\\/]*)[\\/]/;

/** @throws Stop when this program runs from a place that will vanish, or from its sources. */
export function programOf(started: Started): Run {
  const { script, platform } = started;
  const { name: packageName, version } = packageOf(started);
  const cache = /^(.*[\\/]_npx[\\/][^\\/]+)[\\/]/.exec(script)?.[1];
  if (cache !== undefined) {
    const spec = packageInCache(started, cache, packageName);
    if (spec !== undefined && !isFromRegistry(spec, packageName))
      throw new Stop(
        `npx runs this server from its cache, which npm cleans, and the package came from ${spec}. Install it first with: npm install --global ${spec}. Then run: ${started.command} install`,
        1,
      );
    const npx = ['npx', '-y', `${packageName}@${version}`];
    // npx is a batch file on Windows, which no client can start without a shell.
    const [command = '', ...args] = platform === 'win32' ? ['cmd', '/c', ...npx] : npx;
    return { command, args };
  }
  if (ONE_RUN.test(script))
    throw new Stop(
      `This server runs from a folder that its package manager removes. Install it first with: npm install --global ${packageName}. Then run: ${started.command} install`,
      1,
    );
  if (!script.endsWith('.mjs'))
    throw new Stop('A client starts the built server. Run npm run build, and then: node dist/server.mjs install', 1);
  return { command: lastingNode(started), args: [script] };
}

/** The package as it was published, perhaps under a name with a scope. */
export function packageOf({ script, command, version, platform, readText }: Started): {
  name: string;
  version: string;
} {
  const path = platform === 'win32' ? win32 : posix;
  const { name, version: published } = parsed(readText(path.resolve(script, '..', '..', 'package.json')));
  return {
    name: typeof name === 'string' ? name : command,
    version: typeof published === 'string' ? published : version,
  };
}

/** The package that npx was asked for, as its cache records it. An older npm records nothing. */
function packageInCache({ readText, platform }: Started, cache: string, packageName: string): string | undefined {
  const { _npx, dependencies } = parsed(readText((platform === 'win32' ? win32 : posix).join(cache, 'package.json')));
  const asked = isObject(_npx) && Array.isArray(_npx.packages) ? _npx.packages[0] : undefined;
  const spec: unknown = asked ?? (isObject(dependencies) ? dependencies[packageName] : undefined);
  return typeof spec === 'string' ? spec : undefined;
}

/** A package.json. What cannot be read has no fields. */
function parsed(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A name with a version or a tag, or a range alone. Files, folders, repositories and addresses have other signs. */
function isFromRegistry(spec: string, packageName: string): boolean {
  const range = spec.startsWith(`${packageName}@`) ? spec.slice(packageName.length + 1) : spec;
  return (
    spec === packageName || (/^[\w^~<>=.*+ |-]+$/.test(range) && !/\.t(?:ar\.)?gz$/.test(range) && !/^\.+$/.test(range))
  );
}

/** Homebrew removes the folder of a version at the next update. Its link to the current version stays. */
function lastingNode({ node, real }: Started): string {
  const prefix = /^(.*)\/Cellar\//.exec(node)?.[1];
  const link = prefix && `${prefix}/bin/node`;
  return link && real(link) === node ? link : node;
}

/** A command of this program as this person can type it. */
export function ownCommand(here: Started, words: readonly string[]): string {
  const { command, started, script } = here;
  const start = invocation({ name: command, version: packageOf(here).version, started, file: script });
  return [start, ...words.map(quoted)].join(' ');
}
