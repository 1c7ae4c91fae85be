import { describe, expect, it } from 'vitest'
import { readRelayConfig } from '../../../src/relay/config/read-relay-config.ts'
import { readText, wrongs, wrongsOf } from './reading.ts'

const NOON = Date.UTC(2026, 11, 31, 12)
const KEYS = {
  sdkKey: 'sdk-1',
  moreSdkKeys: [{ value: 'sdk-0', until: NOON }, { value: 'sdk-2' }],
  mobileKey: 'mob-1',
  moreMobileKeys: [{ value: 'mob-0', until: NOON }],
}

describe('keys of an environment', () => {
  it('(S205.6) are configured in a file, one per line or with commas', () => {
    const text = `[Environment "one"]
sdkKey = sdk-1
moreSdkKeys = sdk-0 until 2026-12-31T12:00:00Z
moreSdkKeys = sdk-2
mobileKey = mob-1
moreMobileKeys = "mob-0 until 2026-12-31T12:00:00Z"
[Environment "two"]
sdkKey = other
moreSdkKeys = other-2, other-3
`
    const { config, warnings } = readText(text)
    expect(config.environments).toEqual([
      { name: 'one', ...KEYS },
      { name: 'two', sdkKey: 'other', moreSdkKeys: [{ value: 'other-2' }, { value: 'other-3' }] },
    ])
    expect(warnings).toEqual([])
  })

  it('(S205.6) are configured in variables and in an object', () => {
    const variables = {
      LD_ENV_one: 'sdk-1',
      HALYARD_MORE_SDK_KEYS_one: 'sdk-0 until 2026-12-31T12:00:00Z, sdk-2',
      LD_MOBILE_KEY_one: 'mob-1',
      HALYARD_MORE_MOBILE_KEYS_one: 'mob-0 until 2026-12-31T12:00:00Z',
    }
    const environments = [{ name: 'one', ...KEYS }]
    expect(readRelayConfig({ variables }).config.environments).toEqual(environments)
    const { config } = readRelayConfig({ options: { environments } })
    expect(config.environments).toEqual(environments)
    // A configuration is a valid value of the options.
    expect(readRelayConfig({ options: config }).config).toEqual(config)
  })

  it('(S205.7) must be unique among all environments, for each kind of client', () => {
    const text = `[Environment "one"]
sdkKey = secret-a
moreSdkKeys = secret-b, secret-c
mobileKey = secret-a
envId = id-1
[Environment "two"]
sdkKey = secret-b
moreSdkKeys = secret-d until 2026-12-31T12:00:00Z, secret-a
mobileKey = secret-m
moreMobileKeys = secret-n, secret-m
envId = id-1
`
    const issues = wrongsOf(text)
    expect(issues).toEqual([
      'relay.conf:7 [Environment "two"] sdkKey: a unique SDK key, the same as relay.conf:3 [Environment "one"] moreSdkKeys (key 1)',
      'relay.conf:8 [Environment "two"] moreSdkKeys (key 2): a unique SDK key, the same as relay.conf:2 [Environment "one"] sdkKey',
      'relay.conf:10 [Environment "two"] moreMobileKeys (key 2): a unique mobile key, the same as relay.conf:9 [Environment "two"] mobileKey',
      'relay.conf:11 [Environment "two"] envId: a unique client-side ID, the same as relay.conf:5 [Environment "one"] envId',
    ])
    expect(issues.join()).not.toContain('secret')
  })

  it('(S205.7) are refused with their place and without their value if they have the wrong form', () => {
    const environments = [
      { name: 'one', sdkKey: 'sdk-1', moreSdkKeys: [{ value: 'ok' }, 'secret on monday'] },
    ]
    const [issue, ...others] = wrongs({ options: { environments } as never })
    expect(issue).toMatch(
      /^options\.environments\[0\]\.moreSdkKeys: keys, each as KEY or .*, as key 2 a text that is neither/,
    )
    expect(others).toEqual([])
    expect(issue).not.toContain('secret')
  })

  it('(S205.8) do not need an interval of checks, so that the option of the Relay Proxy causes no warning', () => {
    const file = '[Main]\nexpiredCredentialCleanupInterval = 1m\n[Environment "one"]\nsdkKey = a\n'
    expect(readText(file).warnings).toEqual([])
    const variables = { LD_ENV_one: 'a', EXPIRED_CREDENTIAL_CLEANUP_INTERVAL: '1m' }
    expect(readRelayConfig({ variables }).warnings).toEqual([])
  })
})
