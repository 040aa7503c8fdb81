/** From agent to code: a preview as CLI commands, an asset bundle or curl lines says exactly what would be sent, and holds no secret. */
import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../src/rest/endpoints.ts';
import type { WriteRequest } from '../../src/rest/http.ts';
import { endpoints, models, provisioned } from '../../src/rest/index.ts';
import { exportSteps } from '../../src/write/export.ts';
import { type ExportStep, plannedRequest } from '../../src/write/planned-write.ts';
import { PLANTED_BY_FORM, PLANTED_BY_NAME } from '../support/planted-secrets.ts';
import { safetyWorkspace } from '../support/safety-workspace.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint, writes } from '../support/workspace.ts';
import { WRITES } from '../support/writes.ts';
import { readYaml } from '../support/yaml.ts';

const begin = useHarness((seed: ReturnType<typeof safetyWorkspace> = safetyWorkspace()) => ({ seed }));

/** Arguments of a command line as a POSIX shell hands them over. */
function words(line: string, env: Record<string, string> = {}): string[] {
  const script = `set -- ${line.replace(/^(curl|databricks) /, '')}; for each in "$@"; do printf '%s\\0' "$each"; done`;
  return execFileSync('sh', ['-c', script], { env, encoding: 'utf8' }).split('\0').slice(0, -1);
}

/** A step as an export sees it. */
const exported = (what: ExportStep['what'], target: string, request: WriteRequest): ExportStep => ({
  what,
  target,
  ...plannedRequest(request),
});
const gateway = (name: string, body: Record<string, unknown>) =>
  exported('gateway', name, endpoints.putAiGateway(name, body));

/** Commands that the official CLI has (fact B1), with the number of words that follow besides --json. */
const COMMANDS: Record<string, number> = {
  'serving-endpoints create': 0,
  'serving-endpoints update-config': 1,
  'serving-endpoints patch': 1,
  'serving-endpoints put-ai-gateway': 1,
  'serving-endpoints update-notifications': 1,
  'serving-endpoints patch-telemetry-config': 1,
  'serving-endpoints delete': 1,
  'serving-endpoints create-provisioned-throughput-endpoint': 0,
  'serving-endpoints update-provisioned-throughput-endpoint-config': 1,
  'serving-endpoints set-permissions': 1,
  'serving-endpoints update-permissions': 1,
  'registered-models set-alias': 3,
  'registered-models delete-alias': 2,
  'api patch': 1,
  'api put': 1,
};

const CALLS: typeof WRITES = [
  // A guarded rollout is refused: it is no list of commands. Model services are another resource: test/tools/model-services/create.test.ts.
  ...WRITES.filter(([tool]) => tool !== 'roll_out' && !tool.endsWith('_model_service')),
  [
    'create_endpoint',
    'model units',
    { endpoint: 'pt', entities: [{ entity_name: 'ml.prod.units', entity_version: '1', provisioned_model_units: 50 }] },
  ],
  ['update_endpoint', "it's quoted", { endpoint: 'churn', tags: { note: 'it\'s $HOME `id` "x" \\ !' } }],
];

describe.each(CALLS)('%s, %s', (tool, _what, args) => {
  it('curl: the very requests, host and token as variables', async () => {
    const h = await begin();
    const { requests } = (await h.call(tool, { ...args, dry_run: true })).data;
    const { curl } = (await h.call(tool, { ...args, dry_run: 'curl' })).data;
    const lines = String(curl)
      .split(' &&\n')
      .filter((line) => line.startsWith('curl '));
    expect(lines).toHaveLength(requests.length);
    for (const [index, line] of lines.entries()) {
      const { method, path, body } = requests[index];
      const given = words(line, { DATABRICKS_HOST: 'https://h.example', DATABRICKS_TOKEN: 'T' });
      expect(given).toContain(`https://h.example${path}`);
      expect(given[given.indexOf('-X') + 1]).toBe(method);
      expect(given).toContain('Authorization: Bearer T');
      const data = given.indexOf('-d');
      expect(data < 0 ? undefined : JSON.parse(given[data + 1] ?? '')).toEqual(body);
      expect(line).toContain('"$DATABRICKS_HOST');
      expect(line).toContain('Bearer $DATABRICKS_TOKEN"');
    }
    expect(writes(h)).toEqual([]);
  });

  it('cli: commands that exist, with the same values', async () => {
    const h = await begin();
    const { requests } = (await h.call(tool, { ...args, dry_run: true })).data;
    const { cli } = (await h.call(tool, { ...args, dry_run: 'cli' })).data;
    const lines = String(cli).split(' &&\n');
    expect(lines).toHaveLength(requests.length);
    for (const [index, line] of lines.entries()) {
      const { path, body } = requests[index];
      const given = words(line);
      const json = given.indexOf('--json');
      const plain = json < 0 ? given : [...given.slice(0, json), ...given.slice(json + 2)];
      const command = plain.slice(0, 2).join(' ');
      expect(Object.keys(COMMANDS)).toContain(command);
      expect(plain).toHaveLength(2 + (COMMANDS[command] ?? 0));
      for (const name of plain.slice(2).filter((each) => !/^\d+$/.test(each)))
        expect(path.split('/').map(decodeURIComponent).concat(path)).toContain(name);
      if (json >= 0) expect(JSON.parse(given[json + 1] ?? '')).toEqual(body);
      else if (body !== undefined) expect(plain).toContain(String(body.version_num));
    }
  });

  it('bundle: one resource that YAML reads back to what would be there, or a refusal', async () => {
    const h = await begin();
    const { requests } = (await h.call(tool, { ...args, dry_run: true })).data;
    const { data, isError } = await h.call(tool, { ...args, dry_run: 'bundle' });
    const [first] = requests;
    if (/\/(aliases|apps|pt|description|budget-policy)(\/|$)/.test(first.path) || first.method === 'DELETE') {
      expect(isError).toBe(true);
      expect(data.error).toMatchObject({ code: 'no_bundle', next: expect.stringContaining('"cli" or "curl"') });
      expect(data.error.message).toContain('nothing was sent');
      return;
    }
    const read = readYaml(String(data.bundle)) as Bundle; // its form is asserted below
    const [resource] = Object.values(read.resources.model_serving_endpoints);
    for (const { method, path, body } of requests) {
      if (method === 'POST') expect(resource).toEqual(body);
      else if (path.endsWith('/config')) expect(resource?.config).toEqual(body);
      else if (path.endsWith('/ai-gateway')) expect(resource?.ai_gateway).toEqual(body);
      else if (path.endsWith('/notifications') || path.endsWith('/telemetry-config'))
        expect(resource).toMatchObject(body);
      else if (path.endsWith('/tags')) expect(resource?.tags).toEqual(expect.arrayContaining(body.add_tags));
      else if (path.includes('/permissions/'))
        expect(resource?.permissions).toBeInstanceOf(Array); // more below
      else expect(String(data.bundle)).toContain(`registered-models set-alias ml.prod.churn champion`);
    }
  });
});

interface Bundle {
  resources: { model_serving_endpoints: Record<string, Record<string, unknown>> };
}

describe('what an export holds of values', () => {
  it('the whole resource: unchanged settings next to changed ones', async () => {
    const h = await begin();
    const { bundle } = (
      await h.call('update_endpoint', { endpoint: 'churn', workload_size: 'Small', dry_run: 'bundle' })
    ).data;
    const read = readYaml(bundle) as Bundle; // as above
    expect(read.resources.model_serving_endpoints.churn).toMatchObject({
      name: 'churn',
      description: 'Scores customers.',
      tags: [{ key: 'team', value: 'growth' }],
      ai_gateway: { usage_tracking_config: { enabled: true } },
      config: { served_entities: [{ workload_size: 'Small', instance_profile_arn: expect.stringContaining('arn:') }] },
    });
  });

  it('a resource leaves out nothing that a deployment would then take away', () => {
    const settings = {
      description: 'Scores customers.',
      route_optimized: true,
      email_notifications: { on_update_failure: ['engineer@example.com'] },
      telemetry_config: { telemetry_profile_id: 'b7d5e9f0' },
      tags: [{ key: 'team' }],
    };
    const before = Endpoint.parse({
      name: 'churn',
      id: 'x',
      creator: 'a',
      ...settings,
      config: { served_entities: [] },
    });
    const request = gateway('churn', {});
    const read = readYaml(exportSteps('bundle', [request], { before })) as Bundle; // as above
    const config = { served_entities: [], traffic_config: { routes: [] } };
    expect(read.resources.model_serving_endpoints.churn).toEqual({
      name: 'churn',
      config,
      ai_gateway: {},
      ...settings,
    });
  });

  it('an endpoint that exists is bound first, because a bundle creates what is not bound', async () => {
    const h = await begin();
    const { bundle } = (
      await h.call('update_endpoint', { endpoint: 'churn', workload_size: 'Small', dry_run: 'bundle' })
    ).data;
    expect(bundle).toContain('\n# databricks bundle deployment bind churn churn\n');
    expect(bundle).toContain('Keep its description');
    const made = { endpoint: 'new', model: 'ml.prod.churn', version: 1, dry_run: 'bundle' };
    const { data } = await h.call('create_endpoint', made);
    expect(data.bundle).not.toContain('bind');
    expect(data.bundle).toContain('# Add this to the resources in your databricks.yml, and keep what is there.');
  });

  it('tags are merged: those not named stay, and removed ones are gone', async () => {
    const h = await begin();
    const wanted = { endpoint: 'churn', tags: { cost: '7' }, remove_tags: ['team'], dry_run: 'bundle' };
    const { bundle } = (await h.call('update_endpoint', wanted)).data;
    const read = readYaml(bundle) as Bundle; // as above
    expect(read.resources.model_serving_endpoints.churn?.tags).toEqual([{ key: 'cost', value: '7' }]);
    const more = (await h.call('update_endpoint', { endpoint: 'churn', tags: { cost: '7' }, dry_run: 'bundle' })).data;
    expect((readYaml(more.bundle) as Bundle).resources.model_serving_endpoints.churn?.tags).toEqual([
      { key: 'team', value: 'growth' },
      { key: 'cost', value: '7' },
    ]);
  });

  it('a grant is listed with the existing ones: a bundle removes what it omits', async () => {
    const h = await begin();
    const permissions = async (args: Record<string, unknown>) => {
      const { bundle } = (await h.call('update_permissions', { endpoint: 'churn', ...args, dry_run: 'bundle' })).data;
      return (readYaml(bundle) as Bundle).resources.model_serving_endpoints.churn?.permissions; // as above
    };
    const manager = { level: 'CAN_MANAGE', user_name: 'engineer@example.com' };
    const analyst = { level: 'CAN_QUERY', user_name: 'analyst@example.com' };
    const granted = await permissions({ grant: [{ principal: 'data-science', level: 'CAN_QUERY' }] });
    expect(granted).toEqual([manager, analyst, { level: 'CAN_QUERY', group_name: 'data-science' }]);
    const raised = await permissions({ grant: [{ principal: 'analyst@example.com', level: 'CAN_VIEW' }] });
    expect(raised).toEqual([manager, { ...analyst, level: 'CAN_VIEW' }]);
    expect(await permissions({ revoke: ['analyst@example.com'] })).toEqual([manager]);
    const again = [{ principal: 'analyst@example.com', level: 'CAN_QUERY' }];
    expect(await permissions({ grant: again })).toEqual([manager, analyst]);
  });

  it('an endpoint that deploys for the first time is exported with what it deploys, not as empty', () => {
    const served_entities = [{ name: 'churn-1', entity_name: 'ml.prod.churn', entity_version: '1' }];
    const state = { ready: 'NOT_READY', config_update: 'IN_PROGRESS' };
    const before = Endpoint.parse({ name: 'churn', state, pending_config: { served_entities } });
    const body = { add_tags: [{ key: 'team', value: 'x' }] };
    const request = exported('tags', 'churn', endpoints.patchTags('churn', body));
    const read = readYaml(exportSteps('bundle', [request], { before })) as Bundle; // as above
    expect(read.resources.model_serving_endpoints.churn).toMatchObject({
      config: { served_entities },
      tags: body.add_tags,
    });
  });

  it('says that a provider key is missing which the service does not give back', () => {
    const external_model = { provider: 'openai', name: 'gpt', task: 'llm/v1/chat', openai_config: {} };
    const before = Endpoint.parse({ name: 'chat', config: { served_entities: [{ name: 'gpt', external_model }] } });
    const request = gateway('chat', {});
    expect(exportSteps('bundle', [request], { before })).toMatch(/^# A plain-text provider key is missing/m);
  });

  it.each(['cli', 'bundle', 'curl'] as const)('no secret of the endpoint, and %s says where one was', async (form) => {
    const variables = {
      STORE_CREDENTIAL: PLANTED_BY_NAME.variable ?? '',
      PWD_OF_DB: 'abc',
      PLAIN: PLANTED_BY_FORM.openai ?? '',
      LINK: `https://x:${PLANTED_BY_NAME.urlPassword}@h.example`,
      TOKEN: '{{secrets/ml/token}}',
    };
    const h = await begin(
      safetyWorkspace({ endpoints: [endpoint('raw', [churnEntity('1', { environment_vars: variables })])] }),
    );
    const { data } = await h.call('update_endpoint', { endpoint: 'raw', workload_size: 'Small', dry_run: form });
    for (const secret of [PLANTED_BY_NAME.variable, '"abc"', PLANTED_BY_FORM.openai, PLANTED_BY_NAME.urlPassword])
      expect(data[form]).not.toContain(secret);
    expect(data[form]).toContain('{{secrets/ml/token}}');
    expect(data.hidden).toContain('***');
  });
});

/** What JSON can hold and a service might: keys of every kind, nesting, empty members, and characters that YAML reads its own way. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    'yes',
    'no',
    'on',
    'true',
    'null',
    '~',
    '1e3',
    '0x1f',
    '12:30',
    '- a',
    'a: b',
    '# c',
    '\u2028',
    '\u0085',
    '\t',
    ' x ',
    '',
  ),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      tie('any'),
      { maxKeys: 3 },
    ),
  ),
})).any;

describe('names that a shell would obey', () => {
  it.each(["ml.prod.it's", 'ml.prod.$(id)', 'ml.prod.`id`', 'ml.prod.a;id', 'ml.prod.größe', 'ml.prod.(x)!*~&|<>"'])(
    '%s',
    (model) => {
      const alias = { name: 'champion', version: 3 };
      const request = { ...exported('alias', model, models.setAlias(model, 'champion', 3)), alias };
      expect(words(exportSteps('cli', [request], {}))).toEqual([
        'registered-models',
        'set-alias',
        model,
        'champion',
        '3',
      ]);
      const env = { DATABRICKS_HOST: 'https://h.example', DATABRICKS_TOKEN: 'T' };
      expect(words(exportSteps('curl', [request], {}), env)).toContain(`https://h.example${request.path}`);
    },
  );
});

it('model units have a route and a command of their own, and no place in a bundle', () => {
  const config = { served_entities: [], traffic_config: { routes: [] } };
  const request = exported('units', 'units', provisioned.putConfig('units', config));
  expect(exportSteps('cli', [request], {})).toMatch(
    /^databricks serving-endpoints update-provisioned-throughput-endpoint-config units --json /,
  );
  const before = Endpoint.parse({ name: 'units', config: { served_entities: [] } });
  for (const there of [undefined, before])
    expect(() => exportSteps('bundle', [request], { before: there })).toThrow(/model units use separate API routes/);
});

describe('whatever a body holds', () => {
  const before = Endpoint.parse({ name: 'churn', config: { served_entities: [] } });

  it('YAML reads it back as it was', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          text.filter((key) => key !== '__proto__'),
          value,
          { maxKeys: 4 },
        ),
        (body) => {
          const request = gateway('churn', body);
          const read = readYaml(exportSteps('bundle', [request], { before })) as Bundle; // as above
          expect(read.resources.model_serving_endpoints.churn?.ai_gateway).toEqual(JSON.parse(JSON.stringify(body)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('a shell hands it over as it was', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          text.filter((key) => key !== '__proto__'),
          text,
          { minKeys: 1, maxKeys: 3 },
        ),
        (body) => {
          fc.pre(!JSON.stringify(body).includes('\\u0000'));
          const request = gateway('churn', body);
          const given = words(exportSteps('curl', [request], { before }));
          expect(JSON.parse(given[given.indexOf('-d') + 1] ?? '')).toEqual(JSON.parse(JSON.stringify(body)));
        },
      ),
      { numRuns: 30 },
    );
  });
});
