import { MINUTE } from '../clock.ts';
import { fraction } from '../ids.ts';
import type { DeployPlan, Failure, ModelVersion } from '../state/state.ts';
import { joinLines, type LogSource } from './log-text.ts';

const GREY = '\u001b[90m';
const RED = '\u001b[91m';
const RESET = '\u001b[0m';
/** pip clears the line before it redraws the bar. */
const CLEAR = '\u001b[2K';

/** The progress bar of one pip download, redrawn with carriage returns and colours, as a terminal capture has it. */
function progressBar(megabytes: number): string {
  const width = 40;
  const states = [0.25, 0.7, 1].map((done) => {
    const full = Math.round(width * done);
    const bar =
      done === 1
        ? `${GREY}${'━'.repeat(width)}${RESET}`
        : `${RED}${'━'.repeat(full)}${RESET}${GREY}╺${'━'.repeat(width - full)}${RESET}`;
    const size = `${(megabytes * done).toFixed(1)}/${megabytes.toFixed(1)} MB`;
    return `     ${bar} ${size} 61.4 MB/s eta 0:00:0${done === 1 ? 0 : 1}`;
  });
  return states.map((state) => `${CLEAR}${state}`).join('\r');
}

type Package = [name: string, version: string, megabytes: number];

/** The packages of a torch model. On a GPU type, torch brings the libraries of CUDA along. */
function torchPackages(gpu: boolean): Package[] {
  const models: Package[] = [['transformers', '4.51.3', 10.4]];
  if (!gpu) return [['torch', '2.6.0+cpu', 178.7], ...models];
  return [
    ['nvidia-cublas-cu12', '12.4.5.8', 363.4],
    ['nvidia-cuda-runtime-cu12', '12.4.127', 0.9],
    ['nvidia-cudnn-cu12', '9.1.0.70', 664.8],
    ['triton', '3.2.0', 253.1],
    ['torch', '2.6.0', 766.7],
    ...models,
  ];
}

/** The packages that a model of each kind installs. The versions are plausible, not measured. */
function packagesOf(version: ModelVersion | undefined, gpu: boolean): Package[] {
  const own = version?.environment.packages;
  if (own) return own.map(ownPackage);
  const base: Package[] = [
    ['mlflow', '2.22.1', 29.0],
    ['cloudpickle', '3.1.1', 0.1],
  ];
  switch (version?.spec.kind) {
    case 'embedding':
    case 'chat':
    case 'completion':
      return [...base, ...torchPackages(gpu)];
    case 'agent':
      return [...base, ['databricks-agents', '1.0.1', 0.2], ['databricks-openai', '0.4.0', 0.1]];
    default:
      return [
        ...base,
        ['numpy', '1.26.4', 18.0],
        ['pandas', '2.2.3', 12.7],
        ['scikit-learn', '1.5.2', 12.9],
        ...(gpu ? torchPackages(true) : []),
      ];
  }
}

/** A requirement of the seed. The size is made up from its name. */
function ownPackage(requirement: string): Package {
  const [, name = requirement, release = ''] = /^([^=<>~! ]+)(?:==)?(.*)$/.exec(requirement) ?? [];
  return [name, release, Math.round(1 + fraction(name) * 400) / 10];
}

/** The file with which a build begins. evidence: build-log-format */
function condaFile(packages: readonly Package[], python: string): string[] {
  return [
    'name: mlflow-env',
    'channels:',
    '- conda-forge',
    'dependencies:',
    `- python=${python}`,
    '- pip<=25.0',
    '- pip:',
    ...packages.map(([name, release]) => `  - ${name}${pinned(release)}`),
  ];
}

/** A version as a requirement says it. The seed may have ranges, and packages without a version. */
function pinned(release: string): string {
  return release === '' || /^[<>~!=]/.test(release) ? release : `==${release}`;
}

function buildFailure(plan: DeployPlan | null): Failure | null {
  return plan?.failure?.phase === 'build' ? plan.failure : null;
}

/** Lines of conda and pip up to the installation. evidence: build-log-format, assumed: data.build-log */
function installLines(packages: readonly Package[]): string[] {
  const lines = [
    'Using local channel file:///package-repo/conda-channel instead of conda-forge',
    'Pinning setuptools<82 to preserve pkg_resources',
    'Channels:',
    ' - file:///package-repo/conda-channel',
    'Platform: linux-64',
    'Collecting package metadata (repodata.json): ...working... done',
    'Solving environment: ...working... done',
    'Preparing transaction: ...working... done',
    'Verifying transaction: ...working... done',
    'Executing transaction: ...working... done',
    'Installing pip dependencies: ...working... ',
    'Pip subprocess output:',
  ];
  for (const [name, release, megabytes] of packages) {
    const wheel = `${name.replaceAll('-', '_')}-${release}-cp311-cp311-manylinux_2_17_x86_64.whl`;
    lines.push(
      `Collecting ${name}${pinned(release)}`,
      `  Downloading ${wheel} (${megabytes} MB)`,
      progressBar(megabytes),
    );
  }
  return lines;
}

function buildLines({ entity, version }: LogSource): string[] {
  const gpu =
    entity.config.workload_type?.includes('GPU') === true || entity.config.workload_type === 'MULTIGPU_MEDIUM';
  const packages = packagesOf(version, gpu);
  const { python = '3.11.11', build_lines = [] } = version?.environment ?? {};
  const begin = [...condaFile(packages, python), ...installLines(packages), ...build_lines];
  const failure = buildFailure(entity.plan);
  if (failure?.bare) return [...begin, ...failure.log_lines];
  if (failure)
    return [...begin, 'Pip subprocess error:', ...failure.log_lines, 'failed', '', 'CondaEnvException: Pip failed'];
  const names = packages.map(([name]) => name).join(', ');
  const installed = packages.map(([name, release]) => `${name}-${release}`).join(' ');
  return [
    ...begin,
    `Installing collected packages: ${names}`,
    `Successfully installed ${installed}`,
    'WARNING conda.conda_pypi: pip was not in the list of explicit specs.',
    'done',
    'Conda environment created successfully on attempt 1.',
  ];
}

/** The number of the step in which the environment is created. */
const STEP = 12;

/**
 * The build log of a served entity up to now: the conda file, then conda and pip, with BuildKit's prefix and with the carriage returns and
 * colours of progress bars. A failing version ends in its own lines. Without its secrets, an entity has no build.
 */
export function buildLogText(source: LogSource): string {
  const { entity, now } = source;
  const dictated = source.endpoint.logs.get(entity.config.name)?.build;
  if (dictated !== undefined) return joinLines(dictated);
  const { plan, creation_timestamp } = entity;
  if (plan?.failed_phase === 'build' && buildFailure(plan) === null) return '';
  const length = (plan?.built_at ?? creation_timestamp) - creation_timestamp;
  const progress = length <= 0 ? 1 : (now - creation_timestamp) / length;
  const lines = buildLines(source);
  const seconds = (length <= 0 ? MINUTE : length) / 1_000;
  return joinLines(
    lines.flatMap((line, at) => {
      const share = (at + 1) / lines.length;
      return share <= progress ? [`#${STEP} ${(share * seconds).toFixed(3)} ${line}`] : [];
    }),
  );
}
