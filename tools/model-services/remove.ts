/** `delete_endpoint` on a model service: only the service that was read, after a person agreed. */

import { type JournalEntry, timesOf } from '../../src/journal/entry.ts';
import { serviceView, UNITY_GATEWAY } from '../../src/plan/model-service.ts';
import { call, Refusal } from '../../src/refusal.ts';
import { isAbsent } from '../../src/rest/absent.ts';
import { type ModelService, modelServices, serviceGrants } from '../../src/rest/index.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { type PlannedWrite, serviceSubject } from '../../src/write/planned-write.ts';
import { dropEmpty } from '../shared/view.ts';
import { etagOf, staleRefusal } from './edit.ts';

/** Plans the delete. The grants are read first, because they go with the service. */
export async function removeService(name: string, context: ToolContext): Promise<PlannedWrite> {
  const { http } = context;
  const subject = serviceSubject(name);
  const answer = { model_service: name, gateway: UNITY_GATEWAY };
  const found = await find(name, context);
  if (!found) {
    const note = 'No model service has this name, or you have no privilege on it: the service does not say which.';
    return {
      subject,
      before: undefined,
      changes: [],
      steps: [],
      answer,
      unchanged: { deleted: false, note },
      undo: [],
    };
  }
  if (name.startsWith('system.ai.'))
    throw new Refusal(
      'not_deletable',
      `${name} is a model service of the platform, so it cannot be deleted`,
      'Its owner can limit who may call it with grants.',
    );
  const grants = await serviceGrants.direct(http, name).catch(() => undefined);
  const view = serviceView(found);
  const details = dropEmpty({
    routes_to: Object.keys(view.destinations as object), // an object by name
    rate_limits: found.config?.rate_limits?.length || undefined,
    owner: found.effective_owner,
    last_changed_by: found.updated_by,
    direct_grants: grants
      ?.slice(0, 20)
      .map(({ principal, privileges }) => clip(`${principal} ${privileges.join(', ')}`, 120)),
    inference_table: found.config?.inference_table && 'it stays, and gets no more rows',
  });
  return {
    subject,
    before: undefined,
    service: found,
    changes: [{ field: 'model_service', from: name }],
    steps: [
      {
        what: 'delete_service',
        label: 'the model service',
        target: name,
        request: modelServices.remove(name, etagOf(name, found)),
        async lost() {
          const left = await find(name, context);
          return left && left.create_time === found.create_time ? undefined : { answer: {}, ours: false };
        },
        reach: async () => ({ kind: 'reached', view: { deleted: true, deleted_service: details } }),
        explain: (error, known) => (known ? staleRefusal(error, name, found, context) : undefined),
      },
    ],
    answer,
    consentReason: `This permanently deletes model service ${name} with its grants and limits, and no call undoes it.`,
    consentDetails: details,
    undo: [],
    undoOmits: ['the model service: a deletion cannot be undone'],
    ...(grants ? { serviceGrants: grants, alsoRead: grants } : {}),
  };
}

/** Undefined when the service says that there is none. Any other 404, of a proxy or of a missing route, says nothing about it. */
async function find(name: string, { http }: ToolContext): Promise<ModelService | undefined> {
  try {
    return await modelServices.get(http, name);
  } catch (error) {
    if (isAbsent(error) && /\bdoes not exist\b/i.test(error.detail)) return undefined;
    throw error;
  }
}

/** @throws Refusal when the undo of a create would delete another service that now has its name. */
export async function refuseReplacedService(entry: JournalEntry, context: ToolContext): Promise<void> {
  const { tool, subject, endpoint_id: made } = entry;
  if (tool !== 'create_model_service') return;
  const found = await find(subject.name, context);
  if (!found || (made !== undefined && found.create_time === made)) return;
  const since = Date.parse(found.create_time ?? '') - Date.parse(timesOf(entry).at);
  // An interrupted create has no record of the time. Its own service was created right after it began.
  if (made === undefined && Math.abs(since) <= CLOCK_TOLERANCE) return;
  throw new Refusal(
    'changed_since',
    `the current model service ${subject.name} does not seem to be the one that change ${entry.id} created`,
    `See who created it with ${call('get_endpoint', { endpoint: subject.name })}. There is nothing to undo.`,
  );
}

/** The difference of two clocks, and the time of a create. Milliseconds. */
const CLOCK_TOLERANCE = 10 * 60_000;
