/**
 * The numbers of the views for `npm run bench`, which starts this file: how soon a view shows its data in a host, and how fluid the view of a
 * large workspace is. It writes rows for the table into the file of the variable `ROWS`.
 */
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { interleaved, median, milliseconds, type Row } from '../bench/measure.ts';
import { start } from '../support/harness.ts';
import { playOn, rolloutSeed, WISH } from '../support/rollout-site.ts';
import { type OpenOptions, openView } from './view.ts';
import { answer, BEGIN, pageOf, scripted } from './world.ts';

const ROUNDS = 11;
const PAINT_LIMIT_MS = 300;
const MANY = 1_000;
const PAGE = 100;
/** Longest pause between two frames that people do not notice as a stutter while they type. */
const FRAME_LIMIT_MS = 100;

/** A view that draws one line of its data. */
const EMPTY = `<!doctype html><html lang="en"><title>t</title><body><script>
addEventListener('message', ({ data }) => {
  if (data.id === 1) parent.postMessage({ jsonrpc: '2.0', method: 'ui/notifications/initialized' }, '*');
  if (data.method === 'ui/notifications/tool-result') document.body.innerHTML = '<main><table><tr><td>here</td></tr></table></main>';
});
parent.postMessage({ jsonrpc: '2.0', id: 1, method: 'ui/initialize',
  params: { protocolVersion: '2026-01-26', appInfo: { name: 't', version: '1' }, appCapabilities: {} } }, '*');
</script></body></html>`;

/** Runs in each document from its beginning: notes when the first frame with data is on the screen. */
function notePaint(): void {
  const seen = new MutationObserver(() => {
    if (!document.querySelector('main table, main .card')) return;
    seen.disconnect();
    // The second frame begins after the first one was painted.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => Object.assign(globalThis, { paintedAt: performance.timeOrigin + performance.now() })),
    );
  });
  seen.observe(document, { childList: true, subtree: true });
}

/** Milliseconds from the page of the view, with its data, to the frame that shows them. */
async function paint(options: OpenOptions): Promise<number> {
  const view = await openView({ ...options, prepare: notePaint });
  const painted = await view.frame.waitForFunction(() => (globalThis as { paintedAt?: number }).paintedAt);
  const ms = Number(await painted.jsonValue()) - view.openedAt;
  await view.page.close();
  return ms;
}

/** Longest time between two frames while something happens. */
async function longestFrame(view: Awaited<ReturnType<typeof openView>>, act: () => Promise<void>): Promise<number> {
  await view.frame.evaluate(() => {
    const pauses: number[] = [];
    let last = performance.now();
    const tick = (now: number) => {
      pauses.push(now - last);
      last = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(globalThis, { pauses });
  });
  await act();
  return view.frame.evaluate(() => Math.max(...(globalThis as unknown as { pauses: number[] }).pauses.slice(1)));
}

it('measures', async () => {
  const h = await start(rolloutSeed({}, { warehouse: 'Serverless Starter Warehouse' }));
  await playOn(h, WISH, ({ step }) => String(step).startsWith('1'));
  const usage = await start({ at: BEGIN, warehouse: 'Serverless Starter Warehouse' });
  const calls: [string, typeof h, Record<string, unknown>][] = [
    ['list_endpoints', usage, {}],
    ['get_endpoint', h, { endpoint: 'churn' }],
    ['roll_out', h, { endpoint: 'churn', version: '3', wait_seconds: 0 }],
    ['get_usage', usage, { report: 'traffic' }],
  ];
  const subjects: Record<string, () => Promise<number>> = {
    empty: () => paint({ html: EMPTY, input: {}, result: answer({}) }),
  };
  for (const [tool, { client, call }, args] of calls) {
    const { html, tool: named } = await pageOf(client, tool);
    const { data } = await call(tool, args);
    const context = { theme: 'light' as const, toolInfo: { tool: named as never } };
    subjects[tool] = () => paint({ html, context, input: args, result: answer(data), server: scripted({}) });
  }
  const times = await interleaved(subjects, ROUNDS, 2);
  const rows: Row[] = calls.map(([tool]) => {
    const value = times[tool] ?? Number.NaN;
    return {
      what: `First paint of the view of \`${tool}\` in a host, with its page and data`,
      measured: milliseconds(value),
      baseline: `a page of one line: ${milliseconds(times.empty ?? Number.NaN)}`,
      value,
      shown: milliseconds(value),
      limit: PAINT_LIMIT_MS,
      shownLimit: `≤ ${PAINT_LIMIT_MS} ms`,
    };
  });
  rows.push(await fluidRow(await pageOf(h.client, 'list_endpoints')));
  await h.close();
  await usage.close();
  writeFileSync(process.env.ROWS ?? '/dev/stdout', JSON.stringify(rows));
}, 300_000);

async function fluidRow({ html, tool }: Awaited<ReturnType<typeof pageOf>>): Promise<Row> {
  const row = (at: number) => ({
    name: `team-${at}-churn-prediction`,
    status: at % 10 === 0 ? 'not ready (update failed)' : 'ready',
    serves: `ml.prod.model_${at} ${at % 7}`,
    creator: `engineer-${at % 20}@example.com`,
    last_change: '2026-01-05T09:00:00Z',
  });
  const page = ({ cursor = '0' }: { cursor?: string }) => {
    const from = Number(cursor);
    const next = from + PAGE;
    const endpoints = Array.from({ length: PAGE }, (_, at) => row(from + at));
    return { total: MANY, endpoints, ...(next < MANY ? { next_cursor: String(next) } : {}) };
  };
  const view = await openView({
    html,
    server: scripted({
      list_endpoints: page,
      diagnose_endpoint: { total: 0, judged: 0, need_a_person: 0, endpoints: [] },
    }),
    context: { theme: 'light', toolInfo: { tool: tool as never } },
    input: {},
    result: answer(page({})),
  });
  await view.shows(`Endpoints: ${MANY.toLocaleString('en-US')}`);
  const rest = await longestFrame(view, () => new Promise((resolve) => setTimeout(resolve, 1_000)));
  const pauses: number[] = [];
  for (let round = 0; round < 5; round++) {
    pauses.push(
      await longestFrame(view, async () => {
        await view.frame.type('input[type=search]', `team-${round} pred`, { delay: 30 });
        await view.shows(/match/);
        for (let key = 0; key < 11; key++) await view.page.keyboard.press('Backspace', { delay: 10 });
        await view.frame.locator('::-p-xpath(//button[starts-with(normalize-space(), "Show ")])').click();
        for (let step = 0; step < 20; step++) await view.page.mouse.wheel({ deltaY: step % 2 === 0 ? 900 : -700 });
      }),
    );
  }
  const value = median(pauses);
  expect(value).toBeGreaterThan(0);
  return {
    what: `Longest frame of the view of ${MANY.toLocaleString('en-US')} endpoints, while a person filters and scrolls`,
    measured: milliseconds(value),
    baseline: `the same page at rest: ${milliseconds(rest)}`,
    value,
    shown: milliseconds(value),
    limit: FRAME_LIMIT_MS,
    shownLimit: `≤ ${FRAME_LIMIT_MS} ms`,
  };
}
