import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { HttpHeaders } from '../transport/transport.ts'
import { type EncodedPost, PostSender, type PostSenderOptions, type SendResult } from './post-sender.ts'

export interface EventSenderOptions extends PostSenderOptions {
  /** Base URL of the service that receives events. */
  readonly url: string
  /** Headers of every request: the credential and the identity of the client. */
  readonly headers: HttpHeaders
  readonly compression: 'gzip' | 'none'
}

/** A request to the service that receives events. */
export interface Post {
  /** Path below the base URL. */
  readonly path: '/bulk' | '/diagnostic'
  readonly body: string
  /** Headers beside those of every request. */
  readonly headers: HttpHeaders
}

const compress = promisify(gzip)

/** Sends the posts of one client, each at most twice. */
export class EventSender {
  readonly #options: EventSenderOptions
  readonly #url: string
  readonly #posts: PostSender

  constructor(options: EventSenderOptions) {
    this.#options = options
    this.#url = options.url.replace(/\/+$/, '')
    this.#posts = new PostSender(options)
  }

  get serverTime(): number {
    return this.#posts.serverTime
  }

  /** Sends a post, and again after a second if it failed and a retry can help. Never rejects. */
  async send(post: Post, signal: AbortSignal): Promise<SendResult> {
    const encoded = await this.#encode(post)
    return this.#posts.send(() => encoded, signal)
  }

  async #encode({ path, body, headers }: Post): Promise<EncodedPost> {
    const isCompressed = this.#options.compression === 'gzip'
    return {
      method: 'POST',
      url: this.#url + path,
      headers: {
        ...this.#options.headers,
        'content-type': 'application/json',
        ...(isCompressed && { 'content-encoding': 'gzip' }),
        ...headers,
      },
      body: isCompressed ? await compress(body) : body,
    }
  }
}
