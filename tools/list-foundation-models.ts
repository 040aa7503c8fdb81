import * as z from 'zod';
import { embeddingModel } from '../src/plan/embedding-model.ts';
import { addedOn, defaultPicks, isFoundationModel, modelOf, newestFirst } from '../src/plan/foundation.ts';
import { type Retirement, retirement } from '../src/plan/retirement.ts';
import { sameModel } from '../src/plan/same-model.ts';
import { type Endpoint, endpoints } from '../src/rest/index.ts';
import { closestNames, normalize } from '../src/text/did-you-mean.ts';
import { clip } from '../src/text/sanitize.ts';
import { defineTool } from '../src/tool.ts';
import { ONE_WAY, type PlatformServices, platformServices, serviceFor, TWO_WAYS } from './model-services/foundation.ts';
import { dropEmpty, hasTask, serves, status, tasksOf } from './shared/view.ts';

const TASKS = ['chat', 'completions', 'embeddings'] as const;
/** Characters of all rows. A normal answer has 8,000. */
const MAX_CHARACTERS = 6_000;
/** Endpoints that serve such models elsewhere. */
const MAX_OTHERS = 10;

export const listFoundationModels = defineTool({
  name: 'list_foundation_models',
  title: 'Discover foundation models',
  effect: 'read',
  toolsets: ['models', 'query'],
  description:
    'Lists the pay-per-token foundation models of this workspace by task, newest first, with retirement notices, limits of embeddings, and common picks among the models that match. Also lists your endpoints with external or Databricks-made models. To query one, give its model_service, or else its endpoint, to query_endpoint.',
  input: z.strictObject({
    task: z
      .enum([...TASKS, ...TASKS.map((word) => `llm/v1/${word}` as const)])
      .optional()
      .describe('Only models for this task.'),
    name_contains: z.string().max(63).optional().describe('Part of the name of a model or its endpoint.'),
  }),
  output: z.looseObject({
    models: z.looseObject({}).optional(),
    picks: z.array(z.looseObject({})).optional(),
    other_endpoints: z.array(z.looseObject({})).optional(),
  }),

  async run({ task, name_contains }, context) {
    const [listed, services] = await Promise.all([endpoints.list(context.http), platformServices(context)]);
    const all = listed.filter(isFoundationModel);
    const text = normalize(name_contains ?? '');
    const shown = newestFirst(
      all.filter((each) => fits(each, task) && namesOf(each).some((name) => normalize(name).includes(text))),
    );
    const { groups, count } = rowsOf(shown, all, services);
    const others = elsewhere(listed, all, task, text);
    return dropEmpty({
      total: shown.length,
      order: order(shown),
      models: groups,
      ways: shown.length === 0 ? undefined : services.byModel.size > 0 ? TWO_WAYS : ONE_WAY,
      services_of_system_ai: shown.length > 0 ? services.unknown : undefined,
      omitted:
        count < shown.length
          ? `${shown.length - count} older ones: narrow the list by task or name_contains`
          : undefined,
      retirements:
        shown.length > 0
          ? 'Only notices in the descriptions of the service are shown. Announcements on web pages are not read.'
          : undefined,
      picks: defaultPicks(shown, (each) => retirement(each) !== undefined).map((pick) =>
        dropEmpty({ ...pick, model_service: serviceFor(services, [pick.endpoint]) }),
      ),
      other_endpoints: others.slice(0, MAX_OTHERS),
      more_endpoints: Math.max(0, others.length - MAX_OTHERS) || undefined,
      ...(shown.length === 0 ? nothing(all, task, name_contains) : {}),
    });
  },
});

function fits(endpoint: Endpoint, task: string | undefined): boolean {
  return task === undefined || hasTask(endpoint, task);
}

function namesOf(endpoint: Endpoint): string[] {
  const model = modelOf(endpoint);
  return [endpoint.name, model?.name, model?.display_name].flatMap((name) => name ?? []);
}

/** What "newest" means in this answer. */
function order(models: readonly Endpoint[]): string | undefined {
  const without = models.filter((each) => addedOn(each) === undefined).length;
  if (models.length < 2) return undefined;
  if (without === 0) return 'newest first, by the day each endpoint was created';
  if (without === models.length) return 'by name and number: the service gives no creation day for any of them';
  return `newest first, by the day each endpoint was created; those without a known day (${without}) come last`;
}

/** The rows by task, newest first, as many as fit. */
function rowsOf(models: readonly Endpoint[], all: readonly Endpoint[], services: PlatformServices) {
  const groups: Record<string, unknown[]> = {};
  let characters = 0;
  let count = 0;
  for (const each of models) {
    const row = dropEmpty({ model_service: serviceFor(services, namesOf(each)), ...rowOf(each, all) });
    characters += JSON.stringify(row).length;
    if (count > 0 && characters > MAX_CHARACTERS) break;
    count++;
    const group = each.task ?? 'no task';
    groups[group] ??= [];
    groups[group].push(row);
  }
  return { groups, count };
}

function rowOf(endpoint: Endpoint, all: readonly Endpoint[]): Record<string, unknown> {
  const model = modelOf(endpoint);
  const notice = retirement(endpoint, all);
  return dropEmpty({
    endpoint: endpoint.name,
    model: model?.display_name && clip(model.display_name, 80),
    created: addedOn(endpoint),
    status: status(endpoint) === 'ready' ? undefined : status(endpoint),
    ...(hasTask(endpoint, 'embeddings') ? embeddingModel(endpoint) : {}),
    ...(notice ? retirementView(notice, all) : {}),
  });
}

/** The words of the service, and the date and the successor that they name. Nothing is inferred where they name none. */
function retirementView({ notice, date, successor }: Retirement, all: readonly Endpoint[]): Record<string, unknown> {
  const known = all.some(({ name }) => name === successor);
  return {
    retirement: clip(notice, 200),
    retires: date ?? 'no single date in the notice',
    successor:
      successor === undefined ? 'none named' : known ? successor : `${clip(successor, 63)}, not in this workspace`,
  };
}

/** Endpoints that users made of external models, or of the models that foundation models are. Names alone say which are the same. */
function elsewhere(listed: readonly Endpoint[], all: readonly Endpoint[], task: string | undefined, text: string) {
  const foundation = new Set(all);
  return listed.flatMap((endpoint) => {
    if (foundation.has(endpoint)) return [];
    const entities = endpoints.entitiesOf(endpoint.config);
    const entity = entities.find((each) => each.external_model || each.entity_name?.startsWith('system.ai.'));
    if (!entity) return [];
    const own = endpoint.task ?? entity.external_model?.task;
    if (!fits({ ...endpoint, task: own }, task)) return [];
    const same = sameModel(entity, all);
    const names = [endpoint.name, ...entities.map(serves), ...(same ? namesOf(same) : [])];
    if (!names.some((name) => normalize(name).includes(text))) return [];
    return [
      dropEmpty({
        endpoint: endpoint.name,
        serves: clip(entities.map(serves).join(', '), 200),
        kind: entity.external_model ? 'external model' : 'own deployment',
        task: own,
        status: status(endpoint),
        same_model_by_name: same?.name,
      }),
    ];
  });
}

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
