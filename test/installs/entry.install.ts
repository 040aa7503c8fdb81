/** `install` of the packed file writes into the real clients, and each of them lists and starts the server. `uninstall` takes it away. */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, inject, it } from 'vitest';
import metadata from '../../package.json' with { type: 'json' };
import { emptyFolder, environment, NAME, run, tool } from './support.ts';

const PACKED = `${NAME}-${metadata.version}.tgz`;
const CLAUDE = join('@anthropic-ai', `claude-code-${process.platform}-${process.arch}`, 'claude');

interface Installed {
  home: string;
  env: Record<string, string>;
  /** Runs the command that npm installed. */
  server(...args: string[]): Promise<string>;
}

/** The packed file, installed in a home. */
async function installed(): Promise<Installed> {
  const home = emptyFolder();
  const env = environment(home);
  await run('npm', ['install', '--prefix', home, join(inject('packages'), PACKED)], { cwd: home, env });
  const command = join(home, 'node_modules', '.bin', NAME);
  return { home, env, server: (...args) => run(command, args, { cwd: home, env }) };
}

it('Claude Code lists the server as connected, and keeps its own settings', async () => {
  const { home, env, server } = await installed();
  const claude = (...args: string[]) => run(tool(CLAUDE), args, { cwd: home, env });
  expect(await claude('mcp', 'list')).toContain('No MCP servers configured');
  const before = readFileSync(join(home, '.claude.json'), 'utf8');
  await server('install', 'claude-code', '--sandbox', '--yes');
  expect(await claude('mcp', 'list')).toMatch(/databricks-sandbox: .* --sandbox - ✔ Connected/);
  expect(await claude('mcp', 'get', 'databricks-sandbox')).toMatch(/Scope: User config[\s\S]*✔ Connected/);
  await server('uninstall', 'claude-code', '--sandbox', '--yes');
  expect(await claude('mcp', 'list')).toContain('No MCP servers configured');
  const { mcpServers, ...kept } = JSON.parse(readFileSync(join(home, '.claude.json'), 'utf8'));
  expect(mcpServers ?? {}).toEqual({});
  expect(kept).toMatchObject({ userID: JSON.parse(before).userID });
});

it('Claude Code asks before it starts the server of a project', async () => {
  const { home, env, server } = await installed();
  await server('install', 'claude-code', '--sandbox', '--project', '--yes');
  expect(await run(tool(CLAUDE), ['mcp', 'list'], { cwd: home, env })).toMatch(
    /databricks-sandbox: .*[Pp]ending approval/,
  );
});

it('Gemini CLI lists the server as connected: its settings need no `--`, unlike `gemini mcp add`', async () => {
  const { home, env, server } = await installed();
  mkdirSync(join(home, '.gemini'));
  const settings = join(home, '.gemini', 'settings.json');
  const text =
    '{\n  // mine\n  "mcpServers": {\n    "off": { "command": "true" }\n  },\n  "ui": { "theme": "GitHub" }\n}\n';
  writeFileSync(settings, text);
  const gemini = () =>
    run(process.execPath, [tool('@google/gemini-cli/bundle/gemini.js'), 'mcp', 'list'], { cwd: home, env });
  await server('install', 'gemini', '--sandbox', '--read-only', '--yes');
  expect(await gemini()).toMatch(/databricks-sandbox: .* --read-only --sandbox .*Connected/);
  await server('uninstall', 'gemini', '--sandbox', '--yes');
  expect(await gemini()).not.toContain('databricks-sandbox');
  expect(readFileSync(settings, 'utf8')).toBe(text);
});

it('Codex lists the server with its approval mode, starts it and sees its tools', async () => {
  const { home, env, server } = await installed();
  mkdirSync(join(home, '.codex'));
  const config = join(home, '.codex', 'config.toml');
  const text = '# mine\nmodel = "o"\n\n[projects."/work"]\ntrust_level = "trusted"\n';
  writeFileSync(config, text);
  const program = tool('@openai/codex/bin/codex.js');
  const codex = (...args: string[]) => run(process.execPath, [program, ...args], { cwd: home, env });
  await server('install', 'codex', '--sandbox', '--yes');
  expect(await codex('mcp', 'list')).toMatch(/databricks-sandbox .* --sandbox .*enabled/);
  expect(await codex('mcp', 'get', 'databricks-sandbox')).toMatch(/default_tools_approval_mode: approve/);
  expect(await toolsInCodex(program, { cwd: home, env })).toEqual(
    expect.arrayContaining(['list_endpoints', 'create_endpoint']),
  );
  await server('uninstall', 'codex', '--sandbox', '--yes');
  expect(readFileSync(config, 'utf8')).toBe(text);
});

/** The tools that Codex sees, as it reports them to an editor. No model is asked. */
async function toolsInCodex(program: string, options: { cwd: string; env: Record<string, string> }): Promise<string[]> {
  const child = spawn(process.execPath, [program, 'app-server'], { ...options, stdio: ['pipe', 'pipe', 'ignore'] });
  const send = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`);
  try {
    send({
      id: 1,
      method: 'initialize',
      params: { clientInfo: { name: 'installs', title: 'installs', version: '1.0.0' } },
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const { id, result } = JSON.parse(line);
      if (id === 1) {
        send({ method: 'initialized' });
        send({ id: 2, method: 'mcpServerStatus/list', params: {} });
      }
      if (id === 2)
        return Object.keys(result.data.find((each: { name: string }) => each.name === 'databricks-sandbox').tools);
    }
    return [];
  } finally {
    child.kill();
  }
}

it('a run of npx from the packed file writes no entry into its cache, and says what to do', async () => {
  const cwd = emptyFolder();
  copyFileSync(join(inject('packages'), PACKED), join(cwd, PACKED));
  const env = environment(cwd);
  const install = () =>
    execFileSync('npx', ['-y', `./${PACKED}`, 'install', 'codex', '--sandbox', '--yes'], { cwd, env, stdio: 'pipe' });
  expect(install).toThrow(`npm install --global ./${PACKED}`);
});
