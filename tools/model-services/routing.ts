/** What creating and changing the routing of a model service share: the form of destinations and of the inference table, and their checks. */
import * as z from 'zod';
import { tableView } from '../../src/plan/model-service.ts';
import type { Routing } from '../../src/plan/service-routing.ts';
import { enumeration } from '../../src/refusal.ts';
import type { Http } from '../../src/rest/http.ts';
import type { ModelService } from '../../src/rest/index.ts';
import type { ServiceConfig } from '../../src/rest/model-services.ts';
import { MODEL_NAME } from '../../src/rest/names.ts';
import { checkedRecord, nameLike } from '../params.ts';
import { type CheckedTargets, checkTargets } from './check-destinations.ts';

/** The name of a model service where a call can mean nothing else. */
export const modelService = nameLike(
  MODEL_NAME,
  'must be catalog.schema.name, three parts without blanks and slashes',
).describe('catalog.schema.name.');

/** Published as a plain object, checked by a form, and typed as the form reads it. */
function typed<Form extends z.ZodType>(form: Form) {
  return checkedRecord(form).transform((given): z.output<Form> => {
    const read = form.safeParse(given);
    return read.success ? read.data : z.NEVER; // the record has reported its issues
  });
}

const text = z.string().trim().min(1).max(255);

const destinationForm = z.strictObject({
  name: text.optional(),
  model: text.optional(),
  provider: text.optional(),
  endpoint: text.optional(),
  api_types: z.array(text).max(64).optional(),
  percent: z.int().min(0).max(100).optional(),
});
const destination = typed(destinationForm);

/** More than the service takes, so that the refusal of too many comes with all other problems. */
export const destinations = z.array(destination).max(50);
export const fallbacks = destinations.optional().describe('All, in order, without percent.');

const tableForm = z.strictObject({
  schema: z.string().refine((name) => /^[^\s./]+\.[^\s./]+$/.test(name), 'must be catalog.schema'),
  prefix: text.optional(),
});
export const inferenceTable = typed(tableForm).optional().describe('{schema: "catalog.schema", prefix}.');
export type TableInput = z.output<typeof inferenceTable>;

export const comment = z.string().trim().max(1000).optional().describe('Comment.');

/** The table of a call in the form of the service. */
export function tableOf({ schema, prefix }: NonNullable<TableInput>): NonNullable<ServiceConfig['inference_table']> {
  return { parent: `schemas/${schema}`, ...(prefix === undefined ? {} : { table_name_prefix: prefix }) };
}

/** Neither schema nor prefix can change while the table exists (fact V13). Without a prefix, the service's own name counts. */
export function problemsOfTable(name: string, before: ModelService, wanted: TableInput): string[] {
  const there = before.config?.inference_table;
  if (!wanted || !there || there.is_deleted) return [];
  const own = name.split('.').at(-1);
  const { schema, prefix = own } = tableView(there);
  const now = { schema: wanted.schema, prefix: wanted.prefix ?? prefix };
  const changed = (['schema', 'prefix'] as const).filter((field) => now[field] !== { schema, prefix }[field]);
  return changed.length === 0
    ? []
    : [
        `the inference table is in ${schema} with prefix ${prefix}, and its ${enumeration(changed)} cannot change while it exists`,
      ];
}

/** All problems of a routing: its own, and those of what it routes to. */
export async function checkRouting(routing: Routing, http: Http): Promise<CheckedTargets> {
  const checked = await checkTargets(routing.added, http);
  return { ...checked, problems: [...routing.problems, ...checked.problems] };
}

/** What a person should know of destinations whose model is gone. */
export function deadWarning({ dead }: Pick<Routing, 'dead'>): string | undefined {
  if (dead.length === 0) return undefined;
  return `What is behind ${enumeration(dead)} is gone, so no request reaches it. It stays in the service; remove_destinations drops it.`;
}
