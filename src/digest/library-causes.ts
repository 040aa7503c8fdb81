/** Known causes of a container that does not start: modules, libraries and programs that are missing or do not fit together. Pure data. */
import type { FailureCause } from './failure-cause.ts';

const AS_LOGGED = 'to the version that was used when the model was logged';
const BOTH = 'Pin both packages to versions that work together.';
const PROGRAM = 'Use a Python package that contains the program, because the container installs no system packages.';

/** Modules of Python that a later Python no longer has (what is new in 3.12 and 3.13). */
const REMOVED =
  'distutils|imp|asyncore|asynchat|smtpd|cgi|cgitb|pipes|crypt|telnetlib|imghdr|sndhdr|audioop|nntplib|uu|xdrlib|lib2to3';
/** Modules of Python that gained or lost parts. */
const STANDARD = 'collections|inspect|pkgutil|asyncio|typing|configparser|time|ast|unittest|types|fractions|gettext';
/** Libraries whose modules come in one package. If a part is missing, the package has another version. */
const LIBRARIES =
  'pandas|numpy|scipy|torch|torchvision|transformers|sentence_transformers|huggingface_hub|tokenizers|xgboost|lightgbm|catboost|keras|tensorflow|jax|flax|mlflow|cloudpickle|langchain\\w*|langgraph|pydantic\\w*|openai|anthropic|spacy|statsmodels|onnxruntime|werkzeug|PIL|pyarrow|dask|gensim|shap';
/** Libraries that often lose a part between versions. numpy has a row of its own. */
const CHANGING =
  'pandas|scipy|torch|torchvision|tensorflow|keras|jax|jaxlib|transformers|openai|langchain\\w*|pydantic\\w*|sklearn|PIL|cv2|mlflow|huggingface_hub|google|ssl|OpenSSL';
/** Classes of scikit-learn that are pickled as a model or a part of one. */
const ESTIMATORS = [
  '\\w*Imputer|\\w+Encoder|\\w+Scaler|\\w*Transformer|\\w+Vectorizer|\\w+Binarizer|\\w+Selector|PCA|TruncatedSVD',
  'Pipeline|FeatureUnion|Decision\\w+|RandomForest\\w+|ExtraTrees?\\w+|\\w*GradientBoosting\\w*|IsolationForest|(?:Voting|Stacking|Bagging|AdaBoost)\\w+',
  'LogisticRegression|LinearRegression|Ridge\\w*|Lasso\\w*|ElasticNet\\w*|SGD\\w+|\\w*SV[CR]|\\w+NB|KNeighbors\\w+|MLP(?:Classifier|Regressor)',
  '\\w*KMeans|GaussianMixture|_?CalibratedClassifier(?:CV)?|\\w*SearchCV|OneVs\\w+|\\w*MultiOutput\\w*',
].join('|');
/** Programs that Python packages call. */
const PROGRAMS =
  'ffmpeg|ffprobe|java|tesseract|pdftotext|pdfinfo|pdftoppm|wkhtmltopdf|dot|git|soffice|libreoffice|convert|magick|gs|chromedriver|google-chrome|node|npm|npx|Rscript|nvidia-smi|nvcc|gcc|g\\+\\+|make|curl|wget|antiword|pandoc|unrtf|sox';

/** A line has the first cause that fits, so what names a library comes before the general words for what is missing. */
export const LIBRARY_CAUSES: FailureCause[] = [
  {
    id: 'package_needs_other_python',
    words: new RegExp(
      [
        `No module named '?(?:${REMOVED})(?:\\.[\\w.]+)?'?(?![\\w.])`,
        `AttributeError: module '(?:${STANDARD})' has no attribute '`,
        `ImportError: cannot import name '\\w+' from '(?:${STANDARD})(?:\\.\\w+)?'`,
        "unsupported operand type\\(s\\) for \\|: '(?:type|ModelMetaclass|ABCMeta|_?\\w*GenericAlias|types\\.\\w+)'",
        "TypeError: '(?:type|ABCMeta)' object is not subscriptable",
      ].join('|'),
    ),
    remedy: 'Log the model with a Python version that the package supports.',
  },
  {
    id: 'own_code_missing',
    words:
      /No module named '?(?:src|app|utils?|helpers?|lib|common|core|config|scripts?|models?|agents?|tools|features|main|my_?\w*)(?:\.[\w.]+)?'?(?![\w.])/,
    remedy: 'List the folder of this code in code_paths, or log the model from a file: no package has this name.',
  },
  {
    id: 'sklearn_version',
    words: new RegExp(
      [
        "Can't get attribute '_RemainderColsList'|Can't get attribute '.{1,120}' on <module 'sklearn|No module named '?sklearn\\.\\w",
        `'(?:${ESTIMATORS})' object has no attribute|has no attribute '__sklearn_tags__'`,
        "ValueError: node array from the pickle has an incompatible dtype|ValueError: Buffer dtype mismatch, expected '(?:SIZE_t|intp_t|DOUBLE_t|int64_t)'",
      ].join('|'),
    ),
    remedy: `Pin scikit-learn ${AS_LOGGED}.`,
  },
  {
    id: 'xgboost_format',
    words:
      /The binary format has been deprecated in 1\.6 and removed in 3\.1|serialisation_header_|'(?:XGB\w+|Booster|DMatrix)' object has no attribute|XGBoostError: .{0,80}(?:Unknown|Invalid|unsupported) (?:model|format|serialization|version)|Booster\.save_model.{0,60}(?:from that version|older)/,
    except: /\bWARNING\b/,
    remedy: 'Save the model as JSON or UBJ, or pin xgboost to the version that wrote it.',
  },
  {
    id: 'numpy_abi',
    words:
      /numpy\.(?:dtype|ndarray|ufunc|random\.\w+) size changed, may indicate|A module that was compiled using NumPy 1\.x cannot be run in|module (?:was )?compiled against (?:API|ABI) version|_ARRAY_API not found|numpy\._?core\.\w+ failed to import|module 'numpy' has no attribute '|`np\.\w+` was removed in the NumPy 2/,
    remedy: `Pin numpy ${AS_LOGGED}.`,
  },
  {
    id: 'pydantic_version',
    words:
      /`?BaseSettings`? has been moved to the `?pydantic-settings|\bPydanticImportError\b|\bPydanticUserError\b|ForwardRef\._evaluate\(\) (?:missing|got)|unable to infer type for attribute "/,
    remedy: 'Pin pydantic, or update the package that uses it.',
  },
  {
    id: 'module_of_other_version',
    words: new RegExp(
      [
        `No module named '?(?:${LIBRARIES})\\.[\\w.]+|Can't get attribute '.{1,120}' on <module '(?:${LIBRARIES})\\b`,
        '__(?:randomstate|generator|bit_generator)_ctor\\(\\)|is not a known BitGenerator',
        "NotImplementedError: \\(<class '(?:pandas|numpy)\\.|'(?:LGBM\\w+|CatBoost\\w*|Prophet)' object has no attribute",
        "Error when deserializing class '|Could not (?:locate|deserialize) (?:class|function) '",
        'Unrecognized keyword arguments passed to \\w|Keras 3 only supports V3|File format not supported: filepath=',
        'Unsupported model IR version|Opset \\d+ is under development|\\[E(?:053|167|1005)\\] ',
      ].join('|'),
    ),
    remedy: `Pin this package ${AS_LOGGED}: its parts have moved.`,
  },
  {
    id: 'import_name_missing',
    words: new RegExp(
      [
        "(?:ImportError: |^)cannot import name '|partially initialized module '|RuntimeError: Failed to import \\S+ because of the following error",
        '\\bundefined symbol: |\\bsymbol lookup error: |RuntimeError: operator \\S+::\\S+ does not exist',
        "Descriptors cannot (?:not )?be created directly|Couldn't build proto file into descriptor pool|'MessageFactory' object has no attribute",
        `AttributeError: module 'lib' has no attribute '|AttributeError: module '(?:${CHANGING})(?:\\.[\\w.]+)?' has no attribute '`,
        '\\bis required for a normal functioning of this module, but found\\b|\\bVersionConflict\\b',
      ].join('|'),
    ),
    remedy: BOTH,
  },
  {
    id: 'import_name_missing',
    weak: true,
    words: /TypeError: [\w.]{1,120}\(\) got an unexpected keyword argument '/,
    remedy: BOTH,
  },
  {
    id: 'module_missing',
    words:
      /No module named \S|\bcategory: user_dep_missing\b|requires the following packages that were not found|PackageNotFoundError|Missing optional dependency|Please (?:pip )?install the \S+ package|library but it was not found in your environment|\brequires? .{1,80}: `?pip install |No package metadata was found for|(?:is|are) not installed\. ?(?:Please|Run|Try|Install)|Could not import \S+ python package|ImportError: .{0,200}(?:\b[Pp]ackages? (?:is|are) required|Unable to find a usable engine|\b(?:pip|conda) install\b)/,
    // Libraries name optional parts that they did not find, and go on.
    except:
      /^(?!.*(?:ModuleNotFoundError|ImportError)\b).*\b(?:triton|xformers|flash_attn|apex|deepspeed|tensorrt|pynvml)\b/,
    remedy:
      'Add the package to the requirements of the model; if it is code of your own, list its folder in code_paths.',
  },
  {
    id: 'pickle_class_missing',
    words:
      /Can't get attribute '.{1,200}' on <module|ValueError: Unknown (?:layer|loss|metric|optimizer|initializer|regularizer|constraint|activation|loss function|metric function|activation function)s?: |\bcustom_object_scope\b/i,
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
    id: 'state_dict_mismatch',
    words:
      /Error\(s\) in loading state_dict for|(?:Missing|Unexpected) key\(s\) in state_dict|size mismatch for \S+: copying a param|expected \d+ variables, but received \d+ variables|(?:weight|saved model) file containing \d+ layers into a model with \d+/,
    follow: 2,
    remedy: 'Log the model again with the code that its weights belong to.',
  },
  {
    id: 'glibc_too_old',
    words: /version `(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+' not found/,
    remedy: 'Use an older wheel of the package, built for an older system.',
  },
  {
    id: 'system_program_missing',
    words: new RegExp(
      [
        "\\bTesseractNotFoundError\\b|\\bis not installed or it's not in your PATH\\b|Is poppler installed and in PATH|\\bPDFInfoNotInstalledError\\b|\\bExecutableNotFound\\b",
        'JAVA_HOME is not set|Java gateway process exited|\\bJVMNotFoundException\\b|No JVM shared library file',
        `FileNotFoundError: \\[Errno 2\\] No such file or directory: '(?:${PROGRAMS})'|[Cc]ouldn't find ffmpeg`,
      ].join('|'),
    ),
    except: /\bwarn(?:ing|ings)?\b/i,
    remedy: PROGRAM,
  },
  {
    id: 'system_program_missing',
    words: /^FileNotFoundError: \[Errno 2\] No such file or directory: '[\w+-]+'$/,
    below: /\b_execute_child\b/,
    remedy: PROGRAM,
  },
  {
    id: 'shared_library_missing',
    words:
      /(?:ImportError|OSError): \S+: cannot open shared object file|cannot open shared object file: No such file or directory$|\bXGBoostLibraryNotFound\b|\bno library called "|Cannot find (?:the )?\w+ [Ll]ibrary in the candidate path|Could not (?:load|find|open) (?:shared )?library [\w'"`]*lib\w+\.so|(?:OSError|ImportError|RuntimeError): .{0,80}\blib[\w+-]+\.so[\w.]*\b.{0,40}\b(?:not found|could not be (?:found|loaded))/,
    except: /dlerror|dynamic library/,
    remedy: 'Use a build of the package without system libraries, such as opencv-python-headless.',
  },
];
