import fc from 'fast-check'
import { expect, it } from 'vitest'
import { EventProgress } from '../../src/transport/sse.ts'

it.each<[chunks: string[], begun: boolean]>([
  [['data: 1\n\n'], false],
  [['data: 1\n'], true],
  [['data: 1'], true],
  [['data: 1\n', '\n'], false],
  [[':comment\n'], false],
  [[':com', 'ment'], false],
  [[':com', 'ment\n', 'data: 1'], true],
  [['data: 1\n\n', ':comment\n'], false],
  [['data: 1\n\nevent: x\n', ':comment\n'], true],
  [['data: 1\r\n\r\n'], false],
  [['data: 1\r', '\n'], true],
  [['data: 1\r', '\n', '\r', '\n'], false],
  [['data: 1\r\r'], false],
  [['d'], true],
  [[''], false],
])('(D23) after %j an event has begun and not ended: %j', (chunks, begun) => {
  const progress = new EventProgress()
  for (const chunk of chunks) progress.feed(chunk)
  expect(progress.begun).toBe(begun)
})

it('(D23) it makes no difference how the text is cut', () => {
  const piece = fc.constantFrom('data: 1', ':c', '\n', '\r\n', '\n\n', 'x')
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.array(fc.nat({ max: 30 }), { maxLength: 4 }),
      (pieces, cuts) => {
        const text = pieces.join('')
        const whole = new EventProgress()
        whole.feed(text)
        const cut = new EventProgress()
        const places = [0, ...cuts.map((at) => Math.min(at, text.length)).sort((a, b) => a - b), text.length]
        for (const [index, end] of places.entries()) cut.feed(text.slice(places[index - 1] ?? 0, end))
        expect(cut.begun).toBe(whole.begun)
      },
    ),
    { numRuns: 2_000 },
  )
})
