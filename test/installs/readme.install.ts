/** The lines of the README that install, run with the packed files in an empty home. The configuration that each one writes then starts the server. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import metadata from '../../package.json' with { type: 'json' };
import { CLIENTS, filesOf, type Machine } from '../../src/install/clients.ts';
import { entriesIn } from '../../src/install/entries.ts';
import { emptyFolder, environment, expectSandbox, NAME, run } from './support.ts';

const README = readFileSync(resolve(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
const packed = join(inject('packages'), `${NAME}-${metadata.version}.tgz`);

/** What `install` gets in the table of the clients. */
const LINES = [...README.matchAll(/^\| [\w ]+ \| `node dist\/server\.mjs install (\S+) (.+)` \|$/gm)].map(
  ([, client = '', options = '']) => ({ client, options: options.split(' ') }),
);

describe('the packed file, installed for all projects', () => {
  it('has a line for each client', () => {
    expect(LINES.map(({ client }) => client).sort()).toEqual(CLIENTS.map(({ name }) => name).sort());
    expect(README).toContain(`npm install --global ./packages/${NAME}-${metadata.version}.tgz && ${NAME} install `);
  });

  it('configures each client with its line, and each entry starts the sandbox', async () => {
    const home = emptyFolder();
    const env = { ...environment(home), npm_config_prefix: join(home, 'global') };
    await run('npm', ['install', '--global', packed], { cwd: home, env });
    const command = join(home, 'global', ...(process.platform === 'win32' ? [] : ['bin']), NAME);
    const machine: Machine = { platform: process.platform, env, home, cwd: home, exists: () => false, list: () => [] };
    for (const { client, options } of LINES) {
      await run(command, ['install', client, ...options, '--yes'], { cwd: home, env });
      const [entry] = CLIENTS.filter(({ name }) => name === client).flatMap((each) =>
        filesOf(each, 'user', machine).flatMap((file) => [...entriesIn(each, readFileSync(file, 'utf8')).values()]),
      );
      const { command: program, args } = entry ?? {};
      if (typeof program !== 'string' || !Array.isArray(args)) throw new Error(`${client} has no entry`);
      await expectSandbox({ command: program, args: args.map(String), env: environment(home), cwd: home });
    }
  });
});
