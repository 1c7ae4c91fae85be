export { HalyardProvider, type ProviderOptions } from './halyard-provider.ts'
