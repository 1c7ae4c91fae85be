import { HalyardError } from '../model/errors.ts'
import { drain } from './body.ts'
import type { HttpHeaders, HttpRequest, HttpResponse, Transport } from './transport.ts'

const MAX_REDIRECTS = 3
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** A redirect that would send the credential to another origin, or that is one too many (D21). */
export class RedirectRefusedError extends HalyardError {
  readonly status: number
  /** The headers of the redirect, which can contain the FDv1 directive. */
  readonly headers: HttpHeaders

  constructor({ status, headers }: HttpResponse, reason: string) {
    super('REDIRECT_REFUSED', `redirect refused: ${reason}`)
    this.status = status
    this.headers = headers
  }
}

/** Sends a GET and follows up to three redirects within the same origin. */
export async function getFollowing(
  transport: Transport,
  request: Omit<HttpRequest, 'method' | 'body'>,
): Promise<HttpResponse> {
  let url = request.url
  for (let hops = 0; ; hops++) {
    const response = await transport.request({ ...request, method: 'GET', url })
    if (!REDIRECTS.has(response.status)) return response
    const { location } = response.headers
    const target = location ? URL.parse(location, url) : null
    if (!target) throw new RedirectRefusedError(response, 'it has no valid location')
    if (target.origin !== new URL(url).origin) {
      throw new RedirectRefusedError(response, `it leads to another origin, ${target.origin}`)
    }
    if (hops === MAX_REDIRECTS) throw new RedirectRefusedError(response, `more than ${MAX_REDIRECTS}`)
    await drain(response)
    url = target.href
  }
}
