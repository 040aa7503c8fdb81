/** Node without dependencies: a client and a program for the terminal. For text also a small server that handles failures of a stream. */

import { js } from '../text/literals.ts';
import { jsClient, jsInvocations } from './javascript.ts';
import { clientEnvironment } from './login.ts';
import { clientNotes, type Family, type Recipe, SERVER_NOTE, type Subject, speaks, wakeNote } from './recipe.ts';
import { askInput, endedEarly, FAILURE, jsRead, LINES, questionOf } from './stream.ts';

/** The client, and the programs that use it. */
export function nodeRecipe(subject: Subject): Recipe {
  const text = speaks(subject.family);
  const client = jsClient(subject, !subject.direct) + ERRORS + (text ? streaming(subject) : whole(subject));
  const programs = text
    ? [
        { path: 'ask.mjs', content: terminal(subject) },
        { path: 'server.mjs', content: server(subject.family) },
      ]
    : [{ path: 'example.mjs', content: example(subject) }];
  return {
    files: [{ path: 'databricks.mjs', content: client }, ...programs],
    notes: [
      text
        ? 'Node 20 or newer. Terminal: node ask.mjs "your question". HTTP server: node server.mjs'
        : 'Node 20 or newer. Terminal: node example.mjs',
      ...(text ? [SERVER_NOTE] : []),
      wakeNote(subject),
      ...clientNotes(subject),
    ],
    environment: clientEnvironment(subject),
  };
}

const ERRORS = `
async function invoke(url, body, signal) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal };
  const reply = await databricksFetch(url, init);
  if (!reply.ok) throw failure(reply.status, await reply.text(), reply.statusText);
  return reply;
}

${FAILURE}`;

function whole(subject: Subject): string {
  const embeds = subject.family === 'embeddings';
  const [name, input, answer] = embeds
    ? ['embed', 'texts', 'data.map(({ embedding }) => embedding)']
    : ['predict', 'body', 'predictions ?? answer.outputs ?? answer'];
  // `float`, because routes decode base64 differently.
  const named = subject.api === undefined ? '' : 'model: ENDPOINT, ';
  const body = embeds ? `{ ${named}input: texts, encoding_format: 'float' }` : 'body';
  return `
export async function ${name}(${input}, signal) {
  const reply = await invoke(${jsInvocations(subject)}, ${body}, signal);
  const text = await reply.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw failure(502, 'the model answered, but not in JSON: ' + text, 'NOT_JSON'); // NaN is no JSON
  }
  if (answer.error_code${embeds ? ' || !answer.data' : ''}) throw failure(502, text);
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

function streaming(subject: Subject): string {
  const { argument, field } = askInput(subject.family);
  const named = subject.api === undefined ? '' : 'model: ENDPOINT, ';
  const body =
    field === argument ? `{ ${named}${field}, stream: true }` : `{ ${named}${field}: ${argument}, stream: true }`;
  return `
/** The answer, piece by piece; end receives finish_reason. A broken stream throws. */
export async function* ask(${argument}, signal, end = {}) {
  const reply = await invoke(${jsInvocations(subject)}, ${body}, signal);
${jsRead(subject.family, subject.api !== undefined)}
}

function* texts(content) {
  if (typeof content === 'string') yield content;
  else for (const part of content ?? []) if (part.text) yield part.text;
}

async function* events(body) {
  let rest = '', name = '';
  try {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\\n');
      rest = lines.pop();
${LINES}
    }
  } catch (cut) {
    throw failure(502, 'the stream was cut: ' + cut.message, 'STREAM_CUT');
  }
}
`;
}

function terminal({ family, body }: Subject): string {
  const question = family === 'completions' ? 'question' : "[{ role: 'user', content: question }]";
  return `import { ask } from './databricks.mjs';

const question = process.argv.slice(2).join(' ') || ${js(questionOf(body))};
const end = {};
for await (const text of ask(${question}, undefined, end)) process.stdout.write(text);
console.log();
if (${endedEarly(family).js}) console.error(end);
`;
}

function server(family: Family): string {
  const { argument } = askInput(family);
  return `import { createServer } from 'node:http';
import { ask } from './databricks.mjs';

const TEXT = { 'content-type': 'text/plain; charset=utf-8', trailer: 'finish-reason' };
const begin = (response) => response.headersSent || response.writeHead(200, TEXT);

/** POST { ${argument} } → the answer as streamed text. */
createServer(async (request, response) => {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const end = {};
  let question;
  try {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    question = JSON.parse(body).${argument};
    for await (const text of ask(question, gone.signal, end)) {
      begin(response);
      await new Promise((written) => response.write(text, written));
    }
    begin(response);
    response.addTrailers({ 'finish-reason': String(end.finish_reason) });
    response.end();
  } catch (error) {
    if (response.headersSent || gone.signal.aborted) return response.destroy();
    response.writeHead(question ? (error.status ?? 502) : 400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ code: error.code, error: error.message }));
  }
}).listen(Number(process.env.PORT ?? 3000), process.env.BIND_ADDRESS ?? '127.0.0.1');
`;
}
