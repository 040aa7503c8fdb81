/** The JSON of a message, or of a list of messages, as both transports read it. */
import { parseExact, withPlainNumbers } from '../rest/exact-json.ts';
import { isObject } from '../rest/json.ts';

/**
 * Only the arguments of a tool call keep numbers that a double cannot hold: ids in the rows of a query. The SDK and every other reader of a message
 * expect plain numbers.
 * @throws SyntaxError for a text that is not JSON.
 */
export function readMessage(text: string): unknown {
  const value = parseExact(text);
  return Array.isArray(value) ? value.map(withPlainEnvelope) : withPlainEnvelope(value);
}

function withPlainEnvelope(value: unknown): unknown {
  if (!isObject(value) || value.method !== 'tools/call' || !isObject(value.params)) return withPlainNumbers(value);
  const { params, ...envelope } = value;
  const { arguments: given, ...others } = params;
  const kept = given === undefined ? {} : { arguments: given };
  return Object.assign({}, withPlainNumbers(envelope), { params: Object.assign({}, withPlainNumbers(others), kept) });
}
