/** The dashboard in Chromium, from the built program: one tab, its secret, and what other pages cannot do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { endAll, startSandboxProcess, startServer } from '../wire/server-process.ts';
import { dashboard, dashboardOn, tab } from './dashboard-tab.ts';
import { browser } from './view.ts';

const REPORT = {
  outcome: 'done',
  endpoint: 'churn',
  version: '3',
  serving: 'churn-3 (100 %)',
  report: [{ percent: 100, minutes: 4, requests: 1632, errors_5xx: '0 against 0 %', verdict: 'pass' }],
};
let report = '';
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  report = join(folder, 'report.json');
  writeFileSync(report, JSON.stringify(REPORT));
  return () => rmSync(folder, { recursive: true, force: true });
});

describe('a tab with the address', () => {
  it('shows the workspace, keeps the secret nowhere, and lives over a reload', async () => {
    const { address } = dashboard('--sandbox');
    const { page, shows } = await tab(await address());
    await shows('house-price');
    const { url, kept } = await page.evaluate(() => ({
      url: location.href,
      kept: JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie]),
    }));
    const secret = new URL(await address()).hash.slice(1);
    expect(url).toBe(new URL('/', await address()).href);
    expect(kept).not.toContain(secret);
    await page.reload();
    await shows('house-price');
  });

  it('is the only one: a second tab hears how to get an address of its own', async () => {
    const { server, address } = dashboard('--sandbox');
    const first = await tab(await address());
    await first.shows('house-price');
    const second = await tab(await address(), true);
    await second.shows('press Enter in its terminal for a new address');
    server.raw('\n');
    // The new address in the same tab changes only the part after the #.
    await second.page.goto(await address(1));
    await second.shows('house-price');
    await first.page.reload();
    await first.shows('house-price');
  });

  it('without its secret says where to get it', async () => {
    const { address } = dashboard('--sandbox');
    const { shows } = await tab(new URL('/', await address()).href);
    await shows('Press Enter in the terminal of the dashboard');
  });

  it('says that the dashboard has stopped, and keeps what it has read', async () => {
    const { server, address } = dashboard('--sandbox');
    const { page, shows } = await tab(await address(), true);
    await shows('house-price');
    server.kill('SIGINT');
    await server.exited;
    await page.locator('::-p-xpath(//button[normalize-space()="Refresh"])').click();
    await shows('The dashboard does not answer. It may have stopped.');
    await shows('house-price');
  });
});

it('a rollout is aborted with the button where changes are allowed, and elsewhere there is no button', async () => {
  onTestFinished(endAll);
  const { env, get } = await startSandboxProcess(5);
  const plan = JSON.stringify({ steps: [50, 100], bake_minutes: 5, min_requests: 20 });
  const rollout = startServer(['rollout', 'house-price', '--version', '2', '--plan', plan], env);
  await vi.waitUntil(() => rollout.stderr().includes('step 1 of 2'), { timeout: 40_000, interval: 20 });
  rollout.kill('SIGTERM');
  expect((await rollout.exited).code, rollout.stderr()).toBe(2);

  const open = async (...args: string[]) => {
    const { page, shows } = await tab(await dashboardOn(env, ...args).address());
    await page.locator('::-p-xpath(//button[normalize-space()="house-price"])').click();
    await page.locator('::-p-xpath(//nav//button[normalize-space()="Rollout"])').click();
    await shows('50 %');
    return { page, shows };
  };
  const reader = await open();
  expect(await reader.page.$$('::-p-xpath(//button[normalize-space()="Abort"])')).toEqual([]);

  const { page, shows } = await open('--allow-changes');
  await page.locator('::-p-xpath(//button[normalize-space()="Abort"])').click();
  await shows('gets all traffic back');
  await page.locator('::-p-xpath(//button[normalize-space()="Yes, abort"])').click();
  await shows('Abort: done.');
  const { config } = await get('/api/2.0/serving-endpoints/house-price');
  const routes: { served_entity_name: string; traffic_percentage: number }[] = config.traffic_config.routes;
  const shares = routes.map((each) => `${each.served_entity_name}: ${each.traffic_percentage}`);
  expect(shares.sort()).toEqual(['house_price-1: 100', 'house_price-2: 0']);
});

describe('a page of another origin', () => {
  it('can neither begin a session, nor call, nor show the dashboard in a frame', async () => {
    const { address } = dashboard('--sandbox', '--allow-changes');
    const url = new URL(await address());
    const secret = url.hash.slice(1);
    const page = await (await browser()).newPage();
    onTestFinished(() => page.close());
    await page.goto(inject('host'));
    // The policy of the host page would forbid the requests before the dashboard can.
    await page.setBypassCSP(true);
    await page.reload();
    const tried = await page.evaluate(
      async (origin, body) => {
        const outcome = (init: RequestInit) =>
          fetch(`${origin}/session`, { method: 'POST', body, ...init }).then(
            ({ type, status }) => `${type} ${status}`,
            () => 'refused',
          );
        const frame = document.createElement('iframe');
        frame.src = `${origin}/`;
        document.body.append(frame);
        await new Promise((loaded) => {
          frame.onload = loaded;
        });
        return {
          json: await outcome({ headers: { 'content-type': 'application/json' } }),
          form: await outcome({ mode: 'no-cors' }),
          read: await fetch(`${origin}/`).then(
            () => 'read',
            () => 'refused',
          ),
        };
      },
      url.origin,
      JSON.stringify({ secret }),
    );
    expect(tried.json).toBe('refused');
    expect(tried.form).not.toContain('200');
    expect(tried.read).toBe('refused');
    const frame = page.frames().find((each) => each.parentFrame() === page.mainFrame());
    expect(await frame?.evaluate(() => document.body.innerText).catch(() => '')).not.toContain('Serving');
    // Nothing of it has used the secret.
    const { shows } = await tab(url.href);
    await shows('house-price');
  });
});

describe('a saved report', () => {
  it('is drawn from the dashboard, and after a reload again', async () => {
    const { address } = dashboard(report);
    const { page, shows } = await tab(await address());
    await shows('Rollout on churn');
    await shows('1,632 requests');
    await page.reload();
    await shows('1,632 requests');
  });

  it('is drawn from one file, without a server', async () => {
    const output = report.replace('.json', '.html');
    const server = startServer(['dashboard', report, '--output', output]);
    expect((await server.exited).code, server.stderr()).toBe(0);
    const { shows } = await tab(pathToFileURL(output).href);
    await shows('Rollout on churn');
    await shows('1,632 requests');
  });
});
