/** Which clients are on this machine, and which of them know this server. The doctor and the list of `install` share it. */
import { type Client, filesOf, type Machine, type Scope } from './clients.ts';
import { readConfigFile } from './config-file.ts';
import { type Entry, entriesIn, isRemote } from './entries.ts';
import { type Own, ownWordIn, startsBuiltFile } from './own-program.ts';
import { FileProblem } from './problem.ts';
import { packageOf, type Started } from './program.ts';

/** One configuration file of a client, and what it says of this server. */
export interface Known {
  path: string;
  exists: boolean;
  /** The entries that start this server, by name. */
  entries: ReadonlyMap<string, Entry>;
  /** Why the file cannot be read. */
  problem: FileProblem | undefined;
}

/** The names that `install` gives. An entry with such a name was meant to start this server, even if its file has moved. */
const NAMES = /^databricks-(?:serving|sandbox)(?:-mcp)?$/;

/** Whether an entry starts this server: its package by name, or the file of the server that runs now. */
export function startsServer(entry: Entry, script: string, packageName?: string): boolean {
  return ownWordIn(entry, packageName === undefined ? { script } : { script, packageName }) >= 0;
}

/** Whether an entry is one of this server, by its name or by what it starts. */
export function isOurs(name: string, entry: Entry, { script, packageName }: Own): boolean {
  return NAMES.test(name) || startsServer(entry, script, packageName);
}

/**
 * Whether `install` may write over an entry: it starts this server or nothing yet, or it has our name and starts a file of a clone that has moved.
 * Any other one would lose its program, and hand its variables to this server.
 */
export function isReplaceable(name: string, entry: Entry, { script, packageName }: Own): boolean {
  if (isRemote(entry)) return false;
  if (entry.command === undefined || entry.command === '') return true;
  return startsServer(entry, script, packageName) || (NAMES.test(name) && startsBuiltFile(entry));
}

/** This server as it was started. */
export function ownOf(started: Started): Own {
  return { script: started.script, packageName: packageOf(started).name };
}

/** Reads the files of a client. Never throws: what cannot be read is a problem of that file. */
export async function knownIn(client: Client, scope: Scope, machine: Machine & Started): Promise<Known[]> {
  const own = ownOf(machine);
  return Promise.all(
    filesOf(client, scope, machine).map(async (path) => {
      try {
        const { text, bytes } = await readConfigFile(path, 'read');
        const entries = [...entriesIn(client, text)].filter(([name, entry]) => isOurs(name, entry, own));
        return { path, exists: bytes !== undefined, entries: new Map(entries), problem: undefined };
      } catch (error) {
        if (!(error instanceof FileProblem)) throw error;
        return { path, exists: true, entries: new Map(), problem: error };
      }
    }),
  );
}
