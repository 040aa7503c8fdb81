/** All known causes of a failed deployment, and the one that a line shows. Pure. */
import { BUILD_CAUSES } from './build-causes.ts';
import type { FailureCause } from './failure-cause.ts';
import { HUB_GPU_CAUSES } from './hub-gpu-causes.ts';
import { LIBRARY_CAUSES } from './library-causes.ts';
import { LOAD_CAUSES } from './load-causes.ts';
import type { LogPart } from './log-parts.ts';
import { STATE_CAUSES } from './state-causes.ts';

/** A wrapper only says that something failed. */
export const isReason = ({ wrapper }: FailureCause) => wrapper === undefined;
/** What names a library comes before the general words for missing files. */
const AT_LOAD = [HUB_GPU_CAUSES, LIBRARY_CAUSES, LOAD_CAUSES];
const LISTS = [STATE_CAUSES, BUILD_CAUSES, ...AT_LOAD];
const ALL = LISTS.flat();
/** If several match a line, the first one counts. A reason counts before a wrapper. */
export const CAUSES: readonly FailureCause[] = [...ALL.filter(isReason), ...ALL.filter((cause) => !isReason(cause))];
/** An installer says the same words in a build, with the same cause and remedy. */
const IN_BOTH = new Set(['artifact_download_failed', 'import_name_missing', 'package_needs_other_python']);
/** What only a container says. In a build, the same words come from an installer, which has other remedies. */
export const AT_START = new Set(AT_LOAD.flat().filter(({ id }) => !IN_BOTH.has(id)));
/**
 * A line that matches none of them shows no cause. One expression for all of them is 40 times as slow: V8 only interprets an expression of more than
 * 20,000 characters.
 */
export const ANY_CAUSE: readonly RegExp[] = LISTS.map(
  (list) => new RegExp(list.map(({ words }) => words.source).join('|'), 'i'),
);

/** The known cause that a sentence of the service names, such as a state message or an event. */
export function causeOf(text: string): FailureCause | undefined {
  return CAUSES.find((cause) => !cause.inBuild && matches(cause, text));
}

/** Whether a line has the words of a cause. */
export function matches({ words, except }: FailureCause, text: string): boolean {
  return words.test(text) && !except?.test(text);
}

/** Whether a line ends a build or a start. */
export function isFatal({ bare, level }: LogPart): boolean {
  return level !== 'info' && CAUSES.some((cause) => cause.wrapper && !cause.code && matches(cause, bare));
}
