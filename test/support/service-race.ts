/** Two servers that edit one model service at the same time, each its own limit in the list that both replace. */
import { CHAT, makeService, serviceNow } from './gateway-site.ts';
import { type Answer, type Harness, start } from './harness.ts';

export interface RaceReport {
  /** Edits that the servers reported as made. */
  made: number;
  /** Edits that were refused because of the other server's, each with the difference. */
  informed: number;
  /** Edits whose report was wrong, in words. */
  wrong: string[];
}

/** The limit of each writer: the key of a call, and how it reads in the service. */
const WRITERS = [
  { key: 'endpoint', wire: 'RATE_LIMIT_KEY_SERVICE' },
  { key: 'user', wire: 'RATE_LIMIT_KEY_USER_DEFAULT' },
] as const;

/**
 * Both writers begin each round together. A refused one repeats its call in the next round.
 * @param edits how many edits must be made in all.
 */
export async function raceForService(edits: number): Promise<RaceReport> {
  const first = await start({ journal: null });
  const second = await start({ sandbox: first.sandbox, journal: null });
  const report: RaceReport = { made: 0, informed: 0, wrong: [] };
  try {
    await makeService(first, CHAT);
    let before = await limitsNow(first);
    for (let round = 1; report.made < edits; round++) {
      if (round > 3 * edits) throw new Error(`only ${report.made} of ${edits} edits after ${round} rounds`);
      const answers = await Promise.all([first, second].map((writer, at) => edit(writer, at, round)));
      const after = await limitsNow(first);
      for (const [at, answer] of answers.entries()) judge(report, answer, { at, round, before, after });
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

function edit(writer: Harness, at: number, round: number): Promise<Answer> {
  return writer.call('set_rate_limits', { endpoint: CHAT, set: [{ key: WRITERS[at]?.key, calls: round }] });
}

async function limitsNow(harness: Harness): Promise<Map<string, number>> {
  const { config } = await serviceNow(harness);
  return new Map(config.rate_limits.map((limit: { key: string; requests: number }) => [limit.key, limit.requests]));
}

interface Round {
  at: number;
  round: number;
  before: Map<string, number>;
  after: Map<string, number>;
}

/** A made edit must be there, and a refused one must have changed nothing and say what changed. */
function judge(report: RaceReport, { data }: Answer, { at, round, before, after }: Round): void {
  const wire = WRITERS[at]?.wire ?? '';
  const now = after.get(wire);
  if (data.changed === true) {
    report.made++;
    if (now !== round) report.wrong.push(`round ${round}: writer ${at} made ${round}, and the service has ${now}`);
  } else if (data.error?.code === 'changed_meanwhile') {
    report.informed++;
    if (now !== before.get(wire))
      report.wrong.push(`round ${round}: writer ${at} was refused, and the service has ${now}`);
    if (data.changed_meanwhile?.length !== 1)
      report.wrong.push(`round ${round}: writer ${at} did not learn what changed`);
  } else report.wrong.push(`round ${round}: writer ${at} got ${JSON.stringify(data).slice(0, 200)}`);
}
