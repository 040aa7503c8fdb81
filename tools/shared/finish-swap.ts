/** What follows the config of a swap: the wait, the probe, and last the alias. Until there nothing tells anybody that the new version serves. */

import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { type Endpoint, query } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import { type AliasState, aliasNow, aliasView, moveAlias, outweighed } from './alias.ts';
import { awaitEndpoint } from './await-endpoint.ts';

export interface Swap {
  endpoint: string;
  model: string;
  version: string;
  /** Entity that serves the version. */
  entity: string;
  /** Alias to move, as it stood when the swap was planned. */
  alias: AliasState | undefined;
  /** Body that the version must answer before the alias moves. */
  probe: Record<string, unknown> | undefined;
  waitSeconds: number;
  /** The call as it can be made again. */
  again: Record<string, unknown>;
}

/** The update that is waited for. */
export interface SentConfig {
  /** Whether this call sent it. */
  sent: boolean;
  configVersion: number | undefined;
}

/** Waits for the version, probes it, and only then moves the alias. */
export async function finishSwap(swap: Swap, update: SentConfig, context: ToolContext): Promise<ToolResult> {
  const { endpoint, model, version, alias, entity } = swap;
  const { sent, configVersion } = update;
  const config = configVersion === undefined ? {} : { config_version: configVersion };
  const wanted = { model, version, entity, ...(configVersion === undefined ? {} : { configVersion }) };
  const { verdict, seen, view } = await awaitEndpoint(endpoint, wanted, swap.waitSeconds, context);
  if (verdict.kind === 'failed') {
    const still = seen?.config ? 'what served before goes on serving' : 'nothing serves there yet';
    const message = `version ${version} did not come up on ${endpoint}; ${still}${alias ? `, and alias ${alias.name} was not moved` : ''}`;
    const next = `Read the reason and log_lines; more with ${call('get_logs', { endpoint })}. Then swap to a version that works.`;
    const data = { changed: sent, ...view, ...config, alias: aliasView(alias, alias?.version) };
    throw new Refusal(verdict.code, message, next, data);
  }
  if (verdict.kind === 'pending') {
    const next = call('swap_version', { ...swap.again, ...config });
    return { changed: sent, ...view, ...config, alias: aliasView(alias, alias?.version), next };
  }
  const probed = swap.probe && (await probe(swap, swap.probe, { sent, seen, view }, context));
  const moved = alias !== undefined && (await mayMove(swap, alias, { sent, seen, view }, context));
  if (moved) await move(swap, alias, { sent, seen, view }, context);
  return {
    changed: sent || moved,
    version,
    ...view,
    ...config,
    ...(probed ? { probe: probed } : {}),
    ...(alias
      ? { alias: { ...aliasView(alias, Number(version)), ...(moved ? { was: alias.version ?? null } : {}) } }
      : {}),
  };
}

/** What the wait ended with. */
interface Reached {
  sent: boolean;
  seen: Endpoint | undefined;
  view: ToolResult;
}

async function probe(
  { endpoint, entity, version, alias }: Swap,
  body: Record<string, unknown>,
  { sent, seen, view }: Reached,
  context: ToolContext,
): Promise<ToolResult> {
  const started = context.clock.now();
  const http = context.inference ?? context.http;
  try {
    const target = seen?.route_optimized ? await query.direct(http, seen) : undefined;
    const where = target === undefined ? { entity } : { target };
    await query.invoke(http, endpoint, body, { ...where, timeoutMs: 40_000 });
    return { ok: true, milliseconds: context.clock.now() - started };
  } catch (error) {
    context.signal.throwIfAborted();
    const message = `version ${version} is up on ${endpoint} and takes its traffic, but it did not answer the probe${alias ? `; alias ${alias.name} was not moved` : ''}`;
    const next = 'Correct the probe and repeat the call, or go back with the call in undo.';
    throw new Refusal('probe_failed', message, next, {
      changed: sent,
      ...view,
      probe_error: error instanceof Error ? error.message : String(error),
      alias: aliasView(alias, alias?.version),
    });
  }
}

/**
 * Whether the alias is still to be moved. Minutes may have passed since the plan: no other version may have more of the traffic, and the alias must
 * be where it was, or somebody else's move would be lost.
 */
async function mayMove(
  { endpoint, model, version }: Swap,
  alias: AliasState,
  { sent, seen, view }: Reached,
  { http }: ToolContext,
): Promise<boolean> {
  const now = await aliasNow(http, model, alias.name);
  if (now.version === Number(version)) return false;
  const data = { changed: sent, ...view, alias: aliasView(now, now.version) };
  const stays = `version ${version} serves on ${endpoint}, and alias ${alias.name} was not moved:`;
  if (now.version !== alias.version) {
    const next = 'Ask whether it shall still be moved; set_alias moves it.';
    throw new Refusal('alias_changed', `${stays} somebody else moved it meanwhile`, next, data);
  }
  if (outweighed(seen, model, version)) {
    const next = 'Give the version all of the traffic first, then move the alias.';
    throw new Refusal('alias_needs_all_traffic', `${stays} another version has more of the traffic`, next, data);
  }
  return true;
}

/** A move that fails, or whose fate nobody knows, is told as such. */
async function move(
  { endpoint, model, version, again }: Swap,
  alias: AliasState,
  { sent, view }: Reached,
  context: ToolContext,
): Promise<void> {
  const failed = await moveAlias(context.http, model, alias, version);
  if (!failed) return;
  context.signal.throwIfAborted();
  const what = failed.known ? 'could not be moved' : 'may have been moved or not: the answer was lost';
  const next = `Repeat ${call('swap_version', again)}: it will only move the alias.`;
  throw new Refusal(
    failed.known ? 'alias_not_moved' : 'alias_unknown',
    `version ${version} serves on ${endpoint}, but alias ${alias.name} ${what}`,
    failed.known
      ? `${next} Moving it needs ownership of the model, or MANAGE on it; the call in undo goes back.`
      : next,
    {
      ...(sent || failed.known ? { changed: sent } : {}),
      ...view,
      cause: failed.cause,
      ...(failed.known ? { alias: aliasView(alias, alias.version) } : { unknown: [`alias ${alias.name}`] }),
    },
  );
}
