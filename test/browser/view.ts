/** A view in the host page, as a test sees it. */
import puppeteer, { type Browser, type Frame, type Page } from 'puppeteer-core';
import { expect, inject, onTestFinished } from 'vitest';
import type { HostEvent, HostPage, Opening, ToolResult } from './host/protocol.ts';

declare const host: HostPage; // inside the page

/** The MCP server behind a view: an official client, or what a test wrote. */
export interface Server {
  callTool(params: { name: string; arguments?: Record<string, unknown> }): Promise<unknown>;
  readResource(params: { uri: string }): Promise<unknown>;
}

export interface Opened {
  page: Page;
  frame: Frame;
  /** When the host began to open it, in milliseconds since 1970. */
  openedAt: number;
  /** The calls that the view made through the host, in order. */
  calls: { name: string; arguments?: Record<string, unknown> }[];
  /** Whatever a careful developer would not like to see in the console: errors, refusals of the policy, requests of the view. */
  problems: string[];
  events(): Promise<HostEvent[]>;
  /** The visible text of the view. */
  text(): Promise<string>;
  /** Waits until the visible text contains a string or fits a pattern. @throws Error with the text that is there instead. */
  shows(wanted: string | RegExp): Promise<void>;
  /** Presses the button with this text, once it is there and can be pressed. */
  press(button: string): Promise<void>;
  context(change: Parameters<HostPage['context']>[0]): Promise<void>;
  input(args: Record<string, unknown>): Promise<void>;
  result(result: ToolResult): Promise<void>;
  cancelled(reason: string): Promise<void>;
  teardown(): Promise<void>;
}

export interface OpenOptions extends Partial<Opening> {
  html: string;
  server?: Server;
  /** Size of the window, in CSS pixels. */
  width?: number;
  height?: number;
  reducedMotion?: boolean;
  /** What time the page believes it is when it opens, in milliseconds since 1970. Default: the real one. */
  now?: number | undefined;
  /** Runs in the page and in its frames before anything else. */
  prepare?: () => void;
  /** How many times faster the waits of the view pass. Default: 1. */
  hurry?: number;
  /** Whether the view is meant to cause problems. */
  misbehaves?: boolean;
}

/** How long a test waits for what a view is going to show, in milliseconds. */
const PATIENCE = 15_000;

let connected: Promise<Browser> | undefined;

/** The browser that all tests of this worker share. */
export function browser(): Promise<Browser> {
  const all = inject('browsers');
  // Vitest numbers its workers from one.
  const browserWSEndpoint = all[(Number(process.env.VITEST_POOL_ID ?? 1) - 1) % all.length] ?? '';
  connected ??= puppeteer.connect({ browserWSEndpoint, defaultViewport: null });
  return connected;
}

/** Opens a view in a host page of its own. At the end of the test the page is closed, and there must be no problems. */
export async function openView(options: OpenOptions): Promise<Opened> {
  const { server, width = 760, height = 900, reducedMotion = false } = options;
  const page = await (await browser()).newPage();
  const problems = watchProblems(page);
  onTestFinished(async () => {
    if (!page.isClosed()) await page.close();
    if (!options.misbehaves) expect(problems, 'problems of the page').toEqual([]);
  });
  await page.setViewport({ width, height });
  if (reducedMotion) await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
  if (options.now !== undefined) await page.evaluateOnNewDocument(moveClock, options.now);
  if (options.prepare) await page.evaluateOnNewDocument(options.prepare);
  if (options.hurry !== undefined) await page.evaluateOnNewDocument(hurryOn, options.hurry);
  const calls: Opened['calls'] = [];
  await page.exposeFunction('relay', async (kind: string, params: string) => {
    const asked = JSON.parse(params);
    try {
      if (!server) throw new Error('this host has no server');
      if (kind === 'read') return JSON.stringify({ value: await server.readResource(asked) });
      calls.push(asked);
      return JSON.stringify({ value: await server.callTool(asked) });
    } catch (error) {
      return JSON.stringify({ error: error instanceof Error ? error.message : String(error) });
    }
  });
  await page.goto(inject('host'));
  const opening: Opening = {
    html: options.html,
    capabilities: options.capabilities ?? { serverTools: {}, serverResources: {}, openLinks: {}, logging: {} },
    context: options.context ?? { theme: 'light', displayMode: 'inline', platform: 'desktop', locale: 'en-US' },
    ...(options.input ? { input: options.input } : {}),
    ...(options.result ? { result: options.result } : {}),
  };
  const openedAt = await page.evaluate(async (with_) => {
    const begun = performance.timeOrigin + performance.now();
    await host.open(with_);
    return begun;
  }, opening);
  const frame = page.frames().find((each) => each.parentFrame() === page.mainFrame());
  if (!frame) throw new Error('the page has no frame');
  const text = () => frame.evaluate(() => document.body.innerText);
  return {
    page,
    frame,
    openedAt,
    calls,
    problems,
    text,
    events: () => page.evaluate(() => host.events),
    async shows(wanted) {
      const [source, flags] = typeof wanted === 'string' ? [escaped(wanted), ''] : [wanted.source, wanted.flags];
      await frame
        .waitForFunction(
          (is, how) => new RegExp(is, how).test(document.body.innerText),
          { timeout: PATIENCE },
          source,
          flags,
        )
        .catch(async () => expect(await text()).toMatch(wanted));
    },
    press: (button) => frame.locator(`::-p-xpath(//button[normalize-space()="${button}"])`).click(),
    context: (change) => page.evaluate((with_) => host.context(with_), change),
    input: (args) => page.evaluate((with_) => host.input(with_), args),
    result: (result) => page.evaluate((with_) => host.result(with_), result),
    cancelled: (reason) => page.evaluate((why) => host.cancelled(why), reason),
    teardown: () => page.evaluate(() => host.teardown()),
  };
}

/** Runs in the page and in its frames: their clock begins at a time, and goes on from there. */
function moveClock(now: number): void {
  const difference = now - Date.now();
  const { now: real } = Date;
  Date.now = () => real() + difference;
}

/** Runs in the page and in its frames. */
function hurryOn(times: number): void {
  const { setTimeout: real } = window;
  const hurried = (run: TimerHandler, ms = 0, ...rest: unknown[]) => real(run, ms / times, ...rest);
  window.setTimeout = hurried as typeof window.setTimeout; // nobody asks for its promise
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Collects errors, refusals of a policy, dialogs and requests of a page and its frames, from its beginning. */
export function watchProblems(page: Page, allowed: (url: string) => boolean = isOfHost): string[] {
  const problems: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warn', 'assert'].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`error: ${String(error)}`));
  page.on('dialog', async (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!allowed(request.url())) problems.push(`request: ${request.url()}`);
  });
  return problems;
}

const isOfHost = (url: string) => url === 'about:srcdoc' || url.startsWith('data:') || url.startsWith(inject('host'));
