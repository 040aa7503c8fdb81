/** Node without dependencies. For text also a small server that handles failures of a stream. */

import { js } from '../text/literals.ts';
import { jsClient, jsInvocations } from './javascript.ts';
import { clientEnvironment, clientNotes, type Family, type Recipe, type Subject, speaks } from './recipe.ts';

/** Two files: the client and a program that uses it. */
export function nodeRecipe(subject: Subject): Recipe {
  const client =
    jsClient(subject, !subject.direct) + ERRORS + (speaks(subject.family) ? streaming(subject) : whole(subject));
  const program = speaks(subject.family)
    ? { path: 'server.mjs', content: server(subject.family) }
    : { path: 'example.mjs', content: example(subject) };
  return {
    files: [{ path: 'databricks.mjs', content: client }, program],
    notes: [
      `Node 20 or newer. Run: node ${program.path}`,
      ...(speaks(subject.family)
        ? [
            'A refused request keeps its status; a later failure aborts the answer. Add authentication before publishing it.',
          ]
        : []),
      ...clientNotes(subject),
    ],
    environment: clientEnvironment(subject),
  };
}

const ERRORS = `
/** A refused request, an error event or a cut stream. */
export class DatabricksError extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}

async function invoke(url, body, signal) {
  const headers = { 'content-type': 'application/json' };
  const reply = await databricksFetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
  if (reply.ok) return reply;
  const text = await reply.text();
  let said = {};
  try {
    said = JSON.parse(text) ?? {};
  } catch {}
  throw new DatabricksError(reply.status, said.error_code ?? reply.statusText, words(said) ?? text.slice(0, 500));
}

function words({ message, error }) {
  return message ?? error?.message ?? (typeof error === 'string' ? error : undefined);
}
`;

function whole(subject: Subject): string {
  const [name, input, answer] =
    subject.family === 'embeddings'
      ? ['embed', 'texts', 'data.map(({ embedding }) => embedding)']
      : ['predict', 'body', 'predictions ?? answer.outputs ?? answer'];
  // `float`, because routes decode base64 differently.
  const body = subject.family === 'embeddings' ? "{ input: texts, encoding_format: 'float' }" : 'body';
  return `
/** @throws DatabricksError */
export async function ${name}(${input}, signal) {
  const reply = await invoke(${jsInvocations(subject)}, ${body}, signal);
  const answer = await reply.json();
  return answer.${answer};
}
`;
}

function example(subject: Subject): string {
  const embeds = subject.family === 'embeddings';
  const name = embeds ? 'embed' : 'predict';
  return `import { ${name} } from './databricks.mjs';

console.log(JSON.stringify(await ${name}(${js(embeds ? subject.body.input : subject.body)})));
`;
}

/** Reads the text from the events of each family. `ended` records the end mark. */
const READ: Record<string, string> = {
  chat: `    for (const { delta, finish_reason } of event.choices ?? []) {
      if (finish_reason) ended = true;
      yield* texts(delta?.content);
    }`,
  completions: `    for (const { text, finish_reason } of event.choices ?? []) {
      if (finish_reason) ended = true;
      yield* texts(text);
    }`,
  chat_agent: `    if (event.finish_reason) ended = true;
    if (event.delta?.role !== 'tool') yield* texts(event.delta?.content);`,
  responses: `    if (event.type === 'response.output_text.delta') {
      streamed = true;
      yield event.delta;
    } else if (event.type === 'response.output_item.done') {
      if (!streamed) yield* texts(event.item.content); // supervisors send no deltas
      streamed = false;
      ended = true;
    }`,
};

const INPUT: Record<string, string> = { completions: 'prompt', responses: 'input' };

function streaming(subject: Subject): string {
  const argument = subject.family === 'completions' ? 'prompt' : 'messages';
  const field = INPUT[subject.family] ?? 'messages';
  const body = field === argument ? `{ ${field}, stream: true }` : `{ ${field}: ${argument}, stream: true }`;
  return `
/** The answer, piece by piece. @throws DatabricksError, also when the stream breaks */
export async function* ask(${argument}, signal) {
  const reply = await invoke(${jsInvocations(subject)}, ${body}, signal);
  let ended = false;
${subject.family === 'responses' ? '  let streamed = false;\n' : ''}  for await (const data of events(reply.body)) {
    if (data === '[DONE]') return;
    const event = JSON.parse(data);
    if (event.error || event.type === 'error' || event.type === 'response.failed') {
      throw new DatabricksError(502, 'STREAM_ERROR', words(event) ?? data.slice(0, 500));
    }
${READ[subject.family]}
  }
  if (!ended) throw new DatabricksError(502, 'STREAM_CUT', 'the stream ended too early');
}

/** Content is a string or a list of parts. */
function* texts(content) {
  if (typeof content === 'string') yield content;
  else for (const part of content ?? []) if (part.text) yield part.text;
}

async function* events(body) {
  let rest = '';
  try {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\\n');
      rest = lines.pop();
      for (const line of lines) if (line.startsWith('data:')) yield line.slice(5).trim();
    }
  } catch (cut) {
    throw new DatabricksError(502, 'STREAM_CUT', 'the stream was cut: ' + cut.message);
  }
}
`;
}

function server(family: Family): string {
  const argument = family === 'completions' ? 'prompt' : 'messages';
  return `import { createServer } from 'node:http';
import { ask } from './databricks.mjs';

/** POST { ${argument} } → the answer as streamed text. */
createServer(async (request, response) => {
  const gone = new AbortController(); // the client disconnected
  response.on('close', () => gone.abort());
  let question;
  try {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    question = JSON.parse(body).${argument};
    for await (const text of ask(question, gone.signal)) {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
      await new Promise((written) => response.write(text, written));
    }
    response.end();
  } catch (error) {
    if (response.headersSent || gone.signal.aborted) return response.destroy(); // a cut answer must not look complete
    const status = question ? (error.status ?? 502) : 400;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ code: error.code, error: error.message }));
  }
}).listen(Number(process.env.PORT ?? 3000), process.env.BIND_ADDRESS ?? '127.0.0.1');
`;
}
