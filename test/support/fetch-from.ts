import { request } from 'node:http'

/** `fetch` from another loopback address: on Linux, all of 127.0.0.0/8 is local. */
export function fetchFrom(localAddress: string) {
  return (
    url: string,
    { method, headers, body }: { method: string; headers: Record<string, string>; body?: string },
  ): Promise<Response> =>
    new Promise((resolve, reject) => {
      const clientRequest = request(
        url,
        { method, headers, localAddress, family: 4 },
        (message) => {
          const chunks: Buffer[] = []
          message.on('data', (chunk) => chunks.push(chunk))
          message.on('error', reject)
          message.on('end', () => {
            const text = Buffer.concat(chunks)
            const headers = Object.entries(message.headersDistinct).flatMap(([name, values = []]) =>
              values.map((value): [string, string] => [name, value]),
            )
            resolve(
              new Response(text.length > 0 ? text : null, {
                status: message.statusCode ?? 0,
                headers,
              }),
            )
          })
        },
      )
      clientRequest.on('error', reject)
      clientRequest.end(body)
    })
}
