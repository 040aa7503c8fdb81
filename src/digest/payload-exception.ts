/** Exceptions with which libraries refuse the input of a request: other columns, shapes or types than the model takes. Pure. */

const REFUSED = new RegExp(
  [
    // scikit-learn, and the models that follow its interface.
    '\\bX has \\d+ features, but \\w+ is expecting \\d+ features\\b|\\bThe feature names should match those that were passed during fit\\b|\\bFound unknown categories \\[',
    '\\bcolumns are missing: \\{|\\bcould not convert string to float\\b|\\by contains previously unseen labels\\b|\\bExpected 2D array, got (?:1D|scalar) array instead\\b|\\bA given column is not a column of the dataframe\\b',
    // xgboost, lightgbm, catboost.
    '\\bfeature_names mismatch\\b|\\bFeature shape mismatch, expected\\b|\\btraining data did not have the following fields\\b|\\bDataFrame\\.dtypes for data must be\\b',
    '\\bis not the same as it was in training data\\b|\\bpandas dtypes must be int, float or bool\\b|\\btrain and valid dataset categorical_feature do not match\\b|\\bshould be feature with name\\b',
    // pandas: a column that the code selects.
    "\\['[^']{1,200}'.{0,500}\\] not in index\\b|\\bNone of \\[.{1,500} are in the \\[(?:columns|index)\\]",
    // ONNX Runtime, TensorFlow and Keras, torch.
    '\\bGot invalid dimensions for input\\b|\\bInvalid Feed Input Name\\b|\\bRequired inputs \\(.{1,300}\\) are missing from input feed\\b|\\bUnexpected input data type\\. Actual\\b',
    '\\bInput \\d+ of layer .{1,120} is incompatible with the layer\\b|\\bexpected shape=.{1,120}, found shape=|\\bmat1 and mat2 shapes cannot be multiplied\\b|\\bexpected input\\[.{1,80}\\] to have \\d+ channels\\b',
    // Tokenizers, and the types of agents in mlflow.
    '\\btext input must be of type `?str\\b|\\bTextEncodeInput must be Union\\b',
    '\\bvalidation errors? for (?:Chat(?:Agent|Completion|Model)?|ResponsesAgent|Responses)Request\\b|\\bField `\\w+` in `?Chat\\w+`? must be\\b|\\bFailed to validate data against type hint\\b',
  ].join('|'),
);

/** @param texts the words of an exception in a request, and of those that caused it. */
export function refusesPayload(texts: readonly string[]): boolean {
  return texts.some((text) => REFUSED.test(text));
}
