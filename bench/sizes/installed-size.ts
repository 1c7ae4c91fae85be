import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Files and bytes of packages as they are installed. */
export interface InstalledSize {
  readonly packages: number
  readonly files: number
  readonly bytes: number
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

/** Returns the size of a package alone, without its dependencies. */
export function sizeOfPackage(folder: string, name: string): InstalledSize {
  return measure([find(folder, name)])
}

/** Returns the size of packages with their dependencies, and with the peers that they require. */
export function sizeWithDependencies(folder: string, names: readonly string[]): InstalledSize {
  const found = new Set(names.map((name) => find(folder, name)))
  for (const each of found) {
    const manifest = JSON.parse(readFileSync(join(each, 'package.json'), 'utf8')) as Manifest
    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest
    const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional)
    for (const name of [...Object.keys(dependencies), ...peers]) found.add(find(each, name))
  }
  return measure([...found])
}

/** Returns the folder of a package, as Node.js finds it from another folder. */
function find(from: string, name: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(candidate)) return candidate
    if (dirname(folder) === folder) throw new Error(`${name} is not installed`)
  }
}

function measure(folders: readonly string[]): InstalledSize {
  let [files, bytes] = [0, 0]
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      // Packages within packages count by themselves.
      const isNested = join(entry.parentPath, entry.name).slice(folder.length).includes('node_modules')
      if (!entry.isFile() || isNested) continue
      files++
      bytes += statSync(join(entry.parentPath, entry.name)).size
    }
  }
  return { packages: folders.length, files, bytes }
}
