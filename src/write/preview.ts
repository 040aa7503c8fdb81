/** The preview of a write. Pure. */
import { fingerprint } from '../plan/fingerprint.ts';
import type { Refusal, ToolResult } from '../refusal.ts';
import { REDACTED } from '../text/redact.ts';
import { sanitize } from '../text/sanitize.ts';
import { replacedUpdate } from './details.ts';
import { type ExportStep, exportSteps } from './export.ts';
import { type ExportForm, type PlannedWrite, plannedRequest, requestsOf } from './planned-write.ts';

/** The changes, and the requests in the requested form, exactly as they would be sent. @param refusal the one that the write itself would get. */
export function preview(write: PlannedWrite, form: true | ExportForm, refusal: Refusal | undefined): ToolResult {
  const { subject, before, changes, consentReason, undoOmits = [] } = write;
  return {
    [subject.kind]: subject.name,
    dry_run: true,
    changed: false,
    changes,
    ...replacedUpdate(write),
    ...(form === true
      ? { requests: requestsOf({ ...write, steps: [...write.steps, ...(write.later ?? [])] }) }
      : exported(form, write)),
    ...(consentReason === undefined ? {} : { needs_consent: consentReason }),
    ...(changes.length > 0 && undoOmits.length > 0 ? { not_undone: undoOmits } : {}),
    ...(before ? { fingerprint: fingerprint(before) } : {}),
    ...(refusal ? { would_be_refused: { code: refusal.code, message: refusal.message, next: refusal.next } } : {}),
  };
}

/** Redaction comes first, because in a text a value no longer follows its name. */
function exported(form: ExportForm, { changes, steps, before, grants }: PlannedWrite): ToolResult {
  const sent = changes.length === 0 ? [] : steps;
  const exports = sent.flatMap(({ what, target, alias, request }) =>
    request ? [{ what, target, alias, ...plannedRequest(request) }] : [],
  );
  const clean = sanitize({ exports, before, grants }) as {
    exports: ExportStep[];
    before: PlannedWrite['before'];
    grants: PlannedWrite['grants'];
  }; // the same shapes
  const text = exportSteps(form, clean.exports, clean.before, clean.grants);
  if (!text.includes(REDACTED)) return { [form]: text };
  const hidden = `Values shown as ${REDACTED} are redacted. Fill them in before you run this, or ${REDACTED} overwrites the real values.`;
  return { [form]: text, hidden };
}
