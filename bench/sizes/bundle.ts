import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type OutputChunk, rolldown } from 'rolldown'

/** The size of code, in bytes. */
export interface Size {
  readonly minified: number
  readonly gzipped: number
}

/** A chunk that is loaded on demand. */
export interface Chunk extends Size {
  /** The name without its hash. */
  readonly name: string
}

/** The minified bundle of an application. */
export interface Bundle {
  /** What the application loads at its start. */
  readonly start: Size
  readonly onDemand: readonly Chunk[]
}

/** Packages that applications add if they need them. */
const OPTIONAL = ['ioredis', '@aws-sdk/client-dynamodb', '@opentelemetry/api', '@opentelemetry/sdk-node']

/** Bundles an application, whose packages are installed in the folder, and measures each chunk. */
export async function bundle(folder: string, code: string): Promise<Bundle> {
  const entry = join(folder, 'application.js')
  const build = await rolldown({
    cwd: folder,
    input: { application: entry },
    platform: 'node',
    logLevel: 'silent',
    external: [/^node:/, ...builtinModules, ...OPTIONAL],
    plugins: [
      {
        name: 'application',
        resolveId: (id: string) => (id === entry ? entry : null),
        load: (id: string) => (id === entry ? code : null),
      },
    ],
  })
  try {
    const { output } = await build.generate({ format: 'esm', minify: true })
    const chunks = new Map(
      output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file] as const] : [])),
    )
    const start = closure(chunks)
    const onDemand = [...chunks.values()].filter((chunk) => !start.includes(chunk))
    return {
      start: sum(start.map(sizeOf)),
      onDemand: onDemand.map((chunk) => ({ name: chunk.name.replace(/-[\w-]{8}$/, ''), ...sizeOf(chunk) })),
    }
  } finally {
    await build.close()
  }
}

/** Returns the entry and all chunks that it imports, directly or through others. */
function closure(chunks: ReadonlyMap<string, OutputChunk>): readonly OutputChunk[] {
  const found = new Set([...chunks.values()].filter(({ isEntry }) => isEntry))
  for (const { imports } of found) {
    for (const name of imports) {
      const chunk = chunks.get(name)
      if (chunk !== undefined) found.add(chunk)
    }
  }
  return [...found]
}

function sizeOf({ code }: OutputChunk): Size {
  const bytes = Buffer.from(code)
  return { minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length }
}

export function sum(sizes: readonly Size[]): Size {
  return sizes.reduce(
    (total, { minified, gzipped }) => ({
      minified: total.minified + minified,
      gzipped: total.gzipped + gzipped,
    }),
    { minified: 0, gzipped: 0 },
  )
}
