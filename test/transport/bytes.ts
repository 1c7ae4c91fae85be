import type { HttpResponse } from '../../src/transport/transport.ts'

/** A body that arrives in these pieces. */
export async function* pieces(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk))
}

/** A body that arrives in pieces of this size. */
export function sliced(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const count = Math.ceil(bytes.length / size)
  return pieces(
    ...Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size)),
  )
}

/** A body that breaks off after these pieces. */
export async function* brokenAfter(
  error: Error,
  ...chunks: readonly (string | Uint8Array)[]
): AsyncGenerator<Uint8Array> {
  yield* pieces(...chunks)
  throw error
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export function response(
  body: AsyncIterable<Uint8Array>,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): HttpResponse {
  return { status, headers, body }
}
