/**
 * `next` is an offer: a complete call that a sensible person would make. A read never leads to a change, or to an inference, which costs money. The
 * default sandbox is walked with endpoints in every state.
 */
import { describe, expect, it } from 'vitest';
import { parseCalls } from '../../src/journal/lines.ts';
import { tools } from '../../tools/index.ts';
import { useHarness } from '../support/use-harness.ts';
import { type Args, callsOf, REFUSED, withAllStates } from '../support/walk.ts';

const begin = useHarness(() => ({}));

/** Characters of the largest normal answer of a read: 2,000 tokens of four. */
const TYPICAL = 8_000;

const toolOf = (name: string) => tools.find((each) => each.name === name);
const reads = tools.filter(({ effect }) => effect === 'read');

/** The call in `next`. It is nothing but one call, of a tool that exists, with arguments that the tool takes. */
function expectCall(what: string, next: unknown) {
  const [call, ...others] = parseCalls(String(next)) ?? [];
  const tool = toolOf(call?.tool ?? '');
  expect([what, next, others, tool?.name]).toEqual([what, next, [], call?.tool]);
  expect(tool?.input.safeParse(call?.args).error?.issues, `${what}: ${next}`).toBeUndefined();
  return { name: call?.tool ?? '', args: call?.args ?? {}, effect: tool?.effect };
}

interface Walked {
  what: string;
  from: string;
  data: { next?: unknown };
  text: string;
  /** The answer to the call in `next`. */
  followed?: { name: string; effect: string | undefined; isError: boolean };
}

/** The answers of all reads about all endpoints, and of the calls that they offer. */
async function walk(): Promise<Walked[]> {
  const h = await begin();
  await withAllStates(h);
  const endpoints: string[] = (await h.call('list_endpoints', { limit: 100 })).data.endpoints.map(
    ({ name }: { name: string }) => name,
  );
  expect(endpoints).toEqual(expect.arrayContaining(['ticket-search', 'mas-handbook-endpoint', 'starting']));
  const walked: Walked[] = [];
  for (const { name } of reads) {
    const calls = callsOf(name, endpoints);
    expect(calls, name).not.toEqual([]);
    for (const args of calls) {
      const what = `${name} ${JSON.stringify(args)}`;
      const { data, text } = await h.call(name, args);
      const call = data.next === undefined ? undefined : expectCall(what, data.next);
      const { isError = false } = call?.effect === 'read' ? await h.call(call.name, call.args) : {};
      walked.push({ what, from: name, data, text, ...(call ? { followed: { ...call, isError } } : {}) });
    }
  }
  return walked;
}

/** One walk serves several tests. */
let known: Promise<Walked[]> | undefined;
const walked = () => {
  known ??= walk();
  return known;
};

it('every answer of a read about the default sandbox takes at most 2,000 tokens', async () => {
  const large = (await walked()).filter(({ text }) => text.length > TYPICAL);
  expect(large.map(({ what, text }) => `${what}: ${text.length}`)).toEqual([]);
});

describe('next', () => {
  it('of every read is a complete call of a read that works', async () => {
    const offers = (await walked()).flatMap(({ what, from, followed }) => (followed ? [{ what, from, followed }] : []));
    const wrong = offers.filter(({ followed }) => followed.effect !== 'read' || followed.isError);
    expect(wrong).toEqual([]);
    // The walk must reach the offers that help most.
    expect(offers.map(({ from, followed }) => `${from} → ${followed.name}`)).toEqual(
      expect.arrayContaining([
        'get_endpoint → wait_for_endpoint',
        'get_endpoint → diagnose_endpoint',
        'wait_for_endpoint → get_schema',
        'wait_for_endpoint → diagnose_endpoint',
        'wait_for_endpoint → wait_for_endpoint',
        'get_logs → get_logs',
      ]),
    );
  });

  it('of a write that is still deploying continues it, without starting another', async () => {
    const h = await begin();
    for (const [tool, args, { data }] of await withAllStates(h)) {
      const what = `${tool} ${JSON.stringify(args)}`;
      expect([what, data.outcome]).toEqual([what, 'waiting']);
      const call = expectCall(what, data.next);
      h.sent();
      await h.call(call.name, { ...call.args, wait_seconds: 0 });
      expect(
        h.sent().filter((each) => !each.startsWith('GET')),
        what,
      ).toEqual([]);
    }
  });
});

it('after a canary and after each split compares the versions, and after the last step nothing', async () => {
  const h = await begin();
  const wait = { endpoint: 'churn-legacy', wait_seconds: 1800 };
  const offers: unknown[] = [];
  const step = async (tool: string, args: Args) => offers.push((await h.call(tool, { ...wait, ...args })).data.next);
  await step('swap_version', { version: '3', traffic_percent: 10 });
  await step('wait_for_endpoint', {});
  await step('set_traffic', { traffic: { 'churn-1': 50, 'churn-3': 50 } });
  await step('swap_version', { version: '3' });
  const compare = 'get_metrics {"endpoint":"churn-legacy"}';
  expect(offers).toEqual([compare, compare, compare, undefined]);
});

it('is absent where the call holds a text of several lines, which could be taken for orders', async () => {
  const h = await begin();
  const probe = { dataframe_records: [{ contract: 'one\ntwo' }] };
  const { data } = await h.call('swap_version', { endpoint: 'churn-legacy', version: '2', probe, wait_seconds: 0 });
  expect(data).toMatchObject({ outcome: 'waiting', to_continue: 'Repeat the call.' });
  expect(data.next).toBeUndefined();
});

it('calls in the advice of errors have arguments that their tools take', async () => {
  const h = await begin();
  await withAllStates(h);
  for (const [tool, args] of REFUSED) {
    const { isError, data } = await h.call(tool, args);
    expect([tool, isError]).toEqual([tool, true]);
    for (const [text = '', name = '', json = ''] of String(data.error.next).matchAll(
      /\b([a-z]+_[a-z_]+) (\{.*?\})(?=[\s,.]|$)/g,
    ))
      expect(toolOf(name)?.input.safeParse(JSON.parse(json)).error?.issues, `${tool}: ${text}`).toBeUndefined();
  }
});
