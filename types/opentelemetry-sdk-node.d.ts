// The part of `@opentelemetry/sdk-node` that the relay uses. The package is optional, and too large for the tests that need no export.

declare module '@opentelemetry/sdk-node' {
  export class NodeSDK {
    constructor(options: {
      readonly serviceName?: string
      readonly logRecordProcessors?: readonly never[]
      readonly views?: readonly {
        readonly instrumentName: string
        readonly aggregationCardinalityLimit: number
      }[]
    })
    start(): void
    shutdown(): Promise<void>
  }
}
