/** What people with a keyboard, a screen reader or weak eyes find: axe-core, and the order in which Tab visits the page. */
import axe from 'axe-core';
import type { Frame, Page } from 'puppeteer-core';

/** WCAG 2.2 A and AA, and what axe calls best practice. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** @param except rules that do not count. @throws Error that names each violation with its elements. */
export async function expectAccessible(frame: Frame, except: readonly string[] = []): Promise<void> {
  await frame.evaluate(axe.source);
  const found = await frame.evaluate(
    async (tags, off) => {
      const { axe: inPage } = globalThis as unknown as { axe: typeof axe };
      const { violations } = await inPage.run(document, {
        runOnly: tags,
        rules: Object.fromEntries(off.map((rule) => [rule, { enabled: false }])),
        resultTypes: ['violations'],
      });
      return violations.map(({ id, help, nodes }) => {
        const places = nodes.slice(0, 5).map((node) => `${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`);
        return `${id}: ${help}\n  ${places.join('\n  ')}`;
      });
    },
    TAGS,
    except,
  );
  if (found.length > 0) throw new Error(`violations that axe finds:\n${found.join('\n')}`);
}

export interface Stop {
  /** Its role or tag, and its name for a screen reader. */
  what: string;
  /** Whether a person sees that it has the focus. */
  visible: boolean;
}

/** Presses Tab until the focus leaves the view or comes back to its beginning. @param most stops that are enough. */
export async function tabThrough(page: Page, frame: Frame, most = 200): Promise<Stop[]> {
  await frame.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    window.focus();
  });
  const stops: Stop[] = [];
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press('Tab');
    const stop = await frame.evaluate((marked) => {
      const element = document.activeElement;
      if (!element || element === document.body || !document.hasFocus()) return undefined;
      if (element.hasAttribute('data-test-visited')) return undefined;
      element.setAttribute('data-test-visited', String(marked));
      const style = getComputedStyle(element);
      const outlined = style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 1;
      const name = element.getAttribute('aria-label') ?? (element as HTMLElement).innerText ?? '';
      const { top, bottom, left, right } = element.getBoundingClientRect();
      return {
        what: `${element.getAttribute('role') ?? element.tagName.toLowerCase()} ${name.trim().split('\n')[0]}`.trim(),
        visible: (outlined || style.boxShadow !== 'none') && bottom > top && right > left,
      };
    }, presses);
    if (!stop) break;
    stops.push(stop);
  }
  await frame.evaluate(() => {
    for (const each of document.querySelectorAll('[data-test-visited]')) each.removeAttribute('data-test-visited');
  });
  return stops;
}
