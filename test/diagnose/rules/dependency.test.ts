import { describe, expect, it } from 'vitest';
import { dependencyFailure } from '../../../src/digest/dependency.ts';

const TIMEOUTS: [words: string, target: string | undefined][] = [
  [
    'psycopg2.OperationalError: connection to server at "features.internal" (10.2.0.7), port 5432 failed: Connection timed out',
    'features.internal:5432',
  ],
  ['psycopg.errors.QueryCanceled: canceling statement due to statement timeout', undefined],
  ["psycopg_pool.PoolTimeout: couldn't get a connection after 30.00 sec", undefined],
  [
    "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on 'mysql.prod.example.com' (timed out)\")",
    'mysql.prod.example.com',
  ],
  [
    "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='scores.example.com', port=443): Read timed out. (read timeout=10)",
    'scores.example.com:443',
  ],
  [
    "requests.exceptions.ConnectTimeout: HTTPSConnectionPool(host='vs.example.com', port=443): Max retries exceeded with url: /q (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7f>, 'Connection to vs.example.com timed out. (connect timeout=5)'))",
    'vs.example.com:443',
  ],
  ['httpx.ReadTimeout: The read operation timed out', undefined],
  ['httpcore.ConnectTimeout: timed out', undefined],
  ['openai.APITimeoutError: Request timed out.', undefined],
  [
    'aiohttp.client_exceptions.ConnectionTimeoutError: Connection timeout to host https://index.example.com/query',
    'index.example.com',
  ],
  ['aiohttp.client_exceptions.SocketTimeoutError: Timeout on reading data from socket', undefined],
  ['redis.exceptions.TimeoutError: Timeout reading from cache:6379', 'cache:6379'],
  ['redis.exceptions.TimeoutError: Timeout connecting to server', undefined],
  [
    'redis.exceptions.ConnectionError: Error 110 connecting to cache.internal:6379. Connection timed out.',
    'cache.internal:6379',
  ],
  [
    "pyodbc.OperationalError: ('HYT00', '[HYT00] [Microsoft][ODBC Driver 18 for SQL Server]Login timeout expired (0) (SQLDriverConnect)')",
    undefined,
  ],
  [
    'databricks.sql.exc.RequestError: Error during request to server. Retry request would exceed Retry policy max retry duration of 900.0 seconds',
    undefined,
  ],
  [
    'botocore.exceptions.ReadTimeoutError: Read timeout on endpoint URL: "https://dynamodb.eu-west-1.amazonaws.com/"',
    'dynamodb.eu-west-1.amazonaws.com',
  ],
  [
    'botocore.exceptions.ConnectTimeoutError: Connect timeout on endpoint URL: "http://10.0.4.4:9000/bucket"',
    '10.0.4.4:9000',
  ],
  [
    "elastic_transport.ConnectionTimeout: Connection timeout caused by: ReadTimeoutError(HTTPSConnectionPool(host='es.internal', port=9200): Read timed out. (read timeout=10))",
    'es.internal:9200',
  ],
  [
    'pymongo.errors.ServerSelectionTimeoutError: mongo-0.db:27017: timed out (configured timeouts: socketTimeoutMS: 20000.0ms)',
    'mongo-0.db:27017',
  ],
  [
    'grpc._channel._InactiveRpcError: <_InactiveRpcError of RPC that terminated with: status = StatusCode.DEADLINE_EXCEEDED details = "Deadline Exceeded"',
    undefined,
  ],
  ['google.api_core.exceptions.DeadlineExceeded: 504 Deadline Exceeded', undefined],
  [
    'sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00',
    undefined,
  ],
  ['oracledb.exceptions.OperationalError: ORA-12170: TNS:Connect timeout occurred', undefined],
  ['TimeoutError: [Errno 110] Connection timed out', undefined],
  ['socket.timeout: timed out', undefined],
  ['java.net.SocketTimeoutException: connect timed out', undefined],
];

const UNREACHABLE: [words: string, target: string | undefined][] = [
  [
    'psycopg2.OperationalError: connection to server at "10.2.0.7", port 5432 failed: Connection refused',
    '10.2.0.7:5432',
  ],
  [
    'psycopg2.OperationalError: could not translate host name "db.internal" to address: Name or service not known',
    'db.internal',
  ],
  ['redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.', 'redis:6379'],
  [
    'aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host api.internal:8443 ssl:default [Connect call failed]',
    'api.internal:8443',
  ],
  [
    "requests.exceptions.ConnectionError: HTTPConnectionPool(host='rules', port=8080): Max retries exceeded with url: / (Caused by NameResolutionError(\"Failed to resolve 'rules'\"))",
    'rules:8080',
  ],
  [
    'botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "https://s3.eu-west-1.amazonaws.com/b"',
    's3.eu-west-1.amazonaws.com',
  ],
  [
    'grpc._channel._InactiveRpcError: failed to connect to all addresses; last error: UNKNOWN: ipv4:10.1.1.4:19530: Failed to connect to remote host: Connection refused',
    '10.1.1.4:19530',
  ],
  ['http.client.RemoteDisconnected: Remote end closed connection without response', undefined],
];

const NEITHER = [
  "KeyError: 'timeout'",
  'ValueError: timeout must be positive, got -1',
  "TypeError: predict() got an unexpected keyword argument 'timeout'",
  'RuntimeError: the model failed on this request',
  'ClientDisconnect: the client disconnected before the read timed out',
  'Using read timeout of 30 seconds',
  "AttributeError: 'NoneType' object has no attribute 'timed_out'",
  'BrokenPipeError: [Errno 32] Broken pipe',
  "ModuleNotFoundError: No module named 'async_timeout'",
  'ValueError: column connection_timeout is missing',
];

describe('an exception of a client names what did not answer, so that a person knows where to look', () => {
  it.each(TIMEOUTS)('%s', (words, target) => {
    expect(dependencyFailure([words])).toEqual({ kind: 'timeout', target });
  });

  it.each(UNREACHABLE)('%s', (words, target) => {
    expect(dependencyFailure([words])).toEqual({ kind: 'unreachable', target });
  });

  it.each(NEITHER)('is about no other service: %s', (words) => {
    expect(dependencyFailure([words])).toBeUndefined();
  });
});
