/** The npm package: npx from the file, an installation in a project, every supported Node, and an installation from git. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import metadata from '../../package.json' with { type: 'json' };
import { emptyFolder, environment, expectSandbox, NAME, nodes, run } from './support.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const VERSION = `${metadata.version}\n`;
const packed = join(inject('packages'), `${NAME}-${metadata.version}.tgz`);
const scoped = join(inject('published'), `acme-serving-${metadata.version}.tgz`);

/** A folder with nothing but the packed file. npx takes a path that begins with a dot: an absolute one is a program to it. */
function downloaded(file: string): { cwd: string; path: string; env: Record<string, string> } {
  const cwd = emptyFolder();
  copyFileSync(file, join(cwd, basename(file)));
  return { cwd, path: `./${basename(file)}`, env: environment(emptyFolder()) };
}

describe.each([packed, scoped])('npx starts the packed file in an empty folder: %s', (file) => {
  it('to print its version', async () => {
    const { cwd, path, env } = downloaded(file);
    expect(await run('npx', ['-y', path, '--version'], { cwd, env })).toBe(VERSION);
  });

  it('to serve a client with the sandbox', async () => {
    const { cwd, path, env } = downloaded(file);
    await expectSandbox({ command: 'npx', args: ['-y', path, '--sandbox'], env, cwd });
  });
});

it.each(nodes())('the installed package runs on Node %s, and needs no other package', async (_version, node) => {
  const home = emptyFolder();
  const env = environment(home, node);
  await run('npm', ['install', packed], { cwd: home, env: environment(home) });
  const lock = JSON.parse(readFileSync(join(home, 'package-lock.json'), 'utf8'));
  expect(Object.keys(lock.packages)).toEqual(['', `node_modules/${NAME}`]);
  const command = join(home, 'node_modules', '.bin', NAME);
  expect(await run(command, ['--version'], { cwd: home, env })).toBe(VERSION);
  await expectSandbox({ command, args: ['--sandbox'], env, cwd: home });
});

it('under a scoped name, the command and the product keep their own', async () => {
  const home = emptyFolder();
  const env = environment(home);
  await run('npm', ['install', scoped], { cwd: home, env });
  expect(existsSync(join(home, 'node_modules', '@acme', 'serving', 'dist', 'server.mjs'))).toBe(true);
  await expectSandbox({ command: join(home, 'node_modules', '.bin', NAME), args: ['--sandbox'], env, cwd: home });
});

describe('npm publish', () => {
  // Nothing listens on this port of the machine. npm asks for a token before it looks at the package.
  const registry = ['--registry', 'http://127.0.0.1:9/', '--//127.0.0.1:9/:_authToken=made-up'];
  const publish = (folder: string) => {
    const home = emptyFolder();
    const { npm_config_offline: _offline, ...env } = environment(home);
    const args = ['publish', join(folder, NAME), '--fetch-retries', '0', ...registry];
    return run('npm', args, { cwd: home, env }).catch((error: { stderr: string }) => error.stderr);
  };

  it('refuses the folder while publisher.json is not filled in', async () => {
    expect(await publish(inject('packages'))).toContain('EPRIVATE');
  });

  it('takes it to the registry with a publisher', async () => {
    expect(await publish(inject('published'))).toContain('ECONNREFUSED');
  });
});

describe('a build', () => {
  it('says what it built, and the next command', async () => {
    const said = await run('npm', ['run', 'build'], { cwd: ROOT, env: environment(emptyFolder()) });
    expect(said).toMatch(/^Built dist\/: \d+ files, [\d.]+ MB. Clients start .*server\.mjs$/m);
    expect(said).toMatch(/^ {2}node \S+server\.mjs install CLIENT --sandbox /m);
  });

  it('is silent within another script, whose output may be read by a program', () => {
    expect(inject('said').packages).toMatch(/^Packages of version /);
  });
});

it.skipIf(!existsSync(join(ROOT, '.git')))('an installation from git builds the program', async () => {
  const home = emptyFolder();
  const clone = join(home, 'clone');
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${ROOT}`, clone]);
  const project = join(home, 'project');
  execFileSync('git', ['init', '--quiet', project]);
  // npm installs the development packages to build, with the settings and the cache of this machine.
  const machine = Object.entries(process.env).filter(([name]) => !/^(npm_|databricks)/i.test(name));
  const env = Object.fromEntries(machine) as Record<string, string>;
  await run('npm', ['install', '--prefer-offline', `git+file://${clone}`], { cwd: project, env });
  const command = join(project, 'node_modules', '.bin', NAME);
  const start = { command, env: environment(home), cwd: home };
  expect(await run(command, ['--version'], start)).toBe(VERSION);
  await expectSandbox({ ...start, args: ['--sandbox'] });
});
