import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { start } from '../relay/starting.ts'
import { openStream } from '../server/raw-http.ts'
import { SDK_KEY } from '../support/engine.ts'
import { developing, folderForTest } from './developing.ts'

// What SDKs in languages with strict decoders require of each object of the model: the union of the members that the
// Rust, Haskell and C++ SDKs refuse to miss, and of the values that they refuse to read, null included.
const count = z.int().nonnegative()
const text = z.string()
const keys = z.array(text)
const kind = z.string().regex(/^(?!(kind|multi)$)[-.\w]+$/)
const clause = z.object({
  attribute: text,
  contextKind: kind.optional(),
  negate: z.boolean(),
  op: text,
  values: z.array(z.unknown()),
})
const rollout = z.object({
  kind: z.enum(['rollout', 'experiment']),
  contextKind: kind.optional(),
  bucketBy: text.optional(),
  seed: z.int().optional(),
  variations: z.array(z.object({ variation: count, weight: count, untracked: z.boolean() })),
})
const outcome = { variation: count.optional(), rollout: rollout.optional() }
const target = z.object({ contextKind: kind, variation: count, values: keys })
const flag = z.object({
  key: text,
  version: count,
  deleted: z.boolean(),
  on: z.boolean(),
  prerequisites: z.array(z.object({ key: text, variation: count })),
  targets: z.array(target),
  contextTargets: z.array(target),
  rules: z.array(
    z.object({ id: text.optional(), clauses: z.array(clause), trackEvents: z.boolean(), ...outcome }),
  ),
  fallthrough: z.object(outcome),
  offVariation: count.nullable(),
  variations: z.array(z.unknown()),
  salt: text,
  trackEvents: z.boolean(),
  trackEventsFallthrough: z.boolean(),
  debugEventsUntilDate: count.nullable(),
  excludeFromSummaries: z.boolean(),
  samplingRatio: count,
  migration: z.object({ checkRatio: count }).optional(),
  clientSide: z.boolean(),
  clientSideAvailability: z.object({ usingMobileKey: z.boolean(), usingEnvironmentId: z.boolean() }),
})
const members = z.array(z.object({ contextKind: kind, values: keys }))
const segment = z.object({
  key: text,
  version: count,
  deleted: z.boolean(),
  included: keys,
  excluded: keys,
  includedContexts: members,
  excludedContexts: members,
  rules: z.array(
    z.object({
      id: text,
      clauses: z.array(clause),
      weight: count.optional(),
      bucketBy: text.optional(),
      rolloutContextKind: kind.optional(),
    }),
  ),
  salt: text,
  unbounded: z.boolean(),
  unboundedContextKind: kind.optional(),
  generation: z.int().nullable(),
})

const KINDS: Readonly<Record<string, z.ZodObject>> = { flag, flags: flag, segment, segments: segment }

const split = { seed: null, variations: [{ variation: 0, weight: 100_000, untracked: null }] }
const inSegment = { op: 'segmentMatch', values: ['beta'], contextKind: null, negate: null }

/** A file whose objects have the required members of flag files only, or null for those that may be null. */
const fileWith = (colour: string): string =>
  JSON.stringify({
    flagValues: { colour },
    flags: {
      empty: {},
      full: {
        on: true,
        variations: [1, 2],
        prerequisites: [{ key: 'colour', variation: 0 }],
        targets: [{ variation: 0, values: ['u'], contextKind: null }],
        contextTargets: [{ variation: 1, values: ['o'], contextKind: 'org' }],
        rules: [{ id: null, variation: 0, rollout: null, clauses: [inSegment] }, { rollout: split }],
        fallthrough: { rollout: split },
        migration: { checkRatio: null },
        samplingRatio: null,
        clientSideAvailability: { usingMobileKey: null },
      },
    },
    segments: {
      nothing: {},
      beta: {
        includedContexts: [{ values: ['a'] }],
        excludedContexts: [{ values: ['b'], contextKind: null }],
        rules: [{ clauses: [{ attribute: 'age', op: 'in', values: [1] }], weight: 1, bucketBy: null }],
        unboundedContextKind: null,
      },
    },
  })

type Found = readonly [kind: string, object: unknown]

/** Returns every flag and segment of a response, of FDv1 or FDv2. */
function objectsIn(value: unknown): readonly Found[] {
  if (typeof value !== 'object' || value === null) return []
  if ('kind' in value && 'object' in value) return [[String(value.kind), value.object]]
  if ('path' in value && 'data' in value && value.path !== '/') {
    return [[String(value.path).split('/')[1] ?? '', value.data]]
  }
  if ('flags' in value && 'segments' in value) {
    return [value.flags, value.segments].flatMap((section, index) =>
      Object.values(section as object).map((each): Found => [index === 0 ? 'flag' : 'segment', each]),
    )
  }
  return Object.values(value).flatMap(objectsIn)
}

function problemsIn(found: readonly Found[]): readonly string[] {
  return found.flatMap(([name, object]) => {
    const issues = KINDS[name]?.safeParse(object).error?.issues ?? []
    return issues.map(({ path, message }) => `${name} ${path.join('.')}: ${message}`)
  })
}

const dataLines = (events: string): readonly unknown[] =>
  [...events.matchAll(/^data: ?(.*)$/gm)].map(([, data]) => JSON.parse(data ?? ''))

test.each(['dev', 'relay'])(
  'S163: every endpoint of %s serves what strict decoders require, before and after an edit',
  async (server) => {
    const path = join(await folderForTest(), 'flags.json')
    await writeFile(path, fileWith('red'))
    const { url: dev } = await developing(path)
    const served = (): ReturnType<typeof start> => start({ endpoints: { polling: dev, streaming: dev } })
    const url = server === 'dev' ? dev : (await served()).url
    const headers = { authorization: SDK_KEY }

    const read = async (where: string): Promise<unknown> => {
      const response = await fetch(url + where, { headers })
      expect(response.status, where).toBe(200)
      return response.json()
    }
    const polled = objectsIn(await vi.waitFor(() => read('/sdk/poll'), 30_000))
    const latest = objectsIn(await read('/sdk/latest-all'))
    expect([polled.length, latest.length]).toEqual([5, 5])
    const flags = Object.values((await read('/sdk/flags')) as object)
    expect(flags).toHaveLength(3)
    const single: readonly Found[] = [
      ['flag', await read('/sdk/flags/full')],
      ['segment', await read('/sdk/segments/beta')],
    ]
    const streams = await Promise.all(
      ['/sdk/stream', '/all'].map((where) => openStream(`${url}${where}`, headers)),
    )
    await Promise.all(streams.map((stream) => stream.until('"beta"')))
    await writeFile(path, fileWith('blue'))
    await Promise.all(streams.map((stream) => stream.until('"blue"')))
    const events = streams.map((stream) => {
      const complete = stream.text().slice(0, stream.text().lastIndexOf('\n\n'))
      const found = objectsIn(dataLines(complete))
      expect(found.length, complete).toBeGreaterThan(5)
      expect(JSON.stringify(found)).toContain('"blue"')
      return found
    })

    const everything: readonly Found[] = [
      ...polled,
      ...latest,
      ...flags.map((each): Found => ['flag', each]),
      ...single,
      ...events.flat(),
    ]
    expect(problemsIn(everything)).toEqual([])
  },
)
