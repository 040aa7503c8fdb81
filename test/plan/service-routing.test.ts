/** What is sent of a routing: only what a call names changes, and no list that the service would refuse is sent. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fallbacksOf, primariesOf, writableDestination } from '../../src/plan/model-service.ts';
import {
  type DestinationInput,
  listDiffers,
  MAX_DESTINATIONS,
  MAX_FALLBACKS,
  planRouting,
  type RoutingWish,
} from '../../src/plan/service-routing.ts';
import type { Destination } from '../../src/rest/model-services.ts';
import { external, perToken, throughput } from '../support/model-services.ts';
import { anyRouted, anyWish } from '../support/random-routing.ts';
import { SERVICE } from '../support/whole-service.ts';

const GPT = 'system.ai.gpt-5';
const CLAUDE = 'system.ai.claude-sonnet';
const routed = (destinations: Destination[], fallbacks: Destination[] = []) => ({
  config: { routing: { destinations, fallback: { destinations: fallbacks } } },
});
const plan = (before: ReturnType<typeof routed> | undefined, wish: Partial<RoutingWish>) =>
  planRouting(before, { destinations: [], remove: [], ...wish });
const TWO = routed(
  [perToken('gpt', GPT, { traffic_percentage: 70 }), perToken('claude', CLAUDE, { traffic_percentage: 30 })],
  [perToken('spare', 'system.ai.oss')],
);
const names = (list: readonly Destination[]) => list.map(({ name }) => name);
const shares = (list: readonly Destination[]) => list.map((each) => each.traffic_percentage);

describe('a destination that is named', () => {
  it.each<[what: string, wishes: DestinationInput[]]>([
    [
      'by its name',
      [
        { name: 'gpt', percent: 10 },
        { name: 'claude', percent: 90 },
      ],
    ],
    [
      'by its model',
      [
        { model: CLAUDE, percent: 90 },
        { model: GPT, percent: 10 },
      ],
    ],
    [
      'by both',
      [
        { name: 'gpt', model: GPT, percent: 10 },
        { name: 'claude', percent: 90 },
      ],
    ],
  ])('%s changes where it is, and the order stays', (_what, destinations) => {
    const { destinations: sent, fallbacks, problems, added, lost } = plan(TWO, { destinations });
    expect([names(sent), shares(sent), problems, added, lost]).toEqual([['gpt', 'claude'], [10, 90], [], [], []]);
    expect(fallbacks).toEqual(TWO.config.routing.fallback.destinations);
  });

  it('and routes elsewhere keeps its unknown fields, and loses the block of its earlier kind', () => {
    const [claude] = primariesOf(SERVICE);
    const only = routed([{ ...(claude as Destination), traffic_percentage: 100 }]); // the fixture has two
    const { destinations, added } = plan(only, { destinations: [{ name: 'claude', endpoint: 'llama-pt' }] });
    expect(destinations).toEqual([
      {
        name: 'claude',
        weight: 'w',
        traffic_percentage: 100,
        destination_type: 'DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL',
        provisioned_throughput_config: { model_serving_endpoint: 'serving-endpoints/llama-pt' },
      },
    ]);
    expect(added).toEqual([{ endpoint: 'llama-pt' }]);
  });

  it('and takes another model of its kind keeps unknown fields of its block', () => {
    const { destinations } = plan(SERVICE as never, { destinations: [{ name: 'claude', model: GPT }] });
    expect(destinations[0]?.pay_per_token_config).toEqual({ model: `models/${GPT}`, cache: true });
  });

  it('at a provider names its API types only where the call does', () => {
    const old = external('ext', 'main.ai.openai', 'gpt-4o');
    const typed = { ...old.external_model_config, target: { model: 'gpt-4o', native_api_types: ['a/v1'], extra: 1 } };
    const before = routed([{ ...old, external_model_config: typed }]);
    const to = (more: DestinationInput) =>
      plan(before, { destinations: [{ name: 'ext', provider: 'main.ai.openai', model: 'gpt-5', ...more }] })
        .destinations[0]?.external_model_config?.target;
    expect(to({})).toEqual({ model: 'gpt-5', extra: 1 });
    expect(to({ api_types: ['b/v1'] })).toEqual({ model: 'gpt-5', native_api_types: ['b/v1'], extra: 1 });
  });

  it('behind an endpoint is sent without the model that the service adds', () => {
    const before = routed([throughput('own', 'llama-pt')]);
    expect(plan(before, { destinations: [{ endpoint: 'llama-pt', percent: 100 }] }).destinations).toMatchObject([
      { name: 'own', provisioned_throughput_config: { model_serving_endpoint: 'serving-endpoints/llama-pt' } },
    ]);
    const [sent] = plan(before, {}).destinations;
    expect(sent?.provisioned_throughput_config).not.toHaveProperty('model');
  });
});

describe('a destination that is new', () => {
  it.each<[wish: DestinationInput, name: string]>([
    [{ model: 'system.ai.oss-20b' }, 'oss-20b'],
    [{ endpoint: 'llama-pt' }, 'llama-pt'],
    [{ provider: 'main.ai.openai', model: 'gpt-4.1' }, 'gpt-4.1'],
    [{ name: 'own name', model: 'system.ai.oss-20b' }, 'own name'],
  ])('%j comes last, named %s', (wish, name) => {
    const destinations = [
      { name: 'gpt', percent: 50 },
      { ...wish, percent: 20 },
    ];
    const { destinations: sent, problems, added } = plan(TWO, { destinations });
    const { name: _, ...target } = wish;
    expect([names(sent), problems, added]).toEqual([['gpt', 'claude', name], [], [target]]);
  });

  it('gets no name that is taken by another target', () => {
    const before = routed([perToken('gpt-5', CLAUDE)]);
    expect(plan(before, { destinations: [{ model: GPT, percent: 0 }] }).problems).toContain(
      'another destination is named gpt-5: give this one its own name',
    );
  });
});

describe('percentages', () => {
  it.each<[what: string, wish: Partial<RoutingWish>, shares: (number | undefined)[], problem: string | undefined]>([
    ['that sum to 100', { destinations: [{ name: 'gpt', percent: 70 }] }, [70, 30], undefined],
    [
      'that do not',
      { destinations: [{ name: 'gpt', percent: 71 }] },
      [71, 30],
      'the percentages sum to 101, not 100: gpt 71, claude 30',
    ],
    [
      'of a new one that is missing',
      { destinations: [{ model: 'system.ai.oss' }] },
      [70, 30, undefined],
      'destination oss needs percent, because there are several',
    ],
    ['of what is left of a split', { remove: ['gpt'] }, [100], undefined],
    [
      'of 0 and 100',
      {
        destinations: [
          { name: 'gpt', percent: 100 },
          { name: 'claude', percent: 0 },
        ],
      },
      [100, 0],
      undefined,
    ],
  ])('%s', (_what, wish, expected, problem) => {
    const { destinations, problems } = plan(TWO, wish);
    expect(shares(destinations)).toEqual(expected);
    expect(problems).toEqual(problem === undefined ? [] : [problem]);
  });

  it.each<[percent: number | undefined, problem: string | undefined]>([
    [undefined, undefined],
    [100, undefined],
    [99, 'oss is the only destination, so it gets 100 percent, not 99'],
    [0, 'oss is the only destination, so it gets 100 percent, not 0'],
  ])('of the only destination: %s', (percent, problem) => {
    const { problems } = plan(undefined, { destinations: [{ model: 'system.ai.oss', percent }] });
    expect(problems).toEqual(problem === undefined ? [] : [problem]);
  });
});

describe('what a removal takes away', () => {
  const dead = perToken('dead', 'system.ai.gone', { traffic_percentage: 20, is_deleted: true });
  const deadSpare = perToken('dead-spare', 'system.ai.gone', { is_deleted: true });
  const idle = perToken('idle', 'system.ai.idle', { traffic_percentage: 0 });
  const before = routed([perToken('gpt', GPT, { traffic_percentage: 80 }), dead, idle], [deadSpare]);

  it('is traffic only where requests arrive', () => {
    const { lost, problems } = plan(before, {
      remove: ['gpt', 'dead', 'dead-spare'],
      destinations: [{ name: 'idle', percent: 100 }],
    });
    expect([lost, problems]).toEqual([[{ name: 'gpt', percent: 80 }], []]);
  });

  it('is everything where there is one, whatever the service says of its percentage', () => {
    const one = routed([perToken('only', GPT)]);
    expect(plan(one, { remove: ['only'], destinations: [{ model: CLAUDE }] }).lost).toEqual([
      { name: 'only', percent: 100 },
    ]);
  });

  it('is not what is dead: it stays in a list that is not sent, and stops one that is', () => {
    expect(plan(before, {}).dead).toEqual(['dead', 'dead-spare']);
    const sent = plan(before, { fallbacks: [{ name: 'new', model: GPT }] });
    expect([sent.dead, names(sent.fallbacks)]).toEqual([['dead'], ['new', 'dead-spare']]);
    expect(sent.problems).toHaveLength(1);
    expect(sent.problems[0]).toContain('what is behind dead-spare (system.ai.gone) is gone');
    expect(JSON.stringify(sent.fallbacks)).not.toContain('is_deleted');
    const gone = plan(before, { fallbacks: [{ name: 'new', model: GPT }], remove: ['dead-spare'] });
    expect([gone.problems, names(gone.fallbacks), gone.lost]).toEqual([[], ['new'], []]);
  });

  it('is a name that exists, and not one that is given too', () => {
    expect(plan(TWO, { remove: ['spar', 'gpt'], destinations: [{ name: 'gpt', percent: 1 }] }).problems).toEqual(
      expect.arrayContaining([
        'there is no destination spar to remove: did you mean spare?',
        'destination gpt is both given and removed',
      ]),
    );
  });
});

describe('fallbacks', () => {
  it('that are given are all, in this order, and a primary that becomes one has no percentage', () => {
    const { fallbacks, destinations, problems } = plan(TWO, {
      remove: [],
      destinations: [{ name: 'gpt', percent: 70 }],
      fallbacks: [{ name: 'second', model: CLAUDE }, { name: 'spare' }],
    });
    expect([names(fallbacks), shares(fallbacks), problems]).toEqual([['second', 'spare'], [undefined, undefined], []]);
    expect(destinations).toHaveLength(2);
  });

  it.each<[what: string, wishes: DestinationInput[], problem: string]>([
    ['with a percentage', [{ name: 'spare', percent: 1 }], 'fallback spare takes no percent'],
    ['that are primaries', [{ name: 'gpt' }], 'gpt is both a destination and a fallback'],
    ['given twice', [{ name: 'spare' }, { name: 'spare' }], 'destination spare is given twice'],
    ['that nobody knows', [{ name: 'spear' }], 'there is no destination spear: did you mean spare?'],
  ])('%s are refused', (_what, fallbacks, problem) => {
    const { problems } = plan(TWO, { fallbacks });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });
});

it('counts beyond the limits of the service are refused, both at once', () => {
  const many = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, at) => ({ name: `${prefix}${at}`, model: GPT }));
  const { problems } = plan(undefined, {
    destinations: many(MAX_DESTINATIONS + 1, 'd').map((each, at) => ({ ...each, percent: at === 0 ? 100 : 0 })),
    fallbacks: many(MAX_FALLBACKS + 1, 'f'),
  });
  expect(problems).toEqual(['11 destinations are more than 10', '6 fallbacks are more than 5']);
  const most = plan(undefined, {
    destinations: many(MAX_DESTINATIONS, 'd').map((each) => ({ ...each, percent: 10 })),
    fallbacks: many(MAX_FALLBACKS, 'f'),
  });
  expect(most.problems).toEqual([]);
});

it.each<[what: string, after: Destination[], ordered: boolean, differs: boolean]>([
  ['the same list', primariesOf(TWO), true, false],
  ['another order, where it does not count', primariesOf(TWO).toReversed(), false, false],
  ['another order, where it counts', primariesOf(TWO).toReversed(), true, true],
  ['what the service adds', primariesOf(TWO).map((each) => ({ ...each, is_deleted: true })), true, false],
  ['another percentage', primariesOf(TWO).map((each) => ({ ...each, traffic_percentage: 50 })), false, true],
])('a list to send differs or not: %s', (_what, after, ordered, differs) => {
  expect(listDiffers(primariesOf(TWO), after, ordered)).toBe(differs);
});

const BLOCKS = ['pay_per_token_config', 'provisioned_throughput_config', 'external_model_config'] as const;

describe('whatever a service has and a call wishes', () => {
  it('a routing without problems keeps the rules of the service, and what the call does not name', () => {
    let planned = 0;
    fc.assert(
      fc.property(anyRouted, anyWish, (before, wish) => {
        const { destinations, fallbacks, problems } = planRouting(before, wish);
        if (problems.length > 0) return;
        planned++;
        const all = [...destinations, ...fallbacks];
        expect(new Set(names(all)).size).toBe(all.length);
        expect(destinations.length).toBeGreaterThanOrEqual(1);
        expect(destinations.length).toBeLessThanOrEqual(MAX_DESTINATIONS);
        expect(fallbacks.length).toBeLessThanOrEqual(MAX_FALLBACKS);
        expect(shares(fallbacks).every((share) => share === undefined)).toBe(true);
        const sum = destinations.reduce((total, each) => total + (each.traffic_percentage ?? 0), 0);
        if (destinations.length > 1) expect(sum).toBe(100);
        for (const each of all) {
          expect(each).not.toHaveProperty('is_deleted');
          expect(BLOCKS.filter((block) => each[block] !== undefined)).toHaveLength(1);
        }
        const named = [...wish.destinations, ...(wish.fallbacks ?? [])].map(({ name }) => name);
        const untouched = primariesOf(before).filter(
          ({ name }) => !named.includes(name) && !wish.remove.includes(name),
        );
        if (destinations.length > 1)
          for (const each of untouched)
            expect(destinations.find(({ name }) => name === each.name)).toEqual(writableDestination(each));
        if (!wish.fallbacks)
          expect(names(fallbacks)).toEqual(names(fallbacksOf(before)).filter((name) => !wish.remove.includes(name)));
      }),
      { numRuns: 1_000 },
    );
    // A generator of wrong wishes alone would prove nothing.
    expect(planned).toBeGreaterThan(100);
  });
});
