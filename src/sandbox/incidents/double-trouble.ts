import { type BrokenVersion, brokenVersion } from './broken-version.ts';
import type { Incident, Wording } from './incident.ts';
import { chat, site, traceback } from './parts.ts';

const S = site('3.11');

/** A larger model that does not fit its GPU, on an endpoint that has too few places for its callers. */
function both(
  c: Omit<BrokenVersion, 'spec' | 'query' | 'texts' | 'failure'> & {
    log_lines: string[];
    message: string;
    shown: string;
    share: number;
  },
): Wording {
  const { log_lines, message, shown, share, ...rest } = c;
  return brokenVersion({
    ...rest,
    spec: { kind: 'chat', model: c.endpoint, profile: 'llama' },
    query: chat(),
    failure: { phase: 'load', message, log_lines, until: { workload_type: ['GPU_MEDIUM', 'GPU_LARGE'] } },
    texts: [shown],
    shows: { share_of_errors: share },
  });
}

/** Two causes at once. */
export const doubleTrouble: Incident = {
  name: 'double-trouble',
  symptom: 'The larger model does not start, and the old one refuses a part of its calls.',
  causes: ['gpu_memory', 'endpoint_concurrency'],
  wordings: [
    both({
      endpoint: 'code-helper',
      model: 'dev.prod.code_helper',
      serves: 2,
      minutes_ago: 120,
      per_minute: 420,
      served: { workload_type: 'GPU_SMALL' },
      versions: { latency_ms: 1_100, deploy_minutes: 34, build_minutes: 14 },
      message: 'An error occurred in model loading code. CUDA out of memory.',
      log_lines: [
        'Loading checkpoint shards:  67%|██████▋   | 2/3 [00:41<00:20, 20.61s/it]',
        ...traceback(
          [[`${S}/transformers/modeling_utils.py`, 4510, 'from_pretrained', 'cls._load_pretrained_model(']],
          'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 224.00 MiB. GPU 0 has a total capacity of 14.58 GiB of which 138.56 MiB is free.',
        ),
      ],
      shown: 'CUDA out of memory. Tried to allocate 224.00 MiB',
      share: 0.3,
      deploys: { workload_type: 'GPU_MEDIUM', workload_size: 'Medium' },
    }),
    both({
      endpoint: 'scan-reader',
      model: 'docs.live.scan_reader',
      serves: 7,
      minutes_ago: 44,
      per_minute: 260,
      served: { workload_type: 'GPU_SMALL' },
      versions: { latency_ms: 1_500, deploy_minutes: 28, build_minutes: 12 },
      message: 'Model server failed to load the model.',
      log_lines: [
        '{log_time} WARNING scan_reader: one page was skipped (timeout 10 s)',
        ...traceback(
          [['/model/code/reader.py', 61, 'load_context', "self.model.to('cuda')"]],
          'RuntimeError: CUDA error: out of memory',
        ),
        'CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.',
      ],
      shown: 'CUDA error: out of memory',
      share: 0.2,
      deploys: { workload_type: 'GPU_MEDIUM', workload_size: 'Medium' },
    }),
    both({
      endpoint: 'story-teller',
      model: 'media.prod.story_teller',
      serves: 4,
      minutes_ago: 75,
      per_minute: 500,
      served: { workload_type: 'GPU_SMALL', workload_size: 'Small' },
      versions: { latency_ms: 900, deploy_minutes: 40, build_minutes: 18 },
      message: 'An error occurred in model loading code. Please see the service logs for more information.',
      log_lines: [
        'INFO 11-27 22:14:09 [gpu_model_runner.py:1329] Starting to load model /model/artifacts/story...',
        'ERROR 11-27 22:14:51 [core.py:387] EngineCore hit an exception:',
        ...traceback(
          [[`${S}/vllm/v1/worker/gpu_worker.py`, 136, 'load_model', 'self.model_runner.load_model()']],
          'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.96 GiB. GPU 0 has a total capacity of 22.19 GiB of which 1.03 GiB is free.',
        ),
        'RuntimeError: Engine core initialization failed. See root cause above.',
      ],
      shown: 'Tried to allocate 1.96 GiB',
      share: 0.3,
      deploys: { workload_type: 'GPU_LARGE', workload_size: 'Large' },
    }),
  ],
};
