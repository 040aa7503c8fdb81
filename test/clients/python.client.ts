/**
 * The official Python clients, each program as a process of its own: databricks-sdk, MLflow's deployments client, its registry for Unity
 * Catalog, and openai.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_ID, CLIENT_SECRET } from '../codegen/workspace.ts';
import { ENVIRONMENT, install, PROGRAMS, PYTHON, python, run } from './python-environment.ts';
import { world } from './support.ts';

/** Selects MLflow's newer set of routes. */
const NATIVE = { MLFLOW_ENABLE_UC_NATIVE_MODEL_REGISTRY: 'true' };

describe.skipIf(python === undefined)('the official Python clients', () => {
  beforeAll(install, 300_000);

  it.each<[what: string, program: string, env?: Record<string, string>]>([
    ['databricks-sdk: an endpoint from create to delete', 'sdk_serving.py'],
    ['databricks-sdk: principals, secrets, catalogs, models and apps', 'sdk_workspace.py'],
    ['databricks-sdk: SQL warehouses, statements and the tables of serving', 'sdk_sql.py'],
    ['databricks-sdk: model services and provider services of Unity Gateway', 'sdk_gateway.py'],
    ['databricks-sdk: service principals and users sign in', 'sdk_login.py'],
    ['MLflow: deployments', 'mlflow_deployments.py'],
    ['MLflow: the registry', 'mlflow_registry.py'],
    ['MLflow: the registry over the routes of Unity Catalog', 'mlflow_registry.py', NATIVE],
    ['openai: calls of a model service', 'openai_gateway.py'],
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
