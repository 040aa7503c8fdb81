/** Causes of a failed build. The words of each are in `src/digest/build-causes.ts`. */
import type { Rule } from '../finding.ts';
import { againCall } from '../remedies.ts';
import { type CauseText, causeRules } from './cause-rule.ts';

const AUTHOR = { who: 'model author' } as const;
const PIP = 'pip, resolution/resolvelib/factory.py';
const CONDA = 'conda, exceptions.py';

/** Words that time alone may cure: the same deployment is worth another try. */
const again: CauseText['fix'] = (evidence, deployment) => {
  const call = againCall(evidence, deployment);
  return call && { call, say: 'Deploy the version again. If it fails again, check the egress rules of the workspace.' };
};

const TABLE: Record<string, CauseText> = {
  pip_conflict: { ...AUTHOR, source: PIP, is: 'pip found requirements that exclude each other' },
  pip_too_deep: { ...AUTHOR, source: 'pip, exceptions.py', is: 'pip gave up, because too many versions are open' },
  index_unauthorized: {
    who: 'object owner',
    source: 'pip, network/auth.py',
    is: 'the package index refused the login',
    explains: ['package_not_found', 'package_not_on_mirror'],
  },
  package_needs_other_python: { ...AUTHOR, source: PIP, is: 'a package does not support this version of Python' },
  package_not_on_mirror: { ...AUTHOR, source: PIP, is: 'the package index lacks the requested version of a package' },
  package_not_found: { ...AUTHOR, source: PIP, is: 'the package index lacks a package' },
  hash_mismatch: { ...AUTHOR, source: 'pip, exceptions/hashes.py', is: 'a package does not have the recorded hash' },
  index_unreachable: {
    who: 'workspace admin',
    source: 'pip, _vendor/urllib3/connectionpool.py',
    is: 'the package index could not be reached',
    fix: again,
    explains: ['package_not_found', 'package_not_on_mirror'],
  },
  wheel_other_platform: { ...AUTHOR, source: PIP, is: 'a wheel was built for another Python or platform' },
  local_package_missing: {
    ...AUTHOR,
    source: 'pip, commands/install.py',
    is: 'a local file of the requirements is not in the build',
  },
  disk_full: { ...AUTHOR, source: 'page: Debugging guide for Model Serving', is: 'the disk of the build is full' },
  setuptools_too_new: {
    ...AUTHOR,
    source: 'setuptools, removal of pkg_resources',
    is: 'a package imports pkg_resources, which this setuptools lacks',
  },
  build_needs_torch: {
    ...AUTHOR,
    source: 'page: Debugging guide for Model Serving',
    is: 'a package needs torch before it can be built',
  },
  build_needs_package: {
    ...AUTHOR,
    source: 'pip, build isolation',
    is: 'a package needs another package before it can be built',
  },
  cuda_toolkit_missing: {
    ...AUTHOR,
    source: 'torch, utils/cpp_extension.py',
    is: 'a package needs the CUDA toolkit to be built',
  },
  compiler_missing: {
    ...AUTHOR,
    source: 'setuptools, _distutils/spawn.py',
    is: 'a package needs a compiler that the build lacks',
  },
  compile_error: { ...AUTHOR, source: 'setuptools, _distutils/spawn.py', is: 'a package could not be compiled' },
  wheel_build_failed: {
    ...AUTHOR,
    source: 'pip, operations/build/wheel.py',
    is: 'the wheel of a package could not be built',
  },
  uv_no_solution: {
    ...AUTHOR,
    source: 'uv, crates/uv-resolver/src/error.rs',
    is: 'uv found no versions that fit together',
  },
  poetry_no_solution: {
    ...AUTHOR,
    source: 'poetry, mixology/failure.py',
    is: 'poetry found no versions that fit together',
  },
  lock_outdated: {
    ...AUTHOR,
    source: 'poetry, installation/installer.py',
    is: 'the lock file does not match the requirements',
  },
  conda_package_not_found: { ...AUTHOR, source: CONDA, is: 'the conda channels lack a package' },
  conda_unsolvable: {
    ...AUTHOR,
    source: 'conda-libmamba-solver, exceptions.py',
    is: 'conda found no versions that fit together',
  },
  conda_channel_refused: { ...AUTHOR, source: CONDA, is: 'a conda channel does not exist or needs a login' },
  conda_package_corrupt: { ...AUTHOR, source: CONDA, is: 'a conda package is damaged', fix: again },
  conda_file_invalid: { ...AUTHOR, source: CONDA, is: 'conda cannot read the environment of the model' },
  conda_terms: {
    ...AUTHOR,
    source: 'conda-anaconda-tos, exceptions.py',
    is: 'the terms of a conda channel were not accepted',
  },
  conda_unreachable: {
    who: 'workspace admin',
    source: CONDA,
    is: 'the conda channel could not be reached',
    fix: again,
  },
  build_killed: { ...AUTHOR, source: 'buildkit, solver/llbsolver/ops/exec.go', is: 'it ran out of memory (137)' },
  build_could_not_start: {
    who: 'databricks',
    source: 'page: Debugging guide for Model Serving',
    is: 'the service could not start it',
    fix: again,
  },
  artifact_too_large: {
    ...AUTHOR,
    source: 'assumed: registries limit layers and images',
    is: 'the model or its image is too large',
  },
  build_timed_out: { ...AUTHOR, source: 'buildkit', is: 'it took longer than a build may' },
  git_failed: { ...AUTHOR, source: 'git', is: 'a git repository could not be read' },
  system_package_missing: { ...AUTHOR, source: 'apt', is: 'a system package does not exist' },
  environment_without_mlflow: { ...AUTHOR, source: 'assumed: recorded events', is: 'the requirements lack mlflow' },
};

/** The causes that the tables of words prove. */
export const BUILD_CAUSE_TEXTS: readonly string[] = Object.keys(TABLE);
export const RULES_OF_BUILD: readonly Rule[] = causeRules(TABLE);
