/**
 * The packages as their users get them: checked with the tool of each format, installed in an empty home, and started. Its files are not called
 * `.test.ts`, so that the plain `npm test` needs none of the tools.
 */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/installs/*.install.ts'],
    globalSetup: ['test/installs/pack.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    silent: 'passed-only',
  },
});
