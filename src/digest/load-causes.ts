/** Known causes of a container that does not start: files, agents, credentials, servers and memory. Pure data. */
import type { FailureCause } from './failure-cause.ts';

export const LOAD_CAUSES: FailureCause[] = [
  // Files.
  {
    id: 'resources_undeclared',
    words: /Reading Databricks credential configuration (?:in model serving )?failed|system_cred_injection_suspected/,
    remedy: 'Log the model again with resources=[…] that name each index, function and endpoint it uses.',
  },
  {
    id: 'artifact_download_failed',
    words:
      /The following failures occurred while downloading one or more artifacts|This request is not authorized to perform this operation|An error occurred \((?:403|AccessDenied|Forbidden|InvalidAccessKeyId|ExpiredToken)\) when calling|does not have storage\.\w+\.\w+ access|Server failed to authenticate the request|\bAuthorizationFailure\b|PERMISSION_DENIED.{0,80}\bREAD (?:FILES|VOLUME)\b|does not have permission to '?\w+'? (?:the )?(?:experiment|run|artifact)/,
    follow: 2,
    remedy: 'Give Model Serving access to the storage of the model, or renew the storage credential.',
  },
  {
    id: 'mlflow_version',
    words: /\bmlflow_parse\b.{0,200}\bAttributeError\b/,
    remedy: 'Pin mlflow and cloudpickle to the version that was used when the model was logged.',
  },
  { id: 'load_classified', words: /\bmlflow_parse\b|\bambiguous_other\b/, wrapper: true },
  {
    id: 'model_files_missing',
    words: /Could not find an "?MLmodel"? configuration file/,
    remedy: 'Log the model again: its path holds no MLflow model.',
  },
  {
    id: 'packaged_file_missing',
    words:
      /FileNotFoundError: \[Errno 2\] No such file or directory: '|(?:Could not|Cannot|can't) open (?:file )?'?\/model\/|\[Errno 2\] No such file or directory: '\/model\/|PermissionError: \[Errno 13\] Permission denied: '\/(?:Volumes|Workspace|dbfs|databricks|mnt)\/|(?:Error|Exception|Fail|NoSuchFile): .{0,400}\b(?:No such file or directory|NO_SUCHFILE|File not found: filepath=|cannot be opened for loading|file (?:does not exist|could not be found))|SavedModel file does not exist at|does not appear to have a file named|Error no file named \S.{0,200}? found in directory|LightGBMError: Could not open /,
    remedy: 'Add the file to the artifacts of the model, or its folder to code_paths.',
  },
  {
    id: 'folder_not_writable',
    words:
      /PermissionError: \[Errno 13\] Permission denied: '\/(?!Volumes|Workspace|dbfs|databricks|mnt)|\[Errno 30\] Read-only file system/,
    remedy: 'Write into a folder below /tmp, and set the cache folder of the library, such as HF_HOME, to one.',
  },
  {
    id: 'artifact_missing',
    words:
      /\bNoSuchKey\b|The specified (?:key|blob|path|resource) does not exist|No such artifact|\bartifact\b.{0,80}\b(?:was )?not found|No such object: |RESOURCE_DOES_NOT_EXIST: .{0,20}\b(?:Run|Artifact)\b|\bNo Run with id=|\bRun '\w{1,64}' not found/i,
    remedy: 'Log the model again: a file of it is no longer in its storage.',
  },
  {
    id: 'data_package_missing',
    words: /\[E050\] Can't find model|Please use the NLTK Downloader|Resource \S+ not found\.$/,
    remedy: 'Add the data package to the requirements or the artifacts of the model instead of downloading it.',
  },
  {
    id: 'stream_without_descriptor',
    words: /'StreamToLogger' object has no attribute 'fileno'/,
    remedy: 'Start subprocesses with streams of their own instead of sys.stdout and sys.stderr.',
  },
  {
    id: 'event_loop_running',
    words: /This event loop is already running|asyncio\.run\(\) cannot be called from a running event loop/,
    remedy: 'Use synchronous code while the model loads.',
  },
  {
    id: 'torch_weights_only',
    words: /Weights only load failed/,
    remedy: 'Load the file with weights_only=False if you trust it, or save a state dict.',
  },
  {
    id: 'artifact_corrupt',
    words:
      /invalid load key, '|EOFError: Ran out of input|Cannot load file containing pickled data when allow_pickle|Failed to interpret file .{1,200} as a pickle|Error while deserializing header|pickle data was truncated|PytorchStreamReader failed|File is not a zip file|\bBadZipFile\b|Protobuf parsing failed|\bINVALID_PROTOBUF\b|Incorrect model file descriptor|HeaderTooLarge|InvalidHeaderDeserialization|\btruncated file: eof\b|\bfile signature not found\b|LightGBMError: (?:Model file|Model format error)|\bBadGzipFile\b|\bnot a gzipped? file\b|incorrect header check|Compressed file ended before the end-of-stream|git-lfs\.github\.com\/spec|\btarfile\.Read\w*|UnpicklingError: (?!Weights only)\S|unexpected end of (?:file|data)\b/i,
    remedy: 'Log the real file again: this one is truncated, or only a pointer to it.',
  },
  {
    id: 'env_var_missing',
    words: /^KeyError: '[A-Z][A-Z0-9]*_?[A-Z0-9_]*'$/,
    below: /<frozen os>|\/os\.py"|\bos\.environ\b/,
    remedy: 'Set the environment variable on the served entity.',
  },
  {
    id: 'env_var_missing',
    words:
      /\bUndefinedValueError\b|(?:Error|Exception): .{0,80}\b[Ee]nvironment variables? \S{1,80} (?:(?:is|are|was|were|must be) )?(?:not |un)?(?:set|defined|found|missing|required)|(?:Error|Exception): .{0,40}[Mm]issing (?:required )?(?:environment variable|env(?:ironment)? var)|(?:Error|Exception): .{0,40}\b[A-Z][A-Z0-9]*_[A-Z0-9_]+ (?:environment variable )?(?:is|must be) (?:not |un)?set\b/,
    except: /api_key|API_KEY/,
    remedy: 'Set the environment variable on the served entity.',
  },
  {
    id: 'env_var_missing',
    words: /\bvalidation errors? for \w*Settings\b/,
    follow: 2,
    remedy: 'Set the environment variable on the served entity.',
  },
  {
    id: 'load_context_failed',
    code: true,
    words: /python_model\.load_context\(context=context\)/,
    wrapper: true,
    remedy: 'Run load_context in a clean environment with the requirements of the model.',
  },
  {
    id: 'user_code_failed',
    words: /Failed to run user code from .{1,300}Error: ?/,
    wrapper: true,
    remedy: 'Run the code of the model in a clean environment with its requirements.',
  },

  // Agents and credentials.
  {
    id: 'sdk_no_credentials',
    words: /cannot configure default credentials/,
    remedy: 'Declare the resources when you log the model, or provide host and token from secrets.',
  },
  {
    id: 'cloud_login_missing',
    words:
      /\bNoCredentialsError\b|Unable to locate credentials|\bPartialCredentialsError\b|\bDefaultCredentialsError\b|[Dd]efault credentials were not found|DefaultAzureCredential failed to retrieve a token/,
    remedy:
      'Log the files with the model, or read them from a volume. Otherwise set the login of the cloud as environment variables from secrets.',
  },
  {
    id: 'sdk_auth_conflict',
    words: /more than one authorization method configured/,
    remedy: 'Set auth_type in the Config of the SDK.',
  },
  {
    id: 'user_auth_at_load',
    words: /Unable to detect credentials for user authorization/,
    remedy: 'Create the client of the user inside predict, and log the model with a user auth policy.',
  },
  {
    id: 'vector_text_column',
    words: /Do not pass the `?text_column`? parameter/,
    remedy: 'Remove the parameter text_column.',
  },
  {
    id: 'langchain_pickle_refused',
    words: /allow_dangerous_deserialization/,
    except:
      /allow_dangerous_deserialization['"`]?\s*[=:]\s*["']?true(?! (?:and|if|to|when)\b)(?=["'\s,})\]]*(?:[\w"']+\s*[:=]|$))/i,
    remedy: 'Set allow_dangerous_deserialization to true if the index is your own.',
  },
  {
    id: 'api_key_missing',
    words:
      /The api_key client option must be set|Could not resolve authentication method\. Expected|\bNo API key (?:was )?(?:provided|found|set)\b|API_KEY(?: environment variable)? (?:is )?(?:not (?:set|found|provided)|missing|must be set)|Did not find \w+_api_key, please add an environment variable|\bapi_key\b.{0,60}(?:must be set|is required|not found|missing)/i,
    remedy: 'Set the key as an environment variable of the served entity, from a secret.',
  },

  // Server start and memory.
  {
    id: 'worker_timeout',
    words: /WORKER TIMEOUT \(pid/,
    remedy: 'Make the load faster: smaller files and no downloads while the model loads.',
  },
  {
    id: 'worker_timeout',
    weak: true,
    words:
      /\b(?:load(?:ing)?|start(?:-?up|ing)?|initiali[sz]ation)\b.{0,40}\b(?:exceeded the (?:time|maximum)|took longer than)|(?:timed out|timeout) waiting for (?:the )?(?:engine|model|server|worker)\b|Did not receive response from \S+ process within|\b(?:model|server|worker)\b.{0,30}\bdid not (?:start|become ready|respond)\b.{0,20}(?:within|in) \d+/i,
    remedy: 'Make the load faster: smaller files and no downloads while the model loads.',
  },
  {
    id: 'out_of_memory',
    words:
      /was sent SIGKILL!|\bOOMKilled\b|terminated due to signal 9\b|exit(?:ed with)? code 137\b|exit code: 137\b|Unable to allocate [\d.]+ [KMGT]iB for an array|^MemoryError\b|\bArrowMemoryError\b|\[Errno 12\] Cannot allocate memory|\bOutOfMemoryError: (?:Java heap|GC overhead|Metaspace|Direct buffer|unable to create)|exit(?:ed with)? (?:status|code:?) 137\b|(?:killed|terminated) by (?:signal:? )?(?:9\b|SIGKILL)|Memory cgroup out of memory|(?:exceed(?:ed|s)|over|above|hit|reached) (?:its |the )?(?:\w+ )?memory limit|low on resource: memory|\bOOM[- ]?killed\b|\bKilled(?: {2,}|$)|\bstd::bad_alloc\b|DefaultCPUAllocator: (?:can't|not enough memory)|\bOut of memory: Kill|excessive memory usage causing the Operating System to kill|\bmemory allocation of \d+ bytes failed|\bFailed to allocate memory for requested buffer|\b(?:malloc|mmap)\w*\b.{0,60}\b(?:insufficient memory|Cannot allocate memory)/i,
    warned: true,
    lasting: true,
    remedy: 'Use a larger workload size, or a smaller model.',
  },
  {
    id: 'port_in_use',
    words: /Connection in use: \(|\[Errno 98\]|address already in use/i,
    remedy: 'Do not start a server inside the model: the platform starts one.',
  },
  {
    id: 'asgi_app_missing',
    words: /Error loading ASGI app|Failed to find attribute '\w+' in '|Could not import module "/,
    remedy: 'Correct the module path of the app.',
  },
  {
    id: 'probe_failing',
    words: /(?:Readiness|Liveness|Startup) probe failed/,
    remedy: 'Find out why the server does not answer yet: the load is slow, or the process was killed.',
  },
  { id: 'app_startup_failed', words: /Application startup failed/, wrapper: true },
  { id: 'model_load_failed', words: /An error occurred while loading the model/, wrapper: true },
  {
    id: 'worker_boot_failed',
    weak: true,
    words:
      /Worker failed to boot|\bHaltServer\b|Exception in worker process|Shutting down: Master|Worker \(pid:\d+\) exited with code [1-9]/,
    wrapper: true,
  },
  {
    id: 'dependency_unreachable',
    weak: true,
    words:
      /could not translate host name|could not connect to server|\bConnection refused\b|\[Errno 111\]|failed to connect to all addresses|No hosts? available|Name or service not known|getaddrinfo failed|Temporary failure in name resolution|Failed to resolve '|\bNameResolutionError\b|\b(?:connecting to|connect to|connection to) .{0,120}(?:Connection refused|timed out|refused|Network is unreachable)|Max retries exceeded with url|\bConnectTimeout(?:Error)?\b|No route to host|Network is unreachable/i,
    remedy: 'Check the address that the model connects to, and the egress rules of the workspace.',
  },
];
