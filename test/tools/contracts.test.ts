/** The contract of every tool, tested through the protocol. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tools } from '../../tools/index.ts';
import { type Harness, start } from '../support/harness.ts';
import { churnEntity, endpoint, seed } from '../support/workspace.ts';

let h: Harness;
beforeAll(async () => {
  h = await start({ seed: seed([endpoint('churn', [churnEntity('1')])]) });
});
afterAll(() => h.close());

const cases = tools.map((tool) => [tool.name, tool] as const);

describe.each(cases)('%s', (name, tool) => {
  const known = Object.keys(tool.input.shape);
  const longest = known.toSorted((a, b) => b.length - a.length)[0];

  it('refuses an unknown argument, names the closest one, lists all, and sends nothing', async () => {
    h.sent();
    const mistyped = longest === undefined ? 'banana' : `${longest}x`;
    const { data, isError } = await h.call(name, { [mistyped]: 1 });
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'invalid_arguments', retryable: false });
    expect(data.error.message).toContain(`unknown argument "${mistyped}"`);
    if (longest !== undefined) expect(data.error.message).toContain(`did you mean "${longest}"`);
    for (const each of known) expect(data.error.next).toContain(each);
    expect(h.sent()).toEqual([]);
  });

  it('refuses nonsense for every argument without sending a write', async () => {
    const nonsense: unknown[] = [-1, 1e30, '../..', 'a\u0000b', [], [[]], { a: { b: 1 } }, 'x'.repeat(100_000)];
    for (const value of nonsense) {
      const args = Object.fromEntries(known.map((each) => [each, value]));
      const { isError, data, text } = await h.call(name, args);
      if (known.length > 0) expect(isError, JSON.stringify(value)?.slice(0, 40)).toBe(true);
      if (isError) expect(data.error.code, text.slice(0, 300)).not.toBe('internal_error');
      expect(text.length / 4).toBeLessThan(8_000);
    }
    expect(h.sandbox.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it.each([null, ''])('takes %j for every argument as no arguments', async (value) => {
    const plain = await h.call(name, {});
    const { data } = await h.call(name, Object.fromEntries(known.map((each) => [each, value])));
    if (plain.isError) expect(data.error.code).toBe(plain.data.error.code);
    else expect(data).toEqual(plain.data);
  });

  it('is a write exactly when it takes dry_run, or asks before it destroys', () => {
    if (tool.effect === 'read' || tool.effect === 'query') expect(known).not.toContain('dry_run');
    if (tool.effect === 'write') expect(known).toContain('dry_run');
    // The steps of an undo ask by themselves where they take something away.
    if (tool.effect === 'destroy') expect(known).toContain(name === 'undo_change' ? 'dry_run' : 'confirm');
  });

  it('answers an endpoint that does not exist with where the names are', async () => {
    if (tool.effect !== 'read' || known[0] !== 'endpoint') return;
    const { data, isError } = await h.call(name, { endpoint: 'nowhere' });
    if (!isError) return;
    if (data.error.code === 'invalid_arguments') return; // it needs more than a name
    expect(data.error.next).toMatch(/list_endpoints|get_endpoint/);
  });
});

it('an unknown tool is answered with the closest one', async () => {
  const { data, isError } = await h.call('swap_verson', {});
  expect(isError).toBe(true);
  expect(data.error).toMatchObject({ code: 'unknown_tool', message: expect.stringContaining('swap_verson') });
  expect(data.error.next).toContain('swap_version');
});

it('reading tools send only GET, for any arguments', async () => {
  const reading = tools.filter(({ effect }) => effect === 'read');
  expect(reading.length).toBeGreaterThan(3);
  h.sent();
  for (const { name } of reading) await h.call(name, { endpoint: 'churn' });
  expect(h.sent().filter((each) => !each.startsWith('GET '))).toEqual([]);
});
