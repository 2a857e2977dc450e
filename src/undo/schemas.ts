import { Type } from 'typebox'
import { Instant } from '../http/schemas.ts'

/** Fields of the responses of an undo and of a reset: `Leftovers`. */
export const leftovers = {
  undoableChanges: Type.Array(
    Type.Object({
      type: Type.String({ description: 'The activity type of the change.', examples: ['mfa.off'] }),
      changedAt: Instant('When it was changed.'),
    }),
    {
      description:
        'Other changes of the last seven days, newest first, that the links in their emails can still undo.',
    },
  ),
  passkeys: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      createdAt: Instant('When it was added.'),
    }),
    { description: 'All passkeys, newest first. Remove those you don’t know.' },
  ),
}
