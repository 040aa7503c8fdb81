import * as z from 'zod';
import { defaultPicks, isFoundationModel, newestFirst, retirement } from '../src/foundation.ts';
import { endpoints } from '../src/rest/index.ts';
import { defineTool } from '../src/tool.ts';
import { quote } from '../src/untrusted.ts';
import { dropEmpty } from './shared/view.ts';

const TASKS = { chat: 'llm/v1/chat', completions: 'llm/v1/completions', embeddings: 'llm/v1/embeddings' } as const;

export const listFoundationModels = defineTool({
  name: 'list_foundation_models',
  title: 'Discover foundation models',
  effect: 'read',
  description:
    'Pay-per-token foundation models that this workspace has now, by task, newest first, with retirement notices and the usual picks for agents, code and embeddings. Query one by its name with query_endpoint.',
  input: z.strictObject({
    task: z.enum(['chat', 'completions', 'embeddings']).optional(),
    name_contains: z.string().max(63).optional(),
  }),
  output: z.looseObject({ models: z.looseObject({}).optional(), picks: z.array(z.looseObject({})).optional() }),

  async run({ task, name_contains }, { http }) {
    const all = (await endpoints.list(http)).filter(isFoundationModel);
    const text = name_contains?.toLowerCase() ?? '';
    const shown = all
      .filter((each) => (task === undefined || each.task === TASKS[task]) && each.name.toLowerCase().includes(text))
      .sort((a, b) => newestFirst(a.name, b.name));
    const groups: Record<string, unknown[]> = {};
    for (const each of shown) {
      const model = each.config?.served_entities?.[0]?.foundation_model;
      const notice = retirement(each);
      const group = each.task ?? 'no task';
      groups[group] ??= [];
      groups[group].push(
        dropEmpty({
          endpoint: each.name,
          model: model?.display_name && quote(model.display_name, 80),
          retirement: notice && quote(notice, 200),
        }),
      );
    }
    return dropEmpty({
      total: shown.length,
      models: groups,
      picks: defaultPicks(all),
      note: shown.length === 0 ? 'no foundation model matches in this workspace' : undefined,
    });
  },
});
