/** Vercel AI SDK v6 with the official Databricks provider, and the OpenAI-compatible provider where it fits. */

import { js } from '../text/literals.ts';
import { jsClient } from './javascript.ts';
import { clientEnvironment, clientNotes, type NoRecipe, type Recipe, type Subject } from './recipe.ts';

const OFFICIAL = '@databricks/ai-sdk-provider@0.5';
const COMPATIBLE = '@ai-sdk/openai-compatible@2';

/** A token-refreshing client, the model, and a route handler for `useChat`; or the answer that the SDK has no form for this endpoint. */
export function aiSdkRecipe(subject: Subject): Recipe | NoRecipe {
  const { family } = subject;
  if (family === 'custom') {
    return {
      code: 'no_ai_sdk_form',
      message: 'the AI SDK speaks to language and embedding models; this endpoint takes rows or a form of its own',
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
        'The official Databricks provider makes no embeddings; this one asks for floats.',
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
      'In Next.js put the files into app/api/chat/ and name the route route.js. In the page: useChat({ transport: new TextStreamChatTransport({ api: "/api/chat" }) }).',
      'A refusal keeps its status; a later failure aborts the answer. Check who asks before you go public.',
      ...(alternative ? ['model-openai.mjs is the plain OpenAI-compatible form: import it instead of model.mjs.'] : []),
      ...familyNotes(subject),
      ...clientNotes(subject),
    ],
    environment,
  };
}

function familyNotes({ family, model }: Subject): string[] {
  if (family === 'responses') return ['Token usage of a streamed answer is reported as 0 by the provider.'];
  if (family === 'chat_agent') return ['The provider leaves system messages out for this kind of agent.'];
  if (family === 'completions') return ['Messages are flattened into one prompt.'];
  // GPT-5 endpoints close their stream with a chunk that holds usage and no choice.
  if (/gpt-5/i.test(model)) return ['finishReason reads "other" for this model: the answer is whole all the same.'];
  return [];
}

const FORM: Partial<Record<Subject['family'], string>> = { responses: 'responses', chat_agent: 'chatAgent' };

function databricks(subject: Subject): string {
  return `import { createDatabricksProvider } from '@databricks/ai-sdk-provider';
import { databricksFetch, ENDPOINT, HOST${subject.direct ? ', URL_OF_ENDPOINT' : ''} } from './databricks.mjs';

const databricks = createDatabricksProvider({ baseURL: HOST + '/serving-endpoints', fetch: ${fetchOf(subject)} });
export const model = databricks.${FORM[subject.family] ?? 'chatCompletions'}(ENDPOINT);
`;
}

function compatible(subject: Subject, kind: 'chat' | 'completion' | 'embedding'): string {
  const make = { chat: 'chatModel', completion: 'completionModel', embedding: 'textEmbeddingModel' }[kind];
  return `import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { databricksFetch, ENDPOINT, HOST${subject.direct ? ', URL_OF_ENDPOINT' : ''} } from './databricks.mjs';

const baseURL = HOST + '/serving-endpoints';
const databricks = createOpenAICompatible({ name: 'databricks', baseURL, fetch: ${fetchOf(subject)} });
export const model = databricks.${make}(ENDPOINT);
`;
}

/** A route-optimised endpoint has one URL, whatever path the provider would choose. */
function fetchOf(subject: Subject): string {
  return subject.direct ? '(_, init) => databricksFetch(URL_OF_ENDPOINT, init)' : 'databricksFetch';
}

const EMBED = (subject: Subject) => ({
  path: 'example.mjs',
  content: `import { embedMany } from 'ai';
import { model } from './model.mjs';

// maxRetries 0: databricksFetch repeats what may be repeated
const { embeddings } = await embedMany({ model, values: ${js(subject.body.input)}, maxRetries: 0 });
console.log(JSON.stringify(embeddings));
`,
});

const ROUTE = `import { convertToModelMessages, streamText } from 'ai';
import { model } from './model.mjs';

/** POST { messages } as useChat sends them → the answer as text, as it comes. */
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
    maxRetries: 0, // databricksFetch repeats what may be repeated
    abortSignal: request.signal,
    onError() {}, // thrown by texts()
  });
  const pieces = texts(result.fullStream);
  let next;
  try {
    next = await pieces.next(); // the status is decided by what comes first
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
        controller.error(error); // never looks like a whole answer
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
  }
}
`;
