/**
 * The README says what the code does. `UPDATE=1 npx vitest run test/readme.test.ts` rewrites its generated regions, `UPDATE=bench` measures the
 * numbers anew.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import metadata from '../package.json' with { type: 'json' };
import { METHODS } from '../src/auth/chain.ts';
import { OPTIONS, readConfig } from '../src/config.ts';
import { journalPath } from '../src/journal/journal.ts';
import { PROMPTS } from '../src/mcp/prompts.ts';
import { RESOURCES, TEMPLATES } from '../src/mcp/resources.ts';
import { RULE_SCHEMA } from '../src/sandbox/faults/faults.ts';
import { parseSeed } from '../src/sandbox/seed/seed.ts';
import { EXPORT_FORMS } from '../src/write/planned-write.ts';
import { parsePolicy } from '../src/write/policy.ts';
import { tools } from '../tools/index.ts';
import { CLI_JOBS } from './cli-jobs.ts';
import {
  assumedList,
  authTable,
  cliJobsTable,
  effectCounts,
  evidenceCounts,
  optionsTable,
  promptsTable,
  regionOf,
  resourcesTable,
  toolsTable,
  transcript,
  withRegion,
} from './docs.ts';
import { EVIDENCE } from './support/evidence.ts';
import { start } from './support/harness.ts';
import { walkThroughs } from './walkthrough/walkthrough.ts';

const ROOT = new URL('../', import.meta.url);
const README = new URL('README.md', ROOT);
const update = process.env.UPDATE;
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md'];

const REGIONS: Record<string, () => string | Promise<string>> = {
  transcript: async () => transcript(await walkThroughs()),
  options: () => optionsTable(OPTIONS),
  auth: () => authTable(METHODS),
  'tool-counts': () => effectCounts(tools),
  tools: () => toolsTable(tools),
  prompts: () => promptsTable(PROMPTS),
  resources: () => resourcesTable(RESOURCES, TEMPLATES),
  'cli-jobs': () => cliJobsTable(CLI_JOBS),
  evidence: () => evidenceCounts(EVIDENCE),
  assumed: () => assumedList(EVIDENCE),
};

const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8');
const readme = () => read('README.md');

describe('generated regions of the README', () => {
  for (const [name, generate] of Object.entries(REGIONS)) {
    it(`${name} is current; if not, run UPDATE=1 npx vitest run test/readme.test.ts`, { timeout: 60_000 }, async () => {
      // the walk-throughs take two seconds, on a busy machine more
      const body = await generate();
      if (update === '1') writeFileSync(README, withRegion(readme(), name, body));
      expect(regionOf(readme(), name)).toBe(body.trim());
    });
  }

  it('has numbers with their date', { timeout: 600_000 }, async () => {
    if (update === 'bench') {
      const run = promisify(execFile);
      const { stdout } = await run('npm', ['run', '--silent', 'bench', '--', '--markdown'], {
        cwd: fileURLToPath(ROOT),
      });
      writeFileSync(README, withRegion(readme(), 'bench', stdout));
    }
    expect(regionOf(readme(), 'bench')).toMatch(/^Measured on \d{4}-\d\d-\d\d[\s\S]*\|/);
  });
});

describe.each(DOCUMENTS)('%s', (name) => {
  const document = () => read(name);

  it('links to files and headings that exist', () => {
    const links = [...document().matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
    const inside = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(
      inside.filter((link) => !link.startsWith('#') && !existsSync(new URL(link.split('#')[0] ?? '', ROOT))),
    ).toEqual([]);
    const headings = [...document().matchAll(/^#+ (.+)$/gm)].map((match) => slug(match[1] ?? ''));
    expect(inside.filter((link) => link.startsWith('#') && !headings.includes(link.slice(1)))).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    const named = [...document().matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map((match) => match[1] ?? '');
    expect([...new Set(named)].filter((script) => !(script in metadata.scripts))).toEqual([]);
    expect(metadata.scripts).toHaveProperty('test');
  });

  it('names files of the house that exist', () => {
    const named = [...document().matchAll(/`((?:src|tools|test|dist)\/[\w./-]+\.(?:ts|json))`/g)].map(
      (match) => match[1] ?? '',
    );
    expect([...new Set(named)].filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
  });

  it('has JSON blocks that parse', () => {
    for (const block of blocks(document(), 'json')) expect(() => JSON.parse(block), block).not.toThrow();
  });

  it('names tools that exist', () => {
    const known = new Set(tools.map((tool) => tool.name));
    const parameters = new Set(tools.flatMap((tool) => Object.keys(tool.input.shape)));
    const verbs = [...new Set([...known].map((tool) => tool.split('_')[0]))].join('|');
    const calls = [...document().matchAll(new RegExp(`(?:\`|→ |next: |undo: )((?:${verbs})_[a-z_]+)(?:\`| \\{)`, 'g'))];
    expect(
      [...new Set(calls.map((match) => match[1] ?? ''))].filter((word) => !known.has(word) && !parameters.has(word)),
    ).toEqual([]);
  });

  it('names options that exist', () => {
    const text = document();
    const lines = text.split('\n').filter((line) => /server\.mjs/.test(line));
    const inLines = lines.flatMap((line) => (line.split('server.mjs').at(-1) ?? '').match(/--[a-z][a-z-]+/g) ?? []);
    const inWords = [...text.matchAll(/`(--[a-z][a-z-]+)(?: [^`]*)?`/g)].map((match) => match[1] ?? '');
    const known = new Set(OPTIONS.map((option) => `--${option.name}`));
    expect([...new Set([...inLines, ...inWords])].filter((option) => !known.has(option))).toEqual([]);
  });
});

describe('what the README shows', () => {
  it('client set-ups start the server with a command line that it accepts', () => {
    const configs = blocks(readme(), 'json').map((block) => JSON.parse(block));
    const servers = configs.flatMap((config) =>
      Object.values<{ args: string[] }>(config.mcpServers ?? config.servers ?? {}),
    );
    expect(servers.length).toBeGreaterThanOrEqual(3);
    for (const { args } of servers) {
      expect(args[0]).toMatch(/[/\\]dist[/\\]server\.mjs$/);
      expect(readConfig(args.slice(1)).command).toBe('serve');
    }
  });

  it('the first job that it proposes is done on the built-in workspace', async () => {
    const [, name = '', version = '', alias = ''] =
      /\*Which serving endpoints are there\? Roll (\S+) out to version (\d+) and move its (\w+) alias\.\*/.exec(
        readme(),
      ) ?? [];
    const harness = await start();
    try {
      const { endpoints } = (await harness.call('list_endpoints')).data;
      expect(endpoints).toContainEqual(expect.objectContaining({ name, status: 'ready' }));
      const { data } = await harness.call('swap_version', { endpoint: name, version, alias, wait_seconds: 1800 });
      expect(data).toMatchObject({ outcome: 'ready', changed: true, alias: { version: Number(version), was: 1 } });
    } finally {
      await harness.close();
    }
  });

  it('the first set-up comes before the walk-throughs, and the servers of mcp.json are those that are told', () => {
    expect(readme().indexOf('"--sandbox"')).toBeLessThan(readme().indexOf('<!-- transcript -->'));
    const told = blocks(readme(), 'json').flatMap((block) =>
      Object.values<{ args: string[] }>(JSON.parse(block).mcpServers ?? {}),
    );
    const shipped = Object.values<{ args: string[] }>(JSON.parse(read('mcp.json')).mcpServers);
    expect(shipped.map(({ args }) => args.slice(1))).toEqual(
      expect.arrayContaining(told.map(({ args }) => args.slice(1))),
    );
  });

  it('the example of a seed is one', () => {
    const seeds = blocks(readme(), 'json').filter((block) => block.includes('"models"'));
    expect(seeds).toHaveLength(1);
    expect(() => parseSeed(JSON.parse(seeds[0] ?? ''))).not.toThrow();
  });

  it('the example of a policy is one, and each rule is told', () => {
    const [example = ''] = blocks(readme(), 'json').filter((block) => block.includes('"allow_endpoints"'));
    const rules = Object.keys(parsePolicy(example, 'the example'));
    // A refused policy names every rule there is.
    expect(() => parsePolicy('{"unheard_of":1}', 'x')).toThrow(`(rules: ${rules.join(', ')})`);
    const told = [...readme().matchAll(/^\| `([a-z_]+)` \| (?!read|query|write|destroy)/gm)].map((match) => match[1]);
    expect(rules.filter((rule) => !told.includes(rule))).toEqual([]);
  });

  it('names the forms of a dry run, and the file of changes', () => {
    expect(EXPORT_FORMS.filter((form) => !readme().includes(`"${form}"`))).toEqual([]);
    const home = '/home/you';
    expect(journalPath('linux', {}, home)).toBe(`${home}/.local/state/databricks-serving-mcp/changes.jsonl`);
    expect(journalPath('darwin', {}, home)).toBe(
      `${home}/Library/Application Support/databricks-serving-mcp/changes.jsonl`,
    );
    for (const part of ['~/.local/state', '~/Library/Application Support', 'databricks-serving-mcp/changes.jsonl'])
      expect(readme()).toContain(part);
  });

  it('lists the control routes that there are', () => {
    const there = [...read('src/sandbox/control.ts').matchAll(/app\.(get|post|delete)\('(\/sandbox\/[^*']+)'/g)];
    const routes = there.map((match) => `${match[1]?.toUpperCase()} ${match[2]?.replace(/:(\w+)/, '{$1}')}`);
    const told = [...readme().matchAll(/^\| `((?:GET|POST|DELETE) \/sandbox\/\S+)`/gm)].map((match) => match[1]);
    expect(told.toSorted()).toEqual(routes.toSorted());
  });

  it('lists the faults that there are', () => {
    const effects = RULE_SCHEMA.properties.effect.anyOf.map((each) => each.required[0]);
    expect(effects.filter((effect) => !readme().includes(`\`${effect}\``))).toEqual([]);
  });
});

it('the map of CONTRIBUTING.md shows files that exist', () => {
  const map = blocks(read('CONTRIBUTING.md'), 'text')[0] ?? '';
  let folder = '';
  const shown = map.split('\n').flatMap((line) => {
    const [, indent = '', names = ''] = /^( *)(\S+(?: \S+\/)*)(?: .*)?$/.exec(line) ?? [];
    if (indent === '') folder = names;
    return names.split(' ').map((name) => (indent === '' ? name : folder + name));
  });
  expect(shown.length).toBeGreaterThan(20);
  // A star stands for the rest of a family of names; their common beginning is enough.
  const there = (path: string) => {
    const [folder, name = ''] = [path.slice(0, path.lastIndexOf('/') + 1), path.slice(path.lastIndexOf('/') + 1)];
    const beginning = name.replace(/\*.*$/, '');
    return (
      existsSync(new URL(folder, ROOT)) && readdirSync(new URL(folder, ROOT)).some((each) => each.startsWith(beginning))
    );
  };
  expect(shown.filter((path) => !there(path))).toEqual([]);
});

function blocks(document: string, language: string): string[] {
  return [...document.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    (match) => match[1] ?? '',
  );
}

/** The anchor that GitHub gives a heading. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
