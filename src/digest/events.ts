/** Finds what the events of an endpoint say about a failed deployment. Pure. */
import type { Event } from '../rest/logs.ts';
import type { FailureCause } from './failure-cause.ts';
import { causeOf } from './failure-causes.ts';
import { TOO_LARGE } from './state-causes.ts';

export interface EventReasons {
  /** Messages that give a reason, oldest first, each once. */
  messages: string[];
  cause: FailureCause | undefined;
}

const FAILS =
  /\b(?:fail\w*|abort\w*|errors?|timed out|denied|refused|exceed\w*|unsupported|killed|not (?:available|found|supported|exist)|cannot|could not|did not|does not)\b/i;
const BUILD_STARTS = /Container image creation initiated/i;
/** The service tries a build up to three times (fact L13). */
export const ATTEMPTS = 3;

/** The reasons in the events of one config. @param version its number. Events without one may belong to it. */
export function eventReasons(events: readonly Event[], version: number | undefined): EventReasons {
  const own = events.filter(
    ({ config_version }) => version === undefined || config_version === undefined || config_version === version,
  );
  const failures = [
    ...new Set(own.map(({ message }) => message).filter((message) => FAILS.test(message) || causeOf(message))),
  ];
  const causes = failures.map(causeOf);
  const reasons = failures.filter((_message, at) => causes[at]?.wrapper !== true);
  const attempts = attemptsOf(own);
  const helpful = causes.filter((cause) => cause?.remedy !== undefined);
  // Events of one moment have no order, and a timeout is the end of what another one explains.
  const known = helpful.find((cause) => !cause?.weak) ?? helpful[0];
  const tooLarge = known?.id === 'update_timed_out' && attempts >= ATTEMPTS;
  const tried = attempts > 1 ? [`Container image creation initiated [${attempts} times]`] : [];
  return { messages: [...tried, ...(reasons.length > 0 ? reasons : failures)], cause: tooLarge ? TOO_LARGE : known };
}

/** How often the build of one entity began. */
export function attemptsOf(events: readonly Event[]): number {
  const starts = new Map<string, number>();
  for (const { message, served_entity_name = '' } of events)
    if (BUILD_STARTS.test(message)) starts.set(served_entity_name, (starts.get(served_entity_name) ?? 0) + 1);
  return Math.max(0, ...starts.values());
}
