/** The helper that most test files rely on: a server that it leaves open, or a secret that it overlooks, would go unnoticed everywhere. */
import { expect, it } from 'vitest';
import { type Harness, start } from './harness.ts';
import { PLANTED_BY_FORM } from './planted-secrets.ts';
import { useHarness } from './use-harness.ts';

const begin = useHarness(() => ({}));
const opened: Harness[] = [];

it('starts servers, also several in one test', async () => {
  opened.push(await begin(), await begin());
  for (const { sandbox } of opened) expect((await fetch(sandbox.host)).status).toBeGreaterThan(0);
});

it('closes all of them when their test ends', async () => {
  expect(opened).toHaveLength(2);
  for (const { sandbox } of opened) await expect(fetch(sandbox.host)).rejects.toThrow('fetch failed');
});

it('a planted secret that reaches a log makes closing fail, and the error does not repeat it', async () => {
  const harness = await start();
  harness.logs.push(`login with ${PLANTED_BY_FORM.pat}`);
  const error: unknown = await harness.close().catch((reason: unknown) => reason);
  expect(String(error)).toBe('Error: secrets left the server: pat in logs');
});
