/** The message of a thrown value. JavaScript can throw anything. Pure. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
