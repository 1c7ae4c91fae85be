import type { Plugin } from 'rolldown'

// Plugins of the build that let a program start sooner. See docs/decisions/0057-cold-start.md.

/** Code in place of modules that undici requires. */
const STAND_INS: ReadonlyMap<string, string> = new Map([
  // Its fetch is for FormData bodies, which Halyard does not send.
  ['../web/fetch/body.js', ''],
  ['../web/fetch/formdata', ''],
  ['../web/webidl', 'exports.webidl = { is: { FormData: () => false } }'],
  // Proxies have an http or https URL.
  ['./socks5-proxy-agent', ''],
  // These two load slower than a request takes. undici reads one default of node:http, and a class of bodies that Halyard does not send.
  ['node:http', 'exports.maxHeaderSize = 16_384'],
  [
    'node:assert',
    "module.exports = (ok, message) => { if (!ok) throw new Error(message ?? 'undici: assertion failed') }",
  ],
])
const STAND_IN = 'stand-in:'

/** The parser for all processors replaces the one with vector instructions, because it reads little more than headers. */
const PARSERS = { fast: '../llhttp/llhttp_simd-wasm.js', portable: '../llhttp/llhttp-wasm.js' } as const

const CLIENT = /[\\/]dispatcher[\\/]client\.js$/
const HTTP2 = "require('./client-h2.js')"

/** Bundles the parts of undici that Halyard needs, and evaluates HTTP/2 at the first connection that negotiates it. */
export const undiciParts: Plugin = {
  name: 'undici-parts',
  resolveId: (id) => (id.startsWith(STAND_IN) ? id : null),
  load: (id) => (id.startsWith(STAND_IN) ? STAND_INS.get(id.slice(STAND_IN.length)) : null),
  transform: {
    filter: { id: /[\\/]undici[\\/]lib[\\/]/ },
    handler(code, id) {
      const changed = code
        .replaceAll(PARSERS.fast, PARSERS.portable)
        .replaceAll(/\brequire\('([^']+)'\)/g, (call, module: string) =>
          STAND_INS.has(module) ? `require('${STAND_IN}${module}')` : call,
        )
      if (!CLIENT.test(id)) return changed
      if (!changed.includes(HTTP2)) throw new Error(`${id} has no ${HTTP2}`)
      return changed.replace(HTTP2, `(...args) => ${HTTP2}(...args)`)
    },
  },
}

/** Built-in modules that a program may never need. Their functions load them at the first call. */
const LATE: ReadonlySet<string> = new Set([
  'node:crypto',
  'node:fs/promises',
  'node:https',
  'node:os',
  'node:tls',
  'node:zlib',
])

const IMPORT = /^import (?:\* as ([\w$]+)|([\w$]+)?(?:, )?(?:\{ (.*) \})?) from "(node:[^"]+)";$/gm

/**
 * Gets built-in modules from the process. An import evaluates all exports of a module: for `WebSocket` of `node:http`, Node.js loads its own copy of
 * undici. The `require` of a package, which does not exist in a module, stays where it is: undici loads `node:tls` only when it needs it.
 */
export const builtInModules: Plugin = {
  name: 'built-in-modules',
  transform: {
    filter: { id: /\/node_modules\/.*\.js$/, code: /require\(/ },
    handler: (code) => code.replaceAll(/\brequire\((['"]node:[\w/]+['"])\)/g, 'process.getBuiltinModule($1)'),
  },
  renderChunk: (code, { name }) =>
    // The command reports a version of Node.js that is too old for this.
    name === 'cli/main'
      ? null
      : code.replaceAll(IMPORT, (_, namespace: string, whole: string, names: string, module: string) => {
          const clauses = names?.split(', ').map((clause) => clause.split(' as ')) ?? []
          const get = `process.getBuiltinModule("${module}")`
          if (LATE.has(module) && names && clauses.every(([name = '']) => isFunction(module, name))) {
            const holder = module.replaceAll(/\W/g, '$')
            const functions = clauses.map(
              ([name, local = name]) =>
                `const ${local} = (...args) => (${holder} ??= ${get}).${name}(...args);`,
            )
            return [`let ${holder};`, ...functions].join('\n')
          }
          const properties = names && `{ ${names.replaceAll(' as ', ': ')} }`
          const bindings = [namespace ?? whole, properties].filter(Boolean)
          return bindings.map((binding) => `const ${binding} = ${get};`).join('\n')
        }),
}

/** Returns whether an export of a built-in module is a function, and no class. */
function isFunction(module: string, name: string): boolean {
  const { [name]: value } = process.getBuiltinModule(module) as unknown as Record<string, unknown>
  return typeof value === 'function' && !/^[A-Z]/.test(name)
}
