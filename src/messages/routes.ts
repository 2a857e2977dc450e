import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { plainPage } from '../http/page.ts'
import { Body, problems } from '../http/schemas.ts'
import { asText } from '../lib/html.ts'
import type { Keys } from '../lib/keys.ts'
import type { Db } from '../store/open.ts'
import type { Delivery } from './delivery.ts'
import { type KeptMessage, keptMessages } from './dev-inbox.ts'
import { type Channel, channels } from './gateway.ts'
import type { Brand } from './templates.ts'

const Messages = Type.Object(
  {
    messages: Type.Array(
      Type.Object({
        id: Type.String(),
        channel: Type.Enum([...channels]),
        to: Type.String(),
        subject: Type.String(),
        text: Type.String(),
        html: Type.Optional(Type.String()),
        sentAt: Type.String({ format: 'date-time' }),
      }),
      { description: 'Newest first, at most 200.' },
    ),
  },
  { description: 'What was kept.' },
)

/** The dev inbox. It exists in development alone, for the channels that have no gateway. */
export function devInboxRoutes(
  app: App,
  house: {
    db: Db
    keys: Keys
    brand: Brand
    delivery: Delivery
    kept: readonly Channel[]
  },
): void {
  const { delivery, kept } = house

  async function read(to?: string): Promise<KeptMessage[]> {
    // What was promised a moment ago is there, as it would be in a real inbox after a while.
    await delivery.deliverDue(kept)
    return keptMessages(house, kept, to)
  }

  app.get(
    '/dev/Messages',
    {
      schema: {
        operationId: 'listDevMessages',
        tags: ['Service'],
        summary: 'List what would have been sent',
        description: 'In development alone: mail and texts, while nothing is set up to send them.',
        querystring: Body({
          to: Type.Optional(
            Type.String({ maxLength: 254, description: 'Those to this address or number alone.' }),
          ),
        }),
        response: { 200: Messages, ...problems('invalid_request') },
      },
    },
    async (request) => ({ messages: await read(request.query.to) }),
  )

  app.get('/dev/inbox', { schema: { hide: true } }, async (_request, reply) => {
    const { html, contentSecurityPolicy } = plainPage('Dev inbox', page(await read()), styles)
    return reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      .header('refresh', '5')
      .send(html)
  })
}

const page = (messages: KeptMessage[]) => `
      <h1>Dev inbox</h1>
      <p class="about">
        Mail and texts are kept here while nothing is set up to send them. Newest first;
        the page looks for new ones every five seconds. <a href="../">Back to the start</a>
      </p>
${messages.length > 0 ? messages.map(article).join('') : none}`

const none = `
      <p>
        No messages yet. <a href="../docs#tag/accounts/POST/auth/SignUp">Sign up</a>, and the code
        will be here.
      </p>`

const article = ({ channel, to, subject, text, sentAt }: KeptMessage) => `
      <article>
        <h2>${asText(channel === 'sms' ? 'Text message' : subject)}</h2>
        <p class="about">
          ${channel === 'sms' ? 'Text' : 'Email'} to ${asText(to)}<br>
          <time datetime="${sentAt}">${sentAt.slice(0, 19).replace('T', ' ')} UTC</time>
        </p>
        <pre>${withCodesAndLinks(asText(text))}</pre>
      </article>`

/** What one came for stands out: the code to type, the link to follow. */
const withCodesAndLinks = (html: string) =>
  html.replaceAll(/\bhttps?:\/\/[^\s<>"]+|(?<!#)\b[0-9]{6}\b/g, (found) =>
    found.startsWith('http') ? `<a href="${found}">${found}</a>` : `<strong>${found}</strong>`,
  )

const styles = `
article { border-top: 1px solid var(--edge); padding: 1rem 0; }
article:first-of-type { margin-top: 1.5rem; }
h2 { margin: 0; font-size: 1.1rem; overflow-wrap: anywhere; }
.about { color: var(--ink-soft); overflow-wrap: anywhere; }
pre { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0.75rem 0 0; }
strong { font-size: 1.25rem; letter-spacing: 0.1em; }
`
