/** The views on the page of the dashboard: their looks, and a report that is one file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { playOn, rolloutSeed, WISH } from '../support/rollout-site.ts';
import { startServer } from '../wire/server-process.ts';
import { expectAccessible, tabThrough } from './access.ts';
import { dashboardOn, tab } from './dashboard-tab.ts';
import { expectReadable } from './layout.ts';
import { settle } from './looks.ts';
import { shoot } from './shots.ts';
import { world } from './world.ts';

/** A tab with the dashboard of a workspace with a rollout in its first step. */
async function rollingOut() {
  const h = await world(rolloutSeed());
  await playOn(h, WISH, ({ step }) => String(step).startsWith('1'));
  const { host: DATABRICKS_HOST, token: DATABRICKS_TOKEN } = h.sandbox;
  return tab(await dashboardOn({ DATABRICKS_HOST, DATABRICKS_TOKEN }).address());
}

it('they have the look of the system, fit in each width, and a keyboard reaches all of them', async () => {
  const { page, shows } = await rollingOut();
  await shows('judged endpoints');
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    for (const width of [320, 760, 1600]) {
      await page.setViewport({ width, height: 900 });
      await settle({ frame: page.mainFrame() });
      await expectReadable(page.mainFrame());
    }
    await expectAccessible(page.mainFrame());
    await shoot({ page }, `dashboard-${scheme}`);
  }
  const stops = await tabThrough(page, page.mainFrame());
  expect(stops.map(({ what }) => what)).toContain('button churn');
  expect(stops.filter(({ visible }) => !visible)).toEqual([]);
});

it('a report is one file that asks for nothing, fits in each width, and has no barrier', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const answers = await playOn(await world(rolloutSeed()), WISH);
  const { report } = answers.at(-1);
  const [saved, output] = [join(folder, 'report.json'), join(folder, 'report.html')];
  writeFileSync(saved, JSON.stringify(answers.at(-1)));
  expect((await startServer(['dashboard', saved, '--output', output]).exited).code).toBe(0);
  expect(readFileSync(output, 'utf8')).toContain("default-src 'none'");
  const { page, shows } = await tab(pathToFileURL(output).href);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.reload();
  for (const { percent, requests } of report) {
    await shows(`${percent} %`);
    await shows(requests.toLocaleString('en-US'));
  }
  for (const width of [320, 1600]) {
    await page.setViewport({ width, height: 900 });
    await settle({ frame: page.mainFrame() });
    await expectReadable(page.mainFrame());
  }
  await expectAccessible(page.mainFrame());
  await shoot({ page }, 'report');
  expect(asked, 'nothing but itself').toEqual([pathToFileURL(output).href]);
});
