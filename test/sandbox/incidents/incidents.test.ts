import { describe, expect, it } from 'vitest';
import { INCIDENTS as NAMES, WORDINGS } from '../../../src/incidents.ts';
import { INCIDENTS, incidentSeed } from '../../../src/sandbox/incidents/index.ts';
import { parseSeed } from '../../../src/sandbox/seed/seed.ts';
import { RUN_ALL } from '../../support/selection.ts';
import { startClient } from '../client.ts';
import { carryOut, look } from './rehearsed.ts';

it('the command line knows the incidents of the sandbox, with the same symptoms', () => {
  expect(NAMES).toEqual(INCIDENTS.map(({ name, symptom }) => ({ name, symptom })));
});

it('every incident has three wordings, of different endpoints, and a cause', () => {
  for (const { name, causes, wordings } of INCIDENTS) {
    expect([name, wordings.length]).toEqual([name, WORDINGS]);
    expect(causes.length).toBeGreaterThan(0);
  }
  const endpoints = INCIDENTS.flatMap(({ wordings }) => wordings.map(({ endpoint }) => endpoint));
  expect(new Set(endpoints).size).toBe(endpoints.length);
});

it('an unknown incident or wording has no seed', () => {
  expect(() => incidentSeed('no-such-incident', 1)).toThrow(RangeError);
  expect(() => incidentSeed('new-version-crashes', 4)).toThrow(RangeError);
});

const CASES = INCIDENTS.flatMap(({ name, wordings }) =>
  wordings.map((wording, at) => ({ name, number: at + 1, wording })),
);

// Each wording is a workspace of its own. The first one of each incident shows that the machinery works.
describe.each(CASES.filter(({ number }) => RUN_ALL || number === 1))('$name:$number', ({ name, number, wording }) => {
  it('shows its symptom through the API, and its remedy brings the endpoint back', async () => {
    const seed = incidentSeed(name, number);
    expect(() => parseSeed(seed)).not.toThrow();
    const client = await startClient({ seed });
    try {
      const { update, not_ready, texts = [], share_of_errors, refuses } = wording.shows;
      const broken = await look(client, wording);
      expect(broken.update).toBe(update ?? 'NOT_UPDATING');
      expect(broken.ready).toBe(not_ready ? 'NOT_READY' : 'READY');
      for (const text of texts) expect(broken.text).toContain(text);
      if (share_of_errors !== undefined) expect(broken.errors).toBeGreaterThan(share_of_errors);
      if (refuses) {
        const refused = await client.call(...refuses.call);
        expect([refused.status >= 400, refused.text]).toEqual([true, expect.stringContaining(refuses.text)]);
      }
      await carryOut(client, wording.remedy);
      // The history looks back ten minutes.
      client.minutes(12);
      const well = await look(client, wording);
      expect(well).toMatchObject({ ready: 'READY', update: 'NOT_UPDATING', statuses: [200, 200, 200] });
      expect(well.errors).toBeLessThan(0.05);
    } finally {
      await client.sandbox.close();
    }
  });
});
