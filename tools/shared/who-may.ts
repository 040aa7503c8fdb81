/**
 * Whether the service lets the creator of an endpoint serve its models, and the owner of a model service use its destinations, asked before a
 * write. The service runs an endpoint with the rights of its creator (fact M8), which may have left or lost a grant. What cannot be read becomes one warning. Only what is certainly missing is a refusal.
 */

import type { Target } from '../../src/plan/model-service.ts';
import { Refusal, type ToolResult } from '../../src/refusal.ts';
import { type Rights, rightsOf, rightsOnRouted, UNLISTED } from '../../src/rights/creator-rights.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';

/** The fields of a planned write that this adds. All empty when nothing is to be said. */
export interface WhoMay {
  warning?: string;
  refusal?: Refusal;
  /** The same for a preview. */
  about?: ToolResult;
}

/** Whose rights count: the recorded creator of an endpoint, or the caller, who becomes the creator. */
export type Whose = { endpoint: string; creator: string | undefined } | 'caller';

/** Checks the rights to serve these registered models. Without models it asks nothing. */
export async function whoMay(whose: Whose, models: readonly string[], { http, signal }: ToolContext): Promise<WhoMay> {
  if (models.length === 0) return {};
  const who = whose === 'caller' ? 'the caller' : `the creator of endpoint ${whose.endpoint}`;
  if (whose !== 'caller' && whose.creator === undefined)
    return { warning: warningOf(who, ['the service does not name the creator']) };
  const name = whose === 'caller' ? undefined : whose.creator;
  const rights = await rightsOf(http, name, models, signal);
  const { principal, known, active } = rights;
  if (principal !== undefined && active === false) return inactive(who, principal, known === true);
  return judged(who, rights, 'creator_lacks_rights');
}

/** Checks the rights of the owner of a model service on what a write adds to its destinations (fact V16). */
export async function ownerMay(
  whose: { service: string; owner: string | undefined } | 'caller',
  targets: readonly Target[],
  { http, signal }: ToolContext,
): Promise<WhoMay> {
  if (targets.length === 0) return {};
  const who = whose === 'caller' ? 'the caller' : `the owner of model service ${whose.service}`;
  if (whose !== 'caller' && whose.owner === undefined)
    return { warning: warningOf(who, ['the service does not name the owner']) };
  const rights = await rightsOnRouted(http, whose === 'caller' ? undefined : whose.owner, targets, signal);
  const open = rights.open.filter((each) => !each.endsWith(UNLISTED));
  return judged(who, { ...rights, open }, 'owner_lacks_rights');
}

function warningOf(who: string, open: readonly string[]): string {
  return clip(`not checked whether ${who} may serve this: ${open.join(', ')}`, 800);
}

/** The service runs the endpoint with the rights of its creator. */
function inactive(who: string, principal: string, known: boolean): WhoMay {
  const what = known ? 'is not active in the workspace' : 'is not in the workspace';
  const rights = { principal, problem: what };
  const next =
    'Ask an admin of the workspace to activate that user or service principal, or create the endpoint again as one that stays.';
  const refusal = new Refusal('creator_inactive', `${who} ${what}, and the service serves with its rights`, next, {
    rights,
  });
  return { refusal, about: { rights } };
}

/** Only what is certainly missing is a refusal. */
function judged(who: string, { principal, missing, open }: Rights, code: string): WhoMay {
  if (missing.length === 0) return open.length > 0 ? { warning: warningOf(who, open) } : {};
  const names = [...new Set(missing.map(({ privilege }) => privilege))].join(', ');
  const rights = { principal, missing, ...(open.length > 0 ? { not_checked: open } : {}) };
  const next = 'Ask whom rights names for what is missing there, then repeat the call.';
  const refusal = new Refusal(code, `${who} lacks ${names}, which the service requires`, next, {
    rights,
  });
  return { refusal, about: { rights } };
}
