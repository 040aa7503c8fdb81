/** The clients and their state, for `install` without a client. */
import { CLIENTS, type Machine } from './clients.ts';
import { knownIn } from './known.ts';
import { ownCommand, type Started } from './program.ts';

export async function list(machine: Machine & Started): Promise<string> {
  const rows = await Promise.all(
    CLIENTS.map(async (client) => {
      const sign = client.sign(machine);
      const known = await knownIn(client, 'user', machine);
      const entries = known.flatMap(({ path, entries, problem }) =>
        problem ? [`its file is broken: ${path}`] : [...entries.keys()].map((name) => `has "${name}" in ${path}`),
      );
      return [client.name, [sign === undefined ? 'not found' : `found (${sign})`, ...entries].join('; ')] as const;
    }),
  );
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return [
    'Clients on this machine:',
    '',
    ...rows.map(([name, state]) => `  ${name.padEnd(width)}${state}`),
    '',
    `To add the server to one of them: ${ownCommand(machine, ['install', 'CLIENT'])} [options of the server]`,
    `To see the change without writing it, add --dry-run. To remove it: ${ownCommand(machine, ['uninstall', 'CLIENT'])}`,
  ].join('\n');
}
