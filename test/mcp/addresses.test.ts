/** Broken addresses of resources and arguments of prompts are the caller's mistake, and are refused as such. */
import { ErrorCode } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

describe('a resource', () => {
  it.each([
    'endpoints/%',
    'endpoints/%zz',
    'endpoints/%E0%A4%A',
    'endpoints/%2e%2e',
    'endpoints/a/b',
    'guides/%',
    'x%',
  ])('at the address %j does not exist, and nothing is sent', async (path) => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    await expect(h.client.readResource({ uri: `databricks-serving://${path}` })).rejects.toMatchObject({
      code: ErrorCode.InvalidParams,
      message: expect.stringContaining('there is no resource with this URI'),
    });
    expect(h.sent()).toEqual([]);
  });

  it('may have an encoded name', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')])]);
    const { contents } = await h.client.readResource({ uri: 'databricks-serving://endpoints/%63hurn' });
    expect(JSON.stringify(contents)).toContain('churn-1');
  });
});

describe('a prompt', () => {
  const good = { endpoint: 'churn', version: '3' };
  const fill = async (args: Record<string, string>) => {
    const h = await begin();
    return h.client.getPrompt({ name: 'swap_version', arguments: { ...good, ...args } });
  };

  it.each([
    ['version', '9'.repeat(11)],
    ['version', `@${'a'.repeat(256)}`],
    ['version', '0'],
    ['version', 'null'],
    ['alias', 'a'.repeat(256)],
    ['alias', 'None'],
    ['endpoint', 'a'.repeat(64)],
    ['endpoint', 'undefined'],
  ])('takes no %s %j', async (name, value) => {
    await expect(fill({ [name]: value })).rejects.toMatchObject({
      code: ErrorCode.InvalidParams,
      message: expect.stringContaining(`${name} is not valid`),
    });
  });

  it('drops blanks around a name, and takes an empty text as not given', async () => {
    const { messages } = await fill({ endpoint: ' churn ', version: '@champion\n', alias: ' ' });
    expect(messages[0]?.content).toMatchObject({
      text: expect.stringMatching(/^Swap endpoint churn to version @champion with/),
    });
  });
});
