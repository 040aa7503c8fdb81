/**
 * Takes the guards of `list.ts` away one at a time, in copies of the tree, and looks whether a test that speaks of the guard fails:
 * `npm run test:mutants`. Ends with 1 when a guard is missed, when its edit no longer applies, or when the tests fail without any edit.
 * An argument runs only the guards whose names contain it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { edited, readSources } from './edits.ts';
import { MUTANTS, type Mutant } from './list.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** One for each core; each holds a copy of the tree and a run of tests, so there are four at most. */
const WORKERS = Math.min(availableParallelism(), 4);
/** A run with a mutant that hangs ends here, and the run without edits a little later. Milliseconds. */
const PATIENCE = 120_000;
const WHOLE_PATIENCE = 600_000;
/** A single test that hangs fails after this, so that the others of its run still report. Milliseconds. */
const TEST_PATIENCE = 10_000;

interface Ran {
  passed: string[];
  failed: string[];
  /** Files that could not be run at all: no test of theirs proves anything. */
  broken: string[];
}

interface Verdict {
  mutant: Mutant;
  place: string;
  caught: string[];
  reason: string | undefined;
}

/** The tree without what was built or installed; `node_modules` is the same one. */
function copyTree(folder: string): void {
  for (const part of ['src', 'tools', 'test'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter: (path) => !path.includes('node_modules') });
  for (const file of readdirSync(ROOT).filter((each) => /\.(json|md)$|^LICENSE$/.test(each)))
    cpSync(join(ROOT, file), join(folder, file));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
}

/** Runs test files of a copy. A mutant has the tests whose names match `named` and one worker. The run without edits has all tests and all cores. */
async function runTests(folder: string, files: readonly string[], named?: string): Promise<Ran> {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs');
  const config = ['--config', join(folder, 'test', 'vitest.config.ts'), '--mode', 'all'];
  const output = ['--root', folder, '--reporter=json', `--outputFile=${report}`, '--no-cache'];
  const args = [vitest, 'run', ...files, ...config, ...output];
  if (named !== undefined)
    args.push('-t', named, '--maxWorkers=1', `--testTimeout=${TEST_PATIENCE}`, `--hookTimeout=${TEST_PATIENCE}`);
  const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
  const watch = setTimeout(() => child.kill('SIGKILL'), named === undefined ? WHOLE_PATIENCE : PATIENCE);
  await once(child, 'exit');
  clearTimeout(watch);
  return readReport(report);
}

interface Suite {
  name: string;
  status: string;
  assertionResults: { fullName: string; status: string }[];
}

function readReport(path: string): Ran {
  let suites: Suite[];
  try {
    suites = JSON.parse(readFileSync(path, 'utf8')).testResults;
  } catch {
    return { passed: [], failed: [], broken: ['no report: the run did not end by itself'] };
  }
  const tests = suites.flatMap((suite) => suite.assertionResults);
  const withStatus = (status: string) => tests.filter((test) => test.status === status).map((test) => test.fullName);
  const broken = suites.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0);
  return { passed: withStatus('passed'), failed: withStatus('failed'), broken: broken.map((suite) => suite.name) };
}

async function judge(mutant: Mutant, folder: string, sources: ReadonlyMap<string, string>): Promise<Verdict> {
  const changed = edited(mutant, sources);
  if (typeof changed === 'string') return { mutant, place: '', caught: [], reason: changed };
  const place = [...changed.keys()].join(', ');
  try {
    for (const [path, text] of changed) writeFileSync(join(folder, path), text);
    const { failed, broken } = await runTests(folder, mutant.files, mutant.named);
    const reason = failed.length > 0 ? undefined : (broken[0] ?? 'no test failed');
    return { mutant, place, caught: failed, reason };
  } finally {
    for (const path of changed.keys()) writeFileSync(join(folder, path), sources.get(path) ?? '');
  }
}

const only = process.argv[2]?.toLowerCase() ?? '';
const chosen = MUTANTS.filter((mutant) => mutant.guard.toLowerCase().includes(only));
if (chosen.length === 0) {
  console.error(`✗ no guard of test/mutants/list.ts has "${only}" in its name`);
  process.exit(1);
}
const started = performance.now();
const folders = Array.from({ length: WORKERS }, () => mkdtempSync(join(tmpdir(), 'mutants-')));
const problems: string[] = [];
try {
  for (const folder of folders) copyTree(folder);
  const sources = readSources(folders[0] ?? '');
  const files = [...new Set(chosen.flatMap((mutant) => mutant.files))];
  const whole = await runTests(folders[0] ?? '', files);
  problems.push(...[...whole.failed, ...whole.broken].map((name) => `fails without any edit: ${name}`));
  console.log(`${whole.passed.length} tests of ${files.length} files pass as they are`);

  const queue = [...chosen];
  const verdicts: Verdict[] = [];
  await Promise.all(
    folders.map(async (folder) => {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
        const verdict = await judge(mutant, folder, sources);
        verdicts.push(verdict);
        const { guard } = mutant;
        if (verdict.reason === undefined) {
          const [first, ...more] = verdict.caught;
          console.log(
            `caught  ${guard}\n        ${verdict.place}: ${first}${more.length > 0 ? ` (and ${more.length} more)` : ''}`,
          );
        } else {
          console.log(`MISSED  ${guard}\n        ${verdict.place}: ${verdict.reason}`);
          problems.push(`${guard}: ${verdict.reason}`);
        }
      }
    }),
  );
  const caught = verdicts.filter((verdict) => verdict.reason === undefined).length;
  console.log(`${caught} of ${chosen.length} guards caught in ${((performance.now() - started) / 1000).toFixed(0)} s`);
} finally {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
for (const problem of problems) console.error(`✗ ${problem}`);
if (problems.length > 0) process.exitCode = 1;
