export { type BridgeOptions, type DataOptions, halyard } from './halyard.ts'
export { NoSourceLeft } from './no-source-left.ts'
