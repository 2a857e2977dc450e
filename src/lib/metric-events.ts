/** What signing in was tried with. */
export const signInMethods = [
  'password',
  'authenticator',
  'sms',
  'email',
  'recoveryCode',
  'passkey',
  'trustedDevice',
] as const
export type SignInMethod = (typeof signInMethods)[number]

/** What came of it. */
export type SignInOutcome = 'signedIn' | 'mfaRequired' | 'wrong' | 'limited'

/** What became of one try to send a message. */
export const deliveryOutcomes = ['sent', 'retry', 'failed'] as const
export type DeliveryOutcome = (typeof deliveryOutcomes)[number]

/** What happened, for whoever counts it: no address, number, id or secret is among it. */
export type MetricEvent =
  | { kind: 'signIn'; method: SignInMethod; result: SignInOutcome }
  | { kind: 'activity'; type: string; mfaMethod?: string }
  | { kind: 'code'; channel: string; purpose: string }
  | { kind: 'delivery'; channel: string; outcome: DeliveryOutcome }

/** Reports an event at once. */
export type EmitEvent = (event: MetricEvent) => void
