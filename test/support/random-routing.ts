/** Random services and wishes, for properties of plans. Few names and models, so that wishes often mean what is there. */
import * as fc from 'fast-check';
import type { DestinationInput, RoutingWish } from '../../src/plan/service-routing.ts';
import type { Destination } from '../../src/rest/model-services.ts';
import { external, perToken, throughput } from './model-services.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const name = fc.constantFrom(...NAMES);

const target = fc.oneof(
  fc.constantFrom('system.ai.gpt', 'system.ai.claude', 'system.ai.llama').map((model) => ({ model })),
  fc.constantFrom('llama-pt', 'gpt-pt').map((endpoint) => ({ endpoint })),
  fc.constantFrom('gpt-4o', 'gpt-4o-mini').map((model) => ({ provider: 'main.ai.openai', model })),
);

function destinationOf(label: string, to: DestinationInput, more: Record<string, unknown>): Destination {
  if (to.endpoint !== undefined) return throughput(label, to.endpoint, more);
  if (to.provider !== undefined) return external(label, to.provider, String(to.model), more);
  return perToken(label, String(to.model), more);
}

/** Percentages of so many destinations, with a sum of 100. One alone has none, or all. */
function sharesOf(count: number): fc.Arbitrary<(number | undefined)[]> {
  if (count === 1) return fc.constantFrom([undefined], [100]);
  return fc.array(fc.integer({ min: 0, max: 100 }), { minLength: count - 1, maxLength: count - 1 }).map((cuts) => {
    const ends = [...cuts.sort((a, b) => a - b), 100];
    return ends.map((end, at) => end - (ends[at - 1] ?? 0));
  });
}

/** A service as it can be: names of its own, percentages that sum, perhaps what is gone. */
export const anyRouted = fc
  .record({
    names: fc.shuffledSubarray(NAMES, { minLength: 1 }),
    primaries: fc.integer({ min: 1, max: 4 }),
    targets: fc.array(target, { minLength: 6, maxLength: 6 }),
    gone: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  })
  .chain(({ names, primaries, targets, gone }) => {
    const count = Math.min(primaries, names.length);
    return sharesOf(count).map((shares) => {
      const all = names.map((label, at) => {
        const share = shares[at];
        return destinationOf(label, targets[at] ?? {}, {
          ...(at < count && share !== undefined ? { traffic_percentage: share } : {}),
          ...(gone[at] && gone[at + 1] ? { is_deleted: true } : {}),
        });
      });
      return {
        config: { routing: { destinations: all.slice(0, count), fallback: { destinations: all.slice(count) } } },
      };
    });
  });

const percent = fc.option(fc.constantFrom(0, 10, 30, 50, 70, 90, 100), { nil: undefined });
const wished: fc.Arbitrary<DestinationInput> = fc.oneof(
  fc.record({ name, percent }),
  fc.record({ name, percent, to: target }).map(({ to, ...rest }) => ({ ...rest, ...to })),
  fc.record({ percent, to: target }).map(({ to, ...rest }) => ({ ...rest, ...to })),
);

/** What a call may wish, sensible or not. */
export const anyWish: fc.Arbitrary<RoutingWish> = fc.record({
  destinations: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(wished, { maxLength: 3 })),
  remove: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(name, { maxLength: 2 })),
  fallbacks: fc.option(
    fc.array(
      wished.map(({ percent: _, ...each }) => each),
      { maxLength: 3 },
    ),
    { nil: undefined },
  ),
});
