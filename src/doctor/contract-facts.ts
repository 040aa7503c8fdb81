/** Questions to what was seen, for the checks of single rows of the evidence. Pure. */
import { isObject } from '../rest/json.ts';
import type { Asked } from './contract-asked.ts';
import type { Finding } from './contract-compare.ts';
import type { EndpointKind, Seen } from './contract-kinds.ts';

type Json = Record<string, unknown>;

/** `true`: as in the sandbox. A finding without row: different. Undefined: nothing was seen that could tell. */
export type Judged = true | Omit<Finding, 'row'> | undefined;

/** How one row of the evidence is judged. */
export interface Check {
  row: string;
  /** Questions whose answers tell, by id. A reason why they have none is the reason for the row. */
  by: string[];
  /** What is missing when the answers are there and tell nothing. */
  needs: string;
  /** Without it, an answer as expected, without a finding on the row, is enough. */
  judge?: (facts: Facts) => Judged;
}

export interface Facts {
  seen: Seen;
  asked(id: string): Asked | undefined;
  /** The JSON of an answer with status 200. */
  body(id: string): Json | undefined;
  /** The text of an answer with status 200. */
  text(id: string): string | undefined;
  /** The endpoints that were read, of these kinds or of all. */
  details(...kinds: EndpointKind[]): Json[];
  /** The items of the list. */
  items(): Json[];
}

export function factsOf(seen: Seen): Facts {
  const byId = new Map(seen.asked.map((each) => [each.question.id, each]));
  const ok = (id: string) => {
    const reply = byId.get(id)?.reply;
    return reply?.status === 200 ? reply : undefined;
  };
  const objects = (list: unknown): Json[] => (Array.isArray(list) ? list.filter(isObject) : []);
  return {
    seen,
    asked: (id) => byId.get(id),
    body(id) {
      const value = ok(id)?.body;
      return isObject(value) ? value : undefined;
    },
    text: (id) => ok(id)?.text,
    details: (...kinds) =>
      objects(
        seen.read
          .filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
          .map(({ asked }) => asked.reply?.body),
      ),
    items: () => objects(Object(ok('list')?.body).endpoints),
  };
}

/** The entities of a config, or none. */
export function entitiesIn(config: unknown): Json[] {
  return isObject(config) && Array.isArray(config.served_entities) ? config.served_entities.filter(isObject) : [];
}

/** State and message of an entity. */
export function stateOf(entity: Json): { deployment: string; message: string } {
  const state = isObject(entity.state) ? entity.state : {};
  return { deployment: String(state.deployment ?? ''), message: String(state.deployment_state_message ?? '') };
}

/** Confirms when something was seen and all of it passes. */
export function each<T>(seen: readonly T[], passes: (one: T) => boolean, otherwise: Omit<Finding, 'row'>): Judged {
  if (seen.length === 0) return undefined;
  return seen.every(passes) ? true : otherwise;
}
