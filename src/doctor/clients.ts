/** The clients on this machine, and whether their configuration knows this server. */
import { CLIENTS, type Client, filesOf, type Machine } from '../install/clients.ts';
import { readConfigFile } from '../install/config-file.ts';
import { type Entry, entriesIn } from '../install/entries.ts';
import { FileProblem } from '../install/problem.ts';
import { isObject } from '../rest/json.ts';
import { type Check, type Finding, failed, notChecked, ok, warning } from './check.ts';
import { checkEntry, type EntryEnvironment, isOurs } from './entry.ts';
import { commandLine } from './program.ts';

export interface ClientsEnvironment extends EntryEnvironment {
  machine: Machine;
}

/** One check for each client that knows the server or cannot be read, and one for all others together. */
export async function checkClients(environment: ClientsEnvironment): Promise<Check[]> {
  const { machine } = environment;
  const results = await Promise.all(
    CLIENTS.map(async (client) => ({ client, findings: await findingsOf(client, environment) })),
  );
  const known = results.flatMap(({ client, findings }) =>
    findings.map((finding): Check => ({ check: 'clients', client: client.name, ...finding })),
  );
  // The project in this folder may have files for clients that are not on this machine.
  const others = results
    .filter(({ findings }) => findings.length === 0)
    .map(({ client }) => client)
    .filter((client) => filesOf(client, 'user', machine).some(machine.exists) || client.sign(machine));
  return [...known, ...(others.length > 0 || known.length === 0 ? [withoutEntry(others, known, environment)] : [])];
}

function withoutEntry(others: readonly Client[], known: readonly Check[], { program }: ClientsEnvironment): Check {
  const titles = others.map(({ title }) => title).join(', ');
  const install = commandLine(program, `install ${others.length === 1 ? others[0]?.name : 'CLIENT'}`);
  const finding =
    others.length === 0
      ? notChecked(`none of these was found on this machine: ${CLIENTS.map(({ title }) => title).join(', ')}`)
      : known.length > 0
        ? ok(`without an entry for this server: ${titles}`)
        : warning(`found, but without an entry for this server: ${titles}`, `Run: ${install}`);
  return { check: 'clients', ...finding };
}

/** A finding for each entry of this server. None when the client has no such entry. */
async function findingsOf(client: Client, environment: ClientsEnvironment): Promise<Finding[]> {
  const { machine } = environment;
  // In the home folder, both are the same file.
  const own = new Set(filesOf(client, 'user', machine));
  const there = [...new Set([...own, ...filesOf(client, 'project', machine)])].filter(machine.exists);
  const findings = await Promise.all(there.map((file) => inFile(client, file, !own.has(file), environment)));
  return findings.flat();
}

async function inFile(
  client: Client,
  file: string,
  isProject: boolean,
  environment: ClientsEnvironment,
): Promise<Finding[]> {
  const { machine, program } = environment;
  const where = `${file}${isProject ? ' (in this project)' : ''}`;
  let entries: [string, Entry, boolean][];
  try {
    const { text } = await readConfigFile(file, 'read');
    entries = [
      ...[...entriesIn(client, text)].map(([name, entry]): [string, Entry, boolean] => [name, entry, true]),
      ...entriesOfFolder(client, text, machine.cwd).map(([name, entry]): [string, Entry, boolean] => [
        name,
        entry,
        false,
      ]),
    ];
  } catch (error) {
    return [unreadable(client, file, where, error)];
  }
  const ours = entries.filter(([name, entry]) => isOurs(name, entry, program));
  return Promise.all(
    ours.map(async ([name, entry, canInstall]) => {
      const finding = await checkEntry(entry, environment, { client: client.name, name, file, isProject, canInstall });
      return { ...finding, says: `${name} in ${where}: ${finding.says}` };
    }),
  );
}

function unreadable(client: Client, file: string, where: string, error: unknown): Finding {
  const remedy = `Correct ${file}. ${client.title} cannot use it as it is.`;
  // Functions that call themselves for each level of a text have no memory left for thousands of them.
  if (error instanceof RangeError) return failed(`${where} is nested too deeply`, remedy);
  if (!(error instanceof FileProblem)) throw error;
  const { line, column, message } = error;
  const place = line === undefined ? '' : ` (line ${line}${column === undefined ? '' : `, column ${column}`})`;
  return failed(`${where} ${message}${place}`, remedy);
}

/** Claude Code keeps the servers of one folder in the file of the user, too: `claude mcp add` writes there by default. */
function entriesOfFolder(client: Client, text: string, cwd: string): [string, Entry][] {
  if (client.name !== 'claude-code') return [];
  const content: unknown = JSON.parse(text.replace(/^\uFEFF/, '') || '{}');
  const projects = isObject(content) ? content.projects : undefined;
  const project = isObject(projects) ? projects[cwd] : undefined;
  return isObject(project) ? [...entriesIn(client, JSON.stringify(project))] : [];
}
