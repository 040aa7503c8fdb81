import { expect, it } from 'vitest';
import { HEALTHY, healthyWorkspace } from '../../diagnose/healthy.ts';
import { HEALTHY_UNSEEN } from '../../diagnose/healthy-unseen.ts';
import { ENDPOINTS, startClient } from '../client.ts';

it.each([
  ['the first hundred', HEALTHY],
  ['the second hundred', HEALTHY_UNSEEN],
])('%s serve, or are on their way, and refuse almost nothing', async (_what, texts) => {
  const { seed, endpoints } = healthyWorkspace(texts);
  expect(new Set(endpoints).size).toBe(100);
  const client = await startClient({ seed });
  try {
    const list = (await client.call('GET', ENDPOINTS)).body.endpoints;
    const states = endpoints.map((name) => {
      const { state } = list.find((each: { name: string }) => each.name === name);
      return `${state.ready} ${state.config_update}`;
    });
    const counted = Object.fromEntries(
      [...new Set(states)].map((each) => [each, states.filter((s) => s === each).length]),
    );
    expect(counted).toEqual({ 'READY NOT_UPDATING': 86, 'READY IN_PROGRESS': 8, 'NOT_READY IN_PROGRESS': 6 });
    // The numbers are those of the kinds. Every update of them ends well.
    client.minutes(20);
    for (const name of endpoints.filter((_, n) => n % 9 === 0)) {
      const { state } = (await client.get(name)).body;
      expect([name, state.ready, state.config_update]).toEqual([name, 'READY', 'NOT_UPDATING']);
    }
    const history = await client.call('GET', `/sandbox/endpoints/${endpoints[78]}/history?minutes=60`);
    const sum = (field: string) =>
      history.body.rows.reduce((all: number, row: Record<string, number>) => all + (row[field] ?? 0), 0);
    expect(sum('errors_4xx')).toBeGreaterThan(0);
    expect(sum('errors_4xx') + sum('errors_5xx')).toBeLessThan(sum('requests') * 0.02);
  } finally {
    await client.sandbox.close();
  }
});
