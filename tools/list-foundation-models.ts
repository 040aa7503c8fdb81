import * as z from 'zod';
import { defaultPicks, isFoundationModel, newestFirst, retirement } from '../src/plan/foundation.ts';
import { type Endpoint, endpoints } from '../src/rest/index.ts';
import { closestNames, normalize } from '../src/text/did-you-mean.ts';
import { clip } from '../src/text/sanitize.ts';
import { defineTool } from '../src/tool.ts';
import { dropEmpty, hasTask, tasksOf } from './shared/view.ts';

const TASKS = ['chat', 'completions', 'embeddings'] as const;

export const listFoundationModels = defineTool({
  name: 'list_foundation_models',
  title: 'Discover foundation models',
  effect: 'read',
  description:
    'Lists the pay-per-token foundation models of this workspace by task, newest first, with retirement notices and common picks for agents, code and embeddings. To query one, give its endpoint name to query_endpoint.',
  input: z.strictObject({
    task: z
      .enum([...TASKS, ...TASKS.map((word) => `llm/v1/${word}` as const)])
      .optional()
      .describe('Only models for this task.'),
    name_contains: z.string().max(63).optional().describe('Part of the endpoint name.'),
  }),
  output: z.looseObject({ models: z.looseObject({}).optional(), picks: z.array(z.looseObject({})).optional() }),

  async run({ task, name_contains }, { http }) {
    const all = (await endpoints.list(http)).filter(isFoundationModel);
    const text = normalize(name_contains ?? '');
    const shown = all
      .filter((each) => (task === undefined || hasTask(each, task)) && normalize(each.name).includes(text))
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
          model: model?.display_name && clip(model.display_name, 80),
          retirement: notice && clip(notice, 200),
        }),
      );
    }
    return dropEmpty({
      total: shown.length,
      models: groups,
      picks: defaultPicks(all),
      ...(shown.length === 0 ? nothing(all, task, name_contains) : {}),
    });
  },
});

function nothing(all: Endpoint[], task: string | undefined, name: string | undefined): Record<string, unknown> {
  if (all.length === 0) return { note: 'this workspace has no foundation models' };
  const near = closestNames(
    name ?? '',
    all.map((each) => each.name),
  );
  return {
    note: `none of ${all.length} foundation models match`,
    tasks: task === undefined ? undefined : tasksOf(all),
    near: near.slice(0, 5),
  };
}
