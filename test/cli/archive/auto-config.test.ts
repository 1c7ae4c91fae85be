import { expect, it } from 'vitest'
import { readArchive } from '../../../src/relay/archive/read-archive.ts'
import { never } from '../../relay/archive/packed.ts'
import { PRODUCTION, STAGING, startService } from '../../relay/auto-config/starting.ts'
import { archiving, service as serviceAt } from './archiving.ts'

it('(AC8.1) exports the environments of automatic configuration with their names and keys', async () => {
  const { run, configure, path } = await archiving()
  const until = Date.now() + 3_600_000
  const expiring = { value: 'sdk-old-0001', expiresAt: until }
  const mobileKeys = [
    { key: 'default', value: 'mob-staging-02fe' },
    { key: 'old', value: 'mob-old-0001', expiresAt: until },
  ]
  const service = await startService(
    { ...PRODUCTION, expiring, secureMode: true, ttlMinutes: 5 },
    { ...STAGING, mobileKeys },
  )
  const config = await configure(serviceAt(service.url), `[AutoConfig]\nkey = ${service.key}\n`)
  const out = path('flags.tar.gz')
  const ended = await run('export', '--out', out, '--config', config)
  expect(ended).toMatchObject({ status: 0, stderr: '' })
  expect(ended.stdout).toContain('Shop Production: 1 flag, 0 segments; id env-production')
  expect(ended.stdout).not.toMatch(/sdk-|mob-|rel-/)
  const { environments } = await readArchive(out, never)
  expect(environments).toMatchObject([
    {
      id: PRODUCTION.id,
      name: 'Production',
      envKey: 'production',
      projName: 'Shop',
      projKey: 'shop',
      sdkKey: PRODUCTION.sdkKey,
      moreSdkKeys: [{ value: 'sdk-old-0001', until }],
      mobileKey: PRODUCTION.mobileKey,
      secureMode: true,
      ttlMinutes: 5,
    },
    { id: STAGING.id, mobileKey: STAGING.mobileKey, moreMobileKeys: [{ value: 'mob-old-0001', until }] },
  ])
})

it('(AC8.1) writes nothing if the automatic configuration key is refused', async () => {
  const { run, configure, path } = await archiving()
  const service = await startService(PRODUCTION)
  const config = await configure(serviceAt(service.url), '[AutoConfig]\nkey = rel-wrong\n')
  const ended = await run('export', '--out', path('flags.tar.gz'), '--config', config)
  expect(ended).toMatchObject({ status: 1, stdout: '' })
  expect(ended.stderr).toContain(
    'automatic configuration: the server answered 401 (is the automatic configuration key right?)',
  )
})
