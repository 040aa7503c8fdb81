/** Incidents of the sandbox, and healthy endpoints whose logs are full of misleading words, as the tool judges them. */
import { describe, expect, it } from 'vitest';
import { INCIDENTS, incidentSeed } from '../../src/sandbox/incidents/index.ts';
import { type Harness, start } from '../support/harness.ts';
import { RUN_ALL } from '../support/selection.ts';
import { ask } from '../support/tool-test.ts';
import { HEALTHY, healthyWorkspace } from './healthy.ts';
import { HEALTHY_UNSEEN } from './healthy-unseen.ts';

interface Found {
  code: string;
  severity: string;
}

/** Causes that only the answers to callers show: no log, state or number has the words. */
const IN_ANSWERS = new Set(['provider_key_invalid']);

/** A log or a number shows only the group of these causes. */
const GROUP: Record<string, string> = { columns_missing: 'payload_rejected' };

/** What a caller of the endpoint gets. */
async function failedAnswer(h: Harness, endpoint: string, query: Record<string, unknown>): Promise<string> {
  const body = JSON.stringify(query);
  return JSON.stringify(await ask(h, `/serving-endpoints/${endpoint}/invocations`, { method: 'POST', body }));
}

const CASES = INCIDENTS.flatMap(({ name, causes, wordings }) =>
  wordings.map((wording, at) => ({ name, causes, wording, number: at + 1 })),
);

/** Traffic depends on the minute, so each run begins in the same one. */
const START = Date.UTC(2026, 0, 5, 9);

describe('an incident', () => {
  it.each(CASES.filter((_each, at) => RUN_ALL || at % 18 === 0))(
    '$name:$number is explained in one call',
    async ({ name, number, causes, wording }) => {
      const h = await start({ seed: incidentSeed(name, number), at: START });
      try {
        const { endpoint, query } = wording;
        const seen = causes.some((each) => IN_ANSWERS.has(each));
        const error = seen ? { error: await failedAnswer(h, endpoint, query) } : {};
        const { data, text } = await h.call('diagnose_endpoint', { endpoint, ...error });
        const codes: string[] = data.findings.map(({ code }: Found) => code);
        // An endpoint at zero has no fault. The answer says what callers notice.
        if (data.note?.includes('scaled to zero')) codes.push('scaled_to_zero');
        expect(codes.toSorted()).toEqual(causes.map((each) => GROUP[each] ?? each).sort());
        expect(text.length / 4).toBeLessThanOrEqual(2_000);
      } finally {
        await h.close();
      }
    },
  );
});

it.each([
  ['the first hundred', HEALTHY],
  ['the second hundred', HEALTHY_UNSEEN],
])(
  'nothing is found wrong with healthy endpoints, %s',
  async (_which, texts) => {
    const { seed, endpoints } = healthyWorkspace(texts);
    const h = await start({ seed: seed as never });
    const wrong: string[] = [];
    try {
      for (const endpoint of RUN_ALL ? endpoints : endpoints.filter((_each, at) => at % 25 === 0)) {
        const { data } = await h.call('diagnose_endpoint', { endpoint });
        if (data.findings.length > 0 || !['healthy', 'idle', 'updating', 'stopped'].includes(data.verdict))
          wrong.push(`${endpoint}: ${data.verdict} ${data.findings.map(({ code }: Found) => code)}`);
      }
    } finally {
      await h.close();
    }
    expect(wrong).toEqual([]);
  },
  300_000,
);
