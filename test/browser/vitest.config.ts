/**
 * The views in Chromium. The files are not called `.test.ts`, so that the plain `npm test` needs no browser. Without one the run is
 * skipped with a message; with `CI=1`, that is a failure.
 */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { chromium } from './chromium.ts';

const found = chromium();
if (!found) console.error('The views are not tested: there is no Chromium here. CHROMIUM=/path/to/it names one.');
if (!found && process.env.CI) throw new Error('CI needs Chromium: apt-get install chromium');

export default defineConfig(({ mode }) => ({
  test: {
    // `npm run bench` measures the views with `--mode bench`.
    include: found ? [mode === 'bench' ? 'test/browser/*.bench.ts' : 'test/browser/*.view.ts'] : [],
    passWithNoTests: !found,
    globalSetup: found ? ['test/browser/setup.ts'] : [],
    // The files of a worker share their modules and one browser. A browser needs more than one core at times.
    isolate: false,
    maxWorkers: mode === 'bench' ? 1 : Math.min(2, availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    silent: 'passed-only',
  },
}));
