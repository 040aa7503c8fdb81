/** Vercel AI SDK v6 with the official Databricks provider, and the OpenAI-compatible provider where it fits. */

import { GATEWAY_PATH } from '../rest/names.ts';
import { js } from '../text/literals.ts';
import { jsClient } from './javascript.ts';
import { clientEnvironment } from './login.ts';
import { clientNotes, type NoRecipe, type Recipe, type Subject } from './recipe.ts';

const OFFICIAL = '@databricks/ai-sdk-provider@0.5';
const COMPATIBLE = '@ai-sdk/openai-compatible@2';

/** A client that refreshes tokens, the model, and a route handler for `useChat`. No recipe for endpoints that the SDK cannot call. */
export function aiSdkRecipe(subject: Subject): Recipe | NoRecipe {
  const { family } = subject;
  if (family === 'custom') {
    return {
      code: 'no_ai_sdk_form',
      message: 'the AI SDK supports language and embedding models, but this endpoint takes rows or a custom input',
      instead: 'node',
    };
  }
  const client = { path: 'databricks.mjs', content: jsClient(subject, true) };
  const environment = clientEnvironment(subject);
  if (family === 'embeddings') {
    return {
      files: [client, { path: 'model.mjs', content: compatible(subject, 'embedding') }, EMBED(subject)],
      install: `npm i ai@6 ${COMPATIBLE}`,
      notes: [
        'The official Databricks provider has no embeddings, so this uses the OpenAI-compatible one and requests floats.',
        ...clientNotes(subject),
      ],
      environment,
    };
  }
  const official = family !== 'completions';
  const alternative = family === 'chat';
  return {
    files: [
      client,
      { path: 'model.mjs', content: official ? databricks(subject) : compatible(subject, 'completion') },
      ...(alternative ? [{ path: 'model-openai.mjs', content: compatible(subject, 'chat') }] : []),
      { path: 'route.mjs', content: ROUTE },
    ],
    install: `npm i ai@6 ${[official ? [OFFICIAL] : [], alternative || !official ? [COMPATIBLE] : []].flat().join(' ')}`,
    notes: [
      'In Next.js, put the files into app/api/chat/ and name the route route.js. In the page: useChat({ transport: new TextStreamChatTransport({ api: "/api/chat" }) }).',
      'A refused request keeps its status; a later failure aborts the answer. The route logs when an answer was cut short or filtered, because streamed text has no place for it. Add authentication before you publish it.',
      ...(alternative ? ['model-openai.mjs is the OpenAI-compatible alternative to model.mjs.'] : []),
      ...familyNotes(subject),
      ...clientNotes(subject, 'it arrives as text, and the route logs the finish reason content-filter'),
    ],
    environment,
  };
}

function familyNotes({ family, model }: Subject): string[] {
  if (family === 'responses') return ['The provider reports the token usage of a streamed answer as 0.'];
  if (family === 'chat_agent') return ['The provider drops system messages for this kind of agent.'];
  if (family === 'completions') return ['Messages are joined into one prompt.'];
  // GPT-5 endpoints end their stream with a chunk that has usage but no choice.
  if (/gpt-5/i.test(model)) return ['finishReason is "other" for this model, although the answer is complete.'];
  return [];
}

const FORM: Partial<Record<Subject['family'], string>> = { responses: 'responses', chat_agent: 'chatAgent' };

function databricks(subject: Subject): string {
  const agent = subject.family === 'chat_agent';
  return `import { createDatabricksProvider } from '@databricks/ai-sdk-provider';
import { databricksFetch, ENDPOINT, HOST${subject.direct ? ', URL_OF_ENDPOINT' : ''} } from './databricks.mjs';

const databricks = createDatabricksProvider({ baseURL: HOST + '${subject.api === undefined ? '/serving-endpoints' : GATEWAY_PATH}', fetch: ${agent ? 'agentFetch' : fetchOf(subject)} });
export const model = databricks.${FORM[subject.family] ?? 'chatCompletions'}(ENDPOINT);
${agent ? agentFetch(subject) : ''}`;
}

/** The last frame of an agent's stream has a request id and no text. The provider reads it as an error. */
function agentFetch(subject: Subject): string {
  return `
/** Leaves out the frame with the request id, which the provider cannot read. */
async function agentFetch(url, init) {
  const reply = await ${subject.direct ? 'databricksFetch(URL_OF_ENDPOINT, init)' : 'databricksFetch(url, init)'};
  if (!reply.ok || !/event-stream/.test(reply.headers.get('content-type'))) return reply;
  let rest = '';
  const frames = new TransformStream({
    transform(text, controller) {
      const lines = (rest + text).split('\\n');
      rest = lines.pop();
      for (const line of lines) if (!/^data: *{"databricks_output"/.test(line)) controller.enqueue(line + '\\n');
    },
    flush: (controller) => controller.enqueue(rest),
  });
  const body = reply.body.pipeThrough(new TextDecoderStream()).pipeThrough(frames);
  return new Response(body.pipeThrough(new TextEncoderStream()), reply);
}
`;
}

function compatible(subject: Subject, kind: 'chat' | 'completion' | 'embedding'): string {
  const make = { chat: 'chatModel', completion: 'completionModel', embedding: 'textEmbeddingModel' }[kind];
  return `import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { databricksFetch, ENDPOINT, HOST${subject.direct ? ', URL_OF_ENDPOINT' : ''} } from './databricks.mjs';

const baseURL = HOST + '${subject.api === undefined ? '/serving-endpoints' : GATEWAY_PATH}';
const databricks = createOpenAICompatible({ name: 'databricks', baseURL, fetch: ${fetchOf(subject)} });
export const model = databricks.${make}(ENDPOINT);
`;
}

/** A route-optimized endpoint has a single URL, so the path of the provider is ignored. */
function fetchOf(subject: Subject): string {
  return subject.direct ? '(_, init) => databricksFetch(URL_OF_ENDPOINT, init)' : 'databricksFetch';
}

const EMBED = (subject: Subject) => ({
  path: 'example.mjs',
  content: `import { embedMany } from 'ai';
import { model } from './model.mjs';

// maxRetries 0: databricksFetch retries where that is safe
const { embeddings } = await embedMany({ model, values: ${js(subject.body.input)}, maxRetries: 0 });
console.log(JSON.stringify(embeddings));
`,
});

const ROUTE = `import { convertToModelMessages, streamText } from 'ai';
import { model } from './model.mjs';

/** POST { messages } from useChat → the answer as streamed text. */
export async function POST(request) {
  let messages;
  try {
    messages = await convertToModelMessages((await request.json()).messages);
  } catch (error) {
    return Response.json({ error: String(error.message) }, { status: 400 });
  }
  const result = streamText({
    model,
    messages,
    maxRetries: 0, // databricksFetch retries where that is safe
    abortSignal: request.signal,
    onError() {}, // thrown by texts()
  });
  const pieces = texts(result.fullStream);
  let next;
  try {
    next = await pieces.next(); // the first piece decides the status
  } catch (error) {
    return Response.json({ error: String(error.message) }, { status: error.statusCode >= 400 ? error.statusCode : 502 });
  }
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    async pull(controller) {
      try {
        if (next.done) return controller.close();
        controller.enqueue(encoder.encode(next.value));
        next = await pieces.next();
      } catch (error) {
        controller.error(error); // a cut answer must not look complete
      }
    },
    cancel: () => pieces.return(),
  });
  return new Response(body, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

async function* texts(parts) {
  for await (const part of parts) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'abort') throw new Error('aborted');
    if (part.type === 'text-delta') yield part.text;
    if (part.type === 'finish' && /length|filter/.test(part.finishReason)) console.warn('finishReason: ' + part.finishReason);
  }
}
`;
