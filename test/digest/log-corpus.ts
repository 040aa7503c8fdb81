/** Logs of builds and starts that fail, and of some that do not. The lines around the failure are those that surround it in real logs. */

export interface FailingLog {
  what: string;
  log: 'build' | 'service';
  text: string;
  /** The line that must be singled out, or a part of it. */
  line: string;
  /** The cause that it proves. Undefined where the words prove none. */
  cause?: string;
}

export interface HealthyLog {
  what: string;
  log: 'build' | 'service';
  text: string;
}

const CONDA_FILE = `name: mlflow-env
channels:
- conda-forge
dependencies:
- python=3.11.9
- pip<=24.0
- pip:
  - mlflow==2.22.1
  - jaraco.errors==1.0
  - exceptiongroup==1.2.2`;

const CONDA_START = `${CONDA_FILE}
Using local channel file:///package-repo/conda-channel instead of conda-forge
Pinning setuptools<82 to preserve pkg_resources
WARNING conda.conda_pypi: pip was not in the list of explicit specs
Collecting package metadata (repodata.json): ...working... done
Solving environment: ...working... done
Preparing transaction: ...working... done
Verifying transaction: ...working... done
Executing transaction: ...working... done
Installing pip dependencies: ...working... `;

/** Every line with BuildKit's prefix. */
export const steps = (text: string, step = 12) =>
  text
    .split('\n')
    .map((line, at) => `#${step} ${(at * 1.37 + 0.4).toFixed(2)} ${line}`)
    .join('\n');

/** Every line with the name of a replica. */
export const replica = (text: string, name = 'hc4q8') =>
  text
    .split('\n')
    .map((line) => `[${name}] ${line}`)
    .join('\n');

/** pip fails inside a conda environment, in a step of BuildKit. */
const pip = (lines: string) =>
  `${steps(`${CONDA_START}
Collecting mlflow==2.22.1
  Downloading mlflow-2.22.1-py3-none-any.whl (29.0 MB)
     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 29.0/29.0 MB 61.4 MB/s eta 0:00:00
Pip subprocess error:
${lines}

failed

CondaEnvException: Pip failed`)}
#12 ERROR: process "/bin/sh -c conda env create -n mlflow-env -f /model/conda.yaml" did not complete successfully: exit code: 1
------
 > [4/7] RUN conda env create -n mlflow-env -f /model/conda.yaml:
------
ERROR: failed to solve: process "/bin/sh -c conda env create" did not complete successfully: exit code: 1`;

const conda = (lines: string) =>
  `${steps(`${CONDA_FILE}
Channels:
 - conda-forge
Platform: linux-64
Collecting package metadata (repodata.json): ...working... done
Solving environment: ...working... failed

${lines}`)}
#12 ERROR: process "/bin/sh -c conda env create" did not complete successfully: exit code: 1`;

const uv = (lines: string) =>
  `#8 [3/5] RUN uv pip install -r /model/requirements.txt
${steps(
  `Using Python 3.11.9 environment at: /opt/venv
${lines}`,
  8,
)}
#8 ERROR: process "/bin/sh -c uv pip install -r /model/requirements.txt" did not complete successfully: exit code: 1`;

const START = `[2026-03-01 12:00:01 +0000] [7] [INFO] Starting gunicorn 23.0.0
[2026-03-01 12:00:01 +0000] [7] [INFO] Listening at: http://0.0.0.0:8080 (7)
[2026-03-01 12:00:01 +0000] [7] [INFO] Using worker: sync
[2026-03-01 12:00:01 +0000] [115] [INFO] Booting worker with pid: 115`;

const END = `[2026-03-01 12:01:44 +0000] [115] [INFO] Worker exiting (pid: 115)
[2026-03-01 12:01:44 +0000] [7] [ERROR] Worker (pid:115) exited with code 3
[2026-03-01 12:01:44 +0000] [7] [ERROR] Shutting down: Master
[2026-03-01 12:01:44 +0000] [7] [ERROR] Reason: Worker failed to boot.`;

const LOADS = `Traceback (most recent call last):
  File "/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/mlflowserving/scoring_server/__init__.py", line 217, in get_model_option_or_exit
    self.model = self.model_future.result()
  File "/opt/conda/envs/mlflow-env/lib/python3.11/concurrent/futures/_base.py", line 449, in result
    return self.__get_result()
  File "/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/mlflow/pyfunc/__init__.py", line 1134, in load_model
    model_impl = importlib.import_module(conf[MAIN])._load_pyfunc(data_path)`;

/** The container stops with an exception while it loads the model. */
const load = (exception: string, frames = '') =>
  replica(`${START}
2026/03/01 12:00:09 WARNING mlflow.pyfunc: Detected one or more mismatches between the model's dependencies and the current Python environment:
 - mlflow (current: 2.22.1, required: mlflow==2.22.0)
An error occurred while loading the model.
${LOADS}${frames === '' ? '' : `\n${frames}`}
${exception}
${END}`);

/** The container writes these lines and stops. */
const stops = (lines: string) => replica(`${START}\n${lines}\n${END}`);

const b = (what: string, text: string, line: string, cause?: string): FailingLog => ({
  what,
  log: 'build',
  text,
  line,
  ...(cause === undefined ? {} : { cause }),
});
const s = (what: string, text: string, line: string, cause?: string): FailingLog => ({
  ...b(what, text, line, cause),
  log: 'service',
});
/** The exception is the line. */
const e = (cause: string | undefined, exception: string, frames?: string): FailingLog =>
  s(exception.slice(0, 60), load(exception, frames), exception.split('\n')[0] ?? '', cause);

const PIP: FailingLog[] = [
  b(
    'pip_conflict',
    pip(`ERROR: Cannot install pandas==2.2.0 and numpy==1.19.0 because these package versions have conflicting dependencies.

The conflict is caused by:
    The user requested numpy==1.19.0
    pandas 2.2.0 depends on numpy<2 and >=1.22.4

To fix this you could try to:
1. loosen the range of package versions you've specified
2. remove package versions to allow pip to attempt to solve the dependency conflict

ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/`),
    '    pandas 2.2.0 depends on numpy<2 and >=1.22.4',
    'pip_conflict',
  ),
  b(
    'pip_conflict, its second form',
    pip('ERROR: ResolutionImpossible: for help visit https://pip.pypa.io'),
    'ResolutionImpossible',
    'pip_conflict',
  ),
  b(
    'pip_too_deep',
    pip(`INFO: pip is looking at multiple versions of boto3 to determine which version is compatible with other requirements. This could take a while.
error: resolution-too-deep

× Dependency resolution exceeded maximum depth
╰─> Pip cannot resolve the current dependencies as the dependency graph is too complex for pip to solve efficiently.`),
    'error: resolution-too-deep',
    'pip_too_deep',
  ),
  b(
    'package_not_found',
    pip(`ERROR: Could not find a version that satisfies the requirement scikit-lern==1.5.2 (from versions: none)
ERROR: No matching distribution found for scikit-lern==1.5.2`),
    'No matching distribution found for scikit-lern',
    'package_not_found',
  ),
  b(
    'package_needs_other_python',
    pip(`ERROR: Ignored the following versions that require a different python version: 2.1.0 Requires-Python >=3.12; 2.1.1 Requires-Python >=3.12
ERROR: Could not find a version that satisfies the requirement torchx==2.1.0 (from versions: 1.0, 1.1)
ERROR: No matching distribution found for torchx==2.1.0`),
    'Ignored the following versions that require a different python version',
    'package_needs_other_python',
  ),
  b(
    'package_not_on_mirror',
    pip(`ERROR: Could not find a version that satisfies the requirement databricks-agents==1.13.0 (from versions: 0.1.0, 1.0.1, 1.2.0)
ERROR: No matching distribution found for databricks-agents==1.13.0`),
    '(from versions: 0.1.0, 1.0.1, 1.2.0)',
    'package_not_on_mirror',
  ),
  b(
    'index_unauthorized',
    pip(`Looking in indexes: https://pypi.org/simple, https://****@pkgs.example.com/simple
WARNING: 401 Error, Credentials not correct for https://pkgs.example.com/simple/our-lib/
ERROR: Could not find a version that satisfies the requirement our-lib==0.3.1 (from versions: none)
ERROR: No matching distribution found for our-lib==0.3.1`),
    '401 Error, Credentials not correct',
    'index_unauthorized',
  ),
  b(
    'hash_mismatch',
    pip(`ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, please update the hashes. Otherwise, examine the package contents carefully; someone may have tampered with them.
    requests==2.32.3 from https://files.pythonhosted.org/packages/x/requests-2.32.3-py3-none-any.whl:
        Expected sha256 70761cfe03c773ceb22aa2f671b4757976145175cdfca038c02654d061d6dcc6
             Got        55365417734eb18255590a9ff9eb97e9e1da868d4ccd6402399eaf68af20a760`),
    'DO NOT MATCH THE HASHES',
    'hash_mismatch',
  ),
  b(
    'index_unreachable, after retries',
    pip(`WARNING: Retrying (Retry(total=1, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ReadTimeoutError("HTTPSConnectionPool(host='pypi.org', port=443): Read timed out. (read timeout=15)")': /simple/mlflow/
WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ReadTimeoutError("HTTPSConnectionPool(host='pypi.org', port=443): Read timed out. (read timeout=15)")': /simple/mlflow/
ERROR: Could not find a version that satisfies the requirement mlflow==2.22.1 (from versions: none)
ERROR: No matching distribution found for mlflow==2.22.1`),
    'Retry(total=0',
    'index_unreachable',
  ),
  b(
    'index_unreachable, an index page',
    pip(`Could not fetch URL https://pypi.org/simple/mlflow/: There was a problem confirming the ssl certificate: HTTPSConnectionPool(host='pypi.org', port=443): Max retries exceeded - skipping
ERROR: No matching distribution found for mlflow==2.22.1`),
    'Could not fetch URL',
    'index_unreachable',
  ),
  b(
    'index_unreachable, name resolution',
    pip(
      `WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/mlflow/`,
    ),
    'Temporary failure in name resolution',
    'index_unreachable',
  ),
  b(
    'wheel_other_platform',
    pip('ERROR: our_lib-0.3.1-cp310-cp310-macosx_11_0_arm64.whl is not a supported wheel on this platform.'),
    'is not a supported wheel on this platform.',
    'wheel_other_platform',
  ),
  b(
    'local_package_missing',
    pip(
      "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: '/Workspace/Users/me/dist/our_lib-0.3.1-py3-none-any.whl'",
    ),
    'Could not install packages due to an OSError: [Errno 2]',
    'local_package_missing',
  ),
  b(
    'setuptools_too_new, in a build',
    pip(`  error: subprocess-exited-with-error

  × Getting requirements to build wheel did not run successfully.
  │ exit code: 1
  ╰─> [20 lines of output]
      Traceback (most recent call last):
        File "/tmp/pip-build-env-x/overlay/lib/python3.11/site-packages/setuptools/build_meta.py", line 317, in run_setup
          exec(code, locals())
        File "<string>", line 6, in <module>
      ModuleNotFoundError: No module named 'pkg_resources'
      [end of output]`),
    "ModuleNotFoundError: No module named 'pkg_resources'",
    'setuptools_too_new',
  ),
  e('setuptools_too_new', "ModuleNotFoundError: No module named 'pkg_resources'"),
  b(
    'uv_no_solution',
    uv(`  × No solution found when resolving dependencies:
  ╰─▶ Because only the following versions of langgraph are available:
          langgraph<=0.2.0
          langgraph>0.6.0
      and you require langgraph==0.5.9, we can conclude that your requirements
      are unsatisfiable.`),
    'No solution found when resolving dependencies',
    'uv_no_solution',
  ),
];

const CONDA: FailingLog[] = [
  b(
    'pip_failed_in_conda',
    steps(`${CONDA_START}\nPip subprocess error:\n\nfailed\n\nCondaEnvException: Pip failed`),
    'CondaEnvException: Pip failed',
  ),
  b(
    'conda_unsolvable',
    conda(`LibMambaUnsatisfiableError: Encountered problems while solving:
  - package scikit-learn-1.2.2-py310h41b6a48_0 requires python >=3.10,<3.11.0a0, but none of the providers can be installed

Could not solve for environment specs`),
    '  - package scikit-learn-1.2.2-py310h41b6a48_0 requires python',
    'conda_unsolvable',
  ),
  b(
    'conda_package_not_found',
    conda(`PackagesNotFoundError: The following packages are not available from current channels:

  - our-internal-lib=0.3.1

Current channels:

  - file:///package-repo/conda-channel`),
    '  - our-internal-lib=0.3.1',
    'conda_package_not_found',
  ),
  b(
    'conda_channel_refused',
    conda(`UnavailableInvalidChannel: HTTP 403 FORBIDDEN for channel our-channel <https://conda.anaconda.org/our-channel>

The channel is not accessible or is invalid.`),
    'UnavailableInvalidChannel: HTTP 403',
    'conda_channel_refused',
  ),
  b(
    'conda_unreachable',
    conda(`CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://conda.anaconda.org/conda-forge/linux-64/repodata.json>
Elapsed: -

An HTTP error occurred when trying to retrieve this URL.`),
    'CondaHTTPError: HTTP 000 CONNECTION FAILED for url',
    'conda_unreachable',
  ),
  b(
    'conda_terms',
    conda(`CondaToSNonInteractiveError: Terms of Service have not been accepted for the following channels. Please accept or remove them before proceeding:
    - https://repo.anaconda.com/pkgs/main
    - https://repo.anaconda.com/pkgs/r`),
    'Terms of Service have not been accepted for the following channels',
    'conda_terms',
  ),
];

const COMPILE: FailingLog[] = [
  b(
    'wheel_build_failed',
    pip(`  Building wheel for llama-cpp-python (pyproject.toml): started
  Building wheel for llama-cpp-python (pyproject.toml): finished with status 'error'
  ERROR: Failed building wheel for llama-cpp-python
error: failed-wheel-build-for-install

× Failed to build installable wheels for some pyproject.toml based projects
╰─> llama-cpp-python`),
    'ERROR: Failed building wheel for llama-cpp-python',
    'wheel_build_failed',
  ),
  b(
    'compiler_missing',
    pip(`      building 'annoy.annoylib' extension
      error: command 'gcc' failed: No such file or directory
  ERROR: Failed building wheel for annoy`),
    "error: command 'gcc' failed: No such file or directory",
    'compiler_missing',
  ),
  b(
    'compiler_missing, older distutils',
    pip(`    building 'hdbscan._hdbscan' extension
    unable to execute 'gcc': No such file or directory
    error: command 'gcc' failed with exit status 1`),
    "unable to execute 'gcc': No such file or directory",
    'compiler_missing',
  ),
  b(
    'compile_error',
    pip(`      src/main.c:12:10: warning: unused variable 'x' [-Wunused-variable]
      src/main.c:3:10: fatal error: libpq-fe.h: No such file or directory
      error: command '/usr/bin/gcc' failed with exit code 1
  ERROR: Failed building wheel for psycopg2`),
    "error: command '/usr/bin/gcc' failed with exit code 1",
    'compile_error',
  ),
  b(
    'cuda_toolkit_missing',
    pip(`      OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root.
  ERROR: Failed building wheel for deepspeed`),
    'CUDA_HOME environment variable is not set',
    'cuda_toolkit_missing',
  ),
  b(
    'build_needs_torch',
    pip(`  Getting requirements to build wheel: started
  Getting requirements to build wheel: finished with status 'error'
  error: subprocess-exited-with-error
  × Getting requirements to build wheel did not run successfully.
  │ exit code: 1
  ╰─> [18 lines of output]
      Traceback (most recent call last):
        File "<string>", line 22, in <module>
      ModuleNotFoundError: No module named 'torch'
      [end of output]`),
    "ModuleNotFoundError: No module named 'torch'",
    'build_needs_torch',
  ),
  b(
    'disk_full',
    pip('ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device'),
    '[Errno 28] No space left on device',
    'disk_full',
  ),
  b(
    'build_killed',
    `${steps(`${CONDA_START}\nCollecting torch==2.6.0\n  Downloading torch-2.6.0-cp311-cp311-manylinux1_x86_64.whl (766.7 MB)\nKilled`)}
#12 ERROR: process "/bin/sh -c pip install -r /model/requirements.txt" did not complete successfully: exit code: 137
ERROR: failed to solve: process "/bin/sh -c pip install -r /model/requirements.txt" did not complete successfully: exit code: 137`,
    'did not complete successfully: exit code: 137',
    'build_killed',
  ),
  b(
    'build_could_not_start',
    'Build could not start due to an internal error',
    'Build could not start',
    'build_could_not_start',
  ),
];

const MODULES: FailingLog[] = [
  s(
    'artifact_download_failed',
    load(
      `mlflow.exceptions.MlflowException: The following failures occurred while downloading one or more artifacts from dbfs:/models/x:
##### File model.pkl #####
This request is not authorized to perform this operation.`,
    ),
    'The following failures occurred while downloading one or more artifacts',
    'artifact_download_failed',
  ),
  b(
    'artifact_download_failed, in a build',
    steps(
      'Downloading artifacts\nazure.core.exceptions.HttpResponseError: This request is not authorized to perform this operation.\nErrorCode:AuthorizationFailure',
    ),
    'This request is not authorized to perform this operation',
    'artifact_download_failed',
  ),
  e('module_missing', "ModuleNotFoundError: No module named 'lightgbm'"),
  s(
    'module_missing, classified',
    stops('[mlflow_parse] builtins.ModuleNotFoundError: lightgbm, category: user_dep_missing'),
    'category: user_dep_missing',
    'module_missing',
  ),
  e('own_code_missing', "ModuleNotFoundError: No module named 'src'"),
  e('own_code_missing', "ModuleNotFoundError: No module named 'my_features.encoders'"),
  e(
    'import_name_missing',
    "ImportError: cannot import name 'ToolNode' from 'langgraph.prebuilt' (/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/langgraph/prebuilt/__init__.py)",
  ),
  e('shared_library_missing', 'ImportError: libGL.so.1: cannot open shared object file: No such file or directory'),
  e(
    'glibc_too_old',
    "ImportError: /lib/x86_64-linux-gnu/libm.so.6: version `GLIBC_2.38' not found (required by /opt/conda/lib/libfoo.so)",
  ),
  e('glibc_too_old', "OSError: /lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found"),
  e(
    'numpy_abi',
    'ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header, got 88 from PyObject',
  ),
  s(
    'numpy_abi, printed',
    stops(`A module that was compiled using NumPy 1.x cannot be run in
NumPy 2.1.0 as it may crash. To support both 1.x and 2.x
versions of NumPy, modules must be compiled with NumPy 2.0.`),
    'A module that was compiled using NumPy 1.x cannot be run in',
    'numpy_abi',
  ),
  e(
    'pickle_class_missing',
    "AttributeError: Can't get attribute 'Preprocessor' on <module '__main__' from '/opt/conda/bin/gunicorn'>",
  ),
  e(
    'sklearn_version',
    "AttributeError: Can't get attribute '_RemainderColsList' on <module 'sklearn.compose._column_transformer'>",
  ),
  e('sklearn_version', "ModuleNotFoundError: No module named 'sklearn.ensemble._gb_losses'"),
  e('pickle_python_version', 'ValueError: unsupported pickle protocol: 5'),
  s(
    'pickle_python_version, a crash',
    stops('[2026-03-01 12:00:44 +0000] [7] [ERROR] Worker (pid:115) was sent code 139!'),
    'was sent code 139!',
    'pickle_python_version',
  ),
  s(
    'mlflow_version',
    stops('Phase: mlflow_parse Error: builtins.AttributeError: module has no attribute'),
    'builtins.AttributeError',
    'mlflow_version',
  ),
  e(
    'model_files_missing',
    'mlflow.exceptions.MlflowException: Could not find an "MLmodel" configuration file at "/model"',
  ),
  e('packaged_file_missing', "FileNotFoundError: [Errno 2] No such file or directory: '/model/prompts/system.md'"),
  s(
    'load_context_failed',
    load(
      'RuntimeError: the index is not ready',
      `  File "/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/mlflow/pyfunc/model.py", line 1002, in _load_context_model_and_signature
    python_model.load_context(context=context)
  File "/model/code/agent.py", line 41, in load_context
    self.index = connect()`,
    ),
    'RuntimeError: the index is not ready',
    'load_context_failed',
  ),
  e(
    'user_code_failed',
    "mlflow.exceptions.MlflowException: Failed to run user code from /model/agent.py. Error: name 'dbutils' is not defined. Review the stack trace for more information.",
  ),
  e('stream_without_descriptor', "AttributeError: 'StreamToLogger' object has no attribute 'fileno'"),
  e('event_loop_running', 'RuntimeError: This event loop is already running'),
  e(
    'pydantic_version',
    'pydantic.errors.PydanticImportError: `BaseSettings` has been moved to the `pydantic-settings` package.',
  ),
  e('artifact_corrupt', "_pickle.UnpicklingError: invalid load key, 'v'."),
  e('artifact_corrupt', 'EOFError: Ran out of input'),
  e('artifact_corrupt', 'safetensors_rust.SafetensorError: Error while deserializing header: HeaderTooLarge'),
  e(
    'torch_weights_only',
    '_pickle.UnpicklingError: Weights only load failed. This file can still be loaded, to do so you have two options',
  ),
  e(
    'xgboost_format',
    'xgboost.core.XGBoostError: [12:00:09] /workspace/src/learner.cc:1034: The binary format has been deprecated in 1.6 and removed in 3.1, use UBJ or JSON instead.',
  ),
  e(
    'env_var_missing',
    "KeyError: 'OPENAI_API_BASE'",
    `  File "/model/code/agent.py", line 12, in <module>
    BASE = os.environ["OPENAI_API_BASE"]
  File "<frozen os>", line 679, in __getitem__`,
  ),
];

const HUBS: FailingLog[] = [
  e(
    'hub_unreachable',
    "OSError: We couldn't connect to 'https://huggingface.co' to load the files, and couldn't find them in the cached files.",
  ),
  e(
    'hub_unreachable',
    'huggingface_hub.errors.OfflineModeIsEnabled: Cannot reach https://huggingface.co/api/models/x: offline mode is enabled. To disable it, please unset the `HF_HUB_OFFLINE` environment variable.',
  ),
  e(
    'hub_gated',
    'huggingface_hub.errors.GatedRepoError: 401 Client Error. Cannot access gated repo for url https://huggingface.co/meta-llama/Llama-3.2-1B/resolve/main/config.json.',
  ),
  e('hub_xet_io', 'RuntimeError: Data processing error: CAS service error: IO Error: Illegal seek (os error 29)'),
  e(
    'hf_transfer_missing',
    "ValueError: Fast download using 'hf_transfer' is enabled (HF_HUB_ENABLE_HF_TRANSFER=1) but 'hf_transfer' package is not available in your environment.",
  ),
  e(
    'architecture_unknown',
    'ValueError: The checkpoint you are trying to load has model type `qwen3` but Transformers does not recognize this architecture.',
  ),
  e('transformers_version', "AttributeError: 'PhiForCausalLM' object has no attribute 'all_tied_weights_keys'"),
  e(
    'remote_code_refused',
    'ValueError: Loading tiiuae/falcon requires you to execute the configuration file in that repo on your local machine.',
  ),
  e(
    'gpu_missing',
    'RuntimeError: Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False.',
  ),
  e(
    'gpu_missing',
    'RuntimeError: Failed to infer device type, please set the environment variable `VLLM_LOGGING_LEVEL=DEBUG`',
  ),
  e(
    'gpu_memory',
    'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 224.00 MiB. GPU 0 has a total capacity of 21.99 GiB of which 91.38 MiB is free.',
  ),
  e('gpu_memory', 'RuntimeError: CUDA error: out of memory'),
  s(
    'kv_cache_memory, in the engine process',
    `${START}
(EngineCore_0 pid=271) ERROR 03-01 12:00:44 [core.py:700] EngineCore failed to start.
(EngineCore_0 pid=271) ERROR 03-01 12:00:44 [core.py:700] Traceback (most recent call last):
(EngineCore_0 pid=271) ERROR 03-01 12:00:44 [core.py:700]   File "/opt/conda/lib/python3.11/site-packages/vllm/v1/engine/core.py", line 691, in run_engine_core
(EngineCore_0 pid=271) ERROR 03-01 12:00:44 [core.py:700]     engine_core = EngineCoreProc(*args, **kwargs)
(EngineCore_0 pid=271) ERROR 03-01 12:00:44 [core.py:700] ValueError: The model's max seq len (131072) is larger than the maximum number of tokens that can be stored in KV cache (58240).
Traceback (most recent call last):
  File "/opt/conda/lib/python3.11/site-packages/vllm/entrypoints/openai/api_server.py", line 1901, in <module>
    uvloop.run(run_server(args))
RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}
${END}`,
    'is larger than the maximum number of tokens that can be stored in KV cache',
    'kv_cache_memory',
  ),
  e('cuda_driver_old', 'RuntimeError: The NVIDIA driver on your system is too old (found version 11040).'),
  e(
    'gpu_arch_unsupported',
    'torch.AcceleratorError: CUDA error: no kernel image is available for execution on the device',
  ),
  e(
    'gpu_dtype_unsupported',
    'ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0. Your Tesla T4 GPU has compute capability 7.5.',
  ),
  s(
    'vllm_engine_failed',
    stops('RuntimeError: Engine core initialization failed. See root cause above.'),
    'Engine core initialization failed',
  ),
  e(
    'bitsandbytes_binary',
    "RuntimeError: Attempted to use bitsandbytes native library functionality but it's not available.",
  ),
];

const AGENTS: FailingLog[] = [
  e(
    'sdk_no_credentials',
    'ValueError: default auth: cannot configure default credentials, please check https://docs.databricks.com/en/dev-tools/auth.html#databricks-client-unified-authentication to configure credentials for your preferred authentication method.',
  ),
  e(
    'sdk_auth_conflict',
    'ValueError: validate: more than one authorization method configured: oauth and pat. Config: host=https://x',
  ),
  e(
    'resources_undeclared',
    'mlflow.exceptions.MlflowException: Reading Databricks credential configuration in model serving failed with: No such file',
  ),
  s(
    'resources_undeclared, classified',
    stops('[mlflow_parse] databricks.sdk.errors.NotFound: x, category: system_cred_injection_suspected'),
    'system_cred_injection_suspected',
    'resources_undeclared',
  ),
  s(
    'user_auth_at_load',
    load(
      `RuntimeError: Unable to detect credentials for user authorization. Please ensure that the client is created in predict.`,
    ),
    'Unable to detect credentials for user authorization',
    'user_auth_at_load',
  ),
  e(
    'vector_text_column',
    "ValueError: Index 'a.b.c' has the source column configured as 'text'. Do not pass the text_column parameter.",
  ),
  e(
    'langchain_pickle_refused',
    'ValueError: The de-serialization relies loading a pickle file. Pickle files can be modified to deliver a malicious payload. You will need to set `allow_dangerous_deserialization` to `True` to enable deserialization.',
  ),
];

const SERVERS: FailingLog[] = [
  s(
    'worker_boot_failed',
    stops('[2026-03-01 12:00:44 +0000] [115] [ERROR] Exception in worker process'),
    'Worker failed to boot.',
  ),
  s(
    'worker_timeout',
    replica(`${START}
[2026-03-01 12:01:01 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:115)
[2026-03-01 12:01:02 +0000] [7] [ERROR] Worker (pid:115) was sent SIGKILL! Perhaps out of memory?
[2026-03-01 12:01:02 +0000] [131] [INFO] Booting worker with pid: 131`),
    'WORKER TIMEOUT (pid:115)',
    'worker_timeout',
  ),
  s(
    'out_of_memory',
    replica(`${START}
[2026-03-01 12:01:02 +0000] [7] [ERROR] Worker (pid:115) was sent SIGKILL! Perhaps out of memory?
[2026-03-01 12:01:02 +0000] [131] [INFO] Booting worker with pid: 131`),
    'was sent SIGKILL! Perhaps out of memory?',
    'out_of_memory',
  ),
  s('out_of_memory, the container', stops('container terminated: OOMKilled'), 'OOMKilled', 'out_of_memory'),
  s('out_of_memory, the exit code', stops('model server exited with code 137'), 'code 137', 'out_of_memory'),
  e(
    'out_of_memory',
    'numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7.45 GiB for an array with shape (1000000, 1000) and data type float64',
  ),
  s(
    'port_in_use',
    stops("[2026-03-01 12:00:44 +0000] [7] [ERROR] Connection in use: ('0.0.0.0', 8080)"),
    'Connection in use',
    'port_in_use',
  ),
  s(
    'asgi_app_missing',
    replica('INFO:     Started server process [7]\nERROR:    Error loading ASGI app. Could not import module "serve".'),
    'Error loading ASGI app.',
    'asgi_app_missing',
  ),
  s(
    'app_startup_failed',
    replica(
      'INFO:     Started server process [7]\nINFO:     Waiting for application startup.\nERROR:    Application startup failed. Exiting.',
    ),
    'Application startup failed. Exiting.',
  ),
  s(
    'probe_failing',
    stops('Readiness probe failed: HTTP probe failed with statuscode: 503'),
    'Readiness probe failed',
    'probe_failing',
  ),
];

/** The rows of known causes. */
export const FAILING: readonly FailingLog[] = [
  ...PIP,
  ...CONDA,
  ...COMPILE,
  ...MODULES,
  ...HUBS,
  ...AGENTS,
  ...SERVERS,
];

/** Failures whose words are in no table of causes, from tools that builds and servers use. */
export const UNSEEN: readonly FailingLog[] = [
  b(
    'apt does not know a package',
    steps('Reading package lists...\nBuilding dependency tree...\nE: Unable to locate package libgl1-mesa-glx2'),
    'E: Unable to locate package',
    'system_package_missing',
  ),
  b(
    'apt cannot fetch',
    steps(
      'Err:4 http://archive.ubuntu.com/ubuntu jammy/main amd64 libgomp1 amd64\n  404  Not Found [IP: 10.0.0.1 80]\nE: Failed to fetch http://archive.ubuntu.com/ubuntu/pool/main/g/gcc-12/libgomp1_12.deb  404  Not Found',
    ),
    'E: Failed to fetch',
  ),
  b(
    'git needs a login',
    pip(`  Running command git clone --filter=blob:none --quiet https://github.com/acme/private-lib.git /tmp/pip-req-build-x
  fatal: could not read Username for 'https://github.com': No such device or address
  error: subprocess-exited-with-error
  × git clone --filter=blob:none --quiet https://github.com/acme/private-lib.git did not run successfully.`),
    "fatal: could not read Username for 'https://github.com'",
    'git_failed',
  ),
  b(
    'git is not installed',
    pip(
      "  ERROR: Error [Errno 2] No such file or directory: 'git' while executing command git version\nERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?",
    ),
    "Cannot find command 'git'",
    'git_failed',
  ),
  b(
    'git-lfs has no quota',
    steps(
      'Downloading model.safetensors (2.1 GB)\nError downloading object: model.safetensors (c3f1a9e): Smudge error: Error downloading model.safetensors: batch response: This repository is over its data quota.\nerror: external filter git-lfs filter-process failed',
    ),
    'over its data quota',
    'git_failed',
  ),
  b(
    'poetry finds no solution',
    steps(`Resolving dependencies... (4.2s)

Because no versions of langchain match >0.3.0,<0.4.0
 and serving-app depends on langchain (^0.3.0), langchain is required.
So, because langchain-core (0.1.0) conflicts, version solving failed.`),
    'version solving failed',
    'poetry_no_solution',
  ),
  b(
    'uv finds no package',
    uv(`  × No solution found when resolving dependencies:
  ╰─▶ Because our-lib was not found in the package registry and you require our-lib==0.3.1, we can conclude that your requirements are unsatisfiable.`),
    'our-lib was not found in the package registry',
    'package_not_found',
  ),
  b(
    'uv cannot reach the index',
    uv(
      'error: Failed to fetch: `https://pypi.org/simple/numpy/`\n  Caused by: Request failed after 3 retries\n  Caused by: error sending request for url (https://pypi.org/simple/numpy/)\n  Caused by: dns error: failed to lookup address information: Temporary failure in name resolution',
    ),
    'Failed to fetch',
    'index_unreachable',
  ),
  b(
    'uv builds from source without torch',
    uv(`  × Failed to build \`flash-attn==2.7.4\`
  ├─▶ The build backend returned an error
  ╰─▶ Call to \`setuptools.build_meta:__legacy__.build_wheel\` failed (exit status: 1)
      [stderr]
      Getting requirements to build wheel
      ModuleNotFoundError: No module named 'torch'`),
    "ModuleNotFoundError: No module named 'torch'",
    'build_needs_torch',
  ),
  b(
    'Rust is missing',
    pip(`  error: can't find Rust compiler
  If you are using an outdated pip version, it is possible a prebuilt wheel is available for this package.
  ERROR: Failed building wheel for tokenizers`),
    "error: can't find Rust compiler",
    'compiler_missing',
  ),
  b(
    'CMake is missing',
    pip(
      '      CMake must be installed to build the following extensions: _dlib\n  ERROR: Failed building wheel for dlib',
    ),
    'CMake must be installed',
    'compiler_missing',
  ),
  b(
    'a header is missing',
    pip(
      '      src/_portaudio.c:29:10: fatal error: portaudio.h: No such file or directory\n      compilation terminated.\n  ERROR: Failed building wheel for pyaudio',
    ),
    'fatal error: portaudio.h',
    'compile_error',
  ),
  b(
    'metadata cannot be made',
    pip(
      '  error: subprocess-exited-with-error\n  × python setup.py egg_info did not run successfully.\nerror: metadata-generation-failed\n\n× Encountered error while generating package metadata.\n╰─> pyspark-client',
    ),
    'metadata-generation-failed',
    'wheel_build_failed',
  ),
  b(
    'a requirement has a wrong form',
    pip(
      "ERROR: Invalid requirement: 'numpy=>1.2': Expected end or semicolon (after name and no valid version specifier)",
    ),
    "Invalid requirement: 'numpy=>1.2'",
  ),
  b(
    'a copy does not find its file',
    `#9 [5/7] COPY artifacts/model.bin /model/\n#9 ERROR: failed to calculate checksum of ref x::y: "/artifacts/model.bin": not found\nERROR: failed to solve: failed to compute cache key: "/artifacts/model.bin": not found`,
    '"/artifacts/model.bin": not found',
  ),
  b(
    'a registry refuses the image',
    steps('failed to push image: unexpected status from POST request: 401 Unauthorized'),
    'failed to push image',
  ),
  b(
    'a conda package was damaged',
    conda(
      'CondaVerificationError: The package for numpy located at /opt/conda/pkgs/numpy-1.26.4 appears to be corrupted.',
    ),
    'CondaVerificationError',
    'conda_package_corrupt',
  ),
  b(
    'conda cannot read its file',
    conda('SpecNotFound: Invalid name, try the format: user/package'),
    'SpecNotFound',
    'conda_file_invalid',
  ),
  b(
    'tls is inspected',
    pip(
      "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1006)'))': /simple/mlflow/",
    ),
    'CERTIFICATE_VERIFY_FAILED',
    'index_unreachable',
  ),
  e(
    undefined,
    'json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)',
    '  File "/model/code/settings.py", line 8, in read\n    return json.load(file)',
  ),
  s(
    'a validation error of several lines',
    load(
      'pydantic_core._pydantic_core.ValidationError: 1 validation error for AgentConfig\nmodel_name\n  Field required [type=missing, input_value={}, input_type=dict]',
      '  File "/model/code/agent.py", line 20, in <module>\n    CONFIG = AgentConfig(**raw)',
    ),
    '  Field required [type=missing',
  ),
  e(
    undefined,
    "TypeError: Agent.__init__() missing 1 required positional argument: 'tools'",
    '  File "/model/code/agent.py", line 77, in <module>\n    AGENT = Agent()',
  ),
  e(
    'hub_not_found',
    'OSError: acme/unknown is not a local folder and is not a valid model identifier listed on https://huggingface.co/models',
  ),
  e(
    'api_key_missing',
    'openai.OpenAIError: The api_key client option must be set either by passing api_key to the client or by setting the OPENAI_API_KEY environment variable',
  ),
  e(
    'endpoint_grant_missing',
    "databricks.sdk.errors.platform.PermissionDenied: User does not have permission 'View' on endpoint embeddings",
  ),
  e(
    undefined,
    'requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://api.example.com/v1/config',
  ),
  e('gpu_missing', 'AssertionError: Torch not compiled with CUDA enabled'),
  e(
    'kv_cache_memory',
    'ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.',
  ),
  e('architecture_unknown', "ValueError: Model architectures ['Qwen9ForCausalLM'] are not supported for now."),
  e(
    undefined,
    'onnxruntime.capi.onnxruntime_pybind11_state.InvalidGraph: [ONNXRuntimeError] : 10 : INVALID_GRAPH : Load model from /model/model.onnx failed',
  ),
  e(undefined, 'lightgbm.basic.LightGBMError: Unknown model format or submodel type in model file /model/model.lgb'),
  s(
    'a native crash',
    stops('Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f (most recent call first):'),
    'Fatal Python error: Segmentation fault',
  ),
  s(
    'a symbol is missing',
    load(
      'ImportError: /opt/conda/lib/python3.11/site-packages/flash_attn_2_cuda.cpython-311-x86_64-linux-gnu.so: undefined symbol: _ZN3c104cuda9SetDeviceEi',
    ),
    'undefined symbol',
    'import_name_missing',
  ),
  s(
    'gunicorn cannot import the app',
    stops(
      "[2026-03-01 12:00:44 +0000] [115] [ERROR] Exception in worker process\nTraceback (most recent call last):\n  File \"/opt/conda/lib/python3.11/site-packages/gunicorn/arbiter.py\", line 609, in spawn_worker\n    worker.init_process()\ngunicorn.errors.AppImportError: Failed to find attribute 'app' in 'serve'.",
    ),
    'AppImportError',
    'asgi_app_missing',
  ),
  s(
    'an old gunicorn says that a worker was killed',
    replica(`${START}\n[2026-03-01 12:01:02 +0000] [7] [WARNING] Worker with pid 115 was terminated due to signal 9`),
    'was terminated due to signal 9',
    'out_of_memory',
  ),
  s(
    'a server without prefixes',
    'Loading checkpoint shards:  50%|█████     | 1/2 [00:10<00:10]\nKilled',
    'Killed',
    'out_of_memory',
  ),
  s(
    'a thread dies',
    stops(
      'Exception in thread Thread-3 (warm_up):\nTraceback (most recent call last):\n  File "/opt/conda/lib/python3.11/threading.py", line 1045, in _bootstrap_inner\n    self.run()\n  File "/model/code/warm.py", line 5, in warm_up\n    raise StopAsyncIteration\nStopAsyncIteration',
    ),
    'StopAsyncIteration',
  ),
  s(
    'java is missing',
    load(
      'pyspark.errors.exceptions.base.PySparkRuntimeError: [JAVA_GATEWAY_EXITED] Java gateway process exited before sending its port number.',
    ),
    'JAVA_GATEWAY_EXITED',
    'system_program_missing',
  ),
];

/** The container runs and answers. */
const RUNNING = `127.0.0.1 - - [01/Mar/2026:12:02:00 +0000] "GET /ping HTTP/1.1" 200 1 "-" "kube-probe/1.29"
127.0.0.1 - - [01/Mar/2026:12:02:09 +0000] "POST /invocations HTTP/1.1" 200 48 "-" "-"`;

const up = (lines: string) => replica(`${START}\n${lines}\n${RUNNING}`);

const built = (lines: string) =>
  `${steps(`${CONDA_START}
Pip subprocess output:
Collecting mlflow==2.22.1
  Downloading mlflow-2.22.1-py3-none-any.whl (29.0 MB)
Collecting jaraco.errors==1.0
${lines}
Installing collected packages: exceptiongroup, jaraco.errors, error-stack, mlflow
Successfully installed exceptiongroup-1.2.2 jaraco.errors-1.0 mlflow-2.22.1
done
Conda environment created successfully on attempt 1.`)}`;

const h = (what: string, text: string, log: HealthyLog['log'] = 'service'): HealthyLog => ({ what, log, text });

/** Logs of builds that worked and of servers that answer, with words that look like a failure. */
export const HEALTHY: readonly HealthyLog[] = [
  h('a plain build', built(''), 'build'),
  h(
    "pip's resolver at the end",
    built(`ERROR: pip's dependency resolver does not currently take into account all the packages that are installed. This behaviour is the source of the following dependency conflicts.
databricks-sdk 0.40 requires protobuf<5, but you have protobuf 5.29 which is incompatible.
langchain 0.1 requires numpy<2, but you have numpy 2.1 which is incompatible.`),
    'build',
  ),
  h(
    'the same after the installation',
    `${built('')}\n${steps(
      `ERROR: pip's dependency resolver does not currently take into account all the packages that are installed. This behaviour is the source of the following dependency conflicts.
databricks-sdk 0.40 requires protobuf<5, but you have protobuf 5.29 which is incompatible.`,
      13,
    )}`,
    'build',
  ),
  h(
    'backtracking',
    built(
      'INFO: pip is looking at multiple versions of boto3 to determine which version is compatible with other requirements. This could take a while.',
    ),
    'build',
  ),
  h(
    'a retry that works',
    built(
      `WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ReadTimeoutError("HTTPSConnectionPool(host='pypi.org', port=443): Read timed out. (read timeout=15)")': /simple/mlflow/`,
    ),
    'build',
  ),
  h(
    'a 401 from one of two indexes',
    built('WARNING: 401 Error, Credentials not correct for https://pkgs.example.com/simple/mlflow/'),
    'build',
  ),
  h(
    'an index that was skipped',
    built('Could not fetch URL https://pkgs.example.com/simple/mlflow/: 404 Client Error - skipping'),
    'build',
  ),
  h(
    'a wheel that failed, then setup.py',
    built(
      "  ERROR: Failed building wheel for annoy\n  Running setup.py clean for annoy\nFailed to build annoy\n    Running setup.py install for annoy: finished with status 'done'",
    ),
    'build',
  ),
  h(
    'conda solves again',
    built('Solving environment: failed with initial frozen solve. Retrying with flexible solve.'),
    'build',
  ),
  h(
    'hashes of wheels',
    built(
      '  Created wheel for error-stack: filename=error_stack-0.1-py3-none-any.whl size=8123 sha256=70761cfe03c773ceb22aa2f671b4757976145175cdfca038c02654d061d6dcc6',
    ),
    'build',
  ),
  h(
    'compiler warnings',
    built("      src/main.c:12:10: warning: unused variable 'error' [-Wunused-variable]"),
    'build',
  ),
  h(
    'options with such words',
    `#5 [4/7] RUN pip install --timeout 60 --retries 5 error-lib || echo "ERROR: failed"\n${built('')}`,
    'build',
  ),
  h(
    'an attempt that failed, then one that worked',
    `${pip('ERROR: Could not install packages due to an OSError: HTTPSConnectionPool: Read timed out.')}\nContainer image creation initiated\n${built('')}`,
    'build',
  ),
  h(
    'deprecations',
    built(
      'DEPRECATION: error-lib is being installed using the legacy setup.py install method, because it does not have a pyproject.toml. pip 25.3 will enforce this behaviour change.',
    ),
    'build',
  ),
  h(
    'uv installs',
    `${uv('').split('\n#8 ERROR')[0]}\n${steps('Resolved 120 packages in 1.20s\nPrepared 120 packages in 4.1s\nwarning: Failed to hardlink files; falling back to full copy. This may lead to degraded performance.\nInstalled 120 packages in 310ms\n + exceptiongroup==1.2.2\n + errorlib==0.1', 8)}`,
    'build',
  ),
  h(
    'an image is exported',
    '#14 exporting to image\n#14 exporting layers 24.9s done\n#14 naming to docker.io/library/errors:latest done\n#14 DONE 25.1s',
    'build',
  ),
  h(
    'apt has warnings',
    steps(
      'Reading package lists...\nW: Some index files failed to download. They have been ignored, or old ones used instead.\ndebconf: delaying package configuration, since apt-utils is not installed\nSetting up libgpg-error0:amd64 (1.43-3) ...',
    ),
    'build',
  ),
  h(
    'root warns',
    `${built('')}\n${steps("WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the system package manager.", 13)}`,
    'build',
  ),
  h('requests with 200', up('')),
  h(
    'mismatched dependencies',
    up(`2026/03/01 12:00:09 WARNING mlflow.pyfunc: Detected one or more mismatches between the model's dependencies and the current Python environment:
 - mlflow (current: 2.22.1, required: mlflow==2.22.0)
 - errorlib (current: uninstalled, required: errorlib==1.0)`),
  ),
  h(
    'an estimator of another version',
    up(
      '/opt/conda/lib/python3.11/site-packages/sklearn/base.py:380: InconsistentVersionWarning: Trying to unpickle estimator LogisticRegression from version 1.3.0 when using version 1.5.2. This might lead to breaking code or invalid results.\n  warnings.warn(',
    ),
  ),
  h(
    'no GPU on a CPU endpoint',
    up(
      '/opt/conda/lib/python3.11/site-packages/torch/cuda/__init__.py:129: UserWarning: CUDA initialization: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU.\n  return torch._C._cuda_getDeviceCount() > 0',
    ),
  ),
  h(
    'an old driver on a CPU endpoint',
    up(
      '/opt/conda/lib/python3.11/site-packages/torch/cuda/__init__.py:129: UserWarning: The NVIDIA driver on your system is too old (found version 11040).',
    ),
  ),
  h(
    'TensorFlow on CPU',
    up(`2026-03-01 12:00:05.123456: W tensorflow/stream_executor/platform/default/dso_loader.cc:64] Could not load dynamic library 'libcudart.so.11.0'; dlerror: libcudart.so.11.0: cannot open shared object file: No such file or directory
2026-03-01 12:00:05.223456: I tensorflow/stream_executor/cuda/cudart_stub.cc:29] Ignore above cudart dlerror if you do not have a GPU set up on your machine.
2026-03-01 12:00:05.323456: E tensorflow/compiler/xla/stream_executor/cuda/cuda_dnn.cc:9342] Unable to register cuDNN factory: Attempting to register factory for plugin cuDNN when one has already been registered
2026-03-01 12:00:05.423456: E external/local_xla/xla/stream_executor/cuda/cuda_driver.cc:152] failed call to cuInit: INTERNAL: CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)`),
  ),
  h(
    'an optional module',
    up(`WARNING:xformers:A matching Triton is not available, some optimizations will not be enabled
Traceback (most recent call last):
  File "/opt/conda/lib/python3.11/site-packages/xformers/__init__.py", line 57, in _is_triton_available
    import triton  # noqa
ModuleNotFoundError: No module named 'triton'`),
  ),
  h(
    'an exception that the model handles',
    up(`Traceback (most recent call last):
  File "/model/code/agent.py", line 9, in read
    return open("/model/cache.json")
FileNotFoundError: [Errno 2] No such file or directory: '/model/cache.json'
2026-03-01 12:00:09,120 - agent - INFO - no cache yet`),
  ),
  h(
    'a caught missing file',
    up("2026-03-01 12:00:09,120 - agent - WARNING - [Errno 2] No such file or directory: '/model/cache.json'"),
  ),
  h(
    'NumPy prints, and goes on',
    up(`A module that was compiled using NumPy 1.x cannot be run in
NumPy 2.1.0 as it may crash. To support both 1.x and 2.x
Traceback (most recent call last):  File "<string>", line 1, in <module>
  File "/opt/conda/lib/python3.11/site-packages/bottleneck/__init__.py", line 7, in <module>
    from .move import move_mean
AttributeError: _ARRAY_API not found`),
  ),
  h(
    'NumPy warns',
    up(
      '<frozen importlib._bootstrap>:241: RuntimeWarning: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header, got 88 from PyObject',
    ),
  ),
  h(
    'xgboost warns',
    up(
      '[12:00:05] WARNING: /workspace/src/collective/../data/../common/error_msg.h:80: If you are loading a serialized model (like pickle in Python) generated by an older version of XGBoost, please export the model by calling save_model.',
    ),
  ),
  h(
    'torch warns about weights',
    up(
      '/model/code/net.py:12: FutureWarning: You are using `torch.load` with `weights_only=False` (the current default value), which uses the default pickle module implicitly.',
    ),
  ),
  h(
    'pydantic warns',
    up(
      '/opt/conda/lib/python3.11/site-packages/pydantic/_internal/_config.py:291: PydanticDeprecatedSince20: Support for class-based `config` is deprecated, use ConfigDict instead.',
    ),
  ),
  h(
    'transformers notes',
    up(
      'A new version of the following files was downloaded from https://huggingface.co/acme/x:\n- modeling_x.py\n. Make sure to double-check they do not contain any added malicious code. To avoid downloading new versions of the code file, you can pin a revision.\nSetting `pad_token_id` to `eos_token_id`:2 for open-end generation.',
    ),
  ),
  h(
    'a hub request that was repeated',
    up(
      "'(ReadTimeoutError(\"HTTPSConnectionPool(host='huggingface.co', port=443): Read timed out. (read timeout=10)\"), '(Request ID: 1)')' thrown while requesting HEAD https://huggingface.co/acme/x/resolve/main/config.json\nRetrying in 1s [Retry 1/5].",
    ),
  ),
  h(
    'an expired credential',
    up(
      '2026/03/01 12:00:09 INFO mlflow.store.artifact: Credential expired; renewing the credential and retrying the request (401 Client Error: Unauthorized for url)',
    ),
  ),
  h('lineage without rights', up("PERMISSION_DENIED: User does not have USE SCHEMA on Schema 'system.access'.")),
  h(
    'agents without an environment',
    up('WARNING:databricks_ai_bridge:Unable to get auth from Databricks Model Serving Environment'),
  ),
  h(
    'an echoed config',
    up(
      "config: {'allow_dangerous_deserialization': True, 'api_key': '{{secrets/ml/key}}', 'timeout': 60, 'on_error': 'retry', 'errors': 0}",
    ),
  ),
  h(
    'a scale-down',
    `${up('')}\n${replica('[2026-03-01 12:30:00 +0000] [7] [INFO] Handling signal: term\n[2026-03-01 12:30:00 +0000] [115] [INFO] Worker exiting (pid: 115)\n[2026-03-01 12:30:00 +0000] [7] [ERROR] Worker (pid:115) was sent SIGTERM!\n[2026-03-01 12:30:01 +0000] [7] [INFO] Shutting down: Master')}`,
  ),
  h(
    'one slow request',
    `${up('')}\n${replica(`[2026-03-01 12:05:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:115)\n[2026-03-01 12:05:01 +0000] [7] [ERROR] Worker (pid:115) was sent SIGKILL! Perhaps out of memory?\n[2026-03-01 12:05:01 +0000] [131] [INFO] Booting worker with pid: 131\n${RUNNING}`)}`,
  ),
  h(
    'readiness before the start',
    replica(`Readiness probe failed: HTTP probe failed with statuscode: 503\n${START}\n${RUNNING}`),
  ),
  h(
    'uvicorn',
    replica(
      `INFO:     Started server process [7]\nINFO:     Waiting for application startup.\nINFO:     Application startup complete.\nINFO:     Uvicorn running on http://0.0.0.0:8080 (Press CTRL+C to quit)\nINFO:     10.0.0.9:40112 - "POST /invocations HTTP/1.1" 200 OK`,
    ),
  ),
  h(
    'vllm',
    `INFO 03-01 12:00:09 [__init__.py:239] Automatically detected platform cuda.
WARNING 03-01 12:00:12 [config.py:3001] Casting torch.bfloat16 to torch.float16.
(EngineCore_0 pid=271) INFO 03-01 12:00:44 [gpu_model_runner.py:1875] Model loading took 14.9 GiB and 9.8 seconds
INFO 03-01 12:01:10 [loggers.py:122] Engine 000: Avg prompt throughput: 12.3 tokens/s, Running: 1 reqs, Waiting: 0 reqs, errors: 0
INFO:     10.0.0.9:40112 - "POST /v1/chat/completions HTTP/1.1" 200 OK`,
  ),
  h(
    'json logs',
    up(
      '{"ts":"2026-03-01T12:00:09Z","level":"info","message":"request done","error":null,"failed":0}\n{"ts":"2026-03-01T12:00:10Z","level":"warning","message":"slow upstream: timed out once, retrying"}',
    ),
  ),
  h(
    'errors of other things',
    up(
      '2026-03-01 12:00:09,120 - metrics - INFO - rmse_error=0.12 error_rate=0.0 failed_rows=0 timeout=30\nroot mean squared error: 0.12\nregistered error handlers: ValueError, TimeoutError',
    ),
  ),
  h(
    'gunicorn restarts workers',
    up(
      '[2026-03-01 12:00:44 +0000] [115] [INFO] Autorestarting worker after current request.\n[2026-03-01 12:00:45 +0000] [115] [INFO] Worker exiting (pid: 115)\n[2026-03-01 12:00:45 +0000] [131] [INFO] Booting worker with pid: 131',
    ),
  ),
  h('one replica that is new', `${replica(`${START}\n${RUNNING}`, '94cbbdpbb8')}\n${replica(START, 'xk2pd7mnq4')}`),
  h(
    'an exception that Python ignores',
    replica(
      `${START}\nException ignored in: <function Pool.__del__ at 0x7f>\nTraceback (most recent call last):\n  File "/opt/conda/lib/python3.11/multiprocessing/pool.py", line 271, in __del__\n    self._change_notifier.put(None)\nAttributeError: 'NoneType' object has no attribute 'dumps'`,
    ),
  ),
  h(
    'a cancelled server',
    replica(
      `INFO:     Shutting down\nINFO:     Finished server process [7]\nERROR:    Traceback (most recent call last):\n  File "/opt/conda/lib/python3.11/site-packages/starlette/routing.py", line 700, in lifespan\n    await receive()\nasyncio.exceptions.CancelledError`,
    ),
  ),
  h(
    'no git',
    replica(
      `${START}\nfatal: not a git repository (or any of the parent directories): .git\n2026/03/01 12:00:09 WARNING mlflow.utils.git_utils: Failed to import Git (the Git executable is probably not on your PATH), so Git SHA is not available. Error: Failed to initialize: Bad git executable.`,
    ),
  ),
  h(
    'LightGBM and JAX',
    replica(
      `${START}\n[LightGBM] [Warning] Unknown parameter: error_metric\n[LightGBM] [Info] Finished loading model, total used 100 iterations\nAn NVIDIA GPU may be present on this machine, but a CUDA-enabled jaxlib is not installed. Falling back to cpu.`,
    ),
  ),
  h(
    'vllm without one of its parts',
    `INFO 03-01 12:00:08 [__init__.py:239] Automatically detected platform cuda.
WARNING 03-01 12:00:09 [_custom_ops.py:20] Failed to import from vllm._C with ModuleNotFoundError("No module named 'vllm._C'")`,
  ),
  h(
    'an optional part without a level',
    replica(
      `${START}\nA matching Triton is not available, some optimizations will not be enabled.\nError caught was: No module named 'triton'`,
    ),
  ),
  h(
    'transformers talks',
    replica(
      `${START}\nSome weights of BertForSequenceClassification were not initialized from the model checkpoint at /model and are newly initialized: ['classifier.bias']\nToken indices sequence length is longer than the specified maximum sequence length for this model (600 > 512). Running this sequence through the model will result in indexing errors\nThe installed version of bitsandbytes was compiled without GPU support.`,
    ),
  ),
  h('glog warns', up('W0301 12:00:00.123456 139 model.cc:55] Failed to read the cache: not found')),
  h(
    'debug lines',
    up(
      'DEBUG:urllib3.connectionpool:https://adb.example.com:443 "GET /api/2.0/x HTTP/1.1" 404 None\nDEBUG:agent:got ValueError: bad date; using today',
    ),
  ),
  h(
    'packages of the system',
    steps(
      `debconf: unable to initialize frontend: Dialog\ndebconf: falling back to frontend: Readline\ninvoke-rc.d: policy-rc.d denied execution of start.\nProcessing triggers for libc-bin (2.35-0ubuntu3) ...`,
    ),
    'build',
  ),
  h(
    'libmamba warns',
    built('warning  libmamba Cache file "/opt/conda/pkgs/cache/x.json" was modified by another program'),
    'build',
  ),
  h(
    'an optional part that does not build',
    built(
      `  error: subprocess-exited-with-error\n  × Building wheel for uvloop (pyproject.toml) did not run successfully.\n  note: This error originates from a subprocess, and is likely not a problem with pip.\nWARNING: Discarding https://files.pythonhosted.org/x.tar.gz. Command errored out with exit status 1.`,
    ),
    'build',
  ),
  h('a build that has only begun', steps(CONDA_START), 'build'),
  h('nothing', ''),
];

/** Words of a cause in a place where they prove another one, or none. */
export const UNPROVEN: readonly FailingLog[] = [
  b(
    'a wrong version next to versions for other Pythons',
    pip(`ERROR: Ignored the following versions that require a different python version: 1.21.2 Requires-Python >=3.7,<3.11
ERROR: Could not find a version that satisfies the requirement numpy==99.0 (from versions: 1.26.4, 2.0.0)
ERROR: No matching distribution found for numpy==99.0`),
    'No matching distribution found for numpy==99.0',
    'package_not_on_mirror',
  ),
  b(
    'a 401 of one index, then a conflict',
    pip(`WARNING: 401 Error, Credentials not correct for https://pkgs.example.com/simple/mlflow/
ERROR: Cannot install a==1 and b==2 because these package versions have conflicting dependencies.`),
    'conflicting dependencies',
    'pip_conflict',
  ),
  b(
    'one of two wheels',
    pip(`  Building wheel for annoy (setup.py): finished with status 'done'
  error: command 'gcc' failed: No such file or directory
  ERROR: Failed building wheel for hdbscan
Successfully built annoy
Failed to build hdbscan
error: failed-wheel-build-for-install`),
    "command 'gcc' failed: No such file",
    'compiler_missing',
  ),
  b(
    'memory of the installer',
    pip(
      'ERROR: Exception:\nTraceback (most recent call last):\n  File "/opt/lib/python3.11/site-packages/pip/cli.py", line 4, in run\n    run()\nMemoryError',
    ),
    'MemoryError',
    'build_killed',
  ),
  b('a broken wheel', pip('zipfile.BadZipFile: File is not a zip file'), 'File is not a zip file'),
  e(
    undefined,
    "KeyError: 'AGE'",
    '  File "/opt/conda/lib/python3.11/site-packages/pandas/core/indexes/base.py", line 3812, in get_loc\n    raise KeyError(key) from err',
  ),
  e(
    'dependency_unreachable',
    "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.example.com', port=443): Max retries exceeded with url: /x",
  ),
  s(
    'an early hint, and another exception at the end',
    load('RuntimeError: the tenant is unknown').replace(
      'An error occurred',
      "[hc4q8] No module named 'optional_accelerator'\n[hc4q8] An error occurred",
    ),
    'RuntimeError: the tenant is unknown',
  ),
];
