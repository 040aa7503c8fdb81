/** Texts of many tools and libraries in the wordings that they really have. Where two findings are as good, their codes are separated by |. */

/** Lines of a build that fails. */
export const BUILD: readonly (readonly [codes: string, text: string])[] = [
  [
    'pip_conflict',
    "ERROR: Cannot install -r /model/requirements.txt (line 4) and numpy==2.1.3 because these package versions have conflicting dependencies.\n\nThe conflict is caused by:\n    The user requested numpy==2.1.3\n    scikit-learn 1.3.2 depends on numpy<2.0 and >=1.17.3\n\nTo fix this you could try to:\n1. loosen the range of package versions you've specified\n2. remove package versions to allow pip to attempt to solve the dependency conflict",
  ],
  [
    'pip_conflict',
    'INFO: pip is looking at multiple versions of langchain-core to determine which version is compatible with other requirements. This could take a while.\nThe conflict is caused by:\n    langchain 0.2.16 depends on langchain-core<0.3.0 and >=0.2.38\n    langchain-openai 0.2.0 depends on langchain-core<0.4 and >=0.3\n\nERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/#dealing-with-dependency-conflicts',
  ],
  [
    'package_not_found',
    'ERROR: Could not find a version that satisfies the requirement our-feature-lib==0.4.1 (from versions: none)\nERROR: No matching distribution found for our-feature-lib==0.4.1',
  ],
  [
    'package_not_on_mirror',
    'ERROR: Could not find a version that satisfies the requirement torch==2.9.0+cu128 (from versions: 2.2.0, 2.2.1, 2.2.2, 2.3.0, 2.3.1, 2.4.0)\nERROR: No matching distribution found for torch==2.9.0+cu128',
  ],
  [
    'package_needs_other_python',
    'ERROR: Ignored the following versions that require a different python version: 1.21.2 Requires-Python >=3.7,<3.11; 1.21.3 Requires-Python >=3.7,<3.11\nERROR: Could not find a version that satisfies the requirement numpy==1.21.2 (from versions: 1.26.0, 1.26.4, 2.0.0)\nERROR: No matching distribution found for numpy==1.21.2',
  ],
  ['package_needs_other_python', "ERROR: Package 'contourpy' requires a different Python: 3.9.19 not in '>=3.10'"],
  [
    'package_needs_other_python',
    '  × No solution found when resolving dependencies:\n  ╰─▶ Because the requested Python version (>=3.12) does not satisfy Python>=3.8,<3.12 and tensorflow==2.13.0 depends on Python>=3.8,<3.12, we can conclude that tensorflow==2.13.0 cannot be used.',
  ],
  [
    'wheel_other_platform',
    'ERROR: lightgbm-4.3.0-py3-none-macosx_12_0_arm64.whl is not a supported wheel on this platform.',
  ],
  [
    'wheel_other_platform',
    'ERROR: ours_scoring-1.4.0-cp39-cp39-linux_x86_64.whl is not a supported wheel on this platform.',
  ],
  [
    'wheel_other_platform',
    'error: Failed to determine installation plan\n  Caused by: A path dependency is incompatible with the current platform: code/ours-1.0-cp310-cp310-manylinux_2_17_x86_64.whl',
  ],
  [
    'wheel_other_platform|package_needs_other_python',
    "hint: You're using CPython 3.12 (`cp312`), but `jaxlib` (v0.4.10) only has wheels with the following Python ABI tags: `cp38`, `cp39`, `cp310`, `cp311`",
  ],
  [
    'wheel_other_platform|package_not_found|package_needs_other_python',
    '  × No solution found when resolving dependencies:\n  ╰─▶ Because triton==2.0.0 has no wheels with a matching Python ABI tag (e.g., `cp312`) and you require triton==2.0.0, we can conclude that your requirements are unsatisfiable.',
  ],
  [
    'index_unauthorized',
    'Looking in indexes: https://****@ours.jfrog.io/artifactory/api/pypi/py/simple\nERROR: HTTP error 403 while getting https://ours.jfrog.io/artifactory/api/pypi/py/ours-1.0.whl\nERROR: Could not install requirement ours==1.0 because of HTTP error 403 Client Error: Forbidden for url: https://ours.jfrog.io/artifactory/api/pypi/py/ours-1.0.whl',
  ],
  [
    'index_unauthorized',
    'User for pkgs.dev.azure.com: \nERROR: Exception:\nTraceback (most recent call last):\n  File "/opt/conda/envs/mlflow-env/lib/python3.10/site-packages/pip/_internal/cli/base_command.py", line 180, in exc_logging_wrapper\n    status = run_func(*args)\n  File "/opt/conda/envs/mlflow-env/lib/python3.10/site-packages/pip/_internal/network/auth.py", line 403, in _prompt_for_password\n    username = ask_input(f"User for {netloc}: ") if self.prompting else None\nEOFError: EOF when reading a line',
  ],
  ['index_unauthorized', 'ERROR: 403 Client Error: Forbidden for url: https://maven.ours.example.com/simple/ours/'],
  [
    'index_unauthorized',
    'HTTPError: 401 Client Error: Unauthorized for url: https://ours.pkg.dev/py/simple/ours/\n\nERROR: Could not find a version that satisfies the requirement ours (from versions: none)\nERROR: No matching distribution found for ours',
  ],
  [
    'index_unauthorized',
    'error: Request failed after 3 retries\n  Caused by: Failed to fetch: `https://nexus.ours.example.com/repository/pypi/simple/ours/`\n  Caused by: HTTP status client error (401 Unauthorized) for url (https://nexus.ours.example.com/repository/pypi/simple/ours/)',
  ],
  [
    'index_unauthorized|git_failed',
    "  Running command git clone --filter=blob:none --quiet https://github.com/ours/features.git /tmp/pip-req-build-x1\n  fatal: could not read Username for 'https://github.com': No such device or address\n  error: subprocess-exited-with-error\n  × git clone --filter=blob:none --quiet https://github.com/ours/features.git /tmp/pip-req-build-x1 did not run successfully.\n  │ exit code: 128",
  ],
  [
    'git_failed',
    "ERROR: Error [Errno 2] No such file or directory: 'git' while executing command git version\nERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?",
  ],
  [
    'git_failed|index_unauthorized',
    "  remote: Support for password authentication was removed on August 13, 2021.\n  fatal: Authentication failed for 'https://github.com/ours/features.git/'",
  ],
  [
    'hash_mismatch',
    'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, please update the hashes. Otherwise, examine the package contents carefully; someone may have tampered with them.\n    pyyaml==6.0.1 from https://files.pythonhosted.org/packages/a.whl:\n        Expected sha256 bfdf460b1736c775f2ba9f6a92bca30bc2095067b8a9d77876d1fad6cc3b4a43\n             Got        0d3304d8c0adc42be59c5f8a4d9e3d7379e6955ad754aa9d6ab7a398b59dd1df',
  ],
  [
    'hash_mismatch',
    'ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==. These do not:\n    setuptools from https://files.pythonhosted.org/a (from ours==1)',
  ],
  [
    'hash_mismatch',
    'error: Failed to download `ours==1.2`\n  Caused by: Hash mismatch for `ours==1.2`\n\nExpected:\n  sha256:aaaa\n\nComputed:\n  sha256:bbbb',
  ],
  [
    'hash_mismatch|conda_failed|conda_package_corrupt',
    "ChecksumMismatchError: Conda detected a mismatch between the expected content and downloaded content\nfor url 'https://conda.anaconda.org/conda-forge/linux-64/mkl-2023.2.0-h84fe81f_50496.conda'.\n  download saved to: /opt/conda/pkgs/mkl.conda\n  expected sha256: aa\n  actual sha256: bb",
  ],
  [
    'index_unreachable',
    "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/mlflow/\nERROR: Could not find a version that satisfies the requirement mlflow==2.14.1 (from versions: none)\nERROR: No matching distribution found for mlflow==2.14.1",
  ],
  [
    'index_unreachable',
    "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='files.pythonhosted.org', port=443): Read timed out.",
  ],
  [
    'index_unreachable',
    'error: Failed to fetch: `https://pypi.org/simple/mlflow/`\n  Caused by: Request failed after 3 retries\n  Caused by: error sending request for url (https://pypi.org/simple/mlflow/)\n  Caused by: client error (Connect)\n  Caused by: dns error: failed to lookup address information: Temporary failure in name resolution',
  ],
  [
    'index_unreachable',
    "Could not fetch URL https://pypi.ours.example.com/simple/ours/: There was a problem confirming the ssl certificate: HTTPSConnectionPool(host='pypi.ours.example.com', port=443): Max retries exceeded with url: /simple/ours/ (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1006)'))) - skipping\nERROR: Could not find a version that satisfies the requirement ours (from versions: none)\nERROR: No matching distribution found for ours",
  ],
  [
    'index_unreachable',
    "ERROR: Could not install packages due to an OSError: HTTPSConnectionPool(host='pypi.org', port=443): Max retries exceeded with url: /simple/pip/ (Caused by ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication Required')))",
  ],
  [
    'index_unreachable',
    'ERROR: HTTP error 502 while getting https://pypi.ours.example.com/packages/ours-1.0.tar.gz\nERROR: 502 Server Error: Bad Gateway for url: https://pypi.ours.example.com/packages/ours-1.0.tar.gz',
  ],
  [
    'local_package_missing',
    "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'requirements-extra.txt'",
  ],
  [
    'local_package_missing',
    "WARNING: Requirement '/Workspace/Users/eve/dist/ours-0.1-py3-none-any.whl' looks like a filename, but the file does not exist\nERROR: ours-0.1-py3-none-any.whl is not a valid wheel filename.",
  ],
  [
    'local_package_missing',
    "Processing /dbfs/FileStore/wheels/ours-0.1.0-py3-none-any.whl\nERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: '/dbfs/FileStore/wheels/ours-0.1.0-py3-none-any.whl'",
  ],
  [
    'local_package_missing',
    "ERROR: Invalid requirement: 'ours @ file:///Volumes/ml/prod/libs/ours-1.0-py3-none-any.whl': Expected package name\nERROR: /Volumes/ml/prod/libs/ours-1.0-py3-none-any.whl is not a valid editable requirement. It should either be a path to a local project or a VCS URL",
  ],
  [
    'local_package_missing',
    'error: Distribution not found at: file:///databricks/driver/dist/ours-1.0-py3-none-any.whl',
  ],
  [
    'wheel_build_failed|compiler_missing',
    "Building wheels for collected packages: pystan\n  error: subprocess-exited-with-error\n  × Building wheel for pystan (pyproject.toml) did not run successfully.\n  │ exit code: 1\n      error: command 'g++' failed: No such file or directory\nERROR: Failed to build installable wheels for some pyproject.toml based projects (pystan)",
  ],
  [
    'wheel_build_failed|compile_error',
    "  error: subprocess-exited-with-error\n  × python setup.py bdist_wheel did not run successfully.\n      In file included from hnswlib.cpp:1:\n      fatal error: Python.h: No such file or directory\n          1 | #include <Python.h>\n      compilation terminated.\n      error: command '/usr/bin/x86_64-linux-gnu-gcc' failed with exit code 1\n  ERROR: Failed building wheel for hnswlib",
  ],
  [
    'wheel_build_failed|system_package_missing|compile_error',
    '      Error: pg_config executable not found.\n      pg_config is required to build psycopg2 from source.  Please add the directory\n      containing pg_config to the $PATH or specify the full executable path\nerror: metadata-generation-failed\n× Encountered error while generating package metadata.',
  ],
  [
    'wheel_build_failed|compiler_missing|system_package_missing',
    "      error: can't find Rust compiler\n      If you are using an outdated pip version, it is possible a prebuilt wheel is available for this package but pip is not able to install from it.\n  ERROR: Failed building wheel for tokenizers\nERROR: Could not build wheels for tokenizers, which is required to install pyproject.toml-based projects",
  ],
  [
    'wheel_build_failed|compiler_missing|system_package_missing',
    '      -- Configuring incomplete, errors occurred!\n      CMake Error at CMakeLists.txt:4 (project):\n        No CMAKE_CXX_COMPILER could be found.\n  ERROR: Failed building wheel for llama-cpp-python',
  ],
  [
    'setuptools_too_new|wheel_build_failed|package_needs_other_python',
    "  × Getting requirements to build wheel did not run successfully.\n      AttributeError: module 'pkgutil' has no attribute 'ImpImporter'. Did you mean: 'zipimporter'?\nERROR: Failed to build 'numpy' when getting requirements to build wheel",
  ],
  [
    'setuptools_too_new|package_needs_other_python',
    "  × Getting requirements to build wheel did not run successfully.\n  │ exit code: 1\n      ModuleNotFoundError: No module named 'distutils'\nerror: subprocess-exited-with-error",
  ],
  [
    'setuptools_too_new|wheel_build_failed',
    "      error in gym setup command: 'extras_require' must be a dictionary whose values are strings or lists of strings containing valid project/version requirement specifiers.\nerror: metadata-generation-failed",
  ],
  [
    'build_needs_package|build_needs_torch',
    '  × Getting requirements to build wheel did not run successfully.\n      File "<string>", line 5, in <module>\n      ModuleNotFoundError: No module named \'numpy\'\n      [end of output]\nerror: subprocess-exited-with-error',
  ],
  [
    'build_needs_package',
    "  × Preparing metadata (setup.py) did not run successfully.\n      ModuleNotFoundError: No module named 'Cython'",
  ],
  [
    'build_needs_torch',
    "  × Failed to build `flash-attn==2.5.8`\n  ├─▶ The build backend returned an error\n  ╰─▶ Call to `setuptools.build_meta:__legacy__.build_wheel` failed (exit status: 1)\n      ModuleNotFoundError: No module named 'torch'\n      hint: This error likely indicates that `flash-attn@2.5.8` depends on `torch`, but doesn't declare it as a build dependency.",
  ],
  [
    'cuda_toolkit_missing',
    '      OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root.\nerror: metadata-generation-failed',
  ],
  [
    'cuda_toolkit_missing',
    '      RuntimeError: Cannot find CMake executable; nvcc was not found.  Are you sure your environment has nvcc available?\n  ERROR: Failed building wheel for flash_attn',
  ],
  [
    'conda_unsolvable|pip_conflict',
    'Collecting package metadata (repodata.json): ...working... done\nSolving environment: ...working... failed\n\nUnsatisfiableError: The following specifications were found to be incompatible with each other:\n\nOutput in format: Requested package -> Available versions',
  ],
  [
    'conda_package_not_found',
    'Solving environment: ...working... failed\n\nResolvePackageNotFound: \n  - python=3.5.2\n  - libgcc-ng=9.1.0',
  ],
  [
    'conda_package_not_found',
    'PackagesNotFoundError: The following packages are not available from current channels:\n\n  - python=3.13.9\n\nCurrent channels:\n\n  - file:///package-repo/conda-channel',
  ],
  [
    'conda_unsolvable',
    'error    libmamba Could not solve for environment specs\n    The following packages are incompatible\n    ├─ python 3.10**  is requested and can be installed;\n    └─ tensorflow 2.4**  is not installable because it requires\n       └─ python >=3.7,<3.8.0a0 , which conflicts with any installable versions.\ncritical libmamba Could not solve for environment specs',
  ],
  [
    'conda_package_not_found|conda_unsolvable',
    'Could not solve for environment specs\nThe following package could not be found:\n└─ lightgbm 9.9**  does not exist (perhaps a typo or a missing channel).',
  ],
  [
    'conda_package_not_found|conda_unsolvable',
    'LibMambaUnsatisfiableError: Encountered problems while solving:\n  - nothing provides requested xgboost 9.0.0\n\nCould not solve for environment specs',
  ],
  [
    'conda_channel_refused',
    'UnavailableInvalidChannel: HTTP 404 NOT FOUND for channel ours <https://conda.ours.example.com/ours>\n\nThe channel is not accessible or is invalid.',
  ],
  [
    'conda_channel_refused|index_unauthorized',
    'CondaHTTPError: HTTP 401 UNAUTHORIZED for url <https://conda.ours.example.com/ours/linux-64/repodata.json>\nElapsed: 00:00.120\n\nThe credentials cannot be accepted',
  ],
  [
    'conda_channel_refused|index_unauthorized|conda_unreachable',
    'CondaHTTPError: HTTP 403 FORBIDDEN for url <https://repo.anaconda.com/pkgs/main/linux-64/repodata.json>\nElapsed: 00:00.033416\nCF-RAY: 8f',
  ],
  [
    'conda_unreachable',
    'CondaHTTPError: HTTP 503 SERVICE UNAVAILABLE for url <https://conda.anaconda.org/conda-forge/noarch/repodata.json>\nElapsed: 00:31.3\n\nA remote server error occurred when trying to retrieve this URL.',
  ],
  [
    'conda_unreachable',
    "CondaSSLError: Encountered an SSL error. Most likely a certificate verification issue.\n\nException: HTTPSConnectionPool(host='conda.anaconda.org', port=443): Max retries exceeded",
  ],
  [
    'conda_unreachable',
    'critical libmamba Download error (28) Timeout was reached [https://conda.anaconda.org/conda-forge/linux-64/repodata.json.zst]\n    Operation too slow. Less than 30 bytes/sec transferred the last 60 seconds',
  ],
  [
    'conda_unreachable',
    "ProxyError: Conda cannot proceed due to an error in your proxy configuration.\nCheck for typos and other configuration errors in any '.netrc' file",
  ],
  ['conda_failed|disk_full', 'CondaMultiError: [Errno 28] No space left on device'],
  [
    'conda_failed|conda_file_invalid|conda_package_corrupt',
    "CondaVerificationError: The package for pytorch located at /opt/conda/pkgs/pytorch-2.1.0 appears to be corrupted. The path 'lib/python3.10/site-packages/torch/a.so' specified in the package manifest cannot be found.",
  ],
  [
    'conda_failed|conda_file_invalid|conda_package_corrupt',
    "CondaValueError: Malformed version string '~': invalid character(s).",
  ],
  ['conda_failed|conda_file_invalid', "SpecNotFound: Can't process without a name\n"],
  [
    'conda_terms',
    'CondaToSNonInteractiveError: Terms of Service have not been accepted for the following channels. Please accept or remove them before proceeding:\n    - https://repo.anaconda.com/pkgs/main',
  ],
  [
    'poetry_no_solution|pip_conflict|package_needs_other_python',
    'Because no versions of ours match >1.2,<2.0\n and ours (1.2) depends on pandas (>=2.2), ours (>=1.2,<2.0) requires pandas (>=2.2).\nSo, because model depends on both pandas (1.5.3) and ours (^1.2), version solving failed.',
  ],
  [
    'poetry_no_solution|package_needs_other_python',
    "The current project's supported Python range (>=3.9,<4.0) is not compatible with some of the required packages Python requirement:\n  - scipy requires Python <3.13,>=3.9, so it will not be satisfied for Python >=3.13,<4.0\n\nBecause scipy requires Python <3.13,>=3.9, version solving failed.",
  ],
  [
    'lock_outdated',
    'pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.',
  ],
  [
    'lock_outdated',
    'error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided. To update the lockfile, run `uv lock`.',
  ],
  [
    'uv_no_solution|pip_conflict',
    "  × No solution found when resolving dependencies for split (python_full_version == '3.11.*'):\n  ╰─▶ Because mlflow==2.9.2 depends on pyarrow>=4.0.0,<15 and databricks-connect==15.4 depends on pyarrow>=15, we can conclude that databricks-connect==15.4 and mlflow==2.9.2 are incompatible.",
  ],
  ['disk_full', 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n'],
  [
    'disk_full',
    'failed to solve: failed to register layer: write /opt/conda/envs/mlflow-env/lib/libtorch_cuda.so: no space left on device',
  ],
  ['disk_full', "OSError: [Errno 122] Disk quota exceeded: '/opt/conda/pkgs/cache'"],
  [
    'disk_full',
    'error: Failed to install: nvidia_cublas_cu12-12.1.3.1-py3-none-manylinux1_x86_64.whl\n  Caused by: failed to copy file: No space left on device (os error 28)',
  ],
  ['disk_full', 'NoSpaceLeftError: No space left on devices.'],
  [
    'disk_full',
    'The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 3Gi. Container kaniko was using 61Gi, request is 0.',
  ],
  ['artifact_too_large', 'ERROR: image size 27.4GB exceeds the maximum allowed image size of 20GB'],
  ['artifact_too_large', 'Image too large: the container image is 31 GiB, the limit is 25 GiB'],
  ['artifact_too_large', 'error pushing image: layer size of 53687091200 bytes exceeds the allowed maximum'],
  [
    'build_killed',
    'ERROR: process "/bin/sh -c conda env create -f /model/conda.yaml" did not complete successfully: exit code: 137',
  ],
  [
    'build_killed',
    '/tmp/entry.sh: line 12:    33 Killed                  conda env create -n mlflow-env -f /model/conda.yaml',
  ],
  [
    'build_killed',
    "c++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.\nerror: command '/usr/bin/g++' failed with exit code 1",
  ],
  [
    'build_killed|build_step_failed',
    "subprocess.CalledProcessError: Command '['pip', 'install', '-r', 'requirements.txt']' died with <Signals.SIGKILL: 9>.",
  ],
  ['build_timed_out|update_timed_out', 'ERROR: context deadline exceeded: build did not finish within 3600 seconds'],
  ['build_timed_out', 'Container build timed out after 60 minutes'],
  ['build_timed_out', 'ERROR: failed to solve: Canceled: context canceled: build timeout of 1h0m0s reached'],
  [
    'artifact_download_failed',
    'mlflow.exceptions.MlflowException: The following failures occurred while downloading one or more artifacts from models:/ml.prod.churn/2:\n##### File model.pkl #####\n403 Client Error: Forbidden for url: https://ours.s3.amazonaws.com/a?X-Amz-Signature=...',
  ],
  ['environment_without_mlflow', 'Environment file conda.yaml does not specify mlflow as a dependency'],
  ['pip_too_deep', 'pip._internal.exceptions.ResolutionTooDeepError: 200000'],
  ['pip_too_deep', 'pip._vendor.resolvelib.resolvers.ResolutionTooDeep: 2000000'],
  [
    'hash_mismatch',
    'ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements. Here is a list of those requirements along with the hashes',
  ],
  [
    'index_unreachable',
    'ERROR: HTTP error 503 while getting https://mirror.ours.example.com/packages/a-1.0-py3-none-any.whl',
  ],
  [
    'index_unreachable',
    'error: Failed to fetch: `https://mirror.ours.example.com/simple/a/`\n  Caused by: HTTP status server error (502 Bad Gateway) for url (https://mirror.ours.example.com/simple/a/)',
  ],
  [
    'index_unauthorized',
    'error: Failed to fetch: `https://pkgs.dev.azure.com/ours/simple/a/`\n  Caused by: Missing credentials for https://pkgs.dev.azure.com/ours/simple/a/',
  ],
  [
    'index_unauthorized',
    'WARNING: 401 Error, Credentials not correct for https://artifactory.ours.example.com/api/pypi/py/simple/a/\nERROR: Could not find a version that satisfies the requirement a==2 (from versions: none)\nERROR: No matching distribution found for a==2',
  ],
  [
    'local_package_missing',
    "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: '/tmp/build/ours-2.0-py3-none-any.whl'",
  ],
  [
    'local_package_missing',
    "ERROR: file:///databricks/driver does not appear to be a Python project: neither 'setup.py' nor 'pyproject.toml' found.",
  ],
  [
    'package_needs_other_python',
    '  × Getting requirements to build wheel did not run successfully.\n      File "setup.py", line 3, in <module>\n        import imp\n      ModuleNotFoundError: No module named \'imp\'',
  ],
  [
    'build_killed',
    'ERROR: failed to solve: process "/bin/sh -c pip install -r r.txt" did not complete successfully: exit code: 137',
  ],
  ['build_timed_out|update_timed_out', 'Build timeout exceeded after 3600s'],
  [
    'wheel_other_platform|package_not_found',
    '  × No solution found when resolving dependencies:\n  ╰─▶ Because torch==2.1.0+cu118 has no wheels with a matching platform tag (e.g., `manylinux_2_35_x86_64`) and you require torch==2.1.0+cu118, we can conclude that your requirements are unsatisfiable.',
  ],
  ['conda_file_invalid', "EnvironmentFileNotFound: '/model/conda.yml' file not found"],
  ['conda_file_invalid|conda_package_not_found', "InvalidMatchSpec: Invalid spec 'numpy=>1.2': invalid operator"],
  [
    'conda_package_corrupt',
    'InvalidArchiveError("Error with archive /opt/conda/pkgs/a.conda.  You probably need to delete and re-download or re-create this file.")',
  ],
  [
    'conda_unreachable',
    'ConnectionFailed: Could not reach https://conda.anaconda.org: CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://conda.anaconda.org/a>',
  ],
  [
    'conda_unsolvable|conda_package_not_found',
    'error    libmamba Could not solve for environment specs\n    The following packages are incompatible\n    └─ pytorch-cuda 11.8**  is not installable because there are no viable options',
  ],
  [
    'pip_conflict',
    'ERROR: Cannot install protobuf>=5 and tensorflow==2.15 because these package versions have conflicting dependencies.',
  ],
  ['system_package_missing', 'E: Unable to locate package libgl1-mesa-glx'],
  [
    'compiler_missing|wheel_build_failed',
    "      error: command 'cmake' failed: No such file or directory\n  ERROR: Failed building wheel for dlib",
  ],
  ['disk_full', 'tar: usr/lib/x.so: Cannot write: No space left on device'],
  ['git_failed', "  fatal: unable to access 'https://github.com/ours/a.git/': Could not resolve host: github.com"],
  ['git_failed', '  ERROR: Repository not found.\n  fatal: Could not read from remote repository.'],
  [
    'setuptools_too_new',
    "      ModuleNotFoundError: No module named 'pkg_resources'\nerror: subprocess-exited-with-error",
  ],
  [
    'package_not_found',
    '  × No solution found when resolving dependencies:\n  ╰─▶ Because ours-lib was not found in the package registry and you require ours-lib, we can conclude that your requirements are unsatisfiable.',
  ],
  [
    'poetry_no_solution|package_needs_other_python|pip_conflict',
    'Because torch (2.5) depends on sympy (1.13.1) and model depends on sympy (1.12), torch is forbidden.\nSo, because model depends on torch (2.5), version solving failed.',
  ],
];

/** The end of a traceback, or lines of gunicorn, of a container that does not start. */
export const LOAD: readonly (readonly [codes: string, text: string])[] = [
  [
    'module_missing',
    '  File "/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/mlflow/pyfunc/model.py", line 1020, in _load_context_model_and_signature\n    python_model = cloudpickle.load(f)\nModuleNotFoundError: No module named \'lightgbm\'',
  ],
  ['module_missing', "ModuleNotFoundError: No module named 'google.cloud.storage'"],
  ['module_missing', 'ImportError: The `tiktoken` package is required. Please install it with `pip install tiktoken`.'],
  [
    'module_missing',
    'ImportError: \nT5Tokenizer requires the SentencePiece library but it was not found in your environment. Checkout the instructions on the\ninstallation page of its repo: https://github.com/google/sentencepiece#installation and follow the ones\nthat match your environment.',
  ],
  [
    'module_missing',
    'ImportError: Could not import faiss python package. Please install it with `pip install faiss-gpu` (for CUDA supported GPU) or `pip install faiss-cpu` (depending on Python version).',
  ],
  ['module_missing', "ImportError: Missing optional dependency 'openpyxl'.  Use pip or conda to install openpyxl."],
  [
    'module_missing',
    "ImportError: Using `low_cpu_mem_usage=True` or a `device_map` requires Accelerate: `pip install 'accelerate>=0.26.0'`",
  ],
  ['own_code_missing', "ModuleNotFoundError: No module named 'my_project'\n"],
  ['own_code_missing', "ModuleNotFoundError: No module named 'utils.preprocessing'; 'utils' is not a package"],
  ['own_code_missing|module_missing', "ModuleNotFoundError: No module named 'churn_model.features'"],
  ['module_of_other_version|numpy_abi', "ModuleNotFoundError: No module named 'numpy._core'"],
  ['module_of_other_version', "ModuleNotFoundError: No module named 'pandas.core.indexes.numeric'"],
  ['module_of_other_version|sklearn_version', "ModuleNotFoundError: No module named 'sklearn.ensemble._gb_losses'"],
  ['module_of_other_version', "ModuleNotFoundError: No module named 'langchain.chains'"],
  ['module_of_other_version', "ModuleNotFoundError: No module named 'keras.src.engine'"],
  ['module_of_other_version|import_name_missing', "ModuleNotFoundError: No module named 'langchain_core.pydantic_v1'"],
  [
    'import_name_missing',
    "ImportError: cannot import name 'cached_download' from 'huggingface_hub' (/opt/conda/envs/mlflow-env/lib/python3.10/site-packages/huggingface_hub/__init__.py)",
  ],
  [
    'import_name_missing',
    "ImportError: cannot import name 'url_quote' from 'werkzeug.urls' (/opt/conda/envs/mlflow-env/lib/python3.9/site-packages/werkzeug/urls.py)",
  ],
  [
    'import_name_missing',
    "ImportError: cannot import name 'triu' from 'scipy.linalg' (/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/scipy/linalg/__init__.py)",
  ],
  [
    'import_name_missing|module_of_other_version|numpy_abi',
    "AttributeError: module 'numpy' has no attribute 'bool'.\n`np.bool` was a deprecated alias for the builtin `bool`. To avoid this error in existing code, use `bool` by itself.",
  ],
  [
    'import_name_missing|module_of_other_version|numpy_abi',
    'AttributeError: `np.float_` was removed in the NumPy 2.0 release. Use `np.float64` instead.',
  ],
  [
    'import_name_missing|module_of_other_version',
    "AttributeError: module 'lib' has no attribute 'X509_V_FLAG_NOTIFY_POLICY'",
  ],
  [
    'numpy_abi',
    'ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header, got 88 from PyObject',
  ],
  [
    'numpy_abi',
    'ValueError: numpy.ndarray size changed, may indicate binary incompatibility. Expected 96 from C header, got 80 from PyObject',
  ],
  [
    'numpy_abi',
    'A module that was compiled using NumPy 1.x cannot be run in\nNumPy 2.2.0 as it may crash. To support both 1.x and 2.x\nversions of NumPy, modules must be compiled with NumPy 2.0.\nTraceback (most recent call last):\n  File "/model/code/a.py", line 1, in <module>\n    import torch\nImportError: numpy.core.multiarray failed to import',
  ],
  [
    'numpy_abi',
    'RuntimeError: module compiled against ABI version 0x1000009 but this version of numpy is 0x2000000\nImportError: numpy.core.multiarray failed to import',
  ],
  ['shared_library_missing', 'OSError: libgomp.so.1: cannot open shared object file: No such file or directory'],
  ['shared_library_missing', 'ImportError: libGL.so.1: cannot open shared object file: No such file or directory'],
  ['shared_library_missing', 'OSError: libcublas.so.12: cannot open shared object file: No such file or directory'],
  [
    'shared_library_missing',
    'xgboost.libpath.XGBoostLibraryNotFound: Cannot find XGBoost Library in the candidate path.  List of candidates:\n- /opt/conda/lib/libxgboost.so',
  ],
  [
    'shared_library_missing|system_package_missing',
    'OSError: no library called "cairo-2" was found\nno library called "libcairo-2" was found',
  ],
  [
    'glibc_too_old|shared_library_missing',
    "ImportError: /lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /opt/conda/envs/mlflow-env/lib/python3.10/site-packages/scipy/a.so)",
  ],
  [
    'shared_library_missing|import_name_missing|abi_mismatch|module_of_other_version',
    'ImportError: /opt/conda/envs/mlflow-env/lib/python3.10/site-packages/flash_attn_2_cuda.cpython-310-x86_64-linux-gnu.so: undefined symbol: _ZN3c104cuda9SetDeviceEi',
  ],
  [
    'shared_library_missing|abi_mismatch|module_of_other_version|import_name_missing',
    'OSError: /opt/conda/envs/mlflow-env/lib/python3.11/site-packages/torchaudio/lib/libtorchaudio.so: undefined symbol: _ZN2at4_ops9fft_irfft4callERKNS',
  ],
  [
    'shared_library_missing|module_of_other_version|import_name_missing|transformers_version',
    'RuntimeError: operator torchvision::nms does not exist',
  ],
  [
    'system_program_missing',
    "pytesseract.pytesseract.TesseractNotFoundError: tesseract is not installed or it's not in your PATH. See README file for more information.",
  ],
  [
    'system_program_missing',
    'pdf2image.exceptions.PDFInfoNotInstalledError: Unable to get page count. Is poppler installed and in PATH?',
  ],
  ['system_program_missing', "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'"],
  [
    'system_program_missing',
    '  File "/usr/lib/python3.10/subprocess.py", line 1863, in _execute_child\n    raise child_exception_type(errno_num, err_msg, err_filename)\nFileNotFoundError: [Errno 2] No such file or directory: \'java\'',
  ],
  [
    'pickle_class_missing',
    "AttributeError: Can't get attribute 'TextCleaner' on <module '__main__' from '/opt/conda/envs/mlflow-env/bin/gunicorn'>",
  ],
  ['sklearn_version', "AttributeError: 'SimpleImputer' object has no attribute '_fill_dtype'"],
  [
    'sklearn_version',
    "AttributeError: Can't get attribute '__pyx_unpickle_CyHalfBinomialLoss' on <module 'sklearn._loss._loss' from '/opt/conda/a.so'>",
  ],
  [
    'sklearn_version',
    "ValueError: node array from the pickle has an incompatible dtype:\n- expected: {'names': ['left_child', 'right_child', 'missing_go_to_left']}\n- got     : [('left_child', '<i8')]",
  ],
  ['sklearn_version', "AttributeError: 'DecisionTreeClassifier' object has no attribute 'monotonic_cst'"],
  ['sklearn_version', "AttributeError: 'ColumnTransformer' object has no attribute 'force_int_remainder_cols'"],
  ['pickle_python_version', 'TypeError: code() argument 13 must be str, not int'],
  ['pickle_python_version', 'TypeError: code expected at most 16 arguments, got 18'],
  ['pickle_python_version', 'ValueError: unsupported pickle protocol: 5'],
  ['pickle_python_version', 'SystemError: unknown opcode'],
  ['pickle_python_version', '[2026-11-28 11:40:01 +0000] [2] [ERROR] Worker (pid:7) was sent SIGSEGV!'],
  [
    'pickle_python_version|pickle_library_version|module_of_other_version|import_name_missing',
    'TypeError: __randomstate_ctor() takes from 0 to 1 positional arguments but 2 were given',
  ],
  [
    'pickle_python_version|numpy_abi|module_of_other_version',
    "ValueError: <class 'numpy.random._mt19937.MT19937'> is not a known BitGenerator module.",
  ],
  [
    'pickle_python_version|mlflow_version|module_of_other_version|import_name_missing|pickle_class_missing',
    "AttributeError: Can't get attribute '_function_setstate' on <module 'cloudpickle.cloudpickle' from '/opt/conda/envs/mlflow-env/lib/python3.9/site-packages/cloudpickle/cloudpickle.py'>",
  ],
  [
    'module_of_other_version|pickle_class_missing|import_name_missing',
    "AttributeError: Can't get attribute '_unpickle_block' on <module 'pandas._libs.internals' from '/opt/conda/a.so'>",
  ],
  [
    'module_of_other_version|pickle_class_missing|import_name_missing',
    "NotImplementedError: (<class 'pandas.core.arrays.string_.StringDtype'>, <pandas.core.arrays.string_.StringDtype object at 0x7f>)",
  ],
  ['artifact_corrupt', '_pickle.UnpicklingError: pickle data was truncated'],
  ['artifact_corrupt', "_pickle.UnpicklingError: invalid load key, '\\x0a'."],
  ['artifact_corrupt', 'safetensors_rust.SafetensorError: Error while deserializing header: HeaderTooLarge'],
  [
    'artifact_corrupt',
    'RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central directory',
  ],
  [
    'artifact_corrupt',
    'OSError: Unable to synchronously open file (truncated file: eof = 1024, sblock->base_addr = 0, stored_eof = 9000)',
  ],
  ['artifact_corrupt', 'zipfile.BadZipFile: File is not a zip file'],
  ['artifact_corrupt', "lightgbm.basic.LightGBMError: Model file doesn't specify the number of classes"],
  [
    'artifact_corrupt',
    'onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf: [ONNXRuntimeError] : 7 : INVALID_PROTOBUF : Load model from /model/model.onnx failed:Protobuf parsing failed.',
  ],
  [
    'torch_weights_only',
    '_pickle.UnpicklingError: Weights only load failed. This file can still be loaded, to do so you have two options, do those steps only if you trust the source of the checkpoint.\n\tWeightsUnpickler error: Unsupported global: GLOBAL numpy.core.multiarray.scalar was not an allowed global by default.',
  ],
  [
    'state_dict_mismatch',
    'RuntimeError: Error(s) in loading state_dict for BertForSequenceClassification:\n\tsize mismatch for classifier.weight: copying a param with shape torch.Size([3, 768]) from checkpoint, the shape in current model is torch.Size([2, 768]).',
  ],
  [
    'state_dict_mismatch',
    "ValueError: Layer 'dense_3' expected 2 variables, but received 0 variables during loading. Expected: ['kernel', 'bias']",
  ],
  [
    'xgboost_format',
    'xgboost.core.XGBoostError: [11:40:00] /workspace/src/learner.cc:854: Check failed: header == serialisation_header_: \n\n  If you are loading a serialized model (like pickle in Python) generated by older\n  XGBoost, please export the model by calling `Booster.save_model` from that version\n  first, then load it back in current version.',
  ],
  [
    'xgboost_format|module_of_other_version',
    "AttributeError: 'XGBClassifier' object has no attribute 'use_label_encoder'",
  ],
  ['xgboost_format|module_of_other_version', "AttributeError: 'XGBModel' object has no attribute 'enable_categorical'"],
  [
    'module_of_other_version|unsupported_model|artifact_corrupt|keras_version',
    "ValueError: Unrecognized keyword arguments passed to DepthwiseConv2D: {'groups': 1}\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/keras/src/ops/operation.py\", line 210, in from_config\nTypeError: Error when deserializing class 'DepthwiseConv2D' using config={'name': 'a', 'groups': 1}.",
  ],
  [
    'module_of_other_version|keras_version|unsupported_model',
    "TypeError: Could not locate class 'Functional'. Make sure custom classes are decorated with `@keras.saving.register_keras_serializable()`.",
  ],
  [
    'pickle_class_missing|own_code_missing|keras_version|unsupported_model',
    "ValueError: Unknown layer: 'AttentionPooling'. Please ensure you are using a `keras.utils.custom_object_scope` and that this object is included in the scope.",
  ],
  [
    'keras_version|module_of_other_version|unsupported_model',
    'ValueError: File format not supported: filepath=/model/data/model. Keras 3 only supports V3 `.keras` files and legacy H5 format files (`.h5` extension).',
  ],
  [
    'unsupported_model|module_of_other_version',
    'onnxruntime.capi.onnxruntime_pybind11_state.Fail: [ONNXRuntimeError] : 1 : FAIL : Load model from /model/model.onnx failed:/onnxruntime_src/onnxruntime/core/graph/model.cc:150 Unsupported model IR version: 10, max supported IR version: 9',
  ],
  [
    'unsupported_model|module_of_other_version',
    'onnxruntime.capi.onnxruntime_pybind11_state.Fail: [ONNXRuntimeError] : 1 : FAIL : ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. Opset 22 is under development and support for this is limited.',
  ],
  [
    'data_package_missing',
    "OSError: [E050] Can't find model 'en_core_web_sm'. It doesn't seem to be a Python package or a valid path to a data directory.",
  ],
  [
    'data_package_missing',
    "LookupError: \n**********************************************************************\n  Resource punkt_tab not found.\n  Please use the NLTK Downloader to obtain the resource:\n\n  >>> import nltk\n  >>> nltk.download('punkt_tab')",
  ],
  [
    'module_of_other_version|unsupported_model|data_package_missing',
    "ValueError: [E1005] Unable to set attribute 'POS' in tokenizer exception for 'a'. Tokenizer exceptions are only allowed to specify ORTH and NORM.",
  ],
  [
    'module_of_other_version|unsupported_model|artifact_corrupt',
    "ValueError: [E167] Unknown morphological feature: 'ConjType' (9141427322507498425). This can happen if the tagger was trained with a different set of morphological features.",
  ],
  [
    'architecture_unknown',
    'ValueError: The checkpoint you are trying to load has model type `qwen3_moe` but Transformers does not recognize this architecture. This could be because of an issue with the checkpoint, or because your version of Transformers is out of date.',
  ],
  [
    'architecture_unknown|transformers_version',
    '  File "/opt/x/site-packages/transformers/models/auto/configuration_auto.py", line 1038, in from_pretrained\n    config_class = CONFIG_MAPPING[config_dict["model_type"]]\nKeyError: \'qwen2_5_vl\'',
  ],
  [
    'transformers_version|module_of_other_version',
    "AttributeError: 'DynamicCache' object has no attribute 'get_max_length'",
  ],
  [
    'transformers_version|module_of_other_version',
    "ValueError: `rope_scaling` must be a dictionary with two fields, `type` and `factor`, got {'factor': 8.0, 'rope_type': 'llama3'}",
  ],
  [
    'module_missing',
    'ImportError: This modeling file requires the following packages that were not found in your environment: flash_attn. Run `pip install flash_attn`',
  ],
  [
    'hub_gated',
    'huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-6)\n\nCannot access gated repo for url https://huggingface.co/meta-llama/Llama-3.1-8B/resolve/main/config.json.\nAccess to model meta-llama/Llama-3.1-8B is restricted. You must have access to it and be authenticated to access it. Please log in.',
  ],
  [
    'hub_gated|hub_not_found',
    'OSError: You are trying to access a gated repo.\nMake sure to have access to it at https://huggingface.co/google/gemma-2b.',
  ],
  [
    'hub_not_found',
    "OSError: ours/bert-churn is not a local folder and is not a valid model identifier listed on 'https://huggingface.co/models'",
  ],
  [
    'hub_not_found',
    'huggingface_hub.errors.RepositoryNotFoundError: 404 Client Error. (Request ID: Root=1-66)\n\nRepository Not Found for url: https://huggingface.co/api/models/ours/none.',
  ],
  [
    'hub_unreachable',
    "requests.exceptions.ConnectionError: (MaxRetryError(\"HTTPSConnectionPool(host='huggingface.co', port=443): Max retries exceeded with url: /bert-base-uncased/resolve/main/config.json (Caused by NameResolutionError(\\\"<urllib3.connection.HTTPSConnection object at 0x7f>: Failed to resolve 'huggingface.co' ([Errno -3] Temporary failure in name resolution)\\\"))\"), '(Request ID: 1)')",
  ],
  [
    'hub_unreachable',
    'huggingface_hub.errors.LocalEntryNotFoundError: An error happened while trying to locate the file on the Hub and we cannot find the requested files in the local cache. Please check your connection and try again or make sure your Internet connection is on.',
  ],
  [
    'hub_unreachable|hub_rate_limited',
    'huggingface_hub.errors.HfHubHTTPError: 429 Client Error: Too Many Requests for url: https://huggingface.co/api/models/BAAI/bge-small-en/tree/main',
  ],
  [
    'gpu_memory',
    'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 224.00 MiB. GPU 0 has a total capacity of 14.74 GiB of which 71.12 MiB is free.',
  ],
  [
    'gpu_memory',
    'RuntimeError: CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some other API call',
  ],
  [
    'gpu_memory|kv_cache_memory',
    'ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.',
  ],
  [
    'gpu_memory',
    'tensorflow.python.framework.errors_impl.ResourceExhaustedError: failed to allocate memory [Op:AddV2] on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc',
  ],
  [
    'gpu_memory',
    'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8589934592 bytes.',
  ],
  ['gpu_memory', 'RuntimeError: cuDNN error: CUDNN_STATUS_ALLOC_FAILED'],
  [
    'gpu_memory',
    'ValueError: Free memory on device (5.9/14.7 GiB) on startup is less than desired GPU memory utilization (0.9, 13.2 GiB).',
  ],
  [
    'gpu_missing',
    'RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver from http://www.nvidia.com/Download/index.aspx',
  ],
  ['gpu_missing', 'AssertionError: Torch not compiled with CUDA enabled'],
  ['gpu_missing', 'RuntimeError: No GPU found. A GPU is needed for quantization.'],
  [
    'gpu_missing',
    "RuntimeError: Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu')",
  ],
  ['gpu_missing', 'RuntimeError: No CUDA GPUs are available'],
  [
    'cuda_driver_old',
    'RuntimeError: The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver',
  ],
  ['cuda_driver_old', 'RuntimeError: CUDA error: CUDA driver version is insufficient for CUDA runtime version'],
  ['cuda_driver_old', 'RuntimeError: CUDA error: the provided PTX was compiled with an unsupported toolchain.'],
  ['gpu_arch_unsupported|gpu_dtype_unsupported', 'RuntimeError: FlashAttention only supports Ampere GPUs or newer.'],
  ['gpu_arch_unsupported', 'RuntimeError: CUDA error: no kernel image is available for execution on the device'],
  [
    'artifact_missing|packaged_file_missing|model_files_missing',
    "FileNotFoundError: [Errno 2] No such file or directory: '/model/artifacts/vocab.json'",
  ],
  ['packaged_file_missing', "FileNotFoundError: [Errno 2] No such file or directory: 'config/settings.yaml'"],
  [
    'packaged_file_missing|local_package_missing|artifact_missing',
    "FileNotFoundError: [Errno 2] No such file or directory: '/dbfs/mnt/models/weights.pt'",
  ],
  [
    'packaged_file_missing|artifact_missing',
    "PermissionError: [Errno 13] Permission denied: '/Volumes/ml/prod/files/vocab.txt'",
  ],
  [
    'artifact_download_failed',
    'azure.core.exceptions.HttpResponseError: This request is not authorized to perform this operation using this permission.\nErrorCode:AuthorizationPermissionMismatch',
  ],
  [
    'artifact_download_failed',
    'botocore.exceptions.ClientError: An error occurred (403) when calling the HeadObject operation: Forbidden',
  ],
  [
    'artifact_download_failed',
    'botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetObject operation: Access Denied',
  ],
  [
    'artifact_download_failed',
    'google.api_core.exceptions.Forbidden: 403 GET https://storage.googleapis.com/storage/v1/b/ours/o/a: sa@p.iam.gserviceaccount.com does not have storage.objects.get access to the Google Cloud Storage object.',
  ],
  [
    'artifact_missing|artifact_download_failed',
    'botocore.errorfactory.NoSuchKey: An error occurred (NoSuchKey) when calling the GetObject operation: The specified key does not exist.',
  ],
  ['artifact_missing', "mlflow.exceptions.RestException: RESOURCE_DOES_NOT_EXIST: Run 'a1b2c3' not found."],
  [
    'artifact_missing|uc_object_not_found',
    'mlflow.exceptions.RestException: RESOURCE_DOES_NOT_EXIST: Registered Model with name=churn not found',
  ],
  ['secret_missing', 'databricks.sdk.errors.platform.NotFound: Secret does not exist with scope: prod and key: openai'],
  ['secret_missing', "ValueError: Secret scope 'prod-keys' does not exist"],
  [
    'api_key_missing|env_var_missing',
    'openai.OpenAIError: The api_key client option must be set either by passing api_key to the client or by setting the OPENAI_API_KEY environment variable',
  ],
  [
    'api_key_missing|env_var_missing',
    'pydantic_core._pydantic_core.ValidationError: 1 validation error for ChatAnthropic\n  Value error, Did not find anthropic_api_key, please add an environment variable `ANTHROPIC_API_KEY` which contains it, or pass `anthropic_api_key` as a named parameter.',
  ],
  [
    'env_var_missing|api_key_missing',
    '  File "/model/code/agent.py", line 9, in <module>\n    TOKEN = os.environ["SEARCH_TOKEN"]\n  File "<frozen os>", line 685, in __getitem__\nKeyError: \'SEARCH_TOKEN\'',
  ],
  [
    'env_var_missing',
    'pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\ndatabase_url\n  Field required [type=missing, input_value={}, input_type=dict]',
  ],
  ['out_of_memory', '[2026-11-28 11:40:01 +0000] [2] [ERROR] Worker (pid:7) was sent SIGKILL! Perhaps out of memory?'],
  [
    'out_of_memory',
    'numpy.core._exceptions._ArrayMemoryError: Unable to allocate 12.4 GiB for an array with shape (41000, 40503) and data type float64',
  ],
  ['out_of_memory', 'MemoryError\n'],
  [
    'out_of_memory',
    "RuntimeError: [enforce fail at alloc_cpu.cpp:114] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 67108864 bytes. Error code 12 (Cannot allocate memory)",
  ],
  ['out_of_memory', 'OSError: [Errno 12] Cannot allocate memory'],
  ['out_of_memory', "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc"],
  ['out_of_memory', 'pyarrow.lib.ArrowMemoryError: malloc of size 4294967296 failed'],
  [
    'worker_timeout',
    '[2026-11-28 11:45:01 +0000] [2] [CRITICAL] WORKER TIMEOUT (pid:7)\n[2026-11-28 11:45:02 +0000] [2] [ERROR] Worker (pid:7) was sent SIGKILL! Perhaps out of memory?',
  ],
  [
    'signature_missing',
    'mlflow.exceptions.MlflowException: Model passed for registration did not contain any signature metadata. All models in the Unity Catalog must be logged with a model signature containing both input and output type specifications.',
  ],
  [
    'import_name_missing|mlflow_version|module_of_other_version',
    "TypeError: Signature.from_dict() got an unexpected keyword argument 'type_hints'",
  ],
  ['pydantic_version', 'pydantic.errors.PydanticUserError: `const` is removed, use `Literal` instead'],
  [
    'pydantic_version',
    'pydantic.errors.PydanticImportError: `BaseSettings` has been moved to the `pydantic-settings` package.',
  ],
  ['pydantic_version', "TypeError: ForwardRef._evaluate() missing 1 required keyword-only argument: 'recursive_guard'"],
  [
    'import_name_missing|module_of_other_version',
    "TypeError: Client.__init__() got an unexpected keyword argument 'proxies'",
  ],
  [
    'module_of_other_version|import_name_missing',
    'TypeError: Descriptors cannot be created directly.\nIf this call came from a _pb2.py file, your generated code is out of date and must be regenerated with protoc >= 3.19.0.',
  ],
  [
    'uc_execute_missing',
    "databricks.sdk.errors.platform.PermissionDenied: User does not have EXECUTE on Routine or Model 'ml.prod.churn'.",
  ],
  ['function_execute_missing', "PERMISSION_DENIED: User does not have EXECUTE on Routine 'ml.tools.lookup_order'."],
  ['uc_use_missing', "PERMISSION_DENIED: User does not have USE CATALOG on Catalog 'ml'."],
  [
    'sdk_no_credentials',
    'ValueError: default auth: cannot configure default credentials, please check https://docs.databricks.com/en/dev-tools/auth.html#databricks-client-unified-authentication to configure credentials for your preferred authentication method.',
  ],
  [
    'resources_undeclared|sdk_no_credentials',
    "mlflow.exceptions.MlflowException: Reading Databricks credential configuration failed with MLflow tracking URI 'databricks'. Please ensure that the 'databricks-cli' is installed",
  ],
  [
    'dependency_unreachable',
    'psycopg2.OperationalError: could not connect to server: Connection refused\n\tIs the server running on host "db.internal" (10.0.0.4) and accepting\n\tTCP/IP connections on port 5432?',
  ],
  [
    'dependency_unreachable',
    'redis.exceptions.ConnectionError: Error -2 connecting to cache.internal:6379. Name or service not known.',
  ],
  ['dependency_unreachable', 'qdrant_client.http.exceptions.ResponseHandlingException: [Errno 111] Connection refused'],
  [
    'dependency_unreachable',
    "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='features.ours.example.com', port=443): Max retries exceeded with url: /v1 (Caused by NewConnectionError('<urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno 101] Network is unreachable'))",
  ],
  ['port_in_use', 'OSError: [Errno 98] Address already in use'],
  ['port_in_use', "[2026-11-28 11:40:01 +0000] [2] [ERROR] Connection in use: ('0.0.0.0', 8080)"],
  ['event_loop_running', 'RuntimeError: asyncio.run() cannot be called from a running event loop'],
  [
    'langchain_pickle_refused',
    'ValueError: The de-serialization relies loading a pickle file. Pickle files can be modified to deliver a malicious payload that results in execution of arbitrary code on your machine.You will need to set `allow_dangerous_deserialization` to `True` to enable deserialization.',
  ],
  [
    'remote_code_refused',
    'ValueError: Loading nomic-ai/nomic-embed requires you to execute the configuration file in that repo on your local machine. Make sure you have read the code there to avoid malicious use, then set the option `trust_remote_code=True` to remove this error.',
  ],
  [
    'remote_code_refused',
    'ValueError: The repository ours/model contains custom code which must be executed to correctly load the model. You can inspect the repository content at https://hf.co/ours/model. Please pass the argument `trust_remote_code=True` to allow custom code to be run.',
  ],
  [
    'kv_cache_memory',
    "ValueError: To serve at least one request with the models's max seq len (131072), (16.00 GiB KV cache is needed, which is larger than the available KV cache memory (3.2 GiB).",
  ],
  [
    'model_files_missing',
    'mlflow.exceptions.MlflowException: Could not find an "MLmodel" configuration file at "/model"',
  ],
  [
    'packaged_file_missing',
    'OSError: SavedModel file does not exist at: /model/data/model/{saved_model.pbtxt|saved_model.pb}',
  ],
  [
    'packaged_file_missing',
    'OSError: Error no file named pytorch_model.bin, model.safetensors, tf_model.h5, model.ckpt.index or flax_model.msgpack found in directory /model/artifacts/model.',
  ],
  [
    'user_code_failed|load_exception',
    '  File "/model/code/model.py", line 12, in load_context\n    self.rates = parse(context.artifacts)\nValueError: rate table has 3 columns, expected 4',
  ],
  [
    'user_code_failed|load_exception',
    '  File "/model/code/score.py", line 7\n    def predict(self, context, rows\n               ^\nSyntaxError: \'(\' was never closed',
  ],
  ['package_needs_other_python', "ModuleNotFoundError: No module named 'distutils.version'"],
  ['package_needs_other_python', "AttributeError: module 'collections' has no attribute 'MutableMapping'"],
  [
    'package_needs_other_python|import_name_missing',
    "ImportError: cannot import name 'Self' from 'typing' (/opt/conda/envs/mlflow-env/lib/python3.9/typing.py)",
  ],
  ['package_needs_other_python', "TypeError: unsupported operand type(s) for |: 'type' and 'NoneType'"],
  [
    'import_name_missing',
    'ImportError: /opt/x/site-packages/torch_scatter/_C.so: undefined symbol: _ZN5torch3jit17parseSchemaOrNameE',
  ],
  ['import_name_missing', 'RuntimeError: operator torchvision::roi_align does not exist'],
  ['import_name_missing', "AttributeError: module 'openai' has no attribute 'ChatCompletion'"],
  [
    'import_name_missing|module_of_other_version',
    "TypeError: AsyncClient.__init__() got an unexpected keyword argument 'proxies'",
  ],
  [
    'import_name_missing|module_of_other_version',
    'ImportError: tokenizers>=0.21,<0.22 is required for a normal functioning of this module, but found tokenizers==0.20.3.',
  ],
  ['numpy_abi|import_name_missing', "AttributeError: module 'numpy' has no attribute 'long'"],
  ['numpy_abi', 'ImportError: numpy.core.umath failed to import'],
  ['sklearn_version', "AttributeError: 'SVC' object has no attribute '_probA'"],
  ['sklearn_version', "ValueError: Buffer dtype mismatch, expected 'SIZE_t' but got 'long long'"],
  ['sklearn_version', "ModuleNotFoundError: No module named 'sklearn.externals.joblib'"],
  ['sklearn_version|module_of_other_version', "AttributeError: 'super' object has no attribute '__sklearn_tags__'"],
  ['xgboost_format', "AttributeError: 'XGBRegressor' object has no attribute 'gpu_id'"],
  [
    'xgboost_format',
    'xgboost.core.XGBoostError: [10:00:00] /workspace/src/learner.cc:1000: Failed to load model: The binary format has been deprecated in 1.6 and removed in 3.1',
  ],
  ['module_of_other_version', "AttributeError: 'LGBMClassifier' object has no attribute '_n_classes'"],
  [
    'module_of_other_version|pickle_class_missing',
    "AttributeError: Can't get attribute 'StringDtype' on <module 'pandas.core.dtypes.dtypes'",
  ],
  ['module_of_other_version', "ModuleNotFoundError: No module named 'torchvision.models.utils'"],
  [
    'transformers_version|module_of_other_version',
    "AttributeError: 'LlamaForCausalLM' object has no attribute 'generate'",
  ],
  [
    'transformers_version|module_of_other_version',
    "AttributeError: 'XLMRobertaTokenizer' object has no attribute 'sp_model'",
  ],
  [
    'transformers_version|module_of_other_version|import_name_missing',
    'RuntimeError: Failed to import transformers.models.bert.modeling_bert because of the following error (look up to see its traceback):\nYour currently installed version of Keras is Keras 3, but this is not yet supported in Transformers. Please install the backwards-compatible tf-keras package with `pip install tf-keras`.',
  ],
  [
    'pickle_class_missing',
    "ValueError: Unknown loss function: 'focal_loss'. Please ensure you are using a `keras.utils.custom_object_scope`",
  ],
  [
    'state_dict_mismatch',
    'ValueError: You are trying to load a weight file containing 12 layers into a model with 10 layers.',
  ],
  ['artifact_corrupt', 'OSError: Unable to open file (file signature not found)'],
  ['artifact_corrupt', '_pickle.UnpicklingError: unpickling stack underflow'],
  ['artifact_corrupt', "gzip.BadGzipFile: Not a gzipped file (b've')"],
  ['artifact_corrupt', 'EOFError: Compressed file ended before the end-of-stream marker was reached'],
  [
    'system_program_missing',
    "graphviz.backend.execute.ExecutableNotFound: failed to execute PosixPath('dot'), make sure the Graphviz executables are on your systems' PATH",
  ],
  ['system_program_missing', "FileNotFoundError: [Errno 2] No such file or directory: 'pdftotext'"],
  ['shared_library_missing', 'ImportError: libpq.so.5: cannot open shared object file: No such file or directory'],
  [
    'shared_library_missing',
    "OSError: cannot load library 'gobject-2.0-0': gobject-2.0-0: cannot open shared object file: No such file or directory",
  ],
  [
    'shared_library_missing',
    'Could not load library libcudnn_ops_infer.so.8. Error: libcudnn_ops_infer.so.8: cannot open shared object file: No such file or directory',
  ],
  ['packaged_file_missing', "PermissionError: [Errno 13] Permission denied: '/Workspace/Shared/config.json'"],
  [
    'module_missing',
    "ImportError: Unable to find a usable engine; tried using: 'pyarrow', 'fastparquet'.\nA suitable version of pyarrow or fastparquet is required for parquet support.\nTrying to import the above resulted in these errors:\n - Missing optional dependency 'pyarrow'. pyarrow is required for parquet support. Use pip or conda to install pyarrow.",
  ],
  ['module_missing', 'ImportError: You need to install sentencepiece: pip install sentencepiece'],
  ['module_missing', "ModuleNotFoundError: No module named 'catboost'"],
  ['module_missing', 'importlib.metadata.PackageNotFoundError: No package metadata was found for bitsandbytes'],
  ['gpu_memory', 'torch.cuda.OutOfMemoryError: HIP out of memory. Tried to allocate 20.00 MiB'],
  [
    'gpu_memory',
    'tensorflow.python.framework.errors_impl.ResourceExhaustedError: OOM when allocating tensor with shape[32,512,512] and type float on /job:localhost/device:GPU:0',
  ],
  [
    'hub_unreachable',
    'requests.exceptions.HTTPError: 503 Server Error: Service Temporarily Unavailable for url: https://huggingface.co/a/resolve/main/config.json',
  ],
  [
    'env_var_missing',
    'pydantic_core._pydantic_core.ValidationError: 2 validation errors for AppSettings\ndb_host\n  Field required [type=missing]',
  ],
  ['artifact_missing', 'mlflow.exceptions.RestException: RESOURCE_DOES_NOT_EXIST: No Run with id=ab12 exists'],
  [
    'dependency_unreachable',
    'pymongo.errors.ServerSelectionTimeoutError: mongo.internal:27017: [Errno 111] Connection refused',
  ],
  [
    'dependency_unreachable',
    'grpc.RpcError: failed to connect to all addresses; last error: UNAVAILABLE: ipv4:10.0.0.1:19530: Failed to connect to remote host: Connection refused',
  ],
  [
    'out_of_memory',
    'joblib.externals.loky.process_executor.TerminatedWorkerError: A worker process managed by the executor was unexpectedly terminated. This could be caused by a segmentation fault while calling the function or by an excessive memory usage causing the Operating System to kill the worker.',
  ],
  ['out_of_memory', '[2026-11-28 11:40:00 +0000] [2] [ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?'],
  [
    'artifact_download_failed',
    'botocore.exceptions.ClientError: An error occurred (ExpiredToken) when calling the GetObject operation: The provided token has expired.',
  ],
  ['pickle_python_version', 'TypeError: code expected at least 16 arguments, got 15'],
  ['user_code_failed|load_exception', 'ZeroDivisionError: division by zero'],
  ['user_code_failed|load_exception', "KeyError: 'feature_list'"],
];

/** State messages and events. */
export const STATE: readonly (readonly [codes: string, text: string])[] = [
  [
    'capacity_unavailable',
    'The deployment was aborted because the resource did not become available in time. Please retry.',
  ],
  [
    'capacity_unavailable',
    'Failed to deploy: insufficient GPU capacity in region us-west-2 for workload type GPU_LARGE. Please try again later.',
  ],
  ['capacity_unavailable', 'Timed out while waiting for GPU compute to become available.'],
  ['capacity_unavailable', '0/42 nodes are available: 42 Insufficient nvidia.com/gpu. preemption: not eligible'],
  [
    'concurrency_quota|quota_exceeded|workspace_concurrency_quota',
    'Workspace exceeded provisioned concurrency quota of 200. Requested 64.',
  ],
  [
    'quota_exceeded|concurrency_quota|workspace_quota',
    'RESOURCE_EXHAUSTED: Quota exceeded for GPU_MEDIUM: limit 4, requested 8.',
  ],
  ['workload_type_unsupported|region_unsupported', 'Workload type MULTIGPU_MEDIUM is not supported in this region.'],
  [
    'region_unsupported|workload_type_unsupported',
    'GPU serving is not available in region southcentralus for this workspace.',
  ],
  [
    'uc_execute_missing',
    "PERMISSION_DENIED: User 'eve@example.com' does not have EXECUTE on Routine or Model 'ml.prod.churn'. Config: host=https://x",
  ],
  ['uc_use_missing', "User does not have USE SCHEMA on Schema 'ml.prod'."],
  ['secret_missing', 'Secret does not exist with scope: prod and key: token'],
  [
    'secret_missing',
    'Failed to resolve secret reference {{secrets/prod/token}}: User does not have READ permission on scope prod',
  ],
  ['model_version_failed', 'Model version ml.prod.churn/2 is in state FAILED_REGISTRATION and cannot be served.'],
  ['model_version_pending', 'Model version 2 of ml.prod.churn is in status PENDING_REGISTRATION.'],
  [
    'update_timed_out',
    'Served entity creation aborted for served entity churn-2, config version 2, since the update timed out.',
  ],
  ['out_of_memory', 'Container terminated: OOMKilled, exit code 137'],
  ['out_of_memory', 'The model server was killed because it ran out of memory. Consider a larger workload size.'],
  ['creator_left', 'The creator of this endpoint, eve@example.com, no longer exists in the workspace.'],
  ['throughput_not_eligible', 'Model ml.prod.llama is not eligible for Provisioned Throughput.'],
  ['artifact_too_large', 'The container image exceeds the maximum size. Reduce the size of model artifacts.'],
  [
    'uc_object_not_found|model_version_missing',
    "RESOURCE_DOES_NOT_EXIST: Routine or Model 'ml.prod.churn' does not exist.",
  ],
  ['capacity_unavailable', 'Waited for GPU capacity for 60 minutes and gave up.'],
  ['capacity_unavailable', '0/12 nodes are available: 12 Insufficient nvidia.com/gpu.'],
  ['out_of_memory', 'Container ran out of memory while loading the model.'],
  ['gpu_memory', 'CUDA out of memory while loading the model'],
  ['secret_missing', 'Could not resolve secret {{secrets/prod/k}}: secret not found'],
  ['quota_exceeded', 'You have reached the limit of 4 serving endpoints; quota exceeded.'],
];

/** Failed answers that a caller quotes. */
export const ANSWERS: readonly (readonly [codes: string, status: number, text: string])[] = [
  [
    'own_limit_requests',
    429,
    '{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"User defined rate limit(s) exceeded for \'churn\'. Requests-per-minute (RPM) rate limit exceeded. Limit: 60"}',
  ],
  [
    'own_limit_user',
    429,
    '{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"User defined rate limit(s) exceeded for \'churn\': Queries-per-minute limit exceeded for user eve@example.com"}',
  ],
  [
    'own_limit_group',
    429,
    '{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"User defined rate limit(s) exceeded for \'churn\'. Requests-per-minute (RPM) rate limit exceeded for group data-science"}',
  ],
  [
    'own_limit_tokens|own_limit_user',
    429,
    '{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"User defined rate limit(s) exceeded for \'churn\'. Tokens-per-minute (TPM) rate limit exceeded for user"}',
  ],
  [
    'own_limit_group',
    429,
    '{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"User defined rate limit(s) exceeded for \'churn\'. Requests-per-minute (RPM) rate limit exceeded for user group \'analysts\'."}',
  ],
  [
    'endpoint_concurrency',
    429,
    '{"error_code":"RESOURCE_EXHAUSTED","message":"Too many concurrent requests for served entity churn-1. Consider increasing the provisioned concurrency."}',
  ],
  [
    'endpoint_concurrency|workspace_parallel',
    429,
    '{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"Exceeded max number of parallel requests. Please retry later."}',
  ],
  [
    'workspace_quota',
    429,
    '{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"REQUEST_LIMIT_EXCEEDED: Exceeded workspace input tokens per minute rate limit for databricks-claude-sonnet-4."}',
  ],
  [
    'workspace_quota',
    429,
    '{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"Exceeded workspace output tokens per minute rate limit for databricks-llama-4-maverick. Please contact your Databricks representative"}',
  ],
  [
    'own_limit_zero',
    403,
    '{"error_code":"PERMISSION_DENIED","message":"The endpoint is disabled due to a rate limit set to 0."}',
  ],
  [
    'platform_limit_zero',
    403,
    '{"error_code":"PERMISSION_DENIED","message":"The endpoint databricks-gpt-5 is temporarily disabled due to a Databricks-set rate limit of 0."}',
  ],
  [
    'provider_key_invalid',
    401,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"You didn\'t provide an API key. You need to provide your API key in an Authorization header using Bearer auth\\",\\"type\\":\\"invalid_request_error\\",\\"param\\":null,\\"code\\":null}}}"}',
  ],
  [
    'provider_key_invalid|provider_key_refused',
    401,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"Your authentication token has expired. Please try signing in again.\\",\\"type\\":\\"invalid_request_error\\",\\"code\\":\\"token_expired\\"}}}"}',
  ],
  [
    'provider_model_access|provider_model_missing',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"Project `proj_x` does not have access to model `gpt-4o`\\",\\"type\\":\\"invalid_request_error\\",\\"code\\":\\"model_not_found\\"}}}"}',
  ],
  [
    'provider_quota_used_up|provider_spending_limit',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"You have reached your specified API usage limits.\\",\\"type\\":\\"insufficient_quota\\",\\"code\\":\\"insufficient_quota\\"}}}"}',
  ],
  [
    'provider_quota_used_up|provider_payment|provider_credit_low',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"Billing hard limit has been reached\\",\\"type\\":\\"invalid_request_error\\",\\"code\\":\\"billing_hard_limit_reached\\"}}}"}',
  ],
  [
    'provider_rate_limit',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29500, Requested 1800. Please try again in 2.6s.\\",\\"type\\":\\"tokens\\",\\"code\\":\\"rate_limit_exceeded\\"}}}"}',
  ],
  [
    'provider_rate_limit',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"Request too large for gpt-4-turbo-preview in organization org-x on tokens per min (TPM): Limit 30000, Requested 40210.\\",\\"type\\":\\"tokens\\",\\"code\\":\\"rate_limit_exceeded\\"}}}"}',
  ],
  [
    'provider_model_retired',
    404,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"The model `gpt-3.5-turbo-0301` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations\\",\\"type\\":\\"invalid_request_error\\",\\"code\\":\\"model_not_found\\"}}}"}',
  ],
  [
    'provider_model_missing|provider_model_access',
    404,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"The model `gpt-5-super` does not exist or you do not have access to it.\\",\\"type\\":\\"invalid_request_error\\",\\"code\\":\\"model_not_found\\"}}}"}',
  ],
  [
    'provider_overloaded',
    503,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"The engine is currently overloaded, please try again later\\",\\"type\\":\\"server_error\\"}}}"}',
  ],
  [
    'provider_overloaded|provider_failed',
    500,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"The server had an error while processing your request. Sorry about that!\\",\\"type\\":\\"server_error\\"}}}"}',
  ],
  [
    'provider_refused|provider_region|provider_key_refused',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":\\"unsupported_country_region_territory\\",\\"message\\":\\"Country, region, or territory not supported\\",\\"type\\":\\"request_forbidden\\"}}}"}',
  ],
  [
    'provider_key_refused|provider_refused|provider_network|provider_key_invalid',
    401,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"Your IP address is not in the allowlist for this project.\\",\\"type\\":\\"invalid_request_error\\",\\"code\\":\\"ip_not_authorized\\"}}}"}',
  ],
  [
    'context_too_long',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"This model\'s maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens. Please reduce the length of the messages.\\",\\"code\\":\\"context_length_exceeded\\"}}}"}',
  ],
  [
    'provider_key_invalid',
    401,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"azure-openai\\",\\"external_model_error\\":{\\"statusCode\\":401,\\"message\\":\\"Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired.\\"}}"}',
  ],
  [
    'provider_key_invalid',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"azure-openai\\",\\"external_model_error\\":{\\"error\\":\\"invalid_client\\",\\"error_description\\":\\"AADSTS7000222: The provided client secret keys for app \'a1\' are expired. Visit the Azure portal to create new keys for your app\\"}}"}',
  ],
  [
    'provider_rate_limit',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"azure-openai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":\\"RateLimitReached\\",\\"message\\":\\"Your requests to gpt-4o for gpt-4o in East US have exceeded call rate limit of your current OpenAI S0 pricing tier. Please retry after 17 seconds.\\"}}}"}',
  ],
  [
    'provider_model_retired',
    410,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"azure-openai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":\\"ModelDeprecated\\",\\"message\\":\\"The model gpt-35-turbo version 0613 has been retired and the deployment can no longer be used\\"}}}"}',
  ],
  [
    'provider_deployment_missing',
    404,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"azure-openai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":\\"DeploymentNotFound\\",\\"message\\":\\"The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.\\"}}}"}',
  ],
  [
    'provider_content_filter',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"azure-openai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":\\"content_filter\\",\\"message\\":\\"The response was filtered due to the prompt triggering Azure OpenAI\'s content management policy. Please modify your prompt and retry.\\",\\"innererror\\":{\\"code\\":\\"ResponsibleAIPolicyViolation\\"}}}}"}',
  ],
  [
    'provider_network|provider_refused|provider_key_refused',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"azure-openai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":\\"403\\",\\"message\\":\\"Access denied due to Virtual Network/Firewall rules.\\"}}}"}',
  ],
  [
    'provider_network|provider_refused',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"azure-openai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":\\"AccessDenied\\",\\"message\\":\\"Public access is disabled. Please configure private endpoint.\\"}}}"}',
  ],
  [
    'provider_key_invalid|provider_refused',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"anthropic\\",\\"external_model_error\\":{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"permission_error\\",\\"message\\":\\"Your API key does not have permission to use the specified resource.\\"}}}"}',
  ],
  [
    'provider_key_invalid',
    401,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"anthropic\\",\\"external_model_error\\":{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"authentication_error\\",\\"message\\":\\"API key has been revoked\\"}}}"}',
  ],
  [
    'provider_key_invalid|provider_refused|provider_key_refused|provider_payment|provider_credit_low',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"anthropic\\",\\"external_model_error\\":{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"permission_error\\",\\"message\\":\\"This organization has been disabled.\\"}}}"}',
  ],
  [
    'provider_overloaded',
    529,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"anthropic\\",\\"external_model_error\\":{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"overloaded_error\\",\\"message\\":\\"Overloaded\\"}}}"}',
  ],
  [
    'provider_rate_limit',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"anthropic\\",\\"external_model_error\\":{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"rate_limit_error\\",\\"message\\":\\"This request would exceed your organization\'s rate limit of 40,000 input tokens per minute\\"}}}"}',
  ],
  [
    'provider_rate_limit',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"anthropic\\",\\"external_model_error\\":{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"rate_limit_error\\",\\"message\\":\\"Number of concurrent connections has exceeded your rate limit.\\"}}}"}',
  ],
  [
    'provider_credit_low|provider_quota_used_up|provider_spending_limit',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"anthropic\\",\\"external_model_error\\":{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"invalid_request_error\\",\\"message\\":\\"You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.\\"}}}"}',
  ],
  [
    'provider_model_missing|provider_model_retired',
    404,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"anthropic\\",\\"external_model_error\\":{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"not_found_error\\",\\"message\\":\\"model: claude-2.1\\"}}}"}',
  ],
  [
    'provider_failed|provider_overloaded',
    500,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"anthropic\\",\\"external_model_error\\":{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"api_error\\",\\"message\\":\\"Internal server error\\"}}}"}',
  ],
  [
    'context_too_long',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"anthropic\\",\\"external_model_error\\":{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"invalid_request_error\\",\\"message\\":\\"prompt is too long: 210000 tokens > 200000 maximum\\"}}}"}',
  ],
  [
    'provider_rate_limit',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":{\\"message\\":\\"Too many tokens, please wait before trying again.\\",\\"__type\\":\\"ThrottlingException\\"}}"}',
  ],
  [
    'provider_rate_limit',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":\\"An error occurred (ThrottlingException) when calling the InvokeModel operation (reached max retries: 4): Too many requests, please wait before trying again. You have sent too many requests.\\"}"}',
  ],
  [
    'provider_model_retired',
    404,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":\\"An error occurred (ResourceNotFoundException) when calling the InvokeModel operation: This model version has reached the end of its life. Please refer to the AWS documentation for more details.\\"}"}',
  ],
  [
    'provider_model_retired|provider_model_access',
    404,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":{\\"message\\":\\"Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 15 days.\\"}}"}',
  ],
  [
    'provider_key_invalid',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":{\\"message\\":\\"The security token included in the request is invalid.\\",\\"__type\\":\\"UnrecognizedClientException\\"}}"}',
  ],
  [
    'provider_key_invalid',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":{\\"message\\":\\"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.\\",\\"__type\\":\\"InvalidSignatureException\\"}}"}',
  ],
  [
    'provider_iam',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":{\\"message\\":\\"User: arn:aws:iam::1:user/serving is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/a because no identity-based policy allows the bedrock:InvokeModel action\\"}}"}',
  ],
  [
    'provider_iam',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":\\"An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:sts::1:assumed-role/a is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/b\\"}"}',
  ],
  [
    'provider_model_missing',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":{\\"message\\":\\"Invocation of model ID anthropic.claude-sonnet-4 with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.\\"}}"}',
  ],
  [
    'provider_model_missing',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":{\\"message\\":\\"The provided model identifier is invalid.\\",\\"__type\\":\\"ValidationException\\"}}"}',
  ],
  [
    'provider_overloaded|provider_failed',
    503,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":{\\"message\\":\\"Bedrock is unable to process your request.\\",\\"__type\\":\\"ServiceUnavailableException\\"}}"}',
  ],
  [
    'provider_model_access',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":{\\"message\\":\\"Model access is denied due to IAM user or service principal is not authorized to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access to this model.\\"}}"}',
  ],
  [
    'provider_content_filter|guardrail_input_safety|guardrail_output',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"amazon-bedrock\\",\\"external_model_error\\":{\\"message\\":\\"The generated text has been blocked by our content filters.\\"}}"}',
  ],
  [
    'provider_key_invalid',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"google-cloud-vertex-ai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":400,\\"message\\":\\"API key not valid. Please pass a valid API key.\\",\\"status\\":\\"INVALID_ARGUMENT\\",\\"details\\":[{\\"reason\\":\\"API_KEY_INVALID\\"}]}}}"}',
  ],
  [
    'provider_rate_limit|provider_quota_used_up',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"google-cloud-vertex-ai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":429,\\"message\\":\\"Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details.\\",\\"status\\":\\"RESOURCE_EXHAUSTED\\"}}}"}',
  ],
  [
    'provider_rate_limit|provider_quota_used_up',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"google-cloud-vertex-ai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":429,\\"message\\":\\"Quota exceeded for aiplatform.googleapis.com/generate_content_requests_per_minute_per_project_per_base_model with base model: gemini-2.0-flash.\\",\\"status\\":\\"RESOURCE_EXHAUSTED\\"}}}"}',
  ],
  [
    'provider_api_off',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"google-cloud-vertex-ai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":403,\\"message\\":\\"Vertex AI API has not been used in project 123 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis\\",\\"status\\":\\"PERMISSION_DENIED\\"}}}"}',
  ],
  [
    'provider_iam|provider_key_refused',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"google-cloud-vertex-ai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":403,\\"message\\":\\"Permission \'aiplatform.endpoints.predict\' denied on resource \'//aiplatform.googleapis.com/projects/p/locations/us/publishers/google/models/g\' (or it may not exist).\\",\\"status\\":\\"PERMISSION_DENIED\\"}}}"}',
  ],
  [
    'provider_model_missing|provider_model_retired',
    404,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"google-cloud-vertex-ai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":404,\\"message\\":\\"Publisher Model `projects/p/locations/us-central1/publishers/google/models/gemini-1.0-pro` was not found or your project does not have access to it. Please ensure you are using a valid model version.\\",\\"status\\":\\"NOT_FOUND\\"}}}"}',
  ],
  [
    'provider_overloaded',
    503,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"google-cloud-vertex-ai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":503,\\"message\\":\\"The model is overloaded. Please try again later.\\",\\"status\\":\\"UNAVAILABLE\\"}}}"}',
  ],
  [
    'provider_payment|provider_credit_low|provider_quota_used_up',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"google-cloud-vertex-ai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":403,\\"message\\":\\"This API method requires billing to be enabled. Please enable billing on project #123\\",\\"status\\":\\"PERMISSION_DENIED\\",\\"details\\":[{\\"reason\\":\\"BILLING_DISABLED\\"}]}}}"}',
  ],
  [
    'provider_key_invalid|provider_key_refused',
    401,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"google-cloud-vertex-ai\\",\\"external_model_error\\":\\"(\'invalid_grant: Invalid JWT Signature.\', {\'error\': \'invalid_grant\', \'error_description\': \'Invalid JWT Signature.\'})\\"}"}',
  ],
  [
    'provider_region',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"google-cloud-vertex-ai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":400,\\"message\\":\\"User location is not supported for the API use.\\",\\"status\\":\\"FAILED_PRECONDITION\\"}}}"}',
  ],
  [
    'provider_rate_limit',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"cohere\\",\\"external_model_error\\":{\\"message\\":\\"You are using a Trial key, which is limited to 10 API calls / minute. You can continue to use the Trial key for free or upgrade to a Production key\\"}}"}',
  ],
  [
    'provider_model_retired|provider_model_missing',
    404,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"cohere\\",\\"external_model_error\\":{\\"message\\":\\"model \'command-light-nightly\' was removed on September 15, 2025. Please use a different model\\"}}"}',
  ],
  [
    'provider_model_missing',
    404,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"cohere\\",\\"external_model_error\\":{\\"message\\":\\"model \'command-z\' not found, make sure the correct model ID was used and that you have access to the model.\\"}}"}',
  ],
  [
    'provider_rate_limit',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"mistral\\",\\"external_model_error\\":{\\"message\\":\\"Requests rate limit exceeded\\",\\"type\\":\\"rate_limited\\",\\"code\\":\\"1300\\"}}"}',
  ],
  [
    'provider_overloaded|provider_rate_limit',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"mistral\\",\\"external_model_error\\":{\\"object\\":\\"error\\",\\"message\\":\\"Service tier capacity exceeded for this model.\\",\\"type\\":\\"service_tier_capacity_exceeded\\",\\"code\\":\\"3505\\"}}"}',
  ],
  [
    'provider_model_missing',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"mistral\\",\\"external_model_error\\":{\\"object\\":\\"error\\",\\"message\\":\\"Invalid model: mistral-giant\\",\\"type\\":\\"invalid_model\\",\\"code\\":\\"1500\\"}}"}',
  ],
  [
    'provider_unreachable|provider_failed',
    502,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"custom\\",\\"external_model_error\\":{\\"error\\":\\"upstream connect error or disconnect/reset before headers. reset reason: connection failure\\"}}"}',
  ],
  [
    'provider_unreachable',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"custom\\",\\"external_model_error\\":\\"Connection refused: llm.ours.example.com/10.2.0.1:8000\\"}"}',
  ],
  [
    'provider_unreachable',
    504,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"custom\\",\\"external_model_error\\":\\"java.net.SocketTimeoutException: Read timed out\\"}"}',
  ],
  [
    'provider_unreachable',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"custom\\",\\"external_model_error\\":\\"javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path to requested target\\"}"}',
  ],
  [
    'guardrail_input_safety',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"usage\\":{},\\"input_guardrail\\":[{\\"flagged\\":true,\\"categories\\":{\\"violent-crimes\\":true}}],\\"finishReason\\":\\"input_guardrail_triggered\\"}"}',
  ],
  [
    'guardrail_input_pii',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"input_guardrail\\":[{\\"flagged\\":false,\\"pii_detection\\":true,\\"anonymized_input\\":\\"<EMAIL_ADDRESS>\\"}],\\"finishReason\\":\\"input_guardrail_triggered\\"}"}',
  ],
  [
    'guardrail_output',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"output_guardrail\\":[{\\"flagged\\":true}],\\"finishReason\\":\\"output_guardrail_triggered\\"}"}',
  ],
  [
    'guardrail_input_safety',
    400,
    '{"error_code":"BAD_REQUEST","message":"Request blocked by input guardrail \'no-secrets\'."}',
  ],
  [
    'payload_does_not_fit|columns_missing|payload_rejected',
    400,
    "{\"error_code\":\"BAD_REQUEST\",\"message\":\"Failed to enforce schema of data '   age' with schema '['tenure': long (required)]'. Error: Model is missing inputs ['tenure']. Note that there were extra inputs: ['age'].\"}",
  ],
  [
    'payload_does_not_fit|column_type|payload_rejected',
    400,
    '{"error_code":"BAD_REQUEST","message":"Failed to enforce schema of data. Error: Incompatible input types for column age. Can not safely convert object to float64."}',
  ],
  [
    'payload_does_not_fit|tensor_shape|payload_rejected',
    400,
    '{"error_code":"BAD_REQUEST","message":"Shape of input (1, 3) does not match expected shape (-1, 4)."}',
  ],
  [
    'payload_does_not_fit|body_not_json|payload_rejected',
    400,
    '{"error_code":"BAD_REQUEST","message":"Failed to parse input from JSON. Ensure that input is a valid JSON formatted string. Error: \'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)\'"}',
  ],
  [
    'payload_does_not_fit|envelope_wrong|payload_rejected',
    400,
    "{\"error_code\":\"BAD_REQUEST\",\"message\":\"The input must be a JSON dictionary with exactly one of the input fields {'inputs', 'instances', 'dataframe_records', 'dataframe_split'}. Received dictionary with input fields: ['data'].\"}",
  ],
  ['payload_too_large|body_too_large', 413, 'Request Entity Too Large'],
  [
    'payload_too_large|body_too_large',
    413,
    '{"error_code":"MALFORMED_REQUEST","message":"Request size cannot exceed 16777216 bytes."}',
  ],
  [
    'payload_too_large|body_too_large',
    400,
    '{"error_code":"BAD_REQUEST","message":"The request body is too large: 18234567 bytes exceeds the maximum of 16777216 bytes"}',
  ],
  [
    'payload_too_large|body_too_large',
    413,
    '<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body><center><h1>413 Request Entity Too Large</h1></center><hr><center>nginx</center></body></html>',
  ],
  [
    'payload_rejected',
    400,
    '{"error_code":"INVALID_PARAMETER_VALUE","message":"\'messages\' field is not supported. Please use \'input\' field instead."}',
  ],
  [
    'model_raises|model_raised',
    400,
    '{"error_code":"BAD_REQUEST","message":"Encountered an unexpected error while evaluating the model. Verify that the input is compatible with the model for inference. Error \'division by zero\'","stack_trace":"Traceback (most recent call last):\\n  File \\"/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/mlflowserving/scoring_server/__init__.py\\", line 712, in transformation\\n    raw_predictions = model.predict(data)\\n  File \\"/model/code/m.py\\", line 4, in predict\\n    return a / b\\nZeroDivisionError: division by zero\\n"}',
  ],
  [
    'dependency_timeout',
    400,
    '{"error_code":"BAD_REQUEST","message":"Encountered an unexpected error while evaluating the model. Verify that the input is compatible with the model for inference. Error \'\'","stack_trace":"Traceback (most recent call last):\\n  File \\"/model/code/m.py\\", line 4, in predict\\n    return self.index.query(vector=v)\\n  File \\"/opt/x/site-packages/pinecone/data/index.py\\", line 400, in query\\nurllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host=\'ours-1.svc.pinecone.io\', port=443): Read timed out. (read timeout=None)\\n"}',
  ],
  ['near_time_limit', 504, 'upstream request timeout'],
  ['no_replica_answers', 503, 'no healthy upstream'],
  [
    'no_replica_answers',
    503,
    'upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure, transport failure reason: delayed connect error: 111',
  ],
  [
    'platform_error',
    500,
    '{"error_code":"INTERNAL_ERROR","message":"The server received an invalid response from an upstream server."}',
  ],
  [
    'embedding_call_failed',
    400,
    '{"error_code":"INVALID_PARAMETER_VALUE","message":"Failed to call Model Serving endpoint: bge-embed. HTTP 404"}',
  ],
  [
    'endpoint_concurrency|rate_limited|workspace_parallel',
    429,
    '{"error_code":"RESOURCE_EXHAUSTED","message":"Request queue is full for model churn"}',
  ],
  [
    'own_limit_user',
    429,
    '{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"User defined rate limit(s) exceeded for \'llm\'. Tokens-per-minute limit exceeded for user bob@example.com"}',
  ],
  [
    'own_limit_group',
    429,
    '{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"User defined rate limit(s) exceeded for \'llm\'. Tokens-per-minute limit exceeded for group finance"}',
  ],
  [
    'own_limit_requests',
    429,
    '{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"User defined rate limit(s) exceeded for \'llm\'."}',
  ],
  [
    'provider_key_invalid',
    401,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"azure-openai\\",\\"external_model_error\\":{\\"error\\":\\"invalid_client\\",\\"error_description\\":\\"AADSTS7000215: Invalid client secret provided.\\"}}"}',
  ],
  [
    'provider_key_invalid',
    401,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"Incorrect API key provided: sk-x\\",\\"code\\":\\"invalid_api_key\\"}}}"}',
  ],
  [
    'provider_iam',
    403,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"google-cloud-vertex-ai\\",\\"external_model_error\\":{\\"error\\":{\\"code\\":403,\\"status\\":\\"PERMISSION_DENIED\\",\\"message\\":\\"Permission \'aiplatform.endpoints.predict\' denied on resource \'x\'\\"}}}"}',
  ],
  [
    'provider_content_filter',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"anthropic\\",\\"external_model_error\\":{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"invalid_request_error\\",\\"message\\":\\"Output blocked by content filtering policy\\"}}}"}',
  ],
  [
    'provider_content_filter',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"Your request was rejected as a result of our safety system.\\",\\"code\\":\\"content_policy_violation\\"}}}"}',
  ],
  [
    'provider_unreachable',
    400,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"custom\\",\\"external_model_error\\":\\"java.net.UnknownHostException: llm.internal\\"}"}',
  ],
  [
    'provider_unreachable',
    503,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"custom\\",\\"external_model_error\\":\\"no healthy upstream\\"}"}',
  ],
  [
    'provider_model_missing',
    404,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"mistral\\",\\"external_model_error\\":{\\"message\\":\\"The model `m` does not exist\\",\\"code\\":\\"invalid_model\\"}}"}',
  ],
  [
    'provider_model_retired',
    404,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"openai\\",\\"external_model_error\\":{\\"error\\":{\\"message\\":\\"The model `text-davinci-003` has been deprecated, learn more here: https://x\\",\\"code\\":\\"model_not_found\\"}}}"}',
  ],
  [
    'provider_rate_limit',
    429,
    '{"error_code":"BAD_REQUEST","message":"{\\"external_model_provider\\":\\"anthropic\\",\\"external_model_error\\":{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"rate_limit_error\\",\\"message\\":\\"Your account has hit a rate limit.\\"}}}"}',
  ],
  ['payload_too_large', 400, '{"error_code":"BAD_REQUEST","message":"Payload too large: 17MB"}'],
  ['payload_too_large', 413, '{"error_code":"INVALID_PARAMETER_VALUE","message":"Request body too large"}'],
  ['unknown_answer', 400, '{"error_code":"BAD_REQUEST","message":"Something odd happened to the flux."}'],
  ['token_invalid', 403, '{"error_code":"403","message":"Invalid access token."}'],
  ['platform_error', 500, '{"error_code":"INTERNAL_ERROR","message":"An internal error occurred."}'],
];

/** Exceptions behind requests that fail. */
export const RAISED: readonly (readonly [codes: string, text: string])[] = [
  ['dependency_refused', 'pinecone.core.openapi.shared.exceptions.ServiceException: (503)'],
  ['gpu_fault', 'RuntimeError: CUDA error: device-side assert triggered'],
  ['payload_breaks_model', "ValueError: could not convert string to float: 'unknown'"],
  [
    'dependency_refused',
    'snowflake.connector.errors.DatabaseError: 250001 (08001): None: Failed to connect to DB: ours.snowflakecomputing.com:443. Incorrect username or password was specified.',
  ],
  ['dependency_refused', 'oracledb.exceptions.DatabaseError: ORA-01017: invalid username/password; logon denied'],
  ['gpu_out_of_memory', 'RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`'],
  ['dependency_timeout', "django.db.utils.OperationalError: couldn't get a connection after 30.00 sec"],
  [
    'dependency_timeout',
    'sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00',
  ],
  ['dependency_timeout', 'qdrant_client.http.exceptions.ResponseHandlingException: timed out'],
  [
    'dependency_timeout',
    'grpc._channel._InactiveRpcError: <_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.DEADLINE_EXCEEDED\n\tdetails = "Deadline Exceeded"\n>',
  ],
  [
    'dependency_unreachable',
    'grpc._channel._InactiveRpcError: <_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n\tdetails = "failed to connect to all addresses; last error: UNKNOWN: ipv4:10.1.0.2:6334: Failed to connect to remote host: Connection refused"\n>',
  ],
  [
    'dependency_timeout',
    'weaviate.exceptions.WeaviateQueryError: Query call with protocol GRPC search failed with message Deadline Exceeded.',
  ],
  [
    'dependency_timeout|dependency_unreachable',
    'pymilvus.exceptions.MilvusException: <MilvusException: (code=2, message=Fail connecting to server on milvus.internal:19530, illegal connection params or server unavailable)>',
  ],
  [
    'dependency_timeout',
    "elasticsearch.exceptions.ConnectionTimeout: ConnectionTimeout caused by - ReadTimeoutError(HTTPSConnectionPool(host='es.internal', port=9200): Read timed out. (read timeout=10))",
  ],
  [
    'dependency_timeout|dependency_unreachable',
    'snowflake.connector.errors.OperationalError: 250001: Could not connect to Snowflake backend after 2 attempt(s).Aborting',
  ],
  ['dependency_timeout', 'oracledb.exceptions.DatabaseError: DPY-6005: cannot connect to database. timed out'],
  [
    'dependency_timeout',
    "pyodbc.OperationalError: ('08001', '[08001] [Microsoft][ODBC Driver 18 for SQL Server]TCP Provider: Timeout error [258].  (258) (SQLDriverConnect)')",
  ],
  ['dependency_timeout', 'google.api_core.exceptions.DeadlineExceeded: 504 Deadline Exceeded'],
  [
    'dependency_timeout|dependency_unreachable',
    'google.api_core.exceptions.RetryError: Timeout of 60.0s exceeded, last exception: 503 failed to connect to all addresses',
  ],
  [
    'dependency_timeout',
    "cassandra.OperationTimedOut: errors={'10.0.0.5:9042': 'Client request timeout. See Session.execute[_async](timeout)'}, last_host=10.0.0.5:9042",
  ],
  ['dependency_timeout', 'asyncio.exceptions.TimeoutError'],
  ['dependency_timeout', 'TimeoutError: [Errno 110] Connection timed out'],
  [
    'dependency_timeout',
    'azure.core.exceptions.ServiceResponseTimeoutError: ("Connection to ours.documents.azure.com timed out. (read timeout=60)")',
  ],
  [
    'dependency_timeout',
    'databricks.vector_search.exceptions.BadRequest: Response content b\'{"error_code":"DEADLINE_EXCEEDED","message":"Request timed out."}\', status_code 504',
  ],
  [
    'dependency_timeout',
    'litellm.exceptions.Timeout: litellm.Timeout: APITimeoutError - Request timed out. Error_str: Request timed out.',
  ],
  [
    'dependency_timeout',
    'anthropic.APITimeoutError: Request timed out or interrupted. This could be due to a network timeout, dropped connection, or request cancellation.',
  ],
  [
    'dependency_timeout',
    'kafka.errors.KafkaTimeoutError: KafkaTimeoutError: Failed to update metadata after 60.0 secs.',
  ],
  [
    'dependency_timeout',
    "opensearchpy.exceptions.ConnectionTimeout: ConnectionTimeout caused by - ReadTimeoutError(HTTPSConnectionPool(host='search.ours.example.com', port=443): Read timed out. (read timeout=30))",
  ],
  [
    'dependency_timeout',
    "neo4j.exceptions.ServiceUnavailable: Timed out trying to establish connection to ResolvedIPv4Address(('10.0.0.9', 7687))",
  ],
  [
    'dependency_unreachable',
    "neo4j.exceptions.ServiceUnavailable: Couldn't connect to graph.internal:7687 (resolved to ()):\nFailed to DNS resolve address graph.internal:7687: [Errno -2] Name or service not known",
  ],
  ['dependency_unreachable', 'httpx.ConnectError: [Errno 111] Connection refused'],
  ['dependency_unreachable', 'openai.APIConnectionError: Connection error.'],
  [
    'dependency_unreachable',
    "urllib3.exceptions.ProtocolError: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
  ],
  [
    'dependency_unreachable',
    'psycopg2.OperationalError: server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.',
  ],
  ['dependency_unreachable', "pymysql.err.OperationalError: (2013, 'Lost connection to MySQL server during query')"],
  [
    'dependency_unreachable',
    "requests.exceptions.SSLError: HTTPSConnectionPool(host='scores.example.com', port=443): Max retries exceeded with url: / (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1007)')))",
  ],
  [
    'dependency_unreachable',
    'aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host scores.internal:8443 ssl:default [Name or service not known]',
  ],
  [
    'dependency_unreachable',
    'botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "https://sqs.eu-west-1.amazonaws.com/"',
  ],
  [
    'dependency_refused|dependency_unreachable',
    'requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: https://scores.example.com/v1/score',
  ],
  [
    'dependency_refused|dependency_unreachable',
    'requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://scores.example.com/v1/score',
  ],
  [
    'dependency_refused',
    'psycopg2.OperationalError: connection to server at "db.internal" (10.0.0.4), port 5432 failed: FATAL:  password authentication failed for user "serving"',
  ],
  [
    'dependency_refused',
    'psycopg2.OperationalError: connection to server at "db.internal" (10.0.0.4), port 5432 failed: FATAL:  sorry, too many clients already',
  ],
  ['dependency_refused', 'redis.exceptions.AuthenticationError: invalid username-password pair or user is disabled.'],
  [
    'dependency_refused',
    "pymongo.errors.OperationFailure: bad auth : Authentication failed., full error: {'ok': 0, 'errmsg': 'bad auth : Authentication failed.', 'code': 8000}",
  ],
  [
    'dependency_refused',
    'botocore.exceptions.ClientError: An error occurred (ProvisionedThroughputExceededException) when calling the GetItem operation: The level of configured provisioned throughput for the table was exceeded.',
  ],
  [
    'dependency_refused',
    "databricks.sdk.errors.platform.PermissionDenied: User does not have permission 'View' on Endpoint 'bge-embed'.",
  ],
  [
    'dependency_refused|provider_rate_limit',
    'litellm.exceptions.RateLimitError: litellm.RateLimitError: DatabricksException - {"error_code":"REQUEST_LIMIT_EXCEEDED","message":"Exceeded workspace QPS rate limit for databricks-gte-large-en."}',
  ],
  [
    'provider_key_invalid|dependency_refused',
    "anthropic.AuthenticationError: Error code: 401 - {'type': 'error', 'error': {'type': 'authentication_error', 'message': 'invalid x-api-key'}}",
  ],
  [
    'dependency_refused|provider_rate_limit|provider_quota_used_up',
    "openai.RateLimitError: Error code: 429 - {'error': {'message': 'You exceeded your current quota, please check your plan and billing details.', 'type': 'insufficient_quota', 'code': 'insufficient_quota'}}",
  ],
  [
    'dependency_refused|provider_model_missing|provider_not_found',
    "openai.NotFoundError: Error code: 404 - {'error': {'message': 'The model `gpt-4-32k` does not exist or you do not have access to it.', 'code': 'model_not_found'}}",
  ],
  [
    'gpu_out_of_memory|gpu_memory',
    'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.17 GiB. GPU 0 has a total capacity of 22.06 GiB',
  ],
  ['model_raises', 'sklearn.exceptions.NotFittedError: This RandomForestClassifier instance is not fitted yet.'],
  ['model_raises', 'IndexError: list index out of range'],
  ['model_raises', "AttributeError: 'NoneType' object has no attribute 'lower'"],
  ['model_raises', 'json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)'],
  [
    'payload_breaks_model',
    'ValueError: X has 11 features, but RandomForestClassifier is expecting 12 features as input.',
  ],
  [
    'dependency_refused',
    "httpx.HTTPStatusError: Client error '403 Forbidden' for url 'https://api.ours.example.com/v2'",
  ],
  ['dependency_refused', 'qdrant_client.http.exceptions.UnexpectedResponse: Unexpected Response: 401 (Unauthorized)'],
  [
    'dependency_refused',
    "pyodbc.InterfaceError: ('28000', \"[28000] [Microsoft][ODBC Driver 18 for SQL Server]Login failed for user 'serving'. (18456)\")",
  ],
  ['dependency_refused', 'redis.exceptions.ConnectionError: max number of clients reached'],
  [
    'dependency_refused',
    'botocore.exceptions.ClientError: An error occurred (ThrottlingException) when calling the Query operation: Rate exceeded',
  ],
  ['dependency_refused', "pymysql.err.OperationalError: (1040, 'Too many connections')"],
  ['dependency_unreachable', 'psycopg2.OperationalError: could not connect to server: No route to host'],
  ['dependency_unreachable', "pymysql.err.OperationalError: (2006, 'MySQL server has gone away')"],
  [
    'dependency_unreachable',
    'ssl.SSLError: [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol (_ssl.c:2427)',
  ],
  [
    'dependency_unreachable',
    'weaviate.exceptions.WeaviateConnectionError: Connection to Weaviate failed. Details: [Errno 111] Connection refused',
  ],
  [
    'dependency_timeout',
    'clickhouse_connect.driver.exceptions.OperationalError: Error timed out executing HTTP request attempt 1 to http://ch.internal:8123',
  ],
  ['dependency_timeout', 'google.api_core.exceptions.DeadlineExceeded: 504 The datastore operation timed out'],
  ['model_raises', "TypeError: score() got an unexpected keyword argument 'timeout'"],
  ['model_raises', "ValueError: Authentication field 'auth' must be a string"],
  ['model_raises', 'RuntimeError: could not connect the dots in the graph'],
];

/** Lines of builds that prove nothing. */
export const HARMLESS_BUILD: readonly string[] = [
  'WARNING: 401 Error, Credentials not correct for https://pypi.ours.example.com/simple/numpy/\nCollecting numpy==1.26.4\n  Downloading numpy-1.26.4-cp311.whl (18.2 MB)\nSuccessfully installed numpy-1.26.4',
  "WARNING: Retrying (Retry(total=3, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ReadTimeoutError(\"HTTPSConnectionPool(host='pypi.org', port=443): Read timed out. (read timeout=15)\")': /simple/torch/\nCollecting torch==2.3.1",
  "ERROR: pip's dependency resolver does not currently take into account all the packages that are installed. This behaviour is the source of the following dependency conflicts.\ngoogle-api-core 2.11.0 requires protobuf<5.0, but you have protobuf 5.26.0 which is incompatible.\nSuccessfully installed protobuf-5.26.0",
  "  Building wheel for pystan (setup.py): finished with status 'error'\n  ERROR: Failed building wheel for pystan\n  Running setup.py clean for pystan\nInstalling collected packages: pystan\n    Running setup.py install for pystan: finished with status 'done'\nSuccessfully installed pystan-2.19.1.1",
  'INFO: pip is looking at multiple versions of botocore to determine which version is compatible with other requirements. This could take a while.\nINFO: This is taking longer than usual. You might need to provide the dependency resolver with stricter constraints to reduce runtime.',
  'Collecting exceptiongroup==1.2.0\nCollecting jaraco.errors\nCollecting pytest-timeout==2.3.1\nCollecting errorhandler',
  'Solving environment: ...working... failed with initial frozen solve. Retrying with flexible solve.\nSolving environment: ...working... done',
  'Solving environment: ...working... failed with repodata from current_repodata.json, will retry with next repodata source.\nCollecting package metadata (repodata.json): ...working... done\nSolving environment: ...working... done',
  "DEPRECATION: Building 'fire' using the legacy setup.py bdist_wheel mechanism, which will be removed in a future version. pip 25.3 will enforce this behaviour change.",
  "WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the system package manager",
  "WARNING: The candidate selected for download or install is a yanked version: 'mlflow' candidate (version 2.0.0). Reason for being yanked: broken upload, does not load",
  "  SetuptoolsDeprecationWarning: Invalid dash-separated key 'description-file' in 'metadata' (setup.cfg), error in future versions",
  "cc1: warning: command-line option '-Wstrict-prototypes' is valid for C/ObjC but not for C++\nnote: error in previous attempt ignored\nSuccessfully built hnswlib",
  'WARNING: Skipping page https://pypi.ours.example.com/simple/ours/ because the HEAD request got Content-Type: text/html. The only supported Content-Types are application/vnd.pypi.simple.v1+json\nCollecting ours\n  Downloading ours-1.0.whl',
  "WARNING conda.conda_pypi: could not find mapping: No module named 'conda_pypi'",
  'name: mlflow-env\ndependencies:\n- pip:\n  - --extra-index-url https://{{secrets/prod/pypi}}@pypi.ours.example.com/simple\n  - stopit==1.1.2 # avoid "out of memory", "timeout" and CUDA error: see ticket 41\n  - numpy==1.26.4',
  '#9 [5/7] RUN pip install -r requirements.txt || pip install -r fallback.txt\nERROR: No matching distribution found for ours==9\nCollecting ours==1\nSuccessfully installed ours-1',
  'error: Failed to fetch `https://a.example.com/simple/ours/` (attempt 1 of 4), retrying\n Downloaded ours\nInstalled 41 packages in 1.20s',
  'warning: The package `pydantic==2.11.3` does not have an extra named `dotenv`\nwarning: Failed to hardlink files; falling back to full copy. This may lead to degraded performance.\nInstalled 102 packages in 2.4s',
  '[notice] A new release of pip is available: 24.0 -> 25.1',
  'Downloading huggingface_hub-0.23.0 (MB)\n  Retrying download after error: IncompleteRead(1024 bytes read)\n  Downloading huggingface_hub-0.23.0',
  'Pinning setuptools<82 to preserve pkg_resources',
  '==> WARNING: A newer version of conda exists. <==\n  current version: 23.1.0',
  'Preparing transaction: ...working... done\nVerifying transaction: ...working... done\nExecuting transaction: ...working... ERROR conda.core.link:_execute(945): warning only: pre-unlink script of old package left\ndone',
  'WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by \'ProtocolError("Connection aborted.", RemoteDisconnected("Remote end closed connection without response"))\': /simple/a/\nSuccessfully installed a-1.0',
  'warning: `pkg_resources` is deprecated as an API. No module named distutils in future versions',
  'hint: `torch` only has wheels with the following platforms in another index; using pypi\nInstalled 20 packages in 2s',
  'ERROR: HTTP error 503 while getting https://m.example.com/a.whl\nRetrying\nSuccessfully installed a-1.0',
  'Collecting antiword-error-timeout==1.0\nCollecting out-of-memory-profiler==2\nSuccessfully installed antiword-error-timeout-1.0',
  'CMake Warning at CMakeLists.txt:3: CMake Error handling is old\nSuccessfully built dlib',
  'died with dignity: test of signal names SIGKILL 9 in docs\nCollecting a',
  'ChecksumMismatch policy: warn\nCollecting package metadata: done',
];

/** Lines of starts that prove nothing. */
export const HARMLESS_START: readonly string[] = [
  '[7] [WARNING] Timed out waiting for engine core once; retried',
  'UserWarning: CUDA initialization: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver (Triggered internally at c10/cuda/CUDAFunctions.cpp:108.)',
  "2026-11-28 11:40:00.1: W tensorflow/stream_executor/platform/default/dso_loader.cc:64] Could not load dynamic library 'libcudart.so.11.0'; dlerror: libcudart.so.11.0: cannot open shared object file: No such file or directory",
  'InconsistentVersionWarning: Trying to unpickle estimator LogisticRegression from version 1.2.2 when using version 1.4.0. This might lead to breaking code or invalid results.',
  "2026/11/28 11:40:00 WARNING mlflow.pyfunc: Detected one or more mismatches between the model's dependencies and the current Python environment:\n - numpy (current: 2.0.1, required: numpy==1.26.4)\nTo fix the mismatches, call `mlflow.pyfunc.get_model_dependencies(model_uri)`",
  '2026/11/28 11:40:00 WARNING mlflow.pyfunc: The version of Python that the model was saved in, `Python 3.10.12`, differs from the version of Python that is currently running, `Python 3.11.9`, and may be incompatible',
  'FutureWarning: You are using `torch.load` with `weights_only=False` (the current default value), which uses the default pickle module implicitly.',
  "WARNING:root:xFormers can't load C++/CUDA extensions. Memory-efficient attention won't be available. ModuleNotFoundError: No module named 'triton'",
  'A matching Triton is not available, some optimizations will not be enabled\nTraceback (most recent call last):\n  File "/opt/x/site-packages/xformers/__init__.py", line 55, in _is_triton_available\n    import triton\nModuleNotFoundError: No module named \'triton\'',
  'RuntimeWarning: numpy.dtype size changed, may indicate binary incompatibility. Expected 88 from C header, got 96 from PyObject',
  "[7] [WARNING] cache file missing, computing: [Errno 2] No such file or directory: '/tmp/cache.pkl'",
  "INFO:root:loading config {'on_error': 'ignore', 'max_retries': 3, 'oom_policy': 'OutOfMemory: restart', 'secret': '{{secrets/prod/token}}'}",
  "urllib3.connectionpool WARNING Retrying (Retry(total=2, connect=None)) after connection broken by 'ConnectTimeoutError': /bert/resolve/main/config.json\nINFO loaded config.json",
  'huggingface_hub FutureWarning: `resume_download` is deprecated and will be removed in version 1.0.0.',
  "Some weights of BertForSequenceClassification were not initialized from the model checkpoint at /model/a and are newly initialized: ['classifier.bias', 'classifier.weight']",
  'The attention mask is not set and cannot be inferred from input because pad token is same as eos token.',
  '[11:40:00] WARNING: /workspace/src/gbm/../common/error_msg.h:80: If you are loading a serialized model (like pickle in Python, RDS in R) or configuration generated by an older version of XGBoost, please export the model by calling `Booster.save_model` from that version first',
  'LangChainDeprecationWarning: Importing Chroma from langchain.vectorstores is deprecated. Please replace deprecated imports',
  'PydanticDeprecatedSince20: Support for class-based `config` is deprecated, use ConfigDict instead.',
  'WARNING:databricks_ai_bridge: Unable to get auth from Databricks Model Serving Environment, falling back',
  'Ignored unsupported option: worker_timeout=120; CRITICAL=50 log level names loaded',
  '2026-11-28 11:40:00 [info] E0000 00:00:1 cuda_dnn.cc:8310] Unable to register cuDNN factory: Attempting to register factory for plugin cuDNN when one has already been registered',
  '[2026-11-28 11:40:00 +0000] [2] [WARNING] Worker with pid 6 was terminated due to signal 15',
  'bitsandbytes WARNING: The installed version of bitsandbytes was compiled without GPU support. 8-bit optimizers, 8-bit multiplication, and GPU quantization are unavailable.',
  '[2026-11-28 11:40:00 +0000] [7] [INFO] tokenizer warmup: "ModuleNotFoundError: No module named \'foo\'" -> 11 tokens',
  "WARNING: module 'collections' has no attribute 'Callable' in plugin x, skipping the plugin",
  "UserWarning: Failed to load image Python extension: '/opt/x/torchvision/image.so: undefined symbol: _ZN3c10'If you don't plan on using image functionality from `torchvision.io`, you can ignore this warning.",
  "RuntimeWarning: Couldn't find ffmpeg or avconv - defaulting to ffmpeg, but may not work",
  'DeprecationWarning: `np.bool8` is a deprecated alias for `np.bool_`.  (Deprecated NumPy 1.24) was removed in the NumPy 2.0 release docs',
  '[11:40:00] WARNING: /workspace/src/learner.cc:553: If you are loading a serialized model (like pickle in Python) generated by older XGBoost, please export the model by calling `Booster.save_model` from that version first, then load it back in current version.',
  'INFO is the server running on GPU? no, CPU. insufficient memory is not expected',
  'INFO:httpx:HTTP Request: HEAD https://huggingface.co/a "HTTP/1.1 429 Too Many Requests"\nINFO retrying, ok',
  '2026-11-28 11:40:00 WARNING validation errors for Settings were fixed by defaults',
  'INFO ssl: SSLError handler installed; CERTIFICATE_VERIFY_FAILED will be retried',
];

/** Lines of a running endpoint whose requests end well. */
export const HARMLESS_RUN: readonly string[] = [
  "[7] [WARNING] could not convert string to float: 'unknown'; the mean is used",
  '[7] [WARNING] X has 11 features, but StandardScaler is expecting 12 features as input; the missing one is filled',
  '[7] [WARNING] User-specified max_model_len (8192) is greater than the derived one would be with rope scaling off',
  "[7] [WARNING] attempt 1 of 3 failed: requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='scores.example.com', port=443): Read timed out. (read timeout=2), retrying in 1 s\n[7] [INFO] attempt 2 succeeded",
  '[7] [ERROR] cache miss: redis.exceptions.ConnectionError: Error 111 connecting to cache:6379. Connection refused. Falling back to the database',
  '[7] [INFO] prompt: "Why do I get CUDA out of memory. Tried to allocate 2.00 GiB?"',
  '[7] [INFO] user text: psycopg2.OperationalError: could not connect to server: Connection refused',
  '[7] [INFO] classify(text="our server answered 429 Too Many Requests") -> label=complaint',
  'Traceback (most recent call last):\n  File "/model/code/features.py", line 8, in get\n    return table[key]\nKeyError: \'c-1881\'\n[7] [INFO] unknown customer, default score',
  '[7] [DEBUG] config: {"timeout": 30, "retry_on": [429, 500, 503], "error_policy": "raise"}',
  '[7] [WARNING] openai: Rate limit reached for gpt-4o, backing off 1.2 s\n[7] [INFO] openai: ok after 2 attempts',
  '[2] [CRITICAL] WORKER TIMEOUT (pid:9)\n[2] [ERROR] Worker (pid:9) was sent SIGABRT!\n[12] [INFO] Booting worker with pid: 12',
  '[2] [INFO] Handling signal: term\n[7] [INFO] Worker exiting (pid: 7)\n[2] [ERROR] Worker (pid:8) was sent SIGTERM!\n[2] [INFO] Shutting down: Master',
  'UserWarning: X does not have valid feature names, but RandomForestClassifier was fitted with feature names',
  '[7] [INFO] model gpt-3.5-turbo-0301 has been deprecated, so requests go to gpt-4o-mini',
  '[7] [INFO] evaluation: passed 41 failed 0 errors 0 timeouts 0',
  '[7] [WARNING] token expires in 30 s, renewing\n[7] [INFO] token renewed',
  '[7] [INFO] guardrail check: {"flagged": false, "finishReason": "stop"}',
  '[7] [INFO] summary: "The outage was caused by no space left on device (Errno 28)."',
  "[7] [ERROR] trace export failed: mlflow.exceptions.RestException: PERMISSION_DENIED: User does not have USE SCHEMA on Schema 'system.ai'.",
  '[7] [WARNING] requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://scores.example.com/v1, retry 1\n[7] [INFO] ok',
  '[7] [ERROR] lookup failed: psycopg2.OperationalError: FATAL: password authentication failed for user "x"; using the replica',
  '[7] [INFO] label=AuthenticationError for text "Access denied for user root"',
  "[7] [INFO] too many connections between nodes in the user's graph",
  '[7] [INFO] classify: SSLError -> network',
];

/** State messages of a deployment that may still end well. */
export const HARMLESS_STATE: readonly string[] = [
  '',
  'Container creation pending.',
  'Pending Container Creation',
  'Scaled to zero',
  'Served entity creation in progress',
  'Waiting for container',
  'Scaling up',
  'Container image creation succeeded.',
  'Waiting for compute resources',
  'Waiting for resources',
  'Waiting for the GPU to be assigned',
];
