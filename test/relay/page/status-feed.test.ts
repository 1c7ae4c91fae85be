import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { Listeners, rethrow } from '../../../src/async/listeners.ts'
import type { OverviewMessage } from '../../../src/relay/page/overview.ts'
import { statusEvents } from '../../../src/relay/page/status-feed.ts'
import type { EnvironmentView } from '../../../src/relay/view.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { openStream, type Stream } from '../../server/raw-http.ts'
import { relayConfig } from '../../support/relays.ts'
import { NO_REQUESTS } from '../status/views.ts'
import { environmentView, relayView, sourceView } from './views.ts'

/** Serves the status feed of one environment, which the test changes, on a real socket and in virtual time. */
async function serve(first: EnvironmentView = environmentView()) {
  const clock = new VirtualClock()
  const changes = new Listeners<void>(rethrow)
  const closing = new AbortController()
  const config = relayConfig({ environments: [{ name: 'test', sdkKey: 'sdk-test-0b5e' }] })
  const errors: unknown[] = []
  let environment = first
  let reads = 0
  const endpoint = statusEvents({
    config: () => config,
    view: () => {
      reads++
      if (environment.name === 'broken') throw new Error('the view failed')
      return relayView([environment], clock.now())
    },
    flagsOf: () => undefined,
    requests: () => NO_REQUESTS,
    onChange: (call) => changes.add(call),
    clock,
    draining: closing.signal,
    closing: closing.signal,
    onError: (error) => errors.push(error),
  })
  const http = createServer((_request, response) => {
    try {
      endpoint(response)
    } catch (error) {
      errors.push(error)
    }
  })
  await once(http.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  return {
    clock,
    changes,
    errors,
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/status/events`,
    close: () => closing.abort(),
    get reads() {
      return reads
    },
    /** Changes the environment and notifies the feed. */
    change: (members: Partial<EnvironmentView>) => {
      environment = { ...environment, ...members }
      changes.emit()
    },
    /** Changes the environment without a notification. */
    changeSilently: (members: Partial<EnvironmentView>) => {
      environment = { ...environment, ...members }
    },
  }
}

/** Returns the events of a stream: for `overview` and `changes` the number of flags, and `alive`. */
function eventsOf(stream: Stream): string[] {
  return stream
    .text()
    .split('\n\n')
    .filter((event) => event.startsWith('event: '))
    .map((event) => {
      const [, name, data = ''] = /^event: (.*)\ndata: (.*)$/.exec(event) ?? []
      if (name === 'alive') return name
      const { rows } = JSON.parse(data) as Pick<OverviewMessage, 'rows'>
      return `${rows[0]?.holds.flags} flags`
    })
}

const holding = (flags: number): Partial<EnvironmentView> => ({ holds: { flags, segments: 0 } })

it('(S114) sends the overview at once', async () => {
  const { url } = await serve(environmentView({ source: sourceView('interrupted') }))
  const stream = await openStream(url)
  await stream.until('\n\n')
  expect(stream.response.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-content-type-options': 'nosniff',
  })
  const { head, rows } = JSON.parse(stream.text().replace('event: overview\ndata: ', '')) as OverviewMessage
  expect(head).toMatchObject({ version: '1.2.3', tone: 'warning' })
  expect(rows).toMatchObject([{ name: 'test', label: 'Interrupted', holds: { flags: 2 } }])
})

it('(S114) sends changes within 250 ms as one event', async () => {
  const { url, clock, change } = await serve()
  const stream = await openStream(url)
  await stream.until('\n\n')
  for (let flags = 3; flags <= 50; flags++) change(holding(flags))
  await clock.advance(249)
  expect(eventsOf(stream)).toEqual(['2 flags'])
  await clock.advance(1)
  await stream.until('"flags":50')
  expect(eventsOf(stream)).toEqual(['2 flags', '50 flags'])
})

it('(S114) sends continuous changes four times per second', async () => {
  const { url, clock, change } = await serve(environmentView(holding(0)))
  const stream = await openStream(url)
  for (let flags = 1; flags <= 200; flags++) {
    change(holding(flags))
    await clock.advance(5)
  }
  await stream.until('"flags":200')
  expect(eventsOf(stream)).toEqual(['0 flags', '50 flags', '100 flags', '150 flags', '200 flags'])
})

it('(S114) reads clients and traffic every 5 s, and sends only `alive` if nothing has changed', async () => {
  const { url, clock, changeSilently } = await serve()
  const stream = await openStream(url)
  await clock.advance(5_250)
  await stream.until('event: alive')
  changeSilently({ clients: { fdv2: 7, fdv1: 0, pings: 0, pollers: 0 } })
  await clock.advance(5_250)
  await stream.until('"fdv2":7')
  expect(eventsOf(stream)).toEqual(['2 flags', 'alive', '2 flags'])
})

it('(S114) sends an environment if its data was confirmed, but not because its age has grown', async () => {
  const { url, clock, changeSilently } = await serve(
    environmentView({ source: { ...sourceView('valid'), ageMs: 0 } }),
  )
  const stream = await openStream(url)
  changeSilently({ source: { ...sourceView('valid'), ageMs: 5_250 } })
  await clock.advance(5_250)
  await stream.until('event: alive')
  changeSilently({ source: { ...sourceView('valid'), ageMs: 0 } })
  await clock.advance(5_250)
  await stream.until('"now":10500')
  expect(eventsOf(stream)).toEqual(['2 flags', 'alive', '2 flags'])
})

it('(S114) a new viewer does not make the others miss a change', async () => {
  const { url, clock, changeSilently } = await serve()
  const first = await openStream(url)
  await first.until('\n\n')
  changeSilently(holding(3))
  const second = await openStream(url)
  await second.until('"flags":3')
  await clock.advance(5_250)
  await first.until('"flags":3')
  await second.until('alive')
  expect(eventsOf(second)).toEqual(['3 flags', 'alive'])
})

it('(S114) has no timers and no listeners and reads no view while there are no viewers', async () => {
  const served = await serve()
  const { url, clock, changes, change } = served
  expect([clock.armed, changes.size, served.reads]).toEqual([0, 0, 0])
  const stream = await openStream(url)
  await stream.until('\n\n')
  expect(changes.size).toBe(1)
  stream.response.destroy()
  await expect
    .poll(async () => {
      await clock.advance(250)
      return [clock.armed, changes.size]
    })
    .toEqual([0, 0])
  const { reads } = served
  change(holding(3))
  await clock.advance(60_000)
  expect(served.reads).toBe(reads)
})

it('(S114) answers 503 with Retry-After to more than 100 viewers, until one of them leaves', async () => {
  const { url, clock } = await serve()
  const streams = await Promise.all(Array.from({ length: 100 }, () => openStream(url)))
  expect(streams.every(({ response }) => response.statusCode === 200)).toBe(true)
  const rejected = await openStream(url)
  expect([rejected.response.statusCode, rejected.response.headers['retry-after']]).toEqual([503, '5'])
  streams[0]?.response.destroy()
  await expect.poll(async () => (await openStream(url)).response.statusCode).toBe(200)
  await clock.advance(5_250)
  await streams[99]?.until('alive')
})

it('(S114) sends only the latest state to a viewer that has not read for a while', async () => {
  // More than the kernel buffers for a client that does not read.
  const name = 'x'.repeat(8 * 1024 * 1024)
  const { url, clock, change } = await serve(environmentView({ name }))
  const request = get(url, { agent: false })
  onTestFinished(() => void request.destroy())
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.pause()
  for (let flags = 3; flags <= 10; flags++) {
    change(holding(flags))
    await clock.advance(250)
  }
  const received: number[] = []
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const [, flags] = /"flags":(\d+),/.exec(text + chunk) ?? []
    text = flags === undefined ? chunk.slice(-16) : ''
    if (flags !== undefined) received.push(Number(flags))
  })
  response.resume()
  await expect.poll(() => received.at(-1)).toBe(10)
  expect(received.length).toBeLessThan(5)
})

it('(S114) disconnects a viewer that does not read at all', async () => {
  const { url, clock, changes, change } = await serve(environmentView({ name: 'x'.repeat(8 * 1024 * 1024) }))
  const request = get(url, { agent: false }).on('error', () => {})
  onTestFinished(() => void request.destroy())
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.on('error', () => {}).pause()
  change(holding(3))
  await clock.advance(30_250)
  await expect
    .poll(async () => {
      await clock.advance(250)
      return [changes.size, clock.armed]
    })
    .toEqual([0, 0])
})

it('(S114) ends all streams if the relay closes, and then answers 503', async () => {
  const { url, clock, close } = await serve()
  const streams = [await openStream(url), await openStream(url)]
  close()
  for (const { ended } of streams) await ended
  await expect.poll(() => clock.armed).toBe(0)
  expect((await openStream(url)).response.statusCode).toBe(503)
})

it('(S114) reports a view that throws, and serves later viewers', async () => {
  const { url, clock, change, errors } = await serve()
  const stream = await openStream(url)
  await stream.until('\n\n')
  change({ name: 'broken' })
  await clock.advance(250)
  expect(errors).toEqual([new Error('the view failed')])
  change({ name: 'test' })
  const later = await openStream(url)
  await clock.advance(5_250)
  await later.until('alive')
})
