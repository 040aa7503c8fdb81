/** The parts of a Databricks App: added to what exists, and called from a browser. */

import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { generate, machine, run, startHarness } from './generated.ts';
import { FAMILIES } from './workspace.ts';

type Harness = Awaited<ReturnType<typeof startHarness>>;
const APP = { target: 'databricks_app' };

describe('an app that exists is added to, and none of its files is replaced', () => {
  const partsOf = async (args: Record<string, unknown>, harness?: Harness) => {
    const { data } = await (harness ?? (await startHarness())).call('get_integration_code', { ...APP, ...args });
    const parts = Object.fromEntries(
      data.add.map((part: { path: string; content: string }) => [part.path, part.content]),
    );
    return { data, parts };
  };

  it('for a folder that the caller has', async () => {
    const { data, parts } = await partsOf({ endpoint: 'support-agent', existing_app: true });
    expect(data.files.map(({ path }: { path: string }) => path)).toEqual(['client/src/ask.ts']);
    expect(Object.keys(parts)).toEqual(['databricks.yml', 'app.yaml', 'server/server.ts', '.env']);
    expect(parts['databricks.yml']).toBe(
      'user_api_scopes:\n  - model-serving\nresources:\n  - name: "serving-endpoint"\n    serving_endpoint:\n      name: "support-agent"\n      permission: CAN_QUERY\n',
    );
    expect(parts['app.yaml']).not.toContain('command');
    expect(data.notes[0]).toContain('keep everything else in the file');
  });

  it('and for an app of the workspace, whatever the caller says: its other endpoint keeps key, variable and routes', async () => {
    const { data, parts } = await partsOf({ endpoint: 'support-agent', app_name: 'listing-app' });
    expect(parts['app.yaml']).toContain('DATABRICKS_SERVING_ENDPOINT_NAME_SUPPORT_AGENT');
    expect(parts['server/server.ts']).toContain("default: { env: 'DATABRICKS_SERVING_ENDPOINT_NAME' }");
    expect(data.files[0].content).toContain("'/api/serving/support_agent/'");
    const [, , server] = data.add;
    expect(server.where).toContain('moves from /api/serving/invoke');
  });

  it('uses the key under which the endpoint is attached already', async () => {
    const { parts } = await partsOf({ endpoint: 'house-price', app_name: 'listing-app' });
    expect(parts['app.yaml']).toBe('  - name: DATABRICKS_SERVING_ENDPOINT_NAME\n    valueFrom: "price-model"\n');
  });

  it('a new one gets whole files, with a warning not to replace others with them', async () => {
    const harness = await startHarness();
    const { data } = await harness.call('get_integration_code', { ...APP, endpoint: 'support-agent' });
    expect(data.add).toBeUndefined();
    expect(data.notes[0]).toContain('do not replace it: repeat the call with existing_app true');
    expect(data.notes.join(' ')).toContain('0.77 deprecates serving()');
    const file = (path: string) => data.files.find((each: { path: string }) => each.path === path)?.content;
    // app.yaml runs the script start, and AppKit serves the page that the script build makes.
    const { scripts } = JSON.parse(file('package.json'));
    expect(file('app.yaml')).toContain('["npm", "run", "start"]');
    for (const script of [scripts.start, scripts.build, scripts.dev])
      expect(data.install).toContain(` ${script.split(' ')[0]}@`);
    for (const path of ['client/index.html', 'client/vite.config.ts', 'client/src/page.ts'])
      expect(file(path)).toBeDefined();
  });
});

/** AppKit's serving plugin as far as the client needs it: invoke answers whole, and stream passes the bytes on. */
async function plugin(harness: Harness, endpoint: string): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const stream = request.url === '/api/serving/stream';
    const reply = await fetch(`${harness.sandbox.host}/serving-endpoints/${endpoint}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${harness.sandbox.token}` },
      body: JSON.stringify({ ...JSON.parse(body), ...(stream ? { stream } : {}) }),
    });
    response.writeHead(reply.status);
    response.end(Buffer.from(await reply.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '';
}

/** Runs code next to the client, as a browser would: an address without a host belongs to the page. */
async function browser(harness: Harness, endpoint: string, code: string) {
  const folder = await generate(harness, endpoint, 'databricks_app');
  const source = await readFile(join(folder, 'client/src/ask.ts'), 'utf8');
  await writeFile(join(folder, 'ask.mjs'), (await transform(source, { loader: 'ts' })).code);
  const page = `const real = fetch;\nglobalThis.fetch = (url, init) => real(new URL(url, process.env.PAGE), init);\n`;
  await writeFile(join(folder, 'page.mjs'), `${page}const client = await import('./ask.mjs');\n${code}`);
  const env = { ...machine(harness), PAGE: await plugin(harness, endpoint) };
  return run(process.execPath, ['page.mjs'], folder, env);
}

const STREAM = `const end = {};
for await (const text of client.ask(undefined, undefined, end)) process.stdout.write(text);
console.log(JSON.stringify(end));`;

describe('the client of the browser', () => {
  it.each([
    ['chat', FAMILIES.chat, 'stop'],
    ['responses', FAMILIES.responses, 'completed'],
  ])('streams the text of a %s endpoint, and knows how it ended', async (_family, endpoint, reason) => {
    const harness = await startHarness();
    const { code, out, err } = await browser(harness, endpoint, STREAM);
    expect([code, err]).toEqual([0, '']);
    expect(out.length).toBeGreaterThan(30);
    expect(out).toContain(`"finish_reason":"${reason}"`);
  });

  it('fails for an error inside a 200', async () => {
    const harness = await startHarness();
    const path = `/serving-endpoints/${FAMILIES.chat}/invocations`;
    harness.sandbox.faults.add({ match: { path }, effect: { sse_error_after: 2 } });
    const { code, err } = await browser(harness, FAMILIES.chat, STREAM);
    expect(code).toBe(1);
    expect(err).toContain('The model server closed the stream.');
  });

  it('gets predictions as a whole', async () => {
    const harness = await startHarness();
    const { code, out } = await browser(harness, 'churn', 'console.log(JSON.stringify(await client.invoke()))');
    expect([code, JSON.parse(out).predictions.length]).toEqual([0, 1]);
  });
});
