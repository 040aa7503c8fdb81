/** Whether a state that was found comes from a request of this server, as far as the service says who made what and when. */
import type { Http } from '../../src/rest/http.ts';
import { principals } from '../../src/rest/index.ts';

/** A part of the state, with its creator and its time in epoch milliseconds, where the service gives them. */
export interface Made {
  creator?: string | undefined;
  at?: number | undefined;
}

/**
 * Compares with the caller and with the time of the request.
 * @param since the earliest time of an effect of the request, by the clock of the service.
 * @returns `ours` when everything was made by the caller since then. `other` when anything was not. `maybe` when the service does not say.
 */
export async function authorship(
  http: Http,
  made: readonly Made[],
  since: number,
): Promise<'ours' | 'maybe' | 'other'> {
  if (made.some(({ at }) => at !== undefined && at < since)) return 'other';
  const me = await principals.me(http).catch(() => undefined);
  const isMe = ({ creator }: Made) => creator !== undefined && creator.toLowerCase() === me?.toLowerCase();
  if (me !== undefined && made.some((each) => each.creator !== undefined && !isMe(each))) return 'other';
  return made.length > 0 && made.every((each) => isMe(each) && each.at !== undefined) ? 'ours' : 'maybe';
}
