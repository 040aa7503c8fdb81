/** The program itself: Node and the file that runs. Pure. */
import { basename } from 'node:path';
import { type Finding, failed, ok } from './check.ts';

export interface Program {
  name: string;
  version: string;
  /** The path that Node was given, which may be a link. */
  started: string;
  /** The file that runs, without links. */
  file: string;
  /** The range of Node versions in `package.json`, such as `>=20.18.1`. */
  engines: string;
}

/** A command of this program, as this person can type it. A clone is not in the search path. */
export function commandLine({ name, started }: Program, words: string): string {
  const isInstalled = basename(started).replace(/\.(?:cmd|ps1)$/, '') === name;
  return `${isInstalled ? name : `node ${/\s/.test(started) ? `"${started}"` : started}`} ${words}`;
}

/** @param running the version of Node without a `v`. */
export function checkNode(running: string, { name, engines }: Program): Finding {
  const lacks = whatItLacks(running, engines);
  if (lacks === undefined) return ok(`Node ${running} runs this server, which needs ${leastVersion(engines)} or later`);
  return failed(`Node ${running} ${lacks}`, `${installNewer(engines)}, and start ${name} with it.`);
}

export function checkServer({ name, version, file }: Program): Finding {
  return ok(`${name} ${version} in ${file}`);
}

/** Why a version of Node cannot run this server. Undefined when it can. */
export function whatItLacks(version: string, engines: string): string | undefined {
  const least = leastVersion(engines);
  if (!isAtLeast(version, least)) return `is too old for this server (${least} or later)`;
  // Both lines began without process.getBuiltinModule, with which the build loads its parts.
  if (isAtLeast(version, '21.0.0') && !isAtLeast(version, '22.3.0'))
    return `cannot run this server (${least} or later in its line, or 22.3 or later)`;
  return undefined;
}

export function installNewer(engines: string): string {
  return `Install Node ${leastVersion(engines).split('.')[0]} or later`;
}

/** The version in a range of the form `>=1.2.3`, the only form that `package.json` uses. */
export function leastVersion(engines: string): string {
  return /\d+(?:\.\d+){0,2}/.exec(engines)?.[0] ?? '0';
}

/** Whether a version such as `v22.3.0` is not lower than another. */
export function isAtLeast(version: string, least: string): boolean {
  const numbers = (text: string) => text.replace(/^v/, '').split(/[.-]/).map(Number);
  const [have, want] = [numbers(version), numbers(least)];
  for (let index = 0; index < 3; index++) {
    const [mine = 0, needed = 0] = [have[index], want[index]];
    if (mine !== needed) return mine > needed;
  }
  return true;
}
