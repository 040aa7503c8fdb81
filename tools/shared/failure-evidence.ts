/** Why a deployment failed, as the answer of a call that waited for it: the findings of the same rules as in `diagnose_endpoint`. */
import type { FailedEntity } from '../../src/readiness.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { dropEmpty } from './view.ts';

/** Findings, and lines of evidence, of one answer. */
const FINDINGS = 2;
const LINES = 8;

/** The words before a line, by its source. */
const LOGS: Record<string, string> = { 'service log': 'service', 'build log': 'build', event: 'event' };

/**
 * The service's messages about the failed entities, the cause with its remedy where the rules find one, and the lines that show it. A log that cannot
 * be read is omitted.
 */
export async function failureEvidence(
  found: Endpoint,
  failed: readonly FailedEntity[],
  context: ToolContext,
): Promise<Record<string, unknown>> {
  if (failed.length === 0) return {};
  const { diagnoseOne } = await import('../../src/diagnose/index.ts');
  const { findings, not_checked } = await diagnoseOne(context, found.name, { seen: found, deployment: true });
  const [top, ...more] = findings.filter(({ severity }) => severity === 'critical').slice(0, FINDINGS);
  const proofs = [top, ...more].flatMap((each) => each?.evidence ?? []).filter(({ source }) => source in LOGS);
  const known = top !== undefined && !/^unknown_/.test(top.code);
  const doubt = not_checked.find(({ what, why }) => what.endsWith(' log') && why.includes('may belong'))?.why;
  return dropEmpty({
    failed_entities: failed.map((entity) => dropEmpty({ ...entity, message: clip(entity.message, 500) })),
    cause: top?.code,
    finding: top?.sentence,
    log_lines: proofs.slice(0, LINES).map(({ source, text }) => `${LOGS[source]}: ${clip(text, 400)}`),
    log_lines_of: proofs[0]?.of ?? doubt,
    remedy: known ? top.remedy?.say : undefined,
    more_causes: more.map(({ code, sentence }) => ({ cause: code, finding: sentence })),
  });
}
