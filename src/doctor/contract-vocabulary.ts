/**
 * The parts of words that a report may show. A new word of the service is what the report is for, and a name of a person or a company has the same
 * form. So the parts decide: all of them are in this fixed list, or they are replaced.
 */
import { ANSWERS, METRIC_LABELS, METRICS, REFUSALS } from '../sandbox/answers/index.ts';
import { VOCABULARY } from './contract-words.ts';

/** Common words of HTTP APIs, of model serving and of clouds. None of them names a person, a company's project or a place. */
const COMMON = `
  a10 a100 a10g aad abac abort aborted abuse accelerator accepted accessed acl activated activating activation actual adapter added address admin
  advanced after agents aggregate ai alert alias all allow allowed allowlist always amd amount analysis analyst annotation annotations anonymous
  answer anthropic api apis app append application applied apply approval approved architecture archive archived area arguments arn array artifact
  artifacts assigned assistant async attached attempt attempts attribute attributes audio audit auto automatic autoscale autoscaling average aws
  azure azuread b200 backend backup balance balanced base based basic batch batches bearer bedrock best beta bf16 bge billing bin blob block blocked
  body bool boolean boost bot branch bucket buckets budget buffer build builder building builds bundle burst byte bytes cache cached calculated
  callback calls canary cancel canceled canceling cancelled cancelling capabilities capability capacity category cdf certificate chain change
  changed channel charge chat child chip chunk class classification classifier classify client close closed cloud cluster cmk cohere cold
  color column columns command commit commitment common compatible complete completed completion completions compliance component compressed compute
  computing concurrency concurrent condition conditions conflict connected connecting connection connector constraint container containers content
  context continuous control conversation converted cooldown copied copy cores cors cost costs count counter counts cpu cpus crashed creating
  creation creator creds critical cron csv current custom customizable daily dashboard data database dataframe dataset date day days dbfs
  dbrx dbu dbus dead debug dedicated deep deepseek default defaults degraded delay delegated delete deleting delta demand deny dependency deployed
  deploying deprecated depth description desired destination detail detailed details detection developer development device diagnostics dimension
  dimensions direct direction directory disable disabling disk display distributed dns domain done down download draft drain draining drift driver
  dry dsl duplicate duration dynamic early edge editable edition editor effective effort egress eks element elements eligible email embed embedded
  embedding embeddings empty enable enabling encoding encrypted encryption end ended engine enhanced ensemble enterprise entitlement entitlements
  entra entry env environment environments epoch equal errors estimate estimated etag eval evaluate evaluated evaluation event events evicted exact
  example exceeded exception execute executed execution executor existing exit expiration expire expired expires explicit export exported expression
  extended extension external extra factor fail failing fails failure failures fallback false family fast fault fedramp feedback fetch fields file
  files filter filtered final fine finetune finetuned finish finished first fixed flag flagged flags flavor flex flexible float force forced foreign
  form forward foundation fp fp16 fp8 fraction framework free freeze frequency fresh frozen full fully function functions gateway gb gc gcp gemini
  gen general generate generated generation generative generic genie gib gke global google gpt gpu gpus graceful grade graph grok groq
  grpc gte guard guardrail guardrails guest h100 h200 half handler hard hash hbase head headers health healthy heavy help hibernated hibernating
  hidden high higher highest hipaa history hit hits hold home host hosted hosting hot hour hourly hours html http https hybrid iam idle idp ids
  ignored image images immediate immutable import imported inactive include included incoming incomplete increment index indexed info information
  infrastructure ingress inherited init initial initialize initialized initializing initiated initiator inline inputs insert inside inspection
  install installed instance instances instruct instruction instructions int int4 int8 interactive interface interrupted interval invocation
  invocations invoke invoked io ip isolated isolation issue issued issuer items job jobs join json jsonl jwt keep keys keyword keywords kind kms kv
  l4 l40s label labels lake lakebase language languages large larger last late latency latest launch layer lazy lead leader learning leave left
  legacy len level levels library license life lifecycle lifetime light lightweight limited limiting limits line lineage lines link linked links
  listen listing live llama llm loaded loader loading local locale locality location lock locked logged logging login long lookup lora low lower
  lowest main maintenance major manage managed management manager managing manual map mapping mask masked matched max maximum mb mcp mean media
  median medium member members memory merge merged message messages meta metadata metered metering metric mfa mib micro microsoft migrate migrated
  migrating migration millis milliseconds min mini minimum minor minute minutes mirror missed mistral mixed mixtral ml mlflow modalities modality
  mode moderation modified modify module moe moment monitor monitored monitoring month monthly more most move moved ms multi multigpu multimodal
  multiple mutable namespace native negative network never new next node nodes none normal note notebook notification notifications notified nova
  null nullable num numeric nvidia oauth object objects observability off offline offset oidc old oldest oltp online only open openai openapi
  openmetrics operation operations operator opt optimizable optimization optimize optimized optional options order org organization origin original
  otel other otlp outage outbound outdated outer outgoing output outputs overall overdue overflow overridden override owned owner owners ownership
  p50 p90 p95 p99 package packages pages paging paid palm parallel parallelism parameters parent parquet part partial partially partition partner
  parts passed passive passthrough pat patch path paths pause paused pausing pay payload pci peak peft pem pending per percent percentage percentile
  performance period periodic permanent permitted persisted persistent phase phi pii pin pinned pipeline placement plain plan plane planned planner
  platform plugin point policies poll polling pool pooled pools port position positive post power ppt preempted prefer preference preferences
  preferred prefix premium prepare prepared preparing presence preset preview previous price pricing primary principals priority private probability
  probe problem process processed processing processor processors product production profile profiles profiling progress project projects prompt
  prompts properties protected protection protocol provider providers provision provisioned provisioning proxy prune pt public publish published
  publisher publishing pull purchased purge purpose push put py qps quality quantity quantization quantized queries queue queued quick quota quotas
  qwen rag random range rank ranked ranking rate rated rates rating raw rbac reactive reader readiness reading ready real realtime reason reasoning
  reasons rebalance rebuild rebuilding recent recipient recommendation recommended record recorded records recover recovered recovering recovery
  recreate redacted redirect reduced ref reference references refresh refreshed refreshing refusal region regional regions register registering
  registration registry regular reject rejected rejecting related release released releasing reload reloading remaining remote removed removing
  rename renew renewable renewal renewed replaced replacement replica replicas replicated replicating replication repo report reported reporting
  reports repository rerank reranker reranking reranks reservation reserve reserved reset resident resize resized resizing resolution resolved
  resources responses rest restart restarted restarting restarts restore restored restoring restricted restriction result results resume resumed
  resuming retain retained retention retired retirement retries retryable return returned review reviewed revision revoked right rights risk robot
  role rollback rolled rolling rollout root rotate rotated rotating rotation round routed router routes routing row rows rpc rpm rps rule rules run
  runner running runs runtime runtimes s3 safe safety saml sample sampled sampling sandbox saved scale scaled scaling scan scanned schedule
  scheduled scheduler scheduling scim score scored scores scoring script sdk search second secondary seconds section secure secured security seed
  segment select selected selection selector self send sending sensitive sensitivity sequence sequential serial series serverless servers serves
  service services session sessions setting settings setup severity sha shadow shape shard sharded shards share shared sharing short show shut
  shutdown side sidecar sign signal signature signed signing silent similarity simple since single site sized sizes skip skipped sla slice slot
  slots slow small smaller smart snapshot soft software source sources space spaces span spark spec special specification speculative speech speed
  split spot sql sse ssl sso stable stage staged staging stale standard standby start started starting starts startup stat stateful stateless
  statement states static stats statuses step steps stop stopping storage store stored strategy stream streamed streaming string strong structure
  structured style sub subject submitted submitting subnet subscription subtype succeeded success successful suffix suggested suggestion sum summary
  super supports suppressed suspend suspended suspending sustained swap switch sync synced synchronized synchronous syncing synthetic system systems
  t4 table tables tag tagged tags target targets task tasks tcp team telemetry temperature temporary tenant tensor term terminal terminate
  terminated terminating termination terms test tested testing tests text texts thinking thread threads threshold throttle throttled throttling
  throughput tier tiers tile time timed timeout timeouts times timestamp timezone tiny titan title tls tokens tool tools top topic topics total
  totals tpm tpot tpu trace traced traces tracing track tracked tracking traffic train trained training transcription transfer transferred transform
  transient transition transitioning translation traversal trial trigger triggered triggering true trust trusted ttft ttl tune tuned tuning type udf
  ultra unavailable unchanged undefined undeployed under undo unhealthy unified union unique unit units unlimited unlocked unpaused unreachable
  unreserved unresolved unsafe unsigned unspecified untagged untyped unused updatable updater updates updating upgrade upgraded upgrading upload
  uploaded uploading upper uptime urgent uri urls usage user users utc utf utilization utilized uuid v100 validate validated validating validation
  variable variables variant variants vault vector vectors vendor verified verify verifying vertex video views violation virtual visibility visible
  vision visual vllm vm voice volume volumes vpc vpn waiting waits wake waking warehouse warm warming warmup warn warned warning warnings weak web
  webhook webhooks week weekly weight weighted weights wide window windows word words work worker workers working workload workloads workspaces
  writable writer writes xai xlarge xml xsmall xxlarge yaml year yearly years zero zip zone zones
`;

/** `served_entity_name` has three parts, `displayName` two, and `llm/v1/chat` three. */
function segmentsOf(word: string): string[] {
  return word.split(/[^A-Za-z0-9]+/).filter((segment) => segment !== '');
}

/** The words and the numbers in a segment: `XLarge8` is `X`, `Large` and `8`, and `HTTPServer` is `HTTP` and `Server`. */
const PIECES = /[Vv]\d{1,2}(?!\d)|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g;
const piecesOf = (segment: string): string[] => segment.match(PIECES) ?? [];

/** Fields, words of states, codes, and metrics that the sandbox knows. Fields of official clients are among the fields. */
function wordsOfTheSandbox(): string[] {
  const found: string[] = [...METRIC_LABELS, ...Object.values(METRICS).flat()];
  found.push(...Object.values(REFUSALS).map(({ code }) => String(code)));
  const visit = (schema: unknown): void => {
    if (Array.isArray(schema)) {
      for (const one of schema) visit(one);
    } else if (typeof schema === 'object' && schema !== null) {
      for (const [keyword, inner] of Object.entries(schema)) {
        if (keyword === 'properties') found.push(...Object.keys(Object(inner)));
        if (keyword === 'enum' || keyword === 'const') found.push(...[inner].flat().map(String));
        visit(inner);
      }
    }
  };
  visit(Object.values(ANSWERS));
  return found;
}

const known = new Set<string>();
for (const word of [...COMMON.split(/\s+/), ...VOCABULARY, ...wordsOfTheSandbox()])
  for (const segment of segmentsOf(word))
    for (const each of [segment, ...piecesOf(segment)]) if (/^\w*[a-z]\w+$/i.test(each)) known.add(each.toLowerCase());

const isKnown = (part: string) => known.has(part.toLowerCase());
/** `v1`, the `2X` of a size, and numbers that count processors. Any other number can be an id. */
const isShort = (part: string) => /^(?:v\d{1,2}|\d|16|32|64|\d?x{1,3})$/i.test(part);
const MOST_DIGITS = 3;
/** Longer segments are no words, and some letters of a random text can be one. */
const LONGEST_SEGMENT = 24;

/**
 * The word with stand-ins for its unknown parts.
 * @param standIn the stand-in of a part.
 * @param all whether every part is replaced.
 * @returns undefined when nothing of the word is known and it has digits, as an id has.
 */
export function shownWord(word: string, standIn: (part: string) => string, all = false): string | undefined {
  const digits = segmentsOf(word)
    .filter((segment) => !isKnown(segment))
    .join('')
    .replace(/\D/g, '').length;
  let shown = 0;
  const text = word.replace(/[A-Za-z0-9]+/g, (segment) => {
    const numbers = digits <= MOST_DIGITS && isShort(segment);
    if (!all && (isKnown(segment) || numbers)) {
      if (!numbers) shown++;
      return segment;
    }
    const pieces = piecesOf(segment);
    const whole = all || segment.length > LONGEST_SEGMENT || pieces.join('') !== segment;
    const each = pieces.map((piece) => isKnown(piece) || (digits <= MOST_DIGITS && isShort(piece)));
    // Digits next to unknown letters can be an id.
    if (whole || (/\d/.test(segment) && each.includes(false))) return standIn(segment);
    shown += each.filter(Boolean).length;
    return segment.replace(PIECES, (piece) => (isKnown(piece) || isShort(piece) ? piece : standIn(piece)));
  });
  return shown === 0 && segmentsOf(word).some((segment) => /\d/.test(segment) && !isShort(segment)) ? undefined : text;
}
