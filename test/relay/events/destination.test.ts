import { expect, it } from 'vitest'
import { destinationOf } from '../../../src/relay/events/destination.ts'

const SDK_KEY = 'sdk-1'

it('(RE2.4) has the first further mobile key if there is no other', () => {
  const moreMobileKeys = [{ value: 'mob-2', until: 1 }, { value: 'mob-3' }]
  const keyWith = (mobileKey?: string): string | undefined =>
    destinationOf('mobile', 'events', { sdkKey: SDK_KEY, moreMobileKeys, ...(mobileKey && { mobileKey }) })
      ?.headers.authorization
  expect([keyWith('mob-1'), keyWith()]).toEqual(['mob-1', 'mob-2'])
})

it.each(['mobile', 'browser'] as const)('(RE2.4) is none without a credential of %s SDKs', (audience) => {
  expect(destinationOf(audience, 'events', { sdkKey: SDK_KEY })).toBeUndefined()
})
