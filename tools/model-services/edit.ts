/**
 * The one way to change a model service: from a read of the whole service, with the narrowest mask and the etag of that read, once. Whoever
 * changed it in between loses nothing, and the caller learns what they changed.
 */
import { differences } from '../../src/plan/diff.ts';
import { differing, serviceView } from '../../src/plan/model-service.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { ApiError } from '../../src/rest/errors.ts';
import { type ModelService, modelServices } from '../../src/rest/index.ts';
import type { MaskPath } from '../../src/rest/model-services.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { type Reached, type Step, step } from '../../src/write/planned-write.ts';

/** A change of some fields of a service. */
export interface ServiceEdit {
  /** `catalog.schema.name`. */
  name: string;
  /** The service as it was read. */
  before: ModelService;
  /** The fields that change, and no others (fact V3). */
  mask: readonly MaskPath[];
  /** Their new values, which begin from what was read. */
  body: Pick<ModelService, 'comment' | 'config'>;
  /** How an answer names the change: `rate limits`. */
  label: string;
}

/** The answer to a change takes effect later, on all servers of the gateway. */
export const TAKES_EFFECT = 'within a minute';

/**
 * The step that makes an edit.
 * @param view fields for the answer, from the service after the edit.
 */
export function editStep(edit: ServiceEdit, { http }: ToolContext, view: (after: ModelService) => ToolResult): Step {
  const { name, before, mask, body, label } = edit;
  return step<ModelService>({
    what: 'service',
    label,
    target: name,
    request: modelServices.update(name, mask, etagOf(name, before), body),
    async lost() {
      const found = await modelServices.get(http, name);
      return differing(body, mask, found).length === 0 ? { answer: found, ours: false } : undefined;
    },
    reach: async (after) => reachOf(edit, after, view),
    explain: (error, known) => (known ? staleRefusal(error, name, before, { http }) : undefined),
  });
}

/** Success only if the service says that it stored what was sent. */
function reachOf(
  { name, mask, body }: ServiceEdit,
  after: ModelService,
  view: (after: ModelService) => ToolResult,
): Reached {
  const differs = differing(body, mask, after);
  if (differs.length === 0) return { kind: 'reached', view: { ...view(after), takes_effect: TAKES_EFFECT } };
  const cause = new Refusal(
    'service_differs',
    `the service accepted the change of model service ${name}, but ${differs.join(' and ')} is not what was sent`,
    `Compare it: ${call('get_endpoint', { endpoint: name })} shows what holds now.`,
    { differs: differences(serviceView(body), serviceView(after)).slice(0, 20) },
  );
  return { kind: 'failed', harmless: false, cause };
}

/** @throws Refusal without an etag: the edit could overwrite another one (fact V4). */
export function etagOf(name: string, { etag }: ModelService): string {
  if (etag !== undefined && etag !== '') return etag;
  throw new Refusal(
    'no_etag',
    `the service gave no etag for model service ${name}, so a change could overwrite someone else’s`,
    'Check that the host is a Databricks workspace, then repeat the call.',
  );
}

/** Someone changed the service between the read and the write (fact V4). */
function isStale(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 412 || STALE.has(error.code));
}

const STALE = new Set(['ABORTED', 'FAILED_PRECONDITION', 'RESOURCE_CONFLICT']);

/**
 * The refusal for a stale etag, with what was changed meanwhile. Undefined for any other error. Nothing is sent again: the caller decides on the
 * state that holds now.
 */
export async function staleRefusal(
  error: unknown,
  name: string,
  before: ModelService,
  { http }: Pick<ToolContext, 'http'>,
): Promise<Refusal | undefined> {
  if (!isStale(error)) return undefined;
  const now = await modelServices.get(http, name).catch(() => undefined);
  const next = `${call('get_endpoint', { endpoint: name })} shows it. If the change is still wanted, repeat the call: it begins from the state that holds then.`;
  return new Refusal(
    'changed_meanwhile',
    `someone changed model service ${name} after it was read, so this change was not made`,
    next,
    now
      ? {
          changed_meanwhile: differences(serviceView(before), serviceView(now)).slice(0, 20),
          ...(now.updated_by === undefined ? {} : { changed_by: clip(now.updated_by, 100) }),
        }
      : { not_checked: ['what changed: the service could not be read again'] },
  );
}
