import { decodeJwt } from 'jose'
import type { Interaction, Provider } from 'oidc-provider'
import { allowApp } from '../../apps/account-apps.ts'
import { findApp } from '../../apps/app.ts'
import type { Keyring } from '../../keys/keyring.ts'
import { now, second } from '../../lib/clock.ts'
import { Problem } from '../../lib/problem.ts'
import { newToken } from '../../lib/random.ts'
import { isEmailOnly } from '../../mfa/mfa-epoch.ts'
import { acrOf, parseAmr } from '../../sessions/assurance.ts'
import type { Principal } from '../../sessions/guard.ts'
import { findLiveSession, type LiveSession } from '../../sessions/live-session.ts'
import { isMfaOn } from '../../store/mfa-state.ts'
import type { Db } from '../../store/open.ts'
import { interactionPath } from '../interaction-path.ts'
import type { Continuation, Oidc, OidcDeps } from '../oidc.ts'
import { knownScopes } from './consents.ts'
import { satisfiesAcr } from './prompts.ts'

/** The purpose of the hash of a continuation’s token. */
export const continuationPurpose = 'oidc_continuation'

/** The answers of people to what the library waits for. @param provider the current one */
export function createInteractions(
  {
    db,
    transaction,
    keyring,
    settings,
  }: Pick<OidcDeps, 'db' | 'transaction' | 'keyring' | 'settings'>,
  provider: () => Provider,
): Pick<Oidc, 'describe' | 'authorize' | 'consent'> {
  async function findInteraction(id: string): Promise<Interaction> {
    const interaction = await provider().Interaction.find(id)
    if (!interaction) throw expired()
    return interaction
  }

  return {
    async describe(id) {
      const { params, prompt } = await findInteraction(id)
      const app = await findApp(db, String(params.client_id))
      if (!app) throw expired()
      return {
        app: { name: app.name, url: app.url },
        prompt: prompt.name === 'consent' ? 'consent' : 'login',
        scopes: knownScopes(params.scope),
      }
    },

    async authorize(id, principal) {
      const interaction = await findInteraction(id)
      if (interaction.prompt.name === 'consent') {
        return { redirectTo: interactionPath('consent', id) }
      }
      const session = await findLiveSession(db, principal.session)
      if (!session)
        throw new Problem('invalid_token', 'This session has ended. Please sign in again.')
      const error =
        (await stepUp(db, settings.mfaMethods, interaction, session)) ??
        hintMismatch(interaction, principal)
      if (error) return answer(keyring, interaction, error)

      // Another session than the browser had here: the library starts a new one beside it.
      if (interaction.session?.uid !== principal.session) interaction.session = undefined
      const amr = parseAmr(session.amr)
      const ts = Math.floor(session.authenticated_at / second)
      return answer(keyring, interaction, {
        login: {
          accountId: principal.account,
          ts,
          amr,
          acr: acrOf(amr),
          session: principal.session,
        },
      })
    },

    async consent(id, principal, allowed) {
      const interaction = await findInteraction(id)
      const { params, prompt, session } = interaction
      if (prompt.name !== 'consent' || session?.uid !== principal.session) throw expired()
      if (!allowed) {
        return answer(keyring, interaction, {
          error: 'access_denied',
          error_description: 'the end-user did not allow it',
        })
      }
      const scope = knownScopes(params.scope)
      const app = String(params.client_id)
      await transaction((tx) => allowApp(tx, { ...principal, app, scope }))
      return answer(keyring, interaction, { consent: {} })
    },
  }
}

/**
 * Requires the recency and strength that the application asks for (`prompt`, `max_age`, `acr_values`).
 *
 * @returns the error for the application if this account can’t sign in as strongly
 * @throws Problem `insufficient_user_authentication`
 */
async function stepUp(
  db: Db,
  mfaMethods: OidcDeps['settings']['mfaMethods'],
  { params, prompt, iat = 0 }: Interaction,
  session: LiveSession,
) {
  const isStrong = satisfiesAcr(params.acr_values, acrOf(parseAmr(session.amr)))
  const account = { ...session, id: session.account_id }
  if (!isStrong && (!isMfaOn(session) || (await isEmailOnly(db, account, mfaMethods)))) {
    return {
      error: 'unmet_authentication_requirements',
      error_description: 'the account has no second factor that reaches aal2',
    }
  }
  const maxAge = prompt.reasons.includes('login_prompt') ? 0 : Number(params.max_age ?? Infinity)
  const isRecent =
    session.authenticated_at >= iat * second || now() - session.authenticated_at <= maxAge * second
  if (isRecent && isStrong) return undefined
  throw new Problem(
    'insufficient_user_authentication',
    isStrong
      ? 'This application asks you to confirm that it’s you.'
      : 'This application asks for your second step.',
    {
      stepUp: {
        ...(maxAge !== Infinity && { maxAge }),
        acrValues: isStrong ? 'aal1' : 'aal2',
      },
    },
  )
}

/**
 * The error if the application asks for another person, by an ID token that the library has verified
 * (OpenID Connect Core §3.1.2.1).
 */
function hintMismatch({ params }: Interaction, { account }: Principal) {
  const { id_token_hint: hint } = params
  if (typeof hint !== 'string' || decodeJwt(hint).sub === account) return undefined
  return { error: 'login_required', error_description: 'another person is asked for' }
}

/** Stores an answer. The browser that gave it has to go on with its token: nobody else gets the result. */
async function answer(
  keyring: Keyring,
  interaction: Interaction,
  result: object,
): Promise<Continuation> {
  const token = newToken()
  const continuation = keyring.hash(token, continuationPurpose)
  const before = 'error' in result ? {} : interaction.lastSubmission
  interaction.result = { ...before, ...result, continuation }
  await interaction.save(interaction.exp - Math.floor(now() / second))
  return { redirectTo: interaction.returnTo, token }
}

function expired(): Problem {
  return new Problem(
    'authorization_expired',
    'This sign-in took too long, or is finished. Please start again at the application.',
  )
}
