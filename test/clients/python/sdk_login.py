"""databricks-sdk: how a service principal and a user sign in."""

import os
import urllib.parse

import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.oauth import OAuthClient, get_workspace_endpoints

host = os.environ["DATABRICKS_HOST"]
token = os.environ.pop("DATABRICKS_TOKEN")
client_id = os.environ["TEST_CLIENT_ID"]

# A service principal, by its id and secret.
bot = WorkspaceClient(host=host, client_id=client_id, client_secret=os.environ["TEST_CLIENT_SECRET"])
assert bot.current_user.me().user_name == client_id

# It queries a route-optimized endpoint at the endpoint's own address, with a token for that endpoint only.
ROW = {"tenure": 4, "monthly_charges": 70.0, "support_tickets": 1, "contract": "one-year"}
answer = bot.serving_endpoints_data_plane.query("churn-direct", dataframe_records=[ROW])
assert 0 < answer.predictions[0]["churn_probability"] < 1

# A user, as `databricks auth login` does it. The browser shows a form, and its answer leads back to the client.
endpoints = get_workspace_endpoints(host)
client = OAuthClient(
    oidc_endpoints=endpoints,
    redirect_url="http://localhost:8020",
    client_id="databricks-cli",
    scopes=["all-apis", "offline_access"],
)
consent = client.initiate_consent()
page = requests.get(consent.authorization_url, timeout=10)
assert page.ok and "<form" in page.text
address = urllib.parse.urlsplit(consent.authorization_url)
form = dict(urllib.parse.parse_qsl(address.query), token=token, user="analyst@example.com")
signed_in = requests.post(address._replace(query="").geturl(), data=form, allow_redirects=False, timeout=10)
back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(signed_in.headers["location"]).query))
credentials = consent.exchange_callback_parameters(back)
first = credentials.token()
user = WorkspaceClient(host=host, token=first.access_token, auth_type="pat")
assert user.current_user.me().user_name == "analyst@example.com"
second = credentials.refresh()
assert second.access_token != first.access_token and second.refresh_token
