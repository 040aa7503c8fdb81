/**
 * The incidents of the sandbox: their names, and how a person would report them. The command line refuses other names. The sandbox shares no code with
 * this side, so it has the same names, and a test compares both.
 */
export interface IncidentName {
  name: string;
  /** One sentence, as a person would report it. */
  symptom: string;
}

export const INCIDENTS: readonly IncidentName[] = [
  { name: 'new-version-crashes', symptom: 'The new version never starts, and the old one still answers.' },
  { name: 'callers-turned-away', symptom: 'At busy times, many calls of the web shop are refused.' },
  { name: 'assistant-silent', symptom: 'Since this morning, the assistant answers nothing but errors.' },
];

/** Each incident has this many wordings: other texts, names and numbers for the same cause. */
export const WORDINGS = 3;
