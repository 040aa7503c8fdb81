/** What each state of each view must satisfy: both themes, four widths, no text lost, no barrier. */
import { expect } from 'vitest';
import { expectAccessible } from './access.ts';
import { expectReadable } from './layout.ts';
import { shoot } from './shots.ts';
import type { Opened } from './view.ts';

/** A narrow panel, the column of a chat, a wide window and a 4K screen, in CSS pixels. Colours do not change what fits. */
const WIDTHS = { light: [320, 760, 1600, 3840], dark: [320, 760] } as const;

/** Shows a state in each theme and width. The theme changes while the view is open. @param name of its pictures. */
export async function expectGoodLooks(view: Opened, name: string): Promise<void> {
  const grounds: number[] = [];
  for (const theme of ['light', 'dark'] as const) {
    await view.context({ theme });
    await view.frame.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, {}, theme);
    grounds.push(await brightness(view));
    for (const width of WIDTHS[theme]) {
      await resize(view, width);
      const where = `${name}, ${theme}, ${width} pixels`;
      await expectReadable(view.frame).catch((error) => expect.fail(`${where}: ${error.message}`));
      // From 760 pixels on, what is shown is the same.
      if (width <= 760) await expectAccessible(view.frame).catch((error) => expect.fail(`${where}: ${error.message}`));
      await shoot(view, `${name}-${theme}-${width}`);
    }
  }
  const [light = 0, dark = 1] = grounds;
  expect(light, 'a light ground').toBeGreaterThan(0.8);
  expect(dark, 'a dark ground').toBeLessThan(0.2);
  await view.context({ theme: 'light' });
  await resize(view, 760);
}

/** Changes the width of the window, and waits until the view has drawn itself anew. */
export async function resize(view: Opened, width: number): Promise<void> {
  await view.page.setViewport({ width, height: 900 });
  await settle(view);
}

/** Waits until the view has drawn what it has. */
export async function settle({ frame }: Pick<Opened, 'frame'>): Promise<void> {
  await frame.evaluate(
    () =>
      new Promise<void>((drawn) => {
        // The first frame tells observers of sizes, the second draws what they changed, and the host follows its height in the third.
        requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => drawn())));
      }),
  );
}

/** How bright the ground of the page is: 0 is black, 1 is white. */
async function brightness({ frame }: Opened): Promise<number> {
  return frame.evaluate(() => {
    const color = [document.body, document.documentElement]
      .map((each) => getComputedStyle(each).backgroundColor)
      .find((each) => !/, 0\)$|transparent/.test(each));
    const canvas = document.createElement('canvas').getContext('2d');
    if (!canvas || !color) return Number.NaN;
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
  });
}
