/** Revisions of the protocol that this server speaks over HTTP, oldest first. A test compares them with those of the SDK. */
export const REVISIONS: readonly string[] = [
  '2024-10-07',
  '2024-11-05',
  '2025-03-26',
  '2025-06-18',
  '2025-11-25',
  '2026-07-28',
];

/** Whether a request may be a list of messages: only in the revision that had them, which is meant where the client names none. */
export function hasBatches(revision: string | undefined): boolean {
  return revision === undefined || revision === '2025-03-26';
}
