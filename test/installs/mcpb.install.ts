/** The MCPB bundle, with the tool of its makers, started as Claude Desktop starts it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import metadata from '../../package.json' with { type: 'json' };
import { isLeftOut } from '../../src/package/bundle.ts';
import {
  emptyFolder,
  environment,
  expectReadOnly,
  expectSandbox,
  NAME,
  nodes,
  run,
  type Start,
  session,
  tool,
} from './support.ts';

const FOLDER = join(inject('packages'), NAME);
const BUNDLE = join(inject('packages'), `${NAME}-${metadata.version}.mcpb`);
const LIMIT = 1_000_000;

const mcpb = (home: string, ...args: string[]) =>
  run(process.execPath, [tool('@anthropic-ai/mcpb/dist/cli/cli.js'), ...args], { cwd: home, env: environment(home) });

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}

describe('the bundle', () => {
  it('is valid, small, and holds the staged folder', async () => {
    const home = emptyFolder();
    expect(await mcpb(home, 'validate', join(FOLDER, 'manifest.json'))).toContain('Manifest schema validation passes');
    expect(statSync(BUNDLE).size).toBeLessThanOrEqual(LIMIT);
    await mcpb(home, 'unpack', BUNDLE, join(home, 'ours'));
    const bundled = filesOf(FOLDER).filter((file) => !isLeftOut(file.replaceAll('\\', '/')));
    expect(filesOf(join(home, 'ours'))).toEqual(bundled);
    // Programs are smaller there. The tests below start them.
    for (const file of bundled.filter((each) => !each.endsWith('.mjs')))
      expect(readFileSync(join(home, 'ours', file)).equals(readFileSync(join(FOLDER, file))), file).toBe(true);
  });

  it('is what the packer of its makers would make', async () => {
    const home = emptyFolder();
    await mcpb(home, 'pack', FOLDER, join(home, 'theirs.mcpb'));
    await mcpb(home, 'unpack', join(home, 'theirs.mcpb'), join(home, 'theirs'));
    expect(filesOf(join(home, 'theirs'))).toEqual(filesOf(FOLDER));
  });

  it('has in server.json the hash of the file', () => {
    const folder = inject('published');
    const { packages } = JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8'));
    const file = packages[1].identifier.split('/').at(-1);
    const hash = createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
    expect(packages[1].fileSha256).toBe(hash);
  });
});

/** How the library of its makers, which Claude Desktop uses, starts an unpacked bundle with these settings. */
async function started(userConfig: Record<string, unknown>, node?: string): Promise<Start> {
  const home = emptyFolder();
  const folder = join(home, 'unpacked');
  await mcpb(home, 'unpack', BUNDLE, folder);
  const library = await import(pathToFileURL(tool('@anthropic-ai/mcpb/dist/node.js')).href);
  const { command, args, env } = await library.getMcpConfigForManifest({
    manifest: JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')),
    extensionPath: folder,
    systemDirs: { HOME: home },
    userConfig,
    pathSeparator: '/',
  });
  return { command, args, env: { ...environment(home, node), ...env }, cwd: home };
}

describe('started with the settings of a person', () => {
  it('who left everything: read-only, and the empty profile is no profile', async () => {
    const start = await started({});
    expect(start.env.DATABRICKS_CONFIG_PROFILE).toContain('user_config');
    const { failed, endpoints } = await session(start);
    expect(failed).toBe(true); // there is no login
    expect(JSON.stringify(endpoints)).not.toContain('user_config');
    await expectReadOnly(start);
  });

  it('who emptied the profile: the same', async () => expectReadOnly(await started({ profile: '' })));

  it('in a client that passes on an empty text for read-only: it stays read-only', async () => {
    const { args, ...start } = await started({ sandbox: true, read_only: '' });
    expect(args).toContain('--read-only=');
    await expectReadOnly({ ...start, args });
  });

  it('who named a profile: it is looked for', async () => {
    const { failed, endpoints } = await session(await started({ profile: 'nightly' }));
    expect(failed).toBe(true);
    expect(JSON.stringify(endpoints)).toContain('nightly');
  });

  it.each(nodes())('who tries the sandbox, on Node %s: all tools', async (_version, node) => {
    await expectSandbox(await started({ sandbox: true, read_only: false }, node));
  });

  it('who tries the sandbox and asks for usage: it says that the engine is in the npm package', async () => {
    const { command, args, env, cwd } = await started({ sandbox: true });
    const client = new Client({ name: 'installs', version: '1.0.0' });
    await client.connect(new StdioClientTransport({ command, args, env, cwd, stderr: 'inherit' }));
    onTestFinished(() => client.close());
    const { content, isError } = await client.callTool({ name: 'get_usage', arguments: { report: 'traffic' } });
    expect(isError).toBe(true);
    expect(JSON.stringify(content)).toContain('comes without an SQL engine; the npm package has it');
  });

  it('who tries the sandbox and leaves read-only on: no tool that writes', async () => {
    await expectReadOnly(await started({ sandbox: true }));
  });
});
