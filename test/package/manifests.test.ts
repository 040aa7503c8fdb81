/** The manifests say the same of the product in every format, complete with a publisher and valid without one. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import metadata from '../../package.json' with { type: 'json' };
import { readConfig } from '../../src/config.ts';
import { manifests } from '../../src/package/manifests.ts';
import { PRODUCT, type Setting } from '../../src/package/product.ts';
import type { Publisher } from '../../src/package/publisher.ts';
import { serverJson } from '../../src/package/server-json.ts';
import { tools } from '../../tools/index.ts';

const ROOT = new URL('../../', import.meta.url);
const NOBODY: Publisher = { npmPackage: null, repository: null, author: null };
const ACME: Publisher = {
  npmPackage: '@acme/serving',
  repository: 'https://github.com/AcmeCorp/serving-mcp',
  author: { name: 'Acme', email: 'mcp@acme.example', url: 'https://acme.example' },
};
const BUNDLE = { file: 'databricks-serving-mcp-0.1.0.mcpb', sha256: 'a'.repeat(64) };

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into field by field, and a wrong guess fails the test
const filesOf = (publisher: Publisher): Record<string, any> =>
  JSON.parse(
    JSON.stringify({ ...manifests(PRODUCT, publisher), 'server.json': serverJson(PRODUCT, publisher, BUNDLE) }),
  );
const nobody = filesOf(NOBODY);
const acme = filesOf(ACME);
const FORMATS = Object.keys(nobody);

describe('one version', () => {
  it.each(FORMATS.filter((file) => !/marketplace|mcp\.json$/.test(file)))('%s has that of package.json', (file) => {
    expect(nobody[file].version).toBe(metadata.version);
  });

  it('the changelog begins with it, or with what comes after it, and only its first part may lack a date', () => {
    const changelog = readFileSync(new URL('CHANGELOG.md', ROOT), 'utf8');
    const headings = [...changelog.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
    const parts = headings.map((each) => /^\[(Unreleased|[\d.]+)\](?: - (\d{4}-\d\d-\d\d|unreleased))?$/.exec(each));
    expect(parts).not.toContain(null);
    const versions = parts.flatMap((part) => part?.[1] ?? []).filter((each) => each !== 'Unreleased');
    expect(versions[0]).toBe(metadata.version);
    const dated = parts.map((part) => /^\d/.test(part?.[2] ?? ''));
    expect(dated.slice(1)).not.toContain(false);
  });
});

describe('with a publisher', () => {
  it('the npm package is complete, and the MCP registry finds its own name in it', () => {
    expect(acme['package.json']).toMatchObject({
      name: '@acme/serving',
      author: ACME.author,
      repository: { type: 'git', url: 'git+https://github.com/AcmeCorp/serving-mcp.git' },
      homepage: 'https://github.com/AcmeCorp/serving-mcp#readme',
      bugs: { url: 'https://github.com/AcmeCorp/serving-mcp/issues' },
      mcpName: 'io.github.AcmeCorp/databricks-serving-mcp',
      publishConfig: { access: 'public' },
    });
    expect(acme['package.json']).not.toHaveProperty('private');
    expect(acme['server.json'].name).toBe(acme['package.json'].mcpName);
  });

  it('the program keeps its name and its command', () => {
    expect(acme['package.json'].bin).toEqual({ 'databricks-serving-mcp': 'dist/server.mjs' });
    for (const file of FORMATS.filter((each) => !/^(package|server)\.json$|mcp\.json$/.test(each)))
      expect(acme[file].name, file).toBe('databricks-serving-mcp');
  });

  it('the registry gets the npm package and the bundle of the release, with its hash', () => {
    expect(acme['server.json'].packages).toMatchObject([
      { registryType: 'npm', identifier: '@acme/serving', version: metadata.version },
      {
        registryType: 'mcpb',
        identifier: `https://github.com/AcmeCorp/serving-mcp/releases/download/v${metadata.version}/${BUNDLE.file}`,
        fileSha256: BUNDLE.sha256,
      },
    ]);
  });

  it.each(['manifest.json', '.claude-plugin/plugin.json', '.cursor-plugin/plugin.json'])('%s names it', (file) => {
    expect(acme[file].author.name).toBe('Acme');
    expect(JSON.stringify(acme[file].repository)).toContain('https://github.com/AcmeCorp/serving-mcp');
  });
});

describe('without a publisher', () => {
  it('fields are left out, and npm refuses to publish', () => {
    expect(nobody['package.json']).toMatchObject({ name: metadata.name, private: true });
    for (const field of ['author', 'repository', 'homepage', 'bugs', 'mcpName'])
      expect(nobody['package.json']).not.toHaveProperty(field);
    expect(JSON.stringify(nobody)).not.toContain('github.com/');
  });

  it('only server.json has a placeholder, in its name, and it lists no bundle', () => {
    expect(FORMATS.filter((file) => JSON.stringify(nobody[file]).includes('OWNER'))).toEqual(['server.json']);
    expect(nobody['server.json'].name).toBe('io.github.OWNER/databricks-serving-mcp');
    expect(nobody['server.json'].packages).toHaveLength(1);
  });

  it('a format that requires an author names the holder of the license', () => {
    const { name } = nobody['manifest.json'].author;
    expect(readFileSync(new URL('LICENSE', ROOT), 'utf8')).toContain(name);
  });
});

describe('the limits of the formats', () => {
  it('the registry takes at most 100 characters of description and title', () => {
    expect(PRODUCT.summary.length).toBeLessThanOrEqual(100);
    expect(PRODUCT.title.length).toBeLessThanOrEqual(100);
  });

  it('the bundle lists every tool, each with one sentence', () => {
    const listed: { name: string; description: string }[] = nobody['manifest.json'].tools;
    expect(listed.map(({ name }) => name)).toEqual(tools.map(({ name }) => name));
    expect(listed.filter(({ description }) => !description.endsWith('.'))).toEqual([]);
  });

  it('the icon is a PNG of 512 × 512 pixels', () => {
    const png = readFileSync(new URL('src/package/icon.png', ROOT));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([512, 512]);
    expect(png.length).toBeLessThan(20_000);
  });
});

describe('the settings', () => {
  /** The options and variables of each start, with what a client writes for its settings. */
  const STARTS: Record<
    string,
    (fill: (setting: Setting) => string) => { argv: string[]; env: Record<string, string> }
  > = Object.fromEntries(
    ['manifest.json', '.claude-plugin/plugin.json', 'gemini-extension.json'].map((file) => [
      file,
      (fill) => {
        const { server, mcpServers } = nobody[file];
        const { args, env } = server?.mcp_config ?? mcpServers['databricks-serving'];
        const filled = (text: string) =>
          PRODUCT.settings.reduce(
            (before, setting) =>
              [`user_config.${setting.key}`, setting.variable].reduce(
                (each, name) => each.replaceAll(`\${${name}}`, () => fill(setting)),
                before,
              ),
            text,
          );
        const values: string[] = Object.values<string>(env).map(filled);
        return {
          argv: args.slice(1).map(filled),
          env: Object.fromEntries(Object.keys(env).map((name, index) => [name, values[index] ?? ''])),
        };
      },
    ]),
  );

  describe.each(Object.entries(STARTS))('%s', (_file, start) => {
    it.each<[string, (setting: Setting) => string]>([
      ['its standard', ({ default: standard }) => String(standard ?? '')],
      ['an empty text', () => ''],
      ['the placeholder', ({ key }) => `\${user_config.${key}}`],
      ['the other placeholder', ({ variable }) => `\${${variable}}`],
    ])('leaves a real workspace read-only when the client passes a skipped setting on as %s', (_form, fill) => {
      const { argv, env } = start(fill);
      expect(readConfig(argv, env)).toMatchObject({ command: 'serve', readOnly: true, sandbox: undefined });
    });

    it('passes each one on', () => {
      const { argv, env } = start(({ type, key }) => (type === 'string' ? 'nightly' : String(key === 'sandbox')));
      expect(readConfig(argv, env)).toMatchObject({ readOnly: false, sandbox: { port: 0 } });
      expect(env.DATABRICKS_CONFIG_PROFILE).toBe('nightly');
    });
  });

  it.each([
    ['manifest.json', 'user_config'],
    ['.claude-plugin/plugin.json', 'userConfig'],
  ])('%s asks for each one', (file, field) => {
    expect(Object.keys(nobody[file][field])).toEqual(PRODUCT.settings.map(({ key }) => key));
  });

  it('in Cursor, which has no form for them, are read-only too', () => {
    const [server] = Object.values<{ args: string[] }>(nobody['.cursor-plugin/mcp.json'].mcpServers);
    expect(readConfig(server?.args.slice(1) ?? [])).toMatchObject({ command: 'serve', readOnly: true });
  });
});
