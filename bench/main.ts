import { benchDeltas } from './deltas.ts'
import { benchInit } from './init.ts'
import { readOptions } from './options.ts'

const options = readOptions(process.argv.slice(2))
console.log('Ratios of one interleaved run; the absolute numbers belong to this machine and this moment.')
if (options.only !== 'deltas') await benchInit(options)
if (options.only !== 'init') await benchDeltas(options)
