import { Refusal } from '../refusal.ts';

/** The forms that express every change. */
export const OTHER_FORMS = 'Use dry_run "cli" or "curl".';

/** The refusal of a change that a bundle cannot express. */
export function noBundle(why: string, next: string): Refusal {
  return new Refusal('no_bundle', `a bundle cannot express this change: ${why}`, next);
}
