/** Two servers that edit one model service at the same time, each another part of it, or each its own limit in the list that both replace. */
import { CHAT, CHAT_CONFIG, CHAT_PATH, makeService, serviceNow } from './gateway-site.ts';
import { type Answer, type Harness, start } from './harness.ts';
import { perToken } from './model-services.ts';
import { agree } from './tool-test.ts';

export interface RaceReport {
  /** Edits that the servers reported as made. */
  made: number;
  /** Edits that were refused because of the other server's, each with the difference. */
  informed: number;
  /** Edits that were reported as made although the answer of the service was lost. */
  found: number;
  /** Edits whose outcome the server could not learn, and said so. */
  open: number;
  /** Edits whose report was wrong, in words. */
  wrong: string[];
}

// biome-ignore lint/suspicious/noExplicitAny: the workspace's own answer, read field by field
type Service = any;

/** A part of a service that a call can change: how it reads, its next value, and the call that sets this. */
interface Part {
  of(service: Service): unknown;
  next(now: unknown, round: number): unknown;
  edit(value: unknown): [tool: string, args: Record<string, unknown>];
}

const limit = (key: string, wire: string): Part => ({
  of: ({ config }) => config.rate_limits.find((each: { key: string }) => each.key === wire)?.requests,
  next: (_now, round) => round,
  edit: (calls) => ['set_rate_limits', { endpoint: CHAT, set: [{ key, calls }] }],
});
const update = (args: Record<string, unknown>): [string, Record<string, unknown>] => [
  'update_model_service',
  { model_service: CHAT, ...args },
];

/** The first two share a list, which each edit replaces. */
const PARTS: readonly Part[] = [
  limit('endpoint', 'RATE_LIMIT_KEY_SERVICE'),
  limit('user', 'RATE_LIMIT_KEY_USER_DEFAULT'),
  {
    of: ({ config }) => config.routing.destinations[0].traffic_percentage,
    next: (now) => (Number(now) % 99) + 1,
    edit: (percent) =>
      update({
        destinations: [
          { name: 'gpt', percent },
          { name: 'claude', percent: 100 - Number(percent) },
        ],
      }),
  },
  {
    of: ({ config }) => config.routing.fallback.destinations.map(({ name }: { name: string }) => name).join(),
    next: (now) => (now === 'spare,other' ? 'other,spare' : 'spare,other'),
    edit: (order) =>
      update({
        fallbacks: String(order)
          .split(',')
          .map((name) => ({ name })),
      }),
  },
  {
    of: ({ comment }) => comment,
    next: (_now, round) => `Round ${round}.`,
    edit: (comment) => update({ comment }),
  },
  {
    of: ({ config }) => config.inference_table?.parent,
    next: (now) => (now === undefined ? 'schemas/ml.prod' : undefined),
    edit: (parent) =>
      update(parent === undefined ? { remove: ['inference_table'] } : { inference_table: { schema: 'ml.prod' } }),
  },
];

const CONFIG = {
  ...CHAT_CONFIG,
  routing: {
    ...CHAT_CONFIG.routing,
    fallback: {
      destinations: [
        perToken('spare', 'system.ai.databricks-gpt-oss-120b'),
        perToken('other', 'system.ai.databricks-gpt-oss-20b'),
      ],
    },
  },
};

/** A round in so many loses the answer to an edit, and one the edit itself. Both are prime, so that each pair of parts meets them. */
const LOSES_REPLY = 7;
const LOSES_EDIT = 11;

/**
 * Both writers begin each round together, each with another part of the service. A refused one edits that part again in a later round.
 * @param edits how many edits must be made in all.
 */
export async function raceForService(edits: number): Promise<RaceReport> {
  const first = await start({ journal: null, onAsk: agree });
  const second = await start({ sandbox: first.sandbox, journal: null, onAsk: agree });
  const report: RaceReport = { made: 0, informed: 0, found: 0, open: 0, wrong: [] };
  try {
    await makeService(first, CHAT, CONFIG);
    let before = await serviceNow(first);
    for (let round = 1; report.made < edits; round++) {
      if (round > 3 * edits) throw new Error(`only ${report.made} of ${edits} edits after ${round} rounds`);
      const lost = round % LOSES_REPLY === 0 || round % LOSES_EDIT === 0;
      if (lost)
        first.sandbox.faults.add({
          match: { method: 'PATCH', path: CHAT_PATH },
          effect: round % LOSES_REPLY === 0 ? { lost_reply: true } : { cut: 'before' },
          times: 1,
        });
      const edited = pairOf(round).map((part) => ({ part, value: part.next(part.of(before), round) }));
      const answers = await Promise.all(
        edited.map(({ part, value }, at) => edit(at === 0 ? first : second, part.edit(value))),
      );
      first.sandbox.faults.clear();
      const after = await serviceNow(first);
      judge(report, answers, { round, lost, before, after, edited });
      before = after;
      // The log of requests would hold every body of a long race.
      first.sandbox.requests.length = 0;
    }
  } finally {
    await second.close();
    await first.close();
  }
  return report;
}

/** Each pair of parts in turn, in both orders. */
function pairOf(round: number): Part[] {
  const one = round % PARTS.length;
  const step = 1 + (Math.floor(round / PARTS.length) % (PARTS.length - 1));
  return [one, (one + step) % PARTS.length].flatMap((at) => PARTS[at] ?? []);
}

function edit(writer: Harness, [tool, args]: [string, Record<string, unknown>]): Promise<Answer> {
  return writer.call(tool, args);
}

interface Round {
  round: number;
  lost: boolean;
  before: Service;
  after: Service;
  edited: { part: Part; value: unknown }[];
}

/**
 * A made edit must be there. A refused one must have changed nothing and say what changed. An edit whose answer was lost may be open. Parts that
 * no one edited stay.
 */
function judge(report: RaceReport, answers: readonly Answer[], { round, lost, before, after, edited }: Round): void {
  const wrong = (text: string) => report.wrong.push(`round ${round}: ${text}`);
  for (const [at, { part, value }] of edited.entries()) {
    const { data } = answers[at] ?? {};
    const [was, now] = [part.of(before), part.of(after)];
    if (data.changed === true) {
      report.made++;
      if (data.lost_reply !== undefined) report.found++;
      if (now !== value) wrong(`writer ${at} made ${value}, and the service has ${now}`);
    } else if (data.error?.code === 'changed_meanwhile') {
      report.informed++;
      if (now !== was) wrong(`writer ${at} was refused, and the service has ${now}`);
      if (data.changed_meanwhile?.length === 0) wrong(`writer ${at} did not learn what changed`);
    } else if (lost && /may or may not have/.test(`${data.error?.message} ${data.error?.next}`)) {
      report.open++;
      if (now !== was && now !== value) wrong(`writer ${at} did not learn the outcome, and the service has ${now}`);
    } else wrong(`writer ${at} got ${JSON.stringify(data).slice(0, 300)}`);
  }
  for (const part of PARTS)
    if (!edited.some((each) => each.part === part) && part.of(after) !== part.of(before))
      wrong(`no one edited ${part.of(before)}, and it became ${part.of(after)}`);
}
