/** An empty home, the installed tools, and a session with a started package. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, onTestFinished } from 'vitest';
import { tools } from '../../tools/index.ts';

export const TOOLS = join(import.meta.dirname, 'node_modules');
export const NAME = 'databricks-serving-mcp';

/** The versions of Node that the package supports, as installed here. The first is the oldest. */
const NODES = ['20.18.1', '22', '24', '26'];

/** Version and path of each Node. On other platforms, only the Node that runs the tests. */
export function nodes(): [version: string, path: string][] {
  if (process.platform === 'linux' && process.arch === 'x64')
    return NODES.map((version) => [version, join(TOOLS, `node-${version}`, 'bin', 'node')]);
  console.warn(`Node ${NODES.join(', ')} are installed on linux x64 only: ${process.platform} is tested with one Node`);
  return [[process.versions.node, process.execPath]];
}

/** A new folder that goes with the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'install-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The environment of a person who has nothing yet: no settings, no registry, no credentials. `node` is the given one. */
export function environment(home: string, node: string = process.execPath): Record<string, string> {
  return {
    HOME: home,
    USERPROFILE: home,
    PATH: [dirname(node), process.env.PATH].join(delimiter),
    npm_config_cache: join(home, '.npm'),
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
    // The clients reach for their makers' services at a start.
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    GEMINI_CLI_TRUST_WORKSPACE: 'true',
  };
}

/** Runs a program to its end. What it printed, on both streams. */
export async function run(command: string, args: string[], options: { cwd: string; env: Record<string, string> }) {
  const { stdout, stderr } = await promisify(execFile)(command, args, { ...options, encoding: 'utf8' });
  return `${stdout}${stderr}`;
}

export interface Start {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
}

/** Names of the tools that a started server offers, and the answer of one of them. Expects its views too, which are a file of each package. */
export async function session(start: Start): Promise<{ offered: string[]; endpoints: unknown; failed: boolean }> {
  const client = new Client({ name: 'installs', version: '1.0.0' });
  await client.connect(new StdioClientTransport({ ...start, stderr: 'inherit' }));
  try {
    expect(client.getServerVersion()?.name).toBe(NAME);
    const offered = (await client.listTools()).tools.map(({ name }) => name);
    const { contents } = await client.readResource({ uri: 'ui://serving/workspace' });
    expect(contents).toEqual([
      expect.objectContaining({ text: expect.stringMatching(/^<!doctype html>.*<\/html>\n$/s) }),
    ]);
    const { isError, structuredContent } = await client.callTool({ name: 'list_endpoints', arguments: {} });
    return { offered, endpoints: structuredContent, failed: isError === true };
  } finally {
    await client.close();
  }
}

/** Expects a session with the sandbox, and all tools. */
export async function expectSandbox(start: Start): Promise<void> {
  const { offered, endpoints, failed } = await session(start);
  expect(failed, JSON.stringify(endpoints)).toBe(false);
  expect(offered).toEqual(tools.map(({ name }) => name));
  expect(JSON.stringify(endpoints)).toContain('house-price');
}

/** Expects a session that offers no tool that writes. */
export async function expectReadOnly(start: Start): Promise<void> {
  const { offered } = await session(start);
  expect(offered).toContain('get_endpoint');
  expect(offered).not.toContain('create_endpoint');
}

/** An installed tool. @throws Error that names the script that installs it. */
export function tool(path: string): string {
  const file = join(TOOLS, path);
  if (!existsSync(file)) throw new Error(`${path} is not installed. npm run test:packages installs it`);
  return file;
}
