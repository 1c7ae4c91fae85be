import { type FileHandle, open, stat } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar'
import { printable } from '../../model/text.ts'
import { ArchiveError, type ArchiveFiles, MAX_BYTES, MAX_FILE_BYTES, MAX_FILES } from './archive.ts'

/**
 * Unpacks a `.tar` or `.tar.gz` into memory, regardless of its name. Stops as soon as it exceeds a limit. Rejects with an
 * {@link ArchiveError}.
 */
export async function unpack(path: string, signal: AbortSignal): Promise<ArchiveFiles> {
  try {
    return await withFile(path, (handle) => readEntries(path, handle, signal))
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ArchiveError) throw error
    throw new ArchiveError({ archive: path, reason: `cannot be read: ${(error as Error).message}` })
  }
}

async function readEntries(path: string, handle: FileHandle, signal: AbortSignal): Promise<ArchiveFiles> {
  const collect = async (chunks: AsyncIterable<Uint8Array>): Promise<ArchiveFiles> => {
    const tar = streamOf(limited(path, chunks)).pipeThrough(createTarDecoder({ strict: true }))
    const files = new Map<string, Uint8Array>()
    for await (const entry of tar) {
      const name = nameOf(path, entry)
      if (name === undefined) continue
      if (files.has(name)) throw new ArchiveError({ archive: path, file: name, reason: 'occurs twice' })
      if (files.size === MAX_FILES) {
        throw new ArchiveError({ archive: path, reason: `contains more than ${MAX_FILES} files` })
      }
      files.set(name, await buffer(entry.body))
    }
    return files
  }
  const bytes = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 2 ** 18 })
  return (await detectFormat(handle)) === 'gzip'
    ? pipeline(bytes, createGunzip({ chunkSize: 2 ** 18 }), collect, { signal })
    : pipeline(bytes, collect, { signal })
}

async function* limited(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) {
      throw new ArchiveError({ archive: path, reason: `is larger than ${inMiB(MAX_BYTES)} when unpacked` })
    }
    yield chunk
  }
}

/** Replaces `ReadableStream.from`, which the DOM types lack. */
function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const next = await chunks.next()
      if (next.done) controller.close()
      else controller.enqueue(next.value)
    },
    async cancel() {
      await chunks.return(undefined)
    },
  })
}

/** Returns the name of an entry, or undefined for the folder that was packed. Throws if the entry is not a plain file. */
function nameOf(archive: string, { header }: ParsedTarEntry): string | undefined {
  const { type = 'file', size } = header
  const name = header.name.replace(/^\.\//, '')
  if (type === 'directory' && ['', '.'].includes(name)) return undefined
  const refuse = (reason: string): never => {
    throw new ArchiveError({ archive, file: shown(header.name), reason })
  }
  if (type !== 'file') return refuse(`is a ${type}; an archive may only contain files`)
  if (/[/\\\p{C}]/u.test(name) || ['', '.', '..'].includes(name)) {
    return refuse('is not a plain file name; an archive has no folders')
  }
  if (size >= MAX_FILE_BYTES) return refuse(`has ${inMiB(MAX_FILE_BYTES)} or more`)
  return name
}

/** Escapes and truncates a name from the archive, which could contain control characters or be very long. */
function shown(name: string): string {
  return printable(JSON.stringify(name.slice(0, 100)))
}

function inMiB(bytes: number): string {
  return `${bytes / 2 ** 20} MiB`
}

/** Opens a regular file for reading, and closes it after use. Rejects if the path is something else, for example a folder. */
export async function withFile<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  // Checked before opening, because opening a pipe would wait for a writer.
  if (!(await stat(path)).isFile()) throw new Error('not a regular file')
  const handle = await open(path, 'r')
  try {
    return await use(handle)
  } finally {
    await handle.close()
  }
}

export async function detectFormat(handle: FileHandle): Promise<'gzip' | 'tar' | 'empty' | 'other'> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(262), 0, 262, 0)
  if (bytesRead === 0) return 'empty'
  if (buffer[0] === 0x1f && buffer[1] === 0x8b) return 'gzip'
  return buffer.toString('latin1', 257, 262) === 'ustar' ? 'tar' : 'other'
}
