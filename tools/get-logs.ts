import * as z from 'zod';
import { eventReasons } from '../src/digest/events.ts';
import type { FailureCause } from '../src/digest/failure-cause.ts';
import { causeOf } from '../src/digest/failure-causes.ts';
import { explain, keyPart } from '../src/digest/key-lines.ts';
import { filterLog, sinceTime } from '../src/digest/log-filter.ts';
import { lastLines, logLines, SEARCHED, shortLine } from '../src/digest/log-lines.ts';
import { isAtZero } from '../src/plan/at-zero.ts';
import { type Deployment, deploymentsOf } from '../src/plan/deployments.ts';
import { isStopped } from '../src/plan/stopped.ts';
import { call, Refusal } from '../src/refusal.ts';
import { type DeploymentLog, readLog } from '../src/rest/deployment-log.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints, logs } from '../src/rest/index.ts';
import { ENDPOINT_NAME } from '../src/rest/names.ts';
import { clip } from '../src/text/sanitize.ts';
import { timeText } from '../src/text/time.ts';
import { defineTool } from '../src/tool.ts';
import { endpoint, entity } from './params.ts';
import { refuseUnknownEntity, refuseWithoutContainer } from './shared/refusals.ts';
import { dropEmpty } from './shared/view.ts';

/** Lines of a caller who names no number, as far as they fit into {@link USUAL_TEXT}. */
const USUAL_LINES = 50;
/** Characters of log text where the caller names no number of lines, about 1,700 tokens. */
const USUAL_TEXT = 6_700;
/** Characters of log text in one answer, about 4,000 tokens. */
const MAX_TEXT = 16_000;
/** Key lines in one answer. */
const KEY_LINES = 6;

type LogName = 'service' | 'build';

export const getLogs = defineTool({
  name: 'get_logs',
  title: 'Read logs',
  effect: 'read',
  toolsets: ['observe', 'endpoints', 'rollout'],
  description:
    'Reads the last lines of a served entity’s log: service (output of the container, including why it failed to start), build (how its image was built) or events (what happened to the deployment). Without entity, picks one that failed, else one that is starting, else the one with the most traffic. key_lines are those that explain a failure.',
  input: z.strictObject({
    endpoint,
    entity: entity.optional(),
    log: z
      .enum(['service', 'build', 'events'])
      .optional()
      .describe('Default: service, or build when the service log is empty.'),
    lines: z.int().min(1).max(500).optional().describe('Number of lines. Default: up to 50.'),
    contains: z.string().min(1).max(200).optional().describe('Only lines with this text, ignoring case.'),
    exclude: z.string().min(1).max(200).optional().describe('Only lines without this text.'),
    since: z.string().max(40).optional().describe('Only lines since then: 15m, 2h, 1d or an ISO time.'),
    before: z.int().min(1).max(1_000_000).optional().describe('Only lines before this line number, to page backwards.'),
    config_version: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('Default: that of the newest deployment of the entity.'),
  }),
  output: z.looseObject({
    entity: z.string().optional(),
    config_version: z.number().optional(),
    lines: z.array(z.string()).optional(),
    key_lines: z.array(z.string()).optional(),
    omitted: z.number().optional(),
  }),

  async run(args, { http }) {
    const { endpoint: name, lines, contains, exclude, before } = args;
    const found = await endpoints.get(http, name);
    const deployment = chooseDeployment(found, args.entity, args.config_version);
    // Events are about the endpoint. Models without a container have them too.
    if (args.log !== 'events') refuseWithoutContainer(found, deployment.entity);
    const since = sinceOf(args.since, http.time());
    const {
      log,
      text: whole,
      missing,
      doubt,
      instead,
      reported,
    } = await readAny(http, found, deployment, args.log, since);
    const { text, skipped } = lastLines(whole);
    const all = logLines(text, SEARCHED);
    const { kept, counts, undated } = filterLog(all, { contains, exclude, since });
    const { lines: explaining, cause } =
      log === 'events' ? { lines: [], cause: reported } : explain(all, KEY_LINES, log);
    const visible = new Set(kept);
    const key_lines = explaining.filter((at) => visible.has(at)).map((at) => keyPart(all[at] ?? ''));
    const from = contains === undefined ? undefined : contains.toLowerCase();
    const matching = kept
      .filter((at) => before === undefined || at + 1 < before)
      .map((at) => ({ number: at + 1, text: shown(all[at] ?? '', from) }));
    const room = lines === undefined ? USUAL_TEXT - sizeOf(key_lines) : MAX_TEXT;
    const tail = lastThatFit(matching.slice(-(lines ?? USUAL_LINES)), room);
    const omitted = matching.length - tail.length;
    const { entity, configVersion, config } = deployment;
    const known = doubt === undefined ? configVersion : undefined;
    return dropEmpty({
      endpoint: name,
      entity: entity.name,
      log,
      config_version: known,
      config: config === 'active' ? undefined : config,
      read_at: timeText(http.time()),
      since: timeText(since),
      total_lines: all.length - (counts.noise ?? 0),
      unread_characters: skipped || undefined,
      filtered: dropEmpty({ ...counts, key_lines: explaining.length - key_lines.length || undefined }),
      key_lines,
      // Lines of another config prove nothing about this one.
      remedy: (doubt === undefined ? cause : undefined)?.remedy ?? stateRemedy(deployment),
      lines: tail.map((line) => line.text),
      omitted: omitted || undefined,
      other_entities: othersOf(found, entity.name),
      version_note: doubt,
      note:
        [instead, undated && all.length > 0 ? 'no line of this log has a time, so since had no effect' : undefined]
          .filter(Boolean)
          .join('. ') || emptyNote(found, { log, missing, all: all.length, matching: matching.length, deployment }),
      next:
        omitted > 0 && tail[0]
          ? call(
              'get_logs',
              dropEmpty({
                endpoint: name,
                entity: ENDPOINT_NAME.test(entity.name) ? entity.name : undefined,
                log,
                before: tail[0].number,
                lines,
                contains,
                exclude,
                since: timeText(since),
                config_version: args.config_version ?? (config === 'active' ? undefined : known),
              }),
            )
          : undefined,
    });
  },
});

/** The remedy for the reason in the state of a failed deployment. */
function stateRemedy({ entity, config }: Deployment): string | undefined {
  return config === 'failed update' ? causeOf(entity.state?.deployment_state_message ?? '')?.remedy : undefined;
}

/** The deployment whose log is read. @throws Refusal when there is none. */
function chooseDeployment(found: Endpoint, entity: string | undefined, version: number | undefined): Deployment {
  const { name } = found;
  const all = deploymentsOf(found);
  const named = all.filter((each) => entity === undefined || each.entity.name === entity);
  const deployment = named.find((each) => version === undefined || each.configVersion === version);
  if (deployment) return deployment;
  // Logs of an earlier config may still be there, under a name that no longer is.
  const earlier = named[0]?.entity ?? (version !== undefined && entity !== undefined ? { name: entity } : undefined);
  if (earlier) return { entity: earlier, configVersion: version, config: 'earlier update' };
  if (entity !== undefined)
    refuseUnknownEntity(
      name,
      all.map((each) => each.entity),
      entity,
    );
  const message = `endpoint ${name} has no served entity, so it has no log`;
  throw new Refusal('no_entity', message, `See ${call('get_endpoint', { endpoint: name })}.`);
}

interface AnyLog extends DeploymentLog {
  log: LogName | 'events';
  /** Why this log was read in place of another. */
  instead: string | undefined;
  /** The cause that events name. */
  reported?: FailureCause | undefined;
}

/** A container that never started has an empty service log. The build log then has the reason. */
async function readAny(
  http: Http,
  found: Endpoint,
  deployment: Deployment,
  asked: LogName | 'events' | undefined,
  since: number | undefined,
): Promise<AnyLog> {
  if (asked === 'events') return { ...(await readEvents(http, found, deployment)), log: asked, instead: undefined };
  const log = asked ?? 'service';
  const first = { ...(await readLog(http, found, deployment, log)), log, instead: undefined };
  if (asked !== undefined || first.text.trim() !== '') return first;
  // The build of a container that has run is no answer to what happened since then.
  if (since !== undefined && whyEmpty(found, deployment).hasRun) return first;
  const build = await readLog(http, found, deployment, 'build');
  if (build.text.trim() !== '') {
    const instead = `the service log is empty: ${whyEmpty(found, deployment).why}; this is the build log`;
    return { ...build, log: 'build', instead };
  }
  if (deployment.config === 'active') return first;
  const events = await readEvents(http, found, deployment);
  if (events.text === '') return first;
  return { ...events, log: 'events', instead: 'the service log and the build log are empty; these are the events' };
}

/** Why a container has no lines, as far as its state tells, and whether it has run. */
function whyEmpty(found: Endpoint, { entity, config }: Deployment): { hasRun: boolean; why: string } {
  const deployment = entity.state?.deployment;
  if (isStopped(found)) return { hasRun: true, why: 'the endpoint is stopped, and the lines went with its containers' };
  if (isAtZero(entity))
    return { hasRun: true, why: 'the entity is scaled to zero, and the lines went with its replicas' };
  if (deployment === 'DEPLOYMENT_READY' && config === 'active')
    return { hasRun: true, why: 'the container runs, and the service keeps only recent lines' };
  return { hasRun: false, why: 'the container has not started, or it has written nothing' };
}

/** The events of a deployment as lines, oldest first. */
async function readEvents(
  http: Http,
  found: Endpoint,
  { entity, configVersion, config }: Deployment,
): Promise<DeploymentLog & Pick<AnyLog, 'reported'>> {
  const events = await logs.events(http, found.name);
  const own = events?.filter(
    (event) =>
      (event.config_version ?? configVersion) === configVersion &&
      (event.served_entity_name ?? entity.name) === entity.name,
  );
  const text = (own ?? []).map(({ timestamp, message }) =>
    [timeText(timestamp), clip(message, SEARCHED).replace(/\s*\n\s*/g, ' ')].filter(Boolean).join(' '),
  );
  const failed = config === 'failed update' && own !== undefined;
  return {
    text: text.join('\n'),
    missing: events === undefined,
    doubt: undefined,
    reported: failed ? eventReasons(own, configVersion).cause : undefined,
  };
}

/** @throws Refusal for a text that is no time. */
function sinceOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const time = sinceTime(text, now);
  if (time !== undefined) return time;
  throw new Refusal(
    'invalid_arguments',
    'since is neither a duration nor an ISO time',
    'Give 15m, 2h, 1d or 2026-03-01T12:00:00Z.',
  );
}

function othersOf(found: Endpoint, chosen: string): string[] {
  const names = deploymentsOf(found).map(({ entity }) => entity.name);
  return [...new Set(names)].filter((name) => name !== chosen);
}

/** A line, cut so that the text that was searched for is visible. */
function shown(line: string, wanted: string | undefined): string {
  return shortLine(line, wanted === undefined ? 0 : Math.max(0, line.toLowerCase().indexOf(wanted)));
}

/** The last lines that fit into `room` characters. */
function lastThatFit<Line extends { text: string }>(lines: Line[], room: number): Line[] {
  let size = 0;
  const from = lines.findLastIndex((line) => {
    size += sizeOf(line.text) + 1;
    return size > room;
  });
  return lines.slice(from + 1);
}

const sizeOf = (value: unknown) => JSON.stringify(value).length;

function emptyNote(
  found: Endpoint,
  read: { log: LogName | 'events'; missing: boolean; all: number; matching: number; deployment: Deployment },
): string | undefined {
  const { log, missing, deployment } = read;
  if (read.matching > 0) return undefined;
  if (read.all > 0) return 'no line matches the filters';
  if (log === 'events')
    return missing ? 'this workspace or your rights give no access to events' : 'no event of this deployment is listed';
  if (missing) {
    const version = deployment.configVersion === undefined ? '' : ` of config version ${deployment.configVersion}`;
    const { hasRun, why } = whyEmpty(found, deployment);
    const reason = log === 'service' && hasRun ? why : 'it was never started, or its log has expired';
    return `the service has no ${log} log${version} for this entity: ${reason}`;
  }
  return log === 'service'
    ? `the log is empty: ${whyEmpty(found, deployment).why}. The build log may have more`
    : 'the build log is empty because the build has not started or its log has expired';
}
