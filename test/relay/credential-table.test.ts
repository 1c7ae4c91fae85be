import { describe, expect, it } from 'vitest'
import { CredentialTable } from '../../src/relay/credential-table.ts'
import { eventTokenOf, type ValidCredential } from '../../src/relay/credentials.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

const DAY = 86_400_000

const key = (value: string, until = Infinity): ValidCredential => ({ audience: 'server', value, until })

function table(epoch = 0) {
  const clock = new VirtualClock(epoch)
  const expiries: string[] = []
  const credentials = new CredentialTable<string>({
    clock,
    onExpiry: ({ value }, owner) => expiries.push(`${value} of ${owner}`),
  })
  return { clock, expiries, credentials }
}

describe('the credentials of environments', () => {
  it('(S208.1) end at their end date, and the signal of their clients aborts', async () => {
    const { clock, expiries, credentials } = table()
    credentials.set('one', [key('a'), key('b', 5_000)])
    const [a, b] = [credentials.find(key('a')), credentials.find(key('b'))]
    await clock.advance(4_999)
    expect(b?.expired.aborted).toBe(false)
    await clock.advance(1)
    expect(b?.expired.aborted).toBe(true)
    expect([credentials.find(key('b')), credentials.find(key('a'))]).toEqual([undefined, a])
    expect(a?.expired.aborted).toBe(false)
    expect(expiries).toEqual(['b of one'])
    expect(clock.armed).toBe(0)
  })

  it('(S208.1) end after more time than a timer of the platform can wait', async () => {
    const { clock, expiries, credentials } = table()
    credentials.set('one', [key('a', 40 * DAY)])
    await clock.advance(40 * DAY - 1)
    expect(expiries).toEqual([])
    await clock.advance(1)
    expect(expiries).toEqual(['a of one'])
  })

  it('(S208.1) follow the clock of the machine if it is set', async () => {
    let offset = 0
    const clock = new VirtualClock()
    const set = {
      now: () => clock.now() + offset,
      monotonic: () => clock.monotonic(),
      after: (ms: number, wake: () => void) => clock.after(ms, wake),
      hold: () => clock.hold(),
      breathe: () => clock.breathe(),
    }
    const credentials = new CredentialTable<string>({ clock: set, onExpiry: () => {} })
    credentials.set('one', [key('a', DAY), key('b', 1_000)])
    const [a, b] = [credentials.find(key('a')), credentials.find(key('b'))]
    // Set back: the timer of b is too early.
    offset = -5_000
    await clock.advance(1_000)
    expect([b?.expired.aborted, credentials.find(key('b'))]).toEqual([false, b])
    await clock.advance(5_000)
    expect(b?.expired.aborted).toBe(true)
    // Set forward: the timer of a is too late. Its streams end at the next check.
    offset = 2 * DAY
    expect([a?.expired.aborted, credentials.find(key('a'))]).toEqual([false, undefined])
    await clock.advance(3_600_000)
    expect(a?.expired.aborted).toBe(true)
  })

  it('(S208.2) are unknown from the beginning if their end date has passed', () => {
    const { clock, expiries, credentials } = table(10_000)
    credentials.set('one', [key('a', 10_000), key('b', 10_001)])
    expect(credentials.find(key('a'))).toBeUndefined()
    expect(credentials.find(key('b'))?.owner).toBe('one')
    expect(expiries).toEqual([])
    expect(clock.armed).toBe(1)
  })

  it('(S208.3) keep their clients if the end date changes, and end at the new one', async () => {
    const { clock, credentials } = table()
    credentials.set('one', [key('a', 1_000)])
    const found = credentials.find(key('a'))
    credentials.set('one', [key('a', 9_000)])
    await clock.advance(8_999)
    expect(found?.expired.aborted).toBe(false)
    expect(credentials.find(key('a'))).toEqual(found)
    credentials.set('one', [key('a')])
    await clock.advance(DAY)
    expect(found?.expired.aborted).toBe(false)
    credentials.set('one', [key('a', clock.now())])
    expect(found?.expired.aborted).toBe(true)
  })

  it('(RO6.3) have a token, which changes its owner and ends with them', async () => {
    const { clock, credentials } = table()
    const token = eventTokenOf(key('a'))
    credentials.set('one', [key('a', 1_000), key('b')])
    expect(credentials.findToken(token)).toEqual(credentials.find(key('a')))
    expect(credentials.findToken(key('a').value)).toBeUndefined()
    credentials.set('two', [key('a', 1_000)])
    credentials.set('one', [key('b')])
    expect(credentials.findToken(token)?.owner).toBe('two')
    await clock.advance(1_000)
    expect(credentials.findToken(token)).toBeUndefined()
    expect(credentials.findToken(eventTokenOf(key('b')))?.owner).toBe('one')
    credentials.remove('one')
    expect(credentials.findToken(eventTokenOf(key('b')))).toBeUndefined()
  })

  it('(RO2.2) are found without their kind', () => {
    const { credentials } = table()
    const mobile = { audience: 'mobile', value: 'm', until: Infinity } as const
    credentials.set('one', [key('a'), mobile])
    expect(credentials.findKey('a')?.credential.audience).toBe('server')
    expect(credentials.findKey('m')?.credential.audience).toBe('mobile')
    expect(credentials.findKey('')).toBeUndefined()
  })

  it('(S206.5) pass to another environment in any order of both updates', () => {
    for (const order of ['giver first', 'taker first']) {
      const { credentials } = table()
      credentials.set('giver', [key('a'), key('moved')])
      credentials.set('taker', [key('b')])
      const before = credentials.find(key('moved'))
      const updates = [
        () => credentials.set('giver', [key('a')]),
        () => credentials.set('taker', [key('b'), key('moved')]),
      ]
      for (const update of order === 'giver first' ? updates : updates.toReversed()) update()
      expect(before?.expired.aborted, order).toBe(true)
      expect(credentials.find(key('moved'))?.owner, order).toBe('taker')
      expect(credentials.find(key('a'))?.owner, order).toBe('giver')
      // The former owner ends and takes nothing with it.
      credentials.remove('giver')
      expect(credentials.find(key('moved'))?.owner, order).toBe('taker')
      expect(credentials.find(key('a')), order).toBeUndefined()
    }
  })

  it('(S205.2) are different for servers, mobile SDKs and browsers', () => {
    const { credentials } = table()
    credentials.set('one', [key('a')])
    credentials.set('two', [{ audience: 'mobile', value: 'a', until: Infinity }])
    expect(credentials.find(key('a'))?.owner).toBe('one')
    expect(credentials.find({ audience: 'mobile', value: 'a' })?.owner).toBe('two')
    expect(credentials.find({ audience: 'browser', value: 'a' })).toBeUndefined()
  })

  it('leave no timers after a close', () => {
    const { clock, credentials } = table()
    credentials.set('one', [key('a', DAY), key('b', 2 * DAY)])
    credentials.close()
    expect(clock.armed).toBe(0)
  })
})
