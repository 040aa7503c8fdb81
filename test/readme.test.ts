/**
 * The documents match the code. `UPDATE=1 npx vitest run test/readme.test.ts` rewrites their generated regions, `UPDATE=bench` measures the
 * numbers again.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import metadata from '../package.json' with { type: 'json' };
import { METHODS } from '../src/auth/chain.ts';
import { readConfig } from '../src/config.ts';
import { CLIENTS } from '../src/install/clients.ts';
import { journalPath } from '../src/journal/journal.ts';
import { PROMPTS } from '../src/mcp/prompts.ts';
import { resources, TEMPLATES } from '../src/mcp/resources.ts';
import { OPTIONS } from '../src/options.ts';
import { PRODUCT } from '../src/package/product.ts';
import { parsePublisher } from '../src/package/publisher.ts';
import { RULE_SCHEMA } from '../src/sandbox/faults/faults.ts';
import { parseSeed } from '../src/sandbox/seed/seed.ts';
import { BEHAVIOUR_FIELDS } from '../src/sandbox/traffic/control-routes.ts';
import { EXPORT_FORMS } from '../src/write/planned-write.ts';
import { parsePolicy } from '../src/write/policy.ts';
import { tools } from '../tools/index.ts';
import {
  assumedList,
  authTable,
  clientsTable,
  effectCounts,
  evidenceCounts,
  installLines,
  opening,
  optionsTable,
  packageLines,
  promptsTable,
  regionOf,
  resourcesTable,
  toolReference,
  toolsetsTable,
  toolsTable,
  transcript,
  withRegion,
} from './docs.ts';
import { routeList } from './route-list.ts';
import { EVIDENCE } from './support/evidence.ts';
import { start } from './support/harness.ts';
import { RUN_ALL } from './support/selection.ts';
import { ROLLBACK, type Walkthrough, walkThroughs } from './walkthrough/walkthrough.ts';

const ROOT = new URL('../', import.meta.url);
const update = process.env.UPDATE;
const run = promisify(execFile);

/** The documents at the top, and the README of each folder. */
const DOCUMENTS = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...['src', 'tools', 'test'].flatMap((folder) =>
    readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
      .filter((path) => /(^|[/\\])README\.md$/.test(path) && !path.includes('node_modules'))
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`),
  ),
];

/** Options that matter to most people; `--help` has the rest. */
const MAIN_OPTIONS = ['profile', 'host', 'read-only', 'no-query', 'policy', 'journal', 'sandbox', 'sandbox-seed'];

let played: Promise<Walkthrough[]> | undefined;
const allPlayed = () => {
  played ??= walkThroughs();
  return played;
};

const REGIONS: Record<string, Record<string, () => string | Promise<string>>> = {
  'README.md': {
    transcript: async () => {
      const played = await allPlayed();
      const rollback = first(played.filter(({ title }) => title === ROLLBACK));
      return `${opening(rollback, 3)}\n\n${opening(first(played.slice(-1)), 1, ['code', 'severity', 'confidence', 'since', 'evidence'])}`;
    },
    tools: () => toolsTable(tools),
    options: () => optionsTable(OPTIONS, MAIN_OPTIONS),
    'install-lines': () => installLines(CLIENTS),
    packages: () => packageLines(parsePublisher(read('src/package/publisher.json'), 'publisher.json'), PRODUCT),
  },
  'tools/README.md': {
    transcript: async () => transcript(await allPlayed()),
    'tool-counts': () => effectCounts(tools),
    toolsets: () => toolsetsTable(tools),
    tools: () => toolReference(tools),
    prompts: () => promptsTable(PROMPTS),
    resources: () => resourcesTable(resources(), TEMPLATES),
  },
  'src/install/README.md': { clients: () => clientsTable(CLIENTS) },
  'src/auth/README.md': { auth: () => authTable(METHODS) },
  'src/sandbox/README.md': {
    evidence: () => evidenceCounts(EVIDENCE),
    assumed: () => assumedList(EVIDENCE),
    routes: routeList,
  },
};

const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8');
const write = (name: string, text: string) => writeFileSync(new URL(name, ROOT), text);
const readme = () => read('README.md');

describe('generated regions', () => {
  for (const [name, regions] of Object.entries(REGIONS)) {
    for (const [region, generate] of Object.entries(regions)) {
      // The walk-throughs take two seconds, on a busy machine more.
      it(`${region} of ${name} is current; if not, run UPDATE=1 npx vitest run test/readme.test.ts`, {
        timeout: 60_000,
      }, async () => {
        const body = await generate();
        if (update === '1') write(name, withRegion(read(name), region, body));
        expect(regionOf(read(name), region)).toBe(body.trim());
      });
    }
  }

  it('the numbers of test/README.md have a date', { timeout: 600_000 }, async () => {
    const name = 'test/README.md';
    if (update === 'bench') {
      const { stdout } = await run('npm', ['run', '--silent', 'bench', '--', '--markdown'], {
        cwd: fileURLToPath(ROOT),
      });
      write(name, withRegion(read(name), 'bench', stdout));
    }
    expect(regionOf(read(name), 'bench')).toMatch(/^Measured on \d{4}-\d\d-\d\d[\s\S]*\|/);
  });

  it('the README shows eight options, and no region is without a generator', () => {
    expect(MAIN_OPTIONS).toHaveLength(8);
    const marked = DOCUMENTS.flatMap((name) =>
      [...read(name).matchAll(/^<!-- ([\w-]+) -->$/gm)].map((match) => `${name} ${match[1]}`),
    );
    const generated = Object.entries(REGIONS).flatMap(([name, regions]) =>
      Object.keys(regions).map((region) => `${name} ${region}`),
    );
    expect(marked.toSorted()).toEqual([...generated, 'test/README.md bench'].toSorted());
  });
});

describe.each(DOCUMENTS)('%s', (name) => {
  const document = () => read(name);

  it('links to files and headings that exist', () => {
    for (const link of linksOf(document())) {
      const { path, heading } = targetOf(name, link);
      expect(existsSync(new URL(path, ROOT)), link).toBe(true);
      if (heading !== undefined) expect(headingsOf(read(path)), link).toContain(heading);
    }
  });

  it('names npm scripts that exist', () => {
    const named = [...document().matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map((match) => match[1] ?? '');
    expect([...new Set(named)].filter((script) => !(script in metadata.scripts))).toEqual([]);
    expect(metadata.scripts).toHaveProperty('test');
  });

  it('names files that exist', () => {
    const named = [...document().matchAll(/`((?:src|tools|test)\/[\w./-]+\.(?:ts|json|md|svg))`/g)].map(
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
  it('it is short enough to read in one sitting: at most 220 lines', () => {
    expect(readme().trimEnd().split('\n').length).toBeLessThanOrEqual(220);
  });

  it('links of packed documents lead to packed files: a package has no repository around it', {
    timeout: 60_000,
  }, async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: fileURLToPath(ROOT),
      shell: process.platform === 'win32',
    });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }]; // npm's own format
    const packed = files.map(({ path }) => path);
    const documents = packed.filter((path) => path.endsWith('.md'));
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'SECURITY.md', 'tools/README.md']));
    const targets = documents.flatMap((name) => linksOf(read(name)).map((link) => targetOf(name, link).path));
    expect(targets.length).toBeGreaterThan(8);
    expect([...new Set(targets)].filter((path) => !packed.includes(path))).toEqual([]);
  });

  it('its lines are ones that the program accepts, and mcp.json starts it', () => {
    const lines = [
      ...readme().matchAll(/(?:node dist\/server\.mjs|&& databricks-serving-mcp|npx -y \S+) ([a-z][^`\n]*)/g),
    ];
    const configs = lines.map(([, words = '']) => readConfig(words.split(' ')));
    const installed = configs.flatMap(({ command, install }) => (command === 'install' ? [install?.client] : []));
    expect([...new Set(installed)].sort()).toEqual(CLIENTS.map(({ name }) => name).sort());
    expect(configs.map(({ command }) => command)).toEqual(expect.arrayContaining(['doctor', 'sandbox']));

    const { mcpServers } = JSON.parse(read('mcp.json'));
    const servers = Object.values<{ args: string[] }>(mcpServers).map(({ args }) => args);
    expect(servers).toHaveLength(2);
    for (const [path, ...options] of servers) {
      expect(path).toBe('dist/server.mjs');
      expect(readConfig(options).command).toBe('serve');
    }
  });

  it('the first job that it proposes is done on the built-in workspace, in the time that it promises', async () => {
    const [, name = '', version = '', alias = ''] =
      /^> Which serving endpoints are there\? Roll (\S+) out to version (\d+) and move its (\w+) alias\.$/m.exec(
        readme(),
      ) ?? [];
    const harness = await start({ pace: 60, at: Date.UTC(2026, 0, 5, 9) });
    try {
      const { endpoints, total } = (await harness.call('list_endpoints')).data;
      expect(readme()).toContain(`finds ${total} endpoints`);
      expect(endpoints).toContainEqual(expect.objectContaining({ name, status: 'ready' }));
      const { data } = await harness.call('swap_version', { endpoint: name, version, alias });
      expect(data).toMatchObject({ outcome: 'ready', changed: true, alias: { version: Number(version), was: 1 } });
      expect(readme()).toMatch(/A few seconds later .* `champion` points to it/);
      expect(harness.slept()).toBeLessThan(10_000);
    } finally {
      await harness.close();
    }
  });

  it.runIf(RUN_ALL)(
    'the seven questions are answered on the built-in workspace, in this order, with the tools that it names',
    async () => {
      const rows = [...readme().matchAll(/^\| ([A-Z].+[.?]) \| (`\w+`(?:, `\w+`)*) \|$/gm)].map(
        ([, question = '', named = '']) => ({ question, named: named.replaceAll('`', '').split(', ') }),
      );
      const used: string[][] = [];
      const harness = await start({ pace: 60, at: Date.UTC(2026, 0, 5, 9) });
      const call = async (tool: string, args: Record<string, unknown>) => {
        used.at(-1)?.push(tool);
        return harness.call(tool, args);
      };
      const ANSWERS = [
        async () => {
          const model = { model: 'ml.prod.churn', version: 3 };
          expect((await call('create_endpoint', { endpoint: 'churn', ...model })).data.changed).toBe(true);
          expect((await call('wait_for_endpoint', { endpoint: 'churn' })).data.outcome).toBe('ready');
        },
        async () => {
          const { data } = await call('swap_version', { endpoint: 'churn', version: 4, alias: 'champion' });
          expect(data).toMatchObject({ outcome: 'failed', alias: { version: 1 } });
        },
        async () => {
          const { data } = await call('diagnose_endpoint', { endpoint: 'churn' });
          expect(JSON.stringify(data.findings)).toContain("No module named 'sklearn.ensemble._gb_losses'");
          const all = await harness.call('diagnose_endpoint', {});
          expect(all.data.endpoints[0]).toMatchObject({ endpoint: 'churn', verdict: 'update_failed' });
        },
        async () => {
          const canary = { endpoint: 'house-price', version: 2 };
          let { data } = await call('roll_out', canary);
          for (let calls = 0; data.outcome === 'waiting' && calls < 20; calls++)
            data = (await harness.call('roll_out', canary)).data;
          expect(data).toMatchObject({ outcome: 'done', serving: expect.stringContaining('(100 %)') });
        },
        async () => {
          const { data } = await call('get_schema', { endpoint: 'house-price' });
          const answer = await call('query_endpoint', { endpoint: 'house-price', ...data.example });
          expect(answer.data.predictions[0]).toBeGreaterThan(0);
        },
        async () => {
          const { data } = await call('get_usage', { report: 'cost' });
          expect(data.rows.length).toBeGreaterThan(2);
          expect(data.idle).toEqual([expect.objectContaining({ endpoint: 'ticket-ranker' })]);
        },
        async () => {
          const grant = [{ principal: 'analysts', level: 'CAN_QUERY' }];
          expect((await call('update_permissions', { endpoint: 'churn', grant })).data.changed).toBe(true);
          const set = [{ key: 'user', calls: 60 }];
          expect((await call('set_rate_limits', { endpoint: 'churn', set })).data.changed).toBe(true);
        },
      ];
      try {
        for (const answer of ANSWERS) {
          used.push([]);
          await answer();
        }
      } finally {
        await harness.close();
      }
      expect(rows.map(({ named }) => named)).toEqual(used);
    },
  );

  it('the first set-up comes before the transcript, and mcp.json has every entry, read-only as shown', () => {
    expect(readme().indexOf('"--sandbox"')).toBeLessThan(readme().indexOf('<!-- transcript -->'));
    const shown = blocks(readme(), 'json').flatMap((block) =>
      Object.values<{ args: string[] }>(JSON.parse(block).mcpServers ?? {}),
    );
    const shipped = Object.values<{ args: string[] }>(JSON.parse(read('mcp.json')).mcpServers);
    expect(shipped.map(({ args }) => args.slice(1))).toEqual(
      expect.arrayContaining(shown.map(({ args }) => args.slice(1))),
    );
  });

  it('the short policy is one', () => {
    const [, example = ''] = /`(\{"allow_endpoints"[^`]*\})`/.exec(readme()) ?? [];
    expect(Object.keys(parsePolicy(example, 'the example'))).toHaveLength(3);
  });
});

describe('what the other documents show', () => {
  it('the seed in src/sandbox/README.md is one', () => {
    const seeds = blocks(read('src/sandbox/README.md'), 'json').filter((block) => block.includes('"models"'));
    expect(seeds).toHaveLength(1);
    expect(() => parseSeed(JSON.parse(seeds[0] ?? ''))).not.toThrow();
  });

  it('src/sandbox/README.md lists the control routes', () => {
    const code = ['control.ts', 'traffic/control-routes.ts', 'sql/control-routes.ts']
      .map((name) => read(`src/sandbox/${name}`))
      .join('\n');
    const there = [...code.matchAll(/app\.(get|post|put|delete)\('(\/sandbox\/[^*']+)'/g)];
    const routes = there.map((match) => `${match[1]?.toUpperCase()} ${match[2]?.replace(/:(\w+)/, '{$1}')}`);
    const listed = [
      ...read('src/sandbox/README.md').matchAll(/^\| `((?:GET|POST|PUT|DELETE) \/sandbox\/[^\s?`]+)/gm),
    ].map((match) => match[1]);
    expect(listed.toSorted()).toEqual(routes.toSorted());
  });

  it('src/sandbox/README.md lists the effects of faults', () => {
    const effects = RULE_SCHEMA.properties.effect.anyOf.map((each) => each.required[0]);
    const [, faults = ''] = read('src/sandbox/README.md').split('## Faults');
    const listed = [...faults.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
    expect(listed.toSorted()).toEqual(effects.toSorted());
  });

  it('src/sandbox/README.md lists what a behaviour sets', () => {
    const [, section = ''] = /## Rehearse an incident([\s\S]*?)## Faults/.exec(read('src/sandbox/README.md')) ?? [];
    const listed = [...section.matchAll(/^\| (`.*?`) \|/gm)].flatMap((row) => row[1]?.match(/\w+/g) ?? []);
    expect(listed.toSorted()).toEqual(Object.keys(BEHAVIOUR_FIELDS).toSorted());
  });

  it('the policy in SECURITY.md is one, and each rule is explained', () => {
    const [example = ''] = blocks(read('SECURITY.md'), 'json').filter((block) => block.includes('"allow_endpoints"'));
    const rules = Object.keys(parsePolicy(example, 'the example'));
    // A refused policy names every rule there is.
    expect(() => parsePolicy('{"unheard_of":1}', 'x')).toThrow(`(rules: ${rules.join(', ')})`);
    const explained = [...read('SECURITY.md').matchAll(/^\| `([a-z_]+)` \|/gm)].map((match) => match[1]);
    expect(explained).toEqual(rules);
  });

  it('SECURITY.md names the file of the journal', () => {
    const home = '/home/you';
    expect(journalPath('linux', {}, home)).toBe(`${home}/.local/state/databricks-serving-mcp/changes.jsonl`);
    expect(journalPath('darwin', {}, home)).toBe(
      `${home}/Library/Application Support/databricks-serving-mcp/changes.jsonl`,
    );
    for (const part of ['~/.local/state', '~/Library/Application Support', 'databricks-serving-mcp/changes.jsonl'])
      expect(read('SECURITY.md')).toContain(part);
  });

  it('tools/README.md lists the forms of a dry run', () => {
    const listed = [...read('tools/README.md').matchAll(/^\| `"(\w+)"` \|/gm)].map((match) => match[1]);
    expect(listed.toSorted()).toEqual([...EXPORT_FORMS].toSorted());
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
  // A star is the rest of a family of names; their common beginning is enough.
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

/** Links to files of the repository, pictures among them. */
function linksOf(document: string): string[] {
  const prose = document.replace(/^```[\s\S]*?^```/gm, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z]+:/.test(link));
}

/** The file that a link of a document leads to, from the root of the repository, and the heading in it. */
function targetOf(document: string, link: string): { path: string; heading: string | undefined } {
  const base = new URL(document, 'file:///');
  const { pathname, hash } = new URL(link, base);
  return { path: pathname.slice(1), heading: hash === '' ? undefined : hash.slice(1) };
}

function headingsOf(document: string): string[] {
  return [...document.matchAll(/^#+ (.+)$/gm)].map((match) => slug(match[1] ?? ''));
}

function first<T>([one]: readonly T[]): T {
  if (one === undefined) throw new Error('the list is empty');
  return one;
}

/** The anchor that GitHub gives a heading. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
