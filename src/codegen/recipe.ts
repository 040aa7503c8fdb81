/** Types and texts that the code generators share. All generators are pure. */
import type { Signer } from '../rest/http.ts';

/** The kind of API that an endpoint has. It decides request, answer and stream (facts Q1, Q2 and Q4). */
export type Family = 'chat' | 'completions' | 'embeddings' | 'responses' | 'chat_agent' | 'custom';

/** An endpoint as the generators see it. All of it can be text from outside, so it enters code only as a literal. */
export interface Subject {
  endpoint: string;
  /** Origin of the workspace, `https://…`. */
  host: string;
  cloud: Signer['cloud'];
  family: Family;
  /** The model that the endpoint serves, for notes about one model family. */
  model: string;
  /** An example request body, without `stream`. */
  body: Record<string, unknown>;
  /** Set for a route-optimized endpoint, which has its own URL (fact D1) and takes only a token for it (fact D2). */
  direct: { url: string; details: string } | undefined;
  /** Name of the Databricks App. */
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
  /** Environment variable → source of its value. */
  environment: Record<string, string>;
}

/** The reason why there is no recipe, and the target to use instead. */
export interface NoRecipe {
  code: string;
  message: string;
  instead: 'node';
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

/** The variables that each generated client outside Databricks reads. */
export function clientEnvironment(subject: Subject): Record<string, string> {
  const secret =
    subject.cloud === 'azure'
      ? 'its OAuth secret, created in Databricks; a Microsoft Entra secret does not work'
      : 'its OAuth secret, created in the workspace or account settings';
  return {
    DATABRICKS_HOST: subject.host,
    DATABRICKS_CLIENT_ID: 'application id of a service principal with CAN_QUERY',
    DATABRICKS_CLIENT_SECRET: secret,
    ...(subject.direct
      ? {}
      : { DATABRICKS_TOKEN: 'a personal access token instead of these two, only on your own machine' }),
  };
}

/** Notes for every client of this endpoint. */
export function clientNotes(subject: Subject): string[] {
  const { direct, family, model } = subject;
  return [
    ...(direct ? ['Route-optimized: called at its own URL with its own token; personal tokens do not work.'] : []),
    ...(family === 'chat' && /gpt-oss/i.test(model)
      ? ['This model answers in parts, including reasoning. The code returns only the text parts.']
      : []),
    ...(family === 'custom' ? ['Send at most 16 MB per request.'] : []),
  ];
}
