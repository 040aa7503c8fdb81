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
  const found = CLIENTS.filter(
    (client) => filesOf(client, 'user', machine).some(machine.exists) || client.sign(machine),
  );
  const results = await Promise.all(
    found.map(async (client) => ({ client, findings: await findingsOf(client, environment) })),
  );
  const known = results.flatMap(({ client, findings }) =>
    findings.map((finding): Check => ({ check: 'clients', client: client.name, ...finding })),
  );
  const others = results.filter(({ findings }) => findings.length === 0).map(({ client }) => client);
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
  let entries: [string, Entry][];
  try {
    const { text } = await readConfigFile(file, 'read');
    entries = [...entriesIn(client, text), ...entriesOfFolder(client, text, machine.cwd)];
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    const { line, column, message } = error;
    const place = line === undefined ? '' : ` (line ${line}${column === undefined ? '' : `, column ${column}`})`;
    return [failed(`${file} ${message}${place}`, `Correct ${file}. ${client.title} cannot use it as it is.`)];
  }
  const ours = entries.filter(([name, entry]) => isOurs(name, entry, program));
  return Promise.all(
    ours.map(async ([name, entry]) => {
      // The name comes from a file. In a command it must not be more than a name.
      const words = `install ${client.name} --name ${name}${isProject ? ' --project' : ''}`;
      const remedy = /^[\w.-]{1,64}$/.test(name)
        ? `Run: ${commandLine(program, words)}`
        : `Correct or remove this entry in ${file}.`;
      const finding = await checkEntry(entry, environment, { isProject, remedy });
      return { ...finding, says: `${name} in ${file}: ${finding.says}` };
    }),
  );
}

/** Claude Code keeps the servers of one folder in the file of the user, too: `claude mcp add` writes there by default. */
function entriesOfFolder(client: Client, text: string, cwd: string): [string, Entry][] {
  if (client.name !== 'claude-code') return [];
  const content: unknown = JSON.parse(text.replace(/^\uFEFF/, '') || '{}');
  const projects = isObject(content) ? content.projects : undefined;
  const project = isObject(projects) ? projects[cwd] : undefined;
  return isObject(project) ? [...entriesIn(client, JSON.stringify(project))] : [];
}
