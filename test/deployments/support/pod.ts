import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { type Container, type ContainerMount, runContainer } from './container.ts'
import type { Manifest } from './helm.ts'
import type { Image } from './image.ts'

type Texts = Readonly<Record<string, string>>

/** What a chart refers to and does not create. */
export interface Cluster {
  readonly secrets?: Readonly<Record<string, Texts>>
  readonly configMaps?: Readonly<Record<string, Texts>>
}

interface Source {
  readonly name: string
  readonly key: string
}

interface ContainerSpec {
  readonly args: readonly string[]
  readonly envFrom?: readonly { readonly secretRef: { readonly name: string } }[]
  readonly env: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly secretKeyRef?: Source; readonly fieldRef?: object }
  }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
  readonly securityContext: object
}

interface Volume {
  readonly name: string
  readonly configMap?: { readonly name: string }
  readonly secret?: { readonly secretName: string }
  readonly emptyDir?: object
  readonly projected?: {
    readonly sources: readonly {
      readonly secret: {
        readonly name: string
        readonly items: readonly { readonly key: string; readonly path: string }[]
      }
    }[]
  }
}

interface PodSpec {
  readonly containers: readonly [ContainerSpec & Readonly<Record<Probe, { readonly httpGet: HttpGet }>>]
  readonly volumes?: readonly Volume[]
  readonly securityContext: {
    readonly runAsUser: number
    readonly runAsGroup: number
    readonly fsGroup: number
  }
  readonly terminationGracePeriodSeconds: number
}

type Probe = 'startupProbe' | 'livenessProbe' | 'readinessProbe'

interface HttpGet {
  readonly path: string
  readonly port: string
  readonly scheme: 'HTTP' | 'HTTPS'
}

/** A running pod of a Deployment. */
export interface Pod {
  readonly container: Container
  readonly spec: PodSpec
  /** Variables of the container, with the ports that the system chose. */
  readonly env: Texts
  readonly url: () => string
  /** Requests a probe as the kubelet does. Resolves with the status; 0 without an answer. */
  readonly probe: (name: Probe) => Promise<number>
  /** Writes a ConfigMap that is mounted as a folder. */
  readonly update: (volume: string, data: Texts) => void
  /** Returns the names of the files in a volume. */
  readonly files: (volume: string) => readonly string[]
}

/** Runs the container of a rendered Deployment, on ports that the system chooses. */
export function startPod(image: Image, manifests: readonly Manifest[], cluster: Cluster = {}): Pod {
  const deployment = manifests.find(({ kind }) => kind === 'Deployment') ?? missing('Deployment')
  const { spec } = (deployment.spec as { readonly template: { readonly spec: PodSpec } }).template
  const [container] = spec.containers
  const secret = (name: string): Texts => cluster.secrets?.[name] ?? missing(`secret ${name}`)
  const created = manifests.filter(({ kind }) => kind === 'ConfigMap')
  const configMap = (name: string): Texts =>
    created.find(({ metadata }) => metadata.name === name)?.data ??
    cluster.configMaps?.[name] ??
    missing(`ConfigMap ${name}`)
  const env: Record<string, string> = { KUBERNETES_SERVICE_HOST: '10.0.0.1' }
  for (const { secretRef } of container.envFrom ?? []) Object.assign(env, secret(secretRef.name))
  for (const { name, value, valueFrom } of container.env) {
    const { secretKeyRef } = valueFrom ?? {}
    env[name] = value ?? (secretKeyRef ? (secret(secretKeyRef.name)[secretKeyRef.key] ?? '') : 'field')
  }
  const portOf = (name: string): string =>
    String(container.ports.find((port) => port.name === name)?.containerPort)
  expect([env.PORT, env.HALYARD_RELAY_ADMIN_PORT]).toEqual([portOf('api'), portOf('admin')])
  Object.assign(env, { PORT: '0', HALYARD_RELAY_ADMIN_PORT: '0' })
  expect(container.securityContext).toMatchObject({
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
  })
  const folder = mkdtempSync(join(tmpdir(), 'halyard-pod-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const group = spec.securityContext.fsGroup
  for (const volume of spec.volumes ?? [])
    fill(join(folder, volume.name), volume, { secret, configMap, group })
  const mounts = (container.volumeMounts ?? []).map(
    ({ name, mountPath }): ContainerMount => ({
      source: join(folder, name),
      target: mountPath,
      access: spec.volumes?.find((volume) => volume.name === name)?.emptyDir ? 'write' : 'read',
    }),
  )
  const { runAsUser, runAsGroup } = spec.securityContext
  const user = `${runAsUser}:${runAsGroup}`
  const running = runContainer(image, { args: container.args, env, mounts, user })
  const url = (): string => {
    const [, scheme, port] = /serving \S+ \S+.* on (https?):\/\/\S+:(\d+)$/m.exec(running.output()) ?? []
    if (port === undefined) throw new Error(`no port in: ${running.output()}`)
    return `${scheme}://127.0.0.1:${port}`
  }
  return {
    container: running,
    spec,
    env,
    url,
    probe: async (name) => {
      const { path, scheme } = container[name].httpGet
      expect(container[name].httpGet.port).toBe('api')
      expect(url()).toMatch(new RegExp(`^${scheme}:`, 'i'))
      return statusOf(`${url()}${path}`)
    },
    update: (volume, data) => writeVolume(join(folder, volume), data),
    files: (volume) => readdirSync(join(folder, volume)),
  }
}

function missing(what: string): never {
  throw new Error(`the cluster has no ${what}`)
}

interface Sources {
  readonly secret: (name: string) => Texts
  readonly configMap: (name: string) => Texts
  /** `fsGroup` of the pod, which owns folders that are not of a ConfigMap or a secret. */
  readonly group: number
}

function fill(folder: string, volume: Volume, { secret, configMap, group }: Sources): void {
  mkdirSync(folder)
  if (volume.configMap) writeVolume(folder, configMap(volume.configMap.name))
  else if (volume.secret) writeVolume(folder, secret(volume.secret.secretName))
  else if (volume.projected) {
    const files = volume.projected.sources.flatMap(({ secret: { name, items } }) =>
      items.map(({ key, path }) => [path, secret(name)[key] ?? ''] as const),
    )
    for (const [path, text] of files) {
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  } else if (volume.emptyDir) {
    chownSync(folder, 0, group)
    chmodSync(folder, 0o2775)
  }
}

let versions = 0

/** Writes a volume as the kubelet does: a link to a new folder replaces the former link. */
function writeVolume(folder: string, data: Texts): void {
  const version = `..version-${++versions}`
  mkdirSync(join(folder, version))
  for (const [name, text] of Object.entries(data)) {
    writeFileSync(join(folder, version, name), text)
    rmSync(join(folder, name), { force: true })
    symlinkSync(`..data/${name}`, join(folder, name))
  }
  symlinkSync(version, join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
}

/** Resolves with the status of an answer, or with 0. Like the kubelet it does not verify a certificate. */
async function statusOf(url: string): Promise<number> {
  if (url.startsWith('http:')) return fetch(url).then(({ status }) => status)
  return new Promise((resolve) => {
    get(url, { rejectUnauthorized: false, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('error', () => resolve(0))
  })
}
