/** A look at all endpoints of a large workspace, against a service that needs a tenth of a second for each answer. */
import { startSandbox } from '../../src/sandbox/index.ts';
import { manyEndpoints } from '../support/many-endpoints.ts';
import { startSlowProxy } from '../support/slow-proxy.ts';
import { milliseconds, type Row, timed } from './measure.ts';
import { connect, SERVER } from './processes.ts';

const COUNT = 200;
const ANSWER_MS = 100;
const LIMIT_S = 30;

/** @throws Error when the sweep did not judge all of them. */
export async function sweepRow(): Promise<Row> {
  const sandbox = await startSandbox({ clock: { kind: 'manual' }, seed: manyEndpoints(COUNT) });
  // Until the updates of those that are broken have failed.
  sandbox.clock.advance(10 * 60_000);
  const proxy = await startSlowProxy(sandbox.host, () => ANSWER_MS);
  const client = await connect([SERVER], { DATABRICKS_HOST: proxy.host, DATABRICKS_TOKEN: sandbox.token });
  try {
    let text = '';
    const ms = await timed(async () => {
      const { content } = await client.callTool({ name: 'diagnose_endpoint', arguments: {} });
      text = Array.isArray(content) ? String(content[0]?.text) : '';
    });
    const { judged } = JSON.parse(text);
    if (judged !== COUNT) throw new Error(`the sweep judged ${judged} of ${COUNT} endpoints: ${text.slice(0, 500)}`);
    if (proxy.peak() > 10) throw new Error(`${proxy.peak()} requests waited at a time`);
    const value = ms / 1_000;
    return {
      what: `A sweep of ${COUNT} endpoints at ${ANSWER_MS} ms per answer`,
      measured: milliseconds(ms),
      baseline: `${proxy.count()} requests, at most ${proxy.peak()} at a time`,
      value,
      shown: `${value.toFixed(1)} s`,
      limit: LIMIT_S,
      shownLimit: `≤ ${LIMIT_S} s`,
    };
  } finally {
    await client.close();
    await proxy.close();
    await sandbox.close();
  }
}
