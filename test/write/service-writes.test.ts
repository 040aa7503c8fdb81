/** The path of a write to a model service: the policy holds for it, and exports say exactly what would be sent. */
import { describe, expect, it } from 'vitest';
import type { WriteRequest } from '../../src/rest/http.ts';
import { modelServices } from '../../src/rest/index.ts';
import type { ServiceInput } from '../../src/rest/model-services.ts';
import { exportSteps } from '../../src/write/export.ts';
import {
  type ExportStep,
  type PlannedWrite,
  plannedRequest,
  type Step,
  serviceSubject,
} from '../../src/write/planned-write.ts';
import { checkPolicy, type Policy, parsePolicy } from '../../src/write/policy.ts';
import { SERVICE } from '../support/whole-service.ts';
import { readYaml } from '../support/yaml.ts';

const NAME = 'main.ai.chat';
const LIMITS = [{ key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_HOUR', tokens: 5 }];
const INPUT: ServiceInput = {
  config: {
    routing: { destinations: [{ name: 'gpt', pay_per_token_config: { model: 'models/system.ai.gpt' } }] },
  },
};
const CREATE = modelServices.create(NAME, INPUT);
const EDIT = modelServices.update(NAME, ['config.rate_limits'], 'a+/=', { config: { rate_limits: LIMITS } });
const ROUTE = modelServices.update(NAME, ['config.routing.destinations'], 'MQ==', INPUT);
const DELETE = modelServices.remove(NAME, 'a+/=');

const stepOf = (what: Step['what'], request: WriteRequest): Step => ({ what, label: '', target: NAME, request });

function write(what: Step['what'], request: WriteRequest, more: Partial<PlannedWrite> = {}): PlannedWrite {
  return {
    subject: serviceSubject(NAME),
    before: undefined,
    ...(what === 'create_service' ? {} : { service: SERVICE }),
    changes: [{ field: 'x' }],
    steps: [stepOf(what, request)],
    undo: [],
    ...more,
  };
}

describe('the policy', () => {
  it.each<[rule: string, policy: Policy, planned: PlannedWrite]>([
    ['protect_endpoints', { protect_endpoints: ['main.*.*'] }, write('service', EDIT)],
    ['protect_endpoints', { protect_endpoints: ['MAIN.ai.chat'] }, write('delete_service', DELETE)],
    [
      'protect_endpoints',
      { protect_endpoints: ['MAIN.ai.*'] },
      { ...write('service', EDIT), subject: { kind: 'app', name: 'desk' }, endpoint: NAME },
    ],
    ['allow_endpoints', { allow_endpoints: ['prod-*', 'dev.*.*'] }, write('service', EDIT)],
    ['allow_create', { allow_create: false }, write('create_service', CREATE)],
    ['allow_models', { allow_models: ['system.ai.claude*'] }, write('create_service', CREATE)],
    ['allow_models', { allow_models: ['system.ai.claude*'] }, write('service', ROUTE)],
    [
      'allow_models',
      { allow_models: ['system.ai.llama'] },
      write('service', throughput('other'), { endpointModels: { other: ['ml.prod.x'] } }),
    ],
    ['allow_models', { allow_models: ['*'] }, write('service', throughput('unread'))],
  ])('refuses by %s: %j', (rule, policy, planned) => {
    expect(() => checkPolicy(policy, planned)).toThrow(rule);
  });

  it.each<[policy: Policy, planned: PlannedWrite]>([
    [{ protect_endpoints: ['churn', 'chat'], allow_endpoints: ['main.ai.*'] }, write('service', EDIT)],
    [{ allow_create: false }, write('service', EDIT)],
    [{ allow_models: ['system.ai.gpt'] }, write('service', ROUTE)],
    // A model that the service routes to already.
    [{ allow_models: ['ml.prod.*'] }, write('service', throughput('llama-pt'))],
    [{ allow_models: ['ml.*'] }, write('service', throughput('pt'), { endpointModels: { pt: ['ml.prod.x'] } })],
  ])('allows %j', (policy, planned) => {
    expect(() => checkPolicy(policy, planned)).not.toThrow();
  });

  it('takes names of three parts, and refuses names that match nothing', () => {
    const read = (name: string) => parsePolicy(JSON.stringify({ protect_endpoints: [name] }), 'policy.json');
    for (const name of ['main.ai.chat', '*.ai.*', 'main.*.*', '*'])
      expect(read(name).protect_endpoints).toEqual([name]);
    for (const name of ['main.ai', 'main.*', 'a.b.c.d', '-x']) expect(() => read(name)).toThrow('no other pattern');
  });
});

function throughput(endpoint: string): WriteRequest {
  const provisioned_throughput_config = { model_serving_endpoint: `serving-endpoints/${endpoint}` };
  const destinations = [{ name: 'pt', provisioned_throughput_config }];
  return modelServices.update(NAME, ['config.routing.destinations'], 'MQ==', { config: { routing: { destinations } } });
}

describe('an export', () => {
  const step = (what: ExportStep['what'], request: WriteRequest): ExportStep => ({
    what,
    target: NAME,
    ...plannedRequest(request),
  });
  const GRANTS: ExportStep = {
    what: 'service_grants',
    target: NAME,
    method: 'PATCH',
    path: '/api/2.1/unity-catalog/permissions/model_service/main.ai.chat',
    body: {
      changes: [
        { principal: 'analysts', add: ['EXECUTE'] },
        { principal: 'bo', remove: ['EXECUTE'] },
      ],
    },
  };

  it.each<[step: ExportStep, text: string]>([
    [
      step('create_service', CREATE),
      `databricks ai-gateway create-model-service schemas/main.ai chat --json '${JSON.stringify(INPUT)}'`,
    ],
    [
      step('service', EDIT),
      `databricks ai-gateway update-model-service model-services/main.ai.chat config.rate_limits --etag a+/= --json '${JSON.stringify({ config: { rate_limits: LIMITS } })}'`,
    ],
    [
      step('delete_service', DELETE),
      'databricks ai-gateway delete-model-service model-services/main.ai.chat --etag a+/=',
    ],
    [GRANTS, `databricks grants update model_service main.ai.chat --json '${JSON.stringify(GRANTS.body)}'`],
  ])('has the command of the official CLI', (exported, text) => {
    expect(exportSteps('cli', [exported], { subject: serviceSubject(NAME), service: SERVICE })).toBe(text);
  });

  it('for curl has the etag in the address, where + would mean a blank', () => {
    expect(exportSteps('curl', [step('service', EDIT)], {})).toContain(
      '"$DATABRICKS_HOST/api/2.1/unity-catalog/model-services/main.ai.chat?update_mask=config.rate_limits&etag=a%2B%2F%3D"',
    );
  });

  const bundleOf = (exported: ExportStep, more = {}) => {
    const text = exportSteps('bundle', [exported], { subject: serviceSubject(NAME), ...more });
    return { text, resource: (readYaml(text) as Bundle).resources.model_services.chat };
  };
  interface Bundle {
    // biome-ignore lint/suspicious/noExplicitAny: the text is read field by field, and a wrong guess fails the test
    resources: { model_services: { chat: any } };
  }

  it('as a bundle creates the resource', () => {
    expect(bundleOf(step('create_service', CREATE)).resource).toEqual({
      model_service_id: 'chat',
      parent: 'schemas/main.ai',
      ...INPUT,
    });
  });

  it('as a bundle has the whole service with the change, and no policies, for which the resource has no field', () => {
    const { text, resource } = bundleOf(step('service', EDIT), { service: SERVICE });
    expect(resource.config.rate_limits).toEqual(LIMITS);
    expect(resource.config.routing.destinations.map(({ name }: { name: string }) => name)).toEqual(['claude', 'llama']);
    expect(resource.config.inference_table.parent).toBe('schemas/main.logs');
    expect(resource.comment).toBe('For the help desk.');
    expect(resource.config.service_policies).toBeUndefined();
    expect(text).toContain('# databricks bundle deployment bind chat main.ai.chat');
    expect(text).toContain('no field for the service policies');
  });

  it.each<
    [mask: modelServices.MaskPath, body: Parameters<typeof modelServices.update>[3], field: string, value: unknown]
  >([
    ['comment', { comment: '' }, 'comment', undefined],
    ['config.inference_table', { config: {} }, 'config.inference_table', undefined],
    [
      'config.routing.fallback.destinations',
      { config: { routing: { fallback: { destinations: [] } } } },
      'config.routing.fallback.destinations',
      [],
    ],
    ['config.routing.destinations', INPUT, 'config.routing.destinations', INPUT.config.routing?.destinations],
  ])('as a bundle replaces or clears %s', (mask, body, field, value) => {
    const { resource } = bundleOf(step('service', modelServices.update(NAME, [mask], 'MQ==', body)), {
      service: SERVICE,
    });
    const found = field.split('.').reduce((object, key) => object?.[key], resource);
    expect(found).toEqual(value);
    expect(resource.config.rate_limits).toHaveLength(1);
  });

  it('as a bundle lists all grants', () => {
    const serviceGrants = [
      { principal: 'ops', privileges: ['MANAGE'] },
      { principal: 'bo', privileges: ['EXECUTE'] },
    ];
    expect(bundleOf(GRANTS, { service: SERVICE, serviceGrants }).resource.grants).toEqual([
      { principal: 'ops', privileges: ['MANAGE'] },
      { principal: 'analysts', privileges: ['EXECUTE'] },
    ]);
  });

  it('as a bundle has no deletes', () => {
    expect(() => bundleOf(step('delete_service', DELETE), { service: SERVICE })).toThrow('it has no deletes');
  });
});
