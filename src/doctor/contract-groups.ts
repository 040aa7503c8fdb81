/** Puts the same difference at many places together. Pure. */
import { NEW_FIELD } from './contract-compare.ts';
import type { Difference } from './contract-results.ts';

/** A place with the difference. */
export interface Place {
  /** The route, with names replaced. */
  route: string;
  /** JSON pointer into the answer, or `status`, `content-type` or `header NAME`. */
  pointer: string;
  service: string;
  row?: string;
  /** Stand-ins of what the answers were about. */
  about: string[];
  answers: number;
}

/** One difference. */
export interface Group {
  /** The end of the pointer. */
  field: string;
  sandbox: string;
  /** What the service sent, each once. */
  services: string[];
  /** Rows of the evidence that it touches. */
  rows: string[];
  answers: number;
  places: Place[];
}

/** The end of a pointer that has a name: `privileges/*` of `/privileges/*`. */
function fieldOf(pointer: string): string {
  if (!pointer.startsWith('/')) return pointer;
  return /[^/]+(?:\/(?:\*|\{key\}))*$/.exec(pointer)?.[0] ?? pointer;
}

const NEW_WORD = / \| |^one of \d+ words$/;

/** Known behaviours and new words first, then other known fields, then new fields. */
function order({ sandbox, rows }: Group): number {
  if (sandbox === NEW_FIELD) return 2;
  return rows.length > 0 || NEW_WORD.test(sandbox) ? 0 : 1;
}

/** All differences, in the order in which a person should read them. */
export function groupsOf(differences: readonly Difference[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { sandbox, ...place } of differences) {
    const field = fieldOf(place.pointer);
    const key = JSON.stringify([field, sandbox]);
    const group = groups.get(key) ?? { field, sandbox, services: [], rows: [], answers: 0, places: [] };
    groups.set(key, group);
    group.places.push(place);
    group.answers += place.answers;
    if (!group.services.includes(place.service)) group.services.push(place.service);
    if (place.row !== undefined && !group.rows.includes(place.row)) group.rows.push(place.row);
  }
  return [...groups.values()].sort((a, b) => order(a) - order(b));
}

/** How many places of answers differ. A place can differ in several ways. */
export function placesIn(differences: readonly Difference[]): number {
  return new Set(differences.map(({ route, pointer }) => `${route} ${pointer}`)).size;
}
