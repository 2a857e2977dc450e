import type { Settings } from '../config/settings.ts'
import { isSignUpPolicyChosen } from '../config/sign-up-policy.ts'
import { ensureIdTokenKey } from '../keys/id-token-key.ts'
import type { Keyring } from '../keys/keyring.ts'
import { now } from '../lib/clock.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { newToken } from '../lib/random.ts'
import type { Db } from '../store/open.ts'
import type { AppTable } from '../store/schema.ts'
import { type App, appOf, findApp } from './app.ts'
import { parseAppUrl, parseRedirectUris } from './app-addresses.ts'
import { findAppByOrigin, forwardAuthCallback, parseForwardAuthOrigin } from './forward-auth-app.ts'
import { parseLogoutUri } from './logout/logout-uri.ts'

/** The purpose of the hashes of client secrets. */
export const appSecretPurpose = 'app_secret'

/** An application with its secret, which is shown once. */
export interface AppWithSecret {
  app: App
  /** Undefined for a public application. */
  clientSecret: string | undefined
}

interface NewApp {
  name: string
  url: string
  redirectUris: string[]
  public: boolean
  trusted: boolean
}

interface RegistrationDeps {
  db: Db
  keyring: Keyring
  settings: Settings
}

/**
 * Registers an application. With the first one, the key that signs ID tokens is made.
 *
 * @throws OperatorError if something about it can’t be used, or production has no sign-up policy yet
 */
export async function registerApp(
  deps: RegistrationDeps,
  input: NewApp & { backchannelLogoutUri: string | undefined },
): Promise<AppWithSecret> {
  const { backchannelLogoutUri: uri } = input
  return insertApp(deps, input, {
    backchannel_logout_uri: uri === undefined ? null : parseLogoutUri(uri, deps.settings),
    forward_auth_origin: null,
    required_acr: null,
  })
}

/**
 * Registers an application behind a reverse proxy that asks for each request who sends it. It is the
 * operator’s own, so nobody is asked for permission, and has no secret.
 *
 * @throws as `registerApp`
 */
export async function registerForwardAuthApp(
  deps: RegistrationDeps,
  input: { name: string; url: string; requireMfa: boolean },
): Promise<AppWithSecret> {
  const origin = parseForwardAuthOrigin(input.url, deps.settings.publicUrl)
  if (await findAppByOrigin(deps.db, origin)) {
    throw new OperatorError(`Another application is registered at ${origin} already.`)
  }
  return insertApp(
    deps,
    { ...input, redirectUris: [forwardAuthCallback(origin)], public: true, trusted: true },
    {
      backchannel_logout_uri: null,
      forward_auth_origin: origin,
      required_acr: input.requireMfa ? 'aal2' : null,
    },
  )
}

async function insertApp(
  { db, keyring, settings }: RegistrationDeps,
  input: NewApp,
  columns: Pick<AppTable, 'backchannel_logout_uri' | 'forward_auth_origin' | 'required_acr'>,
): Promise<AppWithSecret> {
  ensureSignUpPolicyChosen(settings)
  const name = parseName(input.name)
  const id = clientIdOf(name)
  // Tokens for it would be taken for our own.
  if (id === settings.audience) {
    throw new OperatorError(`“${id}” is LATCHKEY_AUDIENCE. Choose another name.`)
  }
  const clientSecret = input.public ? undefined : newToken()
  const at = now()
  const row = {
    id,
    name,
    url: parseAppUrl(input.url),
    redirect_uris: JSON.stringify(parseRedirectUris(input.redirectUris)),
    trusted_since: input.trusted ? at : null,
    created_at: at,
    ...columns,
    ...secretColumns(keyring, clientSecret),
  }
  await ensureIdTokenKey(db, keyring)
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('app')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows === 0n) {
    throw new OperatorError(
      `There is an application ${id} already. “latchkey apps show ${id}” shows it; remove it first to register it again.`,
    )
  }
  return { app: appOf(row), clientSecret }
}

/** Otherwise a stranger could sign up, and so into the application. @throws OperatorError */
function ensureSignUpPolicyChosen(settings: Settings): void {
  if (settings.mode !== 'production' || isSignUpPolicyChosen(settings)) return
  throw new OperatorError(
    'First decide who may create an account, and so sign in to applications: set LATCHKEY_SIGN_UP to invitation, to domains:example.com, or to open.',
  )
}

/** Replaces the secret of an application: the old one stops working at once. @throws OperatorError */
export async function rotateAppSecret(
  { db, keyring }: { db: Db; keyring: Keyring },
  id: string,
): Promise<AppWithSecret> {
  const clientSecret = newToken()
  const row = await db
    .updateTable('app')
    .set(secretColumns(keyring, clientSecret))
    .where('id', '=', id)
    .where('secret_hash', 'is not', null)
    .returningAll()
    .executeTakeFirst()
  if (row) return { app: appOf(row), clientSecret }
  if (await findApp(db, id)) throw new OperatorError(`${id} is public: it has no secret.`)
  throw appNotFound(id)
}

/** Removes an application with its tokens and consents. @throws OperatorError if there is none */
export async function removeApp(db: Db, id: string): Promise<App> {
  const row = await db.deleteFrom('app').where('id', '=', id).returningAll().executeTakeFirst()
  if (!row) throw appNotFound(id)
  return appOf(row)
}

export function appNotFound(id: string): OperatorError {
  return new OperatorError(`There is no application ${id}. “latchkey apps list” lists all of them.`)
}

function secretColumns(keyring: Keyring, secret: string | undefined) {
  return secret === undefined
    ? { secret_hash: null, secret_changed_at: null }
    : { secret_hash: keyring.hash(secret, appSecretPurpose), secret_changed_at: now() }
}

function parseName(input: string): string {
  const name = input.trim().normalize('NFC')
  if (/^[^\p{C}<>]{1,50}$/u.test(name) && clientIdOf(name) !== '') return name
  throw new OperatorError(
    'The name of an application has 1 to 50 characters, some of them a–z or 0–9.',
  )
}

/** `Our Git` becomes `our-git`. */
function clientIdOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}
