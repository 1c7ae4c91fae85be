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
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (cause) {
    throw new FlagFileError({ path, reason: `cannot be read: ${(cause as Error).message}` }, { cause })
  }
}
