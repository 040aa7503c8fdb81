/** The user's consent to a loss: given in the client's dialog, or by name and fingerprint in a second call. */
import { canonical, type FieldDiff } from '../plan/diff.ts';
import { fingerprint } from '../plan/fingerprint.ts';
import { isFoundationModel } from '../plan/foundation.ts';
import { call, Refusal, type ToolResult } from '../refusal.ts';
import { clip, sanitize } from '../text/sanitize.ts';
import type { PlannedWrite } from './planned-write.ts';
import type { WriteContext } from './write-context.ts';

type Consequential = PlannedWrite & { consentReason: string };

/**
 * Asks in the client's dialog. A client without dialogs sends a second call with the exact name and the fingerprint of the preview.
 * @returns an answer with the question, if the user has not agreed yet.
 */
export async function consent(write: Consequential, context: WriteContext): Promise<ToolResult | undefined> {
  const { name } = write.subject;
  const { confirm, if_fingerprint: given } = context.args;
  refuseWithoutManage(write);
  if (confirm !== undefined && confirm !== name)
    throw new Refusal(
      'wrong_confirmation',
      `confirm must be exactly "${name}"`,
      'Give the exact name, or omit confirm to see the change.',
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

/** The user agreed to a change other than this one. */
export function consentMismatch(name: string, given: string): Refusal {
  return new Refusal(
    'consent_mismatch',
    `this change of endpoint ${name} differs from the one shown with fingerprint ${given}`,
    'Repeat the call without confirm and if_fingerprint. It shows the change and asks again.',
  );
}

/** @throws Refusal unless the user agrees and nothing changed in the meantime. */
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
      `the confirmation dialog got no answer, so ${name} was not changed`,
      'Ask the user whether they want this change. Repeat the call only when they can answer.',
      { preview },
    );
  if (!agreed)
    throw new Refusal(
      'declined',
      `the user declined, so ${name} was not changed`,
      'Do not ask again unless the user brings it up.',
      { preview },
    );
  await refuseIfChanged(write, context);
}

function detailsOf({ consentDetails, changes }: PlannedWrite): ToolResult {
  return { ...consentDetails, changes };
}

/** The answer with the question. The call in `next` is complete and counts only for this change. */
function question(write: Consequential, { tool, args }: WriteContext): ToolResult {
  const { subject, before, consentReason } = write;
  const { dry_run: _form, ...given } = args;
  const seen = before && fingerprint(before);
  const next = call(tool, { ...given, confirm: subject.name, if_fingerprint: seen });
  // A call with a redacted value would write the mask. The agent repeats its own call instead.
  const shown = sanitize(next) === next;
  return {
    [subject.kind]: subject.name,
    changed: false,
    needs_consent: `${consentReason} Ask the user. Make the call in next only if they agree.`,
    preview: detailsOf(write),
    ...(seen === undefined ? {} : { fingerprint: seen }),
    next: shown
      ? next
      : 'Repeat your call. Set confirm to the exact name and if_fingerprint to the fingerprint shown here.',
  };
}

/**
 * Asking about a change that the service will refuse is pointless. A foundation model belongs to Databricks, so the caller's level on it does not show
 * who may change its gateway.
 */
function refuseWithoutManage({ before }: PlannedWrite): void {
  const level = before?.permission_level;
  if (!before || isFoundationModel(before) || (level !== 'CAN_VIEW' && level !== 'CAN_QUERY')) return;
  throw new Refusal(
    'permission_denied',
    `the caller has ${level} on endpoint ${before.name}, but this change needs CAN_MANAGE`,
    `Ask someone with CAN_MANAGE to make the change or to grant that level. ${call('get_permissions', { endpoint: before.name })} shows who has it.`,
  );
}

/** The user may take minutes to answer. The endpoint must still be as it was when the question was asked. */
async function refuseIfChanged({ before, subject, alsoRead }: PlannedWrite, context: WriteContext): Promise<void> {
  if (before === undefined) return;
  const { name } = subject;
  const [now, other] = await Promise.all([context.reread(name), alsoRead?.reread()]);
  const same = now !== undefined && fingerprint(now) === fingerprint(before);
  if (same && canonical(other) === canonical(alsoRead?.seen)) return;
  throw new Refusal(
    'changed_meanwhile',
    `endpoint ${name} changed while the confirmation was open`,
    `See its current state with ${call('get_endpoint', { endpoint: name })}, then repeat the call if it is still wanted.`,
  );
}

const MAX_LINES = 12;
const isMinor = ({ field }: FieldDiff) => /^(tags|description|email_notifications|notifications)\b/.test(field);

/** The details in a dialog, on one line. Text from outside is clipped to the length of a name. */
function describe({ consentDetails, changes }: PlannedWrite): string {
  const short = (value: unknown) =>
    clip(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'), 120).replace(/\s+/g, ' ');
  const seen = Object.entries(consentDetails ?? {}).map(
    ([key, value]) => `${key.replaceAll('_', ' ')}: ${short(value)}`,
  );
  // Redacted while the values still have their names. The most important changes come first.
  const important = (sanitize(changes) as FieldDiff[]).sort((a, b) => Number(isMinor(a)) - Number(isMinor(b))); // the same shape
  const lines = important
    .slice(0, MAX_LINES)
    .map(({ field, from, to }) => `${short(field)}: ${short(from)} → ${short(to)}`);
  const more = important.length > MAX_LINES ? [`and ${important.length - MAX_LINES} more changes`] : [];
  const parts = [...seen, ...lines, ...more];
  return parts.length === 0 ? '' : `(${parts.join('; ')})`;
}
