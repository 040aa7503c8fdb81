/** Known causes of a container that does not start: what model hubs, GPU libraries and their engines say. Pure data. */
import type { FailureCause } from './failure-cause.ts';

export const HUB_GPU_CAUSES: FailureCause[] = [
  {
    id: 'hub_gated',
    words:
      /Cannot access gated repo|\bGatedRepoError\b|You are trying to access a gated repo|\b40[13] Client Error.{0,120}huggingface\.co|huggingface\.co.{0,200}\b40[13] Client Error|Access to model \S+ is restricted/,
    remedy: 'Accept the licence of the model and set HF_TOKEN from a secret, or add the weights to the artifacts.',
  },
  {
    id: 'hub_unreachable',
    words:
      /We couldn't connect to 'https:\/\/huggingface\.co|offline mode is enabled\. To disable it|\bLocalEntryNotFoundError\b|Couldn't reach '.{1,120}' on the Hub|cannot find the requested files in the (?:disk|local) cache|Failed to resolve 'huggingface\.co'|host='huggingface\.co'.{0,300}(?:Max retries|NewConnectionError|timed out)|\b(?:429|5\d\d) (?:Client|Server) Error.{0,200}huggingface\.co/,
    remedy: 'Add the weights to the artifacts of the model instead of downloading them.',
  },
  {
    id: 'hub_not_found',
    words:
      /\bRepositoryNotFoundError\b|is not a local folder and is not a valid model identifier|Can't load (?:the )?(?:\w+ )?(?:tokenizer|model|configuration|config|processor|feature extractor) (?:of|for) '|\bRevisionNotFoundError\b/,
    remedy: 'Correct the name of the repository, or set HF_TOKEN from a secret if it is private.',
  },
  {
    id: 'hub_xet_io',
    words: /CAS service error/,
    remedy: 'Set HF_HUB_DISABLE_XET=1 before huggingface_hub is imported.',
  },
  {
    id: 'hf_transfer_missing',
    words: /'hf_transfer' package is not available/,
    remedy: 'Remove HF_HUB_ENABLE_HF_TRANSFER, or add the hf_transfer package.',
  },
  {
    id: 'architecture_unknown',
    words: /but Transformers does not recognize this architecture|Model architectures \[.{1,200}\] are not supported/,
    remedy: 'Use a newer version of the library that loads the model.',
  },
  {
    id: 'architecture_unknown',
    words: /^KeyError: '[a-z][a-z0-9_.-]+'$/,
    below: /transformers\/models\/auto\/|CONFIG_MAPPING\[/,
    remedy: 'Use a newer version of the library that loads the model.',
  },
  {
    id: 'transformers_version',
    words:
      /has no attribute 'all_tied_weights_keys'|'(?:\w*(?:Dynamic|Static|Hybrid|EncoderDecoder|SlidingWindow)Cache|\w+Tokenizer(?:Fast)?|\w+For(?:CausalLM|ConditionalGeneration|SequenceClassification|TokenClassification|QuestionAnswering|MaskedLM)|\w+PreTrainedModel)' object has no attribute|`rope_scaling` must be a dictionary|Keras 3, but this is not yet supported in Transformers|requires `?transformers[=<>~!]/,
    remedy: 'Pin transformers to the version that the model requires.',
  },
  {
    id: 'remote_code_refused',
    words:
      /requires you to execute the configuration file in that repo|contains custom code which must be executed|set the option `?trust_remote_code=True/,
    remedy: 'Set trust_remote_code=True together with a fixed revision.',
  },
  {
    id: 'gpu_missing',
    words:
      /Attempting to deserialize object on a CUDA device|Failed to infer device type|Torch not compiled with CUDA enabled|libcuda\.so\.1: cannot open shared object|\bNo GPU (?:was )?found\b|\bCUDA_ERROR_NO_DEVICE\b|\b(?:model|package|it) requires? (?:a |an )?GPU\b|requires? (?:a |an )?(?:CUDA|NVIDIA)[- ](?:enabled |capable )?(?:GPU|device)|No CUDA GPUs are available|Found no NVIDIA driver on your system|no CUDA-capable device is detected/,
    remedy: "Serve the model on a GPU workload type, or load it with map_location='cpu'.",
  },
  {
    id: 'engine_settings',
    words:
      /User-specified max_model_len .{1,40} is greater than the derived|max_num_batched_tokens .{0,60}is smaller than max_model_len|attention heads .{0,60}must be divisible by tensor parallel size|\b[Uu]nknown quantization method\b|Quantization method specified in .{0,120}does not match|quantization method \S+ is not supported for the current GPU/,
    remedy: 'Correct the setting of the serving engine that the message names: it does not fit the model or its GPU.',
  },
  {
    id: 'gpu_too_few',
    words:
      /\bis (?:larger|greater) than the number of available GPUs|\brequired GPUs exceeds the total number of available GPUs|CUDA error: invalid device ordinal|\btensor[_ ]parallel[_ ]size\b.{0,80}\b(?:exceeds?|larger|greater)\b/i,
    remedy: 'Use a workload type with as many GPUs, or set tensor_parallel_size to those that it has.',
  },
  {
    id: 'kv_cache_memory',
    words:
      /is larger than the maximum number of tokens that can be stored in KV cache|No available memory for the cache blocks|KV cache is needed, which is larger than the available/,
    remedy: 'Lower max_model_len, or use a larger GPU.',
  },
  {
    // ONNX Runtime has the same words for the memory of the machine.
    id: 'gpu_memory',
    words: /\bFailed to allocate memory for requested buffer/,
    below: /\bCUDA|\bcuda\b|\bTensorrt/,
    remedy: 'Use a larger GPU, or a smaller or quantised model.',
  },
  {
    id: 'gpu_memory',
    words:
      /\b(?:CUDA|HIP|cuda\w*|hip\w*)\b.{0,60}\bout of memory\b|\bfailed to allocate (?:CUDA|ROCm)\w* buffer|\benough GPU (?:RAM|memory) to\b|\bOutOfMemoryError: CUDA\b|\bCUDA_ERROR_OUT_OF_MEMORY\b|\bcudaErrorMemoryAllocation\b|\bcudaMalloc\w* failed: out of memory|CUDA failure \d+: out of memory|\bOOM when allocating tensor\b|RESOURCE_EXHAUSTED: (?:Out of memory|.{0,60}allocat)|CUBLAS_STATUS_ALLOC_FAILED|Free memory on device .{1,120} is less than desired GPU memory|ResourceExhaustedError: .{0,160}\b(?:GPU|alloc)|failed to allocate memory .{0,160}GPU|CUDNN_STATUS_ALLOC_FAILED|\bOutOfMemoryError: (?:HIP|GPU)\b/,
    remedy: 'Use a larger GPU, or a smaller or quantised model.',
  },
  {
    id: 'cuda_driver_old',
    words:
      /The NVIDIA driver on your system is too old|CUDA driver version is insufficient for CUDA runtime|the provided PTX was compiled with an unsupported toolchain/,
    remedy: 'Use a build of torch for an older CUDA.',
  },
  {
    id: 'gpu_arch_unsupported',
    words: /no kernel image is available for execution on the device/,
    remedy: 'Use a build of torch for the architecture of this GPU.',
  },
  {
    id: 'gpu_dtype_unsupported',
    words:
      /Bfloat16 is only supported on GPUs with compute capability|FlashAttention only supports Ampere GPUs or newer/i,
    remedy: 'Use float16 on this GPU, or a newer GPU type.',
  },
  {
    id: 'bitsandbytes_binary',
    words:
      /Attempted to use bitsandbytes native library functionality|CUDA Setup failed despite (?:CUDA|GPU) being available/i,
    remedy: 'Use a version of bitsandbytes that was built for this CUDA.',
  },
  {
    id: 'vllm_engine_failed',
    words: /Engine core initialization failed|EngineDeadError|Engine process failed to start/,
    wrapper: true,
  },
];
