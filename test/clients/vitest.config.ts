/** The suite of real clients. Its files are not called `.test.ts`, so that the plain `npm test` needs none of the clients installed. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/clients/*.client.ts'], testTimeout: 30_000, fileParallelism: false, silent: 'passed-only' },
});
