/**
 * The suite of `npm test` and `npm run test:all`. Test files share their modules: each worker loads the SDK, zod and the sandbox once, and not once
 * per file. So a helper with a hook registers it in each test file, and no test changes a module, `process.env` or a global for good.
 */
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files with most processes and cells. They start first, so that none of them runs alone at the end. */
const SLOWEST = [
  'test/write/kill.test.ts',
  'test/matrix/matrix.test.ts',
  'test/package/',
  'test/wire/',
  'test/codegen/',
  'test/write/policy.test.ts',
];

/** The slowest files, then all others by name: which files share a worker does not depend on earlier runs. */
class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const keyOf = ({ moduleId }: TestSpecification) => {
      const path = relative(process.cwd(), moduleId).replaceAll('\\', '/');
      const rank = SLOWEST.findIndex((slow) => path.startsWith(slow));
      return `${rank === -1 ? SLOWEST.length : rank} ${path}`;
    };
    return files.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }
}

export default defineConfig(({ mode }) => ({
  test: {
    include: ['test/**/*.test.ts'],
    isolate: false,
    // Vitest's default leaves one core idle.
    maxWorkers: availableParallelism(),
    // Tests that run at once mostly wait for processes.
    maxConcurrency: 10,
    sequence: { sequencer: SlowestFirst },
    // Milliseconds. No test takes a tenth of that on an idle machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ['test/support/property-seed.ts'],
    // Read by test/support/selection.ts.
    env: mode === 'all' ? { ALL: '1' } : {},
  },
}));
