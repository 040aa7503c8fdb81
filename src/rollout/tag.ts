/**
 * The tag on an endpoint during a rollout, and after one that went back. It shows other people the rollout, its step and its owner, and it lets another
 * machine continue without the journal of the first. Pure.
 */
import { ROLLOUT_TAG } from '../plan/rollout-tag.ts';
import type { Tag } from '../rest/endpoints.ts';
import { type Handover, handoverIn, handoverText } from './handover.ts';

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
  /** What was measured of the old version, for a machine that has not seen it. */
  handover?: Handover | undefined;
}

/** A rollout that went back. Its new version is still there without traffic, and no call may begin it again unasked. */
export interface TaggedEnd {
  id: string;
  version: string;
  /** The day in UTC: 2026-01-31. */
  on: string;
  /** The user whose call ended it. */
  by: string;
}

/** Longest value in characters. The service documents a limit for keys alone, so a value keeps to the same one. */
const MAX_VALUE = 255;
/** Longest name of a user, in characters. */
const MAX_NAME = 80;

/** The value of the tag: words that a person can read in the web interface. */
export function tagValue({ id, version, steps, step, held, by, handover }: TaggedRollout): string {
  const state = `${id} ${held ? 'held' : 'running'} version ${version} step ${step + 1} of ${steps.join('-')} by `;
  const old = handover === undefined ? '' : ` old version ${handoverText(handover)}`;
  return `${state}${nameOf(by, MAX_VALUE - state.length - old.length)}${old}`;
}

/** The value of the tag after a rollback. */
export function endedValue({ id, version, on, by }: TaggedEnd): string {
  const state = `${id} rolled back version ${version} on ${on} by `;
  return `${state}${nameOf(by, MAX_VALUE - state.length)}`;
}

function nameOf(by: string, room: number): string {
  return by.replace(/[^\w.@+-]/g, '_').slice(0, Math.max(0, Math.min(MAX_NAME, room)));
}

const VALUE =
  /^(?<id>\w{1,30}) (?<state>held|running) version (?<version>\d{1,18}) step (?<step>\d{1,2}) of (?<steps>\d{1,3}(?:-\d{1,3}){0,19}) by (?<by>\S{0,100})(?: old version (?<old>.{1,120}))?$/;
const ENDED =
  /^(?<id>\w{1,30}) rolled back version (?<version>\d{1,18}) on (?<on>\d{4}-\d\d-\d\d) by (?<by>\S{0,100})$/;

/**
 * The running rollout that the tags of an endpoint show. Undefined where none runs. `unreadable`: there is a tag, but a person or another version of
 * this program wrote its value.
 */
export function taggedRollout(tags: readonly Tag[] | undefined): TaggedRollout | 'unreadable' | undefined {
  const tag = tags?.find(({ key }) => key === ROLLOUT_TAG);
  if (!tag || taggedEnd(tags)) return undefined;
  const found = VALUE.exec(tag.value ?? '')?.groups;
  const steps = (found?.steps ?? '').split('-').map(Number);
  const step = Number(found?.step) - 1;
  if (!found || !(step < steps.length)) return 'unreadable';
  const { id = '', version = '', by = '', state, old } = found;
  const handover = old === undefined ? undefined : handoverIn(old);
  if (old !== undefined && handover === undefined) return 'unreadable';
  return { id, version, steps, step, held: state === 'held', by, ...(handover ? { handover } : {}) };
}

/** The rollout that went back, if the tag of an endpoint shows one. */
export function taggedEnd(tags: readonly Tag[] | undefined): TaggedEnd | undefined {
  const value = tags?.find(({ key }) => key === ROLLOUT_TAG)?.value ?? '';
  const { id = '', version = '', on = '', by = '' } = ENDED.exec(value)?.groups ?? {};
  return id === '' ? undefined : { id, version, on, by };
}
