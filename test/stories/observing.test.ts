import { describe, expect, it } from 'vitest'
import { Story } from '../support/story.ts'
import { flag, full, gone, heartbeat, interrupted, none, partial, segment } from '../support/words.ts'

const second = 1_000

describe('change listeners', () => {
  it('(D24.4) are called after the change is visible, with the keys whose values differ', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [
          [0, full('A', flag('same'), flag('changed'), flag('dropped'))],
          [second, full('B', flag('same'), flag('changed', 1, { on: true }), flag('new'))],
          [second, partial('C', gone('new'), gone('unknown'), flag('same'))],
        ]),
      ],
    })
    const seen: unknown[] = []
    dataSystem.on('change', ({ flags }) => {
      seen.push([[...flags].sort(), dataSystem.selector?.state, dataSystem.status.current.state])
    })
    await story.clock.advance(5 * second)
    expect(seen).toEqual([
      [['changed', 'dropped', 'same'], 'A', 'valid'],
      [['changed', 'dropped', 'new'], 'B', 'valid'],
      [['new'], 'C', 'valid'],
    ])
    await dataSystem.close()
  })

  it('(D24.2) receive dependent flags through present prerequisites and segments', async () => {
    const story = new Story()
    const clause = (key: string): object => ({ clauses: [{ op: 'segmentMatch', values: [key] }] })
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [
          [
            0,
            full(
              'A',
              flag('top', 1, { prerequisites: [{ key: 'middle', variation: 0 }] }),
              flag('middle', 1, { rules: [clause('outer')] }),
              flag('other'),
              segment('outer', 1, { rules: [clause('inner')] }),
              segment('inner'),
            ),
          ],
          [second, partial('B', segment('inner', 2))],
          [second, partial('C', flag('middle', 2))],
          [second, partial('D', segment('inner', 3))],
        ]),
      ],
    })
    await story.clock.advance(0)
    const seen: unknown[] = []
    dataSystem.on('change', ({ flags, segments }) => seen.push([[...flags].sort(), [...segments]]))
    await story.clock.advance(5 * second)
    expect(seen).toEqual([
      [['middle', 'top'], ['inner']],
      [['middle', 'top'], []],
      [[], ['inner']],
    ])
    await dataSystem.close()
  })

  it('do not affect each other, and can be removed', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [
          [second, full('A', flag('a'))],
          [second, partial('B', flag('b'))],
        ]),
      ],
    })
    const seen: string[] = []
    dataSystem.on('change', () => {
      throw new Error('a bad listener')
    })
    const leave = dataSystem.on('change', ({ flags }) => seen.push(...flags))
    await story.clock.advance(second)
    leave()
    await story.clock.advance(second)
    expect(seen).toEqual(['a'])
    expect(story.warnings.join()).toContain('a bad listener')
    expect(dataSystem.flag('b')).toBeDefined()
    await dataSystem.close()
  })
})

describe('status', () => {
  it('(D3) is iterated from the present state to the end', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [
          [second, full('A')],
          [second, interrupted('dropped', 700)],
          [second, none],
        ]),
      ],
    })
    const states: string[] = []
    const reading = (async () => {
      for await (const { state, since, nextAttempt } of dataSystem.status.changes()) {
        states.push(`${state} since ${since}${nextAttempt ? ` next ${nextAttempt}` : ''}`)
      }
    })()
    await story.clock.advance(5 * second)
    await dataSystem.close()
    await reading
    expect(states).toEqual([
      'initializing since 0',
      'initializing since 0', // with the name of the source
      'valid since 1000',
      'interrupted since 2000 next 2700',
      'valid since 3000',
      'off since 5000',
    ])
  })

  it('has the age of the data since the last data, or since the last byte of a valid stream', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [
          [0, full('A')],
          [3 * second, heartbeat],
          [second, interrupted()],
          [second, heartbeat],
        ]),
      ],
    })
    expect(dataSystem.status.current.ageMs).toBeUndefined()
    await story.clock.advance(2 * second)
    expect(dataSystem.status.current.ageMs).toBe(2 * second)
    await story.clock.advance(second)
    expect(dataSystem.status.current.ageMs).toBe(0)
    await story.clock.advance(4 * second)
    expect(dataSystem.status.current.ageMs).toBe(4 * second)
    await dataSystem.close()
  })

  it('does not count bytes of a connection without data for the age', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [
          [0, full('A')],
          [second, interrupted()],
          [second, heartbeat],
          [second, none],
          [second, heartbeat],
        ]),
      ],
    })
    await story.clock.advance(2.5 * second)
    expect(dataSystem.status.current.ageMs).toBe(2.5 * second)
    await story.clock.advance(2 * second)
    expect(dataSystem.status.current.ageMs).toBe(0.5 * second)
    await dataSystem.close()
  })

  it('(D3.1) does not name a source as valid before its first result', async () => {
    const story = new Story()
    const dataSystem = story.start({
      initializers: [story.source('init', [[0, full('A')], 'end'])],
      synchronizers: [story.source('stream', [[5 * second, none]])],
    })
    await story.clock.advance(second)
    expect(dataSystem.status.current).toMatchObject({ state: 'valid', source: 'init', ageMs: second })
    await story.clock.advance(5 * second)
    expect(dataSystem.status.current).toMatchObject({ source: 'stream' })
    await dataSystem.close()
  })
})
