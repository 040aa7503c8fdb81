/** The forms in which one refusal arrives. */
import type { RefusedAnswer } from '../../src/rest/errors.ts';

type Answer = Pick<RefusedAnswer, 'status' | 'text'> & { headers?: Record<string, string> };

export interface Said {
  status: number;
  code: string;
  message: string;
}

/** Python's repr of a text. */
function repr(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return text.includes("'") && !text.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`;
}

const refusal = (status: number, error_code: unknown, message: unknown): Answer => ({
  status,
  text: JSON.stringify({ error_code, message }),
});

/** By the service itself. */
export const OWN_WRAPPINGS: Record<string, (said: Said) => Answer> = {
  'a code in words': ({ status, code, message }) => refusal(status, code, message),
  'a number as the code': ({ status, message }) => refusal(status, status, message),
  'a number as text': ({ status, message }) => refusal(status, String(status), message),
  'the code repeated, and a request id': ({ status, code, message }) =>
    refusal(status, code, `${/^[A-Z]+_/.test(code) ? code : 'PERMISSION_DENIED'}: ${message} [ReqId: 3f2a-11]`),
  'an empty trace id': ({ status, code, message }) => refusal(status, code, `${message} [TraceId: -]`),
  'JSON in the message': ({ status, code, message }) => refusal(status, code, JSON.stringify({ message })),
  'JSON in JSON in the message': ({ status, code, message }) =>
    refusal(status, code, JSON.stringify({ error: { message: JSON.stringify({ message }), type: 'error' } })),
  'the form of OpenAI': ({ status, code, message }) => ({
    status,
    text: JSON.stringify({ error: { message, type: code, code: status } }),
  }),
  'API 1.2': ({ status, message }) => ({ status, text: JSON.stringify({ error: message }) }),
  'a detail': ({ status, message }) => ({ status, text: JSON.stringify({ detail: message }) }),
  'plain text': ({ status, message }) => ({ status, text: message }),
  'code and text': ({ status, code, message }) => ({ status, text: `${code.toUpperCase()}: ${message}` }),
  'a page': ({ status, message }) => ({ status, text: `<html><body><pre>${message}</pre></body></html>` }),
  'a page without a title': ({ status, message }) => ({
    status,
    text: `<html><head><style>b { color: red }</style></head><body><h2>Error</h2><p>${message.replaceAll("'", '&#39;')}</p></body></html>`,
  }),
  'a header next to a bare code': ({ status, code, message }) => ({
    status,
    text: JSON.stringify({ error_code: code }),
    headers: { 'x-databricks-reason-phrase': message.trim() },
  }),
  'a header without a body': ({ status, message }) => ({
    status,
    text: '',
    headers: { 'x-databricks-reason-phrase': message.trim() },
  }),
  'a statement with ai_query': ({ status, code, message }) =>
    refusal(
      400,
      'BAD_REQUEST',
      `[REMOTE_FUNCTION_HTTP_FAILED_ERROR] The remote HTTP request failed with code ${status}, and error message 'HTTP request failed with status: ${JSON.stringify({ error_code: code, message })}' SQLSTATE: 57012`,
    ),
  'a driver': ({ status, code, message }) => refusal(status, code, `Error during request to server: : ${message}`),
};

/** By an agent or a model that quotes what it got. */
export const QUOTED_WRAPPINGS: Record<string, (said: Said) => Answer> = {
  'the client of OpenAI': ({ status, code, message }) =>
    refusal(400, 'BAD_REQUEST', `Error code: ${status} - {'error_code': ${repr(code)}, 'message': ${repr(message)}}`),
  litellm: ({ status, code, message }) =>
    refusal(status, code, `litellm.APIError: DatabricksException - ${JSON.stringify({ error_code: code, message })}`),
  'the bytes of an answer': ({ status, code, message }) =>
    refusal(
      400,
      'BAD_REQUEST',
      `Response content b${repr(JSON.stringify({ error_code: code, message }))}, status_code ${status}`,
    ),
  'an exception of the model': ({ status, code, message }) =>
    refusal(
      400,
      'BAD_REQUEST',
      `Encountered an unexpected error while evaluating the model. Verify that the input is compatible with the model for inference. Error 'Error code: ${status} - {'error_code': ${repr(code)}, 'message': ${repr(message)}}'`,
    ),
};

/** By the provider of an external model. */
export const PROVIDER_WRAPPINGS: Record<string, (provider: string, status: number, body: unknown) => Answer> = {
  'JSON in the message': (external_model_provider, status, external_model_error) =>
    refusal(status, status, JSON.stringify({ external_model_provider, external_model_error })),
  'JSON text in JSON text': (external_model_provider, status, body) =>
    refusal(
      400,
      'BAD_REQUEST',
      JSON.stringify({ external_model_provider, external_model_error: JSON.stringify(body), status }),
    ),
  'the fields themselves': (external_model_provider, status, external_model_error) => ({
    status,
    text: JSON.stringify({ external_model_provider, external_model_error }),
  }),
  'the older form': (provider, status, external_model_message) => ({
    status,
    text: JSON.stringify({ error: `Received error from ${provider}`, external_model_message }),
  }),
  'the older form in the message': (provider, status, external_model_message) =>
    refusal(
      status,
      'PERMISSION_DENIED',
      JSON.stringify({ error: `Received error from ${provider}`, external_model_message }),
    ),
};
