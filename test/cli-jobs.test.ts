/** Every job of the CLI's users, and every row of their troubleshooting table, through the protocol on the built-in workspace. */
import { describe, expect, it } from 'vitest';
import { tools } from '../tools/index.ts';
import { CLI_JOBS } from './cli-jobs.ts';
import type { Answer, Harness, HarnessOptions } from './support/harness.ts';
import { useHarness } from './support/use-harness.ts';
import { follow as followCall, parseCall, writes } from './support/workspace.ts';

type Job = (typeof CLI_JOBS)[number]['job'];
type Call = (tool: string, args?: Record<string, unknown>) => Promise<Answer>;
interface JobContext {
  h: Harness;
  call: Call;
  /** Makes the call that an answer proposes. */
  follow: (text: unknown) => Promise<Answer>;
}

const BOT = { id: '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21', secret: 'sandbox-not-a-secret' };
const CHURN_ROW = { tenure: 12, monthly_charges: 70.5, support_tickets: 2, contract: 'one-year' };
const HOUSE = { area_m2: 80, rooms: 3, age_years: 10, district: 'north' };
const user = (content: string) => [{ role: 'user', content }];

async function deploy({ call }: JobContext, version: string, more: Record<string, unknown> = {}): Promise<void> {
  const { data } = await call('create_endpoint', {
    endpoint: 'churn',
    model: 'ml.prod.churn',
    version,
    wait_seconds: 1800,
    ...more,
  });
  expect(data).toMatchObject({ outcome: 'ready', serving: `serving churn-${version} (100 %)` });
}

const CHECKS: Record<Job, { as?: HarnessOptions; run: (context: JobContext) => Promise<void> }> = {
  'List endpoints': {
    async run({ call }) {
      const { data } = await call('list_endpoints');
      expect(data.endpoints).toContainEqual({
        name: 'house-price',
        status: 'ready',
        serves: 'ml.prod.house_price 1',
        scale_to_zero: true,
        creator: 'ml-engineer@example.com',
        last_change: expect.stringMatching(/Z$/),
      });
      expect(data.total).toBe(19);
    },
  },
  'Get an endpoint: config, traffic, gateway, state, update under way': {
    async run(context) {
      const { call } = context;
      await call('swap_version', { endpoint: 'support-agent', version: '1', wait_seconds: 0 });
      const { data } = await call('get_endpoint', { endpoint: 'support-agent' });
      expect(data).toMatchObject({
        status: 'updating',
        task: 'agent/v1/responses',
        serving: [{ entity: 'support_agent-2', traffic_percent: 100, size: 'Small', scale_to_zero: true }],
        pending: [{ entity: 'support_agent-1', deployment: 'creating' }],
        gateway: { usage_tracking_config: { enabled: true }, rate_limits: ['user: 60 calls per minute'] },
        tags: { team: 'support' },
        permission: 'CAN_MANAGE',
      });
    },
  },
  'Create an endpoint for a custom model': {
    async run(context) {
      await deploy(context, '1', {
        workload_size: 'Medium',
        environment_vars: { TOKEN: '{{secrets/ml/feature_store_token}}' },
      });
      const { data } = await context.call('query_endpoint', { endpoint: 'churn', dataframe_records: [CHURN_ROW] });
      expect(data.predictions[0].churn_probability).toBeGreaterThan(0);
    },
  },
  'Create a provisioned-throughput endpoint': {
    async run({ call }) {
      const llama = {
        entity_name: 'system.ai.meta_llama_v3_1_8b_instruct',
        entity_version: '3',
        max_provisioned_throughput: 1000,
      };
      const wrong = await call('create_endpoint', { endpoint: 'llama', entities: [llama] });
      expect(wrong.data.error.message).toContain('must be a multiple of 970 tokens per second, such as 970');
      const { data } = await call('create_endpoint', {
        endpoint: 'llama',
        entities: [{ ...llama, max_provisioned_throughput: 970 }],
        wait_seconds: 1800,
      });
      expect(data.outcome).toBe('ready');
      const units = { entity_name: 'system.ai.gpt-oss-120b', entity_version: '1', provisioned_model_units: 50 };
      expect((await call('create_endpoint', { endpoint: 'units', entities: [units] })).data.outcome).toBe('ready');
    },
  },
  'Create an external-model endpoint, secrets by reference': {
    async run({ h, call }) {
      const model = (key: string) => ({
        endpoint: 'claude',
        entities: [
          {
            external_model: {
              provider: 'anthropic',
              name: 'claude',
              task: 'llm/v1/chat',
              anthropic_config: { anthropic_api_key: key },
            },
          },
        ],
      });
      const raw = await call('create_endpoint', model('visibly-no-key'));
      expect(raw.data.error.message).toContain('must be a reference {{secrets/scope/key}}');
      expect(raw.text).not.toContain('visibly-no-key');
      expect(writes(h)).toEqual([]);
      const { data } = await call('create_endpoint', model('{{secrets/llm-providers/anthropic_api_key}}'));
      expect(data).toMatchObject({ changed: true, outcome: 'ready' });
    },
  },
  'Find out the request fields before building the body': {
    async run({ h, call }) {
      const { tools: published } = await h.client.listTools();
      const schema = published.find((tool) => tool.name === 'create_endpoint')?.inputSchema;
      expect(Object.keys(schema?.properties ?? {})).toEqual(
        expect.arrayContaining(['model', 'version', 'entities', 'traffic', 'ai_gateway', 'tags']),
      );
      const entity = { entity_name: 'ml.prod.churn', entity_version: '1', workload_sise: 'Small' };
      const mistyped = await call('create_endpoint', { endpoint: 'churn', entities: [entity] });
      expect(mistyped.data.error.message).toContain('unknown field workload_sise: did you mean workload_size?');
      const { data } = await call('create_endpoint', {
        endpoint: 'churn',
        model: 'ml.prod.churn',
        version: '1',
        dry_run: true,
      });
      expect(data.requests).toMatchObject([
        { method: 'POST', body: { name: 'churn', config: { served_entities: [{ entity_name: 'ml.prod.churn' }] } } },
      ]);
      expect(writes(h)).toEqual([]);
    },
  },
  'Update served entities and scaling': {
    async run({ call }) {
      const { data } = await call('update_endpoint', {
        endpoint: 'house-price',
        workload_size: 'Medium',
        scale_to_zero: false,
        add_entities: [{ entity_name: 'ml.prod.house_price', entity_version: '2' }],
        wait_seconds: 1800,
      });
      expect(data).toMatchObject({ outcome: 'ready', serving: 'serving house_price-1 (100 %), house_price-2 (0 %)' });
    },
  },
  'Delete an endpoint': {
    async run({ call, follow }) {
      const shown = await call('delete_endpoint', { endpoint: 'churn-legacy' });
      expect(shown.data.deleted).not.toBe(true);
      const { data } = await follow(shown.data.next);
      expect(data.deleted).toBe(true);
      expect((await call('list_endpoints', { name_contains: 'churn-legacy' })).data.total).toBe(0);
    },
  },
  'Patch tags': {
    async run({ h, call }) {
      const { data } = await call('update_endpoint', {
        endpoint: 'house-price',
        tags: { owner: 'pricing' },
        remove_tags: ['team'],
      });
      expect(data.changed).toBe(true);
      expect(writes(h)).toEqual(['PATCH /api/2.0/serving-endpoints/house-price/tags']);
      expect((await call('get_endpoint', { endpoint: 'house-price' })).data.tags).toEqual({ owner: 'pricing' });
    },
  },
  'Swap a version with no downtime': {
    async run({ call }) {
      const { data } = await call('swap_version', { endpoint: 'house-price', version: '2', wait_seconds: 1800 });
      expect(data).toMatchObject({ outcome: 'ready', serving: 'serving house_price-2 (100 %)' });
    },
  },
  'Repoint the alias together with the swap': {
    async run({ h, call }) {
      const { data } = await call('swap_version', {
        endpoint: 'house-price',
        version: '2',
        alias: 'champion',
        wait_seconds: 1800,
      });
      expect(data.alias).toMatchObject({ name: 'champion', version: 2, was: 1 });
      // The alias last: until the version serves it names the one that does.
      expect(writes(h)).toEqual([
        'PUT /api/2.0/serving-endpoints/house-price/config',
        'PUT /api/2.1/unity-catalog/models/ml.prod.house_price/aliases/champion',
      ]);
      expect(
        (await call('set_alias', { model: 'ml.prod.house_price', alias: 'previous', version: 1 })).data.changed,
      ).toBe(true);
    },
  },
  'Find a registered model': {
    async run({ call }) {
      const { data } = await call('list_model_versions', { model: 'churn' });
      expect(data.models).toMatchObject([{ model: 'ml.prod.churn' }]);
    },
  },
  'List model versions, resolve an alias': {
    async run(context) {
      const { data } = await context.call('list_model_versions', { model: 'ml.prod.churn' });
      expect(data.versions.map((each: { version: number; status: string }) => [each.version, each.status])).toEqual([
        [5, 'PENDING_REGISTRATION'],
        [4, 'READY'],
        [3, 'READY'],
        [2, 'READY'],
        [1, 'READY'],
      ]);
      expect(data.versions.at(-1)).toMatchObject({ aliases: ['champion'], served_by: ['churn-legacy'] });
      const { data: made } = await context.call('create_endpoint', {
        endpoint: 'churn',
        model: 'ml.prod.churn',
        version: '@champion',
        dry_run: true,
      });
      expect(made.requests[0].body.config.served_entities[0].entity_version).toBe('1');
    },
  },
  'Split traffic: A/B test, canary': {
    async run({ call }) {
      const canary = await call('swap_version', {
        endpoint: 'house-price',
        version: '2',
        traffic_percent: 10,
        wait_seconds: 1800,
      });
      expect(canary.data.serving).toBe('serving house_price-1 (90 %), house_price-2 (10 %)');
      const { data } = await call('set_traffic', {
        endpoint: 'house-price',
        traffic: { 'house_price-1': 50, 'house_price-2': 50 },
      });
      expect(data).toMatchObject({ outcome: 'ready', serving: 'serving house_price-1 (50 %), house_price-2 (50 %)' });
    },
  },
  'Wait for ready and config_update': {
    async run({ call }) {
      await call('swap_version', { endpoint: 'house-price', version: '2', wait_seconds: 0 });
      const early = await call('wait_for_endpoint', { endpoint: 'house-price', version: '2', wait_seconds: 0 });
      // READY all the while: the old version serves.
      expect(early.data).toMatchObject({
        outcome: 'waiting',
        status: 'updating',
        serving: 'serving house_price-1 (100 %)',
      });
      const { data } = await call('wait_for_endpoint', { endpoint: 'house-price', version: '2', wait_seconds: 1800 });
      expect(data).toMatchObject({ outcome: 'ready', serving: 'serving house_price-2 (100 %)' });
    },
  },
  'See why an update failed': {
    async run(context) {
      await deploy(context, '1');
      await context.call('swap_version', { endpoint: 'churn', version: '4', wait_seconds: 0 });
      const { data } = await context.call('wait_for_endpoint', { endpoint: 'churn', version: '4', wait_seconds: 1800 });
      expect(data).toMatchObject({ outcome: 'failed', serving: 'serving churn-1 (100 %)' });
      expect(data.failed_entities[0].message).toContain("No module named 'sklearn.ensemble._gb_losses'");
      expect(data.log_lines.join('\n')).toContain('ModuleNotFoundError');
      expect((await context.follow(data.next)).data.findings[0].code).toBe(data.cause);
    },
  },
  'Query chat and agents (messages)': {
    async run({ call }) {
      const chat = await call('query_endpoint', {
        endpoint: 'databricks-claude-sonnet-4-6',
        messages: user('Hello'),
      });
      expect(chat.data.text).toContain('You wrote: Hello');
      const agent = await call('query_endpoint', { endpoint: 'support-agent', messages: user('Hello') });
      expect(agent.data.text).toContain('You wrote: Hello');
    },
  },
  'Query classical models (dataframe_records, dataframe_split, inputs, instances)': {
    async run({ call }) {
      const forms = [
        { dataframe_records: [HOUSE] },
        { dataframe_split: { columns: Object.keys(HOUSE), data: [Object.values(HOUSE)] } },
        { inputs: Object.fromEntries(Object.entries(HOUSE).map(([name, value]) => [name, [value]])) },
        { instances: [HOUSE] },
      ];
      for (const form of forms) {
        const { data } = await call('query_endpoint', { endpoint: 'house-price', ...form });
        expect(data.predictions).toEqual([42_000 + 80 * 3150 + 3 * 8200 - 10 * 740 + 12_500]);
      }
    },
  },
  'Query embeddings and completions': {
    async run({ call }) {
      const { data } = await call('query_endpoint', {
        endpoint: 'databricks-gte-large-en',
        texts: ['red apples', 'red apple', 'revenue'],
      });
      expect(data).toMatchObject({ count: 3, dimension: 1024 });
      const cosines = new Map(
        data.similarity.map(({ rows, cosine }: { rows: number[]; cosine: number }) => [rows.join(), cosine]),
      );
      expect(cosines.get('0,1')).toBeGreaterThan(Number(cosines.get('0,2')));
      const external = {
        provider: 'openai',
        name: 'gpt-instruct',
        task: 'llm/v1/completions',
        openai_config: { openai_api_key: '{{secrets/llm-providers/openai_api_key}}' },
      };
      await call('create_endpoint', { endpoint: 'complete', entities: [{ external_model: external }] });
      const answer = await call('query_endpoint', { endpoint: 'complete', texts: ['Once upon'] });
      expect(answer.data.text).toContain('The prompt had 9 characters');
    },
  },
  'Stream an answer': {
    async run({ h, call }) {
      const progress: string[] = [];
      const whole = await call('query_endpoint', { endpoint: 'databricks-gpt-oss-120b', messages: user('Hello') });
      const { data } = await h.call(
        'query_endpoint',
        { endpoint: 'databricks-gpt-oss-120b', messages: user('Hello'), stream: true },
        { onprogress: ({ message }) => progress.push(message ?? '') },
      );
      expect(data).toMatchObject({ text: whole.data.text, reasoning: whole.data.reasoning, finish_reason: 'stop' });
      expect(progress.length).toBeGreaterThan(0);
      expect(data.text.startsWith(progress[0] ?? '')).toBe(true);
    },
  },
  'Get the OpenAPI schema': {
    async run({ call }) {
      const { data } = await call('get_schema', { endpoint: 'house-price' });
      expect(data.columns.map((column: { name: string }) => column.name)).toEqual([
        'area_m2',
        'rooms',
        'age_years',
        'district',
      ]);
      expect(data.columns[3].enum).toEqual(['centre', 'north', 'south', 'west']);
      expect((await call('query_endpoint', { endpoint: 'house-price', ...data.example })).isError).toBe(false);
      const raw = await call('get_schema', { endpoint: 'house-price', raw: true });
      expect(raw.data.document).toMatchObject({ openapi: '3.1.0' });
    },
  },
  'Build logs': {
    async run({ call }) {
      const { data } = await call('get_logs', { endpoint: 'house-price', log: 'build' });
      // The name of the served entity, which the CLI makes its users look up, is found.
      expect(data).toMatchObject({ entity: 'house_price-1', log: 'build' });
      expect(data.lines.length).toBeGreaterThan(0);
    },
  },
  'Runtime logs': {
    async run({ call }) {
      const { data } = await call('get_logs', { endpoint: 'house-price', log: 'service', lines: 5 });
      expect(data).toMatchObject({ entity: 'house_price-1', log: 'service' });
      expect(data.lines.length).toBeLessThanOrEqual(5);
      expect(data.total_lines).toBeGreaterThan(0);
    },
  },
  Metrics: {
    async run({ call }) {
      const { data } = await call('get_metrics', { endpoint: 'house-price' });
      expect(data.total.requests).toBeGreaterThan(30);
      for (const field of ['p50_ms', 'p95_ms', 'cpu_percent', 'memory_percent'])
        expect(data.total[field]).toBeGreaterThan(0);
    },
  },
  'Read permissions': {
    async run({ call }) {
      const { data } = await call('get_permissions', { endpoint: 'house-price' });
      expect(data.grants).toContainEqual({ kind: 'group', principal: 'analysts', level: 'CAN_QUERY' });
      expect(data.inherited).toMatchObject([{ principal: 'admins', inherited_from: '/serving-endpoints/' }]);
    },
  },
  'Grant and revoke permissions': {
    async run({ call, follow }) {
      const made = await call('update_permissions', {
        endpoint: 'churn-legacy',
        grant: [{ principal: 'analysts', level: 'CAN_QUERY' }],
      });
      expect(made.data.changes).toEqual([{ field: 'group analysts', to: 'CAN_QUERY' }]);
      const back = await follow(made.data.undo);
      expect(back.data.grants.map((each: { principal: string }) => each.principal)).not.toContain('analysts');
    },
  },
  'Find the endpoint id that permissions want': {
    async run({ h, call }) {
      await call('get_permissions', { endpoint: 'house-price' });
      await call('update_permissions', {
        endpoint: 'house-price',
        grant: [{ principal: 'analyst@example.com', level: 'CAN_VIEW' }],
      });
      const paths = h.sandbox.requests.map((request) => request.path).filter((path) => path.includes('/permissions/'));
      expect(paths.length).toBeGreaterThan(1);
      for (const path of paths) expect(path).toMatch(/^\/api\/2\.0\/permissions\/serving-endpoints\/[0-9a-f]{32}$/);
      const none = await call('get_permissions', { endpoint: 'databricks-gpt-5' });
      expect(none.data.error.message).toContain('has no id');
    },
  },
  'AI Gateway rate limits': {
    async run({ call }) {
      const { data } = await call('set_rate_limits', {
        endpoint: 'gpt-gateway',
        set: [{ key: 'user_group', principal: 'analysts', calls: 5 }],
      });
      expect(data.rate_limits).toHaveLength(3);
      const { data: seen } = await call('get_endpoint', { endpoint: 'gpt-gateway' });
      expect(seen.gateway.usage_tracking_config).toEqual({ enabled: true });
    },
  },
  'AI Gateway usage tracking, inference table, guardrails, fallback': {
    async run({ call }) {
      const { data } = await call('update_ai_gateway', {
        endpoint: 'gpt-gateway',
        usage_tracking: true,
        inference_table: { enabled: true, catalog_name: 'ml', schema_name: 'logs' },
        guardrails: { input: { pii: { behavior: 'BLOCK' } } },
        fallback: true,
      });
      expect(data.ai_gateway).toMatchObject({
        usage_tracking_config: { enabled: true },
        inference_table_config: { enabled: true, catalog_name: 'ml' },
        guardrails: { input: { pii: { behavior: 'BLOCK' } } },
        fallback_config: { enabled: true },
      });
      // What the PUT of the CLI would have dropped.
      expect(data.ai_gateway.rate_limits).toHaveLength(2);
    },
  },
  'Discover foundation models at run time': {
    async run({ call }) {
      const { data } = await call('list_foundation_models');
      expect(data.picks.map((pick: { endpoint: string }) => pick.endpoint)).toEqual([
        'databricks-claude-sonnet-4-6',
        'databricks-gpt-5-1-codex-max',
        'databricks-gte-large-en',
      ]);
      expect(JSON.stringify(data)).not.toContain('databricks-app-template-serving');
    },
  },
  'Databricks Apps: resource, environment, scopes': {
    async run({ call }) {
      const { data } = await call('get_integration_code', { endpoint: 'support-agent', target: 'databricks_app' });
      const all = data.files.map((file: { content: string }) => file.content).join('\n');
      const key = /valueFrom: "?([\w-]+)"?/.exec(all)?.[1];
      expect(key).toBeDefined();
      expect(all).toContain(`name: "${key}"`);
      expect(all).toContain('- model-serving');
      const attached = await call('attach_to_app', { app: 'listing-app', endpoint: 'support-agent' });
      expect(attached.data).toMatchObject({ changed: true, resource_name: key });
    },
  },
  'Stream from outside the platform (AI SDK, Node)': {
    async run({ call }) {
      for (const target of ['ai_sdk', 'node']) {
        const { data } = await call('get_integration_code', { endpoint: 'databricks-claude-sonnet-4-6', target });
        expect(JSON.stringify(data.files)).toContain('databricks-claude-sonnet-4-6');
        expect(JSON.stringify(data.files)).toMatch(/stream/i);
      }
    },
  },
  'From an error to the next step': {
    async run({ call }) {
      const { data } = await call('get_endpoint', { endpoint: 'hous-price' });
      expect(data.error.code).toBe('RESOURCE_DOES_NOT_EXIST');
      expect(data.error.next).toContain('list_endpoints');
      expect((await call('list_endpoints')).isError).toBe(false);
      const unknown = await call('get_endpoint', { endpont: 'house-price' });
      expect(unknown.data.error.message).toContain('did you mean "endpoint"?');
    },
  },
  'Unified authentication': {
    as: { client: BOT },
    async run({ h, call }) {
      const { data } = await call('list_endpoints', { name_contains: 'support' });
      expect(data.total).toBe(1);
      const principals = h.sandbox.requests
        .map((request) => request.principal)
        .filter((principal) => principal !== null);
      expect(new Set(principals)).toEqual(new Set([BOT.id]));
    },
  },
  'Trouble: cannot configure default credentials': {
    as: { anonymous: true },
    async run({ h, call }) {
      const { data } = await call('list_endpoints');
      expect(data.error.code).toBe('no_credentials');
      expect(data.error.message).toBe('no Databricks workspace is configured.');
      expect(data.error.next).toMatch(/--profile/);
      expect(data.error.next).toMatch(/databricks auth login/);
      expect(data.error.next).toMatch(/--sandbox/);
      expect(h.sandbox.requests.filter((request) => request.path.startsWith('/api/'))).toEqual([]);
    },
  },
  'Trouble: PERMISSION_DENIED': {
    as: { as: 'analyst@example.com' },
    async run({ call }) {
      const { data } = await call('query_endpoint', { endpoint: 'churn-legacy', dataframe_records: [CHURN_ROW] });
      expect(data.error.code).toBe('PERMISSION_DENIED');
      expect(data.error.next).toContain('CAN_QUERY');
      expect(data.error.next).toContain('Ask someone with CAN_MANAGE to grant it');
      expect(data.error.next).toContain('An app gets it when it declares the endpoint as a resource');
      const granted = await call('update_permissions', {
        endpoint: 'churn-legacy',
        grant: [{ principal: 'analysts', level: 'CAN_QUERY' }],
      });
      expect(granted.data.error.code).toBe('PERMISSION_DENIED');
      const attached = await call('attach_to_app', {
        app: 'listing-app',
        endpoint: 'house-price',
        permission: 'CAN_QUERY',
      });
      expect(attached.isError || attached.data.changed === false).toBe(true);
    },
  },
  'Trouble: Endpoint stuck in NOT_READY': {
    async run({ call, follow }) {
      await call('create_endpoint', { endpoint: 'churn', model: 'ml.prod.churn', version: '1' });
      const seen = await call('get_endpoint', { endpoint: 'churn' });
      expect(seen.data.status).toBe('creating');
      const waited = await follow(seen.data.next);
      expect(waited.data).toMatchObject({ outcome: 'waiting', note: expect.stringContaining('churn-1 is creating') });
      expect(parseCall(waited.data.next).name).toBe('wait_for_endpoint');
      const logs = await call('get_logs', { endpoint: 'churn', log: 'build' });
      expect(logs.data.entity).toBe('churn-1');
    },
  },
  'Trouble: RESOURCE_DOES_NOT_EXIST': {
    async run({ call }) {
      const { data } = await call('get_endpoint', { endpoint: 'nothing' });
      expect(data.error).toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
      expect(data.error.next).toContain('list_endpoints');
      expect((await call('list_endpoints')).data.total).toBeGreaterThan(0);
    },
  },
  'Trouble: Query returns 404': {
    async run({ call, follow }) {
      await call('create_endpoint', { endpoint: 'churn', model: 'ml.prod.churn', version: '1' });
      const { data } = await call('query_endpoint', { endpoint: 'churn', inputs: [1] });
      expect(data.error.code).toBe('ENDPOINT_NOT_FOUND');
      expect(data.error.next).toContain('does not serve yet');
      const seen = await follow(data.error.next);
      expect(seen.data.status).toBe('creating');
    },
  },
  'Trouble: RATE_LIMIT_EXCEEDED (429)': {
    async run({ call }) {
      for (let at = 0; at < 10; at++)
        await call('query_endpoint', { endpoint: 'gpt-gateway', messages: user('Hello') });
      const { data } = await call('query_endpoint', { endpoint: 'gpt-gateway', messages: user('Hello') });
      expect(data.error).toMatchObject({ retryable: true });
      expect(data.error.message).toContain('Requests-per-minute (RPM) rate limit exceeded for user');
      const { name, args } = parseCall(data.error.next.replace(/ shows the limits\.$/, ''));
      const seen = await call(name, args);
      expect(seen.data.gateway.rate_limits).toContain('user: 10 calls per minute');
      await call('set_rate_limits', { endpoint: 'gpt-gateway', set: [{ key: 'user', calls: 20 }] });
      expect((await call('query_endpoint', { endpoint: 'gpt-gateway', messages: user('Hello') })).isError).toBe(false);
    },
  },
  'Trouble: Endpoint missing from the Serving UI after a deploy': {
    as: { client: BOT },
    async run({ h, call }) {
      const { data } = await call('create_endpoint', { endpoint: 'churn', model: 'ml.prod.churn', version: '1' });
      expect(data.note).toContain('"Owned by me"');
      expect((await call('list_endpoints', { name_contains: 'churn' })).data.endpoints).toContainEqual(
        expect.objectContaining({ name: 'churn' }),
      );
      const guide = await h.client.readResource({ uri: 'databricks-serving://guides/troubleshooting' });
      expect(JSON.stringify(guide.contents)).toContain('Owned by me');
    },
  },
};

const begin = useHarness((options: HarnessOptions = {}) => options);

describe('every job of the CLI’s users', () => {
  it.each(CLI_JOBS)('$job', async ({ job, tools: named }) => {
    const { as, run } = CHECKS[job];
    const h = await begin(as);
    const made = new Set<string>();
    const call: Call = (tool, args) => {
      made.add(tool);
      return h.call(tool, args);
    };
    await run({
      h,
      call,
      follow: (text) => {
        made.add(parseCall(text).name);
        return followCall(h, text);
      },
    });
    expect([...made]).toEqual(expect.arrayContaining([...named]));
  });

  it('is there: 34 jobs and the 7 rows of the troubleshooting table, each with a check and tools that exist', () => {
    expect(CLI_JOBS).toHaveLength(41);
    expect(Object.keys(CHECKS).sort()).toEqual(CLI_JOBS.map(({ job }) => job).sort());
    const names = tools.map((tool) => tool.name);
    for (const job of CLI_JOBS) expect(names).toEqual(expect.arrayContaining([...job.tools]));
  });
});
