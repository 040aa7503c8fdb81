/**
 * The official Python clients, each program as a process of its own: databricks-sdk, MLflow's deployments client and its registry for Unity
 * Catalog. They are installed into an environment of their own, from a list with pinned versions and hashes.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_ID, CLIENT_SECRET } from '../codegen/workspace.ts';
import { world } from './support.ts';

const run = promisify(execFile);
const PROGRAMS = join(import.meta.dirname, 'python');
const REQUIREMENTS = join(PROGRAMS, 'requirements.txt');
/** Outside the clients' own packages, which `npm ci` removes each time. */
const ENVIRONMENT = join(import.meta.dirname, '../../node_modules/.cache/python-clients');
const WINDOWS = process.platform === 'win32';
const PYTHON = join(ENVIRONMENT, WINDOWS ? 'Scripts/python.exe' : 'bin/python');

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
async function install(python: string): Promise<void> {
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

/** Selects MLflow's newer set of routes. */
const NATIVE = { MLFLOW_ENABLE_UC_NATIVE_MODEL_REGISTRY: 'true' };

const python = await systemPython();
if (python === undefined && process.env.CI)
  throw new Error(`CI needs python3 ${OLDEST.join('.')} or newer on its path.`);
if (python === undefined) {
  process.stderr.write(`SKIPPED: the Python clients. They need python3 ${OLDEST.join('.')} or newer on the path.\n`);
}

describe.skipIf(python === undefined)('the official Python clients', () => {
  beforeAll(async () => {
    if (python !== undefined) await install(python);
  }, 300_000);

  it.each<[what: string, program: string, env?: Record<string, string>]>([
    ['databricks-sdk: an endpoint from create to delete', 'sdk_serving.py'],
    ['databricks-sdk: principals, secrets, catalogs, models and apps', 'sdk_workspace.py'],
    ['databricks-sdk: service principals and users sign in', 'sdk_login.py'],
    ['MLflow: deployments', 'mlflow_deployments.py'],
    ['MLflow: the registry', 'mlflow_registry.py'],
    ['MLflow: the registry over the routes of Unity Catalog', 'mlflow_registry.py', NATIVE],
  ])(
    '%s',
    async (_what, program, env = {}) => {
      const { sandbox } = await world();
      await run(PYTHON, [join(PROGRAMS, program)], {
        timeout: 120_000,
        env: {
          PATH: process.env.PATH,
          HOME: ENVIRONMENT, // no profile of the person who runs the tests
          DATABRICKS_HOST: sandbox.host,
          DATABRICKS_TOKEN: sandbox.token,
          TEST_CLIENT_ID: CLIENT_ID,
          TEST_CLIENT_SECRET: CLIENT_SECRET,
          ...env,
        },
      });
      // A program asserts what it received. Here is what it must not need: a route that the sandbox lacks.
      const asked = sandbox.requests.filter(({ path }) => !path.startsWith('/.well-known/'));
      expect(asked.length).toBeGreaterThan(5);
      expect(asked.filter(({ status }) => status === 501)).toEqual([]);
      expect(asked.some(({ path }) => path.startsWith('/api/2.0/mlflow/'))).toBe(
        program === 'mlflow_registry.py' && env !== NATIVE,
      );
    },
    150_000,
  );
});
