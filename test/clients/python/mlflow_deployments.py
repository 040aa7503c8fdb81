"""MLflow: its deployments client for Databricks."""

from mlflow.deployments import get_deploy_client
from mlflow.exceptions import MlflowException
from requests import HTTPError

client = get_deploy_client("databricks")
ROW = {"tenure": 4, "monthly_charges": 70.0, "support_tickets": 1, "contract": "one-year"}
CHAT = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 50}


def churn(version: str) -> dict:
    return {"entity_name": "ml.prod.churn", "entity_version": version, "workload_size": "Small", "scale_to_zero_enabled": True}


# List and create send a slash at the end of the path.
names = {each["name"] for each in client.list_endpoints()}
assert {"house-price", "support-agent"} <= names, names

created = client.create_endpoint(
    config={"name": "by-mlflow", "config": {"served_entities": [churn("1")]}, "tags": [{"key": "team", "value": "growth"}]}
)
assert created["state"]["config_update"] == "IN_PROGRESS" and created["tags"][0]["key"] == "team"
while client.get_endpoint("by-mlflow")["state"]["config_update"] == "IN_PROGRESS":
    pass
assert client.get_endpoint("by-mlflow")["state"]["ready"] == "READY"

updated = client.update_endpoint_config(endpoint="by-mlflow", config={"served_entities": [churn("2")]})
assert updated["pending_config"]["served_entities"][0]["entity_version"] == "2"
while client.get_endpoint("by-mlflow")["state"]["config_update"] == "IN_PROGRESS":
    pass

tags = client.update_endpoint_tags(endpoint="by-mlflow", config={"add_tags": [{"key": "stage", "value": "x"}]})
assert {each["key"] for each in tags["tags"]} == {"team", "stage"}
gateway = client.update_endpoint_ai_gateway(
    endpoint="by-mlflow", config={"usage_tracking_config": {"enabled": True}}
)
assert gateway["usage_tracking_config"]["enabled"]
limits = [{"calls": 1000, "key": "user", "renewal_period": "minute"}]
assert client.update_endpoint_rate_limits(endpoint="databricks-gte-large-en", config={"rate_limits": limits})

predicted = client.predict(endpoint="by-mlflow", inputs={"dataframe_records": [ROW]})
assert 0 < predicted["predictions"][0]["churn_probability"] < 1
answer = client.predict(endpoint="databricks-claude-sonnet-4-5", inputs=CHAT)
assert answer["choices"][0]["message"]["content"]
chunks = list(client.predict_stream(endpoint="databricks-claude-sonnet-4-5", inputs=CHAT))
streamed = "".join(each["choices"][0]["delta"].get("content") or "" for each in chunks)
assert streamed == answer["choices"][0]["message"]["content"], streamed
agent = client.predict(endpoint="support-agent", inputs={"input": [{"role": "user", "content": "hello"}]})
assert agent["output"]

client.delete_endpoint("by-mlflow")
try:
    client.get_endpoint("by-mlflow")
    raise AssertionError("a deleted endpoint is found")
except (HTTPError, MlflowException) as error:
    assert "404" in str(error) or "does not exist" in str(error), error
