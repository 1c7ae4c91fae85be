import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { findOnPath, isExecutable, type Requirement } from '../../support/requirements/requirement.ts'
import type { Image } from './image.ts'

/** Returns the path of a program of the system. Throws if it is missing. */
export function requireHere(name: string): string {
  const places = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].map((folder) => join(folder, name))
  const path = findOnPath(name) ?? places.find(isExecutable)
  if (path === undefined) throw new Error(`${name} is missing`)
  return path
}

export const chroot = (): string => requireHere('chroot')

/** What containers are made of here: a file system of their own, in a namespace of its own. */
export const NAMESPACES: Requirement = {
  name: 'mount',
  remedy: 'Run the tests as root on Linux, where namespaces and overlay file systems are permitted.',
  isAvailable() {
    const folder = mkdtempSync(join(tmpdir(), 'halyard-namespace-'))
    for (const name of ['files', 'work', 'merged']) mkdirSync(join(folder, name))
    const script = `mount -t overlay overlay -o lowerdir=/,upperdir=${folder}/files,workdir=${folder}/work ${folder}/merged`
    const { status } = spawnSync('unshare', ['--mount', '--pid', '--fork', '/bin/sh', '-ec', script])
    rmSync(folder, { recursive: true, force: true })
    return status === 0
  },
}

export interface ContainerOptions {
  /** The arguments after the entry point. Default: the command of the image. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly mounts?: readonly ContainerMount[]
  /** User and group. Default: those of the image. */
  readonly user?: string
}

/** A folder of this machine in the file system of a container. */
export interface ContainerMount {
  readonly source: string
  readonly target: string
  readonly access: 'read' | 'write'
}

export interface Container {
  /** Everything it has printed. */
  readonly output: () => string
  /** Sends a signal to the first process of the container. */
  readonly signal: (name: NodeJS.Signals) => void
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>
}

/**
 * Runs an image with a read-only file system, as its user without privileges, and as the first process of its own. It has the
 * network of this machine. It ends with the test.
 */
export function runContainer(image: Image, options: ContainerOptions = {}): Container {
  const { args = image.command, env = {}, mounts = [], user = image.user } = options
  const { root } = image
  for (const { target } of mounts) mkdirSync(join(root, target), { recursive: true })
  const script = [
    `mount --bind ${root} ${root}`,
    ...mounts.flatMap(({ source, target, access }) => [
      `mount --bind ${source} ${root}${target}`,
      ...(access === 'read' ? [`mount -o remount,bind,ro ${root}${target}`] : []),
    ]),
    `mount -t proc proc ${root}/proc`,
    `mount --rbind /dev ${root}/dev`,
    `mount -o remount,bind,ro ${root}`,
    `exec setpriv --no-new-privs ${chroot()} --userspec=${user} --groups=${user.split(':')[1]} ${root} "$@"`,
  ]
  const namespaces = ['--mount', '--pid', '--fork']
  const command = [...image.entrypoint, ...args]
  const child = spawn(
    requireHere('unshare'),
    [...namespaces, '/bin/sh', '-ec', script.join('\n'), 'sh', ...command],
    { env: { ...image.env, ...env } },
  )
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  let isOver = false
  const ended = once(child, 'close').then(([code]) => {
    isOver = true
    return code as number | null
  })
  // The first process of the namespace, with which all others end. A change of the user ends its tie to `unshare`.
  const signal = (name: NodeJS.Signals): void => {
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
    if (children !== '') process.kill(Number(children), name)
  }
  onTestFinished(async () => {
    if (!isOver) signal('SIGKILL')
    await ended
  })
  return {
    output: () => printed,
    signal,
    ended,
  }
}
