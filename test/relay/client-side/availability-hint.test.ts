import { expect, it } from 'vitest'
import type { Snapshot } from '../../../src/model/change-set.ts'
import { AvailabilityHint } from '../../../src/relay/client-side/availability-hint.ts'

function snapshotOf(...availabilities: readonly Record<string, boolean>[]): Snapshot {
  const flags = availabilities.map((clientSideAvailability, index) => {
    const key = String(index)
    return [key, { key, version: 1, object: { key, clientSideAvailability } }] as const
  })
  return { flags: new Map(flags), segments: new Map(), selector: undefined }
}

function hintFor(snapshot: () => Snapshot | undefined): {
  readonly hint: AvailabilityHint
  readonly warnings: string[]
} {
  const warnings: string[] = []
  return { hint: new AvailabilityHint(snapshot, { warn: (line) => void warnings.push(line) }), warnings }
}

it('(FS23.5) warns once for each kind of client', () => {
  const { hint, warnings } = hintFor(() => snapshotOf({ usingMobileKey: false }, { usingMobileKey: false }))
  for (const audience of ['server', 'browser', 'mobile', 'browser', 'mobile'] as const) hint.check(audience)
  expect(warnings).toEqual([
    expect.stringMatching(/^browsers receive none of the 2 flags: .*"usingEnvironmentId": true/),
    expect.stringMatching(/^mobile SDKs receive none of the 2 flags: .*"usingMobileKey": true/),
  ])
})

it('(FS23.5) does not warn if one flag is available, or while there are none', () => {
  let snapshot: Snapshot | undefined
  const { hint, warnings } = hintFor(() => snapshot)
  hint.check('browser')
  snapshot = snapshotOf()
  hint.check('browser')
  snapshot = snapshotOf({ usingEnvironmentId: false }, { usingEnvironmentId: true })
  hint.check('browser')
  expect(warnings).toEqual([])
})
