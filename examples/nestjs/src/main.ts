import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import { AppModule } from './app.module'

async function main(): Promise<void> {
  const application = await NestFactory.create(AppModule)
  // SIGTERM and SIGINT close the server and then the client, and the process ends with exit code 0.
  application.enableShutdownHooks([], { useProcessExit: true })
  await application.listen(process.env.PORT ?? 3000, '127.0.0.1')
  console.log(`listening on ${await application.getUrl()}`)
}

void main()
