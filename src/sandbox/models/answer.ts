/** What a part of the data plane answers before it becomes an HTTP response: a JSON `body`, or plain text when it is a string. */
export interface Answer {
  status: number;
  body: unknown;
}

/** The usual error body of the service (API contract, section 4.1, form 1). */
export function failure(status: number, error_code: string, message: string): Answer {
  return { status, body: { error_code, message } };
}
