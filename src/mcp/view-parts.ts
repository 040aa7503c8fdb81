import { resolve } from 'node:path';
import type { ViewParts } from './bundle-views.ts';

/** The script and the style of the views. The build replaces this file: `dist/` has them compressed. */
export async function viewParts(): Promise<ViewParts> {
  const { bundleViews } = await import('./bundle-views.ts');
  return (await bundleViews(resolve(import.meta.dirname, '..', '..'))).parts;
}
