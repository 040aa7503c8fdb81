/** Which other service an exception of a driver or client is about, and whether it was too slow, could not be reached or refused. Pure. */

export interface DependencyFailure {
  kind: 'timeout' | 'unreachable' | 'refused';
  /** Host, and the port where the text has one. Undefined where the text names none. */
  target: string | undefined;
}

/** Names of exceptions and words of clients, databases and proxies for an answer that did not come in time. */
const TIMEOUT = new RegExp(
  [
    // Names: requests, httpx, aiohttp, urllib3, openai, botocore, elasticsearch, pymongo, psycopg, kafka, asyncio, sockets, Java.
    '\\b(?:Connect|Read|Write|Pool|Connection|Socket|Server|API|Request|Operation|Client|Query|Statement|Lock|Gateway|Kafka|ServerSelection|Network|Transport|RPC|Rpc|Retry)?Time[Oo]ut(?:Error|Exception)?\\b(?=[:(]|$)',
    '\\b(?:ConnectTimeoutError|ReadTimeoutError|MaxRetryDurationError|OperationTimedOut|TimedOut|NetworkTimeout|SocketTimeoutException|DeadlineExceeded)\\b',
    // Words.
    '\\b(?:[Tt]imed[ -]?out|time-?out (?:expired|exceeded|occurred|reached)|timeout (?:reading|connecting|while|waiting|on|of \\d))\\b',
    '\\b(?:read|connect(?:ion)?|login|query|socket|request|statement|lock wait) timeout\\b',
    'DEADLINE_EXCEEDED|Deadline Exceeded|deadline exceeded',
    'canceling statement due to (?:statement|lock) timeout|Lock wait timeout exceeded|maximum statement execution time exceeded',
    'exceed Retry policy max retry duration|\\bTimeout error \\[\\d+\\]',
    '\\bHYT0[01]\\b|\\bORA-12170\\b|\\bDPY-\\d{4}: .{0,80}timed out|\\[Errno 110\\]|\\bETIMEDOUT\\b',
    "couldn't get a connection after|QueuePool limit of size .{1,60} overflow .{1,60} reached",
  ].join('|'),
);

/** Words for a service that is not there, does not listen or ended the connection. */
const UNREACHABLE = new RegExp(
  [
    '\\bConnection refused\\b|\\bECONNREFUSED\\b|\\[Errno 111\\]|\\bConnection reset by peer\\b|\\[Errno 104\\]|\\bECONNRESET\\b',
    '\\bNo route to host\\b|\\[Errno 113\\]|\\bNetwork is unreachable\\b|\\[Errno 101\\]',
    '\\bName or service not known\\b|\\bTemporary failure in name resolution\\b|\\bgetaddrinfo failed\\b|\\bNameResolutionError\\b|\\bcould not translate host name\\b|\\bENOTFOUND\\b|\\bnodename nor servname provided\\b',
    '\\bCannot connect to host\\b|\\bCould not connect to the endpoint URL\\b|\\bFailed to establish a new connection\\b|\\bNoBrokersAvailable\\b',
    "\\bCan't connect to MySQL server\\b|\\bserver closed the connection unexpectedly\\b|\\bthe database system is (?:starting up|shutting down)\\b",
    "\\b[Cc]ould(?:n't| not) connect to\\b|\\b[Ff]ailed to (?:connect|DNS resolve)\\b|\\bUnable to connect to\\b|\\bLost connection to\\b|\\b(?:API)?Connection(?:Error)?: Connection error\\b|\\bMySQL server has gone away\\b",
    '\\bCERTIFICATE_VERIFY_FAILED\\b|\\bSSLError\\b|\\bSSL connection has been closed\\b|\\bUNEXPECTED_EOF_WHILE_READING\\b',
    '\\bfailed to connect to all addresses\\b|\\bStatusCode\\.UNAVAILABLE\\b|\\bFail connecting to server\\b|\\bRemote end closed connection without response\\b|\\bServer disconnected\\b',
  ].join('|'),
);

/** Words of a service that answers and refuses: a login, a right, or a limit of its own. */
const REFUSED = new RegExp(
  [
    // requests and httpx, for the address of another service.
    "\\b[45]\\d\\d (?:Client|Server) Error: .{0,80} for url\\b|\\b(?:Client|Server) error '[45]\\d\\d .{0,60}' for url\\b|\\bHTTP Error [45]\\d\\d: ",
    '\\bpassword authentication failed\\b|\\bAccess denied for user\\b|\\bLogin failed for user\\b|\\b[Aa]uthentication failed\\b|\\bAuthentication(?:Error|Exception)\\b|\\binvalid username-password\\b|\\bNOAUTH\\b|\\bWRONGPASS\\b|\\bno pg_hba\\.conf entry\\b',
    '\\b[Ii]ncorrect username or password\\b|\\b[Ii]nvalid (?:username|user name|login|user) (?:or|and|/) password\\b|\\bORA-01017\\b|\\bis not allowed to (?:access|connect)\\b|\\bJWT token is invalid\\b|\\b[Aa]ccount is (?:temporarily )?locked\\b|\\bNOPERM\\b|\\bsecurity_exception\\b|\\bAuthorizationException\\b|\\b\\w{0,40}AuthorizationFailed\\w*',
    '\\btoo many (?:clients|connections)\\b|\\bToo many connections\\b|\\bremaining connection slots\\b|\\bmax number of clients reached\\b',
    '\\bStatusCode\\.(?:UNAUTHENTICATED|PERMISSION_DENIED|RESOURCE_EXHAUSTED)\\b|\\bpermission denied for (?:table|relation|schema|database)\\b',
    // AWS.
    '\\bAn error occurred \\((?:\\w*Throttl\\w*|\\w*Throughput\\w*|\\w*LimitExceeded\\w*|TooManyRequests\\w*|AccessDenied\\w*|Unauthorized\\w*|UnrecognizedClient\\w*|ExpiredToken\\w*|InvalidSignature\\w*)\\) when calling\\b',
    // Vector stores: the status of their answer.
    '\\b(?:Unexpected Response|UnexpectedResponse|UnexpectedStatusCode\\w*|PineconeApiException|ServiceException|UnauthorizedException|ForbiddenException)\\b.{0,80}\\b(?:40[13]|429|50[0234])\\b',
  ].join('|'),
);

/** The caller went away, the server itself was slow, or the words are a setting. None is a dependency. */
const OTHER =
  /\bWORKER TIMEOUT\b|\bclient (?:has )?(?:disconnected|closed)\b|\bClientDisconnect\b|\bBroken pipe\b|\b(?:set|setting|using|with|default|configured?|increase|decrease) (?:the |a )?\w{0,20} ?timeout\b|\bunexpected keyword argument\b|\bhas no attribute\b|\bNameError\b|\bImportError\b|\bModuleNotFoundError\b/i;

const HOST = '[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,150}[A-Za-z0-9])?';
/** Where texts have the host: each form with the host in group 1 and the port in group 2, if there is one. */
const TARGETS: readonly RegExp[] = [
  // urllib3: HTTPSConnectionPool(host='…', port=443)
  new RegExp(`\\bhost=['"]?(${HOST})['"]?,? ?port=['"]?(\\d{1,5})`),
  // libpq: connection to server at "…" (10.0.0.1), port 5432
  new RegExp(`\\bserver at "(${HOST})"(?: \\([^)]{1,60}\\))?, port (\\d{1,5})`),
  new RegExp(`\\bhost(?: name)? "(${HOST})"`),
  // A URL.
  new RegExp(
    `\\b(?:https?|wss?|grpcs?|amqps?|rediss?|mongodb(?:\\+srv)?|postgres(?:ql)?|mysql|jdbc:\\w{1,20})://(?:[^\\s/@]{1,80}@)?(${HOST})(?::(\\d{1,5}))?`,
  ),
  // gRPC: ipv4:10.0.0.1:443
  new RegExp(`\\bipv4:(${HOST}):(\\d{1,5})`),
  // MySQL: MySQL server on '…:3306'
  new RegExp(`\\b[Ss]erver on '(${HOST})(?::(\\d{1,5}))?`),
  // aiohttp, redis, elasticsearch, milvus and others: to host …:443
  new RegExp(
    `\\b(?:to|from|host|DB:|reading|connecting to|Connection to|with) (?:host |server (?:on )?)?'?(${HOST}):(\\d{1,5})\\b`,
  ),
  new RegExp(`\\bConnection to (${HOST}\\.${HOST}) timed out`),
  // pymongo, cassandra, ClickHouse: host:27017
  new RegExp(`(?:^|[\\s('"{])(${HOST}\\.[A-Za-z0-9-]{1,60}|localhost|\\d{1,3}(?:\\.\\d{1,3}){3}):(\\d{2,5})\\b`),
  new RegExp(`\\b[Ss]erver(?: name)? (?:on |is |at )?['"](${HOST}\\.${HOST})['"]`),
];

/** @param texts the words of an exception and of those that caused it. Undefined when they are about no other service. */
export function dependencyFailure(texts: readonly string[]): DependencyFailure | undefined {
  const failing = texts.filter(
    (text) => !OTHER.test(text) && [TIMEOUT, UNREACHABLE, REFUSED].some((words) => words.test(text)),
  );
  const [first] = failing;
  if (first === undefined) return undefined;
  const says = (words: RegExp) => failing.some((text) => words.test(text));
  // A refusal is an answer, whatever else the text says.
  const kind = says(REFUSED) ? 'refused' : says(TIMEOUT) ? 'timeout' : 'unreachable';
  return { kind, target: failing.map(targetIn).find((target) => target !== undefined) };
}

function targetIn(text: string): string | undefined {
  for (const form of TARGETS) {
    const [, host, port] = form.exec(text) ?? [];
    if (host !== undefined && isHost(host)) return port === undefined ? host : `${host}:${port}`;
  }
  return undefined;
}

/** A file, a time and a class have dots and colons too. */
function isHost(host: string): boolean {
  return !/\.(?:py|so|go|java|cc|cpp|rs|js|ts)$/.test(host) && !/^(?:line|pid|version|errno|code|port)$/i.test(host);
}
