/**
 * What an entry starts. Desktop apps know neither the shell's search path nor its folder, so an entry names Node and the server by absolute paths. The
 * cache of npx is no place to name: npm cleans it. An entry from there names the package and its version instead.
 */
import type { Run } from './entries.ts';
import { Stop } from './stop.ts';

/** How this program was started. The functions look at the file system and never throw. */
export interface Started {
  platform: string;
  /** The Node that runs. */
  node: string;
  /** The file that Node runs, without links. */
  script: string;
  packageName: string;
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
  const { script, packageName, version, platform } = started;
  const cache = /^(.*[\\/]_npx[\\/][^\\/]+)[\\/]/.exec(script)?.[1];
  if (cache !== undefined) {
    const spec = packageInCache(started, cache);
    if (spec !== undefined && !isFromRegistry(spec, packageName))
      throw new Stop(
        `npx runs this server from its cache, which npm cleans, and the package came from ${spec}. Install it first with: npm install --global ${spec}. Then run: ${packageName} install`,
        1,
      );
    const npx = ['npx', '-y', `${packageName}@${version}`];
    // npx is a batch file on Windows, which no client can start without a shell.
    const [command = '', ...args] = platform === 'win32' ? ['cmd', '/c', ...npx] : npx;
    return { command, args };
  }
  if (ONE_RUN.test(script))
    throw new Stop(
      `This server runs from a folder that its package manager removes. Install it first with: npm install --global ${packageName}. Then run: ${packageName} install`,
      1,
    );
  if (!script.endsWith('.mjs'))
    throw new Stop('A client starts the built server. Run npm run build, and then: node dist/server.mjs install', 1);
  return { command: lastingNode(started), args: [script] };
}

/** The package that npx was asked for, as its cache records it. */
function packageInCache({ readText, packageName, platform }: Started, cache: string): string | undefined {
  try {
    const record: unknown = JSON.parse(readText(`${cache}${platform === 'win32' ? '\\' : '/'}package.json`) ?? '');
    const { dependencies, _npx } = record as {
      dependencies?: Record<string, string>;
      _npx?: { packages?: string[] };
    };
    return _npx?.packages?.[0] ?? dependencies?.[packageName];
  } catch {
    return undefined; // an older npm records nothing
  }
}

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

/** A command line as a person types it. */
export function commandLine({ command, args }: Run): string {
  // cmd is for clients: a person has a shell.
  const words = command === 'cmd' ? args.slice(1) : [command, ...args];
  return words.map((word) => (/^[\w.:/\\@=+-]+$/.test(word) ? word : `"${word}"`)).join(' ');
}
