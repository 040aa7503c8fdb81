/** The list of tools of one server. */
import { type Known, type Limits, unpublished, withoutSentences } from '../calls/publication.ts';
import { isObject } from '../rest/json.ts';
import type { ListedTool, PublishedTool } from './describe-tool.ts';

/** The tools that this server publishes. Their descriptions name no other tools. */
export function publishedTools(list: readonly ListedTool[], limits: Limits): PublishedTool[] {
  const hidden = unpublished(list, limits);
  const shown = list.filter((tool) => !hidden.includes(tool)).map((tool) => tool.published);
  return hidden.length === 0 ? shown : (withoutNames(shown, hidden) as PublishedTool[]); // only texts become shorter
}

/** Drops from each description the sentences that name a hidden tool. A description of one such sentence goes as a whole. */
function withoutNames(value: unknown, hidden: readonly Known[]): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutNames(each, hidden));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      if (key !== 'description' || typeof inner !== 'string') return [[key, withoutNames(inner, hidden)]];
      const text = withoutSentences(inner, hidden);
      return text === '' ? [] : [[key, text]];
    }),
  );
}
