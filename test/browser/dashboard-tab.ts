/** The dashboard of the built program, and tabs that show it. */
import type { Page } from 'puppeteer-core';
import { expect, onTestFinished, vi } from 'vitest';
import { endAll, type ServerProcess, startServer } from '../wire/server-process.ts';
import { browser, watchProblems } from './view.ts';

export interface Running {
  server: ServerProcess;
  /** The addresses that it has printed. */
  address(at?: number): Promise<string>;
}

/** Starts it, until the end of the test. */
export function dashboard(...args: string[]): Running {
  return dashboardOn({}, ...args);
}

/** Starts it on a workspace, until the end of the test. */
export function dashboardOn(env: Record<string, string>, ...args: string[]): Running {
  onTestFinished(endAll); // after the tabs, which were opened later
  const server = startServer(['dashboard', ...args], env);
  return {
    server,
    address: (at = 0) =>
      vi.waitUntil(() => server.stdout().match(/^http:\S+$/gm)?.[at], { timeout: 50_000, interval: 20 }),
  };
}

/** A new tab. Refusals that a test expects appear in the console as well, so they are no problems there. */
export async function tab(
  address: string,
  refused = false,
): Promise<{ page: Page; shows(words: string): Promise<unknown> }> {
  const page = await (await browser()).newPage();
  const { origin } = new URL(address);
  const problems = watchProblems(page, (url) => url.startsWith(origin === 'null' ? 'file:' : origin));
  onTestFinished(async () => {
    await page.close();
    expect(problems.filter((each) => !(refused && each.includes('Failed to load resource')))).toEqual([]);
  });
  await page.setViewport({ width: 900, height: 900 });
  await page.goto(address);
  return {
    page,
    shows: (words) =>
      page
        // A tab behind another one draws no frames, which the default waits for.
        .waitForFunction((text) => document.body.innerText.includes(text), { timeout: 15_000, polling: 50 }, words)
        .catch(async () => expect(await page.evaluate(() => document.body.innerText)).toContain(words)),
  };
}
