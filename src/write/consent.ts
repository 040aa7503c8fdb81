/** A person's consent to a loss: asked for in the client's dialog, or given by name and fingerprint in a second call. */
import { canonical, type FieldDiff } from '../plan/diff.ts';
import { fingerprint } from '../plan/fingerprint.ts';
import { isFoundationModel } from '../plan/foundation.ts';
import { call, Refusal, type ToolResult } from '../refusal.ts';
import { clip, sanitize } from '../text/sanitize.ts';
import type { PlannedWrite } from './planned-write.ts';
import type { WriteContext } from './write-context.ts';

type Consequential = PlannedWrite & { consentReason: string };

/**
 * A person agrees in the client's dialog. A client without dialogs sends a second call, with the exact name and the fingerprint of what was shown.
 * @returns the answer that asks, when nobody has agreed yet.
 */
export async function consent(write: Consequential, context: WriteContext): Promise<ToolResult | undefined> {
  const { name } = write.subject;
  const { confirm, if_fingerprint: given } = context.args;
  refuseWithoutManage(write);
  if (confirm !== undefined && confirm !== name)
    throw new Refusal(
      'wrong_confirmation',
      `confirm must be exactly "${name}"`,
      'Give the exact name, or leave confirm out to see the change.',
    );
  if (context.ask) {
    await askInDialog(write, context, context.ask);
    return undefined;
  }
  if (confirm === name && given !== undefined) {
    if (context.shown.matches(write, context)) return undefined;
    throw consentMismatch(name, given);
  }
  context.shown.add(write, context);
  return question(write, context);
}

/** The person agreed to something else than what would be done now. */
export function consentMismatch(name: string, given: string): Refusal {
  return new Refusal(
    'consent_mismatch',
    `this change of endpoint ${name} is not one that was shown with fingerprint ${given}`,
    'Make the call without confirm and if_fingerprint. It shows the change and asks again.',
  );
}

/** @throws Refusal unless the person agreed, and what they agreed to is still there. */
async function askInDialog(
  write: Consequential,
  context: WriteContext,
  ask: NonNullable<WriteContext['ask']>,
): Promise<void> {
  const { name } = write.subject;
  const preview = detailsOf(write);
  context.lock.release();
  const agreed = await ask(`${write.consentReason} ${describe(write)}`.trim());
  await context.lock.acquire();
  if (agreed === undefined)
    throw new Refusal(
      'no_answer',
      `the dialog at the client got no answer, so ${name} was not changed`,
      'Ask the person whether they want it. Repeat the call only when they are there to answer.',
      { preview },
    );
  if (!agreed)
    throw new Refusal(
      'declined',
      `the person did not agree, so ${name} was not changed`,
      'Do not ask again unless they bring it up.',
      { preview },
    );
  await refuseIfChanged(write, context);
}

function detailsOf({ consentDetails, changes }: PlannedWrite): ToolResult {
  return { ...consentDetails, changes };
}

/** The answer that asks. The call in it is complete, and counts only for this change. */
function question(write: Consequential, { tool, args }: WriteContext): ToolResult {
  const { subject, before, consentReason } = write;
  const given = Object.entries(args).filter(([key, value]) => value !== undefined && key !== 'dry_run');
  const seen = before && fingerprint(before);
  const agreed = { ...Object.fromEntries(given), confirm: subject.name, if_fingerprint: seen };
  const next = call(tool, agreed);
  // A call with a hidden value would write the mask. The agent then repeats its own call.
  const shown = sanitize(next) === next;
  return {
    [subject.kind]: subject.name,
    changed: false,
    needs_consent: `${consentReason} Ask the person. Make the call in next only if they agree.`,
    preview: detailsOf(write),
    ...(seen === undefined ? {} : { fingerprint: seen }),
    next: shown ? next : 'Repeat your call with the exact name in confirm and the fingerprint in if_fingerprint.',
  };
}

/**
 * A question about a change that the service will refuse would be pointless. A foundation model belongs to Databricks, so the caller's level on it
 * does not say who may change its gateway.
 */
function refuseWithoutManage({ before }: PlannedWrite): void {
  const level = before?.permission_level;
  if (!before || isFoundationModel(before) || (level !== 'CAN_VIEW' && level !== 'CAN_QUERY')) return;
  throw new Refusal(
    'permission_denied',
    `the caller has ${level} on endpoint ${before.name}, and this needs CAN_MANAGE`,
    `Ask someone with CAN_MANAGE to make the change, or to grant it. ${call('get_permissions', { endpoint: before.name })} shows who has it.`,
  );
}

/** A person may think for minutes. What they agreed to must still be there. */
async function refuseIfChanged({ before, subject, alsoRead }: PlannedWrite, context: WriteContext): Promise<void> {
  if (before === undefined) return;
  const { name } = subject;
  const [now, other] = await Promise.all([context.reread(name), alsoRead?.reread()]);
  const same = now !== undefined && fingerprint(now) === fingerprint(before);
  if (same && canonical(other) === canonical(alsoRead?.seen)) return;
  throw new Refusal(
    'changed_meanwhile',
    `endpoint ${name} changed while the question was open`,
    `Look again with ${call('get_endpoint', { endpoint: name })}.`,
  );
}

const MOST_LINES = 12;
const isMinor = ({ field }: FieldDiff) => /^(tags|description|email_notifications|notifications)\b/.test(field);

/** The details in a dialog: one line, without texts from outside that are longer than a name. */
function describe({ consentDetails, changes }: PlannedWrite): string {
  const short = (value: unknown) =>
    clip(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'), 120).replace(/\s+/g, ' ');
  const seen = Object.entries(consentDetails ?? {}).map(
    ([key, value]) => `${key.replaceAll('_', ' ')}: ${short(value)}`,
  );
  // Redacted while values still follow their names. The most important changes come first.
  const important = (sanitize(changes) as FieldDiff[]).sort((a, b) => Number(isMinor(a)) - Number(isMinor(b))); // the same shape
  const lines = important
    .slice(0, MOST_LINES)
    .map(({ field, from, to }) => `${short(field)}: ${short(from)} → ${short(to)}`);
  const more = important.length > MOST_LINES ? [`and ${important.length - MOST_LINES} more changes`] : [];
  const parts = [...seen, ...lines, ...more];
  return parts.length === 0 ? '' : `(${parts.join('; ')})`;
}
