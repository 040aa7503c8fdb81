/** The numbers of the views, measured in Chromium by `test/browser/paint.bench.ts`. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '../browser/chromium.ts';
import type { Row } from './measure.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** @returns no rows, and says so, where Chromium or the packages of `npm run test:views` are missing. */
export function viewRows(): Row[] {
  if (!chromium() || !existsSync(join(ROOT, 'test/browser/node_modules'))) {
    console.error('The views are not measured: that needs Chromium, and `npm ci --prefix test/browser` first.');
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'bench-views-'));
  const ROWS = join(folder, 'rows.json');
  try {
    const args = ['vitest', 'run', '--config', 'test/browser/vitest.config.ts', '--mode', 'bench'];
    execFileSync('npx', args, { cwd: ROOT, env: { ...process.env, ROWS }, stdio: ['ignore', 'ignore', 'inherit'] });
    return JSON.parse(readFileSync(ROWS, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
