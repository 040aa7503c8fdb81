/** What follows the config of a swap: the wait, the probe, and last the alias. */
import { isStopped } from '../../src/plan/stopped.ts';
import type { WaitTarget } from '../../src/readiness.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { type Endpoint, endpoints, query } from '../../src/rest/index.ts';
import { defined } from '../../src/rest/json.ts';
import { errorMessage } from '../../src/text/error-message.ts';
import type { ToolContext } from '../../src/tool.ts';
import type { Reached, Step } from '../../src/write/planned-write.ts';
import { type AliasState, aliasChange, aliasNow, aliasStep, aliasView, outweighed } from './alias.ts';
import { awaitEndpoint } from './await-endpoint.ts';
import { afterFailure, versionView } from './put-config.ts';
import { refusalIn } from './query-failure.ts';
import { startAdvice } from './start.ts';
import { comparison } from './view.ts';

export interface Swap {
  endpoint: string;
  model: string;
  version: string;
  /** The entity that serves the version. */
  entity: string;
  /** The alias to move, as it was when the swap was planned. */
  alias: AliasState | undefined;
  /** A request body that the version must answer before the alias moves. */
  probe: Record<string, unknown> | undefined;
  waitSeconds: number;
  /** The arguments of the call that continues this one. */
  nextArgs: Record<string, unknown>;
}

/** Waits for the version and probes it. */
export async function reachVersion(
  swap: Swap,
  { configVersion, starts }: Pick<WaitTarget, 'configVersion' | 'starts'>,
  context: ToolContext,
): Promise<Reached> {
  const { endpoint, model, version, entity, alias } = swap;
  const config = versionView(configVersion);
  const wanted = defined({ model, version, entity, configVersion, starts });
  const { verdict, seen, view } = await awaitEndpoint(endpoint, wanted, swap.waitSeconds, context);
  const stays = alias ? { alias: aliasView(alias, alias.version) } : {};
  const unmoved = alias ? `, and alias ${alias.name} was not moved` : '';
  if (verdict.kind === 'failed' && verdict.code === 'stopped') {
    const message = `version ${version} does not serve, because endpoint ${endpoint} is stopped${unmoved}`;
    const cause = new Refusal(verdict.code, message, startAdvice(endpoint), { ...view, ...config, ...stays });
    return { kind: 'failed', harmless: false, cause };
  }
  if (verdict.kind === 'failed') {
    const still = seen?.config ? afterFailure(seen) : 'nothing serves there yet';
    const message = `version ${version} failed to deploy on ${endpoint}; ${still}${unmoved}`;
    const next = `See reason, cause and log_lines, and ${call('diagnose_endpoint', { endpoint })} for more. Then swap to a version that works.`;
    const cause = new Refusal(verdict.code, message, next, { ...view, ...config, ...stays });
    return { kind: 'failed', harmless: true, cause };
  }
  if (verdict.kind === 'pending') {
    const next = { tool: 'swap_version', args: { ...swap.nextArgs, ...config } };
    return { kind: 'waiting', view: { ...view, ...config, ...stays }, next };
  }
  const reached = { version, ...view, ...config };
  const next = seen && comparison(seen);
  if (!swap.probe) return { kind: 'reached', view: { ...reached, ...next } };
  const probed = await probe(swap, swap.probe, seen, context);
  if ('ok' in probed) return { kind: 'reached', view: { ...reached, probe: probed, ...next } };
  const message = `version ${version} serves its traffic on ${endpoint}, but it did not answer the probe${alias ? `; alias ${alias.name} was not moved` : ''}`;
  const advice = 'Correct the probe and repeat the call, or roll back with the call in undo.';
  const cause = new Refusal('probe_failed', message, advice, { ...reached, ...probed, ...stays });
  return { kind: 'failed', harmless: false, cause };
}

async function probe(
  { endpoint, entity }: Swap,
  body: Record<string, unknown>,
  seen: Endpoint | undefined,
  context: ToolContext,
): Promise<{ ok: true; milliseconds: number } | { probe_error: string }> {
  const started = context.clock.now();
  const http = context.inference ?? context.http;
  try {
    const target = seen?.route_optimized ? await query.direct(http, seen) : undefined;
    const where = target === undefined ? { entity } : { target };
    const reply = await query.invoke(http, endpoint, body, { ...where, timeoutMs: 40_000, now: context.clock.now });
    const refusal = refusalIn(reply.said ?? query.joinAnswer(reply.body), reply, { endpoint, entity }, {});
    if (refusal) return { probe_error: [refusal, refusal.cause].filter(Boolean).map(errorMessage).join(': ') };
    return { ok: true, milliseconds: context.clock.now() - started };
  } catch (error) {
    context.signal.throwIfAborted();
    return { probe_error: errorMessage(error) };
  }
}

/** Moves the alias, unless it already points at the version. */
export function moveStep(swap: Swap, alias: AliasState, context: ToolContext): Step {
  const number = Number(swap.version);
  const check = () => checkMove(swap, alias, context);
  if (aliasChange(alias, number).length === 0)
    return { what: 'wait', label: `alias ${alias.name}`, target: swap.model, check };
  return aliasStep(swap.model, alias, number, context, {
    check,
    explain: (error, known) => notMoved(swap, alias, error, known),
    reach: async () => ({
      kind: 'reached',
      view: { alias: { ...aliasView(alias, number), was: alias.version ?? null } },
    }),
  });
}

/**
 * Minutes may have passed since the plan. If the alias moved, another move would overwrite someone else's. The version must still serve, and no other
 * version may have more traffic. Otherwise the alias would point to a version that most requests do not reach.
 */
async function checkMove(
  { endpoint, model, version }: Swap,
  alias: AliasState,
  { http }: ToolContext,
): Promise<ToolResult | undefined> {
  const [now, seen] = await Promise.all([aliasNow(http, model, alias.name), endpoints.get(http, endpoint)]);
  if (now.version === Number(version)) return { alias: aliasView(now, now.version) };
  const data = { alias: aliasView(now, now.version) };
  const stays = `alias ${alias.name} was not moved`;
  if (now.version !== alias.version)
    throw new Refusal(
      'alias_changed',
      `version ${version} serves on ${endpoint}, but ${stays}: someone else moved it in the meantime`,
      'Ask the user whether it should still move. set_alias moves it.',
      data,
    );
  const serves = endpoints
    .entitiesOf(seen.config)
    .some((each) => each.entity_name === model && each.entity_version === version);
  if (!serves)
    throw new Refusal(
      'version_replaced',
      `version ${version} no longer serves on ${endpoint}, so ${stays}: the config changed in the meantime`,
      `See what serves now with ${call('get_endpoint', { endpoint })}.`,
      data,
    );
  if (isStopped(seen))
    throw new Refusal('stopped', `${endpoint} was stopped in the meantime, so ${stays}`, startAdvice(endpoint), data);
  if (outweighed(seen, model, version))
    throw new Refusal(
      'alias_needs_all_traffic',
      `version ${version} serves on ${endpoint}, but ${stays}: another version has more traffic`,
      'Give the version all of the traffic first, then move the alias.',
      data,
    );
  return undefined;
}

/** @param known whether the alias surely did not move. */
function notMoved({ endpoint, version, nextArgs }: Swap, alias: AliasState, error: unknown, known: boolean): Refusal {
  const serves = `version ${version} serves on ${endpoint}, but alias ${alias.name}`;
  const repeat = `Repeat ${call('swap_version', nextArgs)}. It will only move the alias.`;
  const cause = errorMessage(error);
  if (!known) {
    const message = `${serves} may or may not have moved: the reply was lost`;
    return new Refusal('alias_unknown', message, repeat, { cause });
  }
  const next = `${repeat} Moving it needs ownership of the model or MANAGE on it. To roll back, make the call in undo.`;
  return new Refusal('alias_not_moved', `${serves} could not be moved`, next, {
    cause,
    alias: aliasView(alias, alias.version),
  });
}
