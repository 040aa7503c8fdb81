/** An answer of the data plane before it becomes an HTTP response. A string `body` is plain text, anything else is JSON. */
export interface Answer {
  status: number;
  body: unknown;
  /** The body as JSON text, if it holds what JSON cannot write, such as NaN. */
  json?: string;
}

/** The usual error body of the service. */
export function failure(status: number, error_code: string, message: string): Answer {
  return { status, body: { error_code, message } };
}
