"""databricks-sdk: the life of a serving endpoint, and all that surrounds it."""

import json

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound, ResourceConflict
from databricks.sdk.service import serving as s

w = WorkspaceClient()
api = w.serving_endpoints
ROW = {"tenure": 4, "monthly_charges": 70.0, "support_tickets": 1, "contract": "one-year"}


def churn(version: str) -> s.ServedEntityInput:
    return s.ServedEntityInput(
        entity_name="ml.prod.churn", entity_version=version, workload_size="Small", scale_to_zero_enabled=True
    )


def refused(error: type[Exception], call, text: str) -> None:
    try:
        call()
    except error as raised:
        assert text in str(raised), raised
    else:
        raise AssertionError(f"not refused: {text}")


names = {each.name for each in api.list()}
assert {"house-price", "support-agent", "databricks-gte-large-en"} <= names, names

created = api.create(
    name="by-python",
    config=s.EndpointCoreConfigInput(name="by-python", served_entities=[churn("1")]),
    tags=[s.EndpointTag(key="team", value="growth")],
    description="made by the SDK",
)
assert created.response.state.config_update == s.EndpointStateConfigUpdate.IN_PROGRESS
# The first deployment runs, so another config is refused.
refused(ResourceConflict, lambda: api.update_config("by-python", served_entities=[churn("2")]), "currently being updated")
ready = created.result()
assert ready.state.ready == s.EndpointStateReady.READY
assert ready.config.served_entities[0].name == "churn-1"
assert ready.description == "made by the SDK"

updated = api.update_config_and_wait(
    "by-python",
    served_entities=[churn("2"), churn("3")],
    traffic_config=s.TrafficConfig(
        routes=[
            s.Route(served_model_name="churn-2", served_entity_name="churn-2", traffic_percentage=90),
            s.Route(served_model_name="churn-3", served_entity_name="churn-3", traffic_percentage=10),
        ]
    ),
)
assert [each.traffic_percentage for each in updated.config.traffic_config.routes] == [90, 10]

answer = api.query("by-python", dataframe_records=[ROW])
assert 0 < answer.predictions[0]["churn_probability"] < 1
assert answer.served_model_name in ("churn-2", "churn-3")
split = s.DataframeSplitInput(columns=list(ROW), data=[list(ROW.values())])
assert api.query("by-python", dataframe_split=split).predictions

chat = api.query(
    "databricks-claude-sonnet-4-5",
    messages=[s.ChatMessage(role=s.ChatMessageRole.USER, content="hello")],
    max_tokens=50,
)
assert chat.choices[0].message.content and chat.usage.total_tokens > 0
vectors = api.query("databricks-gte-large-en", input=["a", "b"])
assert [len(each.embedding) for each in vectors.data] == [1024, 1024]

assert api.build_logs("by-python", "churn-2").logs
assert api.logs("by-python", "churn-2").logs
assert b"request_count_total" in api.export_metrics("by-python").contents.read()
assert "/served-models/churn-2/invocations" in json.loads(api.get_open_api("by-python").contents.read())["paths"]

tags = api.patch("by-python", add_tags=[s.EndpointTag(key="stage")], delete_tags=["team"])
assert [each.key for each in tags.tags] == ["stage"]
assert not api.patch("by-python", delete_tags=["stage"]).tags
gateway = api.put_ai_gateway(
    "by-python",
    usage_tracking_config=s.AiGatewayUsageTrackingConfig(enabled=True),
    rate_limits=[s.AiGatewayRateLimit(calls=100, renewal_period=s.AiGatewayRateLimitRenewalPeriod.MINUTE)],
)
assert gateway.rate_limits[0].calls == 100
mails = s.EmailNotifications(on_update_failure=["ml@example.com"])
assert api.update_notifications("by-python", email_notifications=mails).email_notifications.on_update_failure
limit = s.RateLimit(calls=1000, renewal_period=s.RateLimitRenewalPeriod.MINUTE)
assert api.put("databricks-gte-large-en", rate_limits=[limit]).rate_limits[0].calls == 1000

levels = [each.permission_level for each in api.get_permission_levels(ready.id).permission_levels]
assert s.ServingEndpointPermissionLevel.CAN_QUERY in levels
analysts = s.ServingEndpointAccessControlRequest(
    group_name="analysts", permission_level=s.ServingEndpointPermissionLevel.CAN_QUERY
)
assert any(e.group_name == "analysts" for e in api.update_permissions(ready.id, access_control_list=[analysts]).access_control_list)
assert any(e.group_name == "admins" for e in api.set_permissions(ready.id, access_control_list=[analysts]).access_control_list)
assert api.get_permissions(ready.id).object_id == f"/serving-endpoints/{ready.id}"
refused(BadRequest, lambda: api.get_permissions("by-python"), "is not a valid Inference Endpoint ID")

# http_request sends null for what the caller leaves out.
refused(NotFound, lambda: api.http_request("none", s.ExternalFunctionRequestHttpMethod.GET, "/x"), "does not exist")

api.delete("by-python")
refused(NotFound, lambda: api.get("by-python"), "Endpoint with name 'by-python' does not exist.")
