import { request } from 'node:http'

/** `fetch` from another address of this machine: on Linux all of 127.0.0.0/8 is ours. */
export function fetchFrom(localAddress: string) {
  return (
    url: string,
    { method, headers, body }: { method: string; headers: Record<string, string>; body?: string },
  ): Promise<Response> =>
    new Promise((resolve, reject) => {
      const asked = request(url, { method, headers, localAddress, family: 4 }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const text = Buffer.concat(chunks)
          const headers = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
            values.map((value): [string, string] => [name, value]),
          )
          resolve(
            new Response(text.length > 0 ? text : null, {
              status: answer.statusCode ?? 0,
              headers,
            }),
          )
        })
      })
      asked.on('error', reject)
      asked.end(body)
    })
}
