/** Which clients are on this machine, and which of them know this server. The doctor and the list of `install` share it. */
import { type Client, filesOf, type Machine, type Scope } from './clients.ts';
import { readConfigFile } from './config-file.ts';
import { type Entry, entriesIn } from './entries.ts';
import { FileProblem } from './problem.ts';
import type { Started } from './program.ts';

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
/** Words of a command line that starts this server, wherever it lies. */
const PACKAGE = /databricks-serving-mcp/;

/** Whether an entry starts this server: its package by name, or the file of the server that runs now. */
export function startsServer({ command, args }: Entry, script: string): boolean {
  const words = [command, ...(Array.isArray(args) ? args : [])].filter((word) => typeof word === 'string');
  return words.some((word) => PACKAGE.test(word) || word === script);
}

/** Whether an entry is one of this server, by its name or by what it starts. */
export function isOurs(name: string, entry: Entry, script: string): boolean {
  return NAMES.test(name) || startsServer(entry, script);
}

/** Reads the files of a client. Never throws: what cannot be read is a problem of that file. */
export async function knownIn(
  client: Client,
  scope: Scope,
  machine: Machine & Pick<Started, 'script'>,
): Promise<Known[]> {
  return Promise.all(
    filesOf(client, scope, machine).map(async (path) => {
      try {
        const { text, bytes } = await readConfigFile(path, 'read');
        const entries = [...entriesIn(client, text)].filter(([name, entry]) => isOurs(name, entry, machine.script));
        return { path, exists: bytes !== undefined, entries: new Map(entries), problem: undefined };
      } catch (error) {
        if (!(error instanceof FileProblem)) throw error;
        return { path, exists: true, entries: new Map(), problem: error };
      }
    }),
  );
}
