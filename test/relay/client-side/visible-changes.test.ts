import { describe, expect, it } from 'vitest'
import type { AppliedChangeSet, Change } from '../../../src/model/change-set.ts'
import { VisibleChanges } from '../../../src/relay/client-side/visible-changes.ts'

const FOR_BROWSERS = { clientSideAvailability: { usingEnvironmentId: true, usingMobileKey: false } }
const FOR_MOBILE = { clientSideAvailability: { usingEnvironmentId: false, usingMobileKey: true } }
const HIDDEN = { clientSideAvailability: { usingEnvironmentId: false, usingMobileKey: false } }

const flag = (key: string, members: object): Change => ({
  op: 'put',
  kind: 'flag',
  key,
  version: 1,
  object: { key, version: 1, ...members },
})

const segment = (key: string, members: object = {}): Change => ({ ...flag(key, members), kind: 'segment' })

const removed = (kind: 'flag' | 'segment', key: string): Change => ({ op: 'delete', kind, key, version: 2 })

const requires = (key: string): object => ({ prerequisites: [{ key, variation: 0 }] })

const inSegment = (key: string): object => ({
  rules: [{ clauses: [{ attribute: '', op: 'segmentMatch', values: [key] }], variation: 0 }],
})

const delta = (...changes: readonly Change[]): AppliedChangeSet => ({ type: 'partial', changes })

const clients = (audiences: ReadonlySet<string>): readonly string[] =>
  [...audiences].filter((audience) => audience !== 'server').toSorted()

/** Applies all data, then a delta. Returns the kinds of client other than servers that the delta concerns. */
function concerned(data: readonly Change[], ...changes: readonly Change[]): readonly string[] {
  const visible = new VisibleChanges()
  visible.apply({ type: 'full', changes: data })
  return clients(visible.apply(delta(...changes)))
}

describe('a change of a flag', () => {
  it('(CS21.1) concerns the kinds of client that see it', () => {
    const data = [flag('b', FOR_BROWSERS), flag('m', FOR_MOBILE), flag('h', HIDDEN), flag('old', {})]
    expect(concerned(data, flag('b', FOR_BROWSERS))).toEqual(['browser'])
    expect(concerned(data, flag('m', FOR_MOBILE))).toEqual(['mobile'])
    expect(concerned(data, flag('old', {}))).toEqual(['mobile'])
    expect(concerned(data, flag('old', { clientSide: true }))).toEqual(['browser', 'mobile'])
    expect(concerned(data, flag('h', HIDDEN))).toEqual([])
    const partial = { clientSideAvailability: { usingEnvironmentId: true }, clientSide: false }
    expect(concerned(data, flag('partial', partial))).toEqual(['browser'])
    expect(concerned(data, flag('new', FOR_BROWSERS))).toEqual(['browser'])
    expect(concerned(data, removed('flag', 'b'))).toEqual(['browser'])
    expect(concerned(data, removed('flag', 'h'), removed('flag', 'none'))).toEqual([])
  })

  it('(CS21.2) concerns a kind of client that no longer sees it, and one that now does', () => {
    const data = [flag('b', FOR_BROWSERS), flag('h', HIDDEN)]
    expect(concerned(data, flag('b', HIDDEN))).toEqual(['browser'])
    expect(concerned(data, flag('b', FOR_MOBILE))).toEqual(['browser', 'mobile'])
    expect(concerned(data, flag('h', FOR_MOBILE))).toEqual(['mobile'])
  })

  it('(CS21.3) concerns those who see a flag that depends on it, directly or indirectly', () => {
    const data = [
      flag('b', { ...FOR_BROWSERS, ...requires('middle') }),
      flag('middle', { ...HIDDEN, ...inSegment('outer') }),
      segment('outer', inSegment('inner')),
      segment('inner'),
      segment('unused'),
      flag('h', HIDDEN),
    ]
    expect(concerned(data, flag('middle', HIDDEN))).toEqual(['browser'])
    expect(concerned(data, segment('outer'))).toEqual(['browser'])
    expect(concerned(data, segment('inner'))).toEqual(['browser'])
    expect(concerned(data, removed('segment', 'inner'))).toEqual(['browser'])
    expect(concerned(data, segment('unused'), flag('h', HIDDEN))).toEqual([])
  })

  it('(CS21.3) follows dependencies that a former change has added or removed', () => {
    const visible = new VisibleChanges()
    visible.apply({ type: 'full', changes: [flag('b', FOR_BROWSERS), segment('s')] })
    expect(clients(visible.apply(delta(segment('s'))))).toEqual([])
    visible.apply(delta(flag('b', { ...FOR_BROWSERS, ...inSegment('s') })))
    expect(clients(visible.apply(delta(segment('s'))))).toEqual(['browser'])
    visible.apply(delta(flag('b', FOR_BROWSERS)))
    expect(clients(visible.apply(delta(segment('s'))))).toEqual([])
  })
})

it('(CS21.3) ends for flags that require each other', () => {
  const data = [flag('a', { ...HIDDEN, ...requires('b') }), flag('b', { ...FOR_BROWSERS, ...requires('a') })]
  expect(concerned(data, flag('a', HIDDEN))).toEqual(['browser'])
})

it('(CS21.4) a change of the members of a big segment concerns those who see a flag that depends on it', () => {
  const visible = new VisibleChanges()
  visible.apply({
    type: 'full',
    changes: [flag('m', { ...FOR_MOBILE, ...inSegment('big') }), segment('big', { unbounded: true })],
  })
  const none = new Set<string>()
  expect(clients(visible.dependingOn({ flags: none, segments: new Set(['big']) }))).toEqual(['mobile'])
  expect(clients(visible.dependingOn({ flags: none, segments: new Set(['other']) }))).toEqual([])
})

it('(CS21.5) a full payload concerns all, and replaces what is known', () => {
  const visible = new VisibleChanges()
  visible.apply({ type: 'full', changes: [flag('b', FOR_BROWSERS)] })
  expect(clients(visible.apply({ type: 'full', changes: [] }))).toEqual(['browser', 'mobile'])
  expect(clients(visible.apply(delta(removed('flag', 'b'))))).toEqual([])
})

it('(RO7.3) concerns servers if any flag changes, or one depends on the change', () => {
  const visible = new VisibleChanges()
  visible.apply({ type: 'full', changes: [flag('h', { ...HIDDEN, ...inSegment('s') }), segment('s')] })
  expect(visible.apply(delta(flag('h', { ...HIDDEN, ...inSegment('s') })))).toEqual(new Set(['server']))
  expect(visible.apply(delta(segment('s')))).toEqual(new Set(['server']))
  expect(visible.apply(delta(segment('unused')))).toEqual(new Set())
})
