/** Python with only the standard library. */

import { py } from '../text/literals.ts';
import { clientEnvironment, clientNotes, type Family, type Recipe, type Subject, speaks } from './recipe.ts';

/** One module that ends with a small program. */
export function pythonRecipe(subject: Subject): Recipe {
  const content = head(subject) + (speaks(subject.family) ? streaming(subject) : whole(subject)) + main(subject);
  return {
    files: [{ path: 'databricks_endpoint.py', content }],
    notes: [
      'Python 3.9 or newer, nothing to install. Run: python3 databricks_endpoint.py',
      ...(speaks(subject.family) ? ['In a web server, read the first piece before you send the status.'] : []),
      ...clientNotes(subject),
    ],
    environment: clientEnvironment(subject),
  };
}

function head(subject: Subject): string {
  const { direct } = subject;
  return `import base64, json, os, threading, time
import urllib.error, urllib.parse, urllib.request
from http.client import HTTPException

ENDPOINT = ${py(subject.endpoint)}
HOST = os.environ["DATABRICKS_HOST"].rstrip("/")
${direct ? `URL = ${py(direct.url)}\nDETAILS = ${py(direct.details)}` : 'URL = f"{HOST}/serving-endpoints/{ENDPOINT}/invocations"'}
if not HOST.startswith(("https://", "http://127.0.0.1")):
    raise ValueError("DATABRICKS_HOST must start with https://")


class DatabricksError(Exception):
    """A refused request (status, code and message of the service), an error event or a cut stream."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None  # urllib would send the credentials there


opener = urllib.request.build_opener(NoRedirect)  # verifies certificates
lock, held = threading.Lock(), {"renew_at": 0.0}


def bearer():
${direct ? '' : PERSONAL}    with lock:  # one token for all threads, renewed before it expires
        if time.monotonic() >= held["renew_at"]:
${direct ? NARROW : PLAIN}            life = fresh["expires_in"]
            held.update(value=fresh["access_token"], renew_at=time.monotonic() + life - min(300, life / 2))
        return held["value"]


def oauth(form, headers):
    request = urllib.request.Request(f"{HOST}/oidc/v1/token", urllib.parse.urlencode(form).encode(), headers)
    try:
        with opener.open(request, timeout=15) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as refused:
        raise failure(refused.code, refused.read().decode("utf-8", "replace")) from None


def basic():
    pair = os.environ["DATABRICKS_CLIENT_ID"] + ":" + os.environ["DATABRICKS_CLIENT_SECRET"]
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def invoke(body):
    """Retries after 429 and 503, and never when the request may have run."""
    for attempt in (1, 2, 3):
        headers = {"Authorization": f"Bearer {bearer()}", "Content-Type": "application/json"}
        try:
            return opener.open(urllib.request.Request(URL, json.dumps(body).encode(), headers), timeout=300)
        except urllib.error.HTTPError as refused:
            wait, text = refused.headers.get("Retry-After", str(2**attempt)), refused.read().decode("utf-8", "replace")
            if refused.code not in (429, 503) or attempt == 3 or not wait.isdigit() or int(wait) > 30:
                raise failure(refused.code, text) from None
        time.sleep(int(wait))


def failure(status, text):
    try:
        said = dict(json.loads(text))
    except (ValueError, TypeError):
        said = {}
    error = said.get("error")
    words = said.get("message") or (error.get("message") if isinstance(error, dict) else error) or text[:500]
    return DatabricksError(status, said.get("error_code"), str(words))
`;
}

const PERSONAL = `    if "DATABRICKS_CLIENT_ID" not in os.environ:
        return os.environ["DATABRICKS_TOKEN"]  # only on your own machine
`;

const PLAIN = `            fresh = oauth({"grant_type": "client_credentials", "scope": "all-apis"}, basic())
`;

const NARROW = `            whole = oauth({"grant_type": "client_credentials", "scope": "all-apis"}, basic())
            grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
            form = {"grant_type": grant, "assertion": whole["access_token"], "authorization_details": DETAILS}
            fresh = oauth(form, {})
`;

function whole(subject: Subject): string {
  return subject.family === 'embeddings'
    ? `

def embed(texts):
    with invoke({"input": texts, "encoding_format": "float"}) as reply:
        return [each["embedding"] for each in json.load(reply)["data"]]
`
    : `

def predict(body):
    with invoke(body) as reply:
        answer = json.load(reply)
    return answer.get("predictions", answer.get("outputs", answer)) if isinstance(answer, dict) else answer
`;
}

/** Reads the text from the events of each family. `ended` records the end mark. */
const READ: Partial<Record<Family, string>> = {
  chat: `                for choice in event.get("choices") or []:
                    ended = ended or bool(choice.get("finish_reason"))
                    yield from texts((choice.get("delta") or {}).get("content"))
`,
  completions: `                for choice in event.get("choices") or []:
                    ended = ended or bool(choice.get("finish_reason"))
                    yield from texts(choice.get("text"))
`,
  chat_agent: `                ended = ended or bool(event.get("finish_reason"))
                delta = event.get("delta") or {}
                if delta.get("role") != "tool":
                    yield from texts(delta.get("content"))
`,
  responses: `                if event.get("type") == "response.output_text.delta":
                    streamed = True
                    yield event["delta"]
                elif event.get("type") == "response.output_item.done":
                    if not streamed:  # supervisors send no deltas
                        yield from texts(event["item"].get("content"))
                    streamed, ended = False, True
`,
};

function streaming({ family }: Subject): string {
  const argument = family === 'completions' ? 'prompt' : 'messages';
  const field = family === 'responses' ? 'input' : argument;
  return `

def ask(${argument}):
    """The answer, piece by piece. Raises DatabricksError, also for an error event or a cut stream."""
    ended${family === 'responses' ? ' = streamed' : ''} = False
    with invoke({"${field}": ${argument}, "stream": True}) as reply:
        try:
            for line in reply:
                if not line.startswith(b"data:"):
                    continue
                data = line[5:].strip().decode()
                if data == "[DONE]":
                    return
                event = json.loads(data)
                if event.get("error") or event.get("type") in ("error", "response.failed"):
                    raise failure(502, data)
${READ[family] ?? ''}        except (OSError, HTTPException) as cut:
            raise DatabricksError(502, "STREAM_CUT", f"the stream was cut: {cut!r}") from cut
    if not ended:
        raise DatabricksError(502, "STREAM_CUT", "the stream ended too early")


def texts(content):
    """The text of a message, which is a string or a list of parts."""
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else []:
        yield part.get("text") or ""
`;
}

function main(subject: Subject): string {
  const { family, body } = subject;
  const use = speaks(family)
    ? `    for piece in ask(${py(body.messages ?? body.input ?? body.prompt)}):
        print(piece, end="", flush=True)
    print()`
    : `    print(${family === 'embeddings' ? `embed(${py(body.input)})` : `predict(${py(body)})`})`;
  return `

if __name__ == "__main__":
${use}
`;
}
