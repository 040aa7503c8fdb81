import * as z from 'zod';
import { nearEndpoint } from '../src/calls/near-endpoint.ts';
import { AGENT_TILE, isAgentTile } from '../src/plan/agent-tile.ts';
import type { ToolResult } from '../src/refusal.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints, permissions } from '../src/rest/index.ts';
import { isServiceName } from '../src/rest/names.ts';
import { defineWrite, type ToolContext } from '../src/tool.ts';
import { endpointSubject, type Step } from '../src/write/planned-write.ts';
import { removeService } from './model-services/remove.ts';
import { confirm, target, writeParams } from './params.ts';
import { directOf, type Grant, grantInput, grantLines } from './shared/grants.ts';
import { lossSummary } from './shared/loss-summary.ts';
import { refuseFoundation } from './shared/refusals.ts';
import { rolloutWarning } from './shared/running-rollout.ts';

export const deleteEndpoint = defineWrite({
  name: 'delete_endpoint',
  title: 'Delete an endpoint',
  effect: 'destroy',
  toolsets: ['endpoints'],
  services: true,
  description:
    'Permanently deletes an endpoint or model service with its grants and rate limits; models are kept. The first call shows what will be lost and asks the user. Cannot be undone.',
  input: z.strictObject({ endpoint: target, confirm, ...writeParams }),
  output: z.looseObject({
    deleted: z.boolean().optional(),
    preview: z.looseObject({}).optional(),
    next: z.string().optional(),
  }),

  async plan({ endpoint: name }, context) {
    if (isServiceName(name)) return removeService(name, context);
    const { http } = context;
    const found = await endpoints.find(http, name);
    const subject = endpointSubject(name);
    if (!found) {
      const unchanged = await nothingToDelete(name, context);
      return { subject, before: undefined, changes: [], steps: [], unchanged, undo: [] };
    }
    refuseFoundation(found, 'it cannot be deleted');
    const [summary, grants, warning] = await Promise.all([
      lossSummary(found, context),
      grantsOn(found, http),
      rolloutWarning(found, context, { deletes: true }),
    ]);
    const details = {
      ...summary,
      ...(warning === undefined ? {} : { rollout: warning }),
      ...(grants ? { direct_grants: grantLines(grants) } : {}),
    };
    return {
      subject,
      before: found,
      changes: [{ field: 'endpoint', from: name }],
      steps: [deleteStep(found, details, context)],
      answer: { endpoint: name },
      warning,
      consentReason: `This permanently deletes serving endpoint ${name}${isAgentTile(found) ? `, ${AGENT_TILE}` : ''}, and no call undoes it.`,
      consentDetails: details,
      undo: [],
      undoOmits: ['the endpoint: a deletion cannot be undone'],
      ...(grants ? { grants: grants.map(grantInput), alsoRead: grants } : {}),
    };
  },
});

/** If the name now belongs to an endpoint with another id, this one is gone. */
function deleteStep({ name, id }: Endpoint, details: ToolResult, { http }: ToolContext): Step {
  return {
    what: 'delete',
    label: 'the endpoint',
    target: name,
    request: endpoints.remove(name),
    async lost() {
      const left = await endpoints.find(http, name);
      return left && left.id === id ? undefined : { answer: {}, ours: false };
    },
    reach: async () => ({ kind: 'reached', view: { deleted: true, deleted_endpoint: details } }),
  };
}

async function nothingToDelete(name: string, { http }: ToolContext): Promise<ToolResult> {
  const near = await nearEndpoint(http, name);
  return {
    endpoint: name,
    deleted: false,
    note: 'No endpoint has this name.',
    ...(near === undefined ? {} : { near }),
  };
}

/** The delete removes the grants too, and the journal keeps them. If the caller may not read them, the delete itself will fail. */
async function grantsOn({ id }: Endpoint, http: Http): Promise<Grant[] | undefined> {
  if (id === undefined) return undefined;
  const list = await permissions.get(http, id).catch(() => undefined);
  return list && directOf(list);
}
