/**
 * The folder as a plugin of Claude Code and Cursor and an extension of Gemini CLI. The first two of these programs install and start it themselves.
 * A recorder in the place of the server notes how they start it; the same start then makes a tool call.
 */
import { cpSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, inject, it } from 'vitest';
import { PLUGIN_SCHEMA, SERVER_SCHEMA } from './formats.ts';
import {
  emptyFolder,
  environment,
  expectReadOnly,
  expectSandbox,
  NAME,
  run,
  type Start,
  TOOLS,
  tool,
} from './support.ts';

/** The staged folder in a home, with a recorder as its server. */
function staged(): { home: string; folder: string; started: () => Start } {
  const home = emptyFolder();
  const folder = join(home, NAME);
  const record = join(home, 'started.json');
  cpSync(join(inject('packages'), NAME), folder, { recursive: true });
  renameSync(join(folder, 'dist', 'server.mjs'), join(folder, 'dist', 'recorded.mjs'));
  writeFileSync(
    join(folder, 'dist', 'server.mjs'),
    `import { writeFileSync } from 'node:fs';
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('DATABRICKS_')));
const start = { command: process.execPath, args: process.argv.slice(1), env, cwd: process.cwd() };
writeFileSync(${JSON.stringify(record)}, JSON.stringify(start));
await import('./recorded.mjs');
`,
  );
  return {
    home,
    folder,
    started() {
      const { env, ...start } = JSON.parse(readFileSync(record, 'utf8'));
      return { ...start, env: { ...environment(home), ...env } };
    },
  };
}

const CLAUDE = join('@anthropic-ai', `claude-code-${process.platform}-${process.arch}`, 'claude');
/** It is a program of its own for each platform, and the file has other names elsewhere. */
const noClaude = process.platform === 'win32' || !existsSync(join(TOOLS, CLAUDE));
if (noClaude) console.warn(`Claude Code is not tested here: ${CLAUDE} is not installed`);

it.runIf(process.platform === 'linux' && process.arch === 'x64')('every tool is installed where CI runs', () => {
  expect(noClaude).toBe(false);
});

describe.skipIf(noClaude)('Claude Code', () => {
  const claude = (home: string, ...args: string[]) => run(tool(CLAUDE), args, { cwd: home, env: environment(home) });

  it('finds nothing to report in the folder', async () => {
    const home = emptyFolder();
    const folder = join(inject('published'), NAME);
    const said = await claude(home, 'plugin', 'validate', '--strict', '--profile', 'directory', folder);
    expect(said).toContain('These checks found nothing to report');
    expect(said).toContain('Validation passed');
  });

  it('installs it from the folder, with the sandbox, and starts it', async () => {
    const { home, folder, started } = staged();
    await claude(home, 'plugin', 'marketplace', 'add', folder);
    const settings = ['--config', 'sandbox=true', '--config', 'read_only=false'];
    await claude(home, 'plugin', 'install', `${NAME}@${NAME}`, ...settings);
    expect(await claude(home, 'mcp', 'list')).toMatch(/databricks-serving: .* ✔ Connected/);
    await expectSandbox(started());
  });

  it('starts it read-only when no setting was given', async () => {
    const { home, folder, started } = staged();
    await claude(home, 'plugin', 'marketplace', 'add', folder);
    await claude(home, 'plugin', 'install', `${NAME}@${NAME}`);
    expect(await claude(home, 'mcp', 'list')).toMatch(/databricks-serving: .* ✔ Connected/);
    await expectReadOnly(started());
  });
});

describe('Gemini CLI', () => {
  const gemini = (home: string, ...args: string[]) =>
    run(process.execPath, [tool('@google/gemini-cli/bundle/gemini.js'), ...args], {
      cwd: home,
      env: environment(home),
    });
  const installed = (home: string) => join(home, '.gemini', 'extensions', NAME);

  it('installs it from the folder and starts it, read-only when no setting was given', async () => {
    const { home, folder, started } = staged();
    expect(await gemini(home, 'extensions', 'validate', folder)).toContain('successfully validated');
    await gemini(home, 'extensions', 'install', folder, '--consent', '--skip-settings');
    expect(await gemini(home, 'mcp', 'list')).toMatch(/databricks-serving .*Connected/);
    expect(started().args[0]).toBe(join(installed(home), 'dist', 'server.mjs'));
    await expectReadOnly(started());
  });

  it('takes an empty setting as not given', async () => {
    const { home, folder, started } = staged();
    await gemini(home, 'extensions', 'install', folder, '--consent', '--skip-settings');
    const empty = ['DATABRICKS_CONFIG_PROFILE', 'DATABRICKS_SERVING_SANDBOX', 'DATABRICKS_SERVING_READ_ONLY'];
    writeFileSync(join(installed(home), '.env'), empty.map((name) => `${name}=""\n`).join(''));
    expect(await gemini(home, 'mcp', 'list')).toMatch(/databricks-serving .*Connected/);
    await expectReadOnly(started());
  });

  it('passes its settings on', async () => {
    const { home, folder, started } = staged();
    await gemini(home, 'extensions', 'install', folder, '--consent', '--skip-settings');
    // `gemini extensions config` asks on a terminal, and writes this file.
    writeFileSync(
      join(installed(home), '.env'),
      'DATABRICKS_SERVING_SANDBOX="true"\nDATABRICKS_SERVING_READ_ONLY="false"\n',
    );
    expect(await gemini(home, 'mcp', 'list')).toMatch(/databricks-serving .*Connected/);
    await expectSandbox(started());
  });
});

describe('Cursor', () => {
  // Cursor runs on a desktop only. So its part is done here: check the manifest, replace its variable, start the server.
  it('has a manifest of its form, and starts it read-only', async () => {
    const home = emptyFolder();
    const folder = join(inject('packages'), NAME);
    const manifest = JSON.parse(readFileSync(join(folder, '.cursor-plugin', 'plugin.json'), 'utf8'));
    expect(problems(PLUGIN_SCHEMA, manifest)).toEqual([]);
    for (const path of [manifest.logo, manifest.mcpServers]) expect(existsSync(join(folder, path)), path).toBe(true);
    const { mcpServers } = JSON.parse(
      readFileSync(join(folder, manifest.mcpServers), 'utf8').replaceAll(`\${CURSOR_PLUGIN_ROOT}`, folder),
    );
    const { command, args } = mcpServers['databricks-serving'];
    await expectReadOnly({ command, args, env: environment(home), cwd: home });
    const env = { ...environment(home), DATABRICKS_SERVING_SANDBOX: 'true' };
    await expectReadOnly({ command, args, env, cwd: home });
  });
});

describe('the MCP registry', () => {
  it.each(['packages', 'published'] as const)('gets a server.json of its form: %s', (each) => {
    const server = JSON.parse(readFileSync(join(inject(each), 'server.json'), 'utf8'));
    expect(problems(SERVER_SCHEMA, server)).toEqual([]);
    expect(problems(SERVER_SCHEMA, { ...server, name: NAME })).not.toEqual([]);
    expect(problems(SERVER_SCHEMA, { ...server, description: 'x'.repeat(101) })).not.toEqual([]);
  });
});

describe('npm run package', () => {
  it('leaves no dead link in the README: each leads to a file next to it, or to the repository', () => {
    for (const each of ['packages', 'published'] as const) {
      const folder = join(inject(each), NAME);
      const links = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/\]\(([^()\s#]+)(?:#[^()\s]*)?\)/g)];
      const relative = links.map(([, target = '']) => target).filter((target) => !target.startsWith('https://'));
      expect(relative.filter((target) => !existsSync(join(folder, target)))).toEqual([]);
      expect(relative.length === 0).toBe(each === 'published');
    }
  });

  it('stops at a wrong publisher.json, names the mistake, and makes nothing', async () => {
    const home = emptyFolder();
    const file = join(home, 'publisher.json');
    writeFileSync(file, '{"repository": "github.com/acme/serving"}');
    const script = join(import.meta.dirname, '..', '..', 'src', 'package', 'package.ts');
    const args = ['tsx', script, '--publisher', file, '--out', join(home, 'out')];
    const failure = await run('npx', args, { cwd: process.cwd(), env: environment(home) }).catch((error) => error);
    expect(failure).toMatchObject({ code: 1, stdout: '' });
    expect(failure.stderr).toContain('repository must be the address on GitHub');
    expect(existsSync(join(home, 'out'))).toBe(false);
  });

  it('says what to fill in before publishing, and which file has a placeholder', () => {
    const { packages } = inject('said');
    for (const words of ['npmPackage:', 'repository:', 'author:', 'src/package/publisher.json', 'io.github.OWNER/'])
      expect(packages).toContain(words);
    expect(inject('said').published).toContain('Ready to publish');
    expect(inject('said').published).not.toContain('fill in');
  });
});

function problems(schema: object, value: unknown): unknown[] {
  const ajv = new Ajv({ strict: false, formats: { uri: (text: string) => URL.canParse(text) } });
  const validate = ajv.compile(schema);
  return validate(value) ? [] : (validate.errors ?? []);
}
