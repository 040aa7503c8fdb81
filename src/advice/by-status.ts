/** Advice where no words are known. It claims no cause: only what the status or the code makes certain. */
import { failedInside } from '../rest/effect.ts';
import type { Refusal, Row } from './row.ts';
import { isInference, logs, look, pause } from './words.ts';

const failed = (refusal: Refusal) => failedInside({ status: refusal.status, code: refusal.codes[0] ?? '' });

/** The first row whose condition holds decides. The last one always does. */
export const BY_STATUS: readonly Row[] = [
  {
    id: 'status_not_implemented',
    words: [],
    when: ({ status }) => status === 501,
    again: false,
    who: 'caller',
    say: 'The workspace does not have this API route. In the sandbox, the message says what it omits.',
  },
  {
    id: 'status_slow_model',
    words: [],
    when: (refusal) => refusal.status === 504 && isInference(refusal),
    again: false,
    who: 'caller',
    say: 'No answer came in the time that the service allows: the model was too slow, or not ready yet. The request may have run, so it was not sent again.',
  },
  {
    id: 'status_model_raised',
    words: [],
    when: (refusal) => failed(refusal) && isInference(refusal) && refusal.raised !== undefined,
    again: false,
    who: 'model author',
    say: (refusal) =>
      `The code of the model raised an exception. Its author reads the trace. It concerns the caller only if it names the input.${logs(refusal)}`,
  },
  {
    id: 'status_failed_inference',
    words: [],
    when: (refusal) => failed(refusal) && isInference(refusal),
    again: false,
    who: 'caller',
    say: 'The service failed, and the model may have run. Do not repeat the call unless running it twice does no harm.',
  },
  {
    id: 'platform_error',
    words: [],
    when: (refusal) => failed(refusal) && refusal.codes.includes('INTERNAL_ERROR'),
    again: true,
    who: 'databricks',
    say: 'The service failed. Wait a little and repeat the call, at most twice. If it persists, give the request id to Databricks support.',
  },
  {
    id: 'status_failed',
    words: [],
    when: failed,
    again: true,
    who: 'caller',
    say: 'The service failed. Wait a little and repeat the call.',
  },
  {
    id: 'status_busy',
    words: [],
    when: ({ status }) => status === 429 || status === 503,
    again: true,
    who: 'caller',
    say: (refusal) =>
      `${refusal.status === 429 ? 'The service asks to slow down.' : 'The service is not available at the moment.'} Wait ${pause(refusal, 'a little')} and repeat the call.`,
  },
  {
    id: 'status_precondition',
    words: [],
    when: ({ status }) => status === 412,
    again: true,
    who: 'caller',
    say: (refusal) =>
      `The object was changed meanwhile. Repeat the call, which reads the current state first. ${look(refusal)}`,
  },
  {
    id: 'status_conflict',
    words: [],
    when: ({ status }) => status === 409,
    again: false,
    who: 'caller',
    say: (refusal) => `The call conflicts with the current state, as the message says. ${look(refusal)}`,
  },
  {
    id: 'status_forbidden',
    words: [],
    when: ({ status }) => status === 403,
    again: false,
    who: 'caller',
    say: 'The service refused access, for no cause that is known here. Show the message to the user, who can ask the person in charge of what it names.',
  },
  {
    id: 'unknown',
    words: [],
    again: false,
    who: 'caller',
    say: 'Go by the message, which is all that is known: correct what it names, then repeat the call.',
  },
];
