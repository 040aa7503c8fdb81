/**
 * Scenario S6, the other side: MCP clients of other makers drive our own built server over stdio, while the official SDK looks at the
 * workspace independently.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Config, WorkspaceClient } from '@databricks/sdk-experimental';
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { expect, it, onTestFinished } from 'vitest';
import { world } from './support.ts';

const SERVER = join(import.meta.dirname, '../../dist/server.mjs');
/** The server reads no profile of the person who runs the tests. */
const NOTHING = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' };

it('LangChain’s MCP adapter: list, create, wait, query, delete', async () => {
  const { sandbox } = await world();
  const { host, token } = sandbox;
  const langchain = new MultiServerMCPClient({
    mcpServers: {
      serving: {
        transport: 'stdio',
        command: process.execPath,
        args: [SERVER],
        env: { ...NOTHING, DATABRICKS_HOST: host, DATABRICKS_TOKEN: token },
      },
    },
  });
  onTestFinished(() => langchain.close());
  const sdk = new WorkspaceClient(new Config({ host, token, authType: 'pat', loaders: [] }));
  const tools = await langchain.getTools();
  // biome-ignore lint/suspicious/noExplicitAny: results are looked into field by field, and a wrong guess fails the test
  const call = async (name: string, args: Record<string, unknown>): Promise<any> => {
    const found = tools.find((each) => each.name === name);
    if (!found) throw new Error(`the adapter shows no tool ${name}`);
    const block = await found.invoke(args); // the adapter hands over the one text block of the result
    return JSON.parse(block.text);
  };

  const listed = await call('list_endpoints', {});
  expect(JSON.stringify(listed)).toContain('house-price');
  const created = await call('create_endpoint', { endpoint: 'by-mcp', model: 'ml.prod.churn', version: '2' });
  expect(created.changed).toBe(true);
  const waited = await call('wait_for_endpoint', { endpoint: 'by-mcp', wait_seconds: 20 });
  expect(JSON.stringify(waited)).toContain('"ready"');
  const seen = await sdk.servingEndpoints.get({ name: 'by-mcp' });
  expect(seen.state).toMatchObject({ ready: 'READY', config_update: 'NOT_UPDATING' });
  expect(seen.config?.served_entities?.[0]).toMatchObject({ entity_name: 'ml.prod.churn', entity_version: '2' });

  const row = { tenure: 4, monthly_charges: 70, support_tickets: 1, contract: 'one-year' };
  const asked = await call('query_endpoint', { endpoint: 'by-mcp', dataframe_records: [row] });
  expect(asked.predictions).toEqual([{ churn_probability: expect.any(Number) }]);

  const question = await call('delete_endpoint', { endpoint: 'by-mcp' });
  expect(await sdk.servingEndpoints.get({ name: 'by-mcp' })).toMatchObject({ name: 'by-mcp' });
  const again = JSON.parse(/\{.*\}/.exec(question.next)?.[0] ?? '{}');
  const gone = await call('delete_endpoint', { endpoint: 'by-mcp', ...again });
  expect(gone.deleted).toBe(true);
  await expect(sdk.servingEndpoints.get({ name: 'by-mcp' })).rejects.toMatchObject({ statusCode: 404 });
});

it('a client like AppKit’s: an older protocol version, no capabilities, and only the text of a result', async () => {
  const server = spawn(process.execPath, [SERVER, '--sandbox'], { env: NOTHING });
  onTestFinished(() => void server.kill());
  const answers = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  let id = 0;
  const send = (message: object) => server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const request = async (method: string, params: object): Promise<any> => {
    send({ id: ++id, method, params });
    for (;;) {
      const { value = '', done } = await answers.next();
      if (done) throw new Error('the server closed its output');
      const message = JSON.parse(value);
      if (message.id === id) return message.result;
    }
  };

  const hello = await request('initialize', {
    protocolVersion: '2025-03-26',
    capabilities: {},
    clientInfo: { name: 'appkit-agent', version: '0.1.0' },
  });
  expect(hello.protocolVersion).toBe('2025-03-26');
  send({ method: 'notifications/initialized' });
  const { tools } = await request('tools/list', {});
  const names: string[] = tools.map((each: { name: string }) => each.name);
  expect(names).toContain('get_integration_code');
  // Model APIs take letters, digits, - and _ only; the adapter replaces dots and nothing else.
  expect(names.every((name) => /^[\w-]{1,64}$/.test(name))).toBe(true);
  const { content, isError } = await request('tools/call', {
    name: 'get_endpoint',
    arguments: { endpoint: 'house-price' },
  });
  expect(isError ?? false).toBe(false);
  expect(JSON.parse(content[0].text)).toMatchObject({ endpoint: 'house-price', status: 'ready' });
});
