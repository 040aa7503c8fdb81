/** What a server with limits publishes, and what its answers offer: any mix of toolsets, read-only mode and no queries. */
import { describe, expect, it } from 'vitest';
import {
  isPublished,
  type Known,
  type Limits,
  noteOn,
  unpublished,
  withoutUnpublished,
} from '../../src/calls/publication.ts';
import { TOOLSET_NAMES, type Toolset, WITH_WRITES } from '../../src/toolsets.ts';
import { tools } from '../../tools/index.ts';

const limits = (toolsets?: readonly Toolset[], more: Partial<Limits> = {}): Limits => ({
  readOnly: false,
  noQuery: false,
  toolsets: toolsets && { names: toolsets, from: '--toolsets' },
  ...more,
});
const namesOf = (list: readonly Known[]) => list.map(({ name }) => name);
const published = (some: Limits) => namesOf(tools.filter((tool) => isPublished(tool, some)));

describe('toolsets', () => {
  it('are all of use alone: each has the two tools that find an endpoint, and one of its own', () => {
    for (const toolset of TOOLSET_NAMES) {
      const names = published(limits([toolset]));
      expect(names).toEqual(expect.arrayContaining(['list_endpoints', 'get_endpoint']));
      expect(
        tools.filter(({ toolsets: [home] }) => home === toolset).map(({ name }) => name),
        toolset,
      ).not.toEqual([]);
    }
  });

  it('with a tool that writes have the record of changes and the undo, so that each change can be taken back', () => {
    const writing = TOOLSET_NAMES.filter((toolset) =>
      tools.some(
        ({ effect, name, toolsets }) =>
          effect !== 'read' && effect !== 'query' && name !== 'undo_change' && toolsets.includes(toolset),
      ),
    );
    expect([...writing, 'changes'].toSorted()).toEqual([...WITH_WRITES].toSorted());
    for (const toolset of WITH_WRITES)
      expect(published(limits([toolset]))).toEqual(expect.arrayContaining(['list_changes', 'undo_change']));
  });

  it('add up, and all of them are all tools', () => {
    expect(published(limits(TOOLSET_NAMES))).toEqual(namesOf(tools));
    expect(published(limits())).toEqual(namesOf(tools));
    const two = new Set([...published(limits(['query'])), ...published(limits(['observe']))]);
    expect(new Set(published(limits(['query', 'observe'])))).toEqual(two);
  });

  it('never bring back what --read-only and --no-query take away', () => {
    const strict = limits(TOOLSET_NAMES, { readOnly: true, noQuery: true });
    const effects = tools.filter((tool) => isPublished(tool, strict)).map(({ effect }) => effect);
    expect(new Set(effects)).toEqual(new Set(['read']));
  });
});

describe('an answer', () => {
  const observing = limits(['observe']);
  const cleaned = (answer: Record<string, unknown>, some = observing) => withoutUnpublished(answer, tools, some);

  it('is left as it is where all tools are published, and where it names none', () => {
    const offer = { next: 'wait_for_endpoint {"endpoint":"a"}' };
    expect(cleaned(offer, limits())).toBe(offer);
    const plain = { name: 'a', next: 'get_logs {"endpoint":"a"}' };
    expect(cleaned(plain)).toBe(plain);
  });

  it('loses an offer of a tool that is not published, and says how a person enables it', () => {
    expect(cleaned({ name: 'a', next: 'wait_for_endpoint {"endpoint":"a"}' })).toEqual({
      name: 'a',
      not_published:
        'This server does not publish wait_for_endpoint. A person can enable it: add endpoints to --toolsets in the configuration of the MCP client, then restart the server.',
    });
  });

  it('loses an offer of several calls when one of them cannot be made', () => {
    const { next, not_published } = cleaned({ next: 'get_logs {"endpoint":"a"} then set_alias {"alias":"b"}' });
    expect(next).toBeUndefined();
    expect(not_published).toMatch(/does not publish set_alias\. .* add models to --toolsets/);
  });

  it('keeps a sentence, because it says what could be done, and explains the tool in it', () => {
    const note = 'It is stopped. update_endpoint {"endpoint":"a","start":true} starts it.';
    expect(cleaned({ note, entities: [{ undo: 'undo_change' }] }, limits(undefined, { readOnly: true }))).toEqual({
      note,
      entities: [{}],
      not_published:
        'This server does not publish update_endpoint and undo_change. A person can enable them: switch --read-only off in the configuration of the MCP client, then restart the server.',
    });
  });

  it('explains what read-only hides in the words of a command that is no server', () => {
    const toWrite = 'Start the dashboard with --allow-changes.';
    const { not_published } = cleaned(
      { note: 'swap_version', also: 'query_endpoint' },
      limits(undefined, { readOnly: true, noQuery: true, toWrite }),
    );
    expect(not_published).toBe(`This server does not publish swap_version and query_endpoint. ${toWrite}`);
  });

  it('names every option that keeps a tool away, and each once', () => {
    const strict = limits(['observe'], { readOnly: true, noQuery: true });
    const { not_published } = cleaned({ note: 'swap_version, set_alias or query_endpoint, then swap_version' }, strict);
    expect(not_published).toBe(
      'This server does not publish swap_version, query_endpoint and set_alias. A person can enable them: switch --read-only off, switch --no-query off and add rollout,query,models to --toolsets in the configuration of the MCP client, then restart the server.',
    );
  });

  it('explains tools of an error in its advice, and keeps the data of the error', () => {
    const error = { code: 'not_found', message: 'no', next: 'Call get_schema {"endpoint":"a"}.', retryable: false };
    expect(cleaned({ error, similar: ['b'] })).toEqual({
      error: {
        ...error,
        next: expect.stringMatching(/^Call get_schema .*\. This server does not publish get_schema\./),
      },
      similar: ['b'],
    });
  });

  it('repeats nothing where the refusal says already how a person enables the tool', () => {
    const error = { code: 'read_only', message: 'no', next: 'Repeat swap_version later. A person can enable it.' };
    expect(cleaned({ error })).toEqual({ error });
  });

  it('keeps the name of a tool in the record of a change', () => {
    const changes = [{ id: 'c1', tool: 'swap_version', finished_by: 'swap_version' }];
    expect(cleaned({ changes })).toEqual({ changes });
  });
});

it('a note on a text names the tools in it that are not published, as whole words', () => {
  const some = limits(['query']);
  const hidden = unpublished(tools, some);
  expect(noteOn('query_endpoint, get_logsx and my_get_logs', hidden, some)).toBe('');
  expect(noteOn('then get_logs', hidden, some)).toMatch(/^This server does not publish get_logs\. .*add observe to/);
});
