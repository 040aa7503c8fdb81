/**
 * The tag on an endpoint while a rollout runs. It shows other people the rollout, its step and its owner, and it lets another machine continue without
 * the journal of the first. Pure.
 */
import { ROLLOUT_TAG } from '../plan/rollout-tag.ts';
import type { Tag } from '../rest/endpoints.ts';

export interface TaggedRollout {
  /** Letters and digits. */
  id: string;
  /** Model version of the new entity. */
  version: string;
  /** Percent of the new version at each step. */
  steps: readonly number[];
  /** Index of the current step. -1 before the first. */
  step: number;
  held: boolean;
  /** The user who took the last step. */
  by: string;
}

/** Longest name of a user in a tag, in characters. The service documents no limit for values, so a tag stays short. */
const MAX_NAME = 80;

/** The value of the tag: words that a person can read in the web interface. */
export function tagValue({ id, version, steps, step, held, by }: TaggedRollout): string {
  const name = by.replace(/[^\w.@+-]/g, '_').slice(0, MAX_NAME);
  return `${id} ${held ? 'held' : 'running'} version ${version} step ${step + 1} of ${steps.join('-')} by ${name}`;
}

const VALUE =
  /^(?<id>\w{1,30}) (?<state>held|running) version (?<version>\d{1,18}) step (?<step>\d{1,2}) of (?<steps>\d{1,3}(?:-\d{1,3}){0,19}) by (?<by>.{0,100})$/;

/** The rollout that the tags of an endpoint show. `unreadable`: there is a tag, but a person or another version of this program wrote its value. */
export function taggedRollout(tags: readonly Tag[] | undefined): TaggedRollout | 'unreadable' | undefined {
  const tag = tags?.find(({ key }) => key === ROLLOUT_TAG);
  if (!tag) return undefined;
  const found = VALUE.exec(tag.value ?? '')?.groups;
  const steps = (found?.steps ?? '').split('-').map(Number);
  const step = Number(found?.step) - 1;
  if (!found || !(step < steps.length)) return 'unreadable';
  const { id = '', version = '', by = '', state } = found;
  return { id, version, steps, step, held: state === 'held', by };
}
