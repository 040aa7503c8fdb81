/** The same causes in the words of other versions and other tools, and words that look like a cause and are none. */

export type Wording = readonly [code: string, text: string];

/** Lines of a build log. */
export const IN_BUILD: readonly Wording[] = [
  [
    'pip_conflict',
    'WARNING: 401 Error, Credentials not correct for https://old.example.com/simple/six/\nerror: Requirements contain conflicting URLs for package `torch`:\n- https://a.example/torch-2.3.1-cp311-cp311-linux_x86_64.whl\n- https://b.example/torch-2.3.1-cp311-cp311-linux_x86_64.whl',
  ],
  [
    'index_unauthorized',
    'WARNING: 401 Error, Credentials not correct for https://ours.example.com/simple/ours/\nERROR: No matching distribution found for ours==1.0',
  ],
  [
    'conda_channel_refused',
    'critical libmamba Multiple errors occured:\n    Download error (22) HTTP response code said error [https://conda.example.com/linux-64/repodata.json.zst]\n    The requested URL returned error: 403',
  ],
  [
    'artifact_too_large',
    'ERROR: failed to push registry/serving:42: unexpected status from PUT request: 413 Request Entity Too Large',
  ],
  [
    'compile_error',
    '      Error: pg_config executable not found.\n      pg_config is required to build psycopg2 from source.',
  ],
  [
    'compile_error',
    '      Exception: Can not find valid pkg-config name.\n      Specify MYSQLCLIENT_CFLAGS and MYSQLCLIENT_LDFLAGS env vars manually',
  ],
  [
    'compile_error',
    '      The headers or library files could not be found for jpeg,\n      a required dependency when compiling Pillow from source.',
  ],
  [
    'pip_conflict',
    'ERROR: Cannot install langchain==0.2.1 and pydantic==1.10.2 because these package versions have conflicting dependencies.',
  ],
  [
    'pip_conflict',
    "ERROR: Double requirement given: numpy==1.26.4 (from -r req.txt (line 5)) (already in numpy==1.24.0, name='numpy')",
  ],
  [
    'pip_conflict',
    'There are incompatible versions in the resolved dependencies:\n  numpy==2.1.0 (from -r requirements.in (line 3))',
  ],
  [
    'pip_conflict',
    '[ResolutionFailure]: Your dependencies could not be resolved. You likely have a mismatch in your sub-dependencies.',
  ],
  ['pip_too_deep', 'error: resolution-too-deep\n× Dependency resolution exceeded maximum depth'],
  [
    'uv_no_solution',
    '  × No solution found when resolving dependencies:\n  ╰─▶ Because pandas==2.2.0 depends on numpy>=1.26 and you require numpy<1.24, we can conclude that pandas==2.2.0 cannot be used.',
  ],
  [
    'package_not_found',
    '  × No solution found when resolving dependencies:\n  ╰─▶ Because there are no versions of sckit-learn and you require sckit-learn, we can conclude that your requirements are unsatisfiable.',
  ],
  [
    'package_not_on_mirror',
    '  × No solution found when resolving dependencies:\n  ╰─▶ Because there is no version of numpy==9.9.9 and you require numpy==9.9.9, we can conclude that your requirements are unsatisfiable.',
  ],
  [
    'package_not_on_mirror',
    '  × No solution found when resolving dependencies:\n  ╰─▶ Because only torch<=2.3.1 is available and you require torch==2.9.0, we can conclude that your requirements are unsatisfiable.',
  ],
  [
    'package_needs_other_python',
    '  × No solution found when resolving dependencies:\n  ╰─▶ Because the current Python version (3.8.18) does not satisfy Python>=3.9 and pandas==2.2.0 depends on Python>=3.9, we can conclude that pandas==2.2.0 cannot be used.',
  ],
  [
    'package_needs_other_python',
    'RuntimeError: Cannot install on Python version 3.13.1; only versions >=3.9,<3.13 are supported.',
  ],
  ['package_needs_other_python', "ERROR: Package 'scikit-learn' requires a different Python: 3.8.18 not in '>=3.9'"],
  ['package_needs_other_python', "ERROR: networkx requires Python '>=3.10' but the running Python is 3.9.19"],
  [
    'index_unauthorized',
    'WARNING: 401 Error, Credentials not correct for https://pypi.example.com/simple/ours/\nERROR: Could not find a version that satisfies the requirement ours==1.2 (from versions: none)\nERROR: No matching distribution found for ours==1.2',
  ],
  [
    'index_unauthorized',
    'error: Failed to fetch: `https://pypi.example.com/simple/ours/`\n  Caused by: HTTP status client error (403 Forbidden) for url (https://pypi.example.com/simple/ours/)',
  ],
  [
    'index_unauthorized',
    '  hint: An index URL (https://pypi.example.com/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized).',
  ],
  [
    'index_unauthorized',
    'ERROR: HTTP error 403 while getting https://pypi.example.com/packages/ours-1.2-py3-none-any.whl',
  ],
  [
    'index_unauthorized',
    'User for pypi.example.com: ERROR: Exception:\nTraceback (most recent call last):\n  File "/opt/conda/lib/python3.11/site-packages/pip/_internal/network/auth.py", line 400, in _prompt_for_password\n    username = ask_input(f"User for {netloc}: ")\nEOFError: EOF when reading a line',
  ],
  [
    'index_unauthorized',
    'CondaHTTPError: HTTP 403 FORBIDDEN for url <https://conda.example.com/private/linux-64/repodata.json>',
  ],
  [
    'index_unreachable',
    "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ConnectTimeoutError(...)': /simple/ours/\nERROR: No matching distribution found for ours==1.2",
  ],
  [
    'index_unreachable',
    'error: Failed to fetch: `https://pypi.org/simple/numpy/`\n  Caused by: error sending request for url (https://pypi.org/simple/numpy/)\n  Caused by: dns error: failed to lookup address information: Name or service not known',
  ],
  [
    'hash_mismatch',
    'error: Hash mismatch for `certifi==2024.2.2`\n\nExpected:\n  sha256:0569859f95fc761b18b45ef421b1290a0f65f147e92a1e5eb3e635f9a5e4e66f',
  ],
  [
    'wheel_other_platform',
    'ERROR: ours-1.0-cp39-cp39-manylinux2014_aarch64.whl is not a supported wheel on this platform.',
  ],
  [
    'wheel_other_platform',
    "hint: The wheel is compatible with CPython 3.9 (`cp39`), but you're using CPython 3.12 (`cp312`)",
  ],
  [
    'wheel_other_platform',
    'error: A path dependency is incompatible with the current platform: /model/wheels/ours-1.0-cp39-cp39-macosx_11_0_arm64.whl',
  ],
  ['wheel_other_platform', 'Unable to find installation candidates for tensorflow-io-gcs-filesystem (0.32.0)'],
  [
    'disk_full',
    "ERROR: Could not install packages due to an OSError: [Errno 122] Disk quota exceeded: '/opt/conda/envs/mlflow-env'",
  ],
  ['disk_full', 'write /var/lib/containerd/io.containerd.content.v1.content/ingest: no space left on device'],
  ['disk_full', 'error: failed to write to file `/root/.cache/uv/x`: No space left on device (os error 28)'],
  [
    'disk_full',
    'The node was low on resource: ephemeral-storage. Container build was using 61Gi, which exceeds its request of 0.',
  ],
  ['build_timed_out', 'ERROR: failed to solve: DeadlineExceeded: context deadline exceeded'],
  ['build_timed_out', 'Build timed out after 3600 seconds'],
  ['artifact_too_large', 'error: image size 31.4 GB exceeds the maximum allowed size of 25 GB'],
  ['build_killed', 'ERROR: process "/bin/sh -c conda env create" did not complete successfully: exit code: 137'],
  ['build_killed', 'c++: fatal error: Killed signal terminated program cc1plus'],
  ['compiler_missing', "error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory"],
  ['compiler_missing', 'error: linker `cc` not found'],
  ['compiler_missing', 'CMake Error: CMAKE_C_COMPILER not set, after EnableLanguage'],
  [
    'compile_error',
    "src/main.c:10:10: fatal error: Python.h: No such file or directory\nerror: command '/usr/bin/gcc' failed with exit code 1",
  ],
  [
    'conda_unsolvable',
    'LibMambaUnsatisfiableError: Encountered problems while solving:\n  - package scipy-1.11.0 requires numpy >=1.21, but none of the providers can be installed',
  ],
  [
    'conda_package_not_found',
    'error    libmamba Could not solve for environment specs\n    The following package could not be installed\n    └─ umap does not exist (perhaps a typo or a missing channel).\ncritical libmamba Could not solve for environment specs',
  ],
  ['conda_package_not_found', 'ResolvePackageNotFound: \n  - cudatoolkit=11.9'],
  [
    'conda_channel_refused',
    'CondaHTTPError: HTTP 404 NOT FOUND for url <https://conda.example.com/ours/noarch/repodata.json>',
  ],
  [
    'conda_channel_refused',
    'UnavailableInvalidChannel: HTTP 403 FORBIDDEN for channel ours <https://conda.anaconda.org/ours>',
  ],
  ['conda_unreachable', 'CondaSSLError: Encountered an SSL error. Most likely a certificate verification issue.'],
  [
    'conda_unreachable',
    "critical libmamba Could not open lockfile\nerror    libmamba Download error (6) Couldn't resolve host name [https://conda.anaconda.org/conda-forge/linux-64/repodata.json.zst]",
  ],
  [
    'poetry_no_solution',
    'Because no versions of ours match >1.0,<2.0 and ours (1.0) depends on numpy (<1.20), ours is forbidden.\nSo, because app depends on both numpy (^1.26) and ours (^1.0), version solving failed.',
  ],
  [
    'build_needs_torch',
    "  × Getting requirements to build wheel did not run successfully.\n  │ exit code: 1\n  ╰─> [20 lines of output]\n      ModuleNotFoundError: No module named 'torch'",
  ],
  [
    'build_needs_package',
    "  × Getting requirements to build wheel did not run successfully.\n  │ exit code: 1\n  ╰─> [20 lines of output]\n      ModuleNotFoundError: No module named 'Cython'",
  ],
  [
    'build_needs_package',
    "  × Failed to build `ours==1.0`\n  ├─▶ The build backend returned an error\n  ╰─▶ Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)\n      [stderr]\n      ModuleNotFoundError: No module named 'numpy'",
  ],
  ['setuptools_too_new', "      ModuleNotFoundError: No module named 'pkg_resources'"],
  ['git_failed', "fatal: could not read Username for 'https://github.com': No such device or address"],
  [
    'local_package_missing',
    "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: '/databricks/wheels/ours-1.0-py3-none-any.whl'",
  ],
  [
    'local_package_missing',
    "ERROR: Invalid requirement: './wheels/ours-1.0-py3-none-any.whl'\nHint: It looks like a path. File './wheels/ours-1.0-py3-none-any.whl' does not exist.",
  ],
];

/** The last line of a traceback of a container that does not start, or a line of its server. */
export const AT_START: readonly Wording[] = [
  [
    'packaged_file_missing',
    "onnxruntime.capi.onnxruntime_pybind11_state.NoSuchFile: [ONNXRuntimeError] : 3 : NO_SUCHFILE : Load model from /model/a.onnx failed:Load model /model/a.onnx failed. File doesn't exist",
  ],
  [
    'packaged_file_missing',
    'ValueError: File not found: filepath=/dbfs/m/churn.keras. Please ensure the file is an accessible `.keras` zip file.',
  ],
  [
    'packaged_file_missing',
    'RuntimeError: Error in faiss::FileIOReader::FileIOReader(const char*) at index_io.cpp:68: could not open /model/index.faiss for reading: No such file or directory',
  ],
  ['folder_not_writable', "PermissionError: [Errno 13] Permission denied: '/root/.cache/huggingface/hub'"],
  ['cloud_login_missing', 'botocore.exceptions.NoCredentialsError: Unable to locate credentials'],
  ['cloud_login_missing', 'google.auth.exceptions.DefaultCredentialsError: Your default credentials were not found.'],
  ['artifact_corrupt', 'ValueError: Cannot load file containing pickled data when allow_pickle=False'],
  [
    'import_name_missing',
    'RuntimeError: Failed to import transformers.models.llama.modeling_llama because of the following error (look up to see its traceback):',
  ],
  ['env_var_missing', 'environs.exceptions.EnvError: Environment variable "MODEL_BUCKET" not set'],
  [
    'engine_settings',
    'ValueError: User-specified max_model_len (32768) is greater than the derived max_model_len (max_position_embeddings=8192).',
  ],
  [
    'endpoint_grant_missing',
    "openai.PermissionDeniedError: Error code: 403 - {'error_code': 'PERMISSION_DENIED', 'message': 'You do not have permission to query the endpoint.'}",
  ],
  ['worker_timeout', 'TimeoutError: Timed out waiting for engine core processes to start. Waited 600s.'],
  ['gpu_memory', 'RuntimeError: CUDA driver error: out of memory'],
  ['gpu_too_few', 'RuntimeError: CUDA error: invalid device ordinal'],
  [
    'gpu_too_few',
    'pydantic_core._pydantic_core.ValidationError: 1 validation error for ParallelConfig\n  Value error, World size (4) is larger than the number of available GPUs (1) in this node.',
  ],
  [
    'gpu_memory',
    'ValueError: Some modules are dispatched on the CPU or the disk. Make sure you have enough GPU RAM to fit the quantized model.',
  ],
  ['out_of_memory', 'memory allocation of 8589934592 bytes failed'],
  [
    'out_of_memory',
    'onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException: [ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Failed to allocate memory for requested buffer of size 1638400000',
  ],
  ['module_missing', "ModuleNotFoundError: No module named 'lightgbm'"],
  ['module_missing', "ImportError: Missing optional dependency 'openpyxl'.  Use pip or conda to install openpyxl."],
  [
    'module_missing',
    'ImportError: This modeling file requires the following packages that were not found in your environment: einops. Run `pip install einops`',
  ],
  [
    'module_missing',
    'ImportError: Using `low_cpu_mem_usage=True` or a `device_map` requires Accelerate: `pip install accelerate`',
  ],
  [
    'module_missing',
    'ImportError: AutoImageProcessor requires the PIL library but it was not found in your environment.',
  ],
  ['module_missing', 'importlib.metadata.PackageNotFoundError: No package metadata was found for sentencepiece'],
  ['own_code_missing', "ModuleNotFoundError: No module named 'utils.features'"],
  [
    'data_package_missing',
    "OSError: [E050] Can't find model 'en_core_web_sm'. It doesn't seem to be a Python package or a valid path to a data directory.",
  ],
  [
    'data_package_missing',
    'LookupError: \n  Resource punkt_tab not found.\n  Please use the NLTK Downloader to obtain the resource:',
  ],
  ['sklearn_version', "ModuleNotFoundError: No module named 'sklearn.linear_model.logistic'"],
  [
    'sklearn_version',
    "AttributeError: Can't get attribute '__pyx_unpickle_CyHalfBinomialLoss' on <module 'sklearn._loss._loss' from '/opt/x.so'>",
  ],
  ['sklearn_version', "AttributeError: 'SimpleImputer' object has no attribute '_fill_dtype'"],
  ['module_of_other_version', "ModuleNotFoundError: No module named 'numpy._core'"],
  [
    'module_of_other_version',
    "AttributeError: Can't get attribute '_unpickle_block' on <module 'pandas._libs.internals' from '/opt/x.so'>",
  ],
  [
    'module_of_other_version',
    "ValueError: <class 'numpy.random._mt19937.MT19937'> is not a known BitGenerator module.",
  ],
  [
    'module_of_other_version',
    "TypeError: Error when deserializing class 'InputLayer' using config={'batch_shape': [None, 10], 'dtype': 'float32'}.",
  ],
  [
    'module_of_other_version',
    'onnxruntime.capi.onnxruntime_pybind11_state.Fail: [ONNXRuntimeError] : 1 : FAIL : Load model from /model/m.onnx failed: Unsupported model IR version: 10, max supported IR version: 9',
  ],
  [
    'import_name_missing',
    "ImportError: cannot import name 'is_torch_fx_available' from 'transformers.utils.import_utils' (/opt/x.py)",
  ],
  [
    'numpy_abi',
    'ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header, got 88 from PyObject',
  ],
  ['numpy_abi', 'ImportError: numpy.core.multiarray failed to import'],
  ['pickle_python_version', 'TypeError: code() argument 13 must be str, not int'],
  ['pickle_python_version', 'SystemError: unknown opcode'],
  ['pickle_python_version', 'TypeError: an integer is required (got type bytes)'],
  ['pickle_python_version', 'ValueError: bad marshal data (unknown type code)'],
  ['pickle_class_missing', "AttributeError: Can't get attribute 'Scorer' on <module '__main__' from '/opt/x.py'>"],
  ['shared_library_missing', 'OSError: libgomp.so.1: cannot open shared object file: No such file or directory'],
  [
    'glibc_too_old',
    "ImportError: /lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /opt/x.so)",
  ],
  ['artifact_corrupt', "_pickle.UnpicklingError: invalid load key, '\\x0a'."],
  [
    'artifact_corrupt',
    'RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central directory',
  ],
  [
    'artifact_corrupt',
    'onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf: [ONNXRuntimeError] : 7 : INVALID_PROTOBUF : Load model from /model/m.onnx failed:Protobuf parsing failed.',
  ],
  ['artifact_corrupt', 'zipfile.BadZipFile: Bad magic number for central directory'],
  [
    'state_dict_mismatch',
    'RuntimeError: Error(s) in loading state_dict for Net:\n\tMissing key(s) in state_dict: "fc.weight".',
  ],
  [
    'model_files_missing',
    'mlflow.exceptions.MlflowException: Could not find an "MLmodel" configuration file at "/model"',
  ],
  [
    'packaged_file_missing',
    'OSError: SavedModel file does not exist at: /model/data/{saved_model.pbtxt|saved_model.pb}',
  ],
  [
    'packaged_file_missing',
    'OSError: /model/artifacts/llm does not appear to have a file named config.json. Checkout for available files.',
  ],
  ['packaged_file_missing', "FileNotFoundError: [Errno 2] No such file or directory: '/model/artifacts/vocab.json'"],
  ['packaged_file_missing', 'lightgbm.basic.LightGBMError: Could not open /model/artifacts/model.txt'],
  [
    'artifact_download_failed',
    'botocore.exceptions.ClientError: An error occurred (403) when calling the HeadObject operation: Forbidden',
  ],
  [
    'artifact_download_failed',
    'azure.core.exceptions.HttpResponseError: This request is not authorized to perform this operation using this permission.',
  ],
  [
    'artifact_download_failed',
    'google.api_core.exceptions.Forbidden: 403 GET https://storage.googleapis.com/storage/v1/b/x: sa@x does not have storage.objects.get access',
  ],
  [
    'artifact_missing',
    'botocore.errorfactory.NoSuchKey: An error occurred (NoSuchKey) when calling the GetObject operation: The specified key does not exist.',
  ],
  ['artifact_missing', 'azure.core.exceptions.ResourceNotFoundError: The specified blob does not exist.'],
  [
    'env_var_missing',
    'decouple.UndefinedValueError: DB_HOST not found. Declare it as envvar or define a default value.',
  ],
  ['env_var_missing', 'ValueError: Environment variable REDIS_URL is not set'],
  ['env_var_missing', 'RuntimeError: Missing required environment variable: FEATURE_STORE_URL'],
  [
    'api_key_missing',
    'openai.OpenAIError: The api_key client option must be set either by passing api_key to the client or by setting the OPENAI_API_KEY environment variable',
  ],
  [
    'api_key_missing',
    'TypeError: "Could not resolve authentication method. Expected either api_key or auth_token to be set."',
  ],
  [
    'hub_unreachable',
    "OSError: We couldn't connect to 'https://huggingface.co' to load the files, and couldn't find them in the cached files.",
  ],
  [
    'hub_unreachable',
    "requests.exceptions.ConnectionError: (MaxRetryError(\"HTTPSConnectionPool(host='huggingface.co', port=443): Max retries exceeded with url: /x (Caused by NameResolutionError('Failed to resolve'))\"))",
  ],
  ['hub_unreachable', "ConnectionError: Couldn't reach 'squad' on the Hub (ConnectionError)"],
  [
    'hub_gated',
    'huggingface_hub.errors.GatedRepoError: 403 Client Error. Cannot access gated repo for url https://huggingface.co/x.',
  ],
  [
    'hub_gated',
    'requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://huggingface.co/meta/x/resolve/main/config.json',
  ],
  [
    'hub_not_found',
    'huggingface_hub.errors.RepositoryNotFoundError: 404 Client Error. Repository Not Found for url: https://huggingface.co/api/models/x.',
  ],
  [
    'hub_not_found',
    "OSError: Can't load tokenizer for 'ours/x'. If you were trying to load it from 'https://huggingface.co/models', make sure you don't have a local directory with the same name.",
  ],
  ['gpu_missing', 'AssertionError: Torch not compiled with CUDA enabled'],
  ['gpu_missing', 'ImportError: libcuda.so.1: cannot open shared object file: No such file or directory'],
  ['gpu_missing', 'RuntimeError: No GPU found. A GPU is needed for quantization.'],
  ['gpu_missing', 'RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU'],
  [
    'gpu_memory',
    'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 14.56 GiB',
  ],
  [
    'gpu_memory',
    'tensorflow.python.framework.errors_impl.ResourceExhaustedError: OOM when allocating tensor with shape[64,160,160,131] and type float on /job:localhost/replica:0/task:0/device:GPU:0',
  ],
  [
    'gpu_memory',
    'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 4294967296 bytes.',
  ],
  ['gpu_memory', 'RuntimeException: [ONNXRuntimeError] : 6 : CUDA failure 2: out of memory ; GPU=0'],
  ['gpu_memory', 'ggml_cuda_init: cudaMalloc failed: out of memory'],
  ['cuda_driver_old', 'RuntimeError: The NVIDIA driver on your system is too old (found version 11040).'],
  ['worker_timeout', 'RuntimeError: Timed out waiting for the model to be loaded'],
  ['worker_timeout', 'TimeoutError: model loading took longer than 1200 seconds'],
  [
    'artifact_download_failed',
    "mlflow.exceptions.RestException: PERMISSION_DENIED: User does not have permission to 'View' experiment with id 42",
  ],
  ['out_of_memory', 'MemoryError'],
  [
    'out_of_memory',
    'numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7.45 GiB for an array with shape (1000000, 1000) and data type float64',
  ],
  [
    'out_of_memory',
    "RuntimeError: [enforce fail at alloc_cpu.cpp:83] . DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000000000 bytes.",
  ],
  ['out_of_memory', 'OSError: [Errno 12] Cannot allocate memory'],
  ['out_of_memory', 'pyarrow.lib.ArrowMemoryError: malloc of size 8589934592 failed'],
  [
    'sdk_no_credentials',
    'ValueError: default auth: cannot configure default credentials, please check https://docs.databricks.com',
  ],
  [
    'uc_use_missing',
    "databricks.sdk.errors.platform.PermissionDenied: User does not have USE SCHEMA on Schema 'main.rag'.",
  ],
  [
    'function_execute_missing',
    "databricks.sdk.errors.platform.PermissionDenied: User does not have EXECUTE on Routine 'main.tools.lookup'.",
  ],
  [
    'endpoint_grant_missing',
    "openai.PermissionDeniedError: Error code: 403 - {'error_code': 'PERMISSION_DENIED', 'message': \"User does not have permission 'View' on Endpoint 'x'.\"}",
  ],
  [
    'remote_code_refused',
    'ValueError: Loading x requires you to execute the configuration file in that repo on your local machine.',
  ],
  [
    'architecture_unknown',
    'ValueError: The checkpoint you are trying to load has model type `qwen9` but Transformers does not recognize this architecture.',
  ],
  [
    'kv_cache_memory',
    "ValueError: The model's max seq len (32768) is larger than the maximum number of tokens that can be stored in KV cache (17232).",
  ],
  ['port_in_use', "[2026-11-28 11:41:00 +0000] [2] [ERROR] Connection in use: ('0.0.0.0', 8080)"],
  [
    'dependency_unreachable',
    'psycopg2.OperationalError: could not translate host name "db.example.com" to address: Name or service not known',
  ],
  [
    'dependency_unreachable',
    'redis.exceptions.ConnectionError: Error 111 connecting to cache.example.com:6379. Connection refused.',
  ],
];

/** Messages of a state, or of an event. */
export const IN_STATE: readonly Wording[] = [
  ['capacity_unavailable', 'Served entity creation aborted because the resource did not become available in time.'],
  ['capacity_unavailable', 'Deployment failed: insufficient GPU capacity in the zone, please retry later.'],
  ['capacity_unavailable', 'Cloud provider error: InsufficientInstanceCapacity for g5.xlarge'],
  ['capacity_unavailable', 'ZONE_RESOURCE_POOL_EXHAUSTED: the zone does not have enough resources'],
  ['capacity_unavailable', 'No GPU nodes are free for the served entity.'],
  ['capacity_unavailable', 'GPU_MEDIUM capacity is not available in this region at the moment.'],
  ['gpu_missing', 'The model requires a GPU, but its workload type is CPU.'],
  ['artifact_too_large', 'Container image creation aborted - model artifacts exceed the maximum size.'],
  ['concurrency_quota', 'Provisioned concurrency limit reached for this workspace.'],
  ['quota_exceeded', 'Insufficient quota to provision 4 x GPU_SMALL.'],
  ['concurrency_quota', 'Workspace exceeded provisioned concurrency quota. Please reduce it or contact support.'],
  ['quota_exceeded', 'Request exceeds the workspace quota for GPU model units.'],
  ['quota_exceeded', 'QuotaExceeded: the account has reached its limit of GPU_MEDIUM instances'],
  ['region_unsupported', 'Workload type GPU_LARGE is not available in region eu-north-1.'],
  ['region_unsupported', 'Model Serving with GPU is not supported in this region.'],
  ['workload_type_unsupported', 'Invalid workload type: the workload type GPU_HUGE is not supported.'],
  ['update_timed_out', 'Served entity creation aborted because the endpoint update timed out.'],
  [
    'update_timed_out',
    'Deployment did not complete within 30 minutes and was terminated: timed out waiting for the container to become healthy.',
  ],
  ['uc_execute_missing', "PERMISSION_DENIED: User does not have EXECUTE on Routine or Model 'ml.prod.churn'."],
  [
    'uc_execute_missing',
    'Principal eve@example.com is missing the EXECUTE privilege on registered model ml.prod.churn.',
  ],
  ['uc_use_missing', "User does not have USE CATALOG on Catalog 'ml'."],
  ['uc_use_missing', 'Missing USE_SCHEMA privilege on schema ml.prod for the endpoint creator.'],
  ['creator_left', 'The creator of this endpoint is no longer active in the workspace.'],
  ['creator_left', 'Service principal 9a7d3c52-0000-4000-8000-000000000001 has been deleted.'],
  ['secret_missing', 'Secret does not exist with scope: prod and key: openai'],
  ['secret_missing', 'Failed to resolve secret reference {{secrets/prod/openai}}: permission denied.'],
  ['secret_missing', "Secret scope 'prod' does not exist!"],
  ['model_version_failed', 'Model version 2 is in state FAILED_REGISTRATION and cannot be served.'],
  ['model_version_pending', 'Model version 2 is not ready: PENDING_REGISTRATION'],
  ['uc_object_not_found', "RESOURCE_DOES_NOT_EXIST: Registered model 'ml.prod.churn' does not exist."],
  ['unsupported_model', 'Container image creation aborted - unsupported model: no python_function flavor'],
  ['environment_without_mlflow', 'Environment file conda.yaml does not specify mlflow as a dependency'],
  ['out_of_memory', 'Container exited with code 137 (OOMKilled)'],
  ['out_of_memory', 'The replica was evicted: the container exceeded its memory limit of 4096Mi.'],
];

/** Words that resemble those of a cause. The log or the state proves none. */
export const NEAR_MISSES: readonly (readonly [where: 'build' | 'service' | 'state', text: string])[] = [
  [
    'build',
    "ERROR: pip's dependency resolver does not currently take into account all the packages that are installed.\nmlflow 2.9 requires numpy<2, but you have numpy 2.1 which is incompatible.\nSuccessfully installed numpy-2.1",
  ],
  [
    'build',
    'INFO: pip is looking at multiple versions of torch to determine which version is compatible\nSuccessfully installed torch-2.3',
  ],
  [
    'build',
    "WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by 'ReadTimeoutError': /simple/x/\nSuccessfully installed x-1.0",
  ],
  [
    'build',
    'WARNING: 401 Error, Credentials not correct for https://a.example.com/simple/x/\nCollecting x\nSuccessfully installed x-1.0',
  ],
  [
    'build',
    'Solving environment: failed with initial frozen solve. Retrying with flexible solve.\ndone\nConda environment created successfully on attempt 1.',
  ],
  [
    'build',
    'Collecting jaraco.errors\nCollecting retry-timeout==1.0\nSuccessfully installed jaraco.errors-1.0 retry-timeout-1.0',
  ],
  [
    'service',
    '/opt/x.py:8: InconsistentVersionWarning: Trying to unpickle estimator from version 1.2 when using version 1.5.\n[2026-11-28 11:41:09 +0000] [7] [INFO] Model loaded successfully',
  ],
  [
    'service',
    "WARNING: No module named 'triton'; some optimizations will not be available\n[2026-11-28 11:41:09 +0000] [7] [INFO] Model loaded successfully",
  ],
  [
    'service',
    'UserWarning: CUDA initialization: Found no NVIDIA driver on your system.\n[2026-11-28 11:41:09 +0000] [7] [INFO] Model loaded successfully',
  ],
  ['service', '[2026-11-28 11:41:09 +0000] [2] [ERROR] Worker (pid:7) was sent SIGTERM!'],
  [
    'service',
    "OPENAI quota check: {'quota': 100, 'exceeded': False}\n[2026-11-28 11:41:09 +0000] [7] [INFO] Model loaded successfully",
  ],
  ['state', 'Container creation pending.'],
  ['state', 'Creating resources for served entity.'],
  ['state', 'Deploying served entities'],
  ['state', 'Scaled to zero'],
  ['state', ''],
];
