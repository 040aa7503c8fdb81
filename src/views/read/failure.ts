/** A refusal of a tool. Pure. */
import { isObject } from '../../rest/json.ts';
import type { Data } from '../host/host.ts';
import { textOf } from './fields.ts';

export interface Failure {
  message: string;
  /** What to do, as the tool says it. */
  next?: string | undefined;
  code?: string | undefined;
  /** The whole refusal: some name what can be chosen instead. */
  data?: Data;
}

/** @param data an answer that failed. It may have any form. */
export function failureOf(data: Data): Failure {
  const { error } = data;
  if (!isObject(error)) return { message: textOf(error) ?? 'The tool refused the call and did not say why.' };
  const message = textOf(error.message) ?? 'The tool refused the call and did not say why.';
  return { message, next: textOf(error.next), code: textOf(error.code), data };
}
