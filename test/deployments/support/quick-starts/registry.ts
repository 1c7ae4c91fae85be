import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../package.json'), 'utf8')) as {
  readonly name: string
  readonly version: string
}

export interface Registry {
  /** For the option `registry` of npm. */
  readonly url: string
  readonly close: () => void
}

/**
 * Starts a registry on this machine in which the packed package is published, so that `npm install halyard` works as it will after a release. It
 * redirects the requests for all other packages to the registry that npm uses, and reports no vulnerabilities.
 */
export async function startRegistry(tarball: string): Promise<Registry> {
  const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
  const { name, version } = manifest
  const content = readFileSync(tarball)
  const file = `/${name}/-/${name}-${version}.tgz`
  const server = createServer((request, response) => {
    const { url: path = '/', method } = request
    const json = (value: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
    request.resume()
    if (path === `/${name}`) json(packument())
    else if (path === file) response.writeHead(200).end(content)
    else if (method === 'POST') json({})
    else response.writeHead(307, { location: new URL(path.slice(1), upstream).href }).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`

  function packument(): object {
    const packed = { ...manifest, dist: { tarball: url + file, integrity } }
    return { name, 'dist-tags': { latest: version }, versions: { [version]: packed } }
  }

  return {
    url: `${url}/`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
