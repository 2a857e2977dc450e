/**
 * What each message tells. Beside that, some carry a secret, which travels sealed: a code, or the
 * way back from the change that they tell of.
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
  /** The reason is that of an operator, if it was one. */
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

/** What a message says: its subject, and what stands below it. */
export interface NotificationText {
  subject: string
  paragraphs: string[]
}

/** All that is said in messages, in one language. */
export interface NotificationCatalogue {
  /** The code comes first, where a notification shows it. @param at as people read it */
  templates: {
    [Name in TemplateName]: (
      params: Localized<TemplateParams[Name]>,
      name: string,
      code: string,
    ) => NotificationText
  }
  /** How people call the methods. */
  methods: Record<MfaMethod, string>
  /** Before the link that undoes a change. */
  undoIntro: (until: string) => string
  undoLabel: string
}

type MfaMethod = 'passkey' | 'authenticator' | 'sms' | 'email'

/** With times and methods in words. */
type Localized<Params> = { [Name in keyof Params]: Name extends 'at' ? string : Params[Name] }
