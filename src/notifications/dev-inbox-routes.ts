import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { ensureOwnHost } from '../http/own-host.ts'
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
  { description: 'The captured messages.' },
)

/** The dev inbox: only in development, for the channels that have no transport. */
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
      onRequest: async ({ raw }) => ensureOwnHost(raw, deps.brand.publicUrl),
      schema: {
        operationId: 'listDevMessages',
        tags: ['Service'],
        summary: 'List captured messages',
        description:
          'Only in development: emails and text messages of channels without a transport. Requests must be for the host of `LATCHKEY_PUBLIC_URL` or a loopback address.',
        querystring: StrictObject({
          to: Type.Optional(
            Type.String({
              maxLength: 254,
              description: 'Only messages to this email address or phone number.',
            }),
          ),
        }),
        response: { 200: Messages, ...problemResponses('invalid_request', 'not_found') },
      },
    },
    async (request) => {
      // Messages enqueued a moment ago are included.
      await delivery.deliverDue(capturedChannels)
      return { messages: await listCapturedMessages(deps, capturedChannels, request.query.to) }
    },
  )
}
