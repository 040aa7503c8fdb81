/** The floors of the house, read from the sources: who may import whom, how long a file may be, who may read the clock. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tools } from '../tools/index.ts';

const ROOT = join(import.meta.dirname, '..');

interface Import {
  /** A package name, `node:…`, or a path from the root of the repository. */
  target: string;
  typesOnly: boolean;
}

interface Source {
  path: string;
  text: string;
  lines: number;
  imports: Import[];
}

const sources: Source[] = ['src', 'tools'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => {
      const path = normalize(join(folder, file)).replaceAll('\\', '/');
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, text, lines: text.split('\n').length - 1, imports: importsOf(path, text) };
    }),
);

/** Static, type, dynamic and re-exporting imports. Imports in comments, and in generated code, do not count. */
function importsOf(path: string, source: string): Import[] {
  const text = withoutComments(source).replace(/`(?:[^`\\]|\\.)*`/gs, '``');
  const statics = [...text.matchAll(/^(?:import|export)\s+(type\s)?(?:([\w*{][^'";]*?)\s+from\s+)?'([^']+)'/gm)].map(
    ([, type, names = '', target = '']) => ({ target, typesOnly: type !== undefined || onlyTypes(names) }),
  );
  const dynamics = [...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map(([, target = '']) => ({
    target,
    typesOnly: false,
  }));
  return [...statics, ...dynamics].map((each) =>
    each.target.startsWith('.')
      ? { ...each, target: normalize(join(dirname(path), each.target)).replaceAll('\\', '/') }
      : each,
  );
}

/** `{ type A, type B }` */
function onlyTypes(names: string): boolean {
  const inside = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
  return inside?.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type ')) ?? false;
}

const packageOf = (target: string) =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
const isLocal = (target: string) => /^(src|tools|test|package\.json)/.test(target);

it('the reader of imports sees every form of import', () => {
  const text = [
    "import { a } from './a.ts';",
    "import type { B } from './b.ts';",
    "import { type C, type D } from './c.ts';",
    "import { type E, f } from './e.ts';",
    "import * as g from 'g';",
    "import './h.ts';",
    "export * as i from './i.ts';",
    "export type { J } from './j.ts';",
    'import {',
    '  k,',
    "} from 'node:k';",
    "  const l = await import('@scope/l/m.js');",
    'const text = `',
    "import n from 'n';",
    "const p = await import('p');`;",
    "// import q from 'q';",
    "import data from './o.json' with { type: 'json' };",
  ].join('\n');
  expect(importsOf('src/x/y.ts', text)).toEqual([
    { target: 'src/x/a.ts', typesOnly: false },
    { target: 'src/x/b.ts', typesOnly: true },
    { target: 'src/x/c.ts', typesOnly: true },
    { target: 'src/x/e.ts', typesOnly: false },
    { target: 'g', typesOnly: false },
    { target: 'src/x/h.ts', typesOnly: false },
    { target: 'src/x/i.ts', typesOnly: false },
    { target: 'src/x/j.ts', typesOnly: true },
    { target: 'node:k', typesOnly: false },
    { target: 'src/x/o.json', typesOnly: false },
    { target: '@scope/l/m.js', typesOnly: false },
  ]);
});

/** A folder of `src`, a file that lies flat in it, or `tools`: what the floors are made of. */
function unitOf(path: string): string {
  const [top = '', second = '', third] = path.split('/');
  return top === 'src' ? `src/${second}${third === undefined ? '' : '/'}` : `${top}/`;
}

/** A unit, but in the sandbox each of its folders and each file that lies flat in it. */
function roomOf(path: string): string {
  const [, , room, file] = path.split('/');
  return path.startsWith('src/sandbox/') ? `src/sandbox/${room}${file === undefined ? '' : '/'}` : unitOf(path);
}

interface Floor {
  /** Units whose values it may use. */
  values: string[];
  /** Units, or single files, of which it may use types, and pure files. */
  types?: string[];
  packages?: string[];
}

/** Readers of a name, a number, an object and the routes: of the REST layer they alone are pure. */
const PURE_REST = [
  'src/rest/asked.ts',
  'src/rest/exact-json.ts',
  'src/rest/json.ts',
  'src/rest/names.ts',
  'src/rest/traffic.ts',
];

/** What the sandbox says of the service, as data. Only the doctor reads it, to compare a workspace with it. */
const SANDBOX_DATA = ['src/sandbox/answers/index.ts', 'src/sandbox/evidence.json'];

/**
 * Who may import whom. Every unit may use itself and Node, but a pure one takes nothing from Node except a hash. Authentication and the REST
 * layer connect in the same way, and ask `src/connection/` where a secret may be sent.
 */
const FLOORS: Record<string, Floor> = {
  'src/clock.ts': { values: [] },
  'src/toolsets.ts': { values: [] },
  'src/connection/': { values: [], packages: ['undici'] },
  'src/depth.ts': { values: [] },
  'src/refusal.ts': { values: [] },
  'src/text/': { values: [] },
  'src/web/': { values: [] },
  'src/sandbox/': { values: [], packages: ['hono', '@hono/node-server', 'ajv', 'lossless-json', 'sql.js'] },
  'src/auth/': { values: ['src/connection/'], packages: ['undici'] },
  'src/rest/': {
    values: ['src/connection/', 'src/depth.ts'],
    types: ['src/clock.ts'],
    packages: ['undici', 'zod', 'eventsource-parser', 'lossless-json'],
  },
  'src/readiness.ts': { values: ['src/plan/'], types: ['src/clock.ts', 'src/rest/'] },
  'src/plan/': { values: ['src/text/', ...PURE_REST], types: ['src/rest/'] },
  'src/digest/': { values: ['src/depth.ts', 'src/text/', ...PURE_REST], types: ['src/rest/'] },
  'src/usage/': { values: ['src/text/', ...PURE_REST], types: ['src/rest/'] },
  'src/codegen/': { values: ['src/text/', ...PURE_REST], types: ['src/rest/'] },
  'src/journal/': { values: ['src/depth.ts', 'src/text/'], types: ['src/plan/', 'src/refusal.ts'], packages: ['zod'] },
  'src/history/': {
    values: ['src/depth.ts', 'src/digest/', 'src/journal/', 'src/text/'],
    types: ['src/clock.ts', 'src/rest/'],
    packages: ['zod'],
  },
  'src/write/': {
    values: ['src/plan/', 'src/journal/', 'src/text/', 'src/rest/', 'src/refusal.ts'],
    packages: ['zod'],
  },
  // The front end. The server may use what needs no browser: the names of views, and who draws an answer.
  'src/views/': { values: ['src/rest/json.ts'], packages: ['d3-array', 'd3-shape', 'preact'] },
  'src/tool.ts': {
    values: [],
    types: [
      'src/clock.ts',
      'src/history/',
      'src/journal/',
      'src/refusal.ts',
      'src/rest/',
      'src/rights/',
      'src/toolsets.ts',
      'src/views/host/host.ts',
      'src/write/',
    ],
    packages: ['zod'],
  },
  'src/advice/': { values: ['src/refusal.ts', 'src/rest/'] },
  'src/rights/': { values: ['src/plan/', 'src/rest/'] },
  'src/rollout/': {
    values: ['src/digest/', 'src/history/history.ts', 'src/journal/entry.ts', 'src/plan/', ...PURE_REST],
    types: ['src/clock.ts', 'src/history/', 'src/journal/', 'src/rest/', 'src/usage/'],
    packages: ['zod'],
  },
  'src/diagnose/': {
    values: [
      'src/advice/',
      'src/digest/',
      'src/history/history.ts',
      'src/journal/entry.ts',
      'src/plan/',
      'src/readiness.ts',
      'src/refusal.ts',
      'src/rest/',
      'src/rights/',
      'src/rollout/record.ts',
      'src/text/',
    ],
    types: ['src/journal/', 'src/rollout/', 'src/tool.ts'],
  },
  'src/calls/': {
    values: [
      'src/advice/',
      'src/plan/served-model.ts',
      'src/write/',
      'src/depth.ts',
      'src/history/place.ts',
      'src/journal/',
      'src/text/',
      'src/rest/',
      'src/refusal.ts',
      'src/tool.ts',
    ],
    types: ['src/rights/', 'src/toolsets.ts'],
    packages: ['zod'],
  },
  'src/mcp/': {
    values: [
      'src/calls/',
      'src/refusal.ts',
      'src/rest/',
      'src/text/',
      'src/tool.ts',
      'src/toolsets.ts',
      'src/views/host/host.ts',
      'src/write/',
    ],
    // From the sources it bundles the views itself.
    packages: ['zod', '@modelcontextprotocol/sdk', '@modelcontextprotocol/server', 'esbuild'],
  },
  'src/hosting/': {
    values: [
      'src/calls/',
      'src/depth.ts',
      'src/history/place.ts',
      'src/journal/',
      'src/mcp/',
      'src/rest/',
      'src/text/',
      'src/web/',
      'src/write/',
    ],
    types: ['src/rights/'],
  },
  'src/dashboard/': {
    values: [
      'src/calls/',
      'src/depth.ts',
      'src/rest/json.ts',
      'src/text/',
      'src/views/host/host.ts',
      'src/views/read/recognise.ts',
      'src/web/',
    ],
  },
  'tools/': {
    values: [
      'src/advice/',
      'src/calls/near-endpoint.ts',
      'src/codegen/',
      'src/depth.ts',
      'src/diagnose/',
      'src/digest/',
      'src/history/',
      'src/journal/',
      'src/plan/',
      'src/readiness.ts',
      'src/refusal.ts',
      'src/rest/',
      'src/rights/',
      'src/rollout/',
      'src/text/',
      'src/tool.ts',
      'src/toolsets.ts',
      'src/usage/',
      'src/write/planned-write.ts',
    ],
    packages: ['zod'],
  },
  'src/incidents.ts': { values: [] },
  'src/options.ts': { values: ['src/incidents.ts', 'src/text/', 'src/toolsets.ts'] },
  'src/command-options.ts': { values: ['src/options.ts', 'src/text/'], types: ['src/rights/'] },
  'src/config.ts': {
    values: ['src/command-options.ts', 'src/incidents.ts', 'src/options.ts', 'src/text/', 'src/toolsets.ts'],
  },
  'src/install/': {
    values: ['src/auth/', 'src/connection/', 'src/depth.ts', 'src/options.ts', 'src/text/', 'src/write/policy.ts'],
    types: ['src/config.ts'],
    packages: ['diff', 'jsonc-parser', 'smol-toml'],
  },
  // It examines what the server uses, so it knows more floors than others, and reads the command line of an entry. `src/plan/who-may.ts` judges an entitlement, as before a create.
  'src/doctor/': {
    values: [
      'src/advice/',
      'src/auth/',
      'src/connection/',
      'src/install/',
      'src/journal/',
      'src/plan/who-may.ts',
      'src/config.ts',
      'src/depth.ts',
      'src/options.ts',
      'src/refusal.ts',
      'src/rest/',
      ...SANDBOX_DATA,
      'src/text/',
      'src/write/policy.ts',
    ],
    packages: ['ajv', 'zod'],
  },
  'src/jitless.ts': { values: [], packages: ['zod'] },
  'src/package/': {
    values: ['src/options.ts', 'src/text/', 'tools/', 'package.json'],
    packages: ['esbuild', 'fflate'],
  },
  'src/build.ts': {
    values: [
      'src/mcp/bundle-views.ts',
      'src/mcp/describe-tool.ts',
      'src/options.ts',
      'src/package/notices.ts',
      'tools/',
    ],
    packages: ['esbuild'],
  },
  'src/commands/': { values: ['src/', 'tools/', 'package.json'] },
  'src/main.ts': {
    values: [
      'src/auth/',
      'src/commands/',
      'src/config.ts',
      'src/jitless.ts',
      'src/options.ts',
      'src/text/',
      'package.json',
    ],
  },
  'src/bin.ts': { values: ['src/main.ts'] },
};

/** Their answers depend on their arguments alone. */
const PURE = ['src/plan/', 'src/digest/', 'src/codegen/', 'src/text/', 'src/usage/'];

describe('import floors', () => {
  const units = [...new Set(sources.map(({ path }) => unitOf(path)))];
  const reaches = (allowed: string[], target: string) =>
    allowed.some((each) => (each.endsWith('/') ? target.startsWith(each) : target === each));

  it('are said for every folder and file, and for no other', () => {
    expect(units.sort()).toEqual(Object.keys(FLOORS).sort());
  });

  it.each(Object.entries(FLOORS))('%s imports what its floor allows', (unit, { values, types = [], packages = [] }) => {
    const allowed = ({ target, typesOnly }: Import) => {
      if (isLocal(target)) return reaches([unit, ...values, ...(typesOnly ? types : [])], target);
      if (target.startsWith('node:')) return !PURE.includes(unit) || target === 'node:crypto';
      return packages.includes(packageOf(target));
    };
    const files = sources.filter(({ path }) => unitOf(path) === unit);
    const trespasses = files.flatMap(({ path, imports }) =>
      imports.filter((each) => !allowed(each)).map(({ target }) => `${path} imports ${target}`),
    );
    expect(trespasses).toEqual([]);
  });

  it('have no cycle, of types neither', () => {
    expect(cyclesOf(edgesOf((path) => path))).toEqual([]);
    expect(cyclesOf(edgesOf(unitOf))).toEqual([]);
  });

  it('have no cycle between the rooms of the sandbox', () => {
    const edges = edgesOf(roomOf);
    expect([...edges.keys()]).toContain('src/sandbox/state/');
    expect(cyclesOf(edges)).toEqual([]);
  });

  it('only the doctor reads the data of the sandbox, and only the commands its code', () => {
    const outside = sources.filter(({ path }) => !path.startsWith('src/sandbox/'));
    const users = outside.flatMap(({ path, imports }) =>
      imports
        .filter(({ target, typesOnly }) => target.startsWith('src/sandbox/') && !typesOnly)
        .map(({ target }) => `${unitOf(path)}: ${SANDBOX_DATA.includes(target) ? 'data' : 'code'}`),
    );
    expect([...new Set(users)].sort()).toEqual(['src/commands/: code', 'src/doctor/: data']);
  });

  it('the answer schemas of the sandbox are data: they use none of its code', () => {
    const answers = sources.filter(({ path }) => path.startsWith('src/sandbox/answers/'));
    expect(answers.length).toBeGreaterThan(5);
    const others = answers.flatMap(({ imports }) => imports.map(({ target }) => target));
    expect(others.filter((target) => !target.startsWith('src/sandbox/answers/'))).toEqual([]);
  });

  it('are twelve at most', () => {
    const edges = edgesOf(unitOf);
    const height = (unit: string): number =>
      1 + Math.max(0, ...[...(edges.get(unit) ?? [])].map((each) => height(each)));
    expect(Math.max(...units.map(height))).toBeLessThanOrEqual(12);
  });

  it('one file sends what changes a workspace: the runner of the steps', () => {
    const senders = sources.filter(({ text }) => /import \{[^}]*\bsend\b[^}]*\} from '[^']*rest\/http\.ts'/.test(text));
    expect(senders.map(({ path }) => path)).toEqual(['src/write/run-steps.ts']);
  });

  it('one file sends statements, and their texts are in one pure folder', () => {
    const senders = sources.filter(
      ({ path, text }) => !path.startsWith('src/sandbox/') && /'POST', STATEMENTS/.test(text),
    );
    expect(senders.map(({ path }) => path)).toEqual(['src/rest/sql.ts']);
    const texts = sources.filter(
      ({ path, text }) => !path.startsWith('src/sandbox/') && /\bSELECT [\s\S]+?\bFROM\b/.test(withoutComments(text)),
    );
    expect([...new Set(texts.map(({ path }) => unitOf(path)))]).toEqual(['src/usage/']);
  });

  it('one file knows each MCP SDK', () => {
    const usersOf = (sdk: string) =>
      sources.filter(({ imports }) => imports.some(({ target }) => packageOf(target) === sdk)).map(({ path }) => path);
    expect(usersOf('@modelcontextprotocol/sdk')).toEqual(['src/mcp/sdk-v1.ts']);
    expect(usersOf('@modelcontextprotocol/server')).toEqual(['src/mcp/sdk-v2.ts']);
  });

  it('imports between files say the file they mean', () => {
    const vague = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => isLocal(target) && !/\.(ts|json)$/.test(target))
        .map(({ target }) => `${path}: ${target}`),
    );
    expect(vague).toEqual([]);
  });
});

/** Which units import which, by a way to name the unit of a file. */
function edgesOf(unit: (path: string) => string): Map<string, string[]> {
  const edges = new Map<string, string[]>();
  for (const { path, imports } of sources) {
    const others = imports
      .map(({ target }) => target)
      .filter((target) => isLocal(target) && /^(src|tools)/.test(target));
    const targets = others.map(unit).filter((each) => each !== unit(path));
    edges.set(unit(path), [...new Set([...(edges.get(unit(path)) ?? []), ...targets])]);
  }
  return edges;
}

/** Every node that can be reached from itself. */
function cyclesOf(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const reachable = (from: string) => {
    const seen = new Set<string>();
    const queue = [...(edges.get(from) ?? [])];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(...(edges.get(next) ?? []));
    }
    return seen;
  };
  return [...edges.keys()].filter((each) => reachable(each).has(each));
}

it('the finder of cycles finds one', () => {
  const edges = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['b']],
  ]);
  expect(cyclesOf(edges)).toEqual(['b', 'c']);
});

describe('the house', () => {
  it('has no file over 400 lines: it would hold more than one idea', () => {
    expect(sources.filter(({ lines }) => lines > 400).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  it('has two levels of folders at most, and three in the sandbox, in the views and for the rules of a diagnosis', () => {
    const deep = sources.map(({ path }) => path).filter((path) => path.split('/').length > 3);
    expect(
      deep.filter((path) => !/^src\/(?:sandbox\/[a-z]+|diagnose\/rules|views\/(?:host|read|parts))\/[^/]+$/.test(path)),
    ).toEqual([]);
  });

  it.each([
    ['src', 14],
    ['src/sandbox', 15],
  ])('has few files flat in %s', (folder, most) => {
    const flat = readdirSync(join(ROOT, folder)).filter((name) => name.includes('.'));
    expect(flat.length).toBeLessThanOrEqual(most);
  });

  it('names files in kebab-case', () => {
    const names = sources.map(({ path }) => path.split('/').at(-1) ?? '');
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name))).toEqual([]);
  });

  it('time and chance are arguments: only the entry points take them from the system', () => {
    // Code that the server writes for people's own programs is text here.
    const entry = /^src\/(commands\/[\w-]+|build|views\/main|sandbox\/index|codegen\/[\w-]+)\.ts$/;
    const users = sources.filter(
      ({ path, text }) => !entry.test(path) && /\b(Date\.now\(\)|Math\.random\(\)|new Date\(\))/.test(text),
    );
    expect(users.map(({ path }) => path)).toEqual([]);
  });

  it('the environment is an argument: only the entry points read the process', () => {
    const entry = /^src\/(bin|main|commands\/[\w-]+|build|auth\/index|package\/package|codegen\/[\w-]+)\.ts$/;
    const users = sources.filter(
      ({ path, text }) =>
        !entry.test(path) &&
        /\bprocess\.(env|argv|stdin|stdout|stderr|cwd|platform|exit)\b/.test(withoutComments(text)),
    );
    expect(users.map(({ path }) => path)).toEqual([]);
  });

  it('stdout belongs to the protocol: nobody logs to the console', () => {
    const users = sources.filter(
      ({ path, text }) => !path.startsWith('src/codegen/') && /\bconsole\.\w+\(/.test(withoutComments(text)),
    );
    expect(users.map(({ path }) => path)).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

describe('tools', () => {
  const files = sources.filter(({ path }) => /^tools\/[\w-]+\.ts$/.test(path) && !/\/(index|params)\.ts$/.test(path));

  it.each(files.map(({ path }) => path))('%s exports the tool that it is named after', async (path) => {
    const name = path.slice('tools/'.length, -'.ts'.length);
    const module: Record<string, unknown> = await import(join(ROOT, path));
    const exported = module[name.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())];
    expect(exported).toMatchObject({ name: name.replaceAll('-', '_') });
  });

  it('that have a file are published, and the other way round', () => {
    const named = files.map(({ path }) => path.slice('tools/'.length, -'.ts'.length).replaceAll('-', '_'));
    expect(tools.map(({ name }) => name).sort()).toEqual(named.sort());
  });
});
