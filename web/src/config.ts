/** What the service tells its pages, in a <meta> of each. */
export interface Config {
  name: string
  /** Where the operator's logo is; null if there is none. */
  logo: string | null
  language: Language
  /** What owners may choose as their second step, strongest first. */
  mfaMethods: ('passkey' | 'authenticator' | 'sms' | 'email')[]
  mfaPolicy: 'optional' | 'required'
  passwordMinLength: number
  /** Where to go once signed in, if it is an allowed place. */
  returnTo: string | null
  /** Whether somebody may be signed in here; if not, there is no need to ask. */
  mayBeSignedIn: boolean
  /** There where messages are kept in the dev inbox: in development alone. */
  devInbox?: true
}

export type Language = 'en' | 'de'

const content = document.querySelector<HTMLMetaElement>('meta[name="latchkey"]')?.content ?? ''

export const config: Config = JSON.parse(content)
