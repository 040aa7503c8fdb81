/** Sends one inference and reads its answer, whole or as a stream, for every kind of target. */
import { MAX_DEPTH } from '../../src/depth.ts';
import { Refusal, type ToolResult } from '../../src/refusal.ts';
import { stringifyExact } from '../../src/rest/exact-json.ts';
import { query } from '../../src/rest/index.ts';
import { clipTail } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { originFields, readAnswer, repeatedKeys } from './query-answer.ts';
import { refusalIn } from './query-failure.ts';
import { dropEmpty } from './view.ts';

/** Shortest time between two progress messages with partial text, in milliseconds. */
const PROGRESS_EVERY = 250;
/** Characters of partial text per progress message. */
const MAX_PROGRESS = 400;
const CLIPPED = `The model ran. Its answer is nested more than ${MAX_DEPTH} levels deep, so the deeper levels are not shown.`;

/** What a call says about its answer. */
export interface QuerySettings {
  endpoint: string;
  stream: boolean;
  vectors: boolean;
  texts?: string[] | undefined;
  extra?: Record<string, unknown> | undefined;
}

/** Sends the query. @throws Refusal when the answer is none: a failure, the block of a policy, or something that cannot be read. */
export async function sendQuery(
  args: QuerySettings,
  form: string,
  body: Record<string, unknown>,
  options: query.QueryOptions & { now: () => number },
  context: ToolContext,
): Promise<ToolResult> {
  const streams = args.stream && (form === 'messages' || form === 'texts');
  const streamed = streams ? await stream(args, body, options, context) : undefined;
  const reply = streamed
    ? (streamed.whole ?? { body: undefined, said: streamed, repeated: [], origin: streamed.origin })
    : await query.invoke(context.http, args.endpoint, body, options);
  const said = reply.said ?? query.joinAnswer(reply.body);
  const origin = originFields(reply, said, options.api);
  const refusal = refusalIn(said, reply, { endpoint: args.endpoint, entity: options.entity, api: options.api }, origin);
  if (refusal) throw refusal;
  const wanted = { vectors: args.vectors, trace: wantsTrace(args.extra), texts: args.texts?.length };
  return {
    ...readAnswer(reply.body, said, wanted),
    ...dropEmpty({
      clipped: reply.clipped && CLIPPED,
      repeated_keys: repeatedKeys(reply.repeated),
      first_text_milliseconds: streamed?.firstTextMs,
      next: said?.cutOff
        ? `The answer was cut off, and the query was not retried. Repeat the call${streamed?.late ? ' with a longer timeout_seconds' : ''} if a second inference is acceptable.`
        : undefined,
    }),
    ...origin,
  };
}

/** Agents send their trace with each answer that was asked for one. */
function wantsTrace(extra: QuerySettings['extra']): boolean {
  const options = extra?.databricks_options;
  return typeof options === 'object' && options !== null && 'return_trace' in options && options.return_trace === true;
}

/** Refuses a body that the service would not take. @param limit in bytes. */
export function checkSize(body: unknown, limit: number): void {
  const size = Buffer.byteLength(stringifyExact(body));
  if (size <= limit) return;
  const message = `the payload has ${(size / 1024 / 1024).toFixed(1)} MB, but this target accepts at most ${limit / 1024 / 1024} MB; nothing was sent`;
  throw new Refusal('payload_too_large', message, 'Send fewer rows or less text per call.');
}

/** Streams the answer, and reports its text so far as progress. */
function stream(
  args: QuerySettings,
  body: Record<string, unknown>,
  options: query.QueryOptions & { now: () => number },
  { clock, http, progress }: ToolContext,
): Promise<query.StreamedAnswer> {
  let reported = 0;
  return query.stream(http, args.endpoint, body, {
    ...options,
    onText(soFar) {
      if (clock.now() - reported < PROGRESS_EVERY) return;
      const shown = clipTail(soFar, MAX_PROGRESS);
      // A long text without a space is not scanned again for each piece.
      if (shown !== '' || soFar.length > MAX_PROGRESS) reported = clock.now();
      if (shown !== '') progress(shown);
    },
  });
}
