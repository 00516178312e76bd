// @ts-check

const TITLES = /** @type {Record<number, string>} */ ({
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
})

/** A refusal: an RFC 7807 problem inside the service's `{ error, meta }` envelope. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} code the only part that programs may compare
   * @param {string} detail
   * @param {{ invalidFields?: Record<string, string>, tombstone?: object, headers?: Record<string, string> }} [more]
   */
  constructor(status, code, detail, more = {}) {
    super(detail)
    this.status = status
    this.code = code
    this.more = more
  }

  /** @param {string} instance @param {string} requestId */
  envelope(instance, requestId) {
    const { invalidFields, tombstone } = this.more
    return {
      error: {
        type: `https://api.layerv.ai/problems/${this.code}`,
        title: TITLES[this.status] ?? 'Error',
        status: this.status,
        detail: this.message,
        instance,
        code: this.code,
        ...(invalidFields && { invalid_fields: invalidFields }),
      },
      meta: { request_id: requestId, ...(tombstone && { tombstone }) },
    }
  }
}

/** @param {string} what @param {string} [code] */
export const notFound = (what, code = 'not_found') => new Problem(404, code, `No such ${what}.`)
