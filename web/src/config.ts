import type { MfaMethod } from '../../client/latchkey.ts'

/** The configuration that the service puts into a <meta> of each page. */
export interface Config {
  brandName: string
  /** URL of the operator's logo; null without one. */
  logo: string | null
  language: Language
  /** The methods that owners may set up for their second step, strongest first. */
  mfaMethods: MfaMethod[]
  mfaPolicy: 'optional' | 'required'
  passwordMinLength: number
  /** The policy for people without an invitation; domains are in Unicode. */
  signUp: { kind: 'open' } | { kind: 'domains'; domains: string[] } | { kind: 'invitation' }
  /** The URL to open after sign-in, if the query names an allowed one. */
  returnTo: string | null
  /** The id of what an application waits for, if it sent the person here. */
  interaction: string | null
  /** The details of a page that the OpenID Provider shows. */
  provider?: object
  /** Whether this browser may have a session. If not, no tokens are requested. */
  mayBeSignedIn: boolean
  /** Present if messages go to the dev inbox instead of being sent. */
  devInbox?: true
}

export type Language = 'en' | 'de'

const content = document.querySelector<HTMLMetaElement>('meta[name="latchkey"]')?.content ?? ''

export const config: Config = JSON.parse(content)
