import { describe, expect, it } from 'vitest'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'
import type { ConnectionOptions } from '../../src/index.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { HttpRequest, HttpResponse } from '../../src/transport/transport.ts'

const second = 1_000
const minute = 60 * second

const data = '{"flags":{"banner":{"key":"banner","version":1}},"segments":{}}'

type Answer = number | 'data' | 'untrusted'

/** Answers requests in order, and the last answer again and again. Streams stay open until `cut`. */
class Fdv1Transport {
  readonly requestedAt: number[] = []
  readonly #clock: VirtualClock
  readonly #answers: Answer[]
  #cut: () => void = () => {}

  constructor(clock: VirtualClock, answers: readonly Answer[]) {
    this.#clock = clock
    this.#answers = [...answers]
  }

  request({ url, signal }: HttpRequest): Promise<HttpResponse> {
    this.requestedAt.push(this.#clock.monotonic())
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0]
    if (answer === 'untrusted') {
      const message = 'certificate has expired'
      return Promise.reject(Object.assign(new Error(message), { code: 'CERT_HAS_EXPIRED' }))
    }
    const status = typeof answer === 'number' ? answer : 200
    const end = new Promise<void>((resolve) => {
      this.#cut = resolve
      signal.addEventListener('abort', () => resolve())
    })
    const body = status === 200 ? bodyOf(url, end) : bodyOf('', end)
    const type = url.endsWith('/all') ? 'text/event-stream' : 'application/json'
    return Promise.resolve({ status, headers: { 'content-type': type }, body })
  }

  cut(): void {
    this.#cut()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

async function* bodyOf(url: string, end: Promise<void>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  if (url.endsWith('/latest-all')) yield encoder.encode(data)
  if (!url.endsWith('/all')) return
  yield encoder.encode(`event: put\ndata: {"path":"/","data":${data}}\n\n`)
  await end
}

function start(plan: ReturnType<typeof presets.streaming>, answers: readonly Answer[], options: object = {}) {
  const clock = new VirtualClock()
  const transport = new Fdv1Transport(clock, answers)
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const all: ConnectionOptions = {
    clock,
    transport,
    logger,
    random: () => 0,
    dataSavingMode: false,
    ...options,
  }
  return { clock, transport, system: createDataSystem('sdk-key', plan, all) }
}

describe.each([
  ['streaming', presets.streaming()],
  ['polling', presets.pollingOnly()],
])('an FDv1 source, %s', (_, plan) => {
  it.each<Answer>([401, 403, 405, 'untrusted'])(
    '(D9.6) is tried again after 5 min, doubling to an hour, if the answer is %s',
    async (answer) => {
      const { clock, transport, system } = start(plan, [answer])
      await clock.advance(200 * minute)
      expect(transport.requestedAt).toEqual([0, 5, 15, 35, 75, 135, 195].map((minutes) => minutes * minute))
      expect(system.status.current).toMatchObject({ state: 'off', nextAttempt: 255 * minute })
      await system.close()
      expect(clock.armed).toBe(0)
    },
  )

  it('(D9.6) is tried again earlier at random, and works again', async () => {
    const { clock, transport, system } = start(plan, [401, 'data'], { random: () => 0.5 })
    await clock.advance(225 * second)
    expect(transport.requestedAt).toEqual([0, 225 * second])
    expect(system.status.current).toMatchObject({ state: 'valid' })
    expect(system.flag('banner')).toBeDefined()
    await system.close()
  })
})

it('(D9.7) does not poll more often than its interval', async () => {
  const plan = presets.pollingOnly({ intervalMs: 40 * minute })
  const { clock, transport, system } = start(plan, [401])
  await clock.advance(130 * minute)
  expect(transport.requestedAt).toEqual([0, 40, 80, 120].map((minutes) => minutes * minute))
  await system.close()
})

it('(D9.6) polls at its normal interval after the first answer', async () => {
  const { clock, transport, system } = start(presets.pollingOnly(), [401, 'data'])
  await clock.advance(6 * minute)
  expect(transport.requestedAt).toEqual([0, 300, 330, 360].map((seconds) => seconds * second))
  await system.close()
})

it.each([
  [59 * second, 10],
  [60 * second, 5],
])('(D9.8) resets the number of failures 60 s after a valid answer: %i ms', async (validMs, minutes) => {
  const { clock, transport, system } = start(presets.streaming(), [401, 'data', 401])
  await clock.advance(5 * minute + validMs - second)
  transport.cut()
  await clock.advance(second)
  const refusedAt = 5 * minute + validMs
  expect(transport.requestedAt).toEqual([0, 5 * minute, refusedAt])
  await clock.advance(minutes * minute)
  expect(transport.requestedAt.slice(3)).toEqual([refusedAt + minutes * minute])
  await system.close()
})

it('(D9.2) leaves FDv2 at 10 min', async () => {
  const { clock, transport, system } = start(presets.streaming(), [401], { dataSavingMode: true })
  await clock.advance(30 * minute)
  expect(transport.requestedAt).toEqual([0, 10 * minute, 30 * minute])
  await system.close()
})
