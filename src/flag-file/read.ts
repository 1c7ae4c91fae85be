import { readFile } from 'node:fs/promises'
import { FlagFileError } from './flag-file-error.ts'
import { type FlagFile, isYaml, parseFlagFile } from './parse.ts'
import { loadYamlParser, type YamlParser } from './parse-yaml.ts'

/** Reads and parses a flag file. A file that cannot be read, or is not UTF-8, is a {@link FlagFileError} too. */
export async function readFlagFile(path: string, yamlParser?: YamlParser): Promise<FlagFile> {
  if (isYaml(path) && !yamlParser) await loadYamlParser(path)
  return parseFlagFile(await readText(path), path, yamlParser)
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new FlagFileError({ path, reason: unreadable(cause) }, { cause })
  })
  // Text of UTF-16 has a zero byte beside each letter of ASCII; a byte order mark is not required.
  if (bytes.subarray(0, MOST_LOOKED_AT).includes(0)) {
    throw new FlagFileError({ path, reason: 'is not UTF-8 (is it UTF-16?); save it as UTF-8' })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new FlagFileError({ path, reason: 'is not UTF-8; save it as UTF-8' }, { cause })
  }
}

const MOST_LOOKED_AT = 1_024

function unreadable({ code, message }: NodeJS.ErrnoException): string {
  return code === 'EISDIR' ? 'is a directory; name a file in it' : `cannot be read: ${message}`
}
