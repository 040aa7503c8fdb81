/** The picture of the README shows what the demo prints. Needs the built server, as `npm test` builds it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { draw, play } from './picture.ts';

const PICTURE = new URL('demo.svg', import.meta.url);

it('the picture is current; if not, run UPDATE=1 npx vitest run test/demo/picture.test.ts', async () => {
  const drawn = draw(await play());
  if (process.env.UPDATE === '1') writeFileSync(PICTURE, drawn);
  expect(existsSync(PICTURE) ? readFileSync(PICTURE, 'utf8') : '').toBe(drawn);
}, 60_000);

it('the picture is small, and safe to show: text as text, no script, nothing from elsewhere', () => {
  const svg = readFileSync(PICTURE, 'utf8');
  expect(Buffer.byteLength(svg)).toBeLessThan(30_000);
  expect(svg.match(/<text /g)?.length).toBeGreaterThan(10);
  expect(svg).not.toMatch(/<script|<image|<foreignObject|href=|url\(|\son\w+=/i);
  expect(svg).toContain('prefers-color-scheme:dark');
});
