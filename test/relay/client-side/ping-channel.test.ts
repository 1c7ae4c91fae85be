import { expect, it } from 'vitest'
import { rethrow } from '../../../src/async/listeners.ts'
import { PING, PingChannel } from '../../../src/relay/client-side/ping-channel.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { Random } from '../../support/random.ts'

interface Stream {
  readonly pings: number[]
}

/** A channel with a virtual clock, and streams that note the times of their pings. */
function channelWith(jitterMs: number): {
  readonly clock: VirtualClock
  readonly channel: PingChannel
  readonly connect: () => Stream
} {
  const clock = new VirtualClock()
  const random = new Random(1)
  const channel = new PingChannel({ clock, random: () => random.next(), jitterMs, onError: rethrow })
  const connect = (): Stream => {
    const pings: number[] = []
    const feed = channel.feed()
    const read = (): void => {
      for (let bytes = feed.next(); bytes; bytes = feed.next()) {
        expect(bytes).toBe(PING)
        pings.push(clock.monotonic())
      }
    }
    feed.subscribe(read)
    read()
    return { pings }
  }
  return { clock, channel, connect }
}

it('(CS20.2) pings a stream when the first data arrives, or at once', () => {
  const { channel, connect } = channelWith(0)
  const early = connect()
  expect(early.pings).toEqual([])
  channel.announce()
  expect(early.pings).toEqual([0])
  expect(connect().pings).toEqual([0])
})

it('(CS20.4) a stream that reads after several changes receives one ping', () => {
  const { channel } = channelWith(0)
  channel.announce()
  const feed = channel.feed()
  channel.announce()
  channel.announce()
  expect([feed.next(), feed.next()]).toEqual([PING, undefined])
})

it('(CS22.1) spreads the pings of a change over the whole jitter', async () => {
  const { clock, channel, connect } = channelWith(10_000)
  channel.announce()
  const streams = Array.from({ length: 5_000 }, connect)
  expect(streams.every(({ pings }) => pings.length === 1)).toBe(true)
  channel.announce()
  await clock.advance(10_000)
  const delays = streams.map(({ pings: [, at = NaN] }) => at)
  expect(Math.max(...delays)).toBeLessThanOrEqual(10_000)
  const perSecond = Array.from({ length: 10 }, (_, second) => {
    return delays.filter((delay) => Math.floor(delay / 1_000) === second).length
  })
  for (const count of perSecond) expect(count).toBeGreaterThan(300)
  expect(streams.every(({ pings }) => pings.length === 2)).toBe(true)
})

it('(CS22.1) chooses another delay for each change', async () => {
  const { clock, channel, connect } = channelWith(1_000)
  channel.announce()
  const { pings } = connect()
  for (let change = 0; change < 10; change++) {
    channel.announce()
    await clock.advance(1_000)
  }
  const delays = pings.slice(1).map((at) => Math.round(at % 1_000))
  expect(delays).toHaveLength(10)
  expect(new Set(delays).size).toBeGreaterThan(5)
})

it('(CS22.2) merges changes during the delay into one ping', async () => {
  const { clock, channel, connect } = channelWith(1_000)
  channel.announce()
  const streams = Array.from({ length: 100 }, connect)
  channel.announce()
  channel.announce()
  await clock.advance(1_000)
  expect(streams.every(({ pings }) => pings.length === 2)).toBe(true)
})

it('(CS22.1) a stream that connects during the delay of a change receives one ping, at once', async () => {
  const { clock, channel, connect } = channelWith(1_000)
  Array.from({ length: 300 }, connect)
  channel.announce()
  const late = Array.from({ length: 300 }, connect)
  await clock.advance(1_000)
  expect(late.every(({ pings }) => pings.length === 1 && pings[0] === 0)).toBe(true)
})

it('(CS22.3) 10,000 streams need at most 256 timers, and none after close', () => {
  const { clock, channel, connect } = channelWith(60_000)
  Array.from({ length: 10_000 }, connect)
  channel.announce()
  channel.announce()
  expect(clock.armed).toBeLessThanOrEqual(256)
  channel.close()
  expect(clock.armed).toBe(0)
})
