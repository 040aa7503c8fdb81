/** The program itself: Node and the file that runs. Pure. */
import { invocation } from '../install/invocation.ts';
import { type Finding, failed, ok } from './check.ts';

export interface Program {
  name: string;
  version: string;
  /** The path that Node was given, which may be a link. */
  started: string;
  /** The file that runs, without links. */
  file: string;
  /** The range of Node versions in `package.json`, such as `>=20.18.1 <21 || >=22.3.0`. */
  engines: string;
}

/** A command of this program, as this person can type it. */
export function commandLine(program: Program, words: string): string {
  return `${invocation(program)} ${words}`;
}

/** @param running the version of Node without a `v`. */
export function checkNode(running: string, { name, engines }: Program): Finding {
  const lacks = whatItLacks(running, engines);
  if (lacks === undefined) return ok(`Node ${running} runs this server, which needs ${inWords(engines)}`);
  return failed(`Node ${running} ${lacks}`, `${installNewer(engines)}, and start ${name} with it.`);
}

/** What a server with the same command line would not do, besides its workspace. */
export interface Narrowed {
  readOnly: boolean;
  noQuery: boolean;
  /** Absent: all of them. */
  toolsets: { names: readonly string[] } | undefined;
  warehouse: string | undefined;
  /** Not narrower but wider: it shows the data of customers. */
  payloads: boolean;
}

/** Which program clients start, and with which limits. It never fails. */
export function checkServer({ name, version, file }: Program, given: Narrowed): Finding {
  const { readOnly, noQuery, toolsets, warehouse, payloads } = given;
  const narrowed = [
    ...(readOnly ? ['read-only'] : []),
    ...(noQuery ? ['without queries'] : []),
    ...(toolsets === undefined ? [] : [`with only these groups of tools: ${toolsets.names.join(', ')}`]),
    ...(warehouse === undefined ? [] : [`with the SQL warehouse ${warehouse}`]),
    ...(payloads ? ['shows requests and answers from inference tables'] : []),
  ];
  return ok([`${name} ${version} in ${file}`, ...narrowed].join('; '));
}

/** Why a version of Node cannot run this server. Undefined when it can. */
export function whatItLacks(version: string, engines: string): string | undefined {
  const ranges = rangesOf(engines);
  if (
    ranges.some(({ from, before }) => isAtLeast(version, from) && (before === undefined || !isAtLeast(version, before)))
  )
    return undefined;
  const isOld = ranges.every(({ from }) => !isAtLeast(version, from));
  return `${isOld ? 'is too old for' : 'cannot run'} this server (${inWords(engines)})`;
}

/** The step that helps where Node is too old: the newest range of `engines`. */
export function installNewer(engines: string): string {
  return `Install Node ${rangesOf(engines).at(-1)?.from} or later`;
}

interface Range {
  from: string;
  /** The first version that no longer belongs to it. */
  before: string | undefined;
}

/** Ranges of the form `>=1.2.3 <2 || >=3.4.5`, the only form that `package.json` uses. */
function rangesOf(engines: string): Range[] {
  return engines.split('||').map((range) => ({
    from: />=\s*([\d.]+)/.exec(range)?.[1] ?? '0',
    before: /<\s*([\d.]+)/.exec(range)?.[1],
  }));
}

function inWords(engines: string): string {
  return rangesOf(engines)
    .map(({ from, before }) => `${from} or later${before === undefined ? '' : ` before ${before}`}`)
    .join(', or ');
}

/** Whether a version such as `v22.3.0` is not lower than another. */
function isAtLeast(version: string, least: string): boolean {
  const numbers = (text: string) => text.replace(/^v/, '').split(/[.-]/).map(Number);
  const [have, want] = [numbers(version), numbers(least)];
  for (let index = 0; index < 3; index++) {
    const [mine = 0, needed = 0] = [have[index], want[index]];
    if (mine !== needed) return mine > needed;
  }
  return true;
}
