import { start } from './child.ts'
import type { ServiceReady, ServiceSpec } from './service/spec.ts'

const SERVICE = new URL('service/main.ts', import.meta.url)

/** Runs some work with a service in a process of its own. */
export async function withService<T>(spec: ServiceSpec, work: (url: string) => Promise<T>): Promise<T> {
  const service = start<ServiceReady>(SERVICE, spec)
  try {
    const { url } = await service.said
    return await work(url)
  } finally {
    await service.stop()
  }
}
