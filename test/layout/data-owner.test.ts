import { expect, it } from 'vitest'
import { DataOwner } from '../../src/layout/data-owner.ts'
import { fingerprint } from '../../src/layout/sidecar.ts'

const writtenWith = (key: string, environmentId?: string) => ({
  keyFingerprint: fingerprint(key),
  ...(environmentId !== undefined && { environmentId }),
})

it('(S207.2) accepts data of each of its keys, or of its ID, and no other', () => {
  const owner = new DataOwner({ sdkKey: 'new', otherKeys: ['old'], environmentId: 'env-1' })
  const sidecars = [
    writtenWith('new'),
    writtenWith('old'),
    writtenWith('other', 'env-1'),
    writtenWith('other'),
    writtenWith('other', 'env-2'),
  ]
  expect(sidecars.map((sidecar) => owner.owns(sidecar))).toEqual([true, true, true, false, false])
  expect(new DataOwner({ sdkKey: 'new' }).owns(writtenWith('old'))).toBe(false)
})

it('(S206.2) reports another SDK key only', () => {
  const owner = new DataOwner({ sdkKey: 'old' })
  const keys: string[] = []
  owner.onNewKey(() => keys.push(owner.sdkKey))
  owner.replace({ sdkKey: 'old', otherKeys: ['new'] })
  owner.replace({ sdkKey: 'new', otherKeys: ['old'] })
  expect(keys).toEqual(['new'])
  expect(owner.keyFingerprint).toBe(fingerprint('new'))
})
