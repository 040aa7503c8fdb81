import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aiSdkRecipe } from '../../src/codegen/ai-sdk.ts';
import { curlRecipe } from '../../src/codegen/curl.ts';
import { appNameFor, appRecipe } from '../../src/codegen/databricks-app.ts';
import { LOGINS } from '../../src/codegen/login.ts';
import { nodeRecipe } from '../../src/codegen/node.ts';
import { pythonRecipe } from '../../src/codegen/python.ts';
import { exampleBody, type Family, type Subject } from '../../src/codegen/recipe.ts';
import { js, py, sh, yaml } from '../../src/text/literals.ts';
import { sanitize } from '../../src/text/sanitize.ts';
import { start } from '../support/harness.ts';
import { readYaml } from '../support/yaml.ts';
import { generate, machine, run, startHarness } from './generated.ts';
import { CLIENT_ID, CLIENT_SECRET, FAMILIES, workspace } from './workspace.ts';

const RECIPES = {
  databricks_app: appRecipe,
  ai_sdk: aiSdkRecipe,
  node: nodeRecipe,
  python: pythonRecipe,
  curl: curlRecipe,
};
const LONG = 'x'.repeat(63);
const HOST = 'https://adb-7405605519549535.15.azuredatabricks.net';
const ROUTE = {
  url: `https://0123456789abcdef.12.serving.azuredatabricks.net/7405605519549535/serving-endpoints/${LONG}/invocations`,
  details: `[{"type":"workspace_permission","object_type":"serving-endpoints","object_path":"/serving-endpoints/${'0'.repeat(32)}","actions":["query_inference_endpoint"]}]`,
};

const subjects: Subject[] = (
  ['chat', 'completions', 'embeddings', 'responses', 'chat_agent', 'custom'] satisfies Family[]
).flatMap((family) =>
  [undefined, ROUTE].map((direct) => ({
    endpoint: LONG,
    host: HOST,
    cloud: 'azure' as const,
    login: 'databricks' as const,
    family,
    model: 'system.ai.gpt-oss-120b',
    body:
      family === 'custom'
        ? { dataframe_records: [Object.fromEntries(Array.from({ length: 28 }, (_, at) => [`measured_${at}`, 0.5]))] }
        : exampleBody(family),
    direct,
    appName: 'a-name-of-exactly-30-letters-x',
  })),
);

describe.each(Object.entries(RECIPES))('%s code', (target, recipe) => {
  it.each(subjects.map((subject) => [subject.family, subject.direct ? 'direct' : 'plain', subject] as const))(
    'for a %s endpoint, %s: small, and unchanged by the redaction of every result',
    (_family, _how, subject) => {
      const result = { endpoint: LONG, target, ...recipe(subject) };
      // The built-in workspace has shorter names and stays within 2,000 tokens. The exchange of a token comes on top.
      expect(JSON.stringify(result).length).toBeLessThan(subject.direct ? 8_800 : 8_250);
      expect(sanitize(result)).toEqual(result);
    },
  );
});

it('versions of everything to install are pinned to a major', () => {
  for (const subject of subjects) {
    for (const recipe of [aiSdkRecipe, appRecipe]) {
      const result = recipe(subject);
      if ('instead' in result) continue;
      expect(result.install).toMatch(/^npm i( (@[\w-]+\/)?[\w-]+@\d+(\.\d+)?)+$/);
    }
  }
});

it('no recipe turns certificate checks off or reads a token from anywhere but the environment', () => {
  for (const subject of subjects) {
    for (const recipe of Object.values(RECIPES)) {
      const text = JSON.stringify(recipe(subject));
      expect(text).not.toMatch(/REJECT_UNAUTHORIZED|rejectUnauthorized|CERT_NONE|skipVerify|curl[^"]*(-k |--insecure)/);
    }
  }
});

it('literals keep their value in each language', () => {
  const nasty = `it's "so" $(touch pwned) \`id\` \\ \${x} \u2028 ''' """ \n JSON`;
  expect(JSON.parse(js(nasty))).toBe(nasty);
  expect(sh("it's")).toBe(`'it'\\''s'`);
  expect(readYaml(`key: ${yaml(`${nasty}\u0085\u007f\ufeff`)}`)).toEqual({ key: `${nasty}\u0085\u007f\ufeff` });
  expect(py({ a: [true, false, null, 1.5, 'x'] })).toBe('{"a": [True, False, None, 1.5, "x"]}');
});

it.each([
  ['azure', /a Microsoft Entra secret does not work/],
  [undefined, /created in the workspace or account settings/],
])('the cloud is that of the login (%s), for any host name', async (cloud, where) => {
  const client = { id: CLIENT_ID, secret: CLIENT_SECRET, ...(cloud === undefined ? {} : { cloud }) };
  const harness = await start({ seed: workspace(), client });
  onTestFinished(() => harness.close());
  const { data } = await harness.call('get_integration_code', { endpoint: FAMILIES.chat, target: 'node' });
  expect(data.environment.DATABRICKS_CLIENT_SECRET).toMatch(where);
});

it('app names are legal for any endpoint name', () => {
  for (const name of ['a', 'UPPER_case', LONG, `${'a'.repeat(25)}_b`]) {
    expect(appNameFor(name)).toMatch(/^[a-z0-9-]{2,30}$/);
  }
});

describe('the answer of the tool', () => {
  it('has at most 2,000 tokens, for every family, target and login', async () => {
    const harness = await startHarness();
    for (const endpoint of Object.values(FAMILIES)) {
      for (const target of Object.keys(RECIPES)) {
        for (const login of target === 'databricks_app' ? [undefined] : LOGINS) {
          const { text } = await harness.call('get_integration_code', { endpoint, target, ...(login && { login }) });
          expect(text.length / 4, `${target} for ${endpoint} as ${login}`).toBeLessThanOrEqual(2_000);
        }
      }
    }
  });

  it.each(Object.keys(RECIPES))('%s for every family is filled with the endpoint', async (target) => {
    const harness = await startHarness();
    for (const endpoint of [...Object.values(FAMILIES), 'churn-direct']) {
      const { data, isError } = await harness.call('get_integration_code', { endpoint, target });
      if (isError) {
        expect(data.error.next).toContain('get_integration_code {');
        continue;
      }
      expect(JSON.stringify(data.files)).toContain(endpoint);
      expect(data.environment.DATABRICKS_HOST).toBeDefined();
    }
  });

  it('the AI SDK has no form for a classical model: the answer says what to take', async () => {
    const harness = await startHarness();
    const { isError, data } = await harness.call('get_integration_code', { endpoint: 'churn', target: 'ai_sdk' });
    expect([isError, data.error.code]).toEqual([true, 'no_ai_sdk_form']);
    expect(data.error.next).toBe('Use get_integration_code {"endpoint":"churn","target":"node"}.');
  });

  it('an unknown endpoint is an error that leads on', async () => {
    const harness = await startHarness();
    const { isError, data } = await harness.call('get_integration_code', { endpoint: 'nothing', target: 'node' });
    expect([isError, data.error.code]).toEqual([true, 'RESOURCE_DOES_NOT_EXIST']);
  });

  it('writes nothing to the workspace', async () => {
    const harness = await startHarness();
    harness.sent();
    await harness.call('get_integration_code', { endpoint: 'churn', target: 'python' });
    expect(harness.sent()).toEqual([
      'GET /api/2.0/serving-endpoints/churn',
      'GET /api/2.0/serving-endpoints/churn/openapi',
    ]);
  });

  it('a schema that cannot be fetched or parsed leaves a placeholder and says so', async () => {
    const harness = await startHarness();
    for (const effect of [{ status: 404 }, { status: 200, body: 'no schema' }]) {
      harness.sandbox.faults.clear();
      harness.sandbox.faults.add({ match: { path: '**/openapi' }, effect });
      const { data } = await harness.call('get_integration_code', { endpoint: 'churn', target: 'node' });
      expect(data.notes.join(' ')).toContain('publishes no schema');
    }
  });
});

/** Lines of a YAML file as `path: value`, for the plain subset that is written here. */
function yamlPaths(text: string): string[] {
  const open: { indent: number; key: string }[] = [];
  return text
    .split('\n')
    .filter((line) => line.trim())
    .map((line) => {
      const [, space = '', dash = '', key = '', value = ''] = /^( *)(- )?([\w-]*):? ?(.*)$/.exec(line) ?? [];
      const indent = space.length + dash.length;
      while (open.length > 0 && (open.at(-1)?.indent ?? 0) >= indent) open.pop();
      const path = [...open.map((each) => each.key), key].join('.');
      open.push({ indent, key });
      return value ? `${path}=${value}` : path;
    });
}

describe('databricks_app', () => {
  it('agrees on every name, from the bundle to the local settings', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, 'support-agent', 'databricks_app');
    const file = (path: string) => readFile(join(folder, path), 'utf8');
    const bundle = yamlPaths(await file('databricks.yml'));
    expect(bundle).toContain('resources.apps.app.name="support-agent-app"');
    expect(await file('databricks.yml')).toContain('      user_api_scopes:\n        - model-serving\n');
    expect(bundle).toContain('resources.apps.app.resources.serving_endpoint.name="support-agent"');
    expect(bundle).toContain('resources.apps.app.resources.serving_endpoint.permission=CAN_QUERY');
    const key = bundle.find((line) => line.startsWith('resources.apps.app.resources.name='))?.split('=')[1];
    const app = yamlPaths(await file('app.yaml'));
    expect(app).toContain('env.name=DATABRICKS_SERVING_ENDPOINT_NAME');
    expect(app).toContain(`env.valueFrom=${key}`);
    expect(await file('server/server.ts')).toContain('serving()');
    expect((await file('.env')).split('\n')).toContain('DATABRICKS_SERVING_ENDPOINT_NAME=support-agent');
    expect(await file('client/src/ask.ts')).toContain('"input":');
  });

  it('takes the name of the app', async () => {
    const harness = await startHarness();
    const args = { endpoint: 'support-agent', target: 'databricks_app', app_name: 'help-centre' };
    const { data } = await harness.call('get_integration_code', args);
    expect(data.files[0].content).toContain('name: "help-centre"');
  });

  it('is refused for a route-optimized endpoint, which the serving plugin cannot reach', async () => {
    const harness = await startHarness();
    const args = { endpoint: 'churn-direct', target: 'databricks_app' };
    expect((await harness.call('get_integration_code', args)).data.error.code).toBe('route_optimized');
  });
});

/** A model with a hostile signature, or with very many columns. */
async function withColumns(inputs: Record<string, unknown>[]) {
  const seed = workspace();
  const model = {
    full_name: 'ml.prod.odd',
    versions: [
      { version: 1, status: 'READY', spec: { kind: 'linear', inputs, intercept: 1, coefficients: {}, categories: {} } },
    ],
  };
  const endpoint = {
    name: 'odd',
    config: {
      served_entities: [
        { entity_name: 'ml.prod.odd', entity_version: '1', workload_size: 'Small', scale_to_zero_enabled: true },
      ],
    },
    grants: [{ group_name: 'data-science', permission_level: 'CAN_QUERY' }],
  };
  const harness = await start({
    seed: {
      ...seed,
      models: [...(seed.models as unknown[]), model], // the built-in workspace has lists there
      endpoints: [...(seed.endpoints as unknown[]), endpoint],
    },
  });
  onTestFinished(() => harness.close());
  return harness;
}

const UNFRIENDLY = `it's "so" $(touch pwned) \`touch pwned\` \\ \${x} ''' """ %s \n JSON`;
const PROGRAMS: [target: string, command: string, file: string][] = [
  ['node', process.execPath, 'example.mjs'],
  ['python', 'python3', 'databricks_endpoint.py'],
  ['curl', 'bash', 'query.sh'],
];

it.each(PROGRAMS)('text of a schema stays data in %s', async (target, command, file) => {
  const harness = await withColumns([{ name: `col ${UNFRIENDLY}`, type: 'string', enum: [UNFRIENDLY] }]);
  const folder = await generate(harness, 'odd', target);
  await run(command, [file], folder, machine(harness));
  expect(harness.sandbox.requests.at(-1)?.body).toEqual({
    dataframe_records: [{ [`col ${UNFRIENDLY}`]: UNFRIENDLY }],
  });
  await expect(readFile(join(folder, 'pwned'))).rejects.toThrow('ENOENT');
});

it('a model with very many columns gets a row that fits, and a word about the others', async () => {
  const columns = Array.from({ length: 2_000 }, (_, at) => ({ name: `column_${at}`, type: 'double' }));
  const harness = await withColumns(columns);
  const { data, text } = await harness.call('get_integration_code', { endpoint: 'odd', target: 'python' });
  expect(text.length).toBeLessThan(8_000);
  expect(data.notes[0]).toMatch(/^The example omits 19\d\d columns; get_schema/);
});
