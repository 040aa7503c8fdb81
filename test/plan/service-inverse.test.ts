/** The arguments that take an edit of a model service back: with them, the same tool plans the service as it was. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fallbacksOf, primariesOf, serviceView } from '../../src/plan/model-service.ts';
import { inverseOfUpdate } from '../../src/plan/service-inverse.ts';
import { type DestinationInput, planRouting, type RoutingWish } from '../../src/plan/service-routing.ts';
import type { Destination, ModelService } from '../../src/rest/model-services.ts';
import { external, perToken } from '../support/model-services.ts';
import { anyRouted, anyWish } from '../support/random-routing.ts';
import { SERVICE } from '../support/whole-service.ts';

type Config = NonNullable<ModelService['config']>;
const NAME = 'model-services/main.ai.chat';
const made = (config: Config, comment?: string): ModelService => ({
  name: NAME,
  config,
  ...(comment === undefined ? {} : { comment }),
});
const routing = (destinations: Destination[], fallbacks?: Destination[]): Config => ({
  routing: { destinations, ...(fallbacks ? { fallback: { destinations: fallbacks } } : {}) },
});
const A = perToken('a', 'system.ai.gpt', { traffic_percentage: 60 });
const B = perToken('b', 'system.ai.claude', { traffic_percentage: 40 });
const SPARE = perToken('s', 'system.ai.oss');
const alone = perToken('a', 'system.ai.gpt');

describe('the inverse', () => {
  it.each<[what: string, before: ModelService, after: ModelService, args: Record<string, unknown>]>([
    ['of nothing is nothing', made(routing([A, B])), made(routing([A, B])), {}],
    [
      'of percentages names those that moved',
      made(routing([A, B, { ...SPARE, traffic_percentage: 0 }])),
      made(
        routing([
          { ...A, traffic_percentage: 50 },
          { ...B, traffic_percentage: 50 },
          { ...SPARE, traffic_percentage: 0 },
        ]),
      ),
      {
        destinations: [
          { name: 'a', percent: 60 },
          { name: 'b', percent: 40 },
        ],
      },
    ],
    [
      'of a model gives the earlier one',
      made(routing([A, B])),
      made(routing([{ ...A, pay_per_token_config: { model: 'models/system.ai.new' } }, B])),
      { destinations: [{ name: 'a', model: 'system.ai.gpt', percent: 60 }] },
    ],
    [
      'of an addition removes it',
      made(routing([alone])),
      made(routing([A, B])),
      { destinations: [{ name: 'a', percent: 100 }], remove_destinations: ['b'] },
    ],
    [
      'of a removal adds it',
      made(routing([A, B])),
      made(routing([{ ...A, traffic_percentage: 100 }])),
      {
        destinations: [
          { name: 'a', percent: 60 },
          { name: 'b', model: 'system.ai.claude', percent: 40 },
        ],
      },
    ],
    [
      'of fallbacks gives all of them in their order',
      made(routing([alone], [SPARE, B])),
      made(routing([alone], [B])),
      {
        fallbacks: [
          { name: 's', model: 'system.ai.oss' },
          { name: 'b', model: 'system.ai.claude' },
        ],
      },
    ],
    ['of first fallbacks gives none', made(routing([alone])), made(routing([alone], [SPARE])), { fallbacks: [] }],
    ['of a comment', made(routing([alone]), 'old'), made(routing([alone]), 'new'), { comment: 'old' }],
    ['of a first comment removes it', made(routing([alone])), made(routing([alone]), 'new'), { remove: ['comment'] }],
    ['of a removed comment', made(routing([alone]), 'old'), made(routing([alone]), ''), { comment: 'old' }],
    [
      'of a first inference table removes it',
      made(routing([alone])),
      made({ ...routing([alone]), inference_table: { parent: 'schemas/main.ai' } }),
      { remove: ['inference_table'] },
    ],
    [
      'of a removed inference table, without what the service adds',
      made({
        ...routing([alone]),
        inference_table: {
          parent: 'schemas/main.ai',
          table_name_prefix: 'x',
          table: 'tables/main.ai.x_payload',
          is_deleted: true,
        },
      }),
      made(routing([alone])),
      { inference_table: { schema: 'main.ai', prefix: 'x' } },
    ],
  ])('%s', (_what, before, after, args) => {
    expect(inverseOfUpdate(before, after)).toEqual({ args, omits: [] });
  });

  it('says which fields it cannot bring back', () => {
    const [claude, llama] = primariesOf(SERVICE);
    const { omits } = inverseOfUpdate(SERVICE, {
      config: routing([{ ...(llama as Destination), traffic_percentage: 100 }]), // the fixture has two
    });
    expect(omits).toEqual([
      `fields of destination ${claude?.name} that this version does not know`,
      expect.stringMatching(/^destination claude, which was gone already/),
    ]);
  });

  it.each<[what: string, lost: Destination, omitted: boolean]>([
    ['of the destination', { ...B, weight: 1 }, true],
    ['of its block', { ...B, pay_per_token_config: { model: 'models/system.ai.claude', cache: true } }, true],
    [
      'of its target',
      external('b', 'main.ai.openai', 'gpt', { external_model_config: { target: { model: 'gpt', zone: 'eu' } } }),
      true,
    ],
    ['none', external('b', 'main.ai.openai', 'gpt'), false],
    ['that the service adds', { ...B, is_deleted: false }, false],
  ])('looks for unknown fields of what is dropped: %s', (_what, lost, omitted) => {
    expect(inverseOfUpdate(made(routing([A, lost])), made(routing([A]))).omits).toHaveLength(omitted ? 1 : 0);
    expect(inverseOfUpdate(made(routing([A, lost])), made(routing([B, lost]))).omits).toEqual([]);
  });
});

/** The wish of a call with these arguments. */
const wishOf = (args: Record<string, unknown>): RoutingWish => ({
  destinations: (args.destinations ?? []) as DestinationInput[], // as the tool reads them
  remove: (args.remove_destinations ?? []) as string[],
  fallbacks: args.fallbacks as DestinationInput[] | undefined,
});

it('after any edit, the same tool with the inverse plans the service as it was', () => {
  let edits = 0;
  fc.assert(
    fc.property(anyRouted, anyWish, (config, wish) => {
      const before = made(config.config);
      const { destinations, fallbacks, problems } = planRouting(before, wish);
      if (problems.length > 0) return;
      edits++;
      // The service marks what is gone in each answer.
      const gone = new Set(
        [...primariesOf(before), ...fallbacksOf(before)].filter((each) => each.is_deleted).map(({ name }) => name),
      );
      const marked = (list: Destination[]) =>
        list.map((each) => (gone.has(each.name) ? { ...each, is_deleted: true } : each));
      const after = made(routing(marked(destinations), marked(fallbacks)));
      const back = planRouting(after, wishOf(inverseOfUpdate(before, after).args));
      expect(back.problems).toEqual([]);
      const view = (config: Config) =>
        JSON.parse(JSON.stringify(serviceView({ config })), (key, value) => (key === 'deleted' ? undefined : value));
      expect(view(routing(back.destinations, back.fallbacks))).toEqual(view(config.config));
    }),
    { numRuns: 1_000 },
  );
  expect(edits).toBeGreaterThan(100);
});
