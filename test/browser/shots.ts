/** Pictures of the views, for people. The run writes them into `test/browser/screenshots/`, which git ignores. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Opened } from './view.ts';

export const SCREENSHOTS = join(import.meta.dirname, 'screenshots');

/** Takes a picture of the whole view. @param name without an ending. */
export async function shoot({ page }: Pick<Opened, 'page'>, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  writeFileSync(join(SCREENSHOTS, `${name}.png`), await page.screenshot({ fullPage: true }));
}
