import * as z from 'zod';
import { keyLines, logLines } from '../src/digest/log-lines.ts';
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
    'Last lines of a served entity’s log: service (what the running container wrote, also why it did not start) or build (how its image was made); without log the build log when the service log is empty. Without entity: the one that failed, else one that is coming up, else the one with most traffic.',
  input: z.strictObject({
    endpoint,
    entity: entity.optional(),
    log: z.enum(['service', 'build']).optional(),
    lines: z.int().min(1).max(500).default(50).describe('How many of the last lines.'),
    contains: z.string().min(1).max(200).optional().describe('Only lines with this text, case ignored.'),
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
      const message = `endpoint ${name} has no served entity, so there is no log`;
      throw new Refusal('no_entity', message, `See ${call('get_endpoint', { endpoint: name })}.`);
    }
    const { log, text, note } = await read(http, name, chosen, asked).catch((error: unknown) =>
      whyNone(error, http, name, chosen),
    );
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
      // What explains a failure may stand far above the tail.
      key_lines: keyLines(
        all.map((line) => line.text),
        5,
      ).filter((text) => !tail.some((line) => line.text === text)),
      lines: tail.map((line) => line.text),
      omitted: omitted || undefined,
      other_entities: names.slice(1),
      note:
        note ??
        (all.length === 0 ? emptyNote(log) : matching.length === 0 ? 'no line fits contains and before' : undefined),
      next:
        omitted > 0 && first
          ? call('get_logs', {
              endpoint: name,
              ...(ENDPOINT_NAME.test(chosen) ? { entity: chosen } : {}),
              log,
              before: first.number,
              lines,
              ...(contains ? { contains } : {}),
            })
          : undefined,
    });
  },
});

/** A container that never started wrote nothing: then what went wrong stands in the build log. */
async function read(http: Http, endpoint: string, entity: string, asked: 'service' | 'build' | undefined) {
  const log = asked ?? 'service';
  const text = await logs[log](http, endpoint, entity);
  if (asked !== undefined || text.trim() !== '') return { log, text };
  const build = await logs.build(http, endpoint, entity);
  if (build.trim() === '') return { log, text };
  const note =
    'the service log is empty: the container has not started, or the entity is scaled to zero; this is the build log';
  return { log: 'build' as const, text: build, note };
}

async function namesOf(http: Http, name: string): Promise<string[]> {
  const found = await endpoints.get(http, name);
  const [first, ...others] = candidates(found);
  if (first) refuseWithoutContainer(found, first);
  return [first, ...others].flatMap((each) => each?.name ?? []);
}

/** Of a log that does not exist the service only says so; the endpoint tells why. */
async function whyNone(error: unknown, http: Http, name: string, entity: string): Promise<never> {
  if (!(error instanceof ApiError) || error.status !== 404) throw error;
  const found = await endpoints.find(http, name);
  if (!found) throw error;
  const known = candidates(found);
  refuseUnknownEntity(name, known, entity);
  for (const each of known) if (each.name === entity) refuseWithoutContainer(found, each);
  throw error;
}

/** Entities in the order in which their log is likely wanted: failed ones, those that come up, then by traffic. */
function candidates(found: Endpoint): ServedEntity[] {
  const pending = endpoints.entitiesOf(found.pending_config);
  const traffic = endpoints.trafficOf(found.config);
  const active = endpoints
    .entitiesOf(found.config)
    .toSorted((a, b) => (traffic.get(b.name) ?? 0) - (traffic.get(a.name) ?? 0));
  const failed = [...pending, ...active].filter((each) => each.state?.deployment === 'DEPLOYMENT_FAILED');
  const rising = pending.filter((each) => each.state?.deployment !== 'DEPLOYMENT_READY');
  const all = [...failed, ...rising, ...active, ...pending];
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
    ? 'the log is empty: the container has not started, or the entity is scaled to zero; the build log may say more'
    : 'the build log is empty: the build has not begun, or its log is no longer kept';
}
