/** Known causes of a failed build: what pip, uv, poetry, conda, compilers, apt, git and BuildKit say (fact L5). Pure data. */
import type { FailureCause } from './failure-cause.ts';

const REQUIREMENTS = 'in the requirements of the model';

export const BUILD_CAUSES: FailureCause[] = [
  {
    id: 'pip_conflict',
    words:
      /because these package versions have conflicting dependencies|\bThe conflict is caused by:|Double requirement given: |There are incompatible versions in the resolved dependencies|Your dependencies could not be resolved\b|Requirements contain conflicting (?:URLs|indexes)/,
    follow: 4,
    remedy: `Loosen or pin the packages that conflict ${REQUIREMENTS}, then log it again.`,
  },
  {
    id: 'pip_conflict',
    words: /\bResolutionImpossible\b/,
    remedy: `Loosen or pin the packages that conflict ${REQUIREMENTS}, then log it again.`,
  },
  {
    id: 'pip_too_deep',
    words: /\bresolution-too-deep\b|\bResolutionTooDeep(?:Error)?\b|Dependency resolution exceeded maximum depth/i,
    follow: 2,
    remedy: `Pin every package ${REQUIREMENTS}, including the indirect ones.`,
  },
  {
    id: 'index_unauthorized',
    inBuild: true,
    words:
      /\b40[13] (?:Client )?Error\b.{0,60}(?:Credentials not correct|for url|Unauthorized|Forbidden)|\bHTTP 40[13] (?:UNAUTHORIZED|FORBIDDEN) for url|HTTP status client error \(40[13]|Authorization error accessing|lack of valid authentication credentials|\bMissing credentials for https?:|HTTP error 40[13] while getting |^User for \S+: |EOFError: EOF when reading a line|^Password for '?https?:/i,
    warned: true,
    except:
      /huggingface|gated|conda\.anaconda\.org|UnavailableInvalidChannel|X-Amz-|\.amazonaws\.com|\.core\.windows\.net|storage\.googleapis\.com/i,
    remedy: 'Renew the token of the package index, and check the secret that holds it.',
  },
  {
    id: 'package_needs_other_python',
    inBuild: true,
    words:
      /Ignored the following (?:yanked )?versions that require a different python version|requires a different Python: |\bRequires-Python\b.{0,80}not in|(?:current|requested) Python version \(.{1,60}\) does not satisfy|is not compatible with (?:the current )?Python|Cannot install on Python version |requires Python \S.{0,40} but the running Python is|Python requirement is not compatible with|not compatible with some of the required packages Python requirement/i,
    follow: 0,
    remedy: 'Log the model with a Python version that the package supports.',
  },
  {
    id: 'package_not_on_mirror',
    inBuild: true,
    words:
      /\(from versions: (?!none\b)\S|\bBecause (?:there (?:is|are) no versions? of \S+[=<>~!]|only \S+ (?:is|are) available)|^.{0,6}hint: .{0,200} but not at the requested version/,
    remedy: 'Use one of the versions that the package index lists, or ship the package as a wheel with the model.',
  },
  {
    id: 'package_not_found',
    inBuild: true,
    words:
      /No matching distribution found for|Could not find a version that satisfies the requirement|was not found in (?:the|a) package registry|has no installation candidate|doesn't match any versions, version solving failed|\bBecause there are no versions of [\w.-]+ and/,
    remedy: 'Correct the name or the version of the package, or add the index that has it.',
  },
  {
    id: 'hash_mismatch',
    words:
      /DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE|In --require-hashes mode, all requirements must have|Hash mismatch for|hashes are required in --require-hashes mode/i,
    follow: 3,
    remedy: 'Generate the hashes of the requirements again, or remove them.',
  },
  {
    id: 'index_unreachable',
    inBuild: true,
    words:
      /Retrying \(Retry\(total=0\b|Could not fetch URL .{1,500} - skipping|Temporary failure in name resolution|Failed to establish a new connection|NewConnectionError|ReadTimeoutError|Could not resolve host|unable to resolve host|(?:Temporary failure|error occurred while) resolving|dns error|\bConnectTimeoutError\b|error sending request for url|Connection timed out after|Max retries exceeded with url|HTTP error (?:429|5\d\d) while getting |\b(?:429|5\d\d) (?:Client|Server) Error: .{0,80} for url|HTTP status (?:client|server) error \((?:429|5\d\d)|Tunnel connection failed|Cannot connect to proxy/i,
    warned: true,
    except: /Retry\(total=[1-9]|huggingface|fatal: unable to access/i,
    remedy: 'Try again; if it stays, check the egress rules of the workspace and the address of the package index.',
  },
  {
    id: 'wheel_other_platform',
    // uv says it in a hint below its error.
    warned: true,
    words:
      /is not a supported wheel on this platform|is incompatible with the current platform|The wheel is compatible with .{1,120} but you're (?:using|on)|Unable to find installation candidates for|only has wheels (?:with|for) the following|(?:has|have) no wheels with a matching (?:Python|platform|ABI)|doesn't have a source distribution or wheel for the current platform/i,
    remedy: 'Build the wheel for linux x86_64 and for the Python version that serves the model.',
  },
  {
    id: 'local_package_missing',
    inBuild: true,
    words:
      /Could not install packages due to an (?:OSError|EnvironmentError): \[Errno 2\]|Could not open requirements file|Invalid wheel filename|does not appear to be a Python project|Invalid requirement: '?[./~]|looks like a filename, but the file does not exist|is not a valid (?:editable requirement|wheel filename)|Invalid requirement: '?[\w.-]+(?:\[.{0,60}\])? ?@ ?file:|No such file or directory: '[^']{1,300}\.(?:whl|tar\.gz|zip|egg)'|Distribution not found at: file:|Directory '.{1,300}' is not installable/i,
    remedy: 'Ship the file with the model, and refer to it by a path inside the model.',
  },
  {
    id: 'disk_full',
    words:
      /\[Errno (?:28|122)\]|\bNo space left on devices?\b|\bENOSPC\b|\bEDQUOT\b|\bNoSpaceLeftError\b|\bDisk quota exceeded|low on resource: ephemeral-storage|ephemeral local storage usage exceeds|(?:not enough|insufficient) (?:free )?(?:disk )?space/i,
    remedy: 'Remove artifacts and packages from the model that it does not need.',
  },
  {
    id: 'setuptools_too_new',
    words: /No module named '?pkg_resources/,
    remedy: 'Pin setuptools<82, or update the package that imports pkg_resources.',
  },
  {
    id: 'build_needs_torch',
    words: /No module named '?torch'?(?!\S)/,
    below:
      /Getting requirements to build wheel|Preparing metadata|metadata-generation-failed|get_requires_for_build_wheel|build backend returned an error|Failed to build `|Call to `\S+build_\w+/,
    remedy: 'Use a prebuilt wheel of the package instead of its source.',
  },
  {
    id: 'build_needs_package',
    // Python itself dropped these two.
    words: /No module named (?!'?(?:distutils|imp)\b)/,
    inBuild: true,
    below:
      /Getting requirements to build wheel|Preparing metadata|metadata-generation-failed|get_requires_for_build_wheel|build backend returned an error|Failed to build `|Call to `\S+build_\w+/,
    remedy: 'Choose a version of the package that has a wheel, because its source needs another package to build.',
  },
  {
    id: 'cuda_toolkit_missing',
    words:
      /CUDA_HOME environment variable is not set|nvcc was not found|nvcc: (?:command )?not found|CUDA_HOME is undefined/i,
    remedy: 'Use a prebuilt wheel that matches the versions of torch and CUDA.',
  },
  {
    id: 'compiler_missing',
    inBuild: true,
    words:
      /(?:command|unable to execute) '\S*(?:gcc|g\+\+|cc|c\+\+|clang|cmake|ninja|rustc|cargo)\S*'(?: failed)?: (?:No such file|command not found)|(?:can't|cannot) find (?:a )?(?:Rust )?compiler|(?:No )?CMAKE_C(?:XX)?_COMPILER (?:could be found|not set)|linker `(?:cc|gcc|clang)` not found|CMake must be installed|Could not find compiler|Rust .{1,60}is not installed|Cargo, the Rust package manager, is not installed/i,
    follow: 1,
    remedy: 'Choose a version of the package that has a wheel for this Python, because the build has no such compiler.',
  },
  {
    id: 'compile_error',
    inBuild: true,
    words:
      /command '\S*(?:gcc|g\+\+|cc|c\+\+|clang|nvcc|cmake|ninja)\S*' failed with exit (?:code|status) \d+|fatal error: \S+: No such file or directory|\b\w+[-_]config\b.{0,20}(?:executable )?(?:not found|is required to build)|Can not find valid pkg-config name|development packages are installed|headers or library files could not be found for|Unable to load dependency HDF5|error: linker `?\S+ not found|ld: cannot find -l|collect2: error/,
    remedy:
      'Choose a version of the package that has a wheel, because missing headers cannot be installed in the build.',
  },
  {
    // The lines below it say why.
    id: 'compile_error',
    inBuild: true,
    weak: true,
    words: /^\s*CMake Error\b/,
    remedy:
      'Choose a version of the package that has a wheel, because missing headers cannot be installed in the build.',
  },
  {
    id: 'wheel_build_failed',
    weak: true,
    words:
      /failed-wheel-build-for-install|Failed building wheel for|Failed to build installable wheels|Could not build wheels for|Failed to build `?[\w.-]+[=@`]|metadata-generation-failed|Build backend failed|ChefBuildError|Failed to download and build|error: metadata generation failed/i,
    remedy: 'Choose a version of the package that has a wheel for this Python.',
  },
  {
    id: 'uv_no_solution',
    weak: true,
    words: /No solution found when resolving/,
    follow: 5,
    remedy: `Loosen or pin the packages that the lines after "Because" name ${REQUIREMENTS}.`,
  },
  {
    id: 'poetry_no_solution',
    weak: true,
    words: /\bversion solving failed\b|\bSolverProblemError\b/,
    follow: 1,
    remedy: `Loosen or pin the packages that conflict ${REQUIREMENTS}.`,
  },
  {
    id: 'lock_outdated',
    words: /poetry\.lock was last generated|lock ?file .{0,60}(?:not up to date|outdated|needs to be updated)/i,
    inBuild: true,
    remedy: 'Write the lock file again, and log the model with the new one.',
  },
  {
    id: 'conda_package_not_found',
    words:
      /The following packages are not available from current channels|does not exist \(perhaps a (?:typo or a )?missing channel\)|\bPackagesNotFoundError\b|\bResolvePackageNotFound\b|nothing provides requested/,
    follow: 3,
    remedy: 'Install the package with pip instead of conda.',
  },
  {
    id: 'conda_unsolvable',
    weak: true,
    words:
      /\bLibMambaUnsatisfiableError\b|\bUnsatisfiableError\b|Could not solve for environment specs|Encountered problems while solving/,
    follow: 4,
    remedy: 'Keep only Python and pip in the conda part of the environment, and put the rest under pip.',
  },
  {
    id: 'conda_channel_refused',
    words:
      /\bUnavailableInvalidChannel\b|HTTP 404 NOT FOUND for (?:channel|url) .{0,300}(?:repodata|noarch|linux-64)|\bChannelNotAllowed\b|The channel is not accessible or is invalid|^\s*(?:error +libmamba )?.{0,200}\bThe requested URL returned error: 40[134]|Transfer finalized, status: 40[134]/,
    except: /fatal: |unable to access/,
    follow: 2,
    remedy: 'Use a conda channel that exists and needs no login.',
  },
  {
    id: 'conda_terms',
    words: /Terms of Service have not been accepted|\bCondaToSNonInteractiveError\b/,
    follow: 3,
    remedy: 'Use conda-forge instead of the default channels.',
  },
  {
    id: 'conda_unreachable',
    words:
      /\bCondaHTTPError\b|\bCondaSSLError\b|\bProxyError: Conda|Conda cannot proceed due to an error in your proxy|HTTP 000 CONNECTION FAILED|libmamba Download error \(\d+\)/,
    follow: 1,
    remedy: 'Try again; if it stays, check the egress rules of the workspace.',
  },
  {
    id: 'conda_package_corrupt',
    words:
      /\bCondaVerificationError\b|\bSafetyError\b|\bChecksumMismatchError\b|\bCondaIOError\b|\bInvalidArchiveError\b/,
    follow: 1,
    remedy: 'Try again, because a download was damaged; if it stays, install the package with pip.',
  },
  {
    id: 'conda_file_invalid',
    words:
      /\bCondaValueError\b|\bSpecNotFound\b|\bInvalidMatchSpec\b|\bInvalidVersionSpec\b|\bEnvironmentFile(?:NotFound|Empty|InvalidYaml|ExtensionNotValid|NotDownloaded)\w*|\bCondaEnvException: (?!Pip failed)/,
    follow: 1,
    remedy: 'Correct the conda environment of the model, and log it again.',
  },
  {
    id: 'build_killed',
    inBuild: true,
    words:
      /did not complete successfully: exit code: 137|returned a non-zero code: 137|signal: killed|died with <Signals\.SIGKILL|\bKilled signal terminated program|cannot allocate memory|\bKilled(?: {2,}|$)|^MemoryError\b|exit(?:ed with)? code 137\b/i,
    remedy: 'Install fewer or smaller packages, because the build ran out of memory.',
  },
  {
    id: 'build_timed_out',
    inBuild: true,
    words:
      /\bDeadlineExceeded\b|context deadline exceeded|\bbuild (?:has )?timed out\b|exceeded the (?:build|job) time ?out|\bbuild time ?out\b.{0,30}\b(?:reached|exceeded|expired|elapsed)|\btime ?out of .{1,20} (?:was )?(?:reached|exceeded)/i,
    remedy: 'Make the build shorter: fewer packages, packages with wheels, and smaller artifacts.',
  },
  {
    id: 'artifact_too_large',
    words:
      /\b(?:image|layer|artifacts?|model)\b.{0,40}\b(?:size )?.{0,30}(?:is |are )?(?:too large|larger than (?:the )?(?:\d|allowed|maximum|limit)|exceeds? (?:the |its )?(?:maximum|max|allowed|limit|size))|exceeds? the (?:maximum|allowed) (?:image|layer|artifact|model) size/i,
    except: /token|context|payload|request|sequence/i,
    remedy: 'Keep the artifacts of the model small, and load the rest at run time.',
  },
  {
    // A registry refuses a layer.
    id: 'artifact_too_large',
    inBuild: true,
    words: /\b413\b.{0,20}\b(?:Payload|(?:Request )?Entity|Content) Too Large/i,
    remedy: 'Keep the artifacts of the model small, and load the rest at run time.',
  },
  {
    id: 'build_could_not_start',
    words: /could not start due to an internal error/,
    remedy: 'Make the artifacts of the model smaller and try again later; if it stays, ask Databricks for capacity.',
  },
  {
    id: 'git_failed',
    inBuild: true,
    words:
      /^\s*(?:fatal: |remote: (?:Repository not found|Support for password|Invalid))|fatal: (?:could not read|Authentication failed|repository|unable to access)|Cannot find command 'git'|git (?:clone|fetch|lfs) .{0,200}did not run successfully|batch response: |smudge filter lfs failed/i,
    follow: 1,
    remedy: 'Use a package from an index or a wheel, because the build has no access to this git repository.',
  },
  {
    id: 'system_package_missing',
    inBuild: true,
    words: /^E: (?:Unable to locate package|Package '|Version '|Couldn't find any package)/,
    remedy:
      'Use a Python package that contains the library, because the build installs no system package of this name.',
  },
  { id: 'apt_failed', inBuild: true, words: /^(?:E|Err(?::\d+)?): ?/, follow: 1 },
  {
    id: 'environment_without_mlflow',
    words: /does not specify mlflow as a dependency/,
    remedy: 'Add a plain mlflow==<version> line to the requirements of the model, without extras.',
  },
  { id: 'pip_failed_in_conda', words: /Pip subprocess error:|\bCondaEnvException\b/, wrapper: true },
  {
    id: 'build_step_failed',
    words:
      /did not complete successfully: exit code: (?!0\b)\d+|failed to solve: |executor failed running|returned a non-zero code: [1-9]/,
    wrapper: true,
  },
  {
    id: 'subprocess_failed',
    inBuild: true,
    words:
      /subprocess-exited-with-error|did not run successfully\.?$|See above for output|exit code: [1-9]\d*$|returned non-zero exit status/,
    wrapper: true,
  },
];
