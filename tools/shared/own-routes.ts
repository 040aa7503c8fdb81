/** Description and budget policy: each has a route of its own, which not every workspace has (fact E15). */
import { differences, type FieldDiff } from '../../src/plan/diff.ts';
import { Refusal } from '../../src/refusal.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Http, WriteRequest } from '../../src/rest/http.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import type { Step } from '../../src/write/planned-write.ts';

/** A part of an update, with its own steps. */
export interface Part {
  changes: FieldDiff[];
  steps: Step[];
}

interface Setting {
  what: 'description' | 'budget';
  /** Its field in a change. */
  field: string;
  read(endpoint: Endpoint): string | undefined;
  request(name: string, value: string): WriteRequest;
  /** Where else a person can set it. */
  instead: string;
}

const DESCRIPTION: Setting = {
  what: 'description',
  field: 'description',
  // An endpoint without a description answers with an empty one.
  read: ({ description = '' }) => description,
  request: endpoints.patchDescription,
  instead: 'A tag can hold the text instead, and create_endpoint sets a description.',
};

const BUDGET: Setting = {
  what: 'budget',
  field: 'budget_policy_id',
  read: ({ effective_budget_policy_id: id }) => id,
  request: endpoints.patchBudgetPolicy,
  instead: 'Only create_endpoint sets a budget policy then.',
};

/** @param wanted the new text. An empty one removes the description. */
export function descriptionChange(current: Endpoint, wanted: string | undefined, http: Http): Part {
  return change(DESCRIPTION, current, wanted, http);
}

export function budgetChange(current: Endpoint, wanted: string | undefined, http: Http): Part {
  return change(BUDGET, current, wanted, http);
}

function change(setting: Setting, current: Endpoint, wanted: string | undefined, http: Http): Part {
  const { what, field, read, request } = setting;
  const { name } = current;
  const before = read(current);
  if (wanted === undefined || wanted === before) return { changes: [], steps: [] };
  const step: Step = {
    what,
    label: field,
    target: name,
    request: request(name, wanted),
    lost: async () => (read(await endpoints.get(http, name)) === wanted ? { answer: {}, ours: false } : undefined),
    explain: (error) => (lacksRoute(error) ? refusal(setting, name) : undefined),
  };
  return { changes: differences({ [field]: before }, { [field]: wanted }), steps: [step] };
}

/** The endpoint was there when the change was planned, so its route is missing. */
function lacksRoute(error: unknown): boolean {
  return error instanceof ApiError && [404, 405, 501].includes(error.status);
}

function refusal({ field, instead }: Setting, name: string): Refusal {
  return new Refusal(
    'not_available',
    `this workspace has no route to change the ${field} of an endpoint, so that of ${name} did not change`,
    `Do not retry: the route is missing, and neither the name nor a grant is wrong. ${instead} The user can look in the web interface.`,
  );
}
