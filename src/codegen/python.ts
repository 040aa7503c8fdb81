/** Python with only the standard library: a module that ends with a small program, and for text an HTTP server. */

import { py } from '../text/literals.ts';
import { clientEnvironment, pyMint, runsCommand, takesPersonal } from './login.ts';
import {
  clientNotes,
  type Family,
  pathOf,
  type Recipe,
  SERVER_NOTE,
  type Subject,
  speaks,
  wakeNote,
} from './recipe.ts';
import { askInput, endedEarly, questionOf } from './stream.ts';

const MODULE = 'databricks_endpoint';

/** The module, and for text a server that uses it. */
export function pythonRecipe(subject: Subject): Recipe {
  const text = speaks(subject.family);
  const content = head(subject) + (text ? streaming(subject) : whole(subject)) + main(subject);
  return {
    files: [
      { path: `${MODULE}.py`, content },
      ...(text ? [{ path: 'server.py', content: server(subject.family) }] : []),
    ],
    notes: [
      `Python 3.9 or newer. Terminal: python3 ${MODULE}.py${text ? ' "your question". HTTP server: python3 server.py' : ''}`,
      ...(text ? [SERVER_NOTE] : []),
      wakeNote(subject),
      ...clientNotes(subject),
    ],
    environment: clientEnvironment(subject),
  };
}

function head(subject: Subject): string {
  const { direct, login } = subject;
  const imports = ['base64', 'json', 'os', 're', 'subprocess', 'sys', 'threading', 'time'].filter((each) => {
    if (each === 'base64') return login === 'databricks';
    if (each === 'sys') return speaks(subject.family);
    return each !== 'subprocess' || runsCommand(login);
  });
  return `import ${imports.join(', ')}
import urllib.error, urllib.parse, urllib.request
from http.client import HTTPException


def secure(name, url):
    if not re.match('https://|http://127[.]0[.]0[.]1(:|$)', url):
        raise ValueError(name + ' must start with https://')
    return url.rstrip('/')


ENDPOINT = ${py(subject.endpoint)}
HOST = secure('DATABRICKS_HOST', os.environ['DATABRICKS_HOST'])
${direct ? `URL = ${py(direct.url)}\nDETAILS = ${py(direct.details)}` : subject.api === undefined ? "URL = f'{HOST}/serving-endpoints/{ENDPOINT}/invocations'" : `URL = HOST + ${py(pathOf(subject))}`}


class DatabricksError(Exception):
    """A refused request, an error event or a cut stream."""

    def __init__(self, status, text, code=None):
        try:
            said = dict(json.loads(text))
        except (ValueError, TypeError):
            said = {}
        error = said.get('error') or (said.get('response') or {}).get('error')
        words = said.get('message') or (error.get('message') if isinstance(error, dict) else error) or text[:500]
        super().__init__(str(words))
        self.status, self.code = status, said.get('error_code') or code


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None  # urllib would send the credentials there


opener = urllib.request.build_opener(NoRedirect)
lock, held = threading.Lock(), {'renew_at': 0.0}


def bearer():
${takesPersonal(subject) ? PERSONAL : ''}    with lock:  # one token for all threads
        if time.monotonic() >= held['renew_at']:
            fresh = mint()
            life = float(fresh['expires_in'])
            held.update(value=fresh['access_token'], renew_at=time.monotonic() + life - min(300, life / 2))
        return held['value']


${pyMint(subject)}

def issue(url, headers, form=None):
    request = urllib.request.Request(url, form and urllib.parse.urlencode(form).encode(), headers)
    try:
        with opener.open(request, timeout=15) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as refused:
        raise DatabricksError(refused.code, refused.read().decode('utf-8', 'replace')) from None


def invoke(body):
    """Retries after 429 and 503, and once with a new token; never when the request may have run."""
    renewed = False
    for attempt in (1, 2, 3):
        used = bearer()
        headers = {'Authorization': f'Bearer {used}', 'Content-Type': 'application/json'}
        try:
            return opener.open(urllib.request.Request(URL, json.dumps(body).encode(), headers), timeout=300)
        except urllib.error.HTTPError as refused:
            wait, text = refused.headers.get('Retry-After', str(2**attempt)), refused.read().decode('utf-8', 'replace')
            if used == held.get('value') and not renewed and token_refused(refused.code, text):
                renewed, held['renew_at'] = True, 0.0
                continue
            if refused.code not in (429, 503) or attempt == 3 or not wait.isdigit() or int(wait) > 30:
                raise DatabricksError(refused.code, text) from None
        time.sleep(int(wait))


def token_refused(status, text):
    said = re.search('token.{0,40}expir|expir.{0,40}token|invalid (access )?token', text, re.IGNORECASE)
    return status == 401 or status == 403 and said
`;
}

const PERSONAL = `    if 'DATABRICKS_CLIENT_ID' not in os.environ:
        return os.environ['DATABRICKS_TOKEN']  # only on your own machine
`;

function whole(subject: Subject): string {
  const embeds = subject.family === 'embeddings';
  const result = embeds
    ? "[each['embedding'] for each in answer['data']]"
    : "answer.get('predictions', answer.get('outputs', answer)) if isinstance(answer, dict) else answer";
  return `

def ${embeds ? 'embed(texts)' : 'predict(body)'}:
    with invoke(${embeds ? `{${named(subject)}'input': texts, 'encoding_format': 'float'}` : 'body'}) as reply:
        answer = json.load(reply)
    if isinstance(answer, dict) and (answer.get('error_code')${embeds ? " or 'data' not in answer" : ''}):
        raise DatabricksError(502, json.dumps(answer))
    return ${result}
`;
}

/** Reads the text from one event of each family. \`end\` receives the reason of the end. */
const READ: Partial<Record<Family, string>> = {
  chat: `            for choice in event.get('choices') or []:
                end['finish_reason'] = choice.get('finish_reason') or end.get('finish_reason')
                yield from texts((choice.get('delta') or {}).get('content'))
`,
  completions: `            for choice in event.get('choices') or []:
                end['finish_reason'] = choice.get('finish_reason') or end.get('finish_reason')
                yield from texts(choice.get('text'))
`,
  chat_agent: `            end['finish_reason'] = event.get('finish_reason') or end.get('finish_reason')
            delta = event.get('delta') or {}
            if delta.get('role') != 'tool':
                yield from texts(delta.get('content'))
`,
  responses: `            kind, item = event.get('type') or '', event.get('item')
            if kind == 'response.output_text.delta':
                streamed = True
                yield event['delta']
            elif kind == 'response.output_item.done':
                end.setdefault('finish_reason', 'completed')
                if item.get('type') != 'message':  # tool calls, approvals
                    end.setdefault('items', []).append(item)
                elif not streamed:  # supervisors send no deltas
                    yield from texts(item.get('content'))
                streamed = False
            elif kind.endswith(('.completed', '.incomplete')):
                cut = (event.get('response') or {}).get('incomplete_details') or {}
                end['finish_reason'] = cut.get('reason') or 'completed'
`,
};

/** The model service, which a request names in its body. */
function named({ api }: Subject): string {
  return api === undefined ? '' : "'model': ENDPOINT, ";
}

/** A block by a service policy is no answer, whatever its sentence says (fact Q18). */
const POLICY = `                if event.get('databricks_service_policy'):
                    raise DatabricksError(403, 'blocked by a service policy', 'POLICY_BLOCK')
`;

function streaming(subject: Subject): string {
  const { family, api } = subject;
  const { argument, field } = askInput(family);
  return `

def ask(${argument}, end=None):
    """The answer, piece by piece; end receives finish_reason."""
    end = {} if end is None else end
${family === 'responses' ? '    streamed = False\n' : ''}    with invoke({${named(subject)}'${field}': ${argument}, 'stream': True}) as reply:
        for event in events(reply, end):
${READ[family] ?? ''}    if not end.get('finish_reason') and not end.get('done'):
        raise DatabricksError(502, 'the stream ended too early', 'STREAM_CUT')


def events(reply, end):
    name = ''
    try:
        for line in reply:
            field, _, value = line.decode('utf-8', 'replace').strip().partition(':')
            value = value.strip()
            if field in ('', 'event'):
                name = value if field else ''
            elif field == 'data' and value == '[DONE]':
                end['done'] = True
                return
            elif field == 'data':
                event = json.loads(value)
                failed = 'error' in (name, event.get('type')) or event.get('type') == 'response.failed'
                if failed or event.get('error') or event.get('error_code'):
                    raise DatabricksError(502, value, 'STREAM_ERROR')
${api === undefined ? '' : POLICY}                yield event
    except (OSError, HTTPException) as cut:
        raise DatabricksError(502, f'the stream was cut: {cut!r}', 'STREAM_CUT') from cut


def texts(content):
    for part in content if isinstance(content, list) else [{'text': content}]:
        yield part.get('text') or ''
`;
}

function main(subject: Subject): string {
  const { family, body } = subject;
  const asked = family === 'completions' ? 'question' : "[{'role': 'user', 'content': question}]";
  const use = speaks(family)
    ? `    question, end = ' '.join(sys.argv[1:]) or ${py(questionOf(body))}, {}
    for piece in ask(${asked}, end):
        print(piece, end='', flush=True)
    print()
    if ${endedEarly(family).py}:
        print(end, file=sys.stderr)`
    : `    print(${family === 'embeddings' ? `embed(${py(body.input)})` : `predict(${py(body)})`})`;
  return `

if __name__ == '__main__':
${use}
`;
}

/** It answers when the whole text is there, so a cut answer never looks complete. */
function server(family: Family): string {
  const { argument } = askInput(family);
  return `"""POST {${argument}}: the whole answer as text."""
import json, os
from wsgiref.simple_server import make_server
from ${MODULE} import DatabricksError, ask


def app(environ, start):
    end, kind = {}, ('Content-Type', 'text/plain; charset=utf-8')
    try:
        question = json.loads(environ['wsgi.input'].read(int(environ['CONTENT_LENGTH'])))['${argument}']
        text = ''.join(ask(question, end))
        start('200 OK', [kind, ('finish-reason', str(end.get('finish_reason')))])
    except (DatabricksError, KeyError, TypeError, ValueError) as error:
        text = str(error)
        start(f'{getattr(error, "status", 400)} refused', [kind])
    return [text.encode()]


make_server(os.environ.get('BIND_ADDRESS', '127.0.0.1'), int(os.environ.get('PORT', 3000)), app).serve_forever()
`;
}
