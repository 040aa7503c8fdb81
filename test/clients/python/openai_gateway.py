"""openai: calls of a model service at the paths of Unity Gateway."""

import json
import os
import time
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from openai import AuthenticationError, BadRequestError, NotFoundError, OpenAI, RateLimitError

HOST, TOKEN = os.environ["DATABRICKS_HOST"], os.environ["DATABRICKS_TOKEN"]
MESSAGES = [{"role": "user", "content": "hi"}]


def send(path: str, body: dict) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    with urlopen(Request(HOST + path, data=json.dumps(body).encode(), headers=headers)) as made:
        assert made.status == 200, made.status


def service(name: str, model: str, *fallbacks: str, **config) -> str:
    """Creates a service with one destination, and returns its full name."""
    only, *others = [
        {
            "name": "only" if at == 0 else f"spare-{at}",
            "destination_type": "DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL",
            "pay_per_token_config": {"model": f"models/system.ai.{each}"},
        }
        for at, each in enumerate((model, *fallbacks))
    ]
    query = urlencode({"parent": "schemas/ml.prod", "model_service_id": name})
    routing = {"destinations": [only], "fallback": {"destinations": others}}
    send(f"/api/2.1/unity-catalog/model-services?{query}", {"config": {"routing": routing, **config}})
    return f"ml.prod.{name}"


def refused(error: type, call, *words: str) -> None:
    try:
        call()
    except error as problem:
        assert all(word in str(problem.body) for word in words), problem.body
        return
    raise AssertionError(f"not refused: {words}")


client = OpenAI(base_url=f"{HOST}/ai-gateway/mlflow/v1", api_key=TOKEN)

chat = service("py_chat", "claude-sonnet-4-5")
one = client.chat.completions.create(model=chat, messages=MESSAGES)
assert one.model == "claude-sonnet-4-5" and "hi" in one.choices[0].message.content, one

text = ""
for chunk in client.chat.completions.create(model=chat, messages=MESSAGES, stream=True):
    text += chunk.choices[0].delta.content or ""
assert "You wrote: hi" in text, text

vectors = client.embeddings.create(
    model=service("py_vectors", "gte-large-en"), input=["a", "b"], encoding_format="float"
)
assert [len(each.embedding) for each in vectors.data] == [1024, 1024]

responding = service("py_respond", "gpt-5")
answer = client.responses.create(model=responding, input="hi")
assert "hi" in answer.output_text, answer
events = [event.type for event in client.responses.create(model=responding, input="hi", stream=True)]
assert events[0] == "response.created" and events[-1] == "response.completed", events

# The form of a provider, where the model has it.
native = OpenAI(base_url=f"{HOST}/ai-gateway/openai/v1", api_key=TOKEN)
assert "hi" in native.responses.create(model=responding, input="hi").output_text
refused(BadRequestError, lambda: native.responses.create(model=chat, input="hi"), "is not supported by", chat)
refused(BadRequestError, lambda: list(client.models.list()), "any known API type")

# A primary that fails: the fallback answers, in a stream too.
backed = service("py_backed", "gpt-5", "claude-sonnet-4-5")
send("/sandbox/behaviours", {"match": {"endpoint": backed, "entity": "only"}, "set": {"error_5xx_rate": 1}})
for stream in (False, True):
    answered = client.chat.completions.create(model=backed, messages=MESSAGES, stream=stream)
    models = {chunk.model for chunk in answered} if stream else {answered.model}
    assert models == {"claude-sonnet-4-5"}, models

# Refusals have the classes that programs catch.
ask = lambda by=client, model=chat: by.with_options(max_retries=0).chat.completions.create(model=model, messages=MESSAGES)
refused(NotFoundError, lambda: ask(model="ml.prod.nothing"), "'ml.prod.nothing' does not exist")
refused(BadRequestError, lambda: ask(OpenAI(base_url=str(client.base_url), api_key="made-up")), "Invalid Token")
refused(AuthenticationError, lambda: ask(client.with_options(default_headers={"Authorization": "none"})), "Credential")
limit = {"key": "RATE_LIMIT_KEY_SERVICE", "renewal_period": "RATE_LIMIT_RENEWAL_PERIOD_HOUR", "requests": 2}
limited = service("py_limited", "claude-sonnet-4-5", rate_limits=[limit])
# A new limit holds within a minute, which is half a second of this clock.
deadline = time.monotonic() + 20
while time.monotonic() < deadline:
    try:
        ask(model=limited)
        time.sleep(0.2)
    except RateLimitError as problem:
        assert "User defined rate limit(s) exceeded" in str(problem), problem
        break
else:
    raise AssertionError("the limit never refused")
