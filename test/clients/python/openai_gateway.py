"""openai: calls of a model service at the paths of Unity Gateway."""

import json
import os
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from openai import NotFoundError, OpenAI

HOST, TOKEN = os.environ["DATABRICKS_HOST"], os.environ["DATABRICKS_TOKEN"]
MESSAGES = [{"role": "user", "content": "hi"}]


def service(name: str, model: str) -> str:
    """Creates a service with one destination, and returns its full name."""
    destination = {
        "name": "only",
        "destination_type": "DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL",
        "pay_per_token_config": {"model": f"models/system.ai.{model}"},
    }
    query = urlencode({"parent": "schemas/ml.prod", "model_service_id": name})
    request = Request(
        f"{HOST}/api/2.1/unity-catalog/model-services?{query}",
        data=json.dumps({"config": {"routing": {"destinations": [destination]}}}).encode(),
        headers={"authorization": f"Bearer {TOKEN}", "content-type": "application/json"},
    )
    with urlopen(request) as made:
        assert made.status == 200, made.status
    return f"ml.prod.{name}"


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

try:
    client.chat.completions.create(model="ml.prod.nothing", messages=MESSAGES)
    raise AssertionError("a missing service must be refused")
except NotFoundError as error:
    assert error.status_code == 404, error
