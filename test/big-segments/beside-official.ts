import { init, type LDBigSegmentsOptions } from '@launchdarkly/node-server-sdk'
import { onTestFinished } from 'vitest'
import type { BigSegmentsOptions } from '../../src/big-segments/options.ts'
import { createClient } from '../../src/client/create-client.ts'
import type { FlagClient } from '../../src/client/flag-client.ts'
import { presets } from '../../src/config/presets.ts'
import type { Flag, TargetingClause } from '../../src/model/flag.ts'
import { notes, serve } from '../client/starting.ts'

const SEGMENTS = {
  s: { key: 's', version: 1, unbounded: true, generation: 1 },
  t: { key: 't', version: 1, unbounded: true, generation: 1, rules: [{ clauses: [key('u-1', 'u-3')] }] },
  both: { key: 'both', version: 1, unbounded: true, generation: 2, excluded: ['u-1'] },
  later: { key: 'later', version: 1, unbounded: true, generation: 7, included: ['u-1', 'u-2'] },
  none: { key: 'none', version: 1, unbounded: true },
  org: { key: 'org', version: 1, unbounded: true, unboundedContextKind: 'org', generation: 1 },
  nested: { key: 'nested', version: 1, rules: [{ clauses: [inAny('org', 's')] }] },
}

const FLAGS = Object.fromEntries([
  ...Object.keys(SEGMENTS).map((name) => [`in-${name}`, forMembers(`in-${name}`, name)]),
  ['in-several', forMembers('in-several', 'later', 'none', 't', 'org')],
  ['required', { ...forMembers('required', 's'), prerequisites: [{ key: 'in-t', variation: 0 }] }],
]) as Readonly<Record<string, Flag>>

const CONTEXTS = [
  { kind: 'user', key: 'u-1' },
  { kind: 'user', key: 'u-2' },
  { kind: 'user', key: 'u-3' },
  { kind: 'org', key: 'u-1' },
  { kind: 'multi', user: { key: 'u-2' }, org: { key: 'u-1' } },
  { key: 'u-1' },
] as const

function key(...values: string[]): TargetingClause {
  return { attribute: 'key', op: 'in', values, negate: false }
}

function inAny(...values: string[]): TargetingClause {
  return { attribute: '', op: 'segmentMatch', values, negate: false }
}

function forMembers(name: string, ...segments: readonly string[]): Flag {
  const rules = segments.map((segment, index) => ({
    id: `r${index}`,
    variation: 1,
    clauses: [inAny(segment)],
  }))
  const usual = { version: 1, on: true, fallthrough: { variation: 0 }, offVariation: 0, salt: 's' }
  return { key: name, ...usual, variations: [false, true], rules }
}

type OfficialClient = ReturnType<typeof init>

interface Beside {
  readonly theirs: OfficialClient
  readonly ours: readonly FlagClient[]
}

interface BesideOptions {
  readonly theirs: LDBigSegmentsOptions
  /** The options of each client of ours. */
  readonly ours: readonly BigSegmentsOptions[]
}

/** Starts a client of the official SDK and clients of ours with the same flags. They are closed at the end of the test. */
export async function startBeside(options: BesideOptions): Promise<Beside> {
  const { url } = await serve({ flags: FLAGS, segments: SEGMENTS })
  const { logger } = notes()
  const theirs = init('sdk-key', {
    baseUri: url,
    streamUri: url,
    sendEvents: false,
    logger,
    dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } },
    bigSegments: options.theirs,
  })
  onTestFinished(() => theirs.close())
  const endpoints = { polling: url, streaming: url }
  const ours = options.ours.map((bigSegments) =>
    createClient('sdk-key', { dataSystem: presets.default(), endpoints, logger, bigSegments }),
  )
  onTestFinished(async () => {
    await Promise.all(ours.map((client) => client.close()))
  })
  await theirs.waitForInitialization({ timeout: 60 })
  await Promise.all(ours.map((client) => client.waitForInitialization({ timeoutMs: 60_000 })))
  return { theirs, ours }
}

interface Answers {
  readonly status: unknown
  readonly evaluations: readonly unknown[]
  readonly states: readonly unknown[]
}

/** Returns every evaluation, the state of all flags for each context, and the status of the store. */
export async function answersOf(client: FlagClient | OfficialClient): Promise<Answers> {
  const evaluations: unknown[] = []
  const states: unknown[] = []
  for (const context of CONTEXTS) {
    for (const name of Object.keys(FLAGS)) {
      const { value, variationIndex, reason } = await client.boolVariationDetail(name, context, false)
      evaluations.push([name, context, { value, variationIndex, reason }])
    }
    states.push((await client.allFlagsState(context, { withReasons: true })).toJSON())
  }
  const status = await client.bigSegmentStoreStatusProvider.requireStatus()
  return { status, evaluations, states }
}
