/** One answer in the page itself, for a report that a person keeps. Nothing can be called. */
import { isObject } from '../../rest/json.ts';
import { timeOf } from '../read/fields.ts';
import { type Host, HostError, type HostListener } from './host.ts';

/** @param given `{ data, saved_at }` as the page has it: the answer, and when its file was written. @throws HostError for anything else. */
export function connectFile(listener: HostListener, given: unknown): Host {
  if (!isObject(given) || !isObject(given.data)) throw new HostError('This page has no report in it.');
  const { data, saved_at } = given;
  listener.answered({ tool: undefined, args: {}, data, failed: false, at: timeOf(saved_at) ?? 0 });
  return {
    kind: 'file',
    offers: () => false,
    call: () => Promise.reject(new HostError('A saved report cannot be refreshed.')),
  };
}
