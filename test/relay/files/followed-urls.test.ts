import { expect, it, onTestFinished } from 'vitest'
import { followUrl } from '../../../src/relay/files/followed-urls.ts'
import { RemoteFile } from '../../../src/relay/files/remote-file.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import type { HttpResponse } from '../../../src/transport/transport.ts'

type Answer = Pick<HttpResponse, 'status' | 'headers'>

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* flags(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('{"flagValues":{"a":1}}')
}

/** Follows a URL on virtual time. Returns the times of the requests, in seconds. */
function following(answers: readonly Answer[], random = 0) {
  const clock = new VirtualClock()
  const stop = new AbortController()
  const times: number[] = []
  const transport = {
    request(): Promise<HttpResponse> {
      const answer = answers[times.length] ?? { status: 200, headers: {} }
      times.push(clock.monotonic() / 1_000)
      return Promise.resolve({ ...answer, body: answer.status === 200 ? flags() : nothing() })
    },
    close: () => Promise.resolve(),
  }
  const url = 'https://flags.example/flags.json'
  const file = new RemoteFile({ url, authorization: undefined, headers: {}, transport, clock })
  const types: string[] = []
  const finished = (async () => {
    const options = { intervalMs: 30_000, clock, random: () => random, signal: stop.signal }
    for await (const { type } of followUrl(file, options)) types.push(type)
  })()
  onTestFinished(() => stop.abort())
  return { clock, stop, times, types, finished }
}

it('(FS5.1) requests a URL at each interval, lengthened at random by up to a tenth', async () => {
  const { clock, times, types } = following([])
  await clock.advance(65_000)
  expect(times).toEqual([0, 30, 60])
  expect(types).toEqual(['content', 'same', 'same'])
  const other = following([], 1)
  await other.clock.advance(65_000)
  expect(other.times).toEqual([0, 33])
})

it('(FS5.10) retries after 1 s, then after growing delays up to the interval, and respects Retry-After', async () => {
  const failure: Answer = { status: 500, headers: {} }
  const failures = Array.from({ length: 7 }, () => failure)
  const { clock, times } = following(failures)
  await clock.advance(100_000)
  expect(times).toEqual([0, 1, 3, 7, 15, 31, 61, 91])
  const later = following([{ status: 503, headers: { 'retry-after': '120' } }])
  await later.clock.advance(130_000)
  expect(later.times).toEqual([0, 120])
})

it('leaves no timer when its signal aborts', async () => {
  const { clock, stop, finished } = following([])
  await clock.advance(1_000)
  stop.abort()
  await finished
  expect(clock.armed).toBe(0)
})
