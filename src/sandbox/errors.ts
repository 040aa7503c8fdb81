/** An error answer in the service's form. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | number;
  readonly headers: Record<string, string>;
  /** Whether the body has a RequestInfo detail. The control plane sends one; authentication and query routing do not. */
  readonly detailed: boolean;

  constructor(
    status: number,
    code: string | number,
    message: string,
    options: { detailed?: boolean; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.detailed = options.detailed ?? true;
    this.headers = options.headers ?? {};
  }
}

/** The JSON body of an error. The RequestInfo detail has no `metadata` key. evidence: request-info */
export function errorBody(error: ApiError, requestId: string): Record<string, unknown> {
  const body: Record<string, unknown> = { error_code: error.code, message: error.message };
  if (error.detailed) {
    body.details = [{ '@type': 'type.googleapis.com/google.rpc.RequestInfo', request_id: requestId, serving_data: '' }];
  }
  return body;
}

/** 404 of the control-plane routes for a missing endpoint. evidence: not-found-control */
export function endpointMissing(name: string): ApiError {
  return new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', `Endpoint with name '${name}' does not exist.`);
}

/** 404 of the query routes, whose code and text differ from the control plane's. evidence: data.unknown-endpoint */
export function queryEndpointMissing(): ApiError {
  return new ApiError(
    404,
    'ENDPOINT_NOT_FOUND',
    'The given endpoint does not exist, please retry after checking the specified model and version deployment exists.',
    { detailed: false },
  );
}

/** 404 of a query of a foundation model that is not there: retired, renamed, or not in this region. evidence: foundation-unknown */
export function foundationMissing(name: string): ApiError {
  return new ApiError(
    404,
    'RESOURCE_DOES_NOT_EXIST',
    `Failed to find MT LLM Endpoint for requested endpoint: ${name}`,
    {
      detailed: false,
    },
  );
}

/** 404 for a route that the workspace does not have. Only the code is known. assumed: no-route-text */
export function routeMissing(method: string, path: string): ApiError {
  return new ApiError(404, 'ENDPOINT_NOT_FOUND', `No API found for '${method} ${path}'`, { detailed: false });
}

/** 403 for a missing grant. The text for 'View' was seen, and the other two follow it. evidence: no-view-text, assumed: permission-words */
export function permissionDenied(need: 'View' | 'Query' | 'Manage', endpoint: string): ApiError {
  return new ApiError(403, 'PERMISSION_DENIED', `User does not have permission '${need}' on Endpoint ${endpoint}`);
}

/** The answer to an expired or expiring token. evidence: token-texts */
export function tokenExpired(status: 401 | 403): ApiError {
  return new ApiError(status, status, 'Token is expiring within 30 seconds. (token expired)', { detailed: false });
}

/** 400 for a value that the service refuses. */
export function invalid(message: string): ApiError {
  return new ApiError(400, 'INVALID_PARAMETER_VALUE', message);
}

/** 404 for everything except an endpoint. */
export function missing(message: string): ApiError {
  return new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', message);
}

/** 404 of the gateway's objects. One that the caller may not see has the same answer. assumed: gateway-service-missing */
export function notFound(what: string, name: string): ApiError {
  return new ApiError(404, 'NOT_FOUND', `${what} '${name}' does not exist.`);
}
