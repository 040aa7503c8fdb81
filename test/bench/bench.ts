/**
 * The numbers of test/README.md, each next to its baseline of the same run: `npm run bench`.
 * `--markdown` prints them as a table for that document; `--check` ends with 1 when a limit is missed; `--start` measures the start alone.
 * `OTHER_NODE` names a second Node binary, whose start is measured too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { expositionRow } from './exposition.ts';
import { hostedRow } from './hosted.ts';
import { interleaved, markdown, milliseconds, missed, plain, type Row, ratioRow, timed } from './measure.ts';
import { nodeFacts, otherNode } from './other-node.ts';
import { bareNode, connect, fillCompileCache, SERVER, serverAnswers, startWorkspace } from './processes.ts';
import { listRow, toolRows, waitRow } from './sizes.ts';
import { sweepRow } from './sweep.ts';
import { viewRows } from './views.ts';

const START_ROUNDS = 25;
const CALL_ROUNDS = 400;

/** Start-up with a Node binary. One that has a compile cache has it filled, as after the first session of a user. */
async function startRows(node: string): Promise<Row[]> {
  const about = nodeFacts(node);
  const home = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    await fillCompileCache(node, home);
    const times = await interleaved(
      {
        bare: () => bareNode(node),
        initialize: () => serverAnswers(node, home, 'initialize'),
        list: () => serverAnswers(node, home, 'tools/list'),
        sandbox: () => serverAnswers(node, home, 'initialize', ['--sandbox']),
      },
      START_ROUNDS,
      2,
    );
    const limits = about.compileCache ? { initialize: 2.5, list: 2.5 } : { initialize: 2.2, list: 2.6 };
    const baseline = `bare \`node -e 0\`, ${about.version}`;
    return [
      ratioRow('Start to the answer to `initialize`', times.initialize, baseline, times.bare, limits.initialize),
      ratioRow('Start to the answer to `tools/list`', times.list, baseline, times.bare, limits.list),
      ratioRow('Start with `--sandbox` to the answer to `initialize`', times.sandbox, baseline, times.bare, 2.5),
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function callRow(): Promise<Row> {
  const workspace = await startWorkspace();
  const endpoint = 'house-price';
  const empty = await connect(['--import', 'tsx', fileURLToPath(new URL('./empty-server.ts', import.meta.url))]);
  const server = await connect([SERVER], workspace.env);
  const pool = new Pool(workspace.host);
  const route = {
    method: 'GET' as const,
    path: `/api/2.0/serving-endpoints/${endpoint}`,
    headers: { authorization: `Bearer ${workspace.token}` },
  };
  try {
    const times = await interleaved(
      {
        call: () =>
          timed(async () => {
            const { isError } = await server.callTool({ name: 'get_endpoint', arguments: { endpoint } });
            if (isError) throw new Error('get_endpoint failed');
          }),
        empty: () => timed(() => empty.callTool({ name: 'nothing', arguments: {} })),
        raw: () =>
          timed(async () => {
            const { statusCode, body } = await pool.request(route);
            await body.json();
            if (statusCode !== 200) throw new Error(`the sandbox answered ${statusCode}`);
          }),
      },
      CALL_ROUNDS,
      100,
    );
    const parts = `empty tool call ${milliseconds(times.empty)} + raw request ${milliseconds(times.raw)}`;
    return ratioRow('A `get_endpoint` call', times.call, parts, times.empty + times.raw, 1.5);
  } finally {
    await Promise.all([server.close(), empty.close(), pool.close()]);
    await workspace.stop();
  }
}

const flags = new Set(process.argv.slice(2));
const rows: Row[] = [];
for (const node of [process.execPath, ...otherNode()]) rows.push(...(await startRows(node)));
if (!flags.has('--start'))
  rows.push(
    await callRow(),
    await hostedRow(),
    ...(await toolRows()),
    await listRow(),
    await waitRow(),
    await expositionRow(),
    await sweepRow(),
    ...viewRows(),
  );
// Node 20 reads the certificates of this variable at each start, the bare one included: with it the ratios are smaller.
const certificates = process.env.NODE_EXTRA_CA_CERTS ? ', NODE_EXTRA_CA_CERTS set' : '';
const where = `Node ${process.versions.node}, ${process.platform} ${process.arch}${certificates}`;
const how = `medians of ${START_ROUNDS} starts and ${CALL_ROUNDS} calls, each taken in turn with its baseline`;
if (flags.has('--markdown')) {
  console.log(`Measured on ${new Date().toISOString().slice(0, 10)} with ${where}; ${how}.\n\n${markdown(rows)}`);
} else {
  console.log(`${where}; ${how}\n\n${plain(rows)}`);
}
const over = rows.filter(missed);
if (flags.has('--check') && over.length > 0) {
  console.error(`Over the limit: ${over.map((row) => row.what).join('; ')}`);
  process.exitCode = 1;
}
