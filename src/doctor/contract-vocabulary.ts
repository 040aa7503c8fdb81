/**
 * The parts of words that a report may show. A new word of the service is what the report is for, and a name of a person or a company has the same
 * form. So the parts decide: all of them are in this fixed list, or they are replaced.
 */
import { ANSWERS, METRIC_LABELS, METRICS, REFUSALS } from '../sandbox/answers/index.ts';
import { VOCABULARY } from './contract-words.ts';

/** Common words of HTTP APIs, of model serving and of clouds. None of them names a person, a company's project or a place. */
const COMMON = `
  a10 a100 a10g aad abac abort aborted abuse accelerator accepted accessed acl activated activating activation actual adapter added address admin
  advanced after agents aggregate ai alert alias alibaba all allow allowed allowlist always amd amount analysis analyst annotation annotations
  anonymize anonymous answer anthropic api apis app append application applied apply approval approved architecture archive archived area arguments
  arn array artifact artifacts assessment assessments assigned assistant async attach attached attachment attachments attempt attempts attribute
  attributes audio audit auto automatic autoscale autoscaling availability average aws azure azuread b200 back backend backup balance balanced base
  based basic batch batches bearer bedrock behalf behavior best beta bf16 bge billing bin blob block blocked body bool boolean boost bot branch
  bring bucket buckets budget budgets buffer build builder building builds bundle burn burst bypass byte bytes cache cached calculated callback
  calls canary cancel canceled canceling cancelled cancelling capabilities capability capacity carbon category cdf cerebras certificate chain change
  changed channel charge chat child chip chunk chunks citations city class classification classifier classify client cloned close closed cloud
  cluster cmk cohere cold collection collections color column columns command commit commitment common compatible complete completed completion
  completions compliance component compressed compute computing concurrency concurrent condition conditions conflict connected connecting connection
  connectivity connector constraint consumer consumers consumption container containers content context continuous contract control conversation
  conversations converted cooldown copied copilot copy cores cors cost costs count counter country counts cpu cpus crashed creating creation creator
  credential credits creds critical cron csv current custom customer customizable customization cutoff daily dashboard data database dataframe
  dataset date day days dbfs dbrx dbu dbus dead debug dedicated deep deepseek default defaults degraded delay delegated delete deleting deletion
  delta demand deny dependency deployed deployer deploying deployments deprecated deprecation depth description desired destination detach detail
  detailed details detect detected detection developer development device diagnostics dimension dimensions direct direction directory disable
  disabling discount discovery disk display distributed dns documents domain done double down downgrade download draft drain drained draining drift
  driver dry dsl duplicate duration dynamic early economy edge edit editable edition editor effective effort egress eks elastic element elements
  eligible email embed embedded embedding embeddings emergency emoji empty enable enabling encoding encrypted encryption end ended engine enhanced
  ensemble enterprise entitlement entitlements entra entry env environment environments epoch equal erased errors estimate estimated estimates etag
  eval evaluate evaluated evaluation event events evicted exact example exceeded exception execute executed execution executor exempt existing exit
  experimental experiments expiration expire expired expires explicit export exported exports expression extended extension external extra face
  factor fail failing fails failure failures fallback false family fast fault favorite fedramp feedback feedbacks fetch fields file files filter
  filtered final fine finetune finetuned finish finished fireworks first fixed flag flagged flags flavor flex flexible float flow flows folder force
  forced foreign fork forked form forward foundation foundry fp fp16 fp8 fraction framework free freeze frequency fresh frozen full fully function
  functions ga gateway gb gc gcp gemini gen general generate generated generation generative generic genie gib gke global google governed gpt gpu
  gpus graceful grade graph graphs grok groq groups grpc gte guarantee guard guardrail guardrails guest h100 h200 half handler hard hash hashicorp
  hbase head headers health healthy heavy help hibernated hibernating hidden high higher highest hipaa history hit hits hive hold holding home
  horizontal host hosted hosting hot hour hourly hours html http https hub hubs hugging huggingface hybrid iam iceberg icon identities identity idle
  idp ids ietf ignored image images immediate immutable import imported inactive incident include included incoming incomplete increment index
  indexed indexes inferred info information infrastructure ingress inheritance inherited init initial initialize initialized initializing initiated
  initiator inline inputs insert inside inspect inspection install installed instance instances instruct instruction instructions int int4 int8
  intent interactive interface interrupted interruptible interval invalidated invite invocation invocations invoke invoked io ip isolated isolation
  issue issued issuer items job jobs join json jsonl jsonschema judge judges jwt keep keys keyword keywords kind kms knowledge kv l4 l40s label
  labels lake lakebase lakehouse language languages large larger last late latency latest launch layer lazy lead leader learning lease leave left
  legacy len level levels library license life lifecycle lifetime light lightweight limited limiting limits line lineage lines link linked links
  listen listing lists live liveness llama llm load loaded loader loading loads local locale locality location lock locked logged logging login long
  lookup lora lost low lower lowest m2m main maintenance major manage managed management manager managing manual map mapping markdown marketplace
  mask masked masking matched matrix max maximum mb mcp mean media median medium mega member members memory merge merged message messages meta
  metadata metered metering metric metrics mfa mib micro microsoft migrate migrated migrating migration millis milliseconds min mini minimum minor
  minute minutes mirror missed mistral mixed mixtral ml mlflow modalities modality mode moderation moderations modes modified modify module moe
  moment monetary monitor monitored monitoring month monthly more most mount move moved ms multi multigpu multimodal multipart multiple mutable
  namespace native negative network never new next nick nightly nim node nodes none normal normalized note notebook notebooks notification
  notifications notified nova null nullable num numbers numeric nvidia oauth object objects obo observability odata off offline offset oidc old
  oldest oltp online only oom open openai openapi openmetrics operating operation operations operator opt optimizable optimization optimize
  optimized optional options oracle order org organization organizations origin original otel other otlp out outage outbound outdated outer outgoing
  output outputs overall overdue overflow overridden override oversized owned owner owners ownership owns p50 p90 p95 p99 package packages pages
  paging paid palm parallel parallelism parallelized parameters params parent parquet part partial partially participants partition partner parts
  passed passive passthrough pat patch path paths pattern patterns pause paused pausing pay payload pci peak peft pem penalty pending per percent
  percentage percentile performance period periodic permanent permitted perplexity persisted persistent personal phase phi phone pii pin pinned
  pipeline pipelines placement plain plan plane planned planner platform plugin point policies poll polling pool pooled pools port position positive
  post power ppt preempted prefer preference preferences preferred prefill prefix preload premium prepare prepared preparing prerelease presence
  preset preview previous price pricing primary principals priorities priority privacy private probability probe probes problem process processed
  processing processor processors product production profile profiles profiling progress project projects prompt prompts proof properties protected
  protection protocol provenance provider providers provision provisioned provisioning proxy prune pt public publish published publisher publishes
  publishing pull purchased purge purpose push put py python qps quality quantity quantization quantized quarantine quarantined quarter quarterly
  queried queries queue queued quick quota quotas qwen rag random range rank ranked ranking rate rated rates rating rationale raw rbac reach
  reachable reactive reader readiness reading ready real realtime reason reasoning reasons rebalance rebooting rebuild rebuilding receiver recent
  recipient recommendation recommended record recorded records recover recovered recovering recovery recreate recycled redact redacted redeploy
  redeployed redeploying redirect reduced ref reference references refresh refreshed refreshing refusal regex region regional regions register
  registering registration registry regular reject rejected rejecting rejection related relay release released releasing reload reloading remaining
  remote removed removing rename renew renewable renewal renewed replaced replacement replay replica replicas replicated replicating replication
  repo report reported reporting reports repository rerank reranker reranking reranks reservation reserve reserved reset residency resident residual
  resize resized resizing resolution resolved resources responder responses rest restart restarted restarting restarts restore restored restoring
  restricted restriction result results resume resumed resuming retain retained retention retired retirement retries retrieval retriever retryable
  return returned revert reverted reverting review reviewed revision revoked right rights risk robot role rollback rolled rolling rollout root
  rotate rotated rotating rotation round routed router routes routine routing row rows rpc rpm rps rule rules run runner running runs runtime
  runtimes s3 safe safeguards safety saml sample sampled sampling sandbox saved savings scale scaled scaledown scaleup scaling scan scanned schedule
  scheduled scheduler scheduling scim scopes score scored scores scoring script sdk search second secondary seconds secrets section secure secured
  security seed segment select selected selection selector self semantic send sending sensitive sensitivity sentiment sequence sequential serial
  series serve serverless servers serves service services session sessions setting settings setup severity sha shadow shape shard sharded shards
  share shared sharing short show shut shutdown shutdowns side sidecar sign signal signals signature signed signing silent similarity simple since
  single site sized sizes skip skipped sku skus sla slice slot slots slow small smaller smart snapshot snapshots snowflake soft software source
  sources space spaces span spark spec special specification speculative speech speed spend spending spillover split spot sql sse ssl sso stable
  stack stacked stage staged staging stale standard standby start started starter starting starts startup stat state stateful stateless statement
  states static stats statuses step steps stop stopping stopword stopwords storage store stored strategy stream streamed streaming string strong
  structure structured style sub subject submitted submitting subnet subscriber subscription subscriptions subtype succeeded success successful
  suffix suggested suggestion sum summary sunset super supports suppressed surge suspend suspended suspending sustained swap switch sync synced
  synchronized synchronous syncing synthesized synthetic system systems t4 table tables tag tagged tags tail target targets task tasks tcp team
  teams telemetry temperature templates temporary tenant tenants tensor term terminal terminate terminated terminating termination terms test tested
  testing tests text texts thinking thread threads threshold throttle throttled throttling throughput tier tiers tile time timed timeout timeouts
  timer times timestamp timezone tiny titan title tls together tokenize tokenized tokenizer tokens tolerance tool tools top topic topics topology
  total totals tpm tpot tpu trace traced traces tracing track tracked tracking traffic train trained training transcript transcription
  transcriptions transfer transferred transform transient transition transitioning translate translation translations traversal trial trials trigger
  triggered triggering triton true trust trusted ttft ttl tune tuned tuning type udf uid ultra unassigned unavailable unchanged undefined undeployed
  under undo unhealthy unified union unique unit units unlimited unlocked unpaused unpublished unpublishing unreachable unreserved unresolved unsafe
  unsigned unspecified unsubscribed untagged untyped unused unverified updatable updater updates updating upgrade upgraded upgrading upload uploaded
  uploading upper uptime urgent uri urls urn usage usd user users utc utf utility utilization utilized uuid v100 v5e validate validated validating
  validation variable variables variant variants vault vector vectors vendor verified verify verifying vertex vertical video views violation
  violations virtual visibility visible vision visual vllm vm voice volume volumes vpc vpn waiting waitlist waits wake waking warehouse warm warming
  warmup warn warned warning warnings watch weak web webhook webhooks week weekly weight weighted weights wide window windows wire word words work
  worker workers workflow workflows working workload workloads workspaces writable write writer writes xai xlarge xml xsmall xxlarge yaml year
  yearly years zero zip zone zones
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
