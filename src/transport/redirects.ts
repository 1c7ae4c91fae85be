import { HalyardError } from '../model/errors.ts'
import { drain } from './body.ts'
import type { HttpHeaders, HttpRequest, HttpResponse, Transport } from './transport.ts'

const MAX_REDIRECTS = 3
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** A redirect that would carry the credential elsewhere, or never end (D21). */
export class RedirectRefusedError extends HalyardError {
  readonly status: number
  /** Of the redirect: it may carry more than its location. */
  readonly headers: HttpHeaders

  constructor({ status, headers }: HttpResponse, reason: string) {
    super('REDIRECT_REFUSED', `redirect refused: ${reason}`)
    this.status = status
    this.headers = headers
  }
}

/** Gets, following redirects within the same origin, three at most. */
export async function getFollowing(transport: Transport, request: HttpRequest): Promise<HttpResponse> {
  let url = request.url
  for (let hops = 0; ; hops++) {
    const response = await transport.get({ ...request, url })
    if (!REDIRECTS.has(response.status)) return response
    const { location } = response.headers
    const target = location ? URL.parse(location, url) : null
    if (!target) throw new RedirectRefusedError(response, 'it names no valid location')
    if (target.origin !== new URL(url).origin) {
      throw new RedirectRefusedError(response, `it leads to another origin, ${target.origin}`)
    }
    if (hops === MAX_REDIRECTS) throw new RedirectRefusedError(response, `more than ${MAX_REDIRECTS}`)
    await drain(response)
    url = target.href
  }
}
