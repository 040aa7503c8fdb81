/** A person's consent to what destroys: asked for at the client, or given by the exact name of what was shown. */
import type { FieldDiff } from '../plan/diff.ts';
import { fingerprint } from '../plan/fingerprint.ts';
import { isFoundationModel } from '../plan/foundation.ts';
import { call, Refusal, type ToolResult } from '../refusal.ts';
import { clip, sanitize } from '../text/sanitize.ts';
import { consentSeal, type Planned, seal, type WriteArgs, type WriteContext } from './planned-write.ts';

/**
 * A person agrees at the client where it can ask, otherwise by the exact name together with the fingerprint of what was shown.
 * @returns the answer that asks, when nobody has agreed yet.
 */
export async function consent(
  planned: Planned,
  args: WriteArgs,
  context: WriteContext,
): Promise<ToolResult | undefined> {
  const { name } = planned.subject;
  const seen = seal(planned);
  refuseWithoutManage(planned);
  if (args.confirm !== undefined && args.confirm !== name) {
    const message = `confirm does not hold the exact name ${name}; nothing was sent`;
    throw new Refusal('wrong_confirmation', message, 'Give the exact name, or leave confirm out to see what would go.');
  }
  const shown = { ...planned.shows, changes: planned.changes };
  if (context.ask) {
    context.turn.give();
    const agreed = await context.ask(`${planned.loses} ${describe(planned)}`.trim());
    await context.turn.take();
    if (agreed === undefined) {
      const next = 'Ask the person whether they want it; make the call again only when they are there to answer.';
      throw new Refusal('no_answer', `nobody answered the question at the client; ${name} was not changed`, next, {
        would_change: shown,
      });
    }
    if (!agreed) {
      const next = 'Do not ask again unless they bring it up.';
      throw new Refusal('declined', `the person did not agree; ${name} was not changed`, next, { would_change: shown });
    }
    await unchangedSince(planned, seen, context);
    return undefined;
  }
  const shownSeal = consentSeal(planned, context.tool);
  if (args.confirm === name && args.if_fingerprint !== undefined && args.if_fingerprint === shownSeal) return undefined;
  const given = Object.entries(args).filter(([key, value]) => value !== undefined && key !== 'dry_run');
  const agreed = {
    ...Object.fromEntries(given),
    confirm: name,
    ...(shownSeal === undefined ? {} : { if_fingerprint: shownSeal }),
  };
  const next = call(context.tool, agreed);
  // A call that leaves masked would write the mask: then the agent repeats its own.
  const how =
    sanitize(next) === next
      ? { next }
      : {
          fingerprint: shownSeal,
          next: 'Repeat your call with the exact name in confirm and fingerprint in if_fingerprint.',
        };
  return {
    [planned.subject.kind]: name,
    changed: false,
    needs_consent: `${planned.loses} Ask the person; make the call in next only if they agree.`,
    would_change: shown,
    ...how,
  };
}

/**
 * Nobody is asked for what the service will refuse. A foundation model belongs to nobody, so the level on it does not tell who may change its
 * gateway.
 */
function refuseWithoutManage({ before }: Planned): void {
  const level = before?.permission_level;
  if (!before || isFoundationModel(before) || (level !== 'CAN_VIEW' && level !== 'CAN_QUERY')) return;
  throw new Refusal(
    'permission_denied',
    `the caller has ${level} on endpoint ${before.name}, and this needs CAN_MANAGE; nothing was sent`,
    `Somebody with CAN_MANAGE can do it, or grant it: ${call('get_permissions', { endpoint: before.name })} shows who.`,
  );
}

/** A person may think for minutes; what they agreed to must still be what is there. */
async function unchangedSince(planned: Planned, seen: string | undefined, context: WriteContext): Promise<void> {
  if (planned.before === undefined) return;
  const { name } = planned.subject;
  const [now, beside] = await Promise.all([context.reread(name), planned.beside?.reread()]);
  if (now !== undefined && fingerprint(now, beside) === seen) return;
  const message = `endpoint ${name} changed while the question was open; nothing was sent`;
  throw new Refusal('changed_meanwhile', message, `Look again with ${call('get_endpoint', { endpoint: name })}.`);
}

const MOST_LINES = 12;
const isLight = ({ field }: FieldDiff) => /^(tags|description|email_notifications|notifications)\b/.test(field);

/** What a dialog shows beside the sentence of what is lost: in one line, and no text of others longer than a name. */
function describe({ shows, changes }: Planned): string {
  const short = (value: unknown) =>
    clip(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'), 120).replace(/\s+/g, ' ');
  const seen = Object.entries(shows ?? {}).map(([key, value]) => `${key.replaceAll('_', ' ')}: ${short(value)}`);
  // Masked while values still stand beside their names; what weighs most stands first.
  const weighty = (sanitize(changes) as FieldDiff[]).sort((a, b) => Number(isLight(a)) - Number(isLight(b))); // the same shape
  const lines = weighty
    .slice(0, MOST_LINES)
    .map(({ field, from, to }) => `${short(field)}: ${short(from)} → ${short(to)}`);
  const more = weighty.length > MOST_LINES ? [`and ${weighty.length - MOST_LINES} more changes`] : [];
  const parts = [...seen, ...lines, ...more];
  return parts.length === 0 ? '' : `(${parts.join('; ')})`;
}
