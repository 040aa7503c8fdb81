/**
 * The endpoint, model or app that an argument means when it is not a plain name: a pasted URL names it, and a model of `system.ai` names the
 * endpoint that serves it. Nothing ambiguous is guessed.
 */
import { servingAlike, servingNames } from '../plan/served-model.ts';
import { call, Refusal, shortCall, type ToolResult } from '../refusal.ts';
import type { Http } from '../rest/http.ts';
import { endpoints, modelServices } from '../rest/index.ts';
import { MODEL_NAME } from '../rest/names.ts';
import type { Tool } from '../tool.ts';
import { type Named, nameInUrl } from './name-in-url.ts';

type Args = Record<string, unknown>;

/** At most this many names in one refusal. */
const MAX_NAMES = 10;

/**
 * @returns the arguments with plain names, and fields for the answer.
 * @throws Refusal when the URL is of another host, when a model names no endpoint or several, or what reading the endpoints throws.
 */
export async function withPlainNames(tool: Tool, given: Args, http: Http): Promise<{ args: Args; fields: ToolResult }> {
  let args = given;
  const fields: ToolResult = {};
  for (const kind of ['endpoint', 'model', 'app'] as const) {
    const text = args[kind];
    if (typeof text !== 'string' || !Object.hasOwn(tool.input.shape, kind)) continue;
    const found = nameInUrl(kind, text);
    if (!found) continue;
    args = { ...args, [kind]: found.name };
    Object.assign(fields, await hostFields(tool, kind, args, found.host, http));
  }
  const { endpoint } = args;
  if (typeof endpoint === 'string' && isModel(endpoint) && 'endpoint' in tool.input.shape && !tool.creates) {
    const name = endpoint.trim();
    args = { ...args, endpoint: tool.services ? name : await servingEndpoint(tool, args, name, http) };
  }
  return { args, fields };
}

function isModel(text: string): boolean {
  return !text.includes('/') && MODEL_NAME.test(text.trim());
}

/** A workspace can have several host names, so a read goes on and says which workspace answers. Nothing else may act on another one. */
async function hostFields(
  tool: Tool,
  kind: Named,
  args: Args,
  host: string | undefined,
  http: Http,
): Promise<ToolResult> {
  if (host === undefined) return {};
  const own = new URL((await http.signer()).host).host.toLowerCase();
  if (own === host) return {};
  const warning = `the URL is of ${host}, but this server works in ${own}`;
  if (tool.effect === 'read') return { url_host: `${warning}, and the answer is from there` };
  throw new Refusal(
    'other_workspace',
    `${kind}: ${warning}; nothing was sent`,
    `If you mean the ${kind} of ${own}, call ${sameCall(tool, args)}.`,
  );
}

/** The call with plain names. Of a long one, only the names. */
function sameCall({ name }: Tool, args: Args): string {
  return shortCall(name, args, ['endpoint', 'model', 'app']);
}

/** The only endpoint that serves a model of `system.ai`. For another model, the refusal names its endpoints. */
async function servingEndpoint(tool: Tool, args: Args, model: string, http: Http): Promise<string> {
  const all = await endpoints.list(http);
  const serving = servingNames(all, model);
  const [only, ...others] = serving;
  if (only !== undefined && others.length === 0 && model.startsWith('system.ai.')) return only;
  if (only === undefined) await refuseService(tool, model, http);
  const shown = (only === undefined ? servingAlike(all, model) : serving).slice(0, MAX_NAMES);
  const what =
    only === undefined
      ? `no endpoint that you may see serves it${shown.length > 0 ? `; similar models are served by ${shown.join(', ')}` : ''}`
      : `it is served by ${shown.join(', ')}`;
  throw new Refusal(
    'not_an_endpoint',
    `endpoint: ${model} is a model, and ${what}; nothing was sent`,
    shown[0] === undefined
      ? `${call('list_endpoints')} shows the endpoints.`
      : `Give the endpoint, for example ${sameCall(tool, { ...args, endpoint: shown[0] })}.`,
  );
}

/** What a tool of endpoints is called for, by the tool that does it for a model service. */
const INSTEAD: Readonly<Record<string, (name: string) => string>> = {
  set_traffic: (name) =>
    `${call('update_model_service', { model_service: name })} changes destinations and percentages.`,
  swap_version: (name) =>
    `${call('update_model_service', { model_service: name })} changes destinations and percentages.`,
  roll_out: (name) => `${call('update_model_service', { model_service: name })} changes destinations and percentages.`,
  update_endpoint: (name) => `${call('update_model_service', { model_service: name })} changes its settings.`,
  update_ai_gateway: (name) =>
    `${call('update_model_service', { model_service: name })} changes its fallbacks and inference table, and set_rate_limits its limits.`,
  get_logs: (name) =>
    `It has no container and no log. ${call('diagnose_endpoint', { endpoint: name })} finds out what is wrong.`,
  get_metrics: (name) => `Its requests are in ${call('get_usage', { report: 'traffic', endpoint: name })}.`,
  wait_for_endpoint: (name) =>
    `Nothing is deployed: a change applies within a minute. ${call('get_endpoint', { endpoint: name })} shows it.`,
};

/** @throws Refusal when the name is that of a model service, which the tool does not take. */
async function refuseService(tool: Tool, name: string, http: Http): Promise<void> {
  const found = await modelServices.get(http, name).catch(() => undefined);
  if (found === undefined) return;
  const instead = INSTEAD[tool.name]?.(name) ?? `${call('get_endpoint', { endpoint: name })} shows it.`;
  throw new Refusal(
    'model_service',
    `endpoint: ${name} is a model service of Unity Gateway, and ${tool.name} takes serving endpoints only; nothing was sent`,
    instead,
  );
}
