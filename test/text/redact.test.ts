import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedact } from '../../src/auth/errors.ts';
import { isMasked, looksSecret, REDACTED, redact, redactEnvironment, secretReference } from '../../src/text/redact.ts';
import { clip, clipTail, sanitize, stripControls } from '../../src/text/sanitize.ts';

it.each([
  `sk-${'a1b2'.repeat(4)}`,
  `dapi${'0a1b'.repeat(4)}`,
  `eyJ${'a1b2'.repeat(2)}.${'a1b2'.repeat(2)}`,
  `ghp_${'a1b2'.repeat(4)}`,
  `AKIA${'A1B2'.repeat(4)}`,
])('the shortest secret of a form is redacted, because short words are not searched: %s', (secret) => {
  expect(redact(secret)).toBe('***');
});

describe('stripControls removes characters that a reader cannot see but a terminal or a model would obey', () => {
  it.each<[string, string, string]>([
    ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
    ['cursor moves and clearing', 'a\u001b[2J\u001b[H\u001b[?25lb', 'ab'],
    ['window titles ended by BEL', '\u001b]0;title\u0007text', 'text'],
    ['hyperlinks ended by ST', '\u001b]8;;https://x.example\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['a lone escape', 'a\u001bb', 'ab'],
    ['bells, backspaces and NUL', 'a\u0000\u0007\u0008b', 'ab'],
    ['C1 controls', 'a\u0085\u009bb', 'ab'],
    ['direction overrides', 'user\u202enimda\u202c', 'usernimda'],
    ['zero-width characters', 'ig\u200bno\u2060re\ufeff', 'ignore'],
    ['tag characters that hide text', `x${String.fromCodePoint(0xe0069, 0xe0067, 0xe006e)}y`, 'xy'],
    ['variation selectors that hide text', `x${String.fromCodePoint(0xe0100, 0xe01ef, 0xfe00)}y`, 'xy'],
    ['fillers', 'a\u034f\u115f\u17b4\u180b\u3164\uffa0\u{1d173}b', 'ab'],
    ['line and paragraph separators', 'a\u2028\u2029b', 'ab'],
    ['carriage returns', 'one\r\ntwo\rthree', 'one\ntwothree'],
  ])('%s', (_what, given, expected) => {
    expect(stripControls(given)).toBe(expected);
  });

  it('keeps newlines, tabs and every letter', () => {
    const text = 'tab\there\nGrüße, 日本語, עברית, 한국어, 😀 ❤\ufe0f';
    expect(stripControls(text)).toBe(text);
  });
});

/** Visibly fake, in the form of the real ones; put together so that no scanner takes this file for a leak. */
const FAKE = {
  pat: `dapi${'0123456789abcdef'.repeat(2)}`,
  patWithSuffix: `dapi${'0'.repeat(32)}-2`,
  m2mSecret: `dose${'0123456789abcdef'.repeat(2)}`,
  jwt: ['eyJhbGciOiJub25lIn0', 'eyJzdWIiOiJmYWtlIn0', 'fakefakefake'].join('.'),
  openai: ['sk', 'proj', 'fake'.repeat(6)].join('-'),
  anthropic: ['sk', 'ant', 'fake'.repeat(6)].join('-'),
  aws: `AKIA${'FAKE'.repeat(4)}`,
  google: `AIza${'fake'.repeat(9)}`,
  github: `ghp_${'fake'.repeat(9)}`,
  huggingFace: `hf_${'fake'.repeat(8)}`,
  gitlab: `glpat-${'fake'.repeat(5)}`,
  npm: `npm_${'fake'.repeat(9)}`,
  pypi: `pypi-${'AgEfake'.repeat(6)}`,
  groq: `gsk_${'fake'.repeat(13)}`,
  nvidia: `nvapi-${'fake'.repeat(16)}`,
  stripe: ['sk', 'live', 'fake'.repeat(6)].join('_'),
  stripeRestricted: ['rk', 'test', 'fake'.repeat(6)].join('_'),
  stripeWebhook: `whsec_${'fake'.repeat(8)}`,
  googleToken: `ya29.${'fake'.repeat(10)}`,
  googleClient: `GOCSPX-${'fake'.repeat(7)}`,
  entraClient: `abc8Q~${'fake'.repeat(8)}ab`,
  slack: `xoxb-${'1'.repeat(20)}`,
  key: ['-----BEGIN RSA ', 'PRIVATE KEY-----\nfake\n-----END RSA ', 'PRIVATE KEY-----'].join(''),
  pgpKey: ['-----BEGIN PGP ', 'PRIVATE KEY BLOCK-----\nfake\n-----END PGP ', 'PRIVATE KEY BLOCK-----'].join(''),
};

describe('redact', () => {
  it.each(Object.entries(FAKE))('hides a %s, in the middle of a sentence too', (_kind, secret) => {
    expect(redact(secret)).toBe(REDACTED);
    const around = redact(`Token ${secret}, refused.`);
    expect(around).not.toContain(secret);
    expect(around).toContain(REDACTED);
    expect(around).toContain('refused.');
  });

  it.each<[string, string, string]>([
    ['a bearer, keeping the scheme', 'Authorization: Bearer abc.def-ghi_jkl', `Authorization: Bearer ${REDACTED}`],
    ['basic credentials', 'authorization: basic dXNlcjpmYWtlLXBhc3M=', `authorization: basic ${REDACTED}`],
    ['a password in a URL', 'postgres://app:hunter2@db.example/x', `postgres://app:${REDACTED}@db.example/x`],
    ['a signature in a URL', 'https://x.example/b?sig=ab%2Bcd1234&se=1', `https://x.example/b?sig=${REDACTED}&se=1`],
    ['an assignment', 'api_key = "abcdef123456"', `api_key = "${REDACTED}"`],
    ['a JSON field', '{"client_secret":"abcdef123456"}', `{"client_secret":"${REDACTED}"}`],
    ['a field with a prefix', 'DATABRICKS_CLIENT_SECRET=abcdef', `DATABRICKS_CLIENT_SECRET=${REDACTED}`],
    ['a name of a secret and a value with a digit', 'token: abc123def', `token: ${REDACTED}`],
    ['a bare bearer', 'got bearer abcdefgh1234', `got bearer ${REDACTED}`],
    ['a key that was cut off', '-----BEGIN PRIVATE KEY-----\nMIIfake', REDACTED],
    ['basic credentials in JSON', '{"Authorization":"Basic ZmFrZTpmYWtl"}', `{"Authorization":"Basic ${REDACTED}"}`],
    ['a password with an @ in it', 'postgres://app:hunt@er2@db.example/x', `postgres://app:${REDACTED}@db.example/x`],
    ['a password without a user', 'redis://:hunter2@cache.example:6379', `redis://:${REDACTED}@cache.example:6379`],
    [
      'the key of an Azure storage account',
      `AccountName=x;AccountKey=${'fake/+'.repeat(14)}==;EndpointSuffix=core.example`,
      `AccountName=x;AccountKey=${REDACTED};EndpointSuffix=core.example`,
    ],
    [
      'a shared access key',
      'SharedAccessKeyName=root;SharedAccessKey=fake/+fake=',
      `SharedAccessKeyName=root;SharedAccessKey=${REDACTED}`,
    ],
    ['a SAS that begins with its signature', `sig=${'fake'.repeat(10)}%3D&se=2030`, `sig=${REDACTED}&se=2030`],
    [
      'a signature of Google',
      'https://x.example/b?X-Goog-Signature=0123456789abcdef',
      `https://x.example/b?X-Goog-Signature=${REDACTED}`,
    ],
    [
      'an AWS secret key next to its name',
      'aws_secret_access_key = fake/fake+FAKE0123',
      `aws_secret_access_key = ${REDACTED}`,
    ],
    [
      'an AWS secret key as its SDKs print it',
      '"SecretAccessKey": "fake/fake+FAKE"',
      `"SecretAccessKey": "${REDACTED}"`,
    ],
    ['an AWS session token', '"SessionToken":"fakefakefake//"', `"SessionToken":"${REDACTED}"`],
    ['what `aws configure` asks', 'AWS Secret Access Key: fake/fake+FAKE0123', `AWS Secret Access Key: ${REDACTED}`],
    [
      'the key of a service account, and not its id',
      `{"private_key_id":"0123fake","private_key":"${['-----BEGIN ', 'PRIVATE KEY-----'].join('')}\\nMIIfake\\n${['-----END ', 'PRIVATE KEY-----'].join('')}\\n"}`,
      `{"private_key_id":"0123fake","private_key":"${REDACTED}\\n"}`,
    ],
    ['a key without its armour', '{"private_key":"MIIfakefake"}', `{"private_key":"${REDACTED}"}`],
    ['a password of ODBC', 'Driver=x;Uid=app;Pwd=hunter22;Port=1', `Driver=x;Uid=app;Pwd=${REDACTED};Port=1`],
    ['a variable with pwd', '{"DB_PWD":"hunter22"}', `{"DB_PWD":"${REDACTED}"}`],
    ['a passphrase', 'SSH_PASSPHRASE=correct-horse', `SSH_PASSPHRASE=${REDACTED}`],
    ['a key under a custom name', `AZURE_OPENAI_KEY=${'fake0123'.repeat(4)}`, `AZURE_OPENAI_KEY=${REDACTED}`],
    ['a name without a break', 'PGPASSWORD=correct-horse', `PGPASSWORD=${REDACTED}`],
    ['a short word for a password', 'DB_PASS=fake-2-fake', `DB_PASS=${REDACTED}`],
    ['camel case', '{"dbPassword":"correct-horse"}', `{"dbPassword":"${REDACTED}"}`],
    ['a token in camel case', '{"authToken":"fakefake", "a": 1}', `{"authToken":"${REDACTED}", "a": 1}`],
    ['a field of JSON within JSON', '"{\\"dbPassword\\":\\"hunter2\\"}"', `"{\\"dbPassword\\":\\"${REDACTED}\\"}"`],
    ['an option', 'run --db-password correct-horse --port 80', `run --db-password ${REDACTED} --port 80`],
    ['a token in a URL', `https://fake0123${'fake'.repeat(3)}@git.example/x`, `https://${REDACTED}@git.example/x`],
    ['a webhook', 'https://hooks.slack.com/services/FAKE/FAKE/fake', `https://hooks.slack.com/services/${REDACTED}`],
    ['the key of a request', 'https://x.example/y?key=fake0123fake&z=1', `https://x.example/y?key=${REDACTED}&z=1`],
    ['a secret in the value of another name', 'url=/y?token=fakefake&z=1', `url=/y?token=${REDACTED}&z=1`],
    ['cookies', 'Cookie: session=fake0123; user=fake', `Cookie: ${REDACTED}`],
    ['cookies in JSON', '{"Set-Cookie":"sid=fake; Path=/","a":1}', `{"Set-Cookie":"${REDACTED}","a":1}`],
    ['a header for a key', 'x-api-key: abcdefgh', `x-api-key: ${REDACTED}`],
    [
      'a pair of a name and a value',
      '{"name":"DB_PASSWORD","value":"Fake_Otter"}',
      `{"name":"DB_PASSWORD","value":"${REDACTED}"}`,
    ],
    ['such a pair in YAML', '- name: DB_PASSWORD\n  value: Fake_Otter_1', `- name: DB_PASSWORD\n  value: ${REDACTED}`],
    [
      'such a pair in JSON within JSON',
      '{\\"key\\": \\"pwd\\", \\"value\\": \\"Fake_1\\"}',
      `{\\"key\\": \\"pwd\\", \\"value\\": \\"${REDACTED}\\"}`,
    ],
    ['a header as a tuple', '("x-api-key", "fake0123")', `("x-api-key", "${REDACTED}")`],
    ['a header as a list', "['X-Api-Key', 'fake0123']", `['X-Api-Key', '${REDACTED}']`],
    ['an option of Spark', '.option("password", "Fake-Otter-1")', `.option("password", "${REDACTED}")`],
    ['a quoted value with a semicolon', 'password="ab;cd"', `password="${REDACTED}"`],
    ['a quoted value with an escaped quote', 'password="ab\\"cd", x=1', `password="${REDACTED}", x=1`],
    ['a quoted value with the other quote', `password="ab'cd"`, `password="${REDACTED}"`],
    ['a quoted value with a blank', 'SSH_PASSPHRASE="fake horse battery"', `SSH_PASSPHRASE="${REDACTED}"`],
    ['an escaped quote in JSON within JSON', '{\\"pwd\\":\\"ab\\\\\\"cd\\"}', `{\\"pwd\\":\\"${REDACTED}\\"}`],
    ['a value with a comma and brackets on its own line', 'passwd: ab,c(d)e;f1', `passwd: ${REDACTED}`],
    ['a value before the next name', 'Pwd=fake-1,Host=x', `Pwd=${REDACTED},Host=x`],
    ['an element of XML', '<password>Fake-1</password>', `<password>${REDACTED}</password>`],
    ['a property of XML', '<p name="db.password">Fake-1</p>', `<p name="db.password">${REDACTED}</p>`],
    ['a login of a .netrc file', 'machine x login y password fake-otter-1', `machine x login y password ${REDACTED}`],
    ['an option of SQL', "OPTIONS (user 'x', password 'fake-1')", `OPTIONS (user 'x', password '${REDACTED}')`],
    ['a user of curl', 'curl -u app:hunter2x https://x.example', `curl -u app:${REDACTED} https://x.example`],
    ['a header of bytes', "(b'x-api-key', b'fake0123')", `(b'x-api-key', b'${REDACTED}')`],
    ['a password in braces', 'Uid=x;Pwd={ab;c;1};Port=1', `Uid=x;Pwd={${REDACTED}};Port=1`],
    ['a value with entities of XML', '"Password=ab&amp;cd&amp;1;"', `"Password=${REDACTED};"`],
    ['a cookie of curl', "curl -b 'sid=fake0123' x", `curl -b '${REDACTED}' x`],
    ['a builder', '.password("Fake_Otter_1")', `.password("${REDACTED}")`],
    ['a user and a password of requests', 'auth=("svc", "Fake-1")', `auth=("svc", "${REDACTED}")`],
    ['a block of YAML', 'password: |\n  Fake_Otter_1', `password: |\n  ${REDACTED}`],
    [
      'an option of the CLI',
      'put-secret ml db-password --string-value Fake_1',
      `put-secret ml db-password --string-value ${REDACTED}`,
    ],
    ['an option of a login', 'docker login -u x -p Fake_Otter_1', `docker login -u x -p ${REDACTED}`],
    ['a row of a table', '| DB_PASSWORD | Fake_Otter_1 |', `| DB_PASSWORD | ${REDACTED} |`],
    ['a password in a sentence', 'the password is Fake_Otter_1.', `the password is ${REDACTED}.`],
  ])('hides %s', (_what, given, expected) => {
    expect(redact(given)).toBe(expected);
  });

  it.each([
    '{"openai_api_key":"{{secrets/llm/openai_api_key}}"}',
    'token: {{secrets/ml/feature_store_token}}',
    'prompt_tokens=12 completion_tokens=3456789',
    'max_tokens: 1000000',
    '{"token_count":1234567}',
    'churn-3 (100 %), fingerprint 0123456789ab',
    '28e113da-9127-4b02-b211-c08df9e8e397',
    'ml.prod.churn version 3',
    'a basic understanding of bearer responsibilities',
    'Model signature: inputs: [tenure (long)]',
    'Unexpected token: identifier, secret: nothing',
    'from huggingface_hub import hf_hub_download_with_progress_and_retries',
    'npm_config_registry npm_lifecycle_script_and_its_environment',
    'PWD=/home/user/model OLDPWD=/tmp/build-1 PWD: /opt/conda/1',
    'the access key: rotated monthly, the private key: none',
    'monkey=banana-split primary_key=customer_id hotkey: ctrl-shift-1',
    'the coefficient is significant, sig=0.0123456789',
    'http://localhost:8080/@scope/package and mail to me@example.com',
    'sk_learn_model_with_a_long_name, whsec, pypi-server, glpat-short',
    'https://example.com/a:b/c@d',
    'token count: 200, max_tokens=256, max_new_tokens: 123456',
    'keyboard: qwertz-105, KEYBOARD=qwertz105qwertz105, monkey=banana0123456789012',
    'author: x, author=somebody-1234567890, authority: 1234567',
    '{"tags":[{"key":"cost-center-of-team-2024","value":"apac-0815"}]}',
    'forward_pass=123.4567ms, bypass=everything-1, pass: 12345 of 12345',
    'partition_key=day_of_year_2024_utc, cache_key=user_123',
    'abfss://container@account.dfs.core.windows.net/x and https://my-organisation-name@dev.azure.com/y',
    'the cookie: it is gone, cookies=none, ?key=customer_id',
    'usage: --password-stdin, --token $TOKEN, --max-tokens 1234567',
    'Unexpected token: IDENTIFIER_12, near token: Identifier_12',
    'secret: scope/key-1, secret="scope/key-1", {"secret": "scope/key-1"}',
    'authorization: denied by policy 42',
    '{"eos_token":"<|eot_id|>","pad_token":"im_end_01","next_page_token":"CAESGgoQMjAy","nextPageToken":"CAESGgoQMjAy"}',
    '--max-token 4096000, --token TOKEN, use --password instead, --api-key <key>',
    `OPENAI_API_KEY=\${OPENAI_API_KEY} TOKEN=$TOKEN PASSWORD=$(cat x) PASSWORD=%PASSWORD% KEY_API_KEY={{secrets/a/b}}`,
    'api_key=api_key, token=hf_token, password=args.password, api_key = os.getenv("API_KEY"), token=load_token(x)',
    '{"password":"must not be empty","api_key":"the key of your account"}',
    'password: null, password: required, password: "", password="****", api_key="sk-...", token=<your-token>',
    'auth: oauth-m2m lacks host and client_id',
    'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbC1dE',
    `expected '${['-----BEGIN ', 'PRIVATE KEY-----'].join('')}' at the start`,
    'WWW-Authenticate: Bearer realm="https://x.example", Bearer authorization_uri="https://x.example"',
    'docker run -u 1000:1000 sk-learn-random-forest-model https://x.example/t/out-of-memory-12-of-24/9876',
    'export DATABRICKS_TOKEN=<the token it printed>, the access token: `token` in the profile',
    '["password", "username"] and ("token", "kind_2")',
    `postgres://user:password@localhost/x, postgres://app:\${PASSWORD}@db/x, https://<user>:<password>@x.example`,
    'private_key=/etc/ssl/private/key-2024.pem, password: os.environ/DB_PASSWORD, token: 2024-06-11T08:14:07Z',
  ])('leaves %j unchanged', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('hides every secret of a text and can be applied twice', () => {
    const text = Object.values(FAKE).join(' and ');
    const once = redact(text);
    for (const secret of Object.values(FAKE)) expect(once).not.toContain(secret);
    expect(redact(once)).toBe(once);
  });

  it('works in time that grows with the text, not faster', () => {
    // Time that grew with the square of a megabyte would be minutes, which no test is given.
    const nasty = [
      `${'a'.repeat(1_000_000)}://`,
      'eyJ'.repeat(400_000),
      `?token=${'"'.repeat(1_000_000)}`,
      'x:'.repeat(500_000),
      'x://y:z@'.repeat(120_000),
      'a_'.repeat(500_000),
      'sig=%'.repeat(200_000),
      'api_key="'.repeat(100_000),
      'abc1Q~'.repeat(160_000),
      '-----BEGIN A '.repeat(70_000),
      'token:'.repeat(160_000),
      'x_key='.repeat(160_000),
      `${'a'.repeat(79)}=`.repeat(12_000),
      'https://'.repeat(120_000),
      `cookie: a=${';'.repeat(500_000)}`,
      'cookie:a'.repeat(120_000),
      '--a-a-a-a-'.repeat(100_000),
      `token=${' \\"'.repeat(300_000)}`,
      `hooks.slack.com/services/`.repeat(40_000),
      'password '.repeat(30_000),
      '("token", "'.repeat(30_000),
      `password${' '.repeat(300_000)}`,
      `"password":"${'\\"'.repeat(300_000)}`,
      `password=${"a'".repeat(300_000)}`,
      'pwd"\\'.repeat(50_000),
      'mysql -'.repeat(50_000),
      'authorization: basic '.repeat(20_000),
    ];
    for (const text of nasty) redact(stripControls(text));
  });

  it.each([
    'password=Fake-Otter-1 ',
    '{"name":"DB_PASSWORD","value":"Fake_Otter"},\n',
    'token: "Unexpected" and ("x-api-key", "fake0123") ',
    '{\\"pwd\\":\\"ab\\\\\\"cd\\"} ',
    `Bearer ${FAKE.jwt} postgres://app:hunter2@db.example/x `,
    '<password>Fake-1</password>\n  password Fake-Otter-1\n',
  ])('a long repetition of %j is redacted part by part, so no part is read with all the others', (part) => {
    expect(redact(part)).toContain(REDACTED);
    expect(redact(part.repeat(2_000))).toBe(redact(part).repeat(2_000));
  });
});

it('tokens of Databricks that the login hides are hidden here too', () => {
  const redact = createRedact([]);
  for (const prefix of ['dapi', 'dose', 'dkea', 'dsse', 'dosp', 'dsapi']) {
    const token = `${prefix}${'0123456789abcdef'.repeat(2)}`;
    expect([prefix, redact(`is ${token}.`), redact(`is ${token}.`)]).toEqual([prefix, 'is ***.', 'is ***.']);
  }
});

it.each<[string, boolean]>([
  ['{{secrets/scope/key}}', true],
  ['{{ secrets/scope/key }}', true],
  ['{{secrets/scope}}', false],
  ['{{secrets/a/b/c}}', false],
  ['x{{secrets/scope/key}}', false],
  ['{{secrets/scope/key}} and fake', false],
  ['', false],
])('%j is a secret reference: %s', (value, expected) => {
  expect(secretReference(value)).toEqual(expected ? { scope: 'scope', key: 'key' } : undefined);
});

it.each<[string, boolean]>([
  ['***', true],
  ['postgres://user:***@host/db', true],
  ['Authorization: Bearer ***', true],
  ['*** and api_key=***', true],
  ['a *** b', false],
  ['*** next to password=hunter22pw', false],
  ['password=hunter22pw', false],
])('whether %j has the mark in place of a secret: %s', (text, masked) => {
  expect(isMasked(text)).toBe(masked);
});

describe('looksSecret', () => {
  it.each([
    'DB_PWD',
    'DB_PASS',
    'SMTP_PASSWORD',
    'SSH_PASSPHRASE',
    'DATABASE_DSN',
    'SENTRY_DSN_PROD',
    'SIGNING_KEY',
    'ENCRYPTION_KEY_2',
    'signingKey',
    'KEY',
    'OPENAI_API_KEY',
    'APIKEY',
    'AWS_SECRET_ACCESS_KEY',
    'PRIVATE_KEY_PEM',
    'TLS_PRIVATE',
    'HF_TOKEN',
    'TOKEN_2',
    'REDIS_AUTH',
    'PROXY_AUTHORIZATION',
    'GOOGLE_CREDENTIALS',
    'STORAGE_CONNECTION_STRING',
    'CLIENT_SECRET',
    'ACCOUNTKEY',
    'COOKIE',
    'SESSION_COOKIE',
    'SAS',
    'JWT',
    'BEARER',
    'PGPASSWORD',
    'openAIKey',
  ])('%s is a secret, so it is refused raw and redacted when shown', (name) => {
    expect(looksSecret(name, 'raw-value')).toBe(true);
    expect(redactEnvironment({ [name]: 'raw-value' })).toEqual({ [name]: REDACTED });
    expect(looksSecret(name, REDACTED)).toBe(true);
    for (const harmless of ['{{secrets/ml/key}}', 'true', 'False', '']) {
      expect(looksSecret(name, harmless)).toBe(false);
      expect(redactEnvironment({ [name]: harmless })).toEqual({ [name]: harmless });
    }
  });

  it.each<[string, string]>([
    ['MAX_TOKENS', '200'],
    ['TOKEN_BUDGET', '-1.5'],
    ['USE_TOKEN', 'true'],
    ['PASSWORD_MIN_LENGTH', '12'],
    ['TOKENIZER', 'bert-base-uncased'],
    ['TOKENIZERS_PARALLELISM', 'auto'],
    ['AUTHOR', 'a person'],
    ['DATABRICKS_AUTH_TYPE', 'oauth-m2m'],
    ['PRIMARY_KEY', 'customer_id'],
    ['PARTITION_KEY', 'day'],
    ['PUBLIC_KEY', 'ssh-ed25519 AAAA'],
    ['KEYBOARD', 'qwerty'],
    ['MONKEY', 'capuchin'],
    ['COMPASS', 'north'],
    ['BYPASS', 'none'],
    ['AUTHORIZATION_URL', 'https://login.example/authorize'],
    ['PRIVATE_ENDPOINT_HOST', 'x.example'],
    ['MLFLOW_TRACKING_URI', 'databricks'],
  ])('%s=%s is not a secret: it is accepted and shown', (name, value) => {
    expect(looksSecret(name, value)).toBe(false);
    expect(redactEnvironment({ [name]: value })).toEqual({ [name]: value });
  });

  it('a number may be a password, and a value can be recognized by its form', () => {
    expect(looksSecret('DB_PASSWORD', '48151623')).toBe(true);
    expect(looksSecret('SETTING', FAKE.pat)).toBe(true);
    // Text without a part of the secret stays readable.
    expect(redactEnvironment({ DATABASE: 'postgres://app:hunter2@db.example/x' })).toEqual({
      DATABASE: `postgres://app:${REDACTED}@db.example/x`,
    });
  });
});

it('environment variables: raw values of names of secrets are redacted, references and others are shown', () => {
  expect(
    redactEnvironment({
      FEATURE_STORE_TOKEN: 'fake-raw',
      DB_PASSWORD: 'fake-raw',
      OPENAI_API_KEY: '{{secrets/llm/openai}}',
      MLFLOW_TRACKING_URI: 'databricks',
    }),
  ).toEqual({
    FEATURE_STORE_TOKEN: REDACTED,
    DB_PASSWORD: REDACTED,
    OPENAI_API_KEY: '{{secrets/llm/openai}}',
    MLFLOW_TRACKING_URI: 'databricks',
  });
});

it('clip cuts, says how much is missing, and redacts before it cuts so that no half secret stays', () => {
  expect(clip('short', 5)).toBe('short');
  expect(clip('abcdefgh', 5)).toBe('abcde… (3 more characters)');
  expect(clip(`see ${FAKE.pat} there`, 12)).toBe('see *** ther… (1 more characters)');
});

describe('a growing text shows its end', () => {
  it.each<[string, string, number, string]>([
    ['without the last, possibly incomplete word', 'hello the', 99, 'hello'],
    ['with a complete last word', 'hello there ', 99, 'hello there'],
    ['nothing of a first word', 'hel', 99, ''],
    ['cut to its last characters', 'hello there, you', 6, 'there,'],
    ['redacted before it is cut', `see ${FAKE.pat} `, 20, `see ${REDACTED}`],
    ['with no half of a secret at its end', `see ${FAKE.pat.slice(0, 15)}`, 99, 'see'],
    ['with no end of a key that is far longer', `${FAKE.key.slice(0, 31)}\n${'fakefake\n'.repeat(90)}`, 99, REDACTED],
  ])('%s', (_what, text, limit, expected) => {
    expect(clipTail(text, limit)).toBe(expected);
  });

  it('no part of a secret is ever shown, wherever the text ends', () => {
    for (const secret of Object.values(FAKE).filter((each) => !each.includes(' '))) {
      const text = `see ${secret} there`;
      for (let end = 0; end <= text.length; end++)
        for (const limit of [10, 30]) expect('see *** there').toContain(clipTail(text.slice(0, end), limit));
    }
  });
});

describe('sanitize', () => {
  const value = 'Fake_Otter_51';

  it.each<[string, unknown, unknown]>([
    ['a field', { password: value, team: value }, { password: REDACTED, team: value }],
    ['a tag', { tags: [{ key: 'db_password', value }] }, { tags: [{ key: 'db_password', value: REDACTED }] }],
    ['a pair in another order', { value, name: 'API_TOKEN' }, { value: REDACTED, name: 'API_TOKEN' }],
    ['a variable of an app', { env: { DB_PASSWORD: value } }, { env: { DB_PASSWORD: REDACTED } }],
    ['a header', [['x-api-key', value]], [['x-api-key', REDACTED]]],
    [
      'a difference',
      { field: 'tags.db_password', from: value, to: 'x' },
      { field: 'tags.db_password', from: REDACTED, to: REDACTED },
    ],
    [
      'a difference of many',
      { field: 'tags', to: { db_password: value } },
      { field: 'tags', to: { db_password: REDACTED } },
    ],
    ['a number', { password: 48151623, tokens: 48151623 }, { password: REDACTED, tokens: 48151623 }],
    ['a value with a hidden character', { password: `\u200b${value}` }, { password: REDACTED }],
  ])('redacts by the name: %s', (_what, given, expected) => {
    expect(sanitize(given)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['references', { openai_api_key: '{{secrets/llm/openai}}', client_secret: `\${SECRET}` }],
    ['tokens of text and of pages', { eos_token: '</s>', next_page_token: 'CAESGgoQMjAy0', max_tokens: '4096' }],
    ['descriptions', { DATABRICKS_TOKEN: 'a token of a service principal', password: { type: 'string' } }],
    ['names', { secret: { scope: 'ml-prod', key: 'openai-key-1' }, tags: [{ key: 'db_password_policy', value }] }],
    ['words', { password: 'none', api_token: true, token: 'internationalization' }],
  ])('keeps harmless values under such names: %s', (_what, given) => {
    expect(sanitize(given)).toEqual(given);
  });

  it('cleans every string of a result, including keys, and nothing else', () => {
    const value = {
      a: [`x ${FAKE.pat}`, 1, true, null, { [`k \u200b${FAKE.aws}`]: '\u001b[31mred' }],
      n: 0,
      f: false,
      u: undefined,
    };
    expect(sanitize(value)).toEqual({
      a: [`x ${REDACTED}`, 1, true, null, { [`k ${REDACTED}`]: 'red' }],
      n: 0,
      f: false,
      u: undefined,
    });
  });

  it('leaves harmless JSON unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3, noUnicodeString: true }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(redact(stripControls(text)) === text);
        expect(sanitize(value)).toEqual(value);
      }),
    );
  });

  it('is stable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = sanitize(text);
        expect(sanitize(once)).toBe(once);
      }),
    );
  });
});
