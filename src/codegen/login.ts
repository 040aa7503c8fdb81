/**
 * The ways in which generated programs log in, each in three languages (facts I12, I17, I19, I20 and I21). Secrets come from the environment, and
 * reach other programs through standard input or a request body, because process lists show arguments.
 */
import type { Signer } from '../rest/http.ts';

export const LOGINS = ['databricks', 'entra', 'managed_identity', 'cli', 'google'] as const;
export type Login = (typeof LOGINS)[number];

/** What the login of a program depends on. */
export interface LoginSubject {
  /** Origin of the workspace, `https://…`. */
  host: string;
  cloud: Signer['cloud'];
  login: Login;
  /** The route of Unity Gateway below `/ai-gateway/mlflow/v1`. Then `endpoint` is a model service, which each body names in `model` (fact V9). */
  api?: string | undefined;
  /** Set for a route-optimized endpoint, which has its own URL (fact D1) and takes only a token for it (fact D2). */
  direct: { url: string; details: string } | undefined;
}

/** The application that Azure tokens are for. */
const AZURE_RESOURCE = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

interface LoginCode {
  /** Variable → source of its value. */
  environment: Record<string, string>;
  notes: string[];
  /** Whether its token can be exchanged for that of a route-optimized endpoint (fact D2). */
  exchanges: boolean;
  /** The body of `mint` in JavaScript: it returns access_token and expires_in. */
  js: string;
  /** The body of `mint` in Python. */
  py: string;
  /** A command of bash that prints the token. */
  sh: string;
}

const CODE: Record<Login, LoginCode> = {
  databricks: {
    environment: {
      DATABRICKS_CLIENT_ID: 'application id of a service principal with CAN_QUERY',
      DATABRICKS_CLIENT_SECRET: 'its OAuth secret, created in the workspace or account settings',
    },
    notes: [],
    exchanges: true,
    js: `  const basic = btoa(setting('DATABRICKS_CLIENT_ID') + ':' + setting('DATABRICKS_CLIENT_SECRET'));
  const form = { grant_type: 'client_credentials', scope: 'all-apis' };
  return issue(HOST + '/oidc/v1/token', { authorization: 'Basic ' + basic }, form);`,
    py: `    pair = os.environ['DATABRICKS_CLIENT_ID'] + ':' + os.environ['DATABRICKS_CLIENT_SECRET']
    basic = {'Authorization': 'Basic ' + base64.b64encode(pair.encode()).decode()}
    return issue(f'{HOST}/oidc/v1/token', basic, {'grant_type': 'client_credentials', 'scope': 'all-apis'})`,
    sh: `printf 'user = "%s:%s"\\n' "$DATABRICKS_CLIENT_ID" "$DATABRICKS_CLIENT_SECRET" |
    issue "$HOST/oidc/v1/token" --config - -d grant_type=client_credentials -d scope=all-apis`,
  },
  entra: {
    environment: {
      ARM_TENANT_ID: 'id of the Microsoft Entra tenant',
      ARM_CLIENT_ID: 'application id of an Entra service principal with CAN_QUERY',
      ARM_CLIENT_SECRET: 'its client secret, created in Microsoft Entra ID',
    },
    notes: ['It must be in the workspace. Other Azure clouds: set AZURE_AUTHORITY_HOST.'],
    exchanges: false,
    js: `  const authority = new URL(process.env.AZURE_AUTHORITY_HOST ?? 'https://login.microsoftonline.com').origin;
  if (!SAFE.test(authority)) throw new Error('AZURE_AUTHORITY_HOST must start with https://');
  const client = { client_id: setting('ARM_CLIENT_ID'), client_secret: setting('ARM_CLIENT_SECRET') };
  const form = { grant_type: 'client_credentials', ...client, resource: '${AZURE_RESOURCE}' };
  return issue(authority + '/' + setting('ARM_TENANT_ID') + '/oauth2/token', {}, form);`,
    py: `    authority = secure('AZURE_AUTHORITY_HOST', os.environ.get('AZURE_AUTHORITY_HOST', 'https://login.microsoftonline.com'))
    client = {'client_id': os.environ['ARM_CLIENT_ID'], 'client_secret': os.environ['ARM_CLIENT_SECRET']}
    form = {'grant_type': 'client_credentials', **client, 'resource': '${AZURE_RESOURCE}'}
    return issue(f'{authority}/{os.environ["ARM_TENANT_ID"]}/oauth2/token', {}, form)`,
    sh: `printf %s "$ARM_CLIENT_SECRET" |
    issue "\${AZURE_AUTHORITY_HOST:-https://login.microsoftonline.com}/$ARM_TENANT_ID/oauth2/token" -d grant_type=client_credentials \\
      --data-urlencode client_id="$ARM_CLIENT_ID" --data-urlencode client_secret@- -d resource=${AZURE_RESOURCE}`,
  },
  managed_identity: {
    environment: {
      ARM_CLIENT_ID: 'only for a user-assigned identity',
    },
    notes: ['Runs only on Azure. The identity must be in the workspace, with CAN_QUERY.'],
    exchanges: false,
    js: `  // App Service, Functions and Container Apps set the first
  const { IDENTITY_ENDPOINT: app, IDENTITY_HEADER, ARM_CLIENT_ID: id, AZURE_POD_IDENTITY_AUTHORITY_HOST: host } = process.env;
  const url = new URL(app ?? (host ?? 'http://169.254.169.254') + '/metadata/identity/oauth2/token');
  const query = { 'api-version': app ? '2019-08-01' : '2018-02-01', resource: '${AZURE_RESOURCE}' };
  if (id) query.client_id = id;
  url.search = new URLSearchParams(query);
  const fresh = await issue(url, app ? { 'x-identity-header': IDENTITY_HEADER } : { metadata: 'true' });
  return { expires_in: fresh.expires_on - Date.now() / 1000, ...fresh };`,
    py: `    # App Service, Functions and Container Apps set the first
    app, env = os.environ.get('IDENTITY_ENDPOINT'), os.environ
    machine = env.get('AZURE_POD_IDENTITY_AUTHORITY_HOST', 'http://169.254.169.254') + '/metadata/identity/oauth2/token'
    client = {'client_id': env['ARM_CLIENT_ID']} if env.get('ARM_CLIENT_ID') else {}
    query = {'api-version': '2019-08-01' if app else '2018-02-01', 'resource': '${AZURE_RESOURCE}', **client}
    url = (app or machine) + '?' + urllib.parse.urlencode(query)
    fresh = issue(url, {'X-Identity-Header': env['IDENTITY_HEADER']} if app else {'Metadata': 'true'})
    return {'expires_in': float(fresh.get('expires_on', 0)) - time.time(), **fresh}`,
    sh: `if [ -n "\${IDENTITY_ENDPOINT:-}" ]; then # App Service, Functions, Container Apps
    printf 'header = "x-identity-header: %s"\\n' "$IDENTITY_HEADER" |
      issue "$IDENTITY_ENDPOINT?api-version=2019-08-01&resource=${AZURE_RESOURCE}\${ARM_CLIENT_ID:+&client_id=$ARM_CLIENT_ID}" --config -
  else
    issue "\${AZURE_POD_IDENTITY_AUTHORITY_HOST:-http://169.254.169.254}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${AZURE_RESOURCE}\${ARM_CLIENT_ID:+&client_id=$ARM_CLIENT_ID}" -H 'metadata: true'
  fi`,
  },
  cli: {
    environment: {},
    notes: ['Runs as the person who logged in on this machine: databricks auth login --host "$DATABRICKS_HOST".'],
    exchanges: true,
    js: `  const { stdout } = await promisify(execFile)('databricks', ['auth', 'token', '--host', HOST]);
  return { expires_in: 300, ...JSON.parse(stdout) };`,
    py: `    printed = subprocess.run(['databricks', 'auth', 'token', '--host', HOST], capture_output=True, text=True, check=True)
    return {'expires_in': 300, **json.loads(printed.stdout)}`,
    sh: `databricks auth token --host "$HOST" --output text`,
  },
  google: {
    environment: {
      DATABRICKS_GOOGLE_SERVICE_ACCOUNT: 'e-mail address of a Google service account that is in the workspace',
    },
    notes: ['Runs gcloud, whose login may impersonate the service account. Only for workspaces on Google Cloud.'],
    exchanges: false,
    js: `  const account = '--impersonate-service-account=' + setting('DATABRICKS_GOOGLE_SERVICE_ACCOUNT');
  const args = ['auth', 'print-identity-token', '--audiences=' + HOST, '--include-email', account];
  const { stdout } = await promisify(execFile)('gcloud', args);
  return { access_token: stdout.trim(), expires_in: 3000 };`,
    py: `    account = '--impersonate-service-account=' + os.environ['DATABRICKS_GOOGLE_SERVICE_ACCOUNT']
    args = ['gcloud', 'auth', 'print-identity-token', '--audiences=' + HOST, '--include-email', account]
    printed = subprocess.run(args, capture_output=True, text=True, check=True)
    return {'access_token': printed.stdout.strip(), 'expires_in': 3000}`,
    sh: `gcloud auth print-identity-token --audiences="$HOST" --include-email \\
    --impersonate-service-account="$DATABRICKS_GOOGLE_SERVICE_ACCOUNT"`,
  },
};

/** Whether the token of a login opens a route-optimized endpoint. */
export function exchanges(login: Login): boolean {
  return CODE[login].exchanges;
}

/** Whether the program runs another one to get its token. */
export function runsCommand(login: Login): boolean {
  return login === 'cli' || login === 'google';
}

/** Whether a personal access token may take the place of the login, on a person's own machine. A route-optimized endpoint refuses it (fact D1). */
export function takesPersonal({ login, direct }: LoginSubject): boolean {
  return login === 'databricks' && direct === undefined;
}

/** The variables that a generated client outside Databricks reads. */
export function clientEnvironment(subject: LoginSubject): Record<string, string> {
  return {
    DATABRICKS_HOST: subject.host,
    ...Object.fromEntries(
      Object.entries(CODE[subject.login].environment).map(([name, source]) => [name, rightOf(subject, source)]),
    ),
    ...(subject.login === 'databricks' && subject.cloud === 'azure' ? { DATABRICKS_CLIENT_SECRET: AZURE_SECRET } : {}),
    ...(takesPersonal(subject) ? { DATABRICKS_TOKEN: 'or a personal token, on your own machine only' } : {}),
  };
}

const AZURE_SECRET =
  'its OAuth secret, created in Databricks; a Microsoft Entra secret does not work here (login entra takes one)';

/** What the login needs. */
export function loginNotes(subject: LoginSubject): string[] {
  return CODE[subject.login].notes.map((note) => rightOf(subject, note));
}

/** Model services are called with EXECUTE (fact V12). */
function rightOf({ api }: LoginSubject, text: string): string {
  return api === undefined ? text : text.replace('CAN_QUERY', 'EXECUTE');
}

/** The function `mint`, which gets a token, in JavaScript. */
export function jsMint({ login, direct }: LoginSubject): string {
  const mint = `async function ${direct ? 'login' : 'mint'}() {\n${CODE[login].js}\n}\n`;
  if (!direct) return mint;
  return `${mint}
async function mint() {
  const { access_token: assertion } = await login();
  const form = { grant_type: '${EXCHANGE}', assertion, authorization_details: DETAILS };
  return issue(HOST + '/oidc/v1/token', {}, form);
}
`;
}

/** As {@link jsMint}, in Python. */
export function pyMint({ login, direct }: LoginSubject): string {
  const mint = `def ${direct ? 'login' : 'mint'}():\n${CODE[login].py}\n`;
  if (!direct) return mint;
  return `${mint}

def mint():
    form = {'grant_type': '${EXCHANGE}', 'assertion': login()['access_token'], 'authorization_details': DETAILS}
    return issue(f'{HOST}/oidc/v1/token', {}, form)
`;
}

/** The function `login` of bash, which sets \`bearer\`. @param details those of a route-optimized endpoint, quoted for the shell. */
export function shLogin(subject: LoginSubject, details: string | undefined): string {
  const mint = `bearer=$(${CODE[subject.login].sh})`;
  if (details !== undefined) {
    return `login() {
  ${mint}
  bearer=$(printf %s "$bearer" |
    issue "$HOST/oidc/v1/token" --data-urlencode assertion@- -d grant_type=${EXCHANGE} \\
      --data-urlencode authorization_details=${details})
}`;
  }
  if (!takesPersonal(subject)) return `login() {\n  ${mint}\n}`;
  return `login() {
  if [ -z "\${DATABRICKS_CLIENT_ID:-}" ]; then bearer=$DATABRICKS_TOKEN; return; fi # only on your own machine
  ${mint}
}`;
}
