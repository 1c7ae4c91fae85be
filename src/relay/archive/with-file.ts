import { type FileHandle, open, stat } from 'node:fs/promises'

/** Does something with a file that is open for reading. Rejects with a system's error, and where there is something else. */
export async function withFile<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  // Looked at before it is opened: a pipe would wait for somebody to write.
  if (!(await stat(path)).isFile()) throw new Error('it is no file')
  const handle = await open(path, 'r')
  try {
    return await use(handle)
  } finally {
    await handle.close()
  }
}

/** How a file begins says what it is, whatever it is called. */
export async function looksLike(handle: FileHandle): Promise<'gzip' | 'tar' | 'nothing' | 'something else'> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(262), 0, 262, 0)
  if (bytesRead === 0) return 'nothing'
  if (buffer[0] === 0x1f && buffer[1] === 0x8b) return 'gzip'
  return buffer.toString('latin1', 257, 262) === 'ustar' ? 'tar' : 'something else'
}
