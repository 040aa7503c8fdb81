/** A question to the user in the client's dialog: its text, the ways in which it ends, and the check that nothing changed in the meantime. */
import type { FieldDiff } from '../plan/diff.ts';
import { call, Refusal } from '../refusal.ts';
import { ApiError } from '../rest/errors.ts';
import { clip, sanitize } from '../text/sanitize.ts';
import { detailsOf, replacedUpdateLine } from './details.ts';
import { type Consequential, type PlannedWrite, subjectText } from './planned-write.ts';
import { coverageOf, covers } from './shown-changes.ts';
import type { Ask, DialogEnd, WriteContext } from './write-context.ts';

/** No person answers a dialog sooner. Some clients answer every dialog by themselves within milliseconds. In milliseconds. */
const SHORTEST_LOOK = 1_000;

/**
 * @returns the write as planned after the answer.
 * @throws Refusal unless the user agrees and nothing changed in the meantime.
 */
export async function askInDialog(write: Consequential, context: WriteContext, ask: Ask): Promise<PlannedWrite> {
  context.lock.release();
  const asked = context.now();
  const { end, openFor } = await ask(questionText(write), coverageOf(write));
  const unseen = (openFor ?? context.now() - asked) < SHORTEST_LOOK;
  await context.lock.acquire();
  if (end !== 'accepted') throw notAgreed(write, end, unseen);
  return replanned(write, context);
}

/** One true sentence for each way in which a dialog ends without a yes. */
const ENDS: Record<Exclude<DialogEnd, 'accepted'>, [said: string, next: string]> = {
  declined: [
    'the client reports that the user declined',
    'Leave it as it is, unless the user asks for this change again.',
  ],
  dismissed: [
    'the client reports that the dialog was closed without a choice',
    'Ask the user whether they want this change. If they do, repeat the call.',
  ],
  unanswered: [
    'the confirmation dialog got no answer',
    'Ask the user whether they want this change. Repeat the call when they can answer.',
  ],
};

function notAgreed(write: Consequential, end: Exclude<DialogEnd, 'accepted'>, unseen: boolean): Refusal {
  const { name } = write.subject;
  const preview = detailsOf(write);
  if (unseen)
    return new Refusal(
      'not_seen',
      `the client ended the confirmation dialog within a second, so no one can have seen it, and ${name} was not changed`,
      'Show preview to the user. Where no person can answer a dialog, they can start this server with --consent confirm. A second call with confirm and if_fingerprint then counts.',
      { dialog: end, preview },
    );
  const [said, next] = ENDS[end];
  return new Refusal(end, `${said}, so ${name} was not changed`, next, { preview });
}

/** The user may take minutes to answer. Everything they saw is planned again, and must not be worse than what they agreed to. */
async function replanned(agreed: PlannedWrite, context: WriteContext): Promise<PlannedWrite> {
  const now = await context.replan().catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  });
  if (now?.refusal) throw now.refusal;
  if (now !== undefined && covers(agreed, now)) return now;
  const { name } = agreed.subject;
  throw new Refusal(
    'changed_meanwhile',
    `${subjectText(agreed.subject)}, or its grants or its use, changed while the confirmation was open`,
    `See its current state with ${call('get_endpoint', { endpoint: name })}, then repeat the call if it is still wanted.`,
  );
}

const MAX_LINES = 12;
const isMinor = ({ field }: FieldDiff) => /^(tags|description|email_notifications|notifications)\b/.test(field);

/** The question, then short lines. Text from outside stays on its line and is clipped, so it cannot look like a line of ours. */
function questionText(write: Consequential): string {
  const { consentReason, consentDetails, changes } = write;
  const seen = Object.entries({ ...consentDetails, ...replacedUpdateLine(write) }).map(
    ([key, value]) => `${key.replaceAll('_', ' ')}: ${[value].flat().map(short).join(', ')}`,
  );
  // Redacted while the values still have their names. The most important changes come first.
  const important = (sanitize(changes) as FieldDiff[]).sort((a, b) => Number(isMinor(a)) - Number(isMinor(b))); // the same shape
  const lines = important
    .slice(0, MAX_LINES)
    .map(({ field, from, to }) => `${short(field)}: ${short(from)} → ${short(to)}`);
  const more = important.length > MAX_LINES ? [`and ${important.length - MAX_LINES} more changes`] : [];
  return [`${consentReason} Allow this?`, ...seen, ...lines, ...more].join('\n');
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return clip(text, 120).replace(/\s+/g, ' ');
}
