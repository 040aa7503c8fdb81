"""databricks-sdk: principals, secrets, catalogs, models and apps around the endpoints."""

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service import apps, catalog, serving, workspace

w = WorkspaceClient()

# Each of these lists ends only when a page has no rows.
me = w.current_user.me()
users = list(w.users.list())
assert me.id in {each.id for each in users}
assert len(users) == len({each.id for each in users}) == len(list(w.users.list(count=1)))
assert w.users.get(me.id).user_name == me.user_name
assert [each.user_name for each in w.users.list(filter='userName eq "analyst@example.com"')] == ["analyst@example.com"]
group = next(w.groups.list(filter="displayName eq analysts"))
assert w.groups.get(group.id).members
bot = next(w.service_principals.list(filter='displayName sw "deploy"'))
assert w.service_principals.get(bot.id).application_id == bot.application_id
assert len(list(w.groups.list(attributes="displayName"))) >= 4

scopes = [each.name for each in w.secrets.list_scopes()]
assert "llm-providers" in scopes
w.secrets.create_scope("python", initial_manage_principal="users")
w.secrets.put_secret("python", "key", string_value="fake-value")
w.secrets.put_secret("python", "bytes", bytes_value="ZmFrZQ==")
assert [each.key for each in w.secrets.list_secrets("python")] == ["key", "bytes"]
w.secrets.put_acl("python", "analysts", workspace.AclPermission.READ)
assert w.secrets.get_acl("python", "analysts").permission == workspace.AclPermission.READ
external = serving.ServedEntityInput(
    name="gpt",
    external_model=serving.ExternalModel(
        provider=serving.ExternalModelProvider.OPENAI,
        name="gpt-5",
        task="llm/v1/chat",
        openai_config=serving.OpenAiConfig(openai_api_key="{{secrets/python/key}}"),
    ),
)
config = serving.EndpointCoreConfigInput(name="external", served_entities=[external])
made = w.serving_endpoints.create_and_wait("external", config=config)
assert made.state.ready == serving.EndpointStateReady.READY
w.serving_endpoints.delete("external")
w.secrets.delete_secret("python", "key")
w.secrets.delete_acl("python", "analysts")
w.secrets.delete_scope("python")
try:
    list(w.secrets.list_secrets("python"))
    raise AssertionError("a deleted scope is listed")
except NotFound:
    pass

assignment = w.metastores.current()
assert w.metastores.summary().metastore_id == assignment.metastore_id
assert str(assignment.workspace_id) == str(w.get_workspace_id())
catalogs = [each.name for each in w.catalogs.list(max_results=1)]
assert {"ml", "system"} <= set(catalogs)
assert w.catalogs.get("ml").owner
assert "ml.prod" in [each.full_name for each in w.schemas.list("ml")]
assert w.schemas.get("ml.prod").catalog_name == "ml"
grants = w.grants.get_effective("function", "ml.prod.churn")
assert any(each.principal == "data-science" for each in grants.privilege_assignments)

change = catalog.PermissionsChange(principal="analysts", add=[catalog.Privilege.EXECUTE])
granted = w.grants.update("function", "ml.prod.churn", changes=[change])
assert any(each.principal == "analysts" for each in granted.privilege_assignments)

models = [each.full_name for each in w.registered_models.list(catalog_name="ml", schema_name="prod")]
assert "ml.prod.churn" in models
assert w.registered_models.get("ml.prod.churn", include_aliases=True).aliases[0].alias_name == "champion"
assert {each.version for each in w.model_versions.list("ml.prod.churn", max_results=2)} == {1, 2, 3, 4, 5}
version = w.model_versions.get("ml.prod.churn", 2)
assert version.run_id and version.run_id in version.source and version.run_workspace_id == assignment.workspace_id
assert w.registered_models.set_alias("ml.prod.churn", "challenger", 3).version_num == 3
assert w.model_versions.get_by_alias("ml.prod.churn", "challenger").version == 3
w.registered_models.delete_alias("ml.prod.churn", "challenger")
trial = w.registered_models.create(catalog_name="ml", schema_name="prod", name="trial")
w.registered_models.update("ml.prod.trial", comment="kept")
assert w.registered_models.get("ml.prod.trial").comment == "kept" and trial.created_at
w.registered_models.delete("ml.prod.trial")

app = w.apps.create_and_wait(apps.App(name="python-app", description="d"))
assert app.compute_size == apps.ComputeSize.MEDIUM and app.forward_user_access_token
assert app.resources is None or app.resources == []
resource = apps.AppResource(
    name="endpoint",
    serving_endpoint=apps.AppResourceServingEndpoint(
        name="house-price",
        permission=apps.AppResourceServingEndpointServingEndpointPermission.CAN_QUERY,
    ),
)
w.apps.update("python-app", apps.App(name="python-app", resources=[resource]))
variables = [apps.EnvVar(name="A", value="v")]
deployment = apps.AppDeployment(
    source_code_path="/Workspace/x", mode=apps.AppDeploymentMode.SNAPSHOT, env_vars=variables
)
done = w.apps.deploy_and_wait("python-app", deployment)
assert [each.as_dict() for each in done.env_vars] == [{"name": "A"}]
assert [each.name for each in w.apps.list()].count("python-app") == 1
assert [each.deployment_id for each in w.apps.list_deployments("python-app")] == [done.deployment_id]
w.apps.stop_and_wait("python-app")
w.apps.start_and_wait("python-app")
w.apps.delete("python-app")
try:
    w.apps.create(apps.App(name="NOT A NAME"))
    raise AssertionError("a wrong name is accepted")
except BadRequest:
    pass
assert catalog.CatalogType.MANAGED_CATALOG == w.catalogs.get("ml").catalog_type
