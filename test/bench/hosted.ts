/** A small call over HTTP, next to the same call over stdio: the same client, the same server, one call at a time. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { interleaved, type Row, ratioRow, timed } from './measure.ts';
import { connect, SERVER, startHttpServer, startWorkspace } from './processes.ts';

const ROUNDS = 400;
const SECRET = 'made-up-secret-of-the-bench-made-up';

export async function hostedRow(): Promise<Row> {
  const workspace = await startWorkspace();
  const stdio = await connect([SERVER], workspace.env);
  const hosted = await startHttpServer({ ...workspace.env, DATABRICKS_SERVING_HTTP_SECRET: SECRET });
  const http = new Client({ name: 'bench', version: '1.0.0' });
  const headers = { authorization: `Bearer ${SECRET}` };
  await http.connect(new StreamableHTTPClientTransport(new URL(hosted.url), { requestInit: { headers } }));
  const call = (client: Client) => () =>
    timed(async () => {
      const { isError } = await client.callTool({ name: 'get_endpoint', arguments: { endpoint: 'house-price' } });
      if (isError) throw new Error('get_endpoint failed');
    });
  try {
    const times = await interleaved({ http: call(http), stdio: call(stdio) }, ROUNDS, 100);
    return ratioRow('The same call over HTTP', times.http, 'over stdio', times.stdio, 3);
  } finally {
    await Promise.all([http.close(), stdio.close()]);
    await hosted.stop();
    await workspace.stop();
  }
}
