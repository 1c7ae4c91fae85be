import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { Listeners, rethrow } from '../../../src/async/listeners.ts'
import { statusEvents, type Told } from '../../../src/relay/page/status-feed.ts'
import type { EnvironmentView } from '../../../src/relay/view.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { openStream, type Stream } from '../../server/raw-http.ts'
import { relayConfig } from '../../support/relays.ts'
import { environmentView, relayView, sourceView } from './views.ts'

/** The feed of a relay that is what the test says, on a real socket and under virtual time. */
async function serve(first: EnvironmentView = environmentView()) {
  const clock = new VirtualClock()
  const changes = new Listeners<void>(rethrow)
  const closing = new AbortController()
  const config = relayConfig({ environments: [{ name: 'test', sdkKey: 'sdk-test-0b5e' }] })
  const errors: unknown[] = []
  let environment = first
  let looks = 0
  const surface = statusEvents({
    config: () => config,
    view: () => {
      looks++
      if (environment.name === 'broken') throw new Error('a view that cannot be had')
      return relayView([environment], clock.now())
    },
    onChange: (call) => changes.add(call),
    clock,
    leaving: closing.signal,
    closing: closing.signal,
    onError: (error) => errors.push(error),
  })
  const http = createServer((_request, response) => {
    surface(response).catch((error: unknown) => errors.push(error))
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
    get looks() {
      return looks
    },
    /** Something else is so, of which the relay tells. */
    change: (members: Partial<EnvironmentView>) => {
      environment = { ...environment, ...members }
      changes.emit()
    },
    /** Something else is so, of which nobody tells. */
    become: (members: Partial<EnvironmentView>) => {
      environment = { ...environment, ...members }
    },
  }
}

/** What a stream said: of each view how many flags are held, and `alive`. */
function said(stream: Stream): string[] {
  return stream
    .text()
    .split('\n\n')
    .filter((event) => event.startsWith('event: '))
    .map((event) => {
      const [, name, data = ''] = /^event: (.*)\ndata: (.*)$/.exec(event) ?? []
      if (name !== 'view') return String(name)
      const { view } = JSON.parse(data) as Told
      return `${view.environments[0]?.holds.flags} flags`
    })
}

const holding = (flags: number): Partial<EnvironmentView> => ({ holds: { flags, segments: 0 } })

it('(S114) a viewer is told the view and the verdict at once', async () => {
  const { url } = await serve(environmentView({ source: sourceView('interrupted') }))
  const stream = await openStream(url)
  await stream.until('\n\n')
  expect(stream.response.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-content-type-options': 'nosniff',
  })
  const { verdict, view } = JSON.parse(stream.text().replace('event: view\ndata: ', '')) as Told
  expect(view).toMatchObject({ version: '1.2.3', environments: [{ name: 'test', sdkKey: '***-****-0b5e' }] })
  expect(verdict).toMatchObject({ tone: 'wary', standings: [{ word: 'Interrupted' }] })
})

it('(S114) what changes together is told together, within a quarter of a second', async () => {
  const { url, clock, change } = await serve()
  const stream = await openStream(url)
  await stream.until('\n\n')
  for (let flags = 3; flags <= 50; flags++) change(holding(flags))
  await clock.advance(249)
  expect(said(stream)).toEqual(['2 flags'])
  await clock.advance(1)
  await stream.until('"flags":50')
  expect(said(stream)).toEqual(['2 flags', '50 flags'])
})

it('(S114) changes without end are told four times in a second', async () => {
  const { url, clock, change } = await serve(environmentView(holding(0)))
  const stream = await openStream(url)
  for (let flags = 1; flags <= 200; flags++) {
    change(holding(flags))
    await clock.advance(5)
  }
  await stream.until('"flags":200')
  expect(said(stream)).toEqual(['0 flags', '50 flags', '100 flags', '150 flags', '200 flags'])
})

it('(S114) clients and traffic are looked at every few seconds; when nothing is new, that is all that is said', async () => {
  const { url, clock, become } = await serve()
  const stream = await openStream(url)
  await clock.advance(5_250)
  await stream.until('event: alive')
  become({ clients: { fdv2: 7, fdv1: 0 } })
  await clock.advance(5_250)
  await stream.until('"fdv2":7')
  expect(said(stream)).toEqual(['2 flags', 'alive', '2 flags'])
})

it('(S114) growing older is no news, and being confirmed is', async () => {
  const { url, clock, become } = await serve(
    environmentView({ source: { ...sourceView('valid'), ageMs: 0 } }),
  )
  const stream = await openStream(url)
  become({ source: { ...sourceView('valid'), ageMs: 5_250 } })
  await clock.advance(5_250)
  await stream.until('event: alive')
  become({ source: { ...sourceView('valid'), ageMs: 0 } })
  await clock.advance(5_250)
  await stream.until('"now":10500')
  expect(said(stream)).toEqual(['2 flags', 'alive', '2 flags'])
})

it('(S114) a viewer who comes later does not keep what is new from those who are there', async () => {
  const { url, clock, become } = await serve()
  const first = await openStream(url)
  await first.until('\n\n')
  become(holding(3))
  const second = await openStream(url)
  await second.until('"flags":3')
  await clock.advance(5_250)
  await first.until('"flags":3')
  await second.until('alive')
  expect(said(second)).toEqual(['3 flags', 'alive'])
})

it('(S114) while nobody looks nothing is done: no timer, no listener, no view', async () => {
  const served = await serve()
  const { url, clock, changes, change } = served
  expect([clock.armed, changes.size, served.looks]).toEqual([0, 0, 0])
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
  const { looks } = served
  change(holding(3))
  await clock.advance(60_000)
  expect(served.looks).toBe(looks)
})

it('(S114) of more than a hundred viewers the others are told to come again, until one has left', async () => {
  const { url, clock } = await serve()
  const streams = await Promise.all(Array.from({ length: 100 }, () => openStream(url)))
  expect(streams.every(({ response }) => response.statusCode === 200)).toBe(true)
  const turnedAway = await openStream(url)
  expect([turnedAway.response.statusCode, turnedAway.response.headers['retry-after']]).toEqual([503, '5'])
  streams[0]?.response.destroy()
  await expect.poll(async () => (await openStream(url)).response.statusCode).toBe(200)
  await clock.advance(5_250)
  await streams[99]?.until('alive')
})

it('(S114) a viewer who does not read misses what was new meanwhile, and is then told the latest', async () => {
  // More than the kernel takes for somebody who does not read.
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
  const told: number[] = []
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const [, flags] = /"flags":(\d+),/.exec(text + chunk) ?? []
    text = flags === undefined ? chunk.slice(-16) : ''
    if (flags !== undefined) told.push(Number(flags))
  })
  response.resume()
  await expect.poll(() => told.at(-1)).toBe(10)
  expect(told.length).toBeLessThan(5)
})

it('(S114) one who takes nothing at all is cut, and makes place', async () => {
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

it('(S114) when the relay closes every stream ends, and who comes then is refused', async () => {
  const { url, clock, close } = await serve()
  const streams = [await openStream(url), await openStream(url)]
  close()
  for (const { ended } of streams) await ended
  await expect.poll(() => clock.armed).toBe(0)
  expect((await openStream(url)).response.statusCode).toBe(503)
})

it('(S114) a view that cannot be had is reported, and a later viewer is told again', async () => {
  const { url, clock, change, errors } = await serve()
  const stream = await openStream(url)
  await stream.until('\n\n')
  change({ name: 'broken' })
  await clock.advance(250)
  expect(errors).toEqual([new Error('a view that cannot be had')])
  change({ name: 'test' })
  const later = await openStream(url)
  await clock.advance(5_250)
  await later.until('alive')
})
