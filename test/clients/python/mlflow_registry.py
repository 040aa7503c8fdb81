"""MLflow: its registry client for Unity Catalog. An environment variable selects one of its two sets of routes."""

from mlflow import MlflowClient
from mlflow.exceptions import RestException

client = MlflowClient(tracking_uri="databricks", registry_uri="databricks-uc")
NAME = "ml.prod.churn"

model = client.get_registered_model(NAME)
assert model.name == NAME and model.aliases == {"champion": "1"}, model
assert model.creation_timestamp and model.last_updated_timestamp

# The last step of a swap: it reads the model and posts the alias.
client.set_registered_model_alias(NAME, "champion", 2)
champion = client.get_model_version_by_alias(NAME, "champion")
assert champion.version == "2" and "champion" in champion.aliases and champion.status == "READY", champion
client.set_registered_model_alias(NAME, "challenger", "3")
client.delete_registered_model_alias(NAME, "challenger")
try:
    client.get_model_version_by_alias(NAME, "challenger")
    raise AssertionError("a deleted alias is found")
except RestException as error:
    assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error

version = client.get_model_version(NAME, "2")
assert version.name == NAME and version.run_id in version.source
assert client.get_model_version_download_uri(NAME, "2").startswith("dbfs:/")
found = client.search_model_versions(f"name = '{NAME}'")
assert {each.version for each in found} == {"1", "2", "3", "4", "5"}
assert not list(client.search_model_versions("name = 'ml.prod.none'"))

names, token = [], None
while True:
    page = client.search_registered_models(max_results=2, page_token=token)
    names += [each.name for each in page]
    token = page.token
    if not token:
        break
assert NAME in names and len(names) == len(set(names))

client.create_registered_model("ml.prod.trial", description="first")
client.update_registered_model("ml.prod.trial", description="second")
client.set_registered_model_tag("ml.prod.trial", "team", "growth")
trial = client.get_registered_model("ml.prod.trial")
assert trial.description == "second" and trial.tags == {"team": "growth"}, trial
client.delete_registered_model_tag("ml.prod.trial", "team")
client.rename_registered_model("ml.prod.trial", "ml.prod.proven")
assert client.get_registered_model("ml.prod.proven").tags == {}
client.delete_registered_model("ml.prod.proven")

client.update_model_version(NAME, "3", description="described")
client.set_model_version_tag(NAME, "3", "checked", "yes")
described = client.get_model_version(NAME, "3")
assert described.description == "described" and described.tags == {"checked": "yes"}
client.delete_model_version_tag(NAME, "3", "checked")
try:
    client.get_registered_model("ml.prod.none")
    raise AssertionError("a model that does not exist is found")
except RestException as error:
    assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error
