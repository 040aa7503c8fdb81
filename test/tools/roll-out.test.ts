/** A guarded rollout through the client: to its end, back, and held, with what each call sent. */
import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { follow, endpoint, version, churnEntity } from '../support/workspace.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';

const MINUTE = 60_000;
const begin = useHarness(
  (canary: Record<string, unknown> = {}, perMinute = 400) =>
    withEndpoints([endpoint('churn', [churnEntity('2')], [], { traffic: { requests_per_minute: perMinute } })], {}, {
      models: [
        { full_name: 'ml.prod.churn', owner: 'admin@example.com', aliases: { champion: 2 }, versions: [version(2), version(3, canary)] },
      ],
    }),
);

/** Makes the calls that the answers name, when they name them. */
async function play(h: Harness, args: Record<string, unknown> = {}) {
  const answers = [];
  let answer = await h.call('roll_out', { endpoint: 'churn', version: '3', ...args });
  for (let calls = 1; ; calls++) {
    answers.push(answer.data);
    console.log(JSON.stringify(answer.data), answer.text.length / 4);
    if (answer.isError || answer.data.outcome !== 'waiting' || calls > 60) return answers;
    await h.pass((answer.data.come_back_in_seconds ?? 0) * 1000);
    answer = await follow(h, answer.data.next);
  }
}

describe('a guarded rollout', () => {
  it('x', async () => {
    const h = await begin({});
    const answers = await play(h, { alias: 'champion' });
    console.log(answers.length);
  });
});
