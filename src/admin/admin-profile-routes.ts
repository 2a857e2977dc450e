import { Type } from 'typebox'
import { setGroups } from '../accounts/groups.ts'
import { parseProfileChange, parseUsername } from '../accounts/profile-fields.ts'
import {
  AttributeChanges,
  Groups,
  PictureUrl,
  ProfileName,
  Username,
} from '../accounts/profile-schemas.ts'
import type { App } from '../http/app.ts'
import {
  bodyProblems,
  Nullable,
  operatorProblems,
  problemResponses,
  StrictObject,
} from '../http/schemas.ts'
import type { Guard } from '../sessions/guard.ts'
import type { RunTransaction } from '../store/transaction.ts'
import { actionSchema, optionalReason, User } from './admin-schemas.ts'
import { changeUserProfile } from './profile-actions.ts'
import { createActionRunner } from './run-action.ts'
import type { UserDeps } from './users.ts'

/** Routes by which operators change the profile and the groups of an account. */
export function adminProfileRoutes(
  app: App,
  deps: UserDeps & { transaction: RunTransaction; guard: Guard },
): void {
  const onRequest = deps.guard.requireOperator
  const runAction = createActionRunner(deps)

  app.patch(
    '/admin/Users/:id/Profile',
    {
      onRequest,
      schema: {
        ...actionSchema,
        operationId: 'changeProfileOfUser',
        summary: 'Change the profile of an account',
        description:
          'Changes the fields that are sent; null removes one. A username that the account loses is never free for a sign-up again; an operator may give it to another account. The owner is notified when a username is changed or removed.',
        body: StrictObject({
          name: Type.Optional(Nullable(ProfileName, 'Null removes the name.')),
          preferredUsername: Type.Optional(Nullable(Username, 'Null removes the username.')),
          picture: Type.Optional(Nullable(PictureUrl, 'Null removes the picture.')),
          attributes: Type.Optional(AttributeChanges),
          ...optionalReason,
        }),
        response: {
          200: User,
          ...problemResponses(
            ...operatorProblems,
            'not_found',
            'own_account',
            'username_taken',
            ...bodyProblems,
          ),
        },
      },
    },
    (request) => {
      const { preferredUsername, ...fields } = request.body
      const change = {
        ...parseProfileChange(deps.profileAttributes, fields, 'operator'),
        ...(preferredUsername !== undefined && {
          preferredUsername: preferredUsername === null ? null : parseUsername(preferredUsername),
        }),
      }
      return runAction(request, (tx, account, cause) =>
        changeUserProfile(tx, account, change, cause),
      )
    },
  )

  app.put(
    '/admin/Users/:id/Groups',
    {
      onRequest,
      schema: {
        ...actionSchema,
        operationId: 'setGroupsOfUser',
        summary: 'Set the groups of an account',
        description:
          'Replaces all groups; an empty list removes them. Applications learn of it at the next sign-in or refresh. Sends no message; the owner’s activity has it.',
        body: StrictObject(
          { groups: Groups, ...optionalReason },
          { examples: [{ groups: ['staff'] }] },
        ),
      },
    },
    (request) =>
      runAction(request, (tx, account, cause) =>
        setGroups(tx, account, request.body.groups, cause),
      ),
  )
}
