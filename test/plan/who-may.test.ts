import { describe, expect, it } from 'vitest';
import {
  belongs,
  deployedModels,
  entitled,
  goesBy,
  type Held,
  holdersOf,
  modelsOf,
  type Need,
  needsOf,
  routedNeeds,
} from '../../src/plan/who-may.ts';
import type { Group, Member } from '../../src/rest/directory.ts';
import { Endpoint } from '../../src/rest/endpoints.ts';

const EXECUTE: Need = { privilege: 'EXECUTE', kind: 'function', name: 'ml.prod.churn' };

const member = (more: Partial<Member> = {}): Member => ({
  id: '7',
  name: 'Eve@example.com',
  active: true,
  entitlements: [],
  groups: ['ds'],
  ...more,
});

const group = (more: Partial<Group> = {}): Group => ({
  entitlements: [],
  nested: false,
  members: [],
  containsGroups: false,
  ...more,
});

describe('a privilege', () => {
  it.each<[string, string[], boolean]>([
    ['by its name', ['EXECUTE'], true],
    ['in small letters', ['execute'], true],
    ['through ALL PRIVILEGES', ['ALL PRIVILEGES'], true],
    ['through ALL_PRIVILEGES', ['ALL_PRIVILEGES'], true],
    ['not through another one', ['APPLY_TAG', 'MANAGE'], false],
    ['not through an empty list', [], false],
  ])('is held %s', (_what, privileges, held) => {
    expect(holdersOf(EXECUTE, [{ principal: 'x', privileges }])).toEqual(held ? ['x'] : []);
  });

  it('with two words is found in both spellings', () => {
    const need: Need = { privilege: 'USE CATALOG', kind: 'catalog', name: 'ml' };
    const holders = ['USE_CATALOG', 'USE CATALOG'].map((each) => ({ principal: each, privileges: [each] }));
    expect(holdersOf(need, holders)).toEqual(['USE_CATALOG', 'USE CATALOG']);
  });
});

describe('a level on an endpoint', () => {
  it.each<[string, string[], boolean]>([
    ['CAN_QUERY', ['CAN_QUERY'], true],
    ['CAN_MANAGE, which includes it', ['CAN_MANAGE'], true],
    ['CAN_VIEW, which does not', ['CAN_VIEW'], false],
    ['ALL PRIVILEGES, which is no level', ['ALL_PRIVILEGES'], false],
  ])('is held by %s', (_what, privileges, held) => {
    const need: Need = { privilege: 'CAN_QUERY', kind: 'endpoint', name: 'pt' };
    expect(holdersOf(need, [{ principal: 'x', privileges }])).toEqual(held ? ['x'] : []);
  });
});

it('the owner of a service needs EXECUTE on what it routes to, each once, and CAN_QUERY on an endpoint', () => {
  const needs = routedNeeds([
    { model: 'system.ai.gpt' },
    { provider: 'ml.prod.openai', model: 'gpt-4o' },
    { provider: 'ml.prod.openai', model: 'gpt-4o-mini' },
    { endpoint: 'pt', model: 'system.ai.llama' },
    { endpoint: 'not a name' },
    { model: 'no-name' },
  ]);
  expect(needs.map(({ privilege, kind, name }) => `${privilege} ${kind} ${name}`)).toEqual([
    'EXECUTE function system.ai.gpt',
    'USE SCHEMA schema system.ai',
    'USE CATALOG catalog system',
    'EXECUTE model_provider_service ml.prod.openai',
    'USE SCHEMA schema ml.prod',
    'USE CATALOG catalog ml',
    'EXECUTE function system.ai.llama',
    'CAN_QUERY endpoint pt',
  ]);
});

describe('a member', () => {
  it.each<[string, string, boolean, Held]>([
    ['goes by its own name, whatever the case', 'eve@EXAMPLE.com', false, 'held'],
    ['goes by the group of all account users', 'account users', true, 'held'],
    ['goes by the group of all workspace users', '_workspace_users_prod_123', true, 'held'],
    ['goes by its group', 'ds', true, 'held'],
    ['does not go by another user', 'bob@example.com', false, 'missing'],
    ['may go by a group that no one resolved', 'finance', true, 'unknown'],
  ])('%s', (_what, name, isGroup, held) => {
    expect(goesBy(member(), name, isGroup, new Map())).toBe(held);
  });

  it('goes by a group as far as its members were read', () => {
    const known = new Map<string, Held>([['finance', 'missing']]);
    expect(goesBy(member(), 'finance', true, known)).toBe('missing');
  });

  it.each<[string, Group | undefined, Partial<Member>, Held]>([
    ['that lists it', group({ members: ['7'] }), {}, 'held'],
    ['that lists others', group({ members: ['8'] }), {}, 'missing'],
    ['that contains groups, which may list it', group({ members: ['8', '9'], containsGroups: true }), {}, 'unknown'],
    ['without a list, which the caller may not see', group({ members: undefined }), {}, 'unknown'],
    ['that the workspace does not have, although the account may', undefined, {}, 'unknown'],
    ['when its own id is unknown', group({ members: ['8'] }), { id: undefined }, 'unknown'],
  ])('and a group %s', (_what, row, more, held) => {
    expect(belongs(member(more), row)).toBe(held);
  });
});

describe('the entitlement', () => {
  const ACCESS = ['workspace-access'];

  it.each<[string, Partial<Member>, (Group | undefined)[] | undefined, Held]>([
    ['is held directly', { entitlements: ACCESS }, undefined, 'held'],
    ['is held by admins', { entitlements: [], groups: ['admins'] }, undefined, 'held'],
    ['is held through a group', {}, [group(), group({ entitlements: ACCESS })], 'held'],
    ['is missing when every list was there and lacks it', { entitlements: ['x'] }, [group()], 'missing'],
    ['is open when the list of the member is absent', { entitlements: undefined }, [group()], 'unknown'],
    ['is open when the groups of the member are absent', { groups: undefined }, [group()], 'unknown'],
    ['is open when a group could not be read', {}, [group(), undefined], 'unknown'],
    ['is open when a group belongs to another one', {}, [group({ nested: true })], 'unknown'],
    ['is open when there are too many groups to read', {}, undefined, 'unknown'],
  ])('%s', (_what, more, groups, held) => {
    expect(entitled(member(more), groups)).toBe(held);
  });
});

describe('what is asked about', () => {
  it('is each object once', () => {
    expect(needsOf(['a.b.c', 'a.b.d']).map(({ privilege, name }) => `${privilege} ${name}`)).toEqual([
      'EXECUTE a.b.c',
      'USE SCHEMA a.b',
      'USE CATALOG a',
      'EXECUTE a.b.d',
    ]);
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['a registered model', { entity_name: 'a.b.c', entity_version: '1' }, ['a.b.c']],
    ['a model with a numeric version', { entity_name: 'a.b.c', entity_version: 1 }, ['a.b.c']],
    ['a feature spec', { entity_name: 'a.b.c' }, []],
    ['an external model', { external_model: { name: 'gpt' } }, []],
    ['a foundation model', { entity_name: 'system.ai.llama', entity_version: '1' }, []],
    ['a model of the workspace registry', { entity_name: 'churn', entity_version: '1' }, []],
    ['a name that could change a path', { entity_name: 'a.b/../c.d', entity_version: '1' }, []],
  ])('is %s only if it is a registered model', (_what, entity, models) => {
    expect(modelsOf([entity, entity])).toEqual(models);
  });

  it('is what an update deploys, not what runs already', () => {
    const a = { name: 'a', entity_name: 'm.s.a', entity_version: '1', workload_size: 'Small' };
    const b = { name: 'b', entity_name: 'm.s.b', entity_version: '1', workload_size: 'Small' };
    const config = { served_entities: [{ ...a, state: { deployment: 'DEPLOYMENT_READY' } }, b] };
    const current = Endpoint.parse({ name: 'e', config });
    const wanted = { served_entities: [a, { ...b, workload_size: 'Large' }], traffic_config: { routes: [] } };
    expect(deployedModels(current, wanted)).toEqual(['m.s.b']);
    const stopped = Endpoint.parse({ name: 'e', config, state: { suspend: 'STOPPED' } });
    expect(deployedModels(stopped, wanted)).toEqual(['m.s.a', 'm.s.b']);
  });
});
