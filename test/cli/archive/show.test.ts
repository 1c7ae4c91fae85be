import { expect, it } from 'vitest'
import {
  ENV_ONE,
  ENV_TWO,
  entriesOf,
  filesOf,
  KEYS,
  ONE,
  pack,
  packed,
  packedWithDeepFlag,
  summed,
  TWO,
} from '../../relay/archive/packed.ts'
import { archiving } from './archiving.ts'

it('S104: lists environments, counts and versions, and masks keys', async () => {
  const { run, folder } = await archiving()
  const expiring = { value: KEYS.one, expiring: { value: KEYS.old, timestamp: 1 } }
  const path = await packed(folder, { ...ONE, env: { ...ENV_ONE, sdkKey: expiring } }, TWO)
  const { status, stdout, stderr } = await run('show', path)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain(`${path}: 2 environments\nChecksum: right\n`)
  expect(stdout).toMatch(
    /^Spree Production +507f1f77bcf86cd799439011 +[*-]+cret and 1 more +1 +1 +7 +data-1$/m,
  )
  expect(stdout).toMatch(/^Spree Test +507f1f77bcf86cd799439012 .* +1 +0 +7 +data-2$/m)
  for (const key of Object.values(KEYS)) expect(stdout).not.toContain(key.slice(0, -4))
  const json = JSON.parse((await run('show', path, '--json')).stdout) as object
  expect(json).toMatchObject({
    archive: path,
    checksum: { verdict: 'right' },
    environments: [
      { id: ENV_ONE.envID, flags: 1, furtherKeys: 1 },
      { id: ENV_TWO.envID, version: 7 },
    ],
  })
})

it('S104: lists an archive with a wrong checksum and exits with 1', async () => {
  const { run, folder } = await archiving()
  const files = { ...summed(filesOf(ONE)), 'checksum.md5': Buffer.alloc(16) }
  const path = await pack(folder, entriesOf(files))
  const text = await run('show', path)
  expect(text).toMatchObject({ status: 1, stderr: '' })
  expect(text.stdout).toMatch(/^Checksum: wrong: .*checksum\.md5: does not match the files/m)
  expect(text.stdout).toContain('Spree Production')
  const json = await run('show', path, '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ checksum: { verdict: 'wrong' }, environments: [{}] })
})

it('S104: exits with 1 and the reason if the archive cannot be read', async () => {
  const { run, folder, path } = await archiving()
  expect(await run('show', path('none'))).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/none: cannot be read: ENOENT/),
  })
  const wrong = { ...filesOf(ONE), [`${ENV_ONE.envID}.json`]: `{"env":{"sdkKey":"${KEYS.one}"` }
  const broken = await run('show', await pack(folder, entriesOf(summed(wrong))))
  expect(broken).toMatchObject({ status: 1, stdout: '' })
  expect(broken.stderr).toMatch(/507f1f77bcf86cd799439011\.json: is not JSON in UTF-8\n$/)
  expect(broken.stderr).not.toContain('sdk-')
})

it('S104: escapes terminal control characters of an archive', async () => {
  const { run, folder } = await archiving()
  const env = { ...ENV_ONE, envName: 'a\x1b[2Jb', projName: '' }
  const { stdout } = await run('show', await packed(folder, { ...ONE, env, dataId: '\x1b]0;x\x07' }))
  expect(stdout).toContain('a\\u001b[2Jb')
  expect(stdout).not.toContain('\x1b')
})

it('S137: names objects that a relay skips because they are nested too deeply', async () => {
  const { run, folder } = await archiving()
  const path = await packedWithDeepFlag(folder, ENV_ONE)
  const { status, stdout, stderr } = await run('show', path)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/ 1 +0 +7 +data-1$/m)
  expect(stdout).toMatch(
    /^Spree Production: a relay leaves out flag deep: it is nested deeper than 500 levels$/m,
  )
  expect(JSON.parse((await run('show', path, '--json')).stdout)).toMatchObject({
    environments: [{ flags: 1, leftOut: [{ kind: 'flag', key: 'deep' }] }],
  })
})
