/** The types of parameters. A message shows times and methods in words. */
interface ParamTypes {
  /** Milliseconds since 1970. */
  time: number
  method: MfaMethod
  count: number
  /** An operator’s; null if none was given. */
  reason: string | null
  /** The name of an application. */
  app: string
}

export type ParamType = keyof ParamTypes

/**
 * The parameters of each message. Codes and links are not parameters: the outbox stores them
 * sealed.
 */
export const templateParams = {
  'sign-up-code': {},
  'sign-up-existing-address': {},
  'sign-up-reserved-address': {},
  invitation: {},
  'sign-in-code': {},
  'undo-code': {},
  'set-up-code': {},
  'address-code': {},
  'reset-code': {},
  'reset-unknown-address': {},
  'reset-suspended': {},
  'mfa-on': { method: 'method', at: 'time' },
  'mfa-off': { at: 'time', reason: 'reason' },
  'mfa-method-added': { method: 'method', at: 'time' },
  'mfa-method-changed': { method: 'method', at: 'time' },
  'mfa-method-removed': { method: 'method', at: 'time' },
  'passkey-added': { at: 'time' },
  'passkey-added-unconfirmed': { at: 'time' },
  'passkey-removed': { at: 'time' },
  'passkey-cloned': { at: 'time' },
  'recovery-codes-generated': { at: 'time' },
  'recovery-code-used': { remaining: 'count', at: 'time' },
  'code-guessing-detected': { at: 'time' },
  'password-changed': { at: 'time' },
  'email-changed': { at: 'time' },
  'phone-changed': { at: 'time' },
  'app-allowed': { app: 'app', at: 'time' },
  'app-first-used': { app: 'app', at: 'time' },
  'account-deleted': { at: 'time' },
  'account-created': {},
  'account-created-with-password': {},
  'account-suspended': { at: 'time', reason: 'reason' },
  'account-unsuspended': { at: 'time', reason: 'reason' },
  'sessions-ended': { at: 'time', reason: 'reason' },
  'password-reset-required': { at: 'time', reason: 'reason' },
  'username-changed': { at: 'time', reason: 'reason' },
  'admin-added': { at: 'time' },
  'admin-removed': { at: 'time' },
  'change-undone': { at: 'time' },
} as const satisfies Record<string, Record<string, ParamType>>

export type TemplateName = keyof typeof templateParams

/** The parameters of each message, as the outbox stores them. */
export type TemplateParams = { [Name in TemplateName]: ValuesOf<TypesOf<Name>, ParamTypes> }

type TypesOf<Name extends TemplateName> = (typeof templateParams)[Name]

type ValuesOf<Types, Values extends Record<ParamType, unknown>> = {
  [Param in keyof Types]: Values[Types[Param] & ParamType]
}

/** The text of one message. */
export interface NotificationText {
  subject: string
  paragraphs: string[]
}

/** Every sentence of the messages, in one language. */
export interface NotificationCatalogue {
  /** Composes the text of each message. */
  templates: {
    [Name in TemplateName]: (
      params: ValuesOf<TypesOf<Name>, LocalizedTypes>,
      name: string,
      code: string,
    ) => NotificationText
  }
  /** The names of the methods, as people know them. */
  methods: Record<MfaMethod, string>
  /** The sentence before the link that undoes a change. */
  undoIntro: (until: string) => string
  undoLabel: string
  /** The link that accepts an invitation, and the sentence before it. */
  invitation: { intro: (until: string) => string; label: string }
  /** The sentence in a notice to another address than the account’s own, which gets the link. */
  undoElsewhere: (until: string) => string
  /** The sentence before the link to the security page, and the link’s text. */
  securityPageIntro: string
  securityPageLabel: string
  /** A message that reports several notices of one kind. */
  digest: {
    subject: (subject: string, count: string) => string
    intro: (count: string) => string
    /** The sentence after a list from which notices were left out. */
    shortened: string
    undoLabel: string
  }
}

type MfaMethod = 'passkey' | 'authenticator' | 'sms' | 'email'

/** Parameters with times and methods in words. */
type LocalizedTypes = Omit<ParamTypes, 'time' | 'method'> & { time: string; method: string }
