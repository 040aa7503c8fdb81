/** Answers that were cut short, or that a newer version gave: the views say what is missing, and show words that they do not know. */
import { expect, it } from 'vitest';
import { incidentSeed } from '../../src/sandbox/incidents/index.ts';
import { expectGoodLooks } from './looks.ts';
import { type Opened, openView } from './view.ts';
import { answer, BEGIN, type Named, pageOf, scripted, world } from './world.ts';

/** A view with one answer in a host without tools. */
function show({ html, tool }: Named, data: unknown): Promise<Opened> {
  const context = { theme: 'light' as const, toolInfo: { tool: tool as never } }; // both SDKs describe the same tool
  return openView({ html, context, capabilities: {}, server: scripted({}), result: answer(data), now: BEGIN });
}

it('a diagnosis names the findings, evidence and checks that it left out', async () => {
  const h = await world({ seed: incidentSeed('dies-while-loading', 1) });
  const { endpoint } = (await h.call('diagnose_endpoint')).data.endpoints[0];
  const { data } = await h.call('diagnose_endpoint', { endpoint });
  const [finding] = data.findings;
  const view = await show(await pageOf(h.client, 'diagnose_endpoint'), {
    ...data,
    verdict: 'puzzled',
    findings: [{ ...finding, omitted_evidence: 4, severity: 'cosmic' }, 'a finding of a newer form'],
    omitted_findings: 3,
    omitted_not_checked: 2,
  });
  await view.shows('puzzled');
  await view.shows('cosmic');
  await view.shows('4 more not in this answer');
  await view.shows('3 more findings are not in this answer.');
  await view.shows('2 more things were not checked.');
  await view.shows('1 entries have a form that this view does not know.');
  await expectGoodLooks(view, 'endpoint-cut-short');
});

it('a list says which entries it cannot read, and shows a state of a newer version', async () => {
  const { client } = await world();
  const endpoints = [{ name: 'sleeper', status: 'hibernating', serves: 'm 1' }, 'a newer form', { title: 'no name' }];
  const view = await show(await pageOf(client, 'list_endpoints'), { total: 3, endpoints });
  await view.shows('hibernating');
  await view.shows('2 entries have a form that this view does not know.');
});

it('a report of usage says how many rows it left out, and why', async () => {
  const h = await world({ warehouse: 'Serverless Starter Warehouse' });
  const { data } = await h.call('get_usage', { report: 'traffic' });
  const omitted = { omitted: 17, omitted_why: 'the answer has room for no more' };
  const view = await show(await pageOf(h.client, 'get_usage'), { ...data, ...omitted });
  await view.shows('17 more rows are not in this answer: the answer has room for no more.');
});

it('a rollout of a newer version: its unknown state and gate are shown in its words, without a colour of good or bad', async () => {
  const { client } = await world();
  const view = await show(await pageOf(client, 'roll_out'), {
    endpoint: 'churn',
    version: '3',
    outcome: 'meditating',
    reason: 'the moon is full',
    report: [{ percent: 5, minutes: 2, requests: 100, verdict: 'inspired', gates: 'of a newer form' }],
  });
  await view.shows('meditating');
  await view.shows('the moon is full');
  await view.shows('inspired');
  const badges = await view.frame.$$eval('.badge', (all) => all.map((each) => each.className));
  expect(new Set(badges)).toEqual(new Set(['badge plain']));
});
