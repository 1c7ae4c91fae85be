import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { PRODUCTION, startService as startAutoConfig } from '../relay/auto-config/starting.ts'
import { certificate } from '../support/certificates.ts'
import { describeWithRedis, startRedis } from '../support/redis-server.ts'
import { describeWith } from '../support/requirements/requirement.ts'
import { change } from '../support/stored.ts'
import { openEventStream, startService } from './support/clients.ts'
import { COMPOSE, HELM } from './support/cluster-tools.ts'
import { DEPLOY, EXAMPLE, servicesOf } from './support/compose.ts'
import { NAMESPACES, runContainer } from './support/container.ts'
import { render } from './support/helm.ts'
import { buildImage, type Image, sizeOf } from './support/image.ts'
import { startPod } from './support/pod.ts'
import { addressOf, flagsAt, folderWith, KEY } from './support/serving.ts'

const ROOT = join(import.meta.dirname, '../..')

const FLAGS = 'flagValues:\n  greeting: Ahoy\n'
const greeting = (value: string) => ({ greeting: expect.objectContaining({ variations: [value] }) })

/** Returns the arguments of Helm that set these variables of the relay. */
function settings(environment: Readonly<Record<string, string | number>>): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) => [
    '--set-string',
    `relay.environment.${name}=${value}`,
  ])
}

describeWith(NAMESPACES, 'the image of deploy/docker/Dockerfile', () => {
  let folder = ''
  let image: Image
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'halyard-image-'))
    image = buildImage(join(ROOT, 'deploy/docker/Dockerfile'), folder)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('has the versions of the project, and its licence', () => {
    const { version, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly version: string
      readonly devDependencies: { readonly node: string }
    }
    const dockerfile = readFileSync(join(ROOT, 'deploy/docker/Dockerfile'), 'utf8')
    expect(dockerfile).toContain(`ARG NODE_VERSION=${devDependencies.node}\n`)
    expect(image.labels).toMatchObject({
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    })
  })

  it('has the sizes of docs/containers.md', () => {
    const page = readFileSync(join(ROOT, 'docs/containers.md'), 'utf8')
    const rows = [...page.matchAll(/^\| .* `(\/[^`]*)` \| (\d+) MB \|$/gm)]
    expect(rows).toHaveLength(3)
    for (const [, path = '', megabytes] of rows) {
      const size = sizeOf(join(image.root, path)) / 1e6
      expect(Math.abs(size - Number(megabytes)), path).toBeLessThan(1 + size / 10)
    }
  })

  it('has no file of the builder, such as npm, and needs no shell of its base', () => {
    const files = execFileSync('find', [image.root, '-name', 'sh', '-o', '-name', 'npm'], {
      encoding: 'utf8',
    })
    expect(files).toBe('')
  })

  it('runs every command, and ends with the reason if nothing is configured', async () => {
    const version = runContainer(image, { args: ['--version'] })
    expect([await version.ended, version.output()]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+/)])
    const relay = runContainer(image)
    expect([await relay.ended, relay.output()]).toEqual([1, expect.stringContaining('environment')])
  })

  it('serves a folder of flags, is healthy, and stops at its signal', async () => {
    const mounts = [
      { source: folderWith({ 'flags.yaml': FLAGS }), target: '/flags', access: 'read' },
    ] as const
    const env = { PORT: '0', HALYARD_FILE_flags: '/flags', LD_ENV_flags: KEY }
    const container = runContainer(image, { env, mounts })
    expect(await flagsAt(() => addressOf(container))).toEqual(greeting('Ahoy'))
    const { port } = new URL(addressOf(container))
    const health = runContainer(
      { ...image, entrypoint: [] },
      { args: image.healthcheck, env: { ...env, PORT: port } },
    )
    expect([await health.ended, health.output()]).toEqual([0, expect.stringMatching(/^alive: /)])
    container.signal(image.stopSignal as NodeJS.Signals)
    expect(await container.ended).toBe(0)
  })

  it('reads /ldr/ld-relay.conf, and again when it is saved', async () => {
    const configuration = folderWith({
      'ld-relay.conf': `[Main]\nport = 0\n[Environment "one"]\nsdkKey = ${KEY}\nfile = /ldr/flags.yaml\n`,
      'flags.yaml': FLAGS,
    })
    const container = runContainer(image, {
      mounts: [{ source: configuration, target: '/ldr', access: 'read' }],
    })
    expect(await flagsAt(() => addressOf(container))).toEqual(greeting('Ahoy'))
    const path = join(configuration, 'ld-relay.conf')
    writeFileSync(path, readFileSync(path, 'utf8').replace(KEY, 'sdk-other'))
    expect(await flagsAt(() => addressOf(container), 'sdk-other')).toEqual(greeting('Ahoy'))
  })

  describeWith(HELM, 'in a pod of the Helm chart', () => {
    it('serves the flags of the chart, follows a changed ConfigMap, and drains before it stops', async () => {
      const manifests = render('flag-server', ['--set', 'shutdown.delaySeconds=2'])
      const pod = startPod(image, manifests, { secrets: { 'flag-keys': { LD_ENV_flags: KEY } } })
      expect(await flagsAt(pod.url)).toEqual(greeting('Ahoy'))
      for (const name of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const)
        expect(await pod.probe(name), name).toBe(200)
      pod.update('flags', { 'flags.yaml': FLAGS.replace('Ahoy', 'Moin') })
      await expect.poll(() => flagsAt(pod.url)).toEqual(greeting('Moin'))

      const stream = await openEventStream(`${pod.url()}/sdk/stream`, KEY)
      pod.container.signal('SIGTERM')
      await expect.poll(() => pod.probe('readinessProbe')).toBe(503)
      expect(await pod.probe('livenessProbe')).toBe(200)
      expect(await flagsAt(pod.url)).toEqual(greeting('Moin'))
      await stream.ended
      expect(stream.text()).toContain('goodbye')
      expect(await pod.container.ended).toBe(0)
    })

    it('serves an environment of the service, and passes the test of the chart', async () => {
      const service = await startService({ [KEY]: [change('a', 1, 'live')] })
      const upstream = settings({ STREAM_URI: service.url, BASE_URI: service.url })
      const manifests = render('launchdarkly', upstream)
      const pod = startPod(image, manifests, { secrets: { 'halyard-keys': { LD_ENV_production: KEY } } })
      expect(await flagsAt(pod.url)).toMatchObject({ a: { variations: ['live'] } })
      const test = manifests.find(({ kind }) => kind === 'Pod')?.spec as {
        readonly containers: readonly [{ readonly args: readonly string[] }]
      }
      const args = test.containers[0].args.map((arg) =>
        arg.replace('http://relay-halyard-relay:8030', pod.url()),
      )
      const ready = runContainer(image, { args })
      expect([await ready.ended, ready.output()]).toEqual([0, expect.stringContaining(`ready: ${pod.url()}`)])
    })

    it('serves the environments of automatic configuration, and keeps snapshots in its volume', async () => {
      const service = await startAutoConfig(PRODUCTION)
      const upstream = settings({ STREAM_URI: service.url, BASE_URI: service.url })
      const manifests = render('auto-config', upstream)
      const pod = startPod(image, manifests, { secrets: { 'halyard-keys': { 'auto-config': service.key } } })
      await flagsAt(pod.url, PRODUCTION.sdkKey)
      await expect
        .poll(() => pod.files('snapshots').some((name) => name.startsWith('auto-config-')))
        .toBe(true)
      pod.container.signal('SIGINT')
      expect(await pod.container.ended).toBe(0)
    })

    it('serves with every part of the chart, over TLS', async () => {
      const { key, cert } = certificate('leaf')
      const manifests = render('everything')
      const pod = startPod(image, manifests, {
        secrets: {
          keys: { production: KEY, shop: 'sdk-shop' },
          'redis-tls': { 'ca.crt': 'a certificate' },
          'relay-tls': { 'tls.crt': String(cert), 'tls.key': String(key) },
        },
        configMaps: {
          'relay-config': { 'ld-relay.conf': '[Environment "production"]\nfile = /mnt/flags\n' },
          'flag-files': { 'flags.yaml': FLAGS },
        },
      })
      await expect.poll(() => pod.probe('readinessProbe')).toBe(200)
      expect(await pod.probe('livenessProbe')).toBe(200)
    })

    describeWithRedis('with Redis', () => {
      it('completes the environments of the file with the keys of the secret', async () => {
        const redis = await startRedis()
        onTestFinished(() => redis.stop())
        const service = await startService({
          [KEY]: [change('a', 1, 'p')],
          'sdk-staging': [change('a', 1, 's')],
        })
        const environment = {
          STREAM_URI: service.url,
          BASE_URI: service.url,
          REDIS_HOST: '127.0.0.1',
          REDIS_PORT: redis.port,
        }
        const sets = settings(environment)
        const pod = startPod(image, render('redis', sets), {
          secrets: { 'halyard-keys': { LD_ENV_production: KEY, LD_ENV_staging: 'sdk-staging' } },
        })
        expect(await flagsAt(pod.url)).toMatchObject({ a: { variations: ['p'] } })
        expect(await flagsAt(pod.url, 'sdk-staging')).toMatchObject({ a: { variations: ['s'] } })
      })
    })
  })

  describeWith(COMPOSE, 'in the services of Compose', () => {
    const RESTRICTED = {
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges'],
      restart: 'unless-stopped',
    }

    it('restricts every service', () => {
      for (const services of [servicesOf('compose.yaml'), servicesOf('compose.flags.yaml')])
        for (const service of Object.values(services)) expect(service).toMatchObject(RESTRICTED)
    })

    it('requires the key of a flag server', () => {
      const { err } = COMPOSE.run([join(ROOT, 'deploy/compose.flags.yaml')])
      expect(err).toContain('Set SDK_KEY to the key that server-side SDKs send')
    })

    it('serves the folder of flags', async () => {
      const { flags } = servicesOf('compose.flags.yaml')
      const mounts =
        flags?.volumes?.map(
          ({ source, target, read_only }) =>
            ({ source: join(DEPLOY, source), target, access: read_only ? 'read' : 'write' }) as const,
        ) ?? []
      const container = runContainer(image, { env: { ...flags?.environment, PORT: '0' }, mounts })
      expect(await flagsAt(() => addressOf(container))).toMatchObject(greeting('Ahoy'))
      expect(flags?.ports).toMatchObject([{ target: image.port }])
      const ready = runContainer(
        { ...image, entrypoint: [] },
        {
          args: flags?.healthcheck.test.slice(1) ?? [],
          env: { ...flags?.environment, PORT: new URL(addressOf(container)).port },
          mounts,
        },
      )
      expect([await ready.ended, ready.output()]).toEqual([0, expect.stringMatching(/^ready: /)])
    })

    describeWithRedis('with Redis', () => {
      it('writes the environment of the example to Redis', async () => {
        const redis = await startRedis()
        onTestFinished(() => redis.stop())
        const service = await startService({ YOUR_SDK_KEY: [change('a', 1, 'live')] })
        const { relay } = servicesOf('compose.yaml')
        const container = runContainer(image, {
          env: {
            ...EXAMPLE,
            ...relay?.environment,
            PORT: '0',
            REDIS_HOST: '127.0.0.1',
            REDIS_PORT: String(redis.port),
            STREAM_URI: service.url,
            BASE_URI: service.url,
          },
        })
        expect(await flagsAt(() => addressOf(container), 'YOUR_SDK_KEY')).toMatchObject({
          a: { variations: ['live'] },
        })
        await expect.poll(() => redis.as((client) => client.hexists('ld:production:features', 'a'))).toBe(1)
      })
    })
  })
})
