/** Types and texts that the code generators share. All generators are pure. */
import { GATEWAY_PATH } from '../rest/names.ts';
import { type LoginSubject, loginNotes } from './login.ts';

/** The kind of API that an endpoint has. It decides request, answer and stream (facts Q1, Q2 and Q4). */
export type Family = 'chat' | 'completions' | 'embeddings' | 'responses' | 'chat_agent' | 'custom';

/** An endpoint as the generators see it. All of it can be text from outside, so it enters code only as a literal. */
export interface Subject extends LoginSubject {
  endpoint: string;
  family: Family;
  /** The model that the endpoint serves, for notes about one model family. */
  model: string;
  /** An example request body, without `stream`. */
  body: Record<string, unknown>;
  /** Name of the Databricks App. */
  appName: string;
  /** Set when the app or its folder exists. Its files are added to, and never replaced. */
  existing?: ExistingApp | undefined;
}

export interface File {
  path: string;
  content: string;
}

/** An app or a bundle folder to which an endpoint is added. */
export interface ExistingApp {
  /** Key of the resource, which no other resource of the app has. */
  key: string;
  /** The variable for the name of the endpoint, which no other endpoint of the app uses. */
  variable: string;
  /** Alias of the endpoint in the serving plugin, when the app has another endpoint. */
  alias?: string;
}

export interface Recipe {
  files: File[];
  /** Parts to add to files that exist. */
  add?: (File & { where: string })[];
  install?: string;
  notes: string[];
  /** Environment variable → source of its value. */
  environment: Record<string, string>;
  /** The request as one line of a shell. */
  curl?: string;
}

/** The reason why there is no recipe, and the target to use instead. */
export interface NoRecipe {
  code: string;
  message: string;
  instead: 'node';
}

/** Path of the requests, from the host on. */
export function pathOf({ api, endpoint }: Subject): string {
  return api === undefined ? `/serving-endpoints/${endpoint}/invocations` : `${GATEWAY_PATH}/${api}`;
}

/** Whether the answers are text that can be streamed. */
export function speaks(family: Family): boolean {
  return family !== 'embeddings' && family !== 'custom';
}

/** The family of a task (fact Q3). Without a task, the signature of the model decides. */
export function familyOf(task: string | undefined): Family {
  switch (task) {
    case 'llm/v1/chat':
    case 'agent/v1/chat': // the legacy ChatModel, whose answers have the form of a chat model
      return 'chat';
    case 'llm/v1/completions':
      return 'completions';
    case 'llm/v1/embeddings':
      return 'embeddings';
    case 'agent/v1/responses':
      return 'responses';
    case 'agent/v2/chat':
      return 'chat_agent';
    default:
      return 'custom';
  }
}

/** A small example body for each family whose form follows from the task. */
export function exampleBody(family: Exclude<Family, 'custom'>): Record<string, unknown> {
  const messages = [{ role: 'user', content: 'Say hello in one sentence.' }];
  switch (family) {
    case 'completions':
      return { prompt: 'Once upon a time', max_tokens: 64 };
    case 'embeddings':
      // OpenAI clients ask for base64 by default, and the gateway route shortens it (fact Q12).
      return { input: ['first text', 'second text'], encoding_format: 'float' };
    case 'responses':
      return { input: messages };
    default:
      return { messages };
  }
}

export const SERVER_NOTE = 'Add authentication before you publish the server.';
/** A model service has no container that could sleep. */
export function wakeNote({ api }: Subject): string {
  return `Requests wait 300 s${api === undefined ? ', which outlasts a wake from zero' : ''}.`;
}

/** Notes for every client of this endpoint. @param block what the code does when a policy blocks a call. */
export function clientNotes(subject: Subject, block = 'the code throws it as an error'): string[] {
  const { direct, family, model } = subject;
  return [
    ...(subject.api === undefined
      ? []
      : [
          'The caller needs EXECUTE on the model service, with USE SCHEMA and USE CATALOG.',
          `A block by a service policy is a 200 whose sentence is not the model’s: ${block}. Do not reword a request to get around it.`,
        ]),
    ...(direct ? ['Route-optimized: called at its own URL with its own token; personal tokens do not work.'] : []),
    ...(family === 'chat' && /gpt-oss/i.test(model)
      ? ['This model answers in parts, including reasoning. The code returns only the text parts.']
      : []),
    ...(family === 'custom' ? ['Send at most 16 MB per request.'] : []),
    ...loginNotes(subject),
  ];
}
