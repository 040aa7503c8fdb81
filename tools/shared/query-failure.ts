/** Answers with status 200 that are none: failures, blocks of a policy, and bodies that cannot be read. */
import { causeInText } from '../../src/advice/advice.ts';
import { OddNumbers } from '../../src/digest/odd-numbers.ts';
import { Refusal, type ToolResult } from '../../src/refusal.ts';
import { query } from '../../src/rest/index.ts';
import { isObject } from '../../src/rest/json.ts';
import { UNREADABLE } from '../../src/rest/model-failure.ts';
import { traceInText } from '../../src/rest/trace-in-text.ts';
import { clip, clipJson } from '../../src/text/sanitize.ts';
import { readTraceback } from '../../src/text/traceback.ts';
import { answerFields, isSilent, MAX_OUTPUT, part } from './query-answer.ts';
import { dropEmpty } from './view.ts';

/** The query that was sent. */
export type Asked = { endpoint: string } & Pick<query.QueryOptions, 'entity' | 'api'>;

const NOT_REPEATED = 'The query was not repeated.';

/**
 * What ends a call as an error, although the service accepted the query.
 * @param origin the fields that say where the answer came from.
 */
export function refusalIn(
  said: query.ModelAnswer | undefined,
  { body, unread, origin: from }: Pick<query.Reply, 'body' | 'unread' | 'origin'>,
  asked: Asked,
  origin: ToolResult,
): Refusal | undefined {
  if (unread) return unreadable(unread, origin);
  if (said?.policy) return blocked(said, said.policy, origin);
  if (said?.failure) return failed(said, said.failure, from, asked, { ...origin, ...restOf(body) });
  if (said && isBlockedByGuardrail(said)) return guarded(said, origin);
  if (said?.cutOff && hasNothing(said)) return cutAtOnce(said.incomplete ?? '', origin);
  return undefined;
}

/** Whether nothing at all arrived. */
function hasNothing(said: query.ModelAnswer): boolean {
  const { reasoning, fields, toolResults, others } = said;
  return isSilent(said) && reasoning === '' && Object.keys(fields).length + toolResults.length + others.size === 0;
}

/** Fields of an error body that the report of the error shows. */
const ERROR_FIELDS =
  /^(?:error|error_code|errorCode|message|details|stack_trace|status|status_code|code|type|object|id|output|choices|model)$/;

/** What a body has next to its error. */
function restOf(body: unknown): ToolResult {
  if (!isObject(body)) return {};
  const rest = Object.fromEntries(Object.entries(body).filter(([name]) => !ERROR_FIELDS.test(name)));
  return dropEmpty({ other_fields: part(new OddNumbers().show(rest, '')) });
}

/** A stream that ended before it said anything. */
function cutAtOnce(incomplete: string, origin: ToolResult): Refusal {
  return new Refusal(
    'empty_answer',
    `the stream ended before the model said anything: ${clip(incomplete, 300)}`,
    `The model may have run. ${NOT_REPEATED} Repeat the call if running it twice does no harm.`,
    origin,
  );
}

function unreadable({ text, type, lost }: NonNullable<query.Reply['unread']>, origin: ToolResult): Refusal {
  const data = { ...origin, answer: clipJson(text, MAX_OUTPUT / 2), ...dropEmpty({ content_type: clip(type, 100) }) };
  if (lost) {
    const timeout = lost.kind === 'timeout';
    return new Refusal(
      timeout ? 'timeout' : 'connection',
      `the answer was cut off, and only its beginning arrived: ${lost.message}`,
      `The model ran, so the query was not sent again. answer has what arrived. Repeat the call${timeout ? ', with a longer timeout_seconds,' : ''} if running it twice does no harm.`,
      data,
      { cause: undefined },
    );
  }
  return new Refusal(
    'unreadable_answer',
    `the model answered, and this could not be read: its ${text.length} characters are neither JSON nor text`,
    'The model ran, so the query was not sent again, and a repeat probably gives the same. answer has the beginning of what it sent.',
    data,
  );
}

function blocked(said: query.ModelAnswer, policy: Record<string, unknown>, origin: ToolResult): Refusal {
  const shown = Object.fromEntries(
    Object.entries(policy).map(([name, value]) => [clip(name, 60), clip(String(value), 1_000)]),
  );
  return new Refusal(
    'policy_block',
    'a service policy blocked this request, so there is no answer of the model',
    'Do not reword the request to get around the policy. Tell the user, who can ask the owner of the policy about it.',
    { ...origin, ...dropEmpty({ policy: shown, partial_answer: partOf(said) }) },
  );
}

/** The gateway of an endpoint names the side of the guardrail in the finish reason. */
function isBlockedByGuardrail({ finishReason, fields }: query.ModelAnswer): boolean {
  return /guardrail_triggered$/.test(finishReason ?? String(fields.finishReason ?? ''));
}

function guarded(said: query.ModelAnswer, origin: ToolResult): Refusal {
  return new Refusal(
    'guardrail_block',
    'a guardrail of the endpoint blocked this request or its answer',
    'Do not reword the request to get around the guardrail. Tell the user.',
    { ...origin, ...answerFields(said, { trace: false }) },
  );
}

function failed(
  said: query.ModelAnswer,
  failure: NonNullable<query.ModelAnswer['failure']>,
  from: query.Origin,
  { endpoint, ...of }: Asked,
  origin: ToolResult,
): Refusal {
  const data = { ...origin, ...dropEmpty({ partial_answer: partOf(said) }) };
  if (failure.from === 'service') {
    const cause = query.refusalOf(failure, endpoint, of, from);
    return new Refusal(cause.code, 'the answer ended with an error', NOT_REPEATED, data, { cause });
  }
  if (failure.code === UNREADABLE)
    return new Refusal(
      UNREADABLE,
      `the model answered, and this could not be read: ${clip(failure.message, 500)}`,
      'The model ran, so the query was not sent again. Repeat the call if a second inference is acceptable.',
      data,
    );
  const code = /^\w[\w.-]{0,60}$/.test(failure.code ?? '') ? String(failure.code) : 'model_failed';
  const { words, trace } = traceInText(failure.message) ?? { words: failure.message, trace: undefined };
  const known = causeInText(words, { endpoint });
  const next =
    known?.next ??
    'The failure comes from inside the model or agent, not from the endpoint. Correct what the message names, or show it to the author of the model.';
  return new Refusal(
    code,
    `the model ran and reported a failure: ${clip(words, 1_000)}`,
    `${NOT_REPEATED} ${next}`,
    { ...data, ...dropEmpty({ trace: trace && readTraceback(trace) }) },
    { retryable: known?.again ?? false },
  );
}

/** What a model said before its answer ended. */
function partOf(said: query.ModelAnswer): ToolResult | undefined {
  const { text, notes: _, ...fields } = answerFields(said, { trace: false });
  const part = dropEmpty({ text, ...fields });
  return Object.keys(part).length > 0 ? part : undefined;
}
