import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { problemResponses, StrictObject } from '../http/schemas.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Db } from '../store/open.ts'
import type { Delivery } from './delivery.ts'
import { listCapturedMessages } from './dev-inbox.ts'
import type { MessageBrand } from './templates.ts'
import { type Channel, channels } from './transport.ts'

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
  deps: {
    db: Db
    keyring: Keyring
    brand: MessageBrand
    delivery: Delivery
    capturedChannels: readonly Channel[]
  },
): void {
  const { delivery, capturedChannels } = deps

  app.get(
    '/dev/Messages',
    {
      schema: {
        operationId: 'listDevMessages',
        tags: ['Service'],
        summary: 'List what would have been sent',
        description: 'In development alone: mail and texts, while nothing is set up to send them.',
        querystring: StrictObject({
          to: Type.Optional(
            Type.String({ maxLength: 254, description: 'Those to this address or number alone.' }),
          ),
        }),
        response: { 200: Messages, ...problemResponses('invalid_request') },
      },
    },
    async (request) => {
      // What was promised a moment ago is there, as it would be in a real inbox after a while.
      await delivery.deliverDue(capturedChannels)
      return { messages: await listCapturedMessages(deps, capturedChannels, request.query.to) }
    },
  )
}
