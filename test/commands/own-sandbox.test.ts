/** The sandbox of the server opens once, at its first use. */
import { expect, it } from 'vitest';
import { ownSandbox } from '../../src/commands/own-sandbox.ts';
import { startSandbox } from '../../src/sandbox/index.ts';

it('opens once for all callers, and closes', async () => {
  let starts = 0;
  const own = ownSandbox(() => {
    starts++;
    return startSandbox();
  });
  expect([starts, own.isOpen()]).toEqual([0, false]);
  await own.close(); // nothing is open yet
  const [one, other] = await Promise.all([own.open(), own.open()]);
  expect(one).toBe(other);
  expect([starts, own.isOpen(), await own.open()]).toEqual([1, true, one]);
  await own.close();
  await expect(fetch(one.host)).rejects.toThrow();
});

it('tries again after a failure, because a port or a file may be there then', async () => {
  const tries = [new Error('no port is free'), undefined];
  const own = ownSandbox(async () => {
    const error = tries.shift();
    if (error) throw error;
    return startSandbox();
  });
  await expect(Promise.all([own.open(), own.open()])).rejects.toMatchObject({
    code: 'sandbox_failed',
    message: 'the sandbox could not start: no port is free',
    retryable: true,
  });
  expect(own.isOpen()).toBe(false);
  await own.open();
  expect(own.isOpen()).toBe(true);
  await own.close();
});
