/** Known causes of a container that does not start: what Python, model libraries, agents and servers say. Pure data. */
import type { FailureCause } from './failure-cause.ts';

const OLD_TO_NEW = 'to the version that was used when the model was logged';

export const LOAD_CAUSES: FailureCause[] = [
  // Modules, pickles, files.
  {
    id: 'resources_undeclared',
    words: /Reading Databricks credential configuration in model serving failed|system_cred_injection_suspected/,
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
    id: 'own_code_missing',
    words:
      /No module named '?(?:src|app|utils?|helpers?|lib|common|core|config|scripts?|models?|agents?|tools|features|main|my_?\w*)(?:\.[\w.]+)?'?(?![\w.])/,
    remedy: 'List the folder of this code in code_paths, or log the model from a file: no package has this name.',
  },
  {
    id: 'sklearn_version',
    words:
      /Can't get attribute '_RemainderColsList'|Can't get attribute '.{1,120}' on <module 'sklearn|No module named '?sklearn\.\w|'(?:SimpleImputer|KNNImputer|\w+Encoder|\w+Scaler|\w*Transformer|Pipeline|Decision\w+|RandomForest\w+|ExtraTrees?\w+|\w*GradientBoosting\w*|LogisticRegression|\w+Vectorizer|\w+Binarizer|\w+Selector)' object has no attribute|ValueError: node array from the pickle has an incompatible dtype/,
    remedy: `Pin scikit-learn ${OLD_TO_NEW}.`,
  },
  {
    id: 'module_of_other_version',
    words:
      /No module named '?(?:pandas|numpy|scipy|torch|transformers|xgboost|lightgbm|keras|tensorflow|mlflow|cloudpickle|langchain|langgraph|pydantic)\.[\w.]+|Can't get attribute '.{1,120}' on <module '(?:pandas|numpy|scipy|torch|transformers|xgboost|lightgbm|keras|tensorflow|mlflow|langchain\w*|pydantic)\b|is not a known BitGenerator module|Error when deserializing class '|Unsupported model IR version|Opset \d+ is under development|Could not (?:locate|deserialize) (?:class|function) '/,
    remedy: `Pin this package ${OLD_TO_NEW}: its parts have moved.`,
  },
  {
    id: 'module_missing',
    words:
      /No module named \S|\bcategory: user_dep_missing\b|requires the following packages that were not found|PackageNotFoundError|Missing optional dependency|Please (?:pip )?install the \S+ package|library but it was not found in your environment|\brequires? .{1,80}: `?pip install |No package metadata was found for|(?:is|are) not installed\. ?(?:Please|Run|Try|Install)|Could not import \S+ python package/,
    // Libraries name optional parts that they did not find, and go on.
    except:
      /^(?!.*(?:ModuleNotFoundError|ImportError)\b).*\b(?:triton|xformers|flash_attn|apex|deepspeed|tensorrt|pynvml)\b/,
    remedy:
      'Add the package to the requirements of the model; if it is code of your own, list its folder in code_paths.',
  },
  {
    id: 'import_name_missing',
    words: /ImportError: cannot import name '|partially initialized module '/,
    remedy: 'Pin both packages to versions that work together.',
  },
  {
    id: 'shared_library_missing',
    words:
      /(?:ImportError|OSError): \S+: cannot open shared object file|cannot open shared object file: No such file or directory$/,
    except: /dlerror|Could not load dynamic library/,
    remedy: 'Use a build of the package without system libraries, such as opencv-python-headless.',
  },
  {
    id: 'glibc_too_old',
    words: /version `(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+' not found/,
    remedy: 'Use an older wheel of the package, built for an older system.',
  },
  {
    id: 'numpy_abi',
    words:
      /numpy\.dtype size changed, may indicate binary incompatibility|A module that was compiled using NumPy 1\.x cannot be run in|_ARRAY_API not found|numpy\.core\.multiarray failed to import/,
    remedy: `Pin numpy ${OLD_TO_NEW}.`,
  },
  {
    id: 'pickle_class_missing',
    words: /Can't get attribute '.{1,200}' on <module/,
    remedy: 'Move the class into a module of its own and list its folder in code_paths.',
  },
  {
    id: 'pickle_python_version',
    words:
      /unsupported pickle protocol|was sent code 139\b|was sent SIGSEGV\b|code\(\) argument \d+ must be|SystemError: unknown opcode|an integer is required \(got type bytes\)|bad marshal data|bad magic number in '|code expected at (?:least|most) \d+ arguments|terminated due to signal 11\b/,
    warned: true,
    lasting: true,
    remedy: 'Serve the model with the Python version that logged it, if no native library is at fault.',
  },
  {
    id: 'mlflow_version',
    words: /\bmlflow_parse\b.{0,200}\bAttributeError\b/,
    remedy: `Pin mlflow and cloudpickle ${OLD_TO_NEW}.`,
  },
  { id: 'load_classified', words: /\bmlflow_parse\b|\bambiguous_other\b/, wrapper: true },
  {
    id: 'model_files_missing',
    words:
      /Could not find an "?MLmodel"? configuration file|SavedModel file does not exist at|does not appear to have a file named|Error no file named \S+ found in directory/,
    remedy: 'Log the model again: its path holds no MLflow model.',
  },
  {
    id: 'packaged_file_missing',
    words:
      /FileNotFoundError: \[Errno 2\] No such file or directory: '|(?:Could not|Cannot|can't) open (?:file )?'?\/model\/|\[Errno 2\] No such file or directory: '\/model\//,
    remedy: 'Add the file to the artifacts of the model, or its folder to code_paths.',
  },
  {
    id: 'artifact_missing',
    words:
      /\bNoSuchKey\b|The specified (?:key|blob|path|resource) does not exist|No such artifact|\bartifact\b.{0,80}\b(?:was )?not found|No such object: /i,
    remedy: 'Log the model again: a file of it is no longer in its storage.',
  },
  {
    id: 'state_dict_mismatch',
    words: /Error\(s\) in loading state_dict for|size mismatch for \S+: copying a param/,
    follow: 2,
    remedy: 'Log the model again with the code that its weights belong to.',
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
    id: 'pydantic_version',
    words: /`?BaseSettings`? has been moved to the `?pydantic-settings|\bPydanticImportError\b|\bPydanticUserError\b/,
    remedy: 'Pin pydantic, or update the package that uses it.',
  },
  {
    id: 'torch_weights_only',
    words: /Weights only load failed/,
    remedy: 'Load the file with weights_only=False if you trust it, or save a state dict.',
  },
  {
    id: 'artifact_corrupt',
    words:
      /invalid load key, '|EOFError: Ran out of input|Error while deserializing header|pickle data was truncated|PytorchStreamReader failed|File is not a zip file|\bBadZipFile\b|Protobuf parsing failed|\bINVALID_PROTOBUF\b|Incorrect model file descriptor|HeaderTooLarge|InvalidHeaderDeserialization/,
    remedy: 'Log the real file again: this one is truncated, or only a pointer to it.',
  },
  {
    id: 'xgboost_format',
    words: /The binary format has been deprecated in 1\.6 and removed in 3\.1/,
    remedy: 'Save the model as JSON or UBJ, or pin xgboost to the version that wrote it.',
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
      /\bUndefinedValueError\b|(?:Error|Exception): .{0,80}\benvironment variables? \S{1,80} (?:is|are|was|were|must be) (?:not |un)?(?:set|defined|found|missing|required)|(?:Error|Exception): .{0,40}[Mm]issing (?:required )?(?:environment variable|env(?:ironment)? var)|(?:Error|Exception): .{0,40}\b[A-Z][A-Z0-9]*_[A-Z0-9_]+ (?:environment variable )?(?:is|must be) (?:not |un)?set\b/,
    except: /api_key|API_KEY/,
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
      /\b(?:load(?:ing)?|start(?:-?up|ing)?|initiali[sz]ation)\b.{0,40}\b(?:exceeded the (?:time|maximum)|took longer than)|(?:timed out|timeout) waiting for (?:the )?(?:model|server|worker)\b|\b(?:model|server|worker)\b.{0,30}\bdid not (?:start|become ready|respond)\b.{0,20}(?:within|in) \d+/i,
    remedy: 'Make the load faster: smaller files and no downloads while the model loads.',
  },
  {
    id: 'out_of_memory',
    words:
      /was sent SIGKILL!|\bOOMKilled\b|terminated due to signal 9\b|exit(?:ed with)? code 137\b|exit code: 137\b|Unable to allocate [\d.]+ [KMGT]iB for an array|^MemoryError\b|\bArrowMemoryError\b|\[Errno 12\] Cannot allocate memory|\bOutOfMemoryError: Java heap|exit(?:ed with)? (?:status|code:?) 137\b|(?:killed|terminated) by (?:signal:? )?(?:9\b|SIGKILL)|Memory cgroup out of memory|(?:exceed(?:ed|s)|over|above|hit|reached) (?:its |the )?(?:\w+ )?memory limit|low on resource: memory|\bOOM[- ]?killed\b|\bKilled(?: {2,}|$)|\bstd::bad_alloc\b|DefaultCPUAllocator: (?:can't|not enough memory)|\bOut of memory: Kill/i,
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
      /could not translate host name|Name or service not known|getaddrinfo failed|Temporary failure in name resolution|Failed to resolve '|\bNameResolutionError\b|\b(?:connecting to|connect to|connection to) .{0,120}(?:Connection refused|timed out|refused|Network is unreachable)|Max retries exceeded with url|\bConnectTimeout(?:Error)?\b|No route to host|Network is unreachable/i,
    remedy: 'Check the address that the model connects to, and the egress rules of the workspace.',
  },
];
