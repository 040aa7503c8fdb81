/** The user's consent to a loss: given in the client's dialog, or by name and fingerprint in a second call. */
import { call, Refusal, type ToolResult } from '../refusal.ts';
import { sanitize } from '../text/sanitize.ts';
import { detailsOf } from './details.ts';
import { askInDialog } from './dialog.ts';
import {
  type Consequential,
  isConsequential,
  type PlannedWrite,
  seenFingerprint,
  subjectText,
} from './planned-write.ts';
import type { WriteContext } from './write-context.ts';

/**
 * Asks in the client's dialog. Without dialogs, the user answers in the chat, and a second call has the exact name and the fingerprint.
 * @returns the write that the user agreed to, or an answer with the question.
 */
export async function consent(
  write: Consequential,
  context: WriteContext,
): Promise<{ agreed: PlannedWrite } | { question: ToolResult }> {
  const { confirm, if_fingerprint: given } = context.args;
  if (context.ask) return { agreed: await askInDialog(write, context, context.ask) };
  if (confirm !== undefined && given !== undefined) {
    if (context.shown.matches(write, context)) return { agreed: write };
    throw consentMismatch(write, context);
  }
  return { question: question(write, context) };
}

/**
 * The one rule for `confirm` in every tool: the exact name, and the fingerprint of the answer that asked. Where the client shows a dialog, the
 * dialog asks again, so the fingerprint may be absent.
 * @throws Refusal that shows the change, with the call that would count.
 */
export function checkConfirm(write: PlannedWrite, context: WriteContext): void {
  const { confirm, if_fingerprint: given } = context.args;
  const { name } = write.subject;
  if (confirm === undefined) return;
  if (confirm !== name) throw confirmRefusal('wrong_confirmation', `confirm must be exactly "${name}"`, write, context);
  if (given !== undefined || context.ask) return;
  const message =
    'confirm counts only together with if_fingerprint, because the user must agree to the very change that was shown';
  throw confirmRefusal('confirm_without_fingerprint', message, write, context);
}

function confirmRefusal(code: string, message: string, write: PlannedWrite, context: WriteContext): Refusal {
  if (!isConsequential(write)) {
    const { confirm: _, ...args } = context.args;
    const next = `This change needs no approval, so omit confirm: ${callAgain(context.tool, args) ?? OWN_CALL}`;
    return new Refusal(code, message, next, { changes: write.changes });
  }
  const { needs_consent, preview, fingerprint, next = 'repeat your call with both.' } = question(write, context);
  return new Refusal(code, message, `Ask the user. If they agree: ${next}`, { needs_consent, preview, fingerprint });
}

/** The user agreed to a change other than this one. */
export function consentMismatch({ subject }: PlannedWrite, { tool, args }: WriteContext): Refusal {
  const { confirm: _agreed, if_fingerprint: given, ...rest } = args;
  return new Refusal(
    'consent_mismatch',
    `this change of ${subjectText(subject)} differs from the one shown with fingerprint ${given}`,
    `Make the call without confirm and if_fingerprint. It shows the change and asks again: ${callAgain(tool, rest) ?? OWN_CALL}`,
  );
}

/** The answer with the question. The call in `next` is complete and counts only for this change. */
function question(write: Consequential, context: WriteContext): ToolResult {
  const { subject, consentReason } = write;
  const seen = seenFingerprint(write);
  const agreed = { ...context.args, confirm: subject.name, if_fingerprint: seen };
  context.shown.add(write, context);
  const next = callAgain(context.tool, agreed);
  const how =
    next === undefined
      ? 'If they agree, repeat your call with confirm set to the exact name and if_fingerprint to the fingerprint shown here.'
      : 'Make the call in next only if they agree.';
  return {
    [subject.kind]: subject.name,
    changed: false,
    needs_consent: `${consentReason} Ask the user. ${how}`,
    preview: detailsOf(write),
    ...(seen === undefined ? {} : { fingerprint: seen }),
    ...(next === undefined ? {} : { next }),
  };
}

/** The complete call. Undefined with a redacted value: the call would write the mask, so the caller repeats its own. */
function callAgain(tool: string, { dry_run: _preview, ...args }: Record<string, unknown>): string | undefined {
  const text = call(tool, args);
  const clean = JSON.stringify(sanitize(args)) === JSON.stringify(args);
  return clean && sanitize(text) === text ? text : undefined;
}

const OWN_CALL = 'repeat your own call.';
