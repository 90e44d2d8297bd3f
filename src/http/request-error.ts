/** Why a request cannot be understood, in a sentence for its sender. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code = 'UDSCOPE_REQUEST';

  /** `status`: of the HTTP answer. */
  constructor(
    readonly status: 400 | 413 | 415,
    message: string,
  ) {
    super(message);
  }
}
