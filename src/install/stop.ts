/** The end of a command that changes nothing. */

/** 1: the configuration file, or the person. 2: the command line. */
export type FailureCode = 1 | 2;

/** `message` says what happened and then what to do. */
export class Stop extends Error {
  override readonly name = 'Stop';
  readonly code: FailureCode;

  constructor(message: string, code: FailureCode) {
    super(message);
    this.code = code;
  }
}
