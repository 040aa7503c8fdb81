/** What the build makes: which code a start loads, readable stacks, the prepared list of tools, and the notices. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleViews } from '../../src/mcp/bundle-views.ts';
import { pageOf } from '../../src/mcp/view-page.ts';
import { nodeFacts, otherNode } from '../bench/other-node.ts';
import { digest } from '../support/digest.ts';
import { endAll, startServer } from '../wire/server-process.ts';
import { type BuiltFile, builtFiles, DIST } from './built.ts';

const files = builtFiles();
const views = await bundleViews(fileURLToPath(new URL('../../', import.meta.url)));
/** The sources with code or style in the page of the views. */
const inViews = Object.values(views.metafile.outputs).flatMap(({ inputs }) =>
  Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
    bytesInOutput > 0 ? [path.replace(/^.*?(?=node_modules\/)/, '')] : [],
  ),
);
const folder = mkdtempSync(join(tmpdir(), 'dist-'));
afterAll(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file and everything that loads with it. */
function namesLoadedWith(name: string, seen = new Set<string>()): string[] {
  if (seen.has(name)) return [];
  seen.add(name);
  return [name, ...builtFile(name).loads.flatMap((each) => namesLoadedWith(each, seen))];
}

function loadedWith(name: string): BuiltFile[] {
  return namesLoadedWith(name).map(builtFile);
}

function builtFile(name: string): BuiltFile {
  const file = files.get(name);
  if (file === undefined) throw new Error(`dist/ has no ${name}`);
  return file;
}

describe('a start', () => {
  it('loads nothing of the program before the compile cache is on', () => {
    const [entry, ...others] = loadedWith('server.mjs');
    expect(others).toEqual([]);
    expect(entry?.sources).toEqual(['src/bin.ts']);
    expect(entry?.text.startsWith('#!/usr/bin/env node\n')).toBe(true);
  });

  it('loads neither tools nor undici, sandbox, authentication, install or doctor: they load at first use', () => {
    const [main = '', ...more] = files.get('server.mjs')?.loadsLater ?? [];
    expect(more).toEqual([]);
    const sources = loadedWith(main).flatMap((file) => file.sources);
    expect(sources).toContain('src/main.ts');
    expect(sources).toContain('src/mcp/sdk-v1.ts');
    const heavy =
      /^(node_modules\/(undici|hono|@hono|ajv)\/|tools\/|src\/(sandbox|install|doctor|package)\/|src\/auth\/index\.ts)/;
    expect(sources.filter((path) => heavy.test(path))).toEqual([]);
    const all = [...files.values()].flatMap((file) => file.sources);
    for (const later of ['tools/index.ts', 'node_modules/undici/index.js', 'src/sandbox/index.ts', 'src/auth/index.ts'])
      expect(all).toContain(later);
  });

  it('loads none of the code that a call runs through, and all of its own from one file', () => {
    const [main = ''] = files.get('server.mjs')?.loadsLater ?? [];
    const sources = loadedWith(main).flatMap((file) => file.sources);
    const later =
      /^src\/(advice|plan|digest|codegen|rollout|diagnose)\/|^src\/(calls\/call-tool|write\/policy|rest\/endpoints)\.ts$/;
    expect(sources.filter((path) => later.test(path))).toEqual([]);
    // The entry and the helpers of the bundler have small files of their own.
    const large = loadedWith(main).filter(({ text }) => text.length > 4_000);
    expect(large).toHaveLength(1);
  });

  it('loads nothing of the dashboard, which is in a file of its own: a bundle leaves it out', () => {
    const own = /^src\/(?:dashboard\/|commands\/dashboard)/;
    const holders = [...files].filter(([, { sources }]) => sources.some((path) => own.test(path)));
    expect(holders.map(([name]) => name)).toEqual([expect.stringMatching(/^dashboard-\w+\.mjs$/)]);
  });

  it('loads neither the server over HTTP nor its SDK, which are in a file of their own: a bundle leaves it out', () => {
    const [main = ''] = files.get('server.mjs')?.loadsLater ?? [];
    const hosted =
      /^(node_modules\/@modelcontextprotocol\/(server|core)\/|src\/hosting\/|src\/mcp\/sdk-v2\.ts|src\/commands\/http)/;
    const holders = [...files].filter(([, { sources }]) => sources.some((path) => hosted.test(path)));
    expect(holders.map(([name]) => name)).toEqual([expect.stringMatching(/^http-\w+\.mjs$/)]);
    expect(
      loadedWith(main)
        .flatMap((file) => file.sources)
        .filter((path) => hosted.test(path)),
    ).toEqual([]);
  });

  it('is followed by the part of undici that makes requests, without its fetch, mocks, caches and sockets', () => {
    const all = [...files.values()].flatMap((file) => file.sources);
    const undici = all.filter((path) => path.startsWith('node_modules/undici/'));
    for (const needed of ['dispatcher/pool', 'dispatcher/agent', 'core/connect', 'api/api-request'])
      expect(undici).toContain(`node_modules/undici/lib/${needed}.js`);
    const other = /\/lib\/(?:mock|cache|interceptor|web\/(?:websocket|eventsource|cache|cookies|fetch\/index))\b/;
    expect(undici.filter((path) => other.test(path))).toEqual([]);
  });

  it('loads one language of zod: a use of a namespace such as z.core would bring in all fifty', () => {
    const [main = ''] = files.get('server.mjs')?.loadsLater ?? [];
    const sources = loadedWith(main).flatMap((file) => file.sources);
    expect(sources.filter((path) => path.includes('zod/v4/locales/'))).toEqual(['node_modules/zod/v4/locales/en.js']);
  });

  it('loads no module of Node for code that waits for a call', () => {
    const [main = ''] = files.get('server.mjs')?.loadsLater ?? [];
    const texts = loadedWith(main).map(({ text }) => text);
    expect(texts.filter((text) => /^import .* from "node:/m.test(text))).toEqual([]);
    const built = [...files.values()].map(({ text }) => text);
    expect(built.filter((text) => text.includes('process.getBuiltinModule("node:crypto")'))).toHaveLength(1);
  });
});

describe('the views', () => {
  it('are in no file of the program: they are a file of their own, which only a reader of a view loads', async () => {
    const all = [...files.values()].flatMap((file) => file.sources);
    // The names of the views, and who draws an answer, need no browser.
    const shared = /^src\/(?:views\/(?:host\/host|read\/(?:recognise|fields))|rest\/json)\.ts$/;
    expect(inViews).toContain('src/views/main.ts');
    expect(inViews.filter((path) => all.includes(path) && !shared.test(path))).toEqual([]);
    const [main = ''] = files.get('server.mjs')?.loadsLater ?? [];
    const start = loadedWith(main).flatMap((file) => file.sources);
    expect(start.filter((path) => /^src\/mcp\/(?:view-|bundle-)/.test(path))).toEqual([]);
  });

  it('are read from the built program as they are built', async () => {
    const server = startServer();
    await server.initialize();
    server.send({ jsonrpc: '2.0', id: 7, method: 'resources/read', params: { uri: 'ui://serving/usage' } });
    const { contents } = (await server.answer(7)).result;
    expect(digest(contents[0].text)).toBe(digest(pageOf(views.parts, { view: 'usage' })));
  });
});

/** The tools that the built server lists, and its instructions. */
async function startTexts(...server: Parameters<typeof startServer>) {
  const started = startServer(...server);
  const { instructions } = (await started.initialize()).result;
  started.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const { tools } = (await started.answer(1)).result;
  return { started, instructions, names: tools.map(({ name }: { name: string }) => name), tools };
}

it('tools/list of the built server is the reviewed list', async () => {
  const reviewed = JSON.parse(readFileSync(new URL('../mcp/published.json', import.meta.url), 'utf8'));
  expect((await startTexts()).tools).toEqual(reviewed);
});

it('toolsets choose from the prepared list, on the command line and in the environment', async () => {
  const chosen = await startTexts(['--sandbox', '--toolsets', 'query']);
  expect(chosen.names).toEqual([
    'list_endpoints',
    'get_endpoint',
    'query_endpoint',
    'get_schema',
    'list_foundation_models',
  ]);
  expect(chosen.instructions).toMatch(/^Toolsets: a person limited this server to query\. They can add endpoints, /m);
  const refused = await chosen.started.callTool(2, 'swap_version', {});
  expect(refused.structuredContent.error).toMatchObject({
    code: 'not_in_toolsets',
    next: expect.stringContaining('add rollout to --toolsets'),
  });

  const variable = await startTexts(['--no-query'], { DATABRICKS_SERVING_TOOLSETS: 'query, query' });
  expect(variable.names).toEqual(['list_endpoints', 'get_endpoint', 'get_schema', 'list_foundation_models']);
  expect(variable.instructions).toContain('to DATABRICKS_SERVING_TOOLSETS.');
});

it('the stack of an internal error names functions, and lines of files that are there', async () => {
  // The path of every request is made with this function.
  const broken = `globalThis.encodeURIComponent = () => { throw new TypeError('broken on purpose'); };`;
  const server = startServer([], {
    NODE_DEBUG: 'databricks-serving-mcp',
    NODE_OPTIONS: `--import data:text/javascript;base64,${Buffer.from(broken).toString('base64')}`,
  });
  await server.initialize();
  const { structuredContent } = await server.callTool(1, 'get_endpoint', { endpoint: 'churn' });
  expect(structuredContent.error).toMatchObject({ code: 'internal_error', message: 'unexpected: broken on purpose' });

  const frames = [...server.stderr().matchAll(/^ +at (?:async )?(?:Object\.)?([\w$]+) \((file:.+):(\d+):\d+\)$/gm)];
  const shown = frames.map(([, name = '', file = '', line]) => {
    const before = readFileSync(new URL(file), 'utf8').split('\n').slice(0, Number(line));
    const source = before.findLast((each) => /^\/\/ (src|tools)\/\S+\.ts$/.test(each));
    const declared = before.some((each) => new RegExp(`(function ${name}|^ *(async )?${name})\\(`).test(each));
    return `${name} in ${source?.slice(3)}${declared ? '' : ', which does not declare it'}`;
  });
  expect(shown).toEqual(
    expect.arrayContaining([
      'segment in src/rest/names.ts',
      'endpointPath in src/rest/endpoints.ts',
      'run in tools/get-endpoint.ts',
      'callTool in src/calls/call-tool.ts',
    ]),
  );
});

describe('third-party notices', () => {
  const text = readFileSync(join(DIST, 'THIRD_PARTY_NOTICES.txt'), 'utf8');
  const bundled = [...[...files.values()].flatMap((file) => file.sources), ...inViews].flatMap(
    (path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  );

  it.each([...new Set(bundled)].sort())('name %s with its version, and repeat its license', (name) => {
    const root = new URL(`../../node_modules/${name}/`, import.meta.url);
    const { version, license } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
    const [, part = ''] = text.split(`\n${name} ${version} (${license})\n`);
    const file = readdirSync(root).find((each) => /^licen[cs]e/i.test(each)) ?? 'LICENSE';
    expect(part.slice(0, 20_000)).toContain(readFileSync(new URL(file, root), 'utf8').trim());
  });

  it('name no package that is not bundled', () => {
    const named = [...text.matchAll(/^-{80}\n\n(\S+) \S+ \(/gm)].map(([, name]) => name);
    expect(named).toEqual([...new Set(bundled)].sort());
  });
});

/** The answers of a server under any Node, from its first messages to the end of its input. */
function session(node: string, env: Record<string, string>, args: string[] = []): unknown[] {
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'dist', version: '1.0.0' } },
  };
  const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' };
  const stdout = execFileSync(node, [join(DIST, 'server.mjs'), ...args], {
    input: [initialize, list].map((message) => `${JSON.stringify(message)}\n`).join(''),
    encoding: 'utf8',
    env: { HOME: folder, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

const ANSWERS = [
  expect.objectContaining({
    id: 1,
    result: expect.objectContaining({ serverInfo: expect.objectContaining({ name: 'databricks-serving-mcp' }) }),
  }),
  expect.objectContaining({ id: 2 }),
];

/** The files of the program that a process has loaded when it ends. Node writes them for the coverage of tests. */
function loadedBySession(args: string[]): string[] {
  const coverage = mkdtempSync(join(folder, 'coverage-'));
  expect(session(process.execPath, { NODE_V8_COVERAGE: coverage }, args)).toEqual(ANSWERS);
  const urls = readdirSync(coverage).flatMap((name) => {
    const { result }: { result: { url: string }[] } = JSON.parse(readFileSync(join(coverage, name), 'utf8'));
    return result.map(({ url }) => url);
  });
  const program = pathToFileURL(DIST).href;
  return urls.filter((url) => url.startsWith(program)).map((url) => url.slice(program.length));
}

describe('a session that asks for the list of tools alone', () => {
  const plain = loadedBySession([]);

  it('loads what a start loads', () => {
    const [main = ''] = files.get('server.mjs')?.loadsLater ?? [];
    const start = ['server.mjs', ...namesLoadedWith(main)];
    expect(plain.toSorted()).toEqual(start.toSorted());
  });

  it.each([
    [['--sandbox']],
    [['--sandbox', '--read-only', '--no-query', '--no-journal', '--consent', 'confirm']],
    [['--host', 'https://example.cloud.databricks.com', '--toolsets', 'query,observe']],
  ])('loads no more with %j', (args) => {
    expect(loadedBySession(args).toSorted()).toEqual(plain.toSorted());
  });

  it('loads the sandbox with a seed file, because a wrong one stops the start', () => {
    const seed = join(folder, 'seed.json');
    writeFileSync(seed, '{"users":[{"user_name":"admin@example.com","admin":true}]}');
    const more = loadedBySession(['--sandbox', '--sandbox-seed', seed]).filter((name) => !plain.includes(name));
    expect(more.flatMap((name) => files.get(name)?.sources ?? [])).toContain('src/sandbox/index.ts');
  });
});

describe.each([process.execPath, ...otherNode()])('the compile cache with %s', (node) => {
  it('is in the cache folder of the user, where Node has such a cache', () => {
    const caches = mkdtempSync(join(folder, 'caches-'));
    expect(session(node, { XDG_CACHE_HOME: caches, LOCALAPPDATA: caches, HOME: caches })).toEqual(ANSWERS);
    const mac = join(caches, 'Library', 'Caches');
    const made = [caches, mac].map((each) => join(each, 'databricks-serving-mcp', 'compiled')).filter(existsSync);
    expect(made).toHaveLength(nodeFacts(node).compileCache ? 1 : 0);
  });

  it('is done without where nothing can be written, and stdout holds the answers alone', () => {
    const file = join(folder, 'no-folder');
    writeFileSync(file, '');
    const caches = join(file, 'home');
    expect(session(node, { XDG_CACHE_HOME: caches, LOCALAPPDATA: caches, HOME: caches })).toEqual(ANSWERS);
  });
});
