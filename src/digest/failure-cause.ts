/** One known cause of a failed build or start. */
export interface FailureCause {
  id: string;
  /** The part of a line that does not vary, after its prefixes. */
  words: RegExp;
  /** One sentence. Undefined where the words name no cause. */
  remedy?: string;
  /** It only says that something failed. Another line has the reason. */
  wrapper?: true;
  /** The program says it as a warning, although it is the reason. */
  warned?: true;
  /** Only in the log of a build. Elsewhere the same words have other causes. */
  inBuild?: true;
  /** Only in a state message or an event of the service. In a log, the same words are about something else. */
  inState?: true;
  /** Another cause in the same log says more. */
  weak?: true;
  /** The words are a line of code in a traceback. */
  code?: true;
  /** It matters even if the server recovered. */
  lasting?: true;
  /** Number of lines below that belong to it. */
  follow?: number;
  /** Words that must be on one of the 60 lines above. */
  below?: RegExp;
  /** The same words in a line that proves nothing. */
  except?: RegExp;
}
