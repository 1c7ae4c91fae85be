/**
 * What is used of a meter of `@opentelemetry/api`, which is one of these. Described here, so that who does without
 * OpenTelemetry need not install its types.
 */
export interface Meter {
  createObservableGauge(name: string, options?: InstrumentOptions): Instrument
  createObservableCounter(name: string, options?: InstrumentOptions): Instrument
  addBatchObservableCallback(callback: ObserveAll, instruments: Instrument[]): void
  removeBatchObservableCallback(callback: ObserveAll, instruments: Instrument[]): void
}

export interface InstrumentOptions {
  readonly description?: string
  readonly unit?: string
}

/** Whatever a meter creates: it is only handed back. */
export type Instrument = object

export type ObserveAll = (result: {
  observe(instrument: Instrument, value: number, attributes?: Record<string, string>): void
}) => void
