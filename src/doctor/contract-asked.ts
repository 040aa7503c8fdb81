/** What the check asks, and what came back. Nothing here may be shown as it is: answers hold names, texts and ids of the workspace. */
import type { AnswerName } from '../sandbox/answers/index.ts';

/** Whose right a read needs. */
export type Family =
  | 'serving'
  | 'endpoint'
  | 'access'
  | 'catalog'
  | 'grants'
  | 'directory'
  | 'apps'
  | 'secrets'
  | 'host';

/** One read. It has no method: everything here is a GET. */
export interface Question {
  /** Unique, such as `endpoint-missing` or `metrics.custom`. */
  id: string;
  /** The path with names replaced, as reports show it. */
  route: string;
  path: string;
  query?: Record<string, string>;
  family: Family;
  /** The form of the answer. */
  answer: AnswerName | 'metrics';
  /** The status that the sandbox answers with. Default 200. */
  status?: number;
  /** What the question is about, as a name of the workspace. Reports show its stand-in. */
  subject?: string;
  /** The names in the question, by the placeholder that texts have for them. */
  names?: Record<string, string>;
  /** Without a login. */
  unsigned?: boolean;
}

/** Why there was no answer. */
export type Silence = 'timeout' | 'connection' | 'too_large' | 'requests' | 'time';

export interface Asked {
  question: Question;
  /** Absent when there was no answer. */
  reply?: Reply;
  silence?: Silence;
}

export interface Reply {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** The content type without its parameters. */
  type: string;
  text: string;
  /** The JSON value. Undefined when the text is no JSON. */
  body: unknown;
}

/** Whether the answer has the status that the sandbox answers with. */
export function asExpected({ question, reply }: Asked): boolean {
  return reply !== undefined && reply.status === (question.status ?? 200);
}

/** A question without names in its path. */
export function question(id: string, family: Family, path: string, answer: Question['answer']): Question {
  return { id, family, route: path, path, answer };
}

/** One path segment. A service that names something `..` must not lead the check to another path. */
export function part(name: string): string {
  return /^\.{1,2}$/.test(name) ? '%2E' : encodeURIComponent(name);
}
