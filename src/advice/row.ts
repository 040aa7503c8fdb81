/** The form of a row: words that a service says, with their cause and remedy. */
import type { Window } from '../rest/limit-window.ts';
import type { Refuser } from '../rest/said.ts';

/** The failed call. */
export interface CallInfo {
  tool: string;
  effect: 'read' | 'query' | 'write' | 'destroy';
  /** The endpoint argument, when the call had a valid one. */
  endpoint?: string | undefined;
  /** A similar name that exists, when the endpoint does not. */
  near?: string | undefined;
  /** The model argument, when the call had a valid one. */
  model?: string;
  /** The login is a token that a platform forwards, so the caller renews it by signing in there. */
  forwarded?: boolean;
}

/** Everything that a row may look at. */
export interface Refusal extends CallInfo {
  status: number;
  /** The codes of all wrappings, outermost first. */
  codes: readonly string[];
  method: string;
  path: string;
  by: Refuser;
  provider: string | undefined;
  guardrail: { side: 'input' | 'output'; personalData: boolean } | undefined;
  /** Milliseconds that the service asks to wait. */
  retryAfterMs: number | undefined;
  /** The time over which the limit counts. */
  window: Window | undefined;
  /** The innermost message and those around it, the innermost first. */
  layers: readonly string[];
  /** The exception that a model raised. */
  raised: string | undefined;
}

/** Who must act. */
export type Who =
  | 'caller'
  | 'login'
  | 'workspace admin'
  | 'account admin'
  | 'network admin'
  | 'endpoint manager'
  | 'model author'
  | 'object owner'
  | 'provider account'
  | 'databricks';

export interface Row {
  /** Names the cause. */
  id: string;
  /** Parts of the message that never change. Three dots match a name. Case and white space do not matter. */
  words: readonly string[];
  /** Codes that name the cause without words. Providers have such codes. */
  codes?: readonly string[];
  /** What to say when the refusal was an answer to the model, if it is more than `say`. */
  inside?: string;
  /** The words count only at the start of a message, because the caller's own text may contain them further on. */
  atStart?: true;
  /** With status 400, no colon may come before the words. What follows one is often the value that the service refuses. */
  firstIn400?: boolean;
  /** A condition. A row without words and codes needs one. */
  when?(refusal: Refusal): boolean;
  /** `first` wins over longer words, `last` loses against any other row. */
  order?: 'first' | 'last';
  /** Whether the same call may succeed later without any change. */
  again: boolean | ((refusal: Refusal) => boolean);
  who: Who;
  /** Advice in trusted words. Nothing that the service said becomes part of it. */
  say: string | ((refusal: Refusal) => string);
}
