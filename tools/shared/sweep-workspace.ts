/** The diagnosis of all endpoints. */
import { sweep } from '../../src/diagnose/sweep.ts';
import { sweepReport } from '../../src/diagnose/sweep-report.ts';
import { isFoundationModel } from '../../src/plan/foundation.ts';
import { call, type ToolResult } from '../../src/refusal.ts';
import { endpoints } from '../../src/rest/index.ts';
import { defined } from '../../src/rest/json.ts';
import { closestNames, normalize } from '../../src/text/did-you-mean.ts';
import type { ToolContext } from '../../src/tool.ts';

export interface SweepArgs {
  name_contains?: string | undefined;
  cursor?: string | undefined;
  /** Seconds for the whole call. */
  wait_seconds: number;
}

/** Milliseconds for one endpoint, at most and as a part of the whole. */
const EACH_MS = 15_000;
const EACH_SHARE = 0.5;

/** Looks at all endpoints in the order of their names, from the cursor on. */
export async function sweepWorkspace(args: SweepArgs, context: ToolContext): Promise<ToolResult> {
  const { name_contains, cursor, wait_seconds } = args;
  const all = await endpoints.list(context.http);
  // Those of the platform have no creator, and nobody in the workspace can repair them. The service has no metrics of them (fact L8).
  const own = all.filter((each) => !(isFoundationModel(each) && each.creator === undefined));
  const matching = own
    .map(({ name }) => name)
    .filter((name) => normalize(name).includes(normalize(name_contains ?? '')))
    .sort();
  const names = matching.filter((name) => cursor === undefined || name > cursor);
  const wholeMs = wait_seconds * 1_000;
  const outcomes = await sweep(names, context, { wholeMs, eachMs: Math.min(EACH_MS, wholeMs * EACH_SHARE) }, (count) =>
    context.progress(`judged ${count} of ${names.length} endpoints`, count / names.length),
  );
  const more = defined({
    workspace: (await context.http.signer()).host,
    total: matching.length,
    foundation_models_left_out: all.length - own.length || undefined,
    model_services: 'not looked at: name one',
    ...(matching.length === 0
      ? none(
          own.map(({ name }) => name),
          name_contains,
        )
      : {}),
  });
  const after = (name: string) => call('diagnose_endpoint', { name_contains, cursor: name });
  return sweepReport(outcomes, { more, after });
}

function none(names: readonly string[], part: string | undefined): ToolResult {
  if (names.length === 0) return { note: 'there are no endpoints of your own that you can see' };
  const near = closestNames(part ?? '', names).slice(0, 5);
  return defined({
    note: `none of ${names.length} endpoints has this in its name`,
    near: near.length > 0 ? near : undefined,
  });
}
