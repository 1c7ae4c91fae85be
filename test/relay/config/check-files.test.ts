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

/** What is wrong with the files of a configuration, as `option: received`. */
async function wrongs(config: Partial<RelayConfig>): Promise<readonly string[]> {
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

it('(S91) files and folders that are there are nothing to speak of', async () => {
  expect(
    await wrongs({
      tls: { certFile: CERTIFICATE, keyFile: KEY },
      caFiles: [CERTIFICATE],
      snapshotDirectory: folder(),
      store: { type: 'redis', url: 'rediss://h:6379', caFile: CERTIFICATE, localTtlMs: 0 },
    }),
  ).toEqual([])
  const store = { type: 'consul', url: 'http://h:8500', tokenFile: KEY, localTtlMs: 0 } as const
  expect(await wrongs({ store })).toEqual([])
})

it('(S91) every file that is not there is said by the option that names it, all at once', async () => {
  const gone = join(folder(), 'gone')
  const [certFile, keyFile, caFile] = [`${gone}-1`, `${gone}-2`, `${gone}-3`]
  expect(
    await wrongs({
      tls: { certFile, keyFile },
      caFiles: [CERTIFICATE, caFile],
      snapshotDirectory: gone,
      store: { type: 'redis', url: 'rediss://h:6379', caFile, certFile, keyFile, localTtlMs: 0 },
    }),
  ).toEqual([
    `[Main] tlsCert: ${gone}-1, which is not there`,
    `[Main] tlsKey: ${gone}-2, which is not there`,
    `[Proxy] caCertFiles: ${gone}-3, which is not there`,
    `[Redis] caFile: ${gone}-3, which is not there`,
    `[Redis] clientCertificateFile: ${gone}-1, which is not there`,
    `[Redis] clientKeyFile: ${gone}-2, which is not there`,
    `[Main] snapshotDirectory: ${gone}, which is not there`,
  ])
  const store = { type: 'consul', url: 'http://h:8500', tokenFile: gone, localTtlMs: 0 } as const
  expect(await wrongs({ store })).toEqual([`[Consul] tokenFile: ${gone}, which is not there`])
})

it('(S91) a folder is no certificate, and a file no folder of snapshots', async () => {
  const tls = { certFile: folder(), keyFile: KEY }
  expect(await wrongs({ tls, snapshotDirectory: KEY })).toEqual([
    `[Main] tlsCert: ${tls.certFile}, which is none`,
    `[Main] snapshotDirectory: ${KEY}, which is a file`,
  ])
})

it('(S91) a certificate that is none, or has another key, is refused, and nothing of either is repeated', async () => {
  const secret = join(folder(), 'secret')
  writeFileSync(secret, 'not-a-certificate')
  const [none] = await wrongs({ tls: { certFile: secret, keyFile: KEY } })
  expect(none).toMatch(/^\[Main\] tlsCert and tlsKey: .*PEM/)
  expect(none).not.toContain('not-a-certificate')
  const pair = { certFile: CERTIFICATE, keyFile: certificatePath('client.key.pem') }
  expect(await wrongs({ tls: pair })).toEqual([
    expect.stringMatching(/^\[Main\] tlsCert and tlsKey: .*mismatch/),
  ])
})
