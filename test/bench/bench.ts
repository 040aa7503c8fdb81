/**
 * The numbers of test/README.md, each next to its baseline of the same run: `npm run bench`.
 * `--markdown` prints them as a table for that document; `--check` ends with 1 when a limit is missed.
 */
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { interleaved, markdown, milliseconds, missed, plain, type Row, ratioRow, timed } from './measure.ts';
import { bareNode, connect, SERVER, serverAnswers, startWorkspace } from './processes.ts';
import { listRow, toolRows, waitRow } from './sizes.ts';

const START_ROUNDS = 25;
const CALL_ROUNDS = 400;

async function startRows(): Promise<Row[]> {
  const times = await interleaved(
    { bare: bareNode, initialize: () => serverAnswers('initialize'), list: () => serverAnswers('tools/list') },
    START_ROUNDS,
    2,
  );
  return [
    ratioRow('Start to the answer to `initialize`', times.initialize, 'bare `node -e 0`', times.bare, 2.2),
    ratioRow('Start to the answer to `tools/list`', times.list, 'bare `node -e 0`', times.bare, 2.6),
  ];
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
const rows = [...(await startRows()), await callRow(), ...(await toolRows()), await listRow(), await waitRow()];
const where = `Node ${process.versions.node}, ${process.platform} ${process.arch}`;
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
