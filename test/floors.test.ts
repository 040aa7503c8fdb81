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

/** Static, type, dynamic and re-exporting imports; not those in comments, nor in code that is text for somebody else's program. */
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

/** Imports of the files of one part that its floor does not allow. */
function trespasses(part: (path: string) => boolean, allowed: (target: string, each: Import) => boolean): string[] {
  const files = sources.filter(({ path }) => part(path));
  expect(files.length).toBeGreaterThan(0);
  return files.flatMap(({ path, imports }) =>
    imports.filter((each) => !allowed(each.target, each)).map((each) => `${path} imports ${each.target}`),
  );
}

const within = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
const oneOf =
  (...names: string[]) =>
  (target: string) =>
    !isLocal(target) && names.includes(packageOf(target));
const isNode = (target: string) => target.startsWith('node:');
/** Where a secret may be sent: asked by authentication and by the REST layer. */
const LOOPBACK = 'src/loopback.ts';

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

describe('import floors', () => {
  it('tools know neither the SDK nor authentication, configuration, the sandbox, the server or the process', () => {
    const forbidden = /^src\/(auth|sandbox|config\.ts|server\.ts|main\.ts|stdio\.ts|build\.ts)/;
    const allowed = (target: string) =>
      isLocal(target)
        ? !forbidden.test(target) && !target.startsWith('test')
        : packageOf(target) === 'zod' || isNode(target);
    expect(trespasses(within('tools'), allowed)).toEqual([]);
  });

  it('the REST layer stands on itself, undici, zod and eventsource-parser', () => {
    const packages = oneOf('undici', 'zod', 'eventsource-parser');
    const allowed = (target: string) =>
      target.startsWith('src/rest/') || target === LOOPBACK || packages(target) || isNode(target);
    expect(trespasses(within('src/rest'), allowed)).toEqual([]);
  });

  it('authentication stands on itself and undici', () => {
    const packages = oneOf('undici');
    const allowed = (target: string) =>
      target.startsWith('src/auth/') || target === LOOPBACK || packages(target) || isNode(target);
    expect(trespasses(within('src/auth'), allowed)).toEqual([]);
  });

  it('the one rule that both share imports nothing, so that it joins them to nothing else', () => {
    expect(
      trespasses(
        (path) => path === LOOPBACK,
        () => false,
      ),
    ).toEqual([]);
  });

  it('the sandbox shares nothing with the client side, so that a mistake of one cannot hide in the other', () => {
    const packages = oneOf('hono', '@hono/node-server', 'ajv');
    expect(
      trespasses(
        within('src/sandbox'),
        (target) => target.startsWith('src/sandbox/') || packages(target) || isNode(target),
      ),
    ).toEqual([]);
  });

  it('plans, differences and rules are pure: each other and types', () => {
    // Of the REST layer the readers of a name, an object and the routes, which are pure themselves.
    const pure =
      /^src\/(plan[\w-]*|difference|config-input|[\w]+-rules|external-model|foundation|metrics|schema|embeddings|log-lines|untrusted|suggest|literals|rest\/(json|names|traffic))\.ts$/;
    expect(
      trespasses(
        (path) => pure.test(path),
        (target, { typesOnly }) => typesOnly || pure.test(target),
      ),
    ).toEqual([]);
  });

  it('tools write through commit alone: none of them touches what stands around a write', () => {
    const touching = sources.filter(
      ({ path, text }) => path.startsWith('tools/') && /\.guard\b|\bguard[:,]/.test(text),
    );
    expect(touching.map(({ path }) => path)).toEqual([]);
  });

  it('the judges of readiness import types only', () => {
    expect(
      trespasses(
        (path) => path === 'src/readiness.ts',
        (_target, { typesOnly }) => typesOnly,
      ),
    ).toEqual([]);
  });

  it('one file knows the MCP SDK', () => {
    const users = sources.filter(({ imports }) =>
      imports.some(({ target }) => packageOf(target) === '@modelcontextprotocol/sdk'),
    );
    expect(users.map(({ path }) => path)).toEqual(['src/server.ts']);
  });

  it('the build knows esbuild and nothing of the program', () => {
    const packages = oneOf('esbuild');
    expect(
      trespasses(
        (path) => path === 'src/build.ts',
        (target) => packages(target) || isNode(target),
      ),
    ).toEqual([]);
  });

  it('only the process imports the process’s parts: nothing imports main, and only main imports the sandbox and authentication', () => {
    const users = sources.flatMap(({ path, imports }) =>
      imports.filter(({ target, typesOnly }) => {
        if (target === 'src/main.ts') return true;
        const own = path.startsWith(dirname(target));
        return !own && !typesOnly && /^src\/(auth|sandbox)\//.test(target) && path !== 'src/main.ts';
      }),
    );
    expect(users).toEqual([]);
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

describe('the house', () => {
  it('has no file over 300 lines', () => {
    expect(sources.filter(({ lines }) => lines > 300).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  it('has two levels of folders at most', () => {
    expect(sources.map(({ path }) => path).filter((path) => path.split('/').length > 3)).toEqual([]);
  });

  it('names files in kebab-case', () => {
    const names = sources.map(({ path }) => path.split('/').at(-1) ?? '');
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name))).toEqual([]);
  });

  it('time and chance are arguments: only the entry points take them from the system', () => {
    // Code that the server writes for people's own programs is text here.
    const entry = /^src\/(main|build|sandbox\/index|integration-[\w-]+)\.ts$/;
    const users = sources.filter(
      ({ path, text }) => !entry.test(path) && /\b(Date\.now\(\)|Math\.random\(\)|new Date\(\))/.test(text),
    );
    expect(users.map(({ path }) => path)).toEqual([]);
  });

  it('the environment is an argument: only the entry points read the process', () => {
    const entry = /^src\/(main|build|auth\/index|integration-[\w-]+)\.ts$/;
    const users = sources.filter(
      ({ path, text }) =>
        !entry.test(path) &&
        /\bprocess\.(env|argv|stdin|stdout|stderr|cwd|platform|exit)\b/.test(withoutComments(text)),
    );
    expect(users.map(({ path }) => path)).toEqual([]);
  });

  it('stdout belongs to the protocol: nobody logs to the console', () => {
    const users = sources.filter(
      ({ path, text }) => !path.startsWith('src/integration-') && /\bconsole\.\w+\(/.test(withoutComments(text)),
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
