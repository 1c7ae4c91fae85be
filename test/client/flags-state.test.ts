import type { LDContext } from '@launchdarkly/node-server-sdk'
import { describe, expect, it } from 'vitest'
import { generateEnvironment } from '../../fixtures/environments/generate.ts'
import { type Clock, systemClock } from '../../src/async/clock.ts'
import type { FlagsStateOptions } from '../../src/client/flags-state.ts'
import type { Context } from '../../src/evaluation/context.ts'
import type { Flag } from '../../src/model/flag.ts'
import { overridesFile, untilStatus } from '../overrides/files.ts'
import { BusyClock } from '../support/busy-clock.ts'
import type { Everything } from '../support/service.ts'
import { both, holding, official, serve, serving, start, user } from './starting.ts'

const OPTIONS: readonly FlagsStateOptions[] = [
  {},
  { clientSideOnly: true },
  { withReasons: true },
  { detailsOnlyForTrackedFlags: true },
  { withReasons: true, detailsOnlyForTrackedFlags: true },
  { withReasons: true, detailsOnlyForTrackedFlags: true, clientSideOnly: true },
]

const base = { on: true, salt: 's', variations: ['a', 'b'], fallthrough: { variation: 0 }, offVariation: 1 }
const rule = (members: object): object => ({
  id: 'r',
  variation: 1,
  clauses: [{ attribute: 'key', op: 'in', values: ['u-1'] }],
  ...members,
})
const experiment = (variations: readonly object[]): object => ({
  rollout: { kind: 'experiment', seed: 1, variations },
})

/** One flag for each member of the state. */
const unusual: Readonly<Record<string, object>> = {
  plain: {},
  'with a null value': { variations: [null] },
  'with an object': { variations: [{ a: [1, { b: null }] }] },
  tracked: { trackEvents: true },
  debugged: { debugEventsUntilDate: 4_000_000_000_000 },
  'debugged long ago': { debugEventsUntilDate: 1 },
  'debugged, null': { debugEventsUntilDate: null },
  'tracked in its fallthrough': { trackEventsFallthrough: true },
  'tracked in its fallthrough, but off': { trackEventsFallthrough: true, on: false },
  'tracked in a rule': { rules: [rule({ trackEvents: true })] },
  'tracked in another rule': { rules: [rule({}), rule({ trackEvents: true })] },
  'in an experiment': { fallthrough: experiment([{ variation: 1, weight: 100_000 }]) },
  'in an experiment, untracked': {
    fallthrough: experiment([{ variation: 1, weight: 100_000, untracked: true }]),
  },
  'in an experiment of a rule': {
    rules: [rule({ variation: undefined, ...experiment([{ variation: 1, weight: 100_000 }]) })],
  },
  'off without a variation': { on: false, offVariation: undefined },
  malformed: { fallthrough: { variation: 9 } },
  'for client-side': { clientSideAvailability: { usingEnvironmentId: true } },
  'for mobile': { clientSideAvailability: { usingMobileKey: true } },
  'behind one': { prerequisites: [{ key: 'plain', variation: 0 }] },
  'behind two': {
    prerequisites: [
      { key: 'behind one', variation: 0 },
      { key: 'tracked', variation: 0 },
    ],
  },
  'behind one that fails': {
    prerequisites: [
      { key: 'plain', variation: 1 },
      { key: 'tracked', variation: 0 },
    ],
  },
  'behind one that is not there': { prerequisites: [{ key: 'nowhere', variation: 0 }] },
}

function keyed(flags: Readonly<Record<string, object>>): Readonly<Record<string, Flag>> {
  return Object.fromEntries(
    Object.entries(flags).map(([key, flag], index) => [key, { key, version: index + 1, ...base, ...flag }]),
  )
}

const contexts: readonly Context[] = [
  user,
  { kind: 'user', key: 'u-2' },
  { kind: 'user', key: 'user-4711', country: 'de', email: 'a@team-7.example.com', plan: 'team', seats: 250 },
  { kind: 'multi', user: { key: 'u-1' }, organisation: { key: 'o' } },
]

describe('(S46) allFlagsState equals that of the official SDK', () => {
  it.each<[string, Everything]>([
    ['for flags with something unusual', { flags: keyed(unusual) }],
    ['for a generated environment', generateEnvironment({ flags: 400, segments: 20, seed: 7 })],
    ['for nothing', {}],
  ])('%s', async (_what, everything) => {
    const { ours, theirs } = await both(await serve(everything))
    for (const options of OPTIONS) {
      for (const context of contexts) {
        const expected = await theirs.allFlagsState(context as LDContext, options)
        const state = await ours.allFlagsState(context, options)
        expect(JSON.parse(JSON.stringify(state))).toEqual(JSON.parse(JSON.stringify(expected)))
        expect(state.valid).toBe(expected.valid)
        expect(state.allValues()).toEqual(expected.allValues())
        for (const key of Object.keys(everything.flags ?? {})) {
          expect(state.getFlagValue(key)).toEqual(expected.getFlagValue(key) ?? null)
          expect(state.getFlagReason(key)).toEqual(expected.getFlagReason(key))
        }
      }
    }
  })

  it('if there is no flag', async () => {
    const { client: theirs } = official('http://127.0.0.1:9', { offline: true })
    const { client } = start({ offline: true })
    expect(toJson(await client.allFlagsState(user))).toBe(toJson(await theirs.allFlagsState(user)))
  })
})

function toJson(value: unknown): string {
  return JSON.stringify(value)
}

it('(S46.2) returns an invalid state before there is data and for an invalid context', async () => {
  const empty = '{"$flagsState":{},"$valid":false}'
  const { client: early } = start({ offline: true })
  const { client, log } = await holding([serving('a', 1)])
  expect(toJson(await early.allFlagsState(user))).toBe(empty)
  const state = await client.allFlagsState({ kind: 'user', key: '' })
  expect(toJson(state)).toBe(empty)
  expect(state.valid).toBe(false)
  expect(log).toContainEqual(
    expect.stringMatching(/^info: allFlagsState: the context is invalid, so the state is empty/),
  )
})

it('(D21) treats keys like __proto__ as ordinary members', async () => {
  const { client } = await holding([
    serving('__proto__', 'p'),
    serving('constructor', 'c'),
    serving('', 'e'),
    serving('toString', 't'),
  ])
  const state = await client.allFlagsState(user, { withReasons: true })
  const json = JSON.parse(toJson(state)) as Record<string, unknown>
  expect(Object.entries(json).slice(0, 4)).toEqual([
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['', 'e'],
    ['toString', 't'],
  ])
  expect(Object.keys(json.$flagsState as object)).toEqual(['__proto__', 'constructor', '', 'toString'])
  expect(Object.keys(state.allValues())).toEqual(['__proto__', 'constructor', '', 'toString'])
  expect(state.getFlagValue('__proto__')).toBe('p')
  expect(state.getFlagReason('__proto__')).toEqual({ kind: 'FALLTHROUGH' })
  expect(Object.getPrototypeOf(state.allValues())).toBe(Object.prototype)
})

it('(S46.3) does not change a state after later updates or changes of the application', async () => {
  const { client, data } = await holding([serving('a', 1)])
  const state = await client.allFlagsState(user)
  data.flagValue('a', 2)
  await client.status.waitFor('valid')
  ;(state.allValues() as Record<string, unknown>).a = 3
  expect(state.getFlagValue('a')).toBe(1)
  expect(state.getFlagValue('unknown')).toBeNull()
  expect(state.getFlagReason('unknown')).toBeNull()
})

describe('pauses of allFlagsState', () => {
  const many = Array.from({ length: 400 }, (_, index) => serving(`f${index}`, index))

  it('(S46.5) leaves none for one small state, and one after each 10 ms of many states, in order', async () => {
    const clock = new BusyClock()
    const { client } = await holding(many, { clock })
    const before = clock.breaths
    await client.allFlagsState(user)
    expect(clock.breaths).toBe(before)
    const finished: number[] = []
    const pausesOf = async (index: number): Promise<number> => {
      await client.allFlagsState(user)
      finished.push(index)
      return clock.breaths
    }
    const calls = Array.from({ length: 40 }, (_, index) => pausesOf(index))
    expect((await Promise.all(calls)).at(-1)).toBeGreaterThanOrEqual(before + 18)
    expect(finished).toEqual(calls.map((_, index) => index))
  })

  it('(S46.6) serves one moment although data and overrides change in a pause', async () => {
    let change: (() => Promise<unknown>) | undefined
    let busyMs = 0
    const clock: Clock = {
      ...systemClock,
      monotonic: () => (busyMs += 0.1),
      async breathe() {
        const changes = change
        change = undefined
        await changes?.()
      },
    }
    const dependent = Array.from({ length: 2_000 }, (_, index) => ({
      ...serving(`f${index}`, index),
      variations: ['met', 'not met'],
      offVariation: 1,
      prerequisites: [
        { key: 'live', variation: 0 },
        { key: 'local', variation: 0 },
      ],
    }))
    const file = overridesFile({ flags: { local: serving('local', 'x') } })
    const overrides = { paths: [file.path], intervalMs: 100 }
    const { client, data } = await holding([serving('live', 'x'), ...dependent], { clock, overrides })
    const values = async (): Promise<unknown[]> => [
      ...new Set(Object.values((await client.allFlagsState(user)).allValues())),
    ]
    expect(await values()).toEqual(['x', 'met'])
    change = () => {
      data.set({ ...serving('live', 'x'), on: false })
      file.write({})
      return untilStatus(client.overrides, ({ flags }) => flags.length === 0)
    }
    expect(await values()).toEqual(['x', 'met'])
    expect(change).toBeUndefined()
    expect(await values()).toEqual(['x', 'not met'])
  })
})

it('S167: warns once about an unknown option, with the nearest name, and returns a valid state', async () => {
  const { client, log } = await holding([serving('a', 1)])
  const options = { clientSideOnyl: true, everything: true } as FlagsStateOptions
  expect((await client.allFlagsState(user, options)).allValues()).toEqual({ a: 1 })
  expect((await client.allFlagsState(user, options)).valid).toBe(true)
  expect((await client.allFlagsState(user, null as never)).valid).toBe(true)
  expect(log.filter((line) => line.startsWith('warn'))).toEqual([
    'warn: allFlagsState: clientSideOnyl is not an option; ignored (did you mean clientSideOnly?)',
    'warn: allFlagsState: everything is not an option; ignored (known are clientSideOnly, withReasons, detailsOnlyForTrackedFlags)',
  ])
})
