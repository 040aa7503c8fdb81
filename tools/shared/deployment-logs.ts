/** What the logs and events of a failed deployment say about it. */
import { eventReasons } from '../../src/digest/events.ts';
import { causeOf } from '../../src/digest/failure-causes.ts';
import { explain, keyPart } from '../../src/digest/key-lines.ts';
import { lastLines, logLines, SEARCHED } from '../../src/digest/log-lines.ts';
import { type Deployment, deploymentsOf } from '../../src/plan/deployments.ts';
import type { FailedEntity } from '../../src/readiness.ts';
import { readLog } from '../../src/rest/deployment-log.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, logs } from '../../src/rest/index.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { dropEmpty } from './view.ts';

/** Maximum number of log lines in the evidence of a failure. */
const EVIDENCE_LINES = 8;

/** The service's messages about the failed entities, with the key log lines, their config and a remedy where the lines prove a cause. A log that cannot be read is omitted. */
export async function failureEvidence(
  found: Endpoint,
  failed: readonly FailedEntity[],
  { http }: ToolContext,
): Promise<Record<string, unknown>> {
  const first = failed[0];
  if (!first) return {};
  const deployment = deploymentsOf(found).find(({ entity }) => entity.name === first.name);
  const [service, build] = await Promise.all(
    (['service', 'build'] as const).map((log) => explainedLog(http, found, deployment, log)),
  );
  const reasons = [service, build].flatMap((each) => each?.cause ?? []);
  const events = reasons.length > 0 ? undefined : await logs.events(http, found.name).catch(() => undefined);
  const reported = events && eventReasons(events, deployment?.configVersion);
  const cause =
    reasons[0] ?? reported?.cause ?? failed.map(({ message }) => causeOf(message)).find((each) => each?.remedy);
  const lines = [
    ...(service?.lines.map((line) => `service: ${line}`) ?? []),
    ...(build?.lines.map((line) => `build: ${line}`) ?? []),
    ...(reported?.messages.map((message) => `event: ${clip(message, 400)}`) ?? []),
  ].slice(0, EVIDENCE_LINES);
  const doubt = service?.doubt ?? build?.doubt;
  const version = deployment?.configVersion;
  return dropEmpty({
    failed_entities: failed.map((entity) => dropEmpty({ ...entity, message: clip(entity.message, 500) })),
    log_lines: lines,
    log_lines_of: lines.length === 0 ? undefined : (doubt ?? (version && `${first.name}, config version ${version}`)),
    remedy: cause?.remedy,
  });
}

async function explainedLog(http: Http, found: Endpoint, deployment: Deployment | undefined, log: 'service' | 'build') {
  const read = deployment && (await readLog(http, found, deployment, log).catch(() => undefined));
  if (!read || read.text === '') return undefined;
  const lines = logLines(lastLines(read.text).text, SEARCHED);
  const { lines: chosen, cause } = explain(lines, EVIDENCE_LINES, log);
  return {
    lines: chosen.map((at) => keyPart(lines[at] ?? '')),
    // Lines of another config prove nothing about this one.
    cause: cause?.remedy === undefined || read.doubt !== undefined ? undefined : cause,
    doubt: chosen.length === 0 ? undefined : read.doubt,
  };
}
