"""databricks-sdk: SQL warehouses, statements and the tables of serving."""

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest
from databricks.sdk.service import sql

w = WorkspaceClient()

warehouses = {each.name: each for each in w.warehouses.list()}
running = warehouses["Serverless Starter Warehouse"]
stopped = warehouses["Reports"]
assert running.state == sql.State.RUNNING and running.enable_serverless_compute
assert stopped.state == sql.State.STOPPED
assert w.warehouses.get(running.id).name == running.name

done = w.statement_execution.execute_statement(
    "SELECT :n + 1 AS n, :name AS name, TIMESTAMP '2026-11-28 01:02:03' AS at, NULL AS nothing",
    running.id,
    parameters=[
        sql.StatementParameterListItem(name="n", value="41", type="INT"),
        sql.StatementParameterListItem(name="name", value="it's"),
    ],
    row_limit=10,
)
assert done.status.state == sql.StatementState.SUCCEEDED
assert done.result.data_array == [["42", "it's", "2026-11-28T01:02:03.000Z", None]]
columns = [(each.name, each.type_name) for each in done.manifest.schema.columns]
assert columns[:3] == [
    ("n", sql.ColumnInfoTypeName.INT),
    ("name", sql.ColumnInfoTypeName.STRING),
    ("at", sql.ColumnInfoTypeName.TIMESTAMP),
]
assert w.statement_execution.get_statement(done.statement_id).result.data_array == done.result.data_array
assert w.statement_execution.get_statement_result_chunk_n(done.statement_id, 0).row_count == 1

entities = w.statement_execution.execute_statement(
    "SELECT endpoint_name, endpoint_config_version FROM system.serving.served_entities ORDER BY change_time",
    running.id,
)
assert ["gpt-gateway", "2"] in entities.result.data_array

failed = w.statement_execution.execute_statement("SELECT nothing FROM nowhere", running.id)
assert failed.status.state == sql.StatementState.FAILED
assert failed.status.error.error_code == sql.ServiceErrorCode.BAD_REQUEST
assert "[TABLE_OR_VIEW_NOT_FOUND]" in failed.status.error.message

waiting = w.statement_execution.execute_statement("SELECT 1", stopped.id, wait_timeout="0s")
assert waiting.status.state == sql.StatementState.PENDING
w.statement_execution.cancel_execution(waiting.statement_id)
# The clock runs fast here, so the statement may be done before the cancel arrives.
ends = (sql.StatementState.CANCELED, sql.StatementState.SUCCEEDED)
assert w.statement_execution.get_statement(waiting.statement_id).status.state in ends
w.warehouses.stop_and_wait(stopped.id)

try:
    w.statement_execution.execute_statement("SELECT 1", "nonsense")
    raise AssertionError("an unknown warehouse was accepted")
except BadRequest as error:
    assert "is not a valid endpoint id." in str(error)
