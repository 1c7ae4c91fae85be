import { Platform } from 'react-native'

// The SDK reads the device when it is loaded. React Native for Web has none.
Object.assign(Platform, {
  OS: 'android',
  constants: { Manufacturer: 'Maker', Model: 'Phone' },
  select: ({ android, default: other }) => android ?? other,
})
