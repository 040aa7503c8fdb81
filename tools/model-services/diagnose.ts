/** `diagnose_endpoint` on a model service: its settings, what is behind its destinations, and the rights that calls need. It only reads. */
import { causeInText } from '../../src/advice/advice.ts';
import { report } from '../../src/diagnose/index.ts';
import { serviceFindings, serviceVerdict } from '../../src/diagnose/service-findings.ts';
import { fallbacksOf, primariesOf, targetOf, UNITY_GATEWAY } from '../../src/plan/model-service.ts';
import { executeNeeds } from '../../src/plan/who-may.ts';
import { call, type ToolResult } from '../../src/refusal.ts';
import { endpoints, type ModelService } from '../../src/rest/index.ts';
import { defined } from '../../src/rest/json.ts';
import { ENDPOINT_NAME } from '../../src/rest/names.ts';
import { type MissingRight, type Rights, rightsOn, rightsOnRouted } from '../../src/rights/creator-rights.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { readEach } from '../shared/read-each.ts';
import { existingService } from './existing.ts';
import { KINDS } from './view.ts';

/** Milliseconds for reading the endpoints of provisioned throughput. */
const ENDPOINTS_MS = 10_000;

type NotChecked = { what: string; why: string }[];

/** What a diagnosis looks at, unless it says that it could not. */
const CHECKED = [
  'destinations',
  'fallbacks',
  'limits',
  'inference table',
  'rights of the owner on what it routes to',
  'rights of the caller',
];

/** @param error the failed answer that a caller got. */
export async function diagnoseService(
  name: string,
  error: string | undefined,
  context: ToolContext,
): Promise<ToolResult> {
  const found = await existingService(name, { endpoint: name }, context);
  const notChecked: NotChecked = [];
  const [owner, caller, notServing] = await Promise.all([
    ownerRights(found, context, notChecked),
    lacking(
      'rights of the caller',
      rightsOn(context.http, undefined, executeNeeds('model_service', name), context.signal),
      notChecked,
    ),
    silentEndpoints(found, context, notChecked),
  ]);
  const findings = serviceFindings({ name, found, owner, caller, notServing });
  const unread = unreadable(found);
  // It may be empty on a service that works (fact V11).
  if (found.config !== undefined && (found.supported_api_types ?? []).length === 0)
    notChecked.push({
      what: 'API types',
      why: 'the service names none; destinations of different kinds may share none',
    });
  notChecked.push(...unread, {
    what: 'requests',
    why: `a service has no metrics. ${call('get_usage', { report: 'traffic', endpoint: name })} shows its requests, minutes late, where its table may be read`,
  });
  const said = error === undefined ? undefined : causeInText(error, { endpoint: name });
  const verdict = serviceVerdict(findings);
  // What was not shown may be what is wrong.
  const known = verdict === 'healthy' && unread.length > 0 ? 'unknown' : verdict;
  const diagnosis = { verdict: known, findings, timeline: [], not_checked: notChecked };
  const { endpoint: _, ...answer } = report(name, diagnosis, {
    gateway: UNITY_GATEWAY,
    checked: CHECKED.filter((part) => !notChecked.some(({ what }) => what === part)).join(', '),
    ...defined({
      error_means: error === undefined ? undefined : said ? { cause: said.cause, next: said.next } : 'no known cause',
    }),
  });
  return { model_service: name, ...answer };
}

/** What the answer does not show, or shows in a form that this version does not know. */
function unreadable(found: ModelService): NotChecked {
  if (found.config === undefined)
    return ['destinations', 'fallbacks', 'limits', 'inference table'].map((what) => ({
      what,
      why: 'the service did not show its config',
    }));
  return [...primariesOf(found), ...fallbacksOf(found)]
    .filter(({ destination_type: type }) => type === undefined || !Object.hasOwn(KINDS, type))
    .map(({ name, destination_type: type = 'missing' }) => ({
      what: `destination ${clip(name, 100)}`,
      why: `this version does not know its type: ${clip(type, 80)}`,
    }));
}

/** What the owner lacks on what the destinations name (fact V16). */
async function ownerRights(found: ModelService, context: ToolContext, notChecked: NotChecked): Promise<MissingRight[]> {
  const what = 'rights of the owner on what it routes to';
  const { effective_owner: owner } = found;
  if (owner === undefined) {
    notChecked.push({ what, why: 'the service does not name the owner' });
    return [];
  }
  const targets = [...primariesOf(found), ...fallbacksOf(found)]
    .filter(({ is_deleted }) => !is_deleted)
    .map((each) => ({ model: each.provisioned_throughput_config?.model, ...targetOf(each) }));
  return lacking(what, rightsOnRouted(context.http, owner, targets, context.signal), notChecked);
}

/** The rights on objects that are certainly missing. What stayed open is not checked. */
async function lacking(what: string, asked: Promise<Rights>, notChecked: NotChecked): Promise<MissingRight[]> {
  const { missing, open } = await asked;
  if (open.length > 0) notChecked.push({ what, why: clip(`not settled: ${open.join('; ')}`, 400) });
  return missing;
}

/** The endpoints behind destinations that do not serve. */
async function silentEndpoints(found: ModelService, context: ToolContext, notChecked: NotChecked): Promise<string[]> {
  const all = [...primariesOf(found), ...fallbacksOf(found)];
  const names = [...new Set(all.flatMap((each) => targetOf(each).endpoint ?? []))].filter((name) =>
    ENDPOINT_NAME.test(name),
  );
  const absent = 'it does not exist, or you may not see it';
  const readings = await readEach(names, (name) => endpoints.get(context.http, name), context, ENDPOINTS_MS, absent);
  return names.filter((name, at) => {
    const reading = readings[at];
    if (reading && 'found' in reading) return reading.found.state.ready !== 'READY';
    notChecked.push({ what: `endpoint ${name}`, why: reading?.failed ?? 'the time was up' });
    return false;
  });
}
