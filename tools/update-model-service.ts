import * as z from 'zod';
import { differences } from '../src/plan/diff.ts';
import {
  fallbacksOf,
  primariesOf,
  serviceInput,
  serviceView,
  UNITY_GATEWAY,
  writableTable,
} from '../src/plan/model-service.ts';
import { inverseOfUpdate } from '../src/plan/service-inverse.ts';
import { listDiffers, planRouting, type Routing } from '../src/plan/service-routing.ts';
import { defined } from '../src/rest/json.ts';
import type { MaskPath, ModelService, ServiceConfig } from '../src/rest/model-services.ts';
import { allWarnings } from '../src/text/all-warnings.ts';
import { defineWrite, type ToolContext } from '../src/tool.ts';
import { serviceSubject } from '../src/write/planned-write.ts';
import { editStep } from './model-services/edit.ts';
import { existingService } from './model-services/existing.ts';
import {
  checkRouting,
  comment,
  deadWarning,
  destinations,
  fallbacks,
  inferenceTable,
  modelService,
  problemsOfTable,
  tableOf,
} from './model-services/routing.ts';
import { tableView } from './model-services/view.ts';
import { confirm, writeParams } from './params.ts';
import { refuseProblems } from './shared/preflight.ts';
import { refuseEmptyChange } from './shared/refusals.ts';
import { ownerMay } from './shared/who-may.ts';

const input = z.strictObject({
  model_service: modelService,
  destinations: destinations
    .optional()
    .describe('To add or change, as in create_model_service, or {name, percent}. Others stay.'),
  remove_destinations: z.array(z.string()).max(50).optional().describe('By name, fallbacks too.'),
  fallbacks,
  inference_table: inferenceTable,
  comment,
  remove: z
    .array(z.enum(['comment', 'inference_table']))
    .max(2)
    .optional()
    .describe('Settings to remove.'),
  confirm,
  ...writeParams,
});
type Args = z.output<typeof input>;

export const updateModelService = defineWrite({
  name: 'update_model_service',
  title: 'Change a model service',
  effect: 'write',
  toolsets: ['gateway'],
  needs: ['catalog'],
  asks: [['destinations', 'remove_destinations', 'fallbacks', 'inference_table', 'comment', 'remove']],
  description:
    'Changes routing, inference table or comment of a model service; all else stays. Removing a destination with traffic, or the table, needs the user’s approval. For limits use set_rate_limits.',
  input,
  output: z.looseObject({ changed: z.boolean().optional(), undo: z.string().optional() }),
  synonyms: new Map([['endpoint', ['model_service']]]),

  async plan(args, context) {
    const { model_service: name, remove = [] } = args;
    if (namesNothing(args)) refuseEmptyChange(name, 'the call names nothing to change');
    const { dry_run: _form, confirm: _agreed, if_fingerprint: _seen, ...named } = args;
    const before = await existingService(name, named, context, 'model_service');
    const routing = planRouting(before, await wishOf(args, before, context));
    const { problems, routed, endpointModels } = await checkRouting(routing, context.http);
    refuseProblems([...problems, ...problemsOfTable(name, before, args.inference_table), ...setAndRemoved(args)]);
    const may = await ownerMay({ service: name, owner: before.effective_owner }, routed, context);
    const { mask, body, after } = editOf(before, args, routing);
    const changes = mask.length === 0 ? [] : differences(serviceView(before), serviceView(after));
    const losses = lossesOf(name, before, routing, remove.includes('inference_table'));
    const { args: back, omits } = inverseOfUpdate(before, after);
    return {
      subject: serviceSubject(name),
      before: undefined,
      service: before,
      endpointModels,
      ...may,
      changes,
      steps: [
        editStep({ name, before, mask, body, label: 'the model service' }, context, (stored) => ({
          changes,
          ...shown(stored, mask),
        })),
      ],
      answer: { model_service: name, gateway: UNITY_GATEWAY },
      unchanged: shown(before),
      warning: allWarnings(deadWarning(routing), may.warning),
      consentReason: losses,
      consentDetails:
        losses === undefined
          ? undefined
          : defined({ owner: before.effective_owner, last_changed_by: before.updated_by }),
      undo: [{ tool: 'update_model_service', args: { model_service: name, ...back } }],
      undoOmits: omits,
    };
  },
});

/** The routing as it is now, and the table that records requests. @param mask what changed, if only that counts. */
function shown(service: ModelService, mask?: readonly MaskPath[]): Record<string, unknown> {
  const { destinations, fallbacks } = serviceView(service);
  const routed = mask === undefined || mask.some((path) => path.startsWith('config.routing'));
  const recorded = mask?.includes('config.inference_table') && service.config;
  return defined({
    ...(routed ? { destinations, fallbacks } : {}),
    inference_table: recorded ? tableView(recorded) : undefined,
  });
}

function namesNothing(args: Args): boolean {
  const { model_service, confirm, dry_run, if_fingerprint, ...named } = args;
  return Object.values(named).every(
    (value) => value === undefined || (Array.isArray(value) && value.length === 0 && value !== args.fallbacks),
  );
}

/** A call that repeats an interrupted one may name destinations that it removed already. */
async function wishOf(
  { destinations = [], remove_destinations: remove = [], fallbacks }: Args,
  before: ModelService,
  context: ToolContext,
) {
  const names = [...primariesOf(before), ...fallbacksOf(before)].map(({ name }) => name);
  const absent = remove.some((name) => !names.includes(name));
  const left = absent && (await context.isRepeat()) ? remove.filter((name) => names.includes(name)) : remove;
  return { destinations, remove: left, fallbacks };
}

function setAndRemoved({ comment, inference_table, remove = [] }: Args): string[] {
  const set = { comment, inference_table };
  return remove.filter((field) => set[field] !== undefined).map((field) => `${field} is both set and removed`);
}

/** The narrowest mask, the values that it names, and the service after it. */
function editOf(
  before: ModelService,
  { comment, inference_table, remove = [] }: Args,
  { destinations, fallbacks }: Routing,
): { mask: MaskPath[]; body: Pick<ModelService, 'comment' | 'config'>; after: ModelService } {
  const mask: MaskPath[] = [];
  const config: ServiceConfig = {};
  const { config: whole } = serviceInput(before);
  const note = remove.includes('comment') ? '' : comment;
  const newNote = note !== undefined && note !== (before.comment ?? '');
  if (newNote) mask.push('comment');
  // A list that is not sent stays as it was read: with the mark of what is gone.
  const [old, oldSpares] = [primariesOf(before), fallbacksOf(before)];
  const list = listDiffers(old, destinations, false) ? destinations : old;
  const spares = listDiffers(oldSpares, fallbacks, true) ? fallbacks : oldSpares;
  if (list !== old) {
    mask.push('config.routing.destinations');
    config.routing = { destinations };
  }
  if (spares !== oldSpares) {
    mask.push('config.routing.fallback.destinations');
    config.routing = { ...config.routing, fallback: { destinations: fallbacks } };
  }
  const there = before.config?.inference_table;
  const table = remove.includes('inference_table')
    ? undefined
    : inference_table
      ? { ...(there ? writableTable(there) : {}), ...tableOf(inference_table) }
      : there;
  if (JSON.stringify(table) !== JSON.stringify(there) && (table !== undefined || there !== undefined)) {
    const same = table && there && JSON.stringify(table) === JSON.stringify(writableTable(there));
    if (!same) {
      mask.push('config.inference_table');
      if (table) config.inference_table = table;
    }
  }
  const touchesConfig = mask.some((path) => path !== 'comment');
  const { inference_table: _old, ...others } = whole;
  const routed = {
    ...whole.routing,
    destinations: list,
    fallback: { ...whole.routing?.fallback, destinations: spares },
  };
  return {
    mask,
    body: { ...(newNote ? { comment: note } : {}), ...(touchesConfig ? { config } : {}) },
    after: {
      ...before,
      ...(newNote ? { comment: note } : {}),
      config: { ...others, routing: routed, ...(table ? { inference_table: table } : {}) },
    },
  };
}

/** The losses that need consent, as for endpoints: a destination with traffic, and the record of requests. */
function lossesOf(name: string, before: ModelService, { lost }: Routing, table: boolean): string | undefined {
  const parts = [
    ...(lost.length > 0
      ? [
          `This removes ${lost.map((each) => `${each.name} (${each.percent} % of the traffic)`).join(', ')} from model service ${name}.`,
        ]
      : []),
    ...(table && before.config?.inference_table ? [`This stops the inference table of model service ${name}.`] : []),
  ];
  return parts.join(' ') || undefined;
}
