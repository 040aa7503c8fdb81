/** What a check finds: the evidence in a sentence, and what to do about a failure. */

export type Status = 'ok' | 'warning' | 'failed' | 'not_checked';

/** Every check, in the order of the report. Those of clients have the name of the client after them. */
export const CHECKS = [
  'node',
  'server',
  'configuration',
  'proxy',
  'certificates',
  'host',
  'clock',
  'identity',
  'may_list',
  'may_create',
  'unity_catalog',
  'journal',
  'policy',
  'clients',
] as const;
export type CheckName = (typeof CHECKS)[number];

export interface Check {
  check: CheckName;
  /** The client that a check of `clients` is about. */
  client?: string;
  status: Status;
  /** One sentence without a final stop. It may quote text from outside, already on one line. */
  says: string;
  /** A command or a setting to change, in trusted words. */
  remedy?: string;
}

/** A finding without its name: what the parts of a check return. */
export type Finding = Omit<Check, 'check'>;

export const ok = (says: string): Finding => ({ status: 'ok', says });
export const warning = (says: string, remedy: string): Finding => ({ status: 'warning', says, remedy });
export const failed = (says: string, remedy: string): Finding => ({ status: 'failed', says, remedy });
/** @param says why, such as `needs host`. */
export const notChecked = (says: string): Finding => ({ status: 'not_checked', says });

/** The finding of a check that needs another one, which failed or was not made itself. */
export const needs = (other: CheckName): Finding => notChecked(`needs ${other}`);
