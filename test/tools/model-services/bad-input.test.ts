/** Whatever is wrong with a write of a model service, all of it is refused at once, and no request that changes anything is sent. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, start } from '../../support/harness.ts';
import { SERVICES_PATH } from '../../support/model-services.ts';
import { RUN_ALL } from '../../support/selection.ts';
import { agree, ask } from '../../support/tool-test.ts';

/** Calls of a property, each with several requests. */
const RUNS = RUN_ALL ? 150 : 25;

const CHAT = 'ml.prod.support_chat';
const NEW = 'ml.prod.desk';
/** Serves provisioned throughput. */
const THROUGHPUT = 'oss-pt';

let h: Harness;
beforeAll(async () => {
  h = await start({ journal: null, onAsk: agree });
  const entity = { entity_name: 'system.ai.gpt-oss-120b', entity_version: '1', provisioned_model_units: 50 };
  await ask(h, '/api/2.0/serving-endpoints/pt', {
    method: 'POST',
    body: JSON.stringify({ name: THROUGHPUT, config: { served_entities: [entity] } }),
  });
  // The owner of the service that is edited.
  await h.call('update_permissions', {
    endpoint: THROUGHPUT,
    grant: [{ principal: 'ml-engineer@example.com', level: 'CAN_QUERY' }],
  });
});
afterAll(() => h.close());

/** Calls a tool. @returns its answer, and the requests that it sent. */
async function called(tool: string, args: Record<string, unknown>) {
  const from = h.sandbox.requests.length;
  const answer = await h.call(tool, args);
  return { ...answer, requests: h.sandbox.requests.slice(from) };
}

const thatChange = (requests: readonly { method: string }[]) => requests.filter(({ method }) => method !== 'GET');

interface Target {
  to: Record<string, string>;
  /** What is wrong with it, with the near name. */
  wrong?: RegExp;
}

const GOOD: Target[] = [
  { to: { model: 'system.ai.databricks-gpt-5' } },
  { to: { model: 'system.ai.gpt-5' } },
  { to: { endpoint: THROUGHPUT } },
  { to: { provider: 'ml.prod.openai_prod', model: 'gpt-4o' } },
];
const BAD: Target[] = [
  {
    to: { model: 'system.ai.databricks-gpt-55' },
    wrong: /no model system\.ai\.databricks-gpt-55.*mean system\.ai\.databricks-gpt-5/,
  },
  { to: { model: 'gpt-5' }, wrong: /model gpt-5 must be catalog\.schema\.model, such as system\.ai\.gpt-5/ },
  { to: { endpoint: 'oss-tp' }, wrong: /no endpoint oss-tp: did you mean oss-pt/ },
  { to: { endpoint: 'house-price' }, wrong: /endpoint house-price serves no provisioned throughput.*/ },
  {
    to: { provider: 'ml.prod.openai_prd', model: 'gpt-4o' },
    wrong: /no provider service ml\.prod\.openai_prd.*mean ml\.prod\.openai_prod/,
  },
  { to: { provider: 'ml.prod.openai_prod', model: 'gpt-4' }, wrong: /openai_prod does not offer gpt-4; it offers/ },
  { to: { provider: 'openai', model: 'gpt-4o' }, wrong: /provider openai must be catalog\.schema\.name/ },
];

/** Destinations and fallbacks of a call, and what is wrong with them. */
interface Wish {
  destinations: Record<string, unknown>[];
  fallbacks: Record<string, unknown>[];
  problems: RegExp[];
}

const target = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...GOOD) }, fc.constantFrom(...BAD));

/** @param others primary destinations that the service has besides those of the call, all at 0 percent. */
const wishes = (others: number): fc.Arbitrary<Wish> =>
  fc
    .record({
      primaries: fc.array(target, { minLength: 1, maxLength: 12 }),
      spares: fc.array(target, { maxLength: 7 }),
      off: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: -40, max: 40 })),
    })
    .map(({ primaries, spares, off }) => {
      // The sum of the others says nothing where one is not read: it is of a wrong form, and joins no list.
      const read = (list: readonly Target[]) => list.filter(({ wrong }) => !wrong?.source.includes('must be'));
      const unread = read(primaries).length < primaries.length;
      const sum = 100 + off;
      const percents = primaries.map((_, at) => (at === 0 ? Math.min(sum, 100) : at === 1 ? Math.max(off, 0) : 0));
      const total = percents.reduce((one, other) => one + other, 0);
      const counts = { destinations: read(primaries).length + others, fallbacks: read(spares).length };
      return {
        destinations: primaries.map(({ to }, at) => ({ name: `d${at}`, ...to, percent: percents[at] })),
        fallbacks: spares.map(({ to }, at) => ({ name: `f${at}`, ...to })),
        problems: [
          ...new Set([...primaries, ...spares].flatMap((each) => each.wrong ?? [])),
          ...(unread || total === 100
            ? []
            : [
                counts.destinations === 1
                  ? /is the only destination, so it gets 100 percent/
                  : new RegExp(`sum to ${total}, not 100`),
              ]),
          ...(counts.destinations > 10 ? [new RegExp(`^${counts.destinations} destinations are more than 10`)] : []),
          ...(counts.fallbacks > 5 ? [new RegExp(`^${counts.fallbacks} fallbacks are more than 5`)] : []),
        ],
      };
    });

/** Each problem is reported, nothing else is, and nothing that changes anything was sent. */
function expectProblems({ data, requests }: Awaited<ReturnType<typeof called>>, problems: readonly RegExp[]): void {
  expect(data.error).toMatchObject({ code: expect.any(String), message: expect.stringContaining('nothing was sent') });
  const said = new Set<string>(data.problems);
  for (const problem of problems)
    expect(
      [...said].filter((text) => problem.test(text)),
      String(problem),
    ).toHaveLength(1);
  expect([...said].filter((text) => !problems.some((problem) => problem.test(text)))).toEqual([]);
  expect(thatChange(requests)).toEqual([]);
  expect(requests.filter(({ body }: { body?: unknown }) => body !== undefined && body !== null)).toEqual([]);
}

describe('the routing of a call', () => {
  it('that creates is refused with all of its problems, or taken by the service', async () => {
    const seen = { refused: 0, made: 0 };
    await fc.assert(
      fc.asyncProperty(wishes(0), async ({ problems, ...routing }) => {
        const answer = await called('create_model_service', { model_service: NEW, ...routing });
        if (problems.length > 0) {
          seen.refused++;
          expectProblems(answer, problems);
          return;
        }
        seen.made++;
        expect(answer.data.error).toBeUndefined();
        expect(answer.data.changed).toBe(true);
        await ask(h, `${SERVICES_PATH}/${NEW}`, { method: 'DELETE' });
      }),
      { numRuns: RUNS },
    );
    expect(seen.refused).toBeGreaterThan(5);
    expect(seen.made).toBeGreaterThan(0);
  });

  it('that edits is refused with all of its problems, or taken by the service', async () => {
    const before = (await ask(h, `${SERVICES_PATH}/${CHAT}`)) as { config: unknown }; // the workspace's own answer
    const seen = { refused: 0, made: 0 };
    await fc.assert(
      fc.asyncProperty(wishes(2), async ({ problems, destinations, fallbacks }) => {
        const idle = ['claude', 'gpt-4o'].map((name) => ({ name, percent: 0 }));
        const args = { model_service: CHAT, destinations: [...idle, ...destinations], fallbacks };
        const answer = await called('update_model_service', args);
        if (problems.length > 0) {
          seen.refused++;
          expectProblems(answer, problems);
          return;
        }
        seen.made++;
        expect(answer.data.error).toBeUndefined();
        await ask(h, `${SERVICES_PATH}/${CHAT}?update_mask=config`, {
          method: 'PATCH',
          body: JSON.stringify({ config: before.config }),
        });
      }),
      { numRuns: RUNS },
    );
    expect(seen.refused).toBeGreaterThan(5);
    expect(seen.made).toBeGreaterThan(0);
  });
});

const PRINCIPALS = {
  user: ['analyst@example.com', 'ml-engineer@example.com'],
  user_group: ['data-science', 'analysts'],
  service_principal: ['4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21'],
} as const;
type Key = keyof typeof PRINCIPALS;
const keyOf = (principal: string) =>
  (Object.keys(PRINCIPALS) as Key[]).find((key) => (PRINCIPALS[key] as readonly string[]).includes(principal));
const UNKNOWN = ['nobody@example.com', 'data-scince', '00000000-0000-4000-8000-000000000000'];

it('principals with the wrong key, and unknown ones, are refused all at once', async () => {
  const limit = fc.record({
    key: fc.constantFrom<Key>('user', 'user_group', 'service_principal'),
    principal: fc.constantFrom(...Object.values(PRINCIPALS).flat(), ...UNKNOWN),
    calls: fc.integer({ min: 0, max: 100 }),
    period: fc.constantFrom('minute', 'hour'),
  });
  const limits = fc.uniqueArray(limit, {
    minLength: 1,
    maxLength: 6,
    selector: ({ key, principal, period }) => `${key} ${principal} ${period}`,
  });
  await fc.assert(
    fc.asyncProperty(limits, async (set) => {
      const wrong = set.filter(({ key, principal }) => keyOf(principal) !== key);
      if (wrong.length === 0) return;
      const answer = await called('set_rate_limits', { endpoint: CHAT, set });
      const said: string[] = answer.data.problems;
      for (const { principal } of wrong) expect(said.join('\n')).toContain(`"${principal}"`);
      const right = set
        .map(({ principal }) => principal)
        .filter((each) => !wrong.some(({ principal }) => principal === each));
      for (const principal of right) expect(said.join('\n')).not.toContain(`"${principal}"`);
      expect(thatChange(answer.requests)).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});

it.each<[tool: string, named: string, args: Record<string, unknown>]>([
  ['create_model_service', 'model_service', { destinations: [{ model: 'system.ai.gpt-5' }] }],
  ['update_model_service', 'model_service', { comment: 'x' }],
  ['set_rate_limits', 'endpoint', { set: [{ key: 'user', calls: 1 }] }],
  ['update_permissions', 'endpoint', { grant: [{ principal: 'analysts', level: 'EXECUTE' }] }],
  ['delete_endpoint', 'endpoint', {}],
])('%s sends nothing for a name of another number of parts', async (tool, named, args) => {
  const part = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
  const parts = fc.oneof(fc.tuple(part, part), fc.array(part, { minLength: 4, maxLength: 6 }));
  await fc.assert(
    fc.asyncProperty(parts, async (words) => {
      const { data, requests } = await called(tool, { [named]: words.join('.'), ...args });
      expect(data.error.code).toBe('invalid_arguments');
      expect(data.error.message).toContain('catalog.schema.name');
      expect(requests).toEqual([]);
    }),
    { numRuns: 10 },
  );
});
