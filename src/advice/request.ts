/** Refusals of a request by a model server, a foundation model or the control plane: what was sent, and how. */
import { call } from '../refusal.ts';
import type { Refusal, Row } from './row.ts';
import { endpointOnly, isInference, logs, schema } from './words.ts';

const compare = (refusal: Refusal) =>
  `The payload does not fit the model. Compare its fields, their types and the input form with the message above.${schema(refusal)}`;

const SUPPORTED_FIELDS = 'Omit it. A null counts as sent.';

export const REQUEST: readonly Row[] = [
  {
    id: 'columns_missing',
    words: ['Model is missing inputs ['],
    again: false,
    who: 'caller',
    say: (refusal) =>
      refusal.layers.some((text) => /extra inputs: \[[^\]]*'messages'/.test(text))
        ? `The payload lacks the inputs that the message names: an agent of this kind takes input instead of messages. Send extra {"input":[…]}.${schema(refusal)}`
        : `The payload lacks columns: those that the message names. The payload does not fit the model in this input form.${schema(refusal)}`,
  },
  {
    id: 'column_type',
    words: ['Incompatible input types for column'],
    again: false,
    who: 'caller',
    say: (refusal) =>
      `A column has another type than the model takes: send the type that the message names, such as 12.0 for a double. If missing values are the cause, the model's author logs a wider signature.${schema(refusal)}`,
  },
  {
    id: 'tensor_shape',
    words: ['does not match expected shape'],
    again: false,
    who: 'caller',
    say: (refusal) =>
      `Send as many values per row as the signature has. The message shows both shapes.${schema(refusal)}`,
  },
  {
    id: 'envelope_wrong',
    words: ['The input must be a JSON dictionary with exactly one of the input fields'],
    again: false,
    who: 'caller',
    say: (refusal) =>
      `Send the rows in exactly one input form of those that the message lists. Chat models take messages.${schema(refusal)}`,
  },
  {
    id: 'body_not_json',
    words: ['Ensure that input is a valid JSON formatted string'],
    again: false,
    who: 'caller',
    say: 'The model server could not read the body as JSON. Send valid JSON: NaN and Infinity are not.',
  },
  {
    id: 'body_not_json_control',
    words: ['Invalid JSON given in the body of the request'],
    again: false,
    who: 'caller',
    say: 'The body reached the service truncated or is not JSON, so a proxy may have altered it. Check the network path, then repeat the call.',
  },
  {
    id: 'content_type',
    words: ['This predictor only supports the following content types'],
    again: false,
    who: 'caller',
    say: 'The model server takes application/json or text/csv in UTF-8. This server sends application/json, so a proxy may have changed the header.',
  },
  {
    id: 'agent_wants_input',
    words: ["'messages' field is not supported. Please use 'input' field instead", "Please use 'input' field instead"],
    again: false,
    who: 'caller',
    say: 'This agent takes input instead of messages. Send extra {"input":[{"role":"user","content":"…"}]}. The task of the endpoint shows the format; such agents have no schema.',
  },
  {
    id: 'agent_wants_messages',
    words: ["Missing required Chat parameter: 'messages'", 'Missing required Chat parameter'],
    again: false,
    who: 'caller',
    say: 'This model takes messages: [{"role":"user","content":"…"}]. Repeat the call with them.',
  },
  {
    id: 'field_unknown',
    words: ['Bad request: json: unknown field "', 'json: unknown field'],
    again: false,
    who: 'caller',
    say: `The model does not know the field that the message names. ${SUPPORTED_FIELDS}`,
  },
  {
    id: 'api_type_unsupported',
    words: ['Supported API types: ['],
    again: false,
    who: 'caller',
    say: 'The model does not speak this API. Call it at one of the API types that the message lists: each is the path below /ai-gateway/.',
  },
  {
    id: 'parameter_unsupported',
    words: [
      'is not supported with this model',
      'is not supported by this model',
      'Unsupported parameter:',
      'Unsupported value:',
      'Unrecognized request argument supplied',
    ],
    codes: ['unsupported_parameter', 'unsupported_value', 'unknown_parameter', 'invalid_value'],
    again: false,
    who: 'caller',
    say: 'This model does not take the parameter that the message names. Omit it, or leave it at its default. Where the message names another one to use, send that in extra.',
  },
  {
    id: 'json_schema_refused',
    words: ['Invalid JSON schema - ', 'Invalid schema for response_format'],
    again: false,
    who: 'caller',
    say: 'The model refuses the schema in response_format. Simplify it: no pattern, and for some models no $defs.',
  },
  {
    id: 'json_word_missing',
    words: ['must contain the word "json" in some form', "must contain the word 'json' in some form"],
    again: false,
    who: 'caller',
    say: 'With json_object, the prompt must contain the word "json". Add it to a message.',
  },
  {
    id: 'tool_definition_refused',
    words: ['tools.…: Extra inputs are not permitted', 'tools.0.custom.strict: Extra inputs are not permitted'],
    again: false,
    who: 'caller',
    say: 'The model refuses a field of a tool definition. Remove strict, or the field that the message names, from all tool definitions.',
  },
  {
    id: 'extra_field',
    words: ['Extra inputs are not permitted'],
    again: false,
    who: 'caller',
    say: `The model refuses the field that the message names. ${SUPPORTED_FIELDS}`,
  },
  {
    id: 'model_output_unreadable',
    words: ['Model response did not respect the required format'],
    again: true,
    who: 'caller',
    say: "The request was right, but the model's output was not in the required format. Repeat the call at most twice. If it fails again, shorten long free-text fields or use another model.",
  },
  {
    id: 'no_streaming',
    words: ['This endpoint does not support streaming'],
    again: false,
    who: 'caller',
    say: "Repeat the call without stream. To stream, the model's author implements predict_stream.",
  },
  {
    id: 'context_too_long',
    words: [
      'Input is too long for requested model',
      'prompt is too long:',
      'longer than the maximum model length',
      'maximum context length',
      'exceeds the context window',
      'context window exceeds',
      'too many tokens: total number of tokens',
      'exceeds the maximum number of tokens allowed',
      'input token count … exceeds',
      'too large for model with … maximum context length',
      'reduce the length of the messages',
    ],
    codes: ['context_length_exceeded'],
    again: false,
    who: 'caller',
    say: `The input has more tokens than the model takes, so the same request never succeeds. Shorten it, or use a model with a longer context (${call('list_foundation_models')}).`,
  },
  {
    id: 'body_too_large',
    words: [
      'EOF occurred in violation of protocol',
      'Request size cannot exceed',
      'request entity too large',
      'request body is too large',
      'request body too large',
      'payload too large',
      'payload is too large',
      'exceeds the maximum request size',
      'payload size exceeds',
    ],
    again: false,
    who: 'caller',
    say: 'The payload is too large. Send less per call: fewer rows, or fewer and shorter messages. The limit is 16 MB, and 4 MB for foundation models, external models and agents.',
  },
  {
    id: 'body_too_large_by_status',
    words: [],
    when: ({ status }) => status === 413,
    order: 'last',
    again: false,
    who: 'caller',
    say: 'The payload is too large. Send less per call: fewer rows, or fewer and shorter messages.',
  },
  {
    id: 'image_refused',
    words: ['The image was specified using the image/'],
    again: false,
    who: 'caller',
    say: 'The declared media type of an image does not match its bytes. Declare the type that the message found, or convert the image.',
  },
  {
    id: 'gpu_out_of_memory',
    words: [
      'CUDA out of memory',
      'torch.OutOfMemoryError',
      'CUDA error: out of memory',
      'CUDA driver error: out of memory',
      'HIP out of memory',
      'CUBLAS_STATUS_ALLOC_FAILED',
      'CUDNN_STATUS_ALLOC_FAILED',
      'OOM when allocating tensor',
      'cudaErrorMemoryAllocation',
    ],
    again: false,
    who: 'endpoint manager',
    say: (refusal) =>
      `The GPU ran out of memory. Send smaller batches or a shorter context, or the endpoint's manager chooses a larger GPU.${logs(refusal)}`,
  },
  {
    id: 'gpu_fault',
    words: [
      'device-side assert triggered',
      'CUDA error: an illegal memory access was encountered',
      'CUDA error: unspecified launch failure',
      'uncorrectable ECC error',
    ],
    again: false,
    who: 'endpoint manager',
    say: (refusal) =>
      `The GPU reported a fault, most often after an index out of range in one request. All later requests of this replica fail until it starts again: someone with CAN_MANAGE deploys the version again. The model's author checks the ranges of its inputs.${logs(refusal)}`,
  },
  {
    id: 'route_optimized',
    words: ['route-optimized', 'route optimized', 'route-optimised', 'route optimised'],
    when: (refusal) => refusal.status === 400 && isInference(refusal),
    order: 'last',
    again: false,
    who: 'caller',
    say: 'This endpoint answers only at its own URL, which cannot address a single entity. Omit entity. If the call has none, the caller needs CAN_VIEW on the endpoint: without it, this server does not see that URL.',
  },
  {
    id: 'model_raised',
    words: ['Encountered an unexpected error while evaluating the model'],
    order: 'last',
    again: ({ layers, raised = '' }) =>
      [...layers, raised].some((text) => /\b(?:timed? ?out|timeout\w*|\w*Timeout(?:Error)?)\b/i.test(text)),
    who: 'model author',
    say: (refusal) =>
      `The code of the model raised an exception. Its author reads the last line of the stack trace. It concerns the caller only if it names the input.${logs(refusal)}`,
  },
  {
    // How model servers begin when a row does not fit.
    id: 'payload_does_not_fit',
    words: [
      'Failed to enforce schema',
      'Failed to predict data',
      'Failed to convert',
      'Invalid input.',
      'Failed to parse data',
      'schema mismatch',
      'Unrecognized content type parameters',
    ],
    atStart: true,
    when: ({ status }) => status === 400 || status === 422,
    order: 'last',
    again: false,
    who: 'caller',
    say: compare,
  },
  {
    // The names of input forms and of their parts. The advice only offers to compare.
    id: 'payload_words',
    words: ['dataframe_split', 'dataframe_records', 'input schema', 'model signature', 'dtype', 'tensor'],
    when: (refusal) => refusal.status === 400 && refusal.by !== 'provider' && isInference(refusal),
    order: 'last',
    again: false,
    who: 'caller',
    say: (refusal) =>
      `If the message is about the payload, compare its fields, their types and the input form with ${call('get_schema', endpointOnly(refusal))}.`,
  },
];
