/** What the code generators share: what is known of an endpoint, and what a recipe is. All of them are pure. */
import type { Signer } from '../rest/http.ts';

/** The kind of API that an endpoint has. It decides request, answer and stream (facts Q1, Q2 and Q4). */
export type Family = 'chat' | 'completions' | 'embeddings' | 'responses' | 'chat_agent' | 'custom';

/** An endpoint as the generators see it. Everything in it may be text of other people: it enters code as a literal only. */
export interface Subject {
  endpoint: string;
  /** Origin of the workspace, `https://…`. */
  host: string;
  cloud: Signer['cloud'];
  family: Family;
  /** What the endpoint runs on, for notes that belong to one model family. */
  model: string;
  /** A right request body, without `stream`. */
  body: Record<string, unknown>;
  /** Set for a route-optimised endpoint, which has its own URL (fact D1) and takes only a token for it (fact D2). */
  direct: { url: string; details: string } | undefined;
  /** For a Databricks App. */
  appName: string;
}

export interface File {
  path: string;
  content: string;
}

export interface Recipe {
  files: File[];
  install?: string;
  notes: string[];
  /** Variable → where its value comes from. */
  environment: Record<string, string>;
}

/** Why there is no recipe, and what to do instead. */
export interface NoRecipe {
  code: string;
  message: string;
  instead: 'node';
}

/** Families whose answers are text that can be streamed. */
export function speaks(family: Family): boolean {
  return family !== 'embeddings' && family !== 'custom';
}

/** The family of an endpoint by its task (fact Q3). Without a task, the signature of the model decides. */
export function familyOf(task: string | undefined): Family {
  switch (task) {
    case 'llm/v1/chat':
    case 'agent/v1/chat': // the legacy ChatModel, which answers as a chat model does
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

/** A small right body for the families whose form is known from the task. */
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

/** The variables that every generated client outside Databricks reads. */
export function clientEnvironment(subject: Subject): Record<string, string> {
  const where =
    subject.cloud === 'azure'
      ? 'its OAuth secret, made in Databricks: a Microsoft Entra secret is refused here'
      : 'its OAuth secret, made in the workspace or account settings';
  return {
    DATABRICKS_HOST: subject.host,
    DATABRICKS_CLIENT_ID: 'application id of a service principal that has CAN_QUERY',
    DATABRICKS_CLIENT_SECRET: where,
    ...(subject.direct ? {} : { DATABRICKS_TOKEN: 'a personal token instead of these two, on your own machine only' }),
  };
}

/** Notes that hold for every client of this endpoint. */
export function clientNotes(subject: Subject): string[] {
  const { direct, family, model } = subject;
  return [
    ...(direct
      ? ['Route-optimised: called at its own URL with a token narrowed to it; personal tokens never work.']
      : []),
    ...(family === 'chat' && /gpt-oss/i.test(model)
      ? ['This model answers in parts, reasoning among them; only the text parts are passed on.']
      : []),
    ...(family === 'custom' ? ['Send at most 16 MB a request.'] : []),
  ];
}
