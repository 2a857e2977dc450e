import { connect, createServer } from 'node:net'
import type { TestContext } from 'node:test'

/** A line to a port of this machine, on which every answer is `delayMs` on its way. */
export async function slowLine(
  t: TestContext,
  { port, to, delayMs }: { port: number; to: number; delayMs: number },
): Promise<void> {
  const line = createServer((here) => {
    const there = connect(to, 'localhost')
    here.pipe(there)
    there.on('data', (bytes) => setTimeout(() => here.writable && here.write(bytes), delayMs))
    for (const end of [here, there]) {
      end.on('error', () => {})
      end.on('close', () => setTimeout(() => [here, there].map((one) => one.destroy()), delayMs))
    }
  })
  await new Promise<void>((listening) => line.listen(port, 'localhost', listening))
  t.after(() => line.close())
}
