import { invalid } from '../errors.ts';
import { RESOURCE, unprefixed } from './backing.ts';

/** Characters of each part of a name. */
const LONGEST = 255;

/** The full name in a resource name such as `models/a.b.c`. Throws 400 for another prefix, or another number of parts. */
export function fullNameIn(kind: keyof typeof RESOURCE, resource: string, field: string, parts: number): string {
  const full = unprefixed(kind, resource);
  const form = ['{catalog}', '{schema}', '{name}'].slice(0, parts).join('.');
  const named = full?.split('.') ?? [];
  if (full === undefined || named.length !== parts || named.some((part) => part === ''))
    throw invalid(`Invalid value for ${field}: expected the form ${RESOURCE[kind]}${form}.`);
  for (const part of named) checkLength(part, field);
  return full;
}

/** Checks the last part of a new name. assumed: gateway-body-strict */
export function checkNewName(id: string | undefined, field: string): string {
  if (id === undefined || id === '') throw invalid(`Missing required field: ${field}.`);
  if (/[./ \u0000-\u001f\u007f]/.test(id))
    throw invalid(`Invalid value for ${field}: a name has no spaces, dots, slashes or control characters.`);
  checkLength(id, field);
  return id;
}

function checkLength(part: string, field: string): void {
  if (part.length > LONGEST) throw invalid(`Invalid value for ${field}: each part has at most ${LONGEST} characters.`);
}
