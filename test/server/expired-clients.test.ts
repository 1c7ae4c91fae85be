import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { type EventFeed, serveEvents } from '../../src/server/event-stream.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

/** Serves one stream, whose credential expires with the signal. Resolves with its whole text. */
async function textOf(expired: AbortSignal, feed: Partial<EventFeed> = {}): Promise<string> {
  const clock = new VirtualClock()
  const settings = {
    clock,
    heartbeatMs: 30_000,
    stallMs: 30_000,
    lifetimeMs: () => Infinity,
    closing: new AbortController().signal,
    onStall: () => {},
  }
  const goodbye = (reason: string): Buffer => Buffer.from(reason)
  const events = { next: () => undefined, subscribe: () => () => {}, goodbye, ...feed }
  const http = createServer((_, response) => void serveEvents(response, events, settings, { expired }))
  await once(http.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void http.close())
  const text = await (await fetch(`http://127.0.0.1:${(http.address() as AddressInfo).port}`)).text()
  await expect.poll(() => clock.armed).toBe(0)
  return text
}

const GOODBYE = 'the key or client-side ID of this client is not valid any more'

it('(S208.4) a client whose key expires while it waits for admission receives a goodbye and no data', async () => {
  expect(await textOf(AbortSignal.abort(), { next: () => Buffer.from('data') })).toBe(GOODBYE)
})

it('(S208.4) an expiry sends one goodbye after the events, and leaves no timer behind', async () => {
  const expiry = new AbortController()
  const events = [Buffer.from('first ')]
  const next = (): Buffer | undefined => {
    const event = events.pop()
    if (!event) setImmediate(() => expiry.abort())
    return event
  }
  expect(await textOf(expiry.signal, { next })).toBe(`first ${GOODBYE}`)
})
