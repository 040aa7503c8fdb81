/** The preview of a write. Pure. */
import type { Refusal, ToolResult } from '../refusal.ts';
import { REDACTED } from '../text/redact.ts';
import { sanitize } from '../text/sanitize.ts';
import { replacedUpdate } from './details.ts';
import { exportSteps, type ReadForExport } from './export.ts';
import {
  type ExportForm,
  type ExportStep,
  type PlannedWrite,
  plannedRequest,
  requestsOf,
  seenFingerprint,
} from './planned-write.ts';

/** The changes, and the requests in the requested form, exactly as they would be sent. @param refusal the one that the write itself would get. */
export function preview(write: PlannedWrite, form: true | ExportForm, refusal: Refusal | undefined): ToolResult {
  const { subject, changes, consentReason, undoOmits = [] } = write;
  const seen = seenFingerprint(write);
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
    ...(seen === undefined ? {} : { fingerprint: seen }),
    ...(refusal ? { would_be_refused: { code: refusal.code, message: refusal.message, next: refusal.next } } : {}),
  };
}

/** Redaction comes first, because in a text a value no longer follows its name. */
function exported(form: ExportForm, write: PlannedWrite): ToolResult {
  const { changes, steps, subject, before, grants, service, serviceGrants } = write;
  const sent = changes.length === 0 ? [] : steps;
  const exports = sent.flatMap(({ what, target, alias, request }) =>
    request ? [{ what, target, alias, ...plannedRequest(request) }] : [],
  );
  const clean = sanitize({ exports, read: { subject, before, grants, service, serviceGrants } }) as {
    exports: ExportStep[];
    read: ReadForExport;
  }; // the same shapes
  const text = exportSteps(form, clean.exports, clean.read);
  if (!text.includes(REDACTED)) return { [form]: text };
  const hidden = `Values shown as ${REDACTED} are redacted. Fill them in before you run this, or ${REDACTED} overwrites the real values.`;
  return { [form]: text, hidden };
}
