import { readFileSync } from 'node:fs'
import type { Options } from '../config/config.ts'
import type { RelayConfig } from './config/relay-config.ts'

/** How LaunchDarkly is reached. Throws what a file of authorities was read with. */
export function networkOf({ proxy, caFiles, dataSavingMode }: RelayConfig): Options {
  return {
    ...(dataSavingMode !== undefined && { dataSavingMode }),
    ...(proxy && { proxy: withCredentials(proxy) }),
    ...(caFiles.length > 0 && { tls: { ca: caFiles.map((path) => readFileSync(path, 'utf8')) } }),
  }
}

function withCredentials({ url, username, password }: NonNullable<RelayConfig['proxy']>): string {
  const address = new URL(url)
  if (username !== undefined) address.username = encodeURIComponent(username)
  if (password !== undefined) address.password = encodeURIComponent(password)
  return address.href
}
