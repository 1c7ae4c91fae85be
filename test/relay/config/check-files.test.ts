import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ConfigError } from '../../../src/model/errors.ts'
import { checkFiles } from '../../../src/relay/config/check-files.ts'
import type { RelayConfig } from '../../../src/relay/config/relay-config.ts'
import { certificatePath } from '../../support/certificates.ts'
import { DEFAULTS } from './reading.ts'

const [CERTIFICATE, KEY] = [certificatePath('leaf.cert.pem'), certificatePath('leaf.key.pem')]

/** Returns the issues of the files of a configuration, as `option: received`. */
async function fileIssues(config: Partial<RelayConfig>): Promise<readonly string[]> {
  const environments = [{ name: 'one', sdkKey: 'k' }]
  const problem: unknown = await checkFiles({ ...DEFAULTS, environments, ...config }).catch(
    (error: unknown) => error,
  )
  if (problem === undefined) return []
  if (problem instanceof ConfigError)
    return problem.issues.map(({ path, received }) => `${path}: ${received}`)
  throw problem
}

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'halyard-files-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

it('(S91) accepts files and folders that exist', async () => {
  expect(
    await fileIssues({
      tls: { certFile: CERTIFICATE, keyFile: KEY },
      caFiles: [CERTIFICATE],
      snapshotDirectory: folder(),
      store: { type: 'redis', url: 'rediss://h:6379', caFile: CERTIFICATE, localTtlMs: 0 },
    }),
  ).toEqual([])
  const store = { type: 'consul', url: 'http://h:8500', tokenFile: KEY, localTtlMs: 0 } as const
  expect(await fileIssues({ store })).toEqual([])
})

it('(S91) reports every missing file with the option that names it, all at once', async () => {
  const gone = join(folder(), 'gone')
  const [certFile, keyFile, caFile] = [`${gone}-1`, `${gone}-2`, `${gone}-3`]
  expect(
    await fileIssues({
      tls: { certFile, keyFile },
      caFiles: [CERTIFICATE, caFile],
      snapshotDirectory: gone,
      store: { type: 'redis', url: 'rediss://h:6379', caFile, certFile, keyFile, localTtlMs: 0 },
    }),
  ).toEqual([
    `[Main] tlsCert: ${gone}-1, which does not exist`,
    `[Main] tlsKey: ${gone}-2, which does not exist`,
    `[Proxy] caCertFiles: ${gone}-3, which does not exist`,
    `[Redis] caFile: ${gone}-3, which does not exist`,
    `[Redis] clientCertificateFile: ${gone}-1, which does not exist`,
    `[Redis] clientKeyFile: ${gone}-2, which does not exist`,
    `[Main] snapshotDirectory: ${gone}, which does not exist`,
  ])
  const store = { type: 'consul', url: 'http://h:8500', tokenFile: gone, localTtlMs: 0 } as const
  expect(await fileIssues({ store })).toEqual([`[Consul] tokenFile: ${gone}, which does not exist`])
})

it('(S91) refuses a folder as certificate and a file as snapshot folder', async () => {
  const tls = { certFile: folder(), keyFile: KEY }
  expect(await fileIssues({ tls, snapshotDirectory: KEY })).toEqual([
    `[Main] tlsCert: ${tls.certFile}, which is not a file`,
    `[Main] snapshotDirectory: ${KEY}, which is not a folder`,
  ])
})

it('(S91) refuses an invalid certificate and a key that does not match, without repeating either', async () => {
  const secret = join(folder(), 'secret')
  writeFileSync(secret, 'not-a-certificate')
  const [none] = await fileIssues({ tls: { certFile: secret, keyFile: KEY } })
  expect(none).toMatch(/^\[Main\] tlsCert and tlsKey: .*PEM/)
  expect(none).not.toContain('not-a-certificate')
  const pair = { certFile: CERTIFICATE, keyFile: certificatePath('client.key.pem') }
  expect(await fileIssues({ tls: pair })).toEqual([
    expect.stringMatching(/^\[Main\] tlsCert and tlsKey: .*mismatch/),
  ])
})

it('(S213.5) refuses an empty password file', async () => {
  const passwordFile = join(folder(), 'password')
  writeFileSync(passwordFile, '\n')
  expect(await fileIssues({ adminLogin: { passwordFile } })).toEqual([
    `[Main] adminPasswordFile: ${passwordFile}, which is empty`,
  ])
  writeFileSync(passwordFile, 'secret\n')
  expect(await fileIssues({ adminLogin: { passwordFile } })).toEqual([])
})
