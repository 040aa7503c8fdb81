/** The forms of credentials that need no name: tokens of known providers, headers, URLs and options. Pure. */

/** The lines around a private key. */
export const KEY_BEGIN = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
export const KEY_END = /-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;

/**
 * The first group, if there is one, is kept. Each repetition is bounded or begins at the start of a run, so that a hostile text takes no
 * more time than a harmless one.
 */
export const SECRET_FORMS: readonly RegExp[] = [
  // Databricks, as in src/auth/errors.ts
  /\b(?:dapi|dose|dkea|dsse|dosp|dsapi)[0-9a-f]{16,}(?:-\d+)?\b/gi,
  // JSON web tokens
  /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3}/g,
  // An authorization header with a known scheme. In a sentence, a plain word follows: `authorization: basic access`.
  /\b((?:proxy-)?authorization(?:\\{0,7}["'])?\s{0,9}[:=]\s{0,9}(?:\\{0,7}["'])?(?:bearer|basic|token|digest|negotiate|api-?key)\s{1,9})(?=[^\s"',;]*[\dA-Z_~+/=-])(?![$<{%])[^\s"',;*\\]{6,}/gi,
  // An authorization header with another scheme or none. The value has a digit, unlike `authorization: denied by policy 42`.
  /\b((?:proxy-)?authorization(?:\\{0,7}["'])?\s{0,9}[:=]\s{0,9}(?:\\{0,7}["'])?(?:[a-z][\w-]{2,20} )?)(?=[\w.~+/=%:-]*\d)(?![\w.]+\()[\w.~+/=%:-]{12,}/gi,
  // A scheme without a header. "A basic understanding" and `Bearer realm="x"` are not credentials.
  /\b((?:[Bb]earer|BEARER|[Bb]asic|BASIC)\s{1,9})(?=[\w.~+/=-]*(?:\d|=(?![\w"'])|[a-z][A-Z]\w*[a-z][A-Z]\w*[a-z][A-Z]))[\w.~+/=-]{12,}/g,
  // OpenAI, Anthropic and similar. `sk-learn-model-of-the-year` has no long word.
  /(?<![\w-])(?:sk|pk|rk)-(?=[\w-]{0,200}\w{16})[\w-]{16,}/gi,
  // Stripe
  /\b(?:[srp]k_(?:live|test)|whsec)_[A-Za-z0-9+/=]{16,}/g,
  // AWS: an access key, and the secret key that follows it in a list
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b(?:[,: ][A-Za-z0-9/+=]{40}(?![\w/+=]))?/g,
  // Google
  /\b(?:AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})/g,
  // Microsoft Entra
  /(?<![\w.~-])[\w.~]{3}\dQ~[\w.~-]{31,34}/g,
  // GitHub, GitLab and Slack
  /\b(?:gh[pousr]|github_pat|gl(?:pat|rt|dt|cbt)|xox[abeprs]|xapp)[_-][\w-]{16,}/g,
  // Hugging Face, npm, Groq, Replicate. They have one `_`, because `hf_hub_download_to_file` is a function.
  /\b(?:hf|npm|gsk|r8)_[A-Za-z0-9]{30,}/g,
  // PyPI, NVIDIA, xAI, Perplexity, Tavily and others with a hyphen
  /\b(?:pypi|nvapi|xai|pplx|tvly|sess|PMAK|NRAK|AGE-SECRET-KEY)-[\w-]{24,}/g,
  // Vault, SendGrid, Grafana, DigitalOcean, Docker, Shopify, LangSmith, Pinecone, Linear, Figma, Telegram
  /\b(?:hv[bs]\.|SG\.|glsa_|glc_|dop_v1_|dckr_pat_|shp(?:at|ca|pa|ss)_|lsv2_[ps][tk]_|pcsk_|lin_api_|figd_|bot\d{8,10}:)[\w.-]{20,}/g,
  // A private key, or the beginning of one, but not its first line in quotes without a key after it
  new RegExp(`${KEY_BEGIN.source}(?!["'\`](?![^]{0,20}[\\w+/]{24}))[^]*?(?:${KEY_END.source}|$)`, 'g'),
  // A password in a URL, but not `user:password@` of a manual
  /\b([a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@]{0,200}:)(?!(?:\*+|<[^<>]*>|[$%{][\w{}()]*|pass(?:word|wd)?|pwd|secret|token)@)[^\s/]{1,500}(?=@)/gi,
  // Signed URLs
  /([?&](?:sig|signature|x-(?:amz|goog)-signature)=)(?!\*\*\*)[^\s&"',;)}\]]{6,}/gi,
  // A SAS that starts with its signature. A shorter value may be statistics.
  /\b(sig=)[\w%+/=-]{40,}/g,
  // A signature of AWS in a header
  /\b(signature=)[0-9a-f]{64}\b/gi,
  // The key of a request
  /([?&](?:key|code)=)(?=[^\s&"',;)}\]]{0,100}\d)[^\s&"',;)}\]]{8,}/gi,
  // A token without a password. A value without a digit is the name of a person or an organization.
  /\b(https?:\/\/)(?=[^\s/:@]{0,200}\d)[^\s/:@]{16,500}(?=@)/gi,
  // Webhooks
  /\b(hooks\.slack\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/webhooks\/\d{1,30}\/|webhook\.office\.com\/webhookb2\/)[\w@/-]{8,}/g,
  // A token in the URL of a conda channel. Titles in URLs of forums have no letters between digits.
  /(\/t\/)(?=[\w-]{0,100}\d[a-z]{1,9}\d)[\w-]{16,}(?=\/)/gi,
  // Cookies, in headers and as options
  /(?:\b(cookie(?:\\{0,7}["'])?\s{0,9}:\s{0,9}(?:\\{0,7}["'])?)|(?<=--cookie ["']?|\s-b ["']))(?=[\w.-]{1,60}=)[^\s"';\\]+(?:;[ \t]?[^\s"';\\]+)*/gi,
  // `curl -u user:password`, but not `docker run -u 1000:1000`
  /(\s(?:-u|--(?:proxy-)?user)[ =]["']?[^\s:"'$<]{1,100}:)(?![$<{*]|\d+\b)[^\s"']{4,}/g,
  // Options of commands that take a password: `docker login -p`, `mysql -p`, `sshpass -p`, `redis-cli -a`
  /\b((?:login|mysql|mysqldump|mariadb|mongosh?|sshpass|redis-cli)\b[^\n|;&]{0,100}?\s-[apw] ?["']?)(?=[^\s"']{0,60}\d)(?=[^\s"']{0,60}[a-z])(?![$<{*])[^\s"']{6,}/gi,
  // A user and a password of Python's requests
  /\b(auth\s?=\s?(?:\w{0,40}Auth)?\(\s?["'][^"'\n]{1,80}["']\s?,\s?["'])[^"'\n]{4,200}(?=["'])/g,
  // A password in braces, in a connection string of ODBC. Letters alone in braces are a variable.
  /\b((?:pwd|password)\s?=\s?\{)(?![a-z_]*\})[^{}\n]{1,200}(?=\})/gi,
  // A password of SQL
  /\b(identified by (?:password )?["'])[^"'\n]{4,200}(?=["'])/gi,
];
