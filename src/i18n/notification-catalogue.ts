/**
 * The parameters of each message. Codes and undo links are not parameters: the outbox stores them
 * sealed.
 */
export interface TemplateParams {
  'sign-up-code': object
  'sign-up-existing-address': object
  'sign-up-reserved-address': object
  'sign-in-code': object
  'set-up-code': object
  'address-code': object
  'reset-code': object
  'reset-unknown-address': object
  'reset-suspended': object
  'mfa-on': { method: string; at: number }
  /** The reason is an operator's; missing if the owner turned it off. */
  'mfa-off': { at: number; reason?: string | null }
  'mfa-method-changed': { method: string; at: number }
  'mfa-method-removed': { method: string; at: number }
  'passkey-added': { at: number }
  'passkey-removed': { at: number }
  'passkey-cloned': { at: number }
  'recovery-codes-generated': { at: number }
  'recovery-code-used': { remaining: number; at: number }
  'code-guessing-detected': { at: number }
  'password-changed': { at: number }
  'email-changed': { at: number }
  'phone-changed': { at: number }
  'account-deleted': { at: number }
  'account-created': object
  'account-created-with-password': object
  'account-suspended': { at: number; reason: string | null }
  'account-unsuspended': { at: number; reason: string | null }
  'sessions-ended': { at: number; reason: string | null }
  'password-reset-required': { at: number; reason: string | null }
  'admin-added': { at: number }
  'admin-removed': { at: number }
  'change-undone': { at: number }
}

export type TemplateName = keyof TemplateParams

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
      params: Localized<TemplateParams[Name]>,
      name: string,
      code: string,
    ) => NotificationText
  }
  /** The names of the methods, as people know them. */
  methods: Record<MfaMethod, string>
  /** The sentence before the link that undoes a change. */
  undoIntro: (until: string) => string
  undoLabel: string
}

type MfaMethod = 'passkey' | 'authenticator' | 'sms' | 'email'

/** Parameters with times in words. */
type Localized<Params> = { [Name in keyof Params]: Name extends 'at' ? string : Params[Name] }
