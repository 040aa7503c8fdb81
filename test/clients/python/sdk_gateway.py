"""databricks-sdk: model services and provider services of Unity Gateway."""

from databricks.sdk import WorkspaceClient
from databricks.sdk.common.types.fieldmask import FieldMask
from databricks.sdk.errors import Aborted, AlreadyExists, InvalidParameterValue, NotFound, PermissionDenied
from databricks.sdk.service import apps, catalog
from databricks.sdk.service.catalog import (
    InferenceTableConfig,
    ListModelProviderServicesRequestView,
    ListModelServicesRequestView,
    ModelProviderService,
    ModelProviderServiceConfig,
    ModelProviderServiceConfigExternalModelProviderType,
    ModelProviderServiceConfigModelTargetConfig,
    ModelProviderServiceConfigOpenAiProviderConfig,
    ModelProviderServiceConfigOpenAiProviderDirectConfig,
    ModelProviderServiceConfigProviderSecret,
    ModelService,
    ModelServiceConfig,
    ModelServiceConfigDestinationConfig,
    ModelServiceConfigDestinationConfigDestinationType,
    ModelServiceConfigExternalModelConfig,
    ModelServiceConfigFallbackConfig,
    ModelServiceConfigPayPerTokenConfig,
    ModelServiceConfigProvisionedThroughputConfig,
    ModelServiceConfigRoutingConfig,
    RateLimit,
    RateLimitRateLimitKey,
    RateLimitRateLimitRenewalPeriod,
)

w = WorkspaceClient()
gateway = w.ai_gateway
SCHEMA = "schemas/ml.prod"
KEY = "made-up-key"
KINDS = ModelServiceConfigDestinationConfigDestinationType


def refused(error: type, call, *words: str) -> None:
    try:
        call()
    except error as problem:
        assert all(word in str(problem) for word in words), problem
        return
    raise AssertionError(f"not refused: {words}")


def paid(name: str, model: str, percentage: int | None = None) -> ModelServiceConfigDestinationConfig:
    return ModelServiceConfigDestinationConfig(
        name=name,
        destination_type=KINDS.DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL,
        pay_per_token_config=ModelServiceConfigPayPerTokenConfig(model=f"models/system.ai.{model}"),
        traffic_percentage=percentage,
    )


# A provider service, whose key never comes back.
target = ModelProviderServiceConfigModelTargetConfig(model="gpt-4o", native_api_types=["openai/v1/chat/completions"])
provider = gateway.create_model_provider_service(
    ModelProviderService(
        comment="by the SDK",
        config=ModelProviderServiceConfig(
            provider_type=ModelProviderServiceConfigExternalModelProviderType.EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI,
            openai=ModelProviderServiceConfigOpenAiProviderConfig(
                direct=ModelProviderServiceConfigOpenAiProviderDirectConfig(
                    api_key=ModelProviderServiceConfigProviderSecret(plaintext=KEY)
                )
            ),
            targets=[target],
        ),
    ),
    parent=SCHEMA,
    model_provider_service_id="openai_by_sdk",
)
assert provider.name == "model-provider-services/ml.prod.openai_by_sdk" and provider.etag
read = gateway.get_model_provider_service(provider.name)
assert read.config.openai.direct.api_key is not None and KEY not in str(read), read
named = [each.name for each in gateway.list_model_provider_services(parent=SCHEMA)]
assert provider.name in named, named
renamed = gateway.update_model_provider_service(
    provider.name,
    ModelProviderService(name=provider.name, config=ModelProviderServiceConfig(forward_headers=True)),
    FieldMask(["config.forward_headers"]),
    etag=provider.etag,
)
assert renamed.config.forward_headers and renamed.config.targets == [target], renamed


def change_provider(mask: list[str], etag: str | None = None, **fields) -> ModelProviderService:
    return gateway.update_model_provider_service(
        provider.name, ModelProviderService(name=provider.name, **fields), FieldMask(mask), etag=etag
    )


refused(Aborted, lambda: change_provider(["comment"], provider.etag, comment="stale"), "etag")
assert change_provider(["comment"], renamed.etag, comment="new").comment == "new"
for path in ("config.provider_type", "config.openai.direct", "*"):
    refused(InvalidParameterValue, lambda: change_provider([path], config=renamed.config), path)
provider_views = {
    view: {each.name: each for each in gateway.list_model_provider_services(parent=SCHEMA, page_size=1, view=view)}
    for view in ListModelProviderServicesRequestView
}
assert all(len(found) == 2 and provider.name in found for found in provider_views.values()), provider_views
refused(InvalidParameterValue, lambda: list(gateway.list_model_provider_services()), "parent")

# A model service with every part.
external = ModelServiceConfigDestinationConfig(
    name="external",
    destination_type=KINDS.DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL,
    external_model_config=ModelServiceConfigExternalModelConfig(
        model_provider_service=provider.name, target=ModelProviderServiceConfigModelTargetConfig(model="gpt-4o")
    ),
    traffic_percentage=30,
)
hourly = RateLimit(
    key=RateLimitRateLimitKey.RATE_LIMIT_KEY_SERVICE,
    renewal_period=RateLimitRateLimitRenewalPeriod.RATE_LIMIT_RENEWAL_PERIOD_HOUR,
    requests=1000,
)
group = RateLimit(
    key=RateLimitRateLimitKey.RATE_LIMIT_KEY_USER_GROUP,
    principal="admins",
    renewal_period=RateLimitRateLimitRenewalPeriod.RATE_LIMIT_RENEWAL_PERIOD_MINUTE,
    tokens=0,
)
config = ModelServiceConfig(
    routing=ModelServiceConfigRoutingConfig(
        destinations=[paid("claude", "claude-sonnet-4-5", 70), external],
        fallback=ModelServiceConfigFallbackConfig(destinations=[paid("spare", "databricks-claude-sonnet-4-5")]),
    ),
    rate_limits=[hourly, group],
    inference_table=InferenceTableConfig(parent=SCHEMA),
)
made = gateway.create_model_service(ModelService(comment="first", config=config), SCHEMA, "chat_by_sdk")
assert made.name == "model-services/ml.prod.chat_by_sdk" and made.create_time and made.effective_owner, made
assert made.config.routing == config.routing and made.config.rate_limits == config.rate_limits, made
assert made.config.inference_table.table == "tables/ml.prod.chat_by_sdk_payload", made
assert "mlflow/v1/chat/completions" in made.supported_api_types, made
assert gateway.get_model_service(made.name) == made
again = lambda: gateway.create_model_service(ModelService(config=config), SCHEMA, "chat_by_sdk")
refused(AlreadyExists, again, "already exists")
refused(NotFound, lambda: gateway.get_model_service("model-services/ml.prod.none"), "does not exist")
same_name = lambda: gateway.create_model_service(ModelService(config=config), SCHEMA, "openai_by_sdk")
refused(AlreadyExists, same_name, "Model Provider Service")
wrong = ModelServiceConfig(routing=ModelServiceConfigRoutingConfig(destinations=[paid("a", "claude-sonnet-4-5", 50), external]))
refused(InvalidParameterValue, lambda: gateway.create_model_service(ModelService(config=wrong), SCHEMA, "x"), "sum to 100")

# Both views, and pages.
simple = ModelServiceConfig(routing=ModelServiceConfigRoutingConfig(destinations=[paid("claude", "claude-sonnet-4-5")]))
for at in range(5):
    gateway.create_model_service(ModelService(config=simple), SCHEMA, f"page_{at}")
basic = {each.name: each for each in gateway.list_model_services(parent=SCHEMA, page_size=2)}
assert len([name for name in basic if "page_" in name]) == 5, basic
assert basic[made.name].config.routing is None and basic[made.name].config.rate_limits[1].principal is None, basic
full = {each.name: each for each in gateway.list_model_services(parent=SCHEMA, page_size=3, view=ListModelServicesRequestView.FULL)}
assert full[made.name] == made and full.keys() == basic.keys(), full
refused(InvalidParameterValue, lambda: list(gateway.list_model_services()), "parent")
too_many = lambda: list(gateway.list_model_services(parent=SCHEMA, page_size=201, view=ListModelServicesRequestView.FULL))
refused(InvalidParameterValue, too_many, "200")
platform = [each.name for each in gateway.list_model_services(parent="schemas/system.ai")]
assert "model-services/system.ai.claude-sonnet-4-5" in platform, platform


# Updates: a mask selects, and an etag protects.
def update(mask: list[str], etag: str | None = None, **fields) -> ModelService:
    return gateway.update_model_service(made.name, ModelService(name=made.name, **fields), FieldMask(mask), etag=etag)


limited = update(["config.rate_limits"], made.etag, config=ModelServiceConfig(rate_limits=[hourly]))
assert limited.config.rate_limits == [hourly] and limited.config.routing == config.routing, limited
refused(Aborted, lambda: update(["comment"], made.etag, comment="stale"), "etag")
assert update(["comment"], limited.etag, comment="second").comment == "second"
for path in ("config.routing", "config.routing.fallback", "*", "config.limits"):
    refused(InvalidParameterValue, lambda: update([path], config=config), path)
moved = ModelServiceConfig(inference_table=InferenceTableConfig(parent="schemas/system.ai"))
refused(InvalidParameterValue, lambda: update(["config.inference_table"], config=moved), "parent")
kept = update(["config.inference_table"], config=ModelServiceConfig(inference_table=InferenceTableConfig(parent=SCHEMA)))
assert kept.config.inference_table == made.config.inference_table and kept.comment == "second", kept
spare = ModelServiceConfigRoutingConfig(
    fallback=ModelServiceConfigFallbackConfig(destinations=[paid("spare", "gpt-5"), paid("last", "gpt-oss-20b")])
)
fallen = update(["config.routing.fallback.destinations"], config=ModelServiceConfig(routing=spare))
assert fallen.config.routing.fallback == spare.fallback and fallen.config.routing.destinations == config.routing.destinations
apart = [RateLimit(hourly.key, hourly.renewal_period, requests=9), RateLimit(hourly.key, hourly.renewal_period, tokens=9)]
assert update(["config.rate_limits"], config=ModelServiceConfig(rate_limits=apart)).config.rate_limits == apart
assert not update(["config.rate_limits"], config=ModelServiceConfig()).config.rate_limits
routed = update(["config.routing.destinations", "comment"], config=simple, comment="third")
assert routed.config.routing.fallback == spare.fallback and routed.comment == "third", routed
cleared = update(["config"], config=simple)
assert cleared.config.routing == simple.routing and cleared.config.inference_table is None, cleared
assert cleared.etag not in {made.etag, limited.etag, routed.etag}

# A deleted provider marks the destination. Grants and apps know the service.
update(["config.routing.destinations"], config=config)
refused(Aborted, lambda: gateway.delete_model_provider_service(provider.name, etag=provider.etag), "etag")
gateway.delete_model_provider_service(provider.name, etag=gateway.get_model_provider_service(provider.name).etag)
refused(NotFound, lambda: gateway.get_model_provider_service(provider.name))
refused(Aborted, lambda: gateway.delete_model_service(made.name, etag=cleared.etag), "etag")
marks = [each.is_deleted for each in gateway.get_model_service(made.name).config.routing.destinations]
assert marks == [None, True], marks
change = catalog.PermissionsChange(principal="admins", add=[catalog.Privilege.EXECUTE])
w.grants.update("model_service", "ml.prod.chat_by_sdk", changes=[change])
granted = w.grants.get("model_service", "ml.prod.chat_by_sdk").privilege_assignments
assert [each.principal for each in granted] == ["admins"], granted
securable = apps.AppResourceUcSecurable(
    securable_full_name="ml.prod.chat_by_sdk",
    securable_type=apps.AppResourceUcSecurableUcSecurableType.MODEL_SERVICE,
    permission=apps.AppResourceUcSecurableUcSecurablePermission.EXECUTE,
)
resource = apps.AppResource(name="chat", uc_securable=securable)
app = w.apps.create(apps.App(name="chat-by-sdk", resources=[resource], user_api_scopes=["ai-gateway"])).response
assert app.resources == [resource], app

# A destination on provisioned throughput needs an endpoint of that kind.
def reserved(endpoint: str) -> ModelServiceConfig:
    where = ModelServiceConfigProvisionedThroughputConfig(model_serving_endpoint=f"serving-endpoints/{endpoint}")
    kind = KINDS.DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL
    destination = ModelServiceConfigDestinationConfig("pt", kind, provisioned_throughput_config=where)
    return ModelServiceConfig(routing=ModelServiceConfigRoutingConfig(destinations=[destination]))


refused(NotFound, lambda: update(["config.routing.destinations"], config=reserved("none")), "none")
refused(InvalidParameterValue, lambda: update(["config.routing.destinations"], config=reserved("churn")), "throughput")

# What the platform owns can be limited, and nothing else.
OWN = "model-services/system.ai.claude-sonnet-4-5"
own = gateway.get_model_service(OWN)
limits = ModelService(config=ModelServiceConfig(rate_limits=[hourly]))
tamed = gateway.update_model_service(OWN, limits, FieldMask(["config.rate_limits"]), etag=own.etag)
assert tamed.config.rate_limits == [hourly] and tamed.config.routing == own.config.routing, tamed
refused(PermissionDenied, lambda: gateway.delete_model_service(OWN), "system-provided")

# The unconditional and the conditional delete.
current = gateway.get_model_service(made.name)
refused(Aborted, lambda: gateway.delete_model_service(made.name, etag=made.etag), "etag")
gateway.delete_model_service(made.name, etag=current.etag)
refused(NotFound, lambda: gateway.get_model_service(made.name))
for at in range(5):
    gateway.delete_model_service(f"model-services/ml.prod.page_{at}")
left = [each.name for each in gateway.list_model_services(parent=SCHEMA)]
assert not any("page_" in name for name in left), left
