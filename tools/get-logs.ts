import * as z from 'zod';
import { keyLines } from '../src/digest/key-lines.ts';
import { lastLines, logLines } from '../src/digest/log-lines.ts';
import { call, Refusal } from '../src/refusal.ts';
import { ApiError } from '../src/rest/errors.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints, logs, type ServedEntity } from '../src/rest/index.ts';
import { ENDPOINT_NAME } from '../src/rest/names.ts';
import { defineTool } from '../src/tool.ts';
import { endpoint, entity } from './params.ts';
import { refuseUnknownEntity, refuseWithoutContainer } from './shared/refusals.ts';
import { dropEmpty } from './shared/view.ts';

/** Characters of log text in one answer, about 4,000 tokens. */
const MAX_TEXT = 16_000;

export const getLogs = defineTool({
  name: 'get_logs',
  title: 'Read logs',
  effect: 'read',
  description:
    'Reads the last lines of a served entity’s log: service (output of the container, including why it failed to start) or build (how its image was built). Without entity, picks one that failed, else one that is starting, else the one with the most traffic.',
  input: z.strictObject({
    endpoint,
    entity: entity.optional(),
    log: z.enum(['service', 'build']).optional().describe('Default: service, or build when the service log is empty.'),
    lines: z.int().min(1).max(500).default(50).describe('Number of lines to return.'),
    contains: z.string().min(1).max(200).optional().describe('Only lines with this text, ignoring case.'),
    before: z.int().min(1).max(1_000_000).optional().describe('Only lines before this line number, to page backwards.'),
  }),
  output: z.looseObject({
    entity: z.string().optional(),
    lines: z.array(z.string()).optional(),
    key_lines: z.array(z.string()).optional(),
    omitted: z.number().optional(),
  }),

  async run({ endpoint: name, entity: wanted, log: asked, lines, contains, before }, { http }) {
    const names = wanted === undefined ? await namesOf(http, name) : [wanted];
    const chosen = names[0];
    if (chosen === undefined) {
      const message = `endpoint ${name} has no served entity, so it has no log`;
      throw new Refusal('no_entity', message, `See ${call('get_endpoint', { endpoint: name })}.`);
    }
    const {
      log,
      text: whole,
      note,
    } = await read(http, name, chosen, asked).catch((error: unknown) => explainMissingLog(error, http, name, chosen));
    const { text, skipped } = lastLines(whole);
    const all = logLines(text).map((line, index) => ({ text: line, number: index + 1 }));
    const upTo = all.filter((line) => before === undefined || line.number < before);
    const matching =
      contains === undefined ? upTo : upTo.filter((line) => line.text.toLowerCase().includes(contains.toLowerCase()));
    const tail = lastThatFit(matching.slice(-lines));
    const first = tail[0];
    const omitted = matching.length - tail.length;
    return dropEmpty({
      endpoint: name,
      entity: chosen,
      log,
      total_lines: all.length,
      unread_characters: skipped || undefined,
      // The lines that explain a failure may be far above the tail.
      key_lines: keyLines(
        all.map((line) => line.text),
        5,
      ).filter((text) => !tail.some((line) => line.text === text)),
      lines: tail.map((line) => line.text),
      omitted: omitted || undefined,
      other_entities: names.slice(1),
      note:
        note ??
        (all.length === 0 ? emptyNote(log) : matching.length === 0 ? 'no line matches contains and before' : undefined),
      next:
        omitted > 0 && first
          ? call('get_logs', {
              endpoint: name,
              entity: ENDPOINT_NAME.test(chosen) ? chosen : undefined,
              log,
              before: first.number,
              lines,
              contains,
            })
          : undefined,
    });
  },
});

/** A container that never started has an empty service log. The build log then has the reason. */
async function read(http: Http, endpoint: string, entity: string, asked: 'service' | 'build' | undefined) {
  const log = asked ?? 'service';
  const text = await logs[log](http, endpoint, entity);
  if (asked !== undefined || text.trim() !== '') return { log, text };
  const build = await logs.build(http, endpoint, entity);
  if (build.trim() === '') return { log, text };
  const note =
    'the service log is empty because the container has not started, or the entity is stopped or scaled to zero; this is the build log';
  return { log: 'build' as const, text: build, note };
}

async function namesOf(http: Http, name: string): Promise<string[]> {
  const found = await endpoints.get(http, name);
  const [first, ...others] = candidates(found);
  if (first) refuseWithoutContainer(found, first);
  return [first, ...others].flatMap((each) => each?.name ?? []);
}

/** The service answers a missing log with a bare 404. The endpoint itself shows the reason. */
async function explainMissingLog(error: unknown, http: Http, name: string, entity: string): Promise<never> {
  if (!(error instanceof ApiError) || error.status !== 404) throw error;
  const found = await endpoints.find(http, name);
  if (!found) throw error;
  const known = candidates(found);
  refuseUnknownEntity(name, known, entity);
  for (const each of known) if (each.name === entity) refuseWithoutContainer(found, each);
  throw error;
}

/** Entities in the order in which their logs are likely to matter: failed ones, starting ones, then by traffic. */
function candidates(found: Endpoint): ServedEntity[] {
  const pending = endpoints.entitiesOf(found.pending_config);
  const traffic = endpoints.trafficOf(found.config);
  const active = endpoints
    .entitiesOf(found.config)
    .toSorted((a, b) => (traffic.get(b.name) ?? 0) - (traffic.get(a.name) ?? 0));
  const failed = [...pending, ...active].filter((each) => each.state?.deployment === 'DEPLOYMENT_FAILED');
  const starting = pending.filter((each) => each.state?.deployment !== 'DEPLOYMENT_READY');
  const all = [...failed, ...starting, ...active, ...pending];
  return all.filter((each, at) => all.findIndex(({ name }) => name === each.name) === at);
}

/** The last lines that fit into one answer. */
function lastThatFit<Line extends { text: string }>(lines: Line[]): Line[] {
  let size = 0;
  const from = lines.findLastIndex((line) => {
    size += JSON.stringify(line.text).length + 1;
    return size > MAX_TEXT;
  });
  return lines.slice(from + 1);
}

function emptyNote(log: 'service' | 'build'): string {
  return log === 'service'
    ? 'the log is empty because the container has not started, or the entity is stopped or scaled to zero; the build log may have more'
    : 'the build log is empty because the build has not started or its log has expired';
}
