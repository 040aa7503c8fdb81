/**
 * The environment of the Python clients. They are installed into a folder of their own, from a list with pinned versions and hashes.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);
/** Folder of the programs. */
export const PROGRAMS = join(import.meta.dirname, 'python');
const REQUIREMENTS = join(PROGRAMS, 'requirements.txt');
/** Outside the clients' own packages, which `npm ci` removes each time. */
export const ENVIRONMENT = join(import.meta.dirname, '../../node_modules/.cache/python-clients');
const WINDOWS = process.platform === 'win32';
export const PYTHON = join(ENVIRONMENT, WINDOWS ? 'Scripts/python.exe' : 'bin/python');

/** The clients need this version. */
const OLDEST: readonly [number, number] = [3, 10];

/** The first Python on the path that is new enough and can make environments. */
async function systemPython(): Promise<string | undefined> {
  const probe = 'import ensurepip, sys, venv; print(*sys.version_info[:2])';
  for (const name of ['python3', 'python', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    try {
      const { stdout } = await run(name, ['-c', probe]);
      const [major = 0, minor = 0] = stdout.split(' ').map(Number);
      if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return name;
    } catch {
      // Not there, or without the two modules.
    }
  }
  return undefined;
}

/** Makes the environment, unless one with the same packages is there. */
export async function install(): Promise<void> {
  if (python === undefined) return;
  const wanted = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex');
  const mark = join(ENVIRONMENT, 'installed');
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === wanted) return;
  await rm(ENVIRONMENT, { recursive: true, force: true });
  await run(python, ['-m', 'venv', ENVIRONMENT]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await run(PYTHON, [...pip, '--require-hashes', '--only-binary=:all:', '-r', REQUIREMENTS]);
  await writeFile(mark, wanted);
}

/** Undefined where the machine has none. */
export const python = await systemPython();
if (python === undefined && process.env.CI)
  throw new Error(`CI needs python3 ${OLDEST.join('.')} or newer on its path.`);
if (python === undefined) {
  process.stderr.write(`SKIPPED: the Python clients. They need python3 ${OLDEST.join('.')} or newer on the path.\n`);
}
