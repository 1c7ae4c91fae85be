// Starts OpenTelemetry before the application. The variables OTEL_* select exporters, addresses and intervals.
import { NodeSDK } from '@opentelemetry/sdk-node'

const sdk = new NodeSDK({ serviceName: 'shop' })
sdk.start()

/** Exports what waits. The application calls it at its end. */
export const stopTelemetry = (): Promise<void> => sdk.shutdown()
