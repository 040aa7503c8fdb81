/**
 * Whether the arguments of a proposed call look like arguments. Values from the service become part of calls that a model makes next, so each must have
 * the form of such a value, and none can be a text that gives orders over several lines. Pure.
 */
import { ALIAS_NAME, ENDPOINT_NAME, MODEL_NAME, VERSION, VERSION_NUMBER } from '../rest/names.ts';

/** A text in one line, no longer than the longest setting. */
const LINE = /^[^\p{Cc}\p{Cf}\u2028\u2029]{0,2000}$/u;
/** One word, for identifiers whose exact form the service does not document. */
const WORD = /^[^\s"'`{}\p{Cc}\p{Cf}]{1,800}$/u;
const SIZE = /^\w{1,30}$/;

/** The form of the texts under a key. */
const FORMS = new Map<string, RegExp>([
  ['endpoint', ENDPOINT_NAME],
  ['entity', ENDPOINT_NAME],
  ['remove_entities', ENDPOINT_NAME],
  ['model', MODEL_NAME],
  ['version', VERSION],
  ['entity_version', VERSION_NUMBER],
  ['alias', ALIAS_NAME],
  ['workload_size', SIZE],
  ['workload_type', SIZE],
  ['name', WORD],
  ['entity_name', WORD],
  ['on_update_success', WORD],
  ['on_update_failure', WORD],
]);
/** Objects whose keys a person chooses, so that their keys say nothing about the values. */
const FREE = new Set(['tags', 'environment_vars']);

export function arePlain(args: Record<string, unknown>): boolean {
  return Object.entries(args).every(([key, value]) => {
    if (key === 'traffic' && typeof value === 'object' && value !== null)
      return Object.keys(value).every((name) => ENDPOINT_NAME.test(name));
    return LINE.test(key) && isPlain(value, FORMS.get(key) ?? LINE, FREE.has(key));
  });
}

/** @param free the keys of this object are chosen by a person. */
function isPlain(value: unknown, form: RegExp, free: boolean): boolean {
  if (typeof value === 'string') return form.test(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every((each) => isPlain(each, form, false));
  if (!free) return arePlain(value as Record<string, unknown>); // an object that is no list
  return Object.entries(value).every(([key, each]) => LINE.test(key) && isPlain(each, LINE, true));
}
