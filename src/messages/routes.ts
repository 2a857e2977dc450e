import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { Body, problems } from '../http/schemas.ts'
import type { Keys } from '../lib/keys.ts'
import type { Db } from '../store/open.ts'
import type { Delivery } from './delivery.ts'
import { keptMessages } from './dev-inbox.ts'
import { type Channel, channels } from './gateway.ts'
import type { Brand } from './templates.ts'

const Messages = Type.Object(
  {
    messages: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          channel: Type.Enum([...channels]),
          to: Type.String(),
          subject: Type.String(),
          text: Type.String(),
          html: Type.Optional(Type.String()),
          sentAt: Type.String({ format: 'date-time' }),
        },
        { title: 'Message' },
      ),
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
    async (request) => {
      // What was promised a moment ago is there, as it would be in a real inbox after a while.
      await delivery.deliverDue(kept)
      return { messages: await keptMessages(house, kept, request.query.to) }
    },
  )
}
