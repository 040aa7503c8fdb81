/** Causes of a container that does not start. The words of each are in `src/digest/load-causes.ts`. */
import type { Rule } from '../finding.ts';
import { largerSize, type SettingsChange, settingsCall } from '../remedies.ts';
import { type CauseText, causeRules } from './cause-rule.ts';

const AUTHOR = { who: 'model author' } as const;
const MANAGER = { who: 'endpoint manager' } as const;

/** A changed setting that ends the failure. */
const setting =
  (change: SettingsChange, say: string): CauseText['fix'] =>
  (evidence, deployment) => {
    const call = settingsCall(evidence, deployment, change);
    return call && { call, say };
  };

const larger: CauseText['fix'] = (evidence, deployment) => {
  const size = largerSize(deployment.entity);
  const call = size === undefined ? undefined : settingsCall(evidence, deployment, { workload_size: size });
  if (!call) return undefined;
  const after = deployment.config === 'active' || !evidence.endpoint.config ? '' : ' Then deploy the version again.';
  return { call, say: `Use a larger workload size, which costs more.${after} A smaller model helps too.` };
};

const ENV = ({ entity }: { entity: { environment_vars?: Record<string, string> | undefined } }, name: string) =>
  entity.environment_vars?.[name] !== undefined;

const TABLE: Record<string, CauseText> = {
  resources_undeclared: {
    ...AUTHOR,
    source: 'mlflow, utils/databricks_utils.py',
    is: 'the model was logged without the resources that it uses',
  },
  artifact_download_failed: {
    who: 'workspace admin',
    source: 'mlflow, store/artifact/artifact_repo.py',
    is: 'the files of the model could not be read from their storage',
  },
  own_code_missing: { ...AUTHOR, source: 'CPython, import system', is: 'code of the model itself is not part of it' },
  sklearn_version: {
    ...AUTHOR,
    source: 'scikit-learn, pickles of other versions',
    is: 'scikit-learn is not the version that logged the model',
  },
  module_of_other_version: {
    ...AUTHOR,
    source: 'CPython, import system',
    is: 'a library is not the version that logged the model',
  },
  module_missing: { ...AUTHOR, source: 'CPython, import system', is: 'a Python module is missing' },
  import_name_missing: { ...AUTHOR, source: 'CPython, import system', is: 'two packages do not fit together' },
  shared_library_missing: { ...AUTHOR, source: 'the loader of Linux', is: 'a system library is missing' },
  system_program_missing: {
    ...AUTHOR,
    source: 'CPython, subprocess',
    is: 'a program that the model calls is not installed',
  },
  glibc_too_old: { ...AUTHOR, source: 'the loader of Linux', is: 'a package was built for a newer system' },
  numpy_abi: {
    ...AUTHOR,
    source: 'numpy, core/_multiarray_umath.py',
    is: 'a package was built for another version of numpy',
  },
  pickle_class_missing: { ...AUTHOR, source: 'CPython, pickle', is: 'a class of the pickled model cannot be imported' },
  pickle_python_version: {
    ...AUTHOR,
    source: 'CPython, pickle; gunicorn, arbiter.py',
    is: 'the process crashed, as it does when another Python pickled the model',
  },
  mlflow_version: {
    ...AUTHOR,
    source: 'assumed: recorded load errors',
    is: 'mlflow is not the version that logged the model',
  },
  model_files_missing: { ...AUTHOR, source: 'mlflow, utils/model_utils.py', is: 'the path holds no MLflow model' },
  packaged_file_missing: { ...AUTHOR, source: 'CPython, open', is: 'a file is not part of the model' },
  folder_not_writable: {
    ...AUTHOR,
    source: 'CPython, open',
    is: 'the code writes into a folder that it may not change',
  },
  artifact_missing: { ...AUTHOR, source: 'clients of cloud storage', is: 'a file of the model is not in its storage' },
  state_dict_mismatch: {
    ...AUTHOR,
    source: 'torch, nn/modules/module.py',
    is: 'the weights do not fit the code of the model',
  },
  data_package_missing: {
    ...AUTHOR,
    source: 'spacy, errors.py; nltk, data.py',
    is: 'data of a language library is missing',
  },
  dependency_unreachable: {
    who: 'workspace admin',
    source: 'CPython, socket',
    is: 'an address that the model connects to could not be reached',
  },
  stream_without_descriptor: {
    ...AUTHOR,
    source: 'assumed: recorded load errors',
    is: 'the code passes sys.stdout or sys.stderr to a subprocess',
  },
  event_loop_running: { ...AUTHOR, source: 'CPython, asyncio', is: 'the code starts an event loop inside another one' },
  pydantic_version: {
    ...AUTHOR,
    source: 'pydantic, _migration.py',
    is: 'pydantic is another version than the code needs',
  },
  torch_weights_only: {
    ...AUTHOR,
    source: 'torch, serialization.py',
    is: 'this torch refuses to load pickled objects',
  },
  artifact_corrupt: {
    ...AUTHOR,
    source: 'CPython, pickle; safetensors',
    is: 'a file of the model is truncated or only a pointer',
  },
  xgboost_format: {
    ...AUTHOR,
    source: 'xgboost, src/common/error_msg.cc',
    is: 'this xgboost cannot read the format of the model',
  },
  env_var_missing: { ...MANAGER, source: 'CPython, os', is: 'an environment variable is not set' },
  hub_gated: { ...AUTHOR, source: 'huggingface_hub, utils/_http.py', is: 'the model on the hub is gated' },
  hub_unreachable: {
    ...AUTHOR,
    source: 'huggingface_hub, utils/_http.py',
    is: 'the hub of the weights could not be reached',
  },
  hub_not_found: {
    ...AUTHOR,
    source: 'huggingface_hub, errors.py',
    is: 'the hub has no such repository, or it is private',
  },
  hub_xet_io: {
    ...AUTHOR,
    source: 'hf-xet',
    is: 'the download from the hub broke',
    fix: setting({ environment_vars: { HF_HUB_DISABLE_XET: '1' } }, 'Switch the xet download off.'),
  },
  hf_transfer_missing: {
    ...AUTHOR,
    source: 'huggingface_hub, file_download.py',
    is: 'a variable asks for hf_transfer, which is not installed',
    fix: (evidence, deployment) =>
      ENV(deployment, 'HF_HUB_ENABLE_HF_TRANSFER')
        ? setting(
            { remove_environment_vars: ['HF_HUB_ENABLE_HF_TRANSFER'] },
            'Remove the variable, or add the package.',
          )?.(evidence, deployment)
        : undefined,
  },
  architecture_unknown: {
    ...AUTHOR,
    source: 'transformers, models/auto',
    is: 'the library does not know the architecture of the model',
  },
  transformers_version: {
    ...AUTHOR,
    source: 'transformers 5',
    is: 'transformers is not the version that the model needs',
  },
  remote_code_refused: {
    ...AUTHOR,
    source: 'transformers, dynamic_module_utils.py',
    is: 'the model needs code of its repository, which is not trusted',
  },
  engine_settings: {
    ...AUTHOR,
    source: 'vllm, config',
    is: 'a setting of the serving engine does not fit the model',
  },
  gpu_too_few: {
    ...MANAGER,
    source: 'vllm, config; CUDA',
    is: 'the model wants more GPUs than its workload type has',
  },
  gpu_missing: {
    ...MANAGER,
    source: 'torch, serialization.py; vllm',
    is: 'the model needs a GPU, and there is none',
    fix: (evidence, deployment) =>
      /GPU/i.test(deployment.entity.workload_type ?? '')
        ? undefined
        : setting(
            { workload_type: 'GPU_SMALL' },
            'Serve it on a GPU, which costs more, if the region has this type.',
          )?.(evidence, deployment),
  },
  kv_cache_memory: { ...AUTHOR, source: 'vllm', is: 'the context of the model does not fit into the GPU' },
  gpu_memory: { ...MANAGER, source: 'torch, CUDA', is: 'the GPU ran out of memory', explains: ['out_of_memory'] },
  cuda_driver_old: { ...AUTHOR, source: 'torch, CUDA', is: 'the driver of the GPU is too old for this torch' },
  gpu_arch_unsupported: { ...AUTHOR, source: 'CUDA', is: 'this torch was not built for the GPU' },
  gpu_dtype_unsupported: { ...AUTHOR, source: 'vllm', is: 'the GPU does not know the number format of the model' },
  bitsandbytes_binary: {
    ...AUTHOR,
    source: 'bitsandbytes, cextension.py',
    is: 'bitsandbytes was not built for this CUDA',
  },
  sdk_no_credentials: {
    ...AUTHOR,
    source: 'databricks-sdk-py, credentials_provider.py',
    is: 'the model has no login for the workspace',
  },
  cloud_login_missing: {
    ...AUTHOR,
    source: 'botocore, google-auth and azure-identity',
    is: 'the model has no login for the cloud from which it reads',
  },
  sdk_auth_conflict: { ...AUTHOR, source: 'databricks-sdk-py, config.py', is: 'the SDK found two logins' },
  user_auth_at_load: {
    ...AUTHOR,
    source: 'databricks-ai-bridge',
    is: 'the code wants the login of a user while no user is there',
  },
  vector_text_column: {
    ...AUTHOR,
    source: 'databricks-langchain',
    is: 'the index does not take the parameter text_column',
  },
  langchain_pickle_refused: { ...AUTHOR, source: 'langchain', is: 'langchain refuses to load a pickled index' },
  api_key_missing: { ...MANAGER, source: 'client libraries of providers', is: 'the API key of a provider is not set' },
  worker_timeout: {
    ...AUTHOR,
    source: 'gunicorn, arbiter.py',
    is: 'a worker was stopped because it took too long',
    explains: ['out_of_memory'],
  },
  out_of_memory: { ...MANAGER, source: 'gunicorn, arbiter.py', is: 'it ran out of memory (137)', fix: larger },
  port_in_use: { ...AUTHOR, source: 'gunicorn, sock.py', is: 'the port of the server is taken' },
  asgi_app_missing: { ...AUTHOR, source: 'uvicorn, config.py', is: 'the server does not find its app' },
  probe_failing: { ...MANAGER, source: 'assumed: Kubernetes', is: 'it does not answer the probes of the platform' },
};

/** The causes that the tables of words prove. */
export const LOAD_CAUSE_TEXTS: readonly string[] = Object.keys(TABLE);
export const RULES_OF_LOAD: readonly Rule[] = causeRules(TABLE);
