/**
 * The remedy of each finding, carried out as the answer gives it, on the incidents of the sandbox. A call is made as it is written. What the answer
 * leaves to a person is the remedy of the incident.
 */
import { expect, it } from 'vitest';
import { INCIDENTS, incidentSeed } from '../../src/sandbox/incidents/index.ts';
import { startClient } from '../sandbox/client.ts';
import { carryOut, look } from '../sandbox/incidents/rehearsed.ts';
import { type Harness, start } from '../support/harness.ts';
import { RUN_ALL } from '../support/selection.ts';

interface Found {
  code: string;
  remedy?: { call?: string; writes?: boolean };
}

const CASES = INCIDENTS.flatMap(({ name, wordings }) =>
  wordings.map((wording, at) => ({ name, wording, number: at + 1 })),
);

const ROUNDS = 6;

/** The codes of the findings, and the calls that change something. */
async function judged(h: Harness, endpoint: string): Promise<{ codes: string[]; calls: string[] }> {
  const { data } = await h.call('diagnose_endpoint', { endpoint });
  const findings: Found[] = data.findings;
  return {
    codes: findings.map(({ code }) => code),
    calls: findings.flatMap(({ remedy }) => (remedy?.writes && remedy.call !== undefined ? [remedy.call] : [])),
  };
}

it.each(CASES.filter((_each, at) => RUN_ALL || at % 28 === 3))(
  '$name:$number is over when its remedy is carried out',
  async ({ name, number, wording }) => {
    const client = await startClient({ seed: incidentSeed(name, number) });
    const h = await start({ sandbox: client.sandbox });
    try {
      const { endpoint } = wording;
      const before = await judged(h, endpoint);
      let now = before;
      let helped = false;
      const made = new Set<string>();
      // One size larger may not be enough, and two causes have two remedies.
      for (let round = 0; round < ROUNDS && now.codes.length > 0; round += 1) {
        const text = now.calls.find((each) => !made.has(each));
        if (text !== undefined) {
          made.add(text);
          const [tool = '', json = ''] = text.split(/ (.*)/s);
          const { data, isError } = await h.call(tool, { ...JSON.parse(json), wait_seconds: 1800 });
          expect([text, isError, data.error]).toEqual([text, false, undefined]);
          const pending = (await client.get(endpoint)).body.pending_config?.served_entities?.[0];
          // A larger size is for the version that failed, which is deployed again.
          if (pending?.entity_version !== undefined && tool === 'update_endpoint')
            await h.call('swap_version', { endpoint, version: pending.entity_version, wait_seconds: 1800 });
        } else if (!helped) {
          helped = true;
          await carryOut(client, wording.remedy);
        }
        // A GPU takes more than half an hour.
        for (let waits = 0; waits < 3; waits += 1) await h.call('wait_for_endpoint', { endpoint, wait_seconds: 1800 });
        // Metrics show the last minute, and the history ten.
        client.minutes(15);
        now = await judged(h, endpoint);
      }
      expect(now.codes.filter((code) => before.codes.includes(code))).toEqual([]);
      const well = await look(client, wording);
      expect(well).toMatchObject({ ready: 'READY', update: 'NOT_UPDATING', statuses: [200, 200, 200] });
    } finally {
      await h.close();
      await client.sandbox.close();
    }
  },
);
