import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether a request may pass. Takes equally long whatever the difference, so a key cannot be guessed by time. */
export function authorized(sdkKey: string | undefined, authorization: string | undefined): boolean {
  return sdkKey === undefined || timingSafeEqual(digest(sdkKey), digest(authorization ?? ''))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
